import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def mend_pixels(W, x, targets, unseen, lr, steps):
    constant = (x == x[0]).all(axis=0)
    mean, std = x.mean(axis=0), np.where(constant, 1, x.std(axis=0))
    x, unseen = (np.where(constant, 0, (pixels - mean) / std) for pixels in (x, unseen))
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
