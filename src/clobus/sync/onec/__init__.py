"""1C and us: feeds that read, pushes that write, sweeps that compare."""
