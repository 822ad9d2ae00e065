"""Benchmarks: ratios of two variants that are measured in turns, written to docs/benchmarks.md."""
