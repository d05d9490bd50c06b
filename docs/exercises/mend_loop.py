"""Mend a training loop: it runs, nothing in it is NaN, and the network does not learn."""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def mend_loop(W, V, x, targets, lr, steps):
    """Train a network with a hidden layer on one batch. Find out why it does not learn; mend it.

    In each step, what is meant is: hidden units relu(x Wᵀ), logits hidden Vᵀ, their mean
    cross-entropy, and W ← W − lr · ∂L/∂W, the same for V. Two lines are to blame.

    `python mend_loop.py` trains it on 200 digits. Before you change a line, print the norms of
    `W.grad` and `V.grad` in each step, and call `mg.step_through(loss).show()` once: which ops are
    between the logits and the loss?

    Parameters
    ----------
    W : ndarray of shape (hidden, in)
    V : ndarray of shape (classes, hidden)
    x : ndarray of shape (N, in)
    targets : ndarray of N class indices
    lr : float
        The learning rate. It is not to blame.
    steps : int

    Returns
    -------
    ndarray of W's shape, ndarray of V's shape, and list of float
        The trained weights, and the loss of each step, before its change of the weights.

    Examples
    --------
    >>> W, V = np.array([[1.0]]), np.array([[0.0], [0.0]])
    >>> W, V, losses = mend_loop(W, V, np.array([[1.0]]), np.array([0]), lr=1.0, steps=3)
    >>> [round(loss, 3) for loss in losses]
    [0.693, 0.313, 0.133]
    """
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    optimizer.zero_grad()
    losses = []
    for _ in range(steps):
        hidden = F.relu(x @ W.T)
        probs = F.softmax(hidden @ V.T)
        loss = F.cross_entropy(probs, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


if __name__ == "__main__":
    images, labels, _, _ = mg.datasets.load_mnist()
    x = images[:200].reshape(-1, 784) / 255
    rng = np.random.default_rng(0)
    W, V = rng.normal(0, 0.05, (32, 784)), rng.normal(0, 0.2, (10, 32))
    _, _, losses = mend_loop(W, V, x, labels[:200], lr=0.5, steps=100)
    print("each tenth loss:", *np.round(losses[::10], 2))
