"""Training loops that were not mended, or not wholly, one for each mistake that the checks name."""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def softmax_twice_and_gradients_that_add_up(W, V, x, targets, lr, steps):
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


def gradients_that_add_up(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    optimizer.zero_grad()
    losses = []
    for _ in range(steps):
        hidden = F.relu(x @ W.T)
        loss = F.cross_entropy(hidden @ V.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def softmax_twice(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        hidden = F.relu(x @ W.T)
        probs = F.softmax(hidden @ V.T)
        loss = F.cross_entropy(probs, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def softmax_twice__2(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        probs = F.softmax(F.relu(x @ W.T) @ V.T)
        loss = F.nll_loss(F.log_softmax(probs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def gradients_forgotten_before_the_step(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(F.relu(x @ W.T) @ V.T, targets)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def the_gradients_of_one_layer_add_up(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        W.zero_grad()
        loss = F.cross_entropy(F.relu(x @ W.T) @ V.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def the_gradients_of_one_layer_add_up__2(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        V.grad = None
        loss = F.cross_entropy(F.relu(x @ W.T) @ V.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def the_log_of_a_softmax(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        probs = F.softmax(F.relu(x @ W.T) @ V.T)
        loss = -np.log(probs)[np.arange(len(x)), targets].mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W.data, V.data, losses


def another_learning_rate(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr / 10)
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


def right__a_new_gradient_each_time(W, V, x, targets, lr, steps):
    losses = []
    for _ in range(steps):
        W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
        loss = F.cross_entropy(F.relu(x @ W.T) @ V.T, targets)
        loss.backward()
        optim.SGD([W, V], lr=lr).step()
        losses.append(loss.item())
        W, V = W.data, V.data
    return W, V, losses


def right__log_softmax_of_log_softmax(W, V, x, targets, lr, steps):
    W, V = (mg.Tensor(start, requires_grad=True) for start in (W, V))
    optimizer = optim.SGD([W, V], lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(F.log_softmax(F.relu(x @ W.T) @ V.T), targets)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return W.data, V.data, losses
