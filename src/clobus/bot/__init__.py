"""The bot: dialogues with clients in Telegram. A dialogue is a state in the database; Telegram only shows it."""
