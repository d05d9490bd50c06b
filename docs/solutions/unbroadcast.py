"""Unbroadcast: the gradient of an array that was broadcast."""


def unbroadcast(g, shape):
    """Sum a gradient back to the shape that an array had before it was broadcast.

    Broadcasting uses one entry many times. Each use sends back a gradient, and by the chain rule
    the entry's gradient is their sum:

        x of shape (3,), used as (2, 3):        ∂L/∂x_j = Σ_i g_ij

    Broadcasting does two things, and both are to be undone: it puts new axes in front, and it
    stretches axes of length 1.

    Parameters
    ----------
    g : ndarray
        The upstream gradient, of the shape after broadcasting.
    shape : tuple of int
        The shape before.

    Returns
    -------
    ndarray of that shape

    Examples
    --------
    >>> unbroadcast(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (3,))
    array([11., 22., 33.])
    """
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(i for i, length in enumerate(shape) if length == 1)
    return g.sum(axis=stretched, keepdims=True)
