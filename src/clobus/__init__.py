"""The consultation desk in sync: 1C, PostgreSQL and Chatwoot agree."""
