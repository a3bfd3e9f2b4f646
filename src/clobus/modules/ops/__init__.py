"""How the platform itself is: alerts, health, dead letters."""
