"""Pixels that were not mended, or in the wrong way, one for each mistake that the checks name."""

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F


def nan_from_the_first_step_on(W, x, targets, unseen, lr, steps):
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


def nan_from_the_first_step_on__clipped(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    x, unseen = (x - mean) / std, (unseen - mean) / std
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(mg.Tensor(x, name="pixels") @ weight.T, targets)
        loss.backward()
        nn.utils.clip_grad_norm_([weight], 10.0)
        optimizer.step()
        losses.append(loss.item())
    return losses, unseen @ weight.data.T


def nan_from_the_first_step_on__gradient_replaced(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    x, unseen = (x - mean) / std, (unseen - mean) / std
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(mg.Tensor(x, name="pixels") @ weight.T, targets)
        loss.backward()
        weight.grad = np.nan_to_num(weight.grad)
        optimizer.step()
        losses.append(loss.item())
    return losses, unseen @ weight.data.T


def _on(x, unseen, W, targets, lr, steps):
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


def the_spread_kept_away_from_0(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0) + 1e-9
    return _on((x - mean) / std, (unseen - mean) / std, W, targets, lr, steps)


def the_spread_kept_away_from_0__2(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-8)
    return _on((x - mean) / std, (unseen - mean) / std, W, targets, lr, steps)


def the_spread_kept_away_from_0__3(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + 1e-5)
    return _on((x - mean) / std, (unseen - mean) / std, W, targets, lr, steps)


def nan_and_inf_replaced_afterwards(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    x, unseen = np.nan_to_num((x - mean) / std), np.nan_to_num((unseen - mean) / std)
    return _on(x, unseen, W, targets, lr, steps)


def a_constant_pixel_counts_in_what_is_unseen(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    std[np.ptp(x, axis=0) == 0] = 1
    return _on((x - mean) / std, (unseen - mean) / std, W, targets, lr, steps)


def a_constant_pixel_whose_std_is_not_quite_0(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    alive = std > 0
    x, unseen = (x - mean)[:, alive] / std[alive], (unseen - mean)[:, alive] / std[alive]
    return _on(x, unseen, W[:, alive], targets, lr, steps)


def a_constant_pixel_whose_std_is_not_quite_0__2(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    x = np.where(std > 0, (x - mean) / std, 0)
    unseen = np.where(std > 0, (unseen - mean) / std, 0)
    return _on(x, unseen, W, targets, lr, steps)


def a_constant_pixel_whose_std_is_not_quite_0__3(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    x, unseen = (
        np.nan_to_num((pixels - mean) / std, nan=0, posinf=0, neginf=0) for pixels in (x, unseen)
    )
    return _on(x, unseen, W, targets, lr, steps)


def unseen_samples_measured_by_themselves(W, x, targets, unseen, lr, steps):
    def standardised(pixels):
        same = np.ptp(pixels, axis=0) == 0
        std = np.where(same, 1, pixels.std(axis=0))
        return np.where(same, 0, (pixels - pixels.mean(axis=0)) / std)

    return _on(standardised(x), standardised(unseen), W, targets, lr, steps)


def moved_and_not_scaled(W, x, targets, unseen, lr, steps):
    mean = x.mean(axis=0)
    return _on(x - mean, unseen - mean, W, targets, lr, steps)


def right__without_the_constant_ones(W, x, targets, unseen, lr, steps):
    alive = np.ptp(x, axis=0) > 0
    x, unseen = x[:, alive], unseen[:, alive]
    mean, std = x.mean(axis=0), x.std(axis=0)
    return _on((x - mean) / std, (unseen - mean) / std, W[:, alive], targets, lr, steps)


def right__a_small_threshold(W, x, targets, unseen, lr, steps):
    mean, std = x.mean(axis=0), x.std(axis=0)
    alive = std > 1e-8
    x, unseen = (np.where(alive, (i - mean) / np.where(alive, std, 1), 0) for i in (x, unseen))
    return _on(x, unseen, W, targets, lr, steps)
