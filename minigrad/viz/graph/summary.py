"""What an array is like, in a few numbers; and a small matrix that shows a large one."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.arrays import NDArray, l2_norm

FEW = 9  # arrays with at most this many entries are kept whole
CELLS = 16, 28  # a grid has at most so many rows and columns


@dataclass(frozen=True)
class Grid:
    """An array of any shape as a matrix of at most 16 × 28 cells.

    The matrix has `rows` × `columns` entries: all axes but the last one after the other, times the
    last. A cell holds the entry of largest magnitude in its block, NaN if there is one. Of n cells
    along an axis of length N, cell i covers entries ⌊i·N/n⌋ up to, without, ⌊(i+1)·N/n⌋.
    """

    rows: int
    columns: int
    cells: tuple[tuple[float | bool, ...], ...]


@dataclass(frozen=True)
class Summary:
    """An array: all `entries` as nested tuples if they are few, and what they are like.

    Minimum, mean, maximum and norm are of the finite entries, None without any; the others are
    counted. `masked` says that its −inf are those of a mask: they reached neither the output nor a
    gradient, so that nothing is wrong with them.
    """

    entries: Any | None
    minimum: float | None
    mean: float | None
    maximum: float | None
    norm: float | None
    nan: int
    inf: int
    negative_inf: int
    grid: Grid | None
    masked: bool = False

    @property
    def is_finite(self) -> bool:
        return not self.nan + self.inf + self.negative_inf

    @property
    def is_bad(self) -> bool:
        return not self.is_finite and not self.masked


def summarize(array: NDArray, with_grid: bool = False) -> Summary:
    """Describe an array of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> summary = summarize(np.array([3.0, 4.0, np.nan]))
    >>> summary.minimum, summary.maximum, summary.norm, summary.nan
    (3.0, 4.0, 5.0, 1)
    """
    entries = nested_tuples(array.tolist()) if array.size <= FEW else None
    if array.size == 1 and math.isfinite(number := +array.item()):  # + makes a bool a number
        return Summary(entries, number, float(number), number, abs(float(number)), 0, 0, 0, None)
    grid = make_grid(array) if with_grid and array.size > 1 else None
    low, high = (array.min(), array.max()) if array.size else (np.nan, np.nan)
    if math.isfinite(low) and math.isfinite(high):
        return Summary(entries, *_scale(array, low, high), 0, 0, 0, grid)
    finite = array[np.isfinite(array)]
    scale: tuple[float | None, float | None, float | None, float | None] = None, None, None, None
    if finite.size:
        scale = _scale(finite, finite.min(), finite.max())
    nan, inf, negative = np.isnan(array), array == np.inf, array == -np.inf
    return Summary(entries, *scale, int(nan.sum()), int(inf.sum()), int(negative.sum()), grid)


def _scale(array: NDArray, low: Any, high: Any) -> tuple[float, float, float, float]:
    """Minimum, mean, maximum and norm of finite entries; no step of it overflows."""
    largest = max(abs(float(low)), abs(float(high))) or 1.0
    flat = array.ravel().astype(np.promote_types(array.dtype, np.float32), copy=False)
    if 1e-15 < largest < 1e15:
        mean = flat.sum(dtype=np.float64) / flat.size
    else:
        mean = largest * (flat / np.float64(largest)).mean()
    norm = min(l2_norm(flat), sys.float_info.max)  # of finite entries: JSON has no infinity
    return +low.item(), float(mean), +high.item(), norm


def make_grid(array: NDArray) -> Grid:
    """Show an array as a small matrix."""
    columns = array.shape[-1] if array.ndim else 1
    rows = array.size // columns if columns else 0
    blocks = array.reshape(rows, columns)
    for axis, most in enumerate(CELLS):
        if blocks.shape[axis] > most:
            starts = [i * blocks.shape[axis] // most for i in range(most)]
            low, high = (f.reduceat(blocks, starts, axis) for f in (np.minimum, np.maximum))
            blocks = np.where(-low.astype(np.float64) > high, low, high)
    return Grid(rows, columns, tuple(map(tuple, blocks.tolist())))


def nested_tuples(entries: Any) -> Any:
    """Turn nested lists into nested tuples."""
    return tuple(map(nested_tuples, entries)) if isinstance(entries, list) else entries
