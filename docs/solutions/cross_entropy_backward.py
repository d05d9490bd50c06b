"""The gradient of cross-entropy: what the model said minus what was true."""

import numpy as np


def cross_entropy_backward(p, targets):
    """Compute the gradient of the mean cross-entropy with respect to the logits.

        ∂L/∂z = (p − y) / N

    Here y is 1 at each sample's target and 0 elsewhere. The array p belongs to the caller: it must
    be the same afterwards.

    Parameters
    ----------
    p : ndarray of shape (N, C)
        The probabilities, softmax(z).
    targets : ndarray of N integers
        The right classes, 0 to C − 1.

    Returns
    -------
    ndarray of shape (N, C)

    Examples
    --------
    >>> cross_entropy_backward(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]))
    array([[-0.25 ,  0.25 ],
           [ 0.125, -0.125]])
    """
    grad = p.copy()
    grad[np.arange(len(targets)), targets] -= 1
    return grad / len(targets)
