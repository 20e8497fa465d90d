"""The campaign against damaged input and kills: ``python -m benchmarks.faults``."""
