"""Benchmarks of the engine: ratios, taken interleaved, written into docs/benchmarks.md."""
