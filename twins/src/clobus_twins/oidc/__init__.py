"""A twin of an OpenID Connect provider, such as the one of 1C accounts."""
