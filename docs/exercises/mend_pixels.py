"""Mend a preparation of pixels: each is brought to mean 0 and spread 1, if it can be."""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def mend_pixels(W, x, targets, unseen, lr, steps):
    """Standardise pixels, train a linear classifier. Find out where its NaN is from; mend it.

    Each pixel is to have mean 0 and standard deviation 1 over the samples in x. The pixels of
    unseen samples are moved and scaled by the same numbers, those of x. A pixel that is the same in
    all samples of x says nothing: it is 0 everywhere, in x and in unseen.

    `python mend_pixels.py` trains it on 200 digits. Then ask `python -m minigrad why
    mend_pixels.py`: with what did the NaN come in, and who made that?

    Parameters
    ----------
    W : ndarray of shape (classes, in)
        The weights to start from.
    x : ndarray of shape (N, in)
        What is learnt from.
    targets : ndarray of N class indices
    unseen : ndarray of shape (M, in)
        Samples to be read afterwards.
    lr : float
    steps : int

    Returns
    -------
    list of float, and ndarray of shape (M, classes)
        The loss of each step, and the logits of the unseen samples after training.

    Examples
    --------
    >>> x, unseen = np.array([[0.0, 3.0], [0.0, 5.0]]), np.array([[1.0, 5.0]])
    >>> W, targets = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([0, 1])
    >>> losses, logits = mend_pixels(W, x, targets, unseen, lr=1.0, steps=2)
    >>> [round(loss, 3) for loss in losses], logits.round(2).tolist()
    ([0.693, 0.313], [[-0.77, 0.77]])
    """
    mean, std = x.mean(axis=0), x.std(axis=0)
    x, unseen = (x - mean) / std, (unseen - mean) / std
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(mg.Tensor(x, name="pixels") @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, unseen @ weight.data.T


if __name__ == "__main__":
    images, labels, test_images, test_labels = mg.datasets.load_mnist()
    x, unseen = (i[:200].reshape(-1, 784) / 255 for i in (images, test_images))
    W = np.random.default_rng(0).normal(0, 0.01, (10, 784))
    losses, logits = mend_pixels(W, x, labels[:200], unseen, lr=0.1, steps=20)
    print("losses:", *np.round(losses, 2))
    right = logits.argmax(axis=1) == test_labels[:200]
    print(f"right: {right.mean():.0%} of 200 unseen digits; largest logit {abs(logits).max():.3g}")
