"""Who may call: keys of callers, kept as hashes, with a role, scopes and the person they speak for."""
