"""What the management sees: counts, times, marks and kept promises of requests, from sums kept up to date."""
