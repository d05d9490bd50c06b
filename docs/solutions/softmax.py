"""Softmax: logits into probabilities."""

import numpy as np


def softmax(z, axis=-1):
    """Turn logits into probabilities along one axis.

        softmax(z)_i = exp(z_i) / Σ_j exp(z_j)

    Along `axis` the results are positive and sum to 1. The logits may be as large as 1000 and as
    small as -1000.

    Parameters
    ----------
    z : ndarray of any shape
        The logits.
    axis : int
        The axis of the classes; the sum is over this axis.

    Returns
    -------
    ndarray of the shape of z

    Examples
    --------
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    exps = np.exp(z - z.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)
