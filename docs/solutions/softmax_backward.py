"""The backward rule of softmax: a vector-Jacobian product without the Jacobian."""


def softmax_backward(g, p):
    """Turn the upstream gradient of probabilities into the gradient of their logits.

        ∂L/∂z_i = p_i · (g_i − Σ_j g_j p_j)

    The classes are on the last axis. The arrays belong to the caller: they must be the same
    afterwards.

    Parameters
    ----------
    g : ndarray of shape (..., C)
        The upstream gradient, ∂L/∂p.
    p : ndarray of shape (..., C)
        The probabilities, softmax(z).

    Returns
    -------
    ndarray of shape (..., C)
        ∂L/∂z

    Examples
    --------
    >>> softmax_backward(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    array([ 0.25, -0.25])
    """
    return p * (g - (g * p).sum(axis=-1, keepdims=True))
