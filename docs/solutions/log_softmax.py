"""Log-softmax: the log-probabilities of logits, as one operation."""

import numpy as np


def log_softmax(z):
    """Turn logits into log-probabilities along the last axis.

        log_softmax(z)_i = z_i − max z − log Σ_j exp(z_j − max z)

    The results must be right for logits as large as 1000 and as small as -1000: no probability is
    ever needed to get there.

    Parameters
    ----------
    z : ndarray of shape (..., C)
        The logits.

    Returns
    -------
    ndarray of shape (..., C)

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
