"""Softplus: an op of your own, with both of its rules."""

import numpy as np


class Softplus:
    """y = log(1 + exp(x)), a smooth max(x, 0).

    As it is written the forward rule overflows for x = 1000 and is 0 for x = -40. Yours must be
    right for both: take the larger of 1 and exp(x) out of the logarithm.

    The derivative is the sigmoid, 1 / (1 + exp(−x)). It must be right for x = 1000 and x = -1000,
    without a warning.

    Examples
    --------
    >>> Softplus().forward(np.array([0.0, 1000.0])).round(6)
    array([6.93147e-01, 1.00000e+03])
    >>> Softplus().backward(np.array([2.0]), np.array([0.693147]), np.array([0.0]))
    array([1.])
    """

    def forward(self, x):
        """Compute log(1 + exp(x)) of an array."""
        raise NotImplementedError

    def backward(self, g, y, x):
        """Compute ∂L/∂x from the upstream gradient g = ∂L/∂y, the result y and the input x."""
        raise NotImplementedError
