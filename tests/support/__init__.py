"""What tests stand on: databases, twins, ports, clocks."""
