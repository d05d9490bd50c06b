"""Wrong training loops, one for each mistake that the checks name."""

import numpy as np

import minigrad as mg
from minigrad import optim
from minigrad.nn import functional as F


def gradients_not_forgotten_between_the_steps(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_step_before_the_gradient(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.step()
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        losses.append(loss.item())
    return weight.data, losses


def the_loss_after_the_step(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(x @ weight.T, targets).backward()
        optimizer.step()
        losses.append(F.cross_entropy(x @ weight.T, targets).item())
    return weight.data, losses


def uphill_instead_of_downhill(W, x, targets, lr, steps):
    losses = []
    for _ in range(steps):
        weight = mg.Tensor(W, requires_grad=True)
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        W = W + lr * weight.grad
        losses.append(loss.item())
    return W, losses


def sum_instead_of_mean(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets, reduction="none").sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def softmax_twice(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        probs = F.softmax(x @ weight.T)
        loss = F.cross_entropy(probs, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_log_of_a_softmax(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        probs = F.softmax(x @ weight.T)
        loss = -np.log(probs)[np.arange(len(targets)), targets].mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_weights_never_change(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        losses.append(loss.item())
    return weight.data, losses


def the_weights_never_change__2(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets)
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_weights_never_change__3(W, x, targets, lr, steps):
    losses = []
    for _ in range(steps):
        weight = mg.Tensor(W, requires_grad=True)
        optimizer = optim.SGD([weight], lr=lr)
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return W, losses


def only_one_step(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        return weight.data, losses
    return W, losses


def tensors_returned_instead_of_an_array_and_numbers(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight, losses


def tensors_returned_instead_of_an_array_and_numbers__2(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return weight.data, losses


def weights_changed_in_place(W, x, targets, lr, steps):
    losses = []
    for _ in range(steps):
        weight = mg.Tensor(W, requires_grad=True)
        loss = F.cross_entropy(x @ weight.T, targets)
        loss.backward()
        W -= lr * weight.grad
        losses.append(loss.item())
    return W, losses
