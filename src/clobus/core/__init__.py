"""What every room needs and no business word enters: database, events, outbox, errors, clock, HTTP."""
