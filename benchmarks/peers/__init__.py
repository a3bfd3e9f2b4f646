"""What others would load the same documents with; each is a process of its own and knows nothing of clobus."""
