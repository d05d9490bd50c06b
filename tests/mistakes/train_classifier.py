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


def another_optimiser_than_sgd(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.Adam([W], lr=lr)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return (W.numpy(), losses)


def another_learning_rate(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=0.1)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return (W.numpy(), losses)


def tensors_returned_instead_of_an_array_and_numbers__3(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss)
        opt.step()
    return (W.numpy(), losses)


def weights_changed_in_place__2(W, x, targets, lr, steps):
    losses = []
    for _ in range(steps):
        z = x @ W.T
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        losses.append(float(-np.log(p[np.arange(len(x)), targets]).mean()))
        p[np.arange(len(x)), targets] -= 1
        W -= lr * p.T @ x / len(x)
    return (W, losses)


def the_weights_never_change__4(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
    return (W.numpy(), losses)


def gradients_not_forgotten_between_the_steps__2(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return (W.numpy(), losses)


def one_step_too_few(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps - 1):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return (W.numpy(), losses)


def tensors_returned_instead_of_an_array_and_numbers__4(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return (W, losses)


def sum_instead_of_mean__2(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets, reduction="sum")
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return (W.numpy(), losses)


def the_weights_never_change__5(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        opt.zero_grad()
        losses.append(loss.item())
        opt.step()
    return (W.numpy(), losses)


def one_step_too_many(W, x, targets, lr, steps):
    W = mg.Tensor(W, requires_grad=True)
    opt = optim.SGD([W], lr=lr)
    losses = []
    for _ in range(steps + 1):
        opt.zero_grad()
        loss = F.cross_entropy(x @ W.T, targets)
        loss.backward()
        losses.append(loss.item())
        opt.step()
    return W.numpy(), losses
