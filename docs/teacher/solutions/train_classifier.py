import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def train_classifier(W, x, targets, lr, steps):
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
