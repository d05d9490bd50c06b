import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def mend_loop(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        hidden = F.relu(x @ W.T)
        logits = hidden @ V.T
        loss = F.cross_entropy(logits, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses
