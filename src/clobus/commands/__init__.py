"""The commands behind the command line, one group a file."""
