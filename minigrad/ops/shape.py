"""Ops that move entries without changing them: the gradient moves back the same way."""

from __future__ import annotations

import numpy as np

from minigrad.arrays import unbroadcast
from minigrad.engine import Array, Op


class Move(Op):
    """An op that moves entries; its rules compute nothing."""

    widens = reads_result = False


class Reshape(Move):
    """y = the entries of x, in the same order, in another shape"""

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        return np.reshape(x, self.shape)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.reshape(g, x.shape)


class Transpose(Move):
    """y = x with its axes in another order; in reverse order by default"""

    def __init__(self, axes: tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Array:
        return np.transpose(x, self.axes)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        if self.axes is None:
            return np.transpose(g)
        back = np.argsort([axis % x.ndim for axis in self.axes])
        return np.transpose(g, tuple(int(axis) for axis in back))


class Squeeze(Move):
    """y = x without axes of length 1"""

    def __init__(self, axis: int | tuple[int, ...] | None = None) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        return np.squeeze(x, self.axis)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.reshape(g, x.shape)


class ExpandDims(Move):
    """y = x with new axes of length 1"""

    def __init__(self, axis: int | tuple[int, ...]) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        return np.expand_dims(x, self.axis)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.reshape(g, x.shape)


class BroadcastTo(Move):
    """y = x repeated to a larger shape; the gradient is the sum over the repetitions"""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        return np.broadcast_to(x, self.shape)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        summed: Array = unbroadcast(g, x.shape)
        return summed


class Concatenate(Move):
    """y = the inputs one after the other along an existing axis"""

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Array:
        return np.concatenate(xs, axis=self.axis)

    def backward(self, g: Array, y: Array, *xs: Array) -> tuple[Array, ...]:
        before = (slice(None),) * (self.axis % g.ndim)
        ends = np.cumsum([x.shape[self.axis] for x in xs])
        return tuple(g[before + (slice(e - x.shape[self.axis], e),)] for x, e in zip(xs, ends))


class Stack(Move):
    """y = the inputs side by side along a new axis"""

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Array:
        return np.stack(xs, axis=self.axis)

    def backward(self, g: Array, y: Array, *xs: Array) -> tuple[Array, ...]:
        before = (slice(None),) * (self.axis % g.ndim)
        return tuple(g[before + (i,)] for i in range(len(xs)))
