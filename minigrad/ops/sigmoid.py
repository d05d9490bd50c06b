"""Sigmoid and what belongs to it, from e = exp(−|x|), which cannot overflow.

What softmax is for many classes, sigmoid is for two: σ(x) = softmax(x, 0)₀, so log σ and softplus
are its log_softmax and logsumexp, and as exact: relative error at most 8 eps, here for every x, and
for the first and second derivatives, too.
"""

from __future__ import annotations

import numpy as np

from minigrad.arrays import as_floats
from minigrad.engine import Array
from minigrad.ops.elementwise import Elementwise


class Sigmoid(Elementwise):
    """y = σ(x) = 1 / (1 + exp(−x)); the probability of the logit x"""

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        e = np.exp(-np.abs(x))
        return np.asarray(np.maximum(e, x >= 0) / (1 + e), x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * SigmoidSlope.of(x)


class SigmoidSlope(Elementwise):
    """y = σ(x) · σ(−x); the derivative of σ

    The textbook's σ · (1 − σ) is the same on paper and loses its digits where σ is close to 1.
    ∂y/∂x = −y · tanh(x/2), where σ(−x) − σ(x) would lose them near 0.
    """

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        e = np.exp(-np.abs(x))
        return np.asarray(e / np.square(1 + e), x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return -g * y * np.tanh(x / 2)


class Tanh(Elementwise):
    """y = tanh(x)

    The gradient is 1/cosh²(x) = 4 · σ(2x) · σ(−2x); the textbook's 1 − y² is the same on paper and
    loses its digits where |y| is close to 1.
    """

    reads_result = False

    def forward(self, x: Array) -> Array:
        return np.tanh(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * 4 * SigmoidSlope.of(2 * x)


class LogSigmoid(Elementwise):
    """y = log σ(x) = min(x, 0) − log(1 + exp(−|x|)); the log-probability of the logit x

    `log(sigmoid(x))` is −inf where the probability underflows; here y is x.
    """

    reads_result = False

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        return np.asarray(np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))), x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * Sigmoid.of(-x)


class Softplus(Elementwise):
    """y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)) = −log σ(−x)"""

    reads_result = False

    def forward(self, x: Array) -> Array:
        x = as_floats(x)
        return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * Sigmoid.of(x)
