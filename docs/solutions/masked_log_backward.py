"""The way back through a masked log: a zero does not protect from a NaN."""

import numpy as np


def masked_log_backward(g, x):
    """Compute the gradient of x through y = log x where x > 0, and y = 0 elsewhere.

        ∂L/∂x_i = g_i / x_i   where x_i > 0,   0 elsewhere

    Where x is 0, nothing comes through, whatever the upstream gradient is there.

    Parameters
    ----------
    g : ndarray
        The upstream gradient ∂L/∂y, of x's shape.
    x : ndarray
        Of any shape, and no entry below 0.

    Returns
    -------
    ndarray of x's shape

    Examples
    --------
    >>> masked_log_backward(np.array([1.0, 3.0]), np.array([0.0, 0.5]))
    array([0., 6.])
    """
    positive = x > 0
    return np.where(positive, g / np.where(positive, x, 1), 0)
