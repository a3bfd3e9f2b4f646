"""Measurements: interleaved blocks, ratios inside a block, CPU microseconds (see RESULTS.md)."""
