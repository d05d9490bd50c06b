"""Ops that reduce over axes: None for all of them, an integer or a tuple, as in NumPy."""

from __future__ import annotations

from functools import reduce
from operator import mul
from typing import Any

import numpy as np

from minigrad.engine import Array, Op, Tensor

Axis = int | tuple[int, ...] | None


class Reduction(Op):
    """An op that reduces over `axis`, and leaves these axes with length 1 if `keepdims`."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def spread(self, reduced: Any) -> Any:
        """Put the reduced axes back, with length 1, so that the result broadcasts to the input."""
        if self.keepdims or self.axis is None:
            return reduced
        return np.expand_dims(reduced, self.axis)


class Sum(Reduction):
    """y = Σ x; 0 for no entries

    Float16 is summed in float32.
    """

    def forward(self, x: Array) -> Array:
        wide = np.float32 if x.dtype == np.float16 else None
        total = np.sum(x, axis=self.axis, keepdims=self.keepdims, dtype=wide)
        return np.asarray(total, dtype=x.dtype if wide else None)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(self.spread(g), x.shape)


class Mean(Reduction):
    """y = Σ x / n; NaN for no entries"""

    def forward(self, x: Array) -> Array:
        return np.asarray(np.mean(x, axis=self.axis, keepdims=self.keepdims))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(self.spread(g) / _count(x, y), x.shape)


class Prod(Reduction):
    """y = Π x; 1 for no entries

    The gradient of an entry is the product of the others, also where some of them are 0.
    """

    def forward(self, x: Array) -> Array:
        return np.asarray(np.prod(x, axis=self.axis, keepdims=self.keepdims))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        zero = x == 0
        zeros = np.sum(zero, axis=self.axis, keepdims=True)
        factor = np.where(zero, 1, x)
        product = np.prod(factor, axis=self.axis, keepdims=True)
        others = np.where(zeros == 0, product / factor, np.where(zero & (zeros == 1), product, 0))
        return self.spread(g) * others

    def definition(self, x: Any) -> Tensor:
        shape = self.forward(x.data).shape
        axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis) % x.ndim
        for axis in map(int, axes):
            lines = np.moveaxis(x, axis, 0)
            one = Tensor(np.ones(lines.shape[1:], x.dtype))
            x = np.expand_dims(reduce(mul, lines, one), axis)
        product: Tensor = x.reshape(shape)
        return product


class Var(Reduction):
    """y = Σ (x − mean x)² / (n − ddof)

    As NumPy's, the default ddof = 0 divides by n; ddof = 1 gives PyTorch's default.
    """

    def __init__(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> None:
        super().__init__(axis, keepdims)
        self.ddof = ddof

    def forward(self, x: Array) -> Array:
        return np.asarray(np.var(x, axis=self.axis, keepdims=self.keepdims, ddof=self.ddof))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return self.spread(g) * self.slope(x, y)

    def slope(self, x: Array, y: Array) -> Array:
        """2 (x − mean x) / (n − ddof)"""
        deviation = x - np.mean(x, axis=self.axis, keepdims=True)
        return 2 * deviation / (_count(x, y) - self.ddof)


class Std(Var):
    """y = √var(x); the gradient where all entries are equal is 0"""

    def forward(self, x: Array) -> Array:
        return np.sqrt(super().forward(x))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        half_inverse = np.where(y == 0, 0, 0.5 / np.where(y == 0, 1, y))
        return self.spread(g * half_inverse) * self.slope(x, y)


class Max(Reduction):
    """y = max x; entries that tie for it share the gradient evenly"""

    def forward(self, x: Array) -> Array:
        return np.asarray(np.max(x, axis=self.axis, keepdims=self.keepdims))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        extremal = np.asarray(x == self.spread(y)).astype(x.dtype)
        ties = extremal.sum(axis=self.axis, keepdims=True, dtype=x.dtype)
        return self.spread(g) * (extremal / ties)


class Min(Max):
    """y = min x; entries that tie for it share the gradient evenly"""

    def forward(self, x: Array) -> Array:
        return np.asarray(np.min(x, axis=self.axis, keepdims=self.keepdims))


class Norm(Reduction):
    """y = √(Σ x²), the Euclidean (Frobenius) norm; the gradient at 0 is 0

    Computed as m · √(Σ (x/m)²) with the largest |x| = m, so that squares neither overflow nor
    vanish.
    """

    def forward(self, x: Array) -> Array:
        m = np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0)
        m = np.where((m == 0) | ~np.isfinite(m), 1, m).astype(x.dtype, copy=False)
        y = m * np.sqrt(np.sum(np.square(x / m), axis=self.axis, keepdims=True))
        return np.asarray(y if self.keepdims else np.squeeze(y, self.axis))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return self.spread(g) * (x / self.spread(np.where(y == 0, 1, y)))


def _count(x: Array, y: Array) -> int:
    """How many entries of x each entry of the reduction y was made from."""
    return int(x.size // max(y.size, 1))
