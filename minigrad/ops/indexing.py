"""Indexing and its transpose: `GetItem` gathers entries, `Scatter` adds them back in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.engine import Array, Op
from minigrad.tensor import values


class GetItem(Op):
    """y = x[index]; an entry taken several times gets the sum of their gradients

    The index may hold slices, integers, boolean masks, integer arrays or Tensors, None and `...`.
    """

    widens = reads_result = False

    def __init__(self, index: Any) -> None:
        self.index: Any = _plain(index)

    def forward(self, x: Array) -> Array:
        return np.asarray(x[self.index])

    def backward(self, g: Array, y: Array, x: Array) -> Any:
        return Scatter.of(g, index=self.index, shape=x.shape)


class Scatter(Op):
    """y = zeros of a given shape, with x added at y[index]; the transpose of `GetItem`"""

    reads_result = False

    def __init__(self, index: Any, shape: tuple[int, ...]) -> None:
        self.index: Any = _plain(index)
        self.shape: tuple[int, ...] = shape

    def forward(self, x: Array) -> Array:
        y = np.zeros(self.shape, dtype=x.dtype)
        if _may_repeat(self.index):
            np.add.at(y, self.index, x)
        else:
            y[self.index] = x
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Any:
        return GetItem.of(g, index=self.index)


def _plain(index: Any) -> Any:
    """Replace Tensors in an index by their arrays and lists by integer or boolean arrays."""
    if isinstance(index, tuple):
        return tuple(_plain(part) for part in index)
    index = values(index)
    return np.asarray(index) if isinstance(index, list) and index else index


def _may_repeat(index: Any) -> bool:
    """Say whether an index can name an entry twice: only integer arrays can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(p, np.ndarray) and p.dtype != bool for p in parts)
