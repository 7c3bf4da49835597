"""Measurements: `python -m bench` makes those of docs/benchmarks.md in one run; the other files are single studies."""
