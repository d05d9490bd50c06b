"""How fast minigrad is, and how much memory it takes: always against something, never alone.

    python -m tests.benchmarks

from the root of a checkout; docs/benchmarks.md says how the figures are made.
"""
