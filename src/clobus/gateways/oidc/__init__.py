"""An OpenID Connect provider by which people sign in."""
