"""An array at one step of training, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minigrad.arrays import NDArray
from minigrad.viz.recording.activations import Activation

BLOCK = 2**14  # entries looked at at once: they stay in the cache
SAMPLE = 2**12  # entries of which quantiles are taken: of more, evenly spread ones


@dataclass(frozen=True)
class Histogram:
    """How large the entries of a gradient were at one step, a bin for each power of two.

    `counts[i]` entries have 2ᵉ ≤ |g| < 2ᵉ⁺¹ with e = `lowest` + i, which is what the exponent bits
    of a float say. Subnormal numbers share the bin below the smallest normal one. Zeros, and
    entries that are NaN or infinite, are counted apart.
    """

    step: int
    lowest: int
    counts: NDArray
    zeros: int
    nonfinite: int

    @classmethod
    def of(cls, step: int, g: NDArray) -> Histogram:
        info = np.finfo(g.dtype)
        stored = g.ravel().view(f"i{g.itemsize}")
        counts = np.zeros(2**info.iexp, dtype=np.int64)
        for start in range(0, g.size, BLOCK):
            exponents = stored[start : start + BLOCK] >> info.nmant & (counts.size - 1)
            counts += np.bincount(exponents, minlength=counts.size)
        zeros = g.size - int(np.count_nonzero(g)) if counts[0] else 0
        counts[0] -= zeros  # the smallest exponent is that of zeros and subnormal numbers
        nonfinite = int(counts[-1])  # the largest that of NaN and inf
        bins = np.flatnonzero(counts[:-1])
        first, last = (int(bins[0]), int(bins[-1])) if bins.size else (0, -1)
        return cls(step, first + info.minexp - 1, counts[first : last + 1].copy(), zeros, nonfinite)


@dataclass(frozen=True)
class Spread:
    """How the entries of an array were spread at one step.

    `quantiles` are the minimum, the 5 %, 25 %, 50 %, 75 % and 95 % quantiles and the maximum of the
    finite entries, NaN without any; of more than 4,096 entries, those between the ends are of 4,096
    evenly spread ones.
    """

    step: int
    quantiles: tuple[float, ...]
    nonfinite: int

    SHARES = 0, 0.05, 0.25, 0.5, 0.75, 0.95, 1

    @classmethod
    def of(cls, step: int, array: NDArray) -> Spread:
        flat = array.ravel()
        nonfinite = 0
        low, high = (flat.min(), flat.max()) if flat.size else (np.nan, np.nan)
        if not np.isfinite(low) or not np.isfinite(high):
            finite = flat[np.isfinite(flat)]
            nonfinite, flat = flat.size - finite.size, finite
            low, high = (flat.min(), flat.max()) if flat.size else (np.nan, np.nan)
        sample = np.sort(flat[:: -(-flat.size // SAMPLE) or 1]).astype(np.float64)
        at = np.multiply(cls.SHARES[1:-1], sample.size - 1)
        between = np.interp(at, np.arange(sample.size), sample) if sample.size else at * np.nan
        return cls(step, (float(low), *between.tolist(), float(high)), nonfinite)


@dataclass(frozen=True)
class Update:
    """How much an optimiser's step changed a parameter: the ratio ‖change‖ / ‖parameter‖."""

    step: int
    ratio: float


@dataclass(frozen=True)
class Activity:
    """What an activation function gave at one step: mean, standard deviation, share saturated."""

    step: int
    mean: float
    std: float
    saturated: float

    @classmethod
    def of(cls, step: int, activation: Activation) -> Activity:
        data = activation.data.astype(np.promote_types(activation.data.dtype, np.float32))
        with np.errstate(all="ignore"):
            mean, std = float(data.mean()), float(data.std())
        return cls(step, mean, std, float(activation.saturated.mean()))
