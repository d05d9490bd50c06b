"""Ops that work entry by entry; two-input ops broadcast as NumPy does."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.arrays import NDArray, numeric_dtype
from minigrad.engine import Array, Op
from minigrad.tensor import constant


class Elementwise(Op):
    """An op of broadcast inputs: its rules ignore broadcasting, the engine sums it back."""

    broadcasts = True


class Add(Elementwise):
    """y = a + b"""

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return g, g


class Sub(Elementwise):
    """y = a − b"""

    def forward(self, a: Array, b: Array) -> Array:
        return a - b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return g, -g


class Mul(Elementwise):
    """y = a · b"""

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return g * b, g * a


class Div(Elementwise):
    """y = a / b"""

    def forward(self, a: Array, b: Array) -> Array:
        return a / b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        to_a = g / b
        return to_a, -to_a * y


class Pow(Elementwise):
    """y = aᵇ

    ∂y/∂a = b·aᵇ⁻¹, and 0 for b = 0, also at a = 0; ∂y/∂b = y·log a, and 0 at a = 0. For a < 0 a
    fractional b gives NaN, and so does ∂y/∂b.
    """

    def forward(self, a: Array, b: Array) -> Array:
        return a**b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Any, Any]:
        wants_a, wants_b = self.needs_input_grad
        return (
            g * b * a ** np.where((a == 0) & (b == 0), 1, b - 1.0) if wants_a else None,
            g * y * np.log(np.where(a == 0, 1, a)) if wants_b else None,
        )


class Neg(Elementwise):
    """y = −x"""

    def forward(self, x: Array) -> Array:
        return -x

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return -g


class Abs(Elementwise):
    """y = |x|; the gradient at 0 is 0"""

    def forward(self, x: Array) -> Array:
        return np.abs(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * np.sign(x)


class Exp(Elementwise):
    """y = exp(x); inf beyond x = 11.0 in float16, 88.7 in float32, 709.7 in float64"""

    def forward(self, x: Array) -> Array:
        return np.exp(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * y


class Expm1(Elementwise):
    """y = exp(x) − 1; exact to the last digits near x = 0"""

    def forward(self, x: Array) -> Array:
        return np.expm1(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * np.exp(x)


class Log(Elementwise):
    """y = log(x); −inf at 0, NaN below"""

    def forward(self, x: Array) -> Array:
        return np.log(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / x


class Log1p(Elementwise):
    """y = log(1 + x); exact to the last digits near x = 0"""

    def forward(self, x: Array) -> Array:
        return np.log1p(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / (1 + x)


class Sqrt(Elementwise):
    """y = √x; the gradient at 0 is inf"""

    def forward(self, x: Array) -> Array:
        return np.sqrt(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / (2 * y)


class Sin(Elementwise):
    """y = sin(x)"""

    def forward(self, x: Array) -> Array:
        return np.sin(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * np.cos(x)


class Cos(Elementwise):
    """y = cos(x)"""

    def forward(self, x: Array) -> Array:
        return np.cos(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return -g * np.sin(x)


class Relu(Elementwise):
    """y = max(x, 0); the gradient at 0 is 0"""

    def forward(self, x: Array) -> Array:
        return np.maximum(x, x.dtype.type(0))  # of a 0-d float32 and 0, NumPy 1 makes float64

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * (y > 0)  # ten times as fast as np.where; y is in the cache, x no longer


class Clip(Elementwise):
    """y = min(max(x, low), high); the gradient is 1 from bound to bound, included, else 0"""

    def __init__(self, low: Any = None, high: Any = None) -> None:
        if low is None and high is None:
            raise ValueError("clip needs a lower bound, an upper bound or both")
        self.low: Any = low
        self.high: Any = high

    def forward(self, x: Array) -> Array:
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        dtype = np.result_type(x.dtype, *bounds)
        return np.clip(x, self.low, self.high).astype(dtype, copy=False)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.where(x == y, g, 0)


class Maximum(Elementwise):
    """y = max(a, b); where a = b, each gets half of the gradient"""

    def forward(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return _share(g, a > b, a == b), _share(g, b > a, a == b)


class Minimum(Elementwise):
    """y = min(a, b); where a = b, each gets half of the gradient"""

    def forward(self, a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return _share(g, a < b, a == b), _share(g, b < a, a == b)


def _share(g: Array, chosen: Array, tied: Array) -> Array:
    return np.where(chosen, g, np.where(tied, g / 2, 0))


class Weigh(Elementwise):
    """y = q · x; 0 where the weight q is 0, whatever x is, also −inf"""

    reads_result = False

    def forward(self, q: Array, x: Array) -> Array:
        with np.errstate(invalid="ignore"):
            y = np.asarray(q * x)
        return np.where(q == 0, y.dtype.type(0), y)

    def backward(self, g: Array, y: Array, q: Array, x: Array) -> tuple[Any, Array]:
        return Weigh.of(g, x) if self.needs_input_grad[0] else None, g * q


class Where(Elementwise):
    """y = a where the condition is true and b elsewhere"""

    reads_result = False

    def __init__(self, condition: Any) -> None:
        self.condition: NDArray = np.asarray(constant(condition, "the condition of where"))

    def forward(self, a: Array, b: Array) -> Array:
        return np.where(self.condition, a, b)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return np.where(self.condition, g, 0), np.where(self.condition, 0, g)


class Astype(Elementwise):
    """y = x in another dtype; integers and booleans have no gradient"""

    widens = reads_result = False

    def __init__(self, dtype: Any) -> None:
        self.dtype: np.dtype[Any] = numeric_dtype(dtype)

    def forward(self, x: Array) -> Array:
        return x.astype(self.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g  # the engine casts it back
