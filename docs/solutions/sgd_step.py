"""A step of stochastic gradient descent: the whole of an optimiser in a line or two."""


def sgd_step(weights, gradients, lr):
    """Compute the weights after one step against the gradient.

        w ← w − lr · ∂L/∂w

    The arrays that come in stay as they are: return new ones.

    Parameters
    ----------
    weights : list of ndarrays
    gradients : list of ndarrays
        One for each of the weights, of the same shape.
    lr : float
        The learning rate.

    Returns
    -------
    list of ndarrays
        The new weights, in the same order.

    Examples
    --------
    >>> sgd_step([np.array([1.0, 2.0])], [np.array([10.0, -10.0])], 0.1)
    [array([0., 3.])]
    """
    return [w - lr * g for w, g in zip(weights, gradients)]
