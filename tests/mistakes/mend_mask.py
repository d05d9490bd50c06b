"""Losses that were not mended, or in the wrong way, one for each mistake that the checks name."""

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F


def nan_in_the_gradient(W, x, targets, lr, steps):
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


def nan_in_the_gradient__smaller_steps(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr / 100)
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


def nan_in_the_gradient__clipped(W, x, targets, lr, steps):
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
        nn.utils.clip_grad_norm_([weight], 10.0)
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_nan_is_hidden_and_the_step_is_lost(W, x, targets, lr, steps):
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
        weight.grad = np.nan_to_num(weight.grad)
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_nan_is_hidden_and_the_step_is_lost__2(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    is_target = F.one_hot(targets, len(W)) == 1
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        log_probs = np.log(F.softmax(x @ weight.T))
        loss = -np.where(is_target, log_probs, 0).sum() / len(x)
        loss.backward()
        if np.isfinite(weight.grad).all():
            optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def _with(log_probs_of, W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    is_target = F.one_hot(targets, len(W)) == 1
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        picked = np.where(is_target, log_probs_of(x @ weight.T), 0)
        loss = -picked.sum() / len(x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def zero_times_inf(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        log_probs = np.log(F.softmax(x @ weight.T))
        loss = -(F.one_hot(targets, len(W)) * log_probs).sum() / len(x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def shares_kept_away_from_0(*given):
    return _with(lambda z: np.log(F.softmax(z) + 1e-9), *given)


def shares_kept_away_from_0__2(*given):
    return _with(lambda z: np.log(np.clip(F.softmax(z), 1e-7, 1)), *given)


def shares_kept_away_from_0__3(*given):
    return _with(lambda z: np.log(np.maximum(F.softmax(z), 1e-12)), *given)


def shares_kept_away_from_0__4(*given):
    return _with(lambda z: np.clip(np.log(F.softmax(z) + 1e-16), -30, 0), *given)


def the_log_of_shares_that_are_0_left_out(*given):
    def log_probs_of(z):
        probs = F.softmax(z)
        return np.log(np.where(probs.data > 0, probs, 1))

    return _with(log_probs_of, *given)


def the_log_of_one_share_alone(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        probs = F.softmax(x @ weight.T)
        loss = -np.log(probs[np.arange(len(x)), targets]).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def the_log_of_one_share_alone__2(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    is_target = F.one_hot(targets, len(W)) == 1
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = -np.log(np.where(is_target, F.softmax(x @ weight.T), 1)).sum() / len(x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return weight.data, losses


def detached_no_gradient_comes_through(*given):
    return _with(lambda z: np.log(F.softmax(z)).detach(), *given)


def right__cross_entropy(W, x, targets, lr, steps):
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


def right__logsumexp(*given):
    return _with(lambda z: z - F.logsumexp(z, keepdims=True), *given)
