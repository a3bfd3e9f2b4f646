"""The 1C twin: OData v3 of one infobase over SQLite."""
