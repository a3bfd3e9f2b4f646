"""The seeded random run: changes on all three sides, faults, kills; at the end everything agrees."""
