"""The platform on one bare machine: embedded PostgreSQL, twins, worker and API as one tree of processes."""
