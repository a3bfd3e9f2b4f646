"""The seeded, deterministic world of realistic data that lives in the twins."""
