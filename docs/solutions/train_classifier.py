"""A training loop: forward, backward, step, and again."""

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def train_classifier(W, x, targets, lr, steps):
    """Train a linear classifier on one batch, by gradient descent on the cross-entropy.

    In each step: logits x Wᵀ, the mean cross-entropy, its gradient, W ← W − lr · ∂L/∂W. Use
    minigrad (`mg.Tensor(W, requires_grad=True)`, `F.cross_entropy`, `optim.SGD`). The arrays that
    come in stay as they are.

    Parameters
    ----------
    W : ndarray of shape (classes, in)
        The weights to start from.
    x : ndarray of shape (N, in)
    targets : ndarray of N class indices
    lr : float
        The learning rate.
    steps : int

    Returns
    -------
    ndarray of shape (classes, in), and list of float
        The trained weights, and the loss of each step, before its change of the weights.

    Examples
    --------
    >>> W, losses = train_classifier(np.zeros((2, 1)), np.ones((1, 1)), np.array([0]), 1.0, 2)
    >>> [round(loss, 3) for loss in losses]
    [0.693, 0.313]
    """
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses
