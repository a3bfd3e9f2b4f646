"""One client per outside system: our words in, their wire out."""
