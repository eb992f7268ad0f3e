"""Benchmarks: ratios within one run. Absolute times hold on no other machine."""
