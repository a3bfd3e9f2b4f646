"""What is said to whom, once: queued with the change that it tells of, delivered by the worker."""
