"""A mail server that keeps what it is given, for a tester to read."""
