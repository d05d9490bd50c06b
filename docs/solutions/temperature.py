"""Temperature: a dial on how sure a softmax is."""

import numpy as np


def temperature(z, T):
    """Turn logits into probabilities at a temperature.

        p_i = exp(z_i / T) / Σ_j exp(z_j / T)

    T = 1 is softmax; a high temperature makes the classes alike, a low one picks the largest logit.
    The classes are on the last axis, and T may be as small as 0.001.

    Parameters
    ----------
    z : ndarray of shape (..., C)
        The logits.
    T : float
        The temperature, above 0.

    Returns
    -------
    ndarray of shape (..., C)

    Examples
    --------
    >>> temperature(np.array([0.0, np.log(9.0)]), 2.0)
    array([0.25, 0.75])
    """
    shifted = (z - z.max(axis=-1, keepdims=True)) / T
    exps = np.exp(shifted)
    return exps / exps.sum(axis=-1, keepdims=True)
