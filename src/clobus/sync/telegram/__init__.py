"""Between Telegram and conversations: updates stored at the door, messages carried both ways, each once."""
