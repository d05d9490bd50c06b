"""Read digits: a trained network from its file of weights, with NumPy alone."""

import numpy as np


def read_digits(weights, images):
    """Compute the probabilities that a network of two layers gives to the classes.

    The network is Sequential(Linear, ReLU, Linear), and its weights are named and shaped as PyTorch
    does it: a Linear of 784 inputs and 128 outputs has a weight of shape (128, 784).

        h = ReLU(x W₀ᵀ + b₀)        z = h W₂ᵀ + b₂        p = softmax(z)

    Logits may be as large as 1000.

    Parameters
    ----------
    weights : dict from str to ndarray
        "0.weight" of shape (hidden, in), "0.bias" (hidden,), "2.weight" (classes, hidden) and
        "2.bias" (classes,).
    images : ndarray of shape (n, in)
        An image in each row.

    Returns
    -------
    ndarray of shape (n, classes)
        The probabilities, for an image in each row.

    Examples
    --------
    >>> eye, zeros = np.eye(2), np.zeros(2)
    >>> weights = {"0.weight": eye, "0.bias": zeros, "2.weight": eye, "2.bias": zeros}
    >>> read_digits(weights, np.array([[np.log(3.0), -5.0]]))
    array([[0.75, 0.25]])
    """
    h = np.maximum(images @ weights["0.weight"].T + weights["0.bias"], 0)
    z = h @ weights["2.weight"].T + weights["2.bias"]
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)
