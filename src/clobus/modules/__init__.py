"""The business: one room a noun; others enter a room by its `service`, `events` and `types` alone."""
