"""Neuron gradient: the chain rule through one neuron, by hand."""

import numpy as np


def neuron_gradient(x, w, b):
    """Compute the gradient of one neuron's output for its input, its weights and its bias.

        u = w · x + b        a = tanh(u)        da/du = 1 − a²

    Parameters
    ----------
    x : ndarray of shape (n,)
        The input.
    w : ndarray of shape (n,)
        The weights.
    b : float
        The bias.

    Returns
    -------
    tuple of ndarray (n,), ndarray (n,) and float
        ∂a/∂x, ∂a/∂w and ∂a/∂b, in this order.

    Examples
    --------
    >>> print(*neuron_gradient(x=np.array([2.0]), w=np.array([0.5]), b=-1.0))
    [0.5] [2.] 1.0
    """
    a = np.tanh(w @ x + b)
    slope = 1 - a**2
    return slope * w, slope * x, slope
