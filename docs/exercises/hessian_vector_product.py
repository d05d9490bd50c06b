"""A Hessian times a vector, without the Hessian."""

import numpy as np


def hessian_vector_product(p, v):
    """Multiply the Hessian of cross-entropy, with respect to one row of logits, by a vector.

        H = diag(p) − p pᵀ,        H v = p · v − p (pᵀ v)

    The first product is entry by entry. No matrix is needed: for a million classes there would be
    no room for it.

    Parameters
    ----------
    p : ndarray of shape (C,)
        The probabilities, softmax of the logits.
    v : ndarray of shape (C,)

    Returns
    -------
    ndarray of shape (C,)

    Examples
    --------
    >>> hessian_vector_product(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    array([ 0.25, -0.25])
    """
    raise NotImplementedError
