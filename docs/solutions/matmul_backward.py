"""Matmul backward: the gradients of a matrix product."""


def matmul_backward(g, A, B):
    """Compute the gradients of the factors of C = A B from the gradient of C.

        ∂L/∂A = g Bᵀ        ∂L/∂B = Aᵀ g

    Shapes help to remember it: each gradient has its factor's shape, and there is one way only to
    multiply what you have to that shape.

    Parameters
    ----------
    g : ndarray of shape (n, m)
        The upstream gradient ∂L/∂C.
    A : ndarray of shape (n, k)
    B : ndarray of shape (k, m)

    Returns
    -------
    tuple of ndarray (n, k) and ndarray (k, m)
        ∂L/∂A and ∂L/∂B, in this order.

    Examples
    --------
    >>> matmul_backward(np.array([[1.0]]), np.array([[2.0, 3.0]]), np.array([[5.0], [7.0]]))
    (array([[5., 7.]]), array([[2.],
           [3.]]))
    """
    return g @ B.T, A.T @ g
