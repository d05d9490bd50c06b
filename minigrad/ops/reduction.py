"""Ops that reduce over axes: None for all of them, an integer or a tuple, as in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.arrays import Axis, as_floats, total
from minigrad.engine import Array, Op
from minigrad.tensor import Tensor, values


class Reduction(Op):
    """An op that reduces over `axis`, and leaves these axes with length 1 if `keepdims`."""

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis: Axis = axis
        self.keepdims: bool = keepdims

    def spread(self, reduced: Any) -> Any:
        """Put the reduced axes back, with length 1, so that the result broadcasts to the input."""
        if self.keepdims or self.axis is None:
            return reduced
        return np.expand_dims(reduced, self.axis)


class Sum(Reduction):
    """y = Σ x; 0 for no entries"""

    reads_result = False

    def forward(self, x: Array) -> Array:
        return np.asarray(total(x, self.axis, self.keepdims))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(self.spread(g), x.shape)


class Mean(Reduction):
    """y = Σ x / n; NaN for no entries"""

    def forward(self, x: Array) -> Array:
        y = np.asarray(total(x, self.axis, self.keepdims))
        return np.asarray(y / _count(x, y), y.dtype if y.dtype.kind == "f" else None)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(self.spread(g) / _count(x, y), x.shape)


class Prod(Reduction):
    """y = Π x; 1 for no entries

    The gradient of an entry is the product of the others, also where some of them are 0. Powers of
    two are counted apart, so that no product on the way overflows or vanishes where y does not.
    """

    reads_result = False

    def forward(self, x: Array) -> Array:
        if x.dtype.kind != "f":
            return np.asarray(np.prod(x, axis=self.axis, keepdims=self.keepdims))
        y = np.ldexp(*self.split_product(x)).astype(x.dtype, copy=False)
        return y if self.keepdims else np.squeeze(y, self.axis)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        zero = x == 0
        zeros = np.sum(zero, axis=self.axis, keepdims=True)
        factor = np.where(zero, 1, x)
        product, exponent = self.split_product(factor)
        own, own_exponent = np.frexp(factor)
        others = np.ldexp(product / own, exponent - own_exponent)
        return self.spread(g) * np.where(zeros == zero, others, 0)

    def split_product(self, x: Array) -> tuple[Array, Array]:
        """The product as m · 2ᵏ with the reduced axes kept: m, 1/2 ≤ |m| < 1, and k.

        Of up to 64 fractions at a time, so that their product stays above 2⁻⁶⁴.
        """
        axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis)
        product, exponent = np.frexp(x)
        for axis in map(int, axes):
            while product.shape[axis] > 64:
                starts = np.arange(0, product.shape[axis], 64)
                product, more = np.frexp(np.multiply.reduceat(product, starts, axis=axis))
                exponent = np.add.reduceat(exponent, starts, axis=axis) + more
            product, more = np.frexp(np.prod(product, axis=axis, keepdims=True))
            exponent = np.sum(exponent, axis=axis, keepdims=True, dtype=np.int32) + more
        return product, exponent

    def definition(self, x: Any) -> Tensor:
        shape = self.forward(x.data).shape
        axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis) % x.ndim
        dtype = x.dtype
        if dtype != np.float64:
            x = x.astype(np.float64)  # where fewer products on the way overflow or vanish
        for axis in map(int, axes):
            lines = np.moveaxis(x, axis, 0)
            lines = np.concatenate([np.ones((1, *lines.shape[1:])), lines])
            while half := len(lines) // 2:
                pairs = lines[:half] * lines[half : 2 * half]
                lines = np.concatenate([pairs, lines[2 * half :]])
            x = np.moveaxis(lines, 0, axis)
        product: Tensor = x.reshape(shape)
        return product if product.dtype == dtype else product.astype(dtype)


class Var(Reduction):
    """y = Σ (x − mean x)² / (n − ddof)

    As NumPy's, the default ddof = 0 divides by n; ddof = 1 gives PyTorch's default.
    """

    def __init__(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> None:
        super().__init__(axis, keepdims)
        self.ddof = ddof

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        squares = np.asarray(total(np.square(self.deviation(x)), self.axis, self.keepdims))
        return np.asarray(squares / self.divisor(x, squares), x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return self.spread(g) * (2 * self.deviation(x) / self.divisor(x, y))

    def divisor(self, x: Array, y: Array) -> int:
        return max(_count(x, y) - self.ddof, 0)

    def deviation(self, x: Array) -> Array:
        """Return x − mean x, exactly 0 where all x are equal, whatever their mean rounds to."""
        axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis) % x.ndim
        plain = values(x)
        first = plain[tuple(slice(1) if i in axes else slice(None) for i in range(x.ndim))]
        mean = first + Mean.of(plain - first, axis=self.axis, keepdims=True)
        rest = x - mean  # whose own mean is what the first was rounded by
        return rest - Mean.of(rest, axis=self.axis, keepdims=True)


class Std(Var):
    """y = √var(x); the gradient where all entries are equal is 0

    Computed of x / m with m the `magnitude` of x, so that sums and squares neither overflow nor
    vanish.
    """

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        m = magnitude(x, self.axis)
        y = m * np.sqrt(self.spread(super().forward(x / m)))
        return np.asarray(y if self.keepdims else np.squeeze(y, self.axis))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        m = magnitude(values(x), self.axis)
        y = self.spread(y) / m
        slope = self.deviation(x / m) / np.where(y == 0, 1, y)
        return self.spread(g) * (slope / self.divisor(x, y))


class Normalize(Var):
    """y = (x − mean x) / √(var x + eps)

    What layer normalization does to each sample; eps keeps entries that are all equal at 0.
    ∂loss/∂x is what the upstream gradient keeps without its mean and its part along y, divided by
    the same root: (g − mean g − y · mean(g · y)) / √(var x + eps). Where g is almost along y that
    cancels, so both rules compute in float64, and round once.
    """

    reads_result = False

    def __init__(self, axis: Axis = -1, eps: float = 1e-5) -> None:
        super().__init__(axis, keepdims=True)
        self.eps = eps

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        return np.asarray(self.normalized(x)[0], x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        y, root = self.normalized(x)
        g = g.astype(np.float64)
        return (g - self.mean(g) - y * self.mean(g * y)) / root

    def normalized(self, x: Array) -> tuple[Array, Array]:
        """Return y, and the root that it is divided by."""
        deviation = self.deviation(x.astype(np.float64))
        root = np.sqrt(self.mean(np.square(deviation)) + self.eps)
        return deviation / root, root

    def mean(self, x: Array) -> Array:
        return Mean.of(x, axis=self.axis, keepdims=True)


class Max(Reduction):
    """y = max x; entries that tie for it share the gradient evenly"""

    def forward(self, x: Array) -> Array:
        return np.asarray(np.max(x, axis=self.axis, keepdims=self.keepdims))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        extremal = np.asarray(x == self.spread(y))
        ties = np.sum(extremal, axis=self.axis, keepdims=True)
        return self.spread(g) * (extremal / ties).astype(x.dtype)


class Min(Max):
    """y = min x; entries that tie for it share the gradient evenly"""

    def forward(self, x: Array) -> Array:
        return np.asarray(np.min(x, axis=self.axis, keepdims=self.keepdims))


class Norm(Reduction):
    """y = (Σ |x|ᵖ)^(1/p); the p-norm, by default the Euclidean (Frobenius) norm p = 2

    Computed of x / m with m the `magnitude` of x, so that powers neither overflow nor vanish. The
    gradient g · sign(x) · (|x|/y)ᵖ⁻¹ is taken to be 0 where y is.
    """

    def __init__(self, axis: Axis = None, keepdims: bool = False, p: float = 2) -> None:
        super().__init__(axis, keepdims)
        self.p = p

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        m = magnitude(x, self.axis)
        y = m * total(np.abs(x / m) ** self.p, self.axis, keepdims=True) ** (1 / self.p)
        return np.asarray(y if self.keepdims else np.squeeze(y, self.axis), x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        y = self.spread(np.where(y == 0, 1, y))
        if self.p == 2:
            return self.spread(g) * (x / y)
        return self.spread(g) * np.sign(x) * (np.abs(x) / y) ** (self.p - 1)


def magnitude(x: Array, axis: Axis) -> Array:
    """The power of two at or below the largest |x|; 1 where that is 0 or not finite.

    What x is divided by, exactly, so that powers of it neither overflow nor vanish. The reduced
    axes are kept.
    """
    m = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    _, exponent = np.frexp(np.where((m == 0) | ~np.isfinite(m), 1, m))
    return np.ldexp(np.ones_like(m), exponent - 1)


def _count(x: Array, y: Array) -> int:
    """How many entries of x each entry of the reduction y was made from."""
    return int(x.size // max(y.size, 1))
