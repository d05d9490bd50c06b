"""Mend a loss: it is finite, and its gradient is NaN."""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def mend_mask(W, x, targets, lr, steps):
    """Train a linear classifier on one batch. Find out where its weights become NaN; mend it.

    In each step, what is meant is: logits x Wᵀ, the mean over the batch of −log p at the target's
    class, for logits of any size, and W ← W − lr · ∂L/∂W. Its author knows that −inf may come out
    of the logarithm, and puts a 0 in its place wherever the class is not the target.

    `python mend_mask.py` trains it on 64 digits as they are in the file, 0 to 255. Then ask
    `python -m minigrad why mend_mask.py`, or call `mg.step_through(loss).show()` after the
    backward pass of the first bad step, and go to the birth.

    Parameters
    ----------
    W : ndarray of shape (classes, in)
        The weights to start from.
    x : ndarray of shape (N, in)
    targets : ndarray of N class indices
    lr : float
        The learning rate. It is not to blame.
    steps : int

    Returns
    -------
    ndarray of shape (classes, in), and list of float
        The trained weights, and the loss of each step, before its change of the weights.

    Examples
    --------
    >>> W, x = np.array([[1000.0], [0.0]]), np.array([[1.0]])
    >>> W, losses = mend_mask(W, x, np.array([1]), lr=1.0, steps=2)
    >>> losses
    [1000.0, 998.0]
    """
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    is_target = F.one_hot(targets, len(W)) == 1
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        log_probs = np.log(F.softmax(x @ weight.T))
        picked = np.where(is_target, log_probs, 0)
        loss = -picked.sum() / len(x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


if __name__ == "__main__":
    images, labels, _, _ = mg.datasets.load_mnist()
    x = images[:64].reshape(-1, 784).astype(np.float32)
    W = np.random.default_rng(0).normal(0, 0.001, (10, 784)).astype(np.float32)
    _, losses = mend_mask(W, x, labels[:64], lr=0.0001, steps=12)
    print("losses:", *np.round(losses, 2))
