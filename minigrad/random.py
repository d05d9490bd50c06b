"""The random numbers of minigrad: one generator for initial weights and dropout."""

from __future__ import annotations

import numpy as np

_generator: np.random.Generator | None = None


def manual_seed(seed: int) -> None:
    """Start the random numbers of initial weights and dropout afresh, the same for the same seed.

    Examples
    --------
    >>> mg.manual_seed(0)
    >>> a = mg.nn.Linear(2, 1).weight.data
    >>> mg.manual_seed(0)
    >>> np.array_equal(a, mg.nn.Linear(2, 1).weight.data)
    True
    """
    global _generator
    _generator = np.random.default_rng(seed)


def generator() -> np.random.Generator:
    """Return the generator that `manual_seed` seeds; `numpy.random` loads when it is first used."""
    global _generator
    if _generator is None:
        _generator = np.random.default_rng()
    return _generator
