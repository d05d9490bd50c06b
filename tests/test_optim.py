"""Optimisers against their formulas, restated one scalar at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minigrad import Tensor, nn, optim


def follow(optimizer_of, steps=6, dtype=np.float64):
    """Minimise Σ c x² from (1, −2); return the way x went."""
    x = Tensor(np.array([1.0, -2.0], dtype), requires_grad=True)
    optimizer = optimizer_of([x])
    way = []
    for _ in range(steps):
        optimizer.zero_grad()
        (x * x * np.array([0.5, 3.0], dtype)).sum().backward()
        optimizer.step()
        way.append(x.data.copy())
    return np.array(way)


def sgd_by_hand(x, c, steps, lr, momentum=0.0, decay=0.0, nesterov=False):
    v, way = None, []
    for _ in range(steps):
        g = 2 * c * x + decay * x
        if momentum:
            v = g if v is None else momentum * v + g
            g = g + momentum * v if nesterov else v
        x = x - lr * g
        way.append(x)
    return way


def adam_by_hand(x, c, steps, lr, b1, b2, eps, decay=0.0):
    m = v = 0.0
    way = []
    for t in range(1, steps + 1):
        g = 2 * c * x + decay * x
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        x = x - lr * (m / (1 - b1**t)) / (math.sqrt(v / (1 - b2**t)) + eps)
        way.append(x)
    return way


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_decay": 0.3},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ],
)
def test_sgd(options):
    way = follow(lambda ps: optim.SGD(ps, lr=0.05, **options))
    by_hand = {"decay" if k == "weight_decay" else k: v for k, v in options.items()}
    expected = [sgd_by_hand(x, c, 6, 0.05, **by_hand) for x, c in ((1.0, 0.5), (-2.0, 3.0))]
    np.testing.assert_allclose(way, np.transpose(expected), rtol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_adam(decay):
    way = follow(lambda ps: optim.Adam(ps, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=decay))
    expected = [
        adam_by_hand(x, c, 6, 0.1, 0.8, 0.95, 1e-3, decay) for x, c in ((1.0, 0.5), (-2.0, 3.0))
    ]
    np.testing.assert_allclose(way, np.transpose(expected), rtol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_adamw_shrinks_beside_the_gradient(decay):
    def by_hand(x, c):
        m = v = 0.0
        for t in range(1, 7):
            g = 2 * c * x
            m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g * g
            x -= 0.1 * decay * x
            x -= 0.1 * (m / (1 - 0.8**t)) / (math.sqrt(v / (1 - 0.95**t)) + 1e-3)
            yield x

    options = {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": decay}
    way = follow(lambda ps: optim.AdamW(ps, **options))
    expected = [list(by_hand(1.0, 0.5)), list(by_hand(-2.0, 3.0))]
    np.testing.assert_allclose(way, np.transpose(expected), rtol=1e-12)


def test_adamw_decays_by_a_hundredth_unless_told():
    x = Tensor([1.0], requires_grad=True, dtype=float)
    optimizer = optim.AdamW([x], lr=0.5)
    x.grad = np.zeros(1)
    optimizer.step()
    assert x.item() == 1 - 0.5 * 0.01


def test_what_an_optimiser_is_like_at_the_prompt():
    ps = nn.Linear(2, 1).parameters()
    assert repr(optim.SGD(ps, lr=0.1)) == "SGD(2 parameters, lr=0.1)"
    assert repr(optim.SGD(ps[:1], 0.5, 0.9)) == "SGD(1 parameter, lr=0.5, momentum=0.9)"
    assert repr(optim.Adam(ps)) == "Adam(2 parameters, lr=0.001)"
    assert repr(optim.AdamW(ps)) == "AdamW(2 parameters, lr=0.001)"
    optimizer = optim.Adam(ps, betas=(0.5, 0.9), weight_decay=0.1)
    optimizer.lr = 0.25  # a schedule
    assert repr(optimizer) == "Adam(2 parameters, lr=0.25, betas=(0.5, 0.9), weight_decay=0.1)"


def test_adam_defaults():
    way = follow(optim.Adam)
    expected = [adam_by_hand(x, c, 6, 1e-3, 0.9, 0.999, 1e-8) for x, c in ((1.0, 0.5), (-2.0, 3.0))]
    np.testing.assert_allclose(way, np.transpose(expected), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam])
def test_keeps_the_dtype_and_the_array(dtype, optimizer):
    x = Tensor(np.array([1.0, -2.0], dtype), requires_grad=True)
    array = x.data
    chosen = optimizer([x], lr=0.01)
    for _ in range(3):
        (x * dtype(1e-3)).backward([1.0, 1.0])
        chosen.step()
        assert x.data is array
        assert array.dtype == dtype
        assert np.isfinite(array).all()
    assert (array != [1.0, -2.0]).all() or dtype is np.float16


RULES = {
    "SGD": (optim.SGD, {"lr": 1e-5}),
    "momentum": (optim.SGD, {"lr": 1e-4, "momentum": 0.9, "weight_decay": 1e-5, "nesterov": True}),
    "Adam": (optim.Adam, {"lr": 1e-4, "weight_decay": 1e-6}),
}


@pytest.mark.parametrize(("optimizer", "options"), RULES.values(), ids=RULES)
@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0, 1e4])
def test_float16_is_computed_in_float32_and_rounded_once(optimizer, options, size):
    rng = np.random.default_rng(0)
    half = Tensor(np.float16(rng.normal(size=100) * 1e-3), requires_grad=True)
    single = Tensor(half.data.astype(np.float32), requires_grad=True)
    chosen, reference = optimizer([half], **options), optimizer([single], **options)
    for _ in range(5):
        half.grad = np.float16(rng.normal(size=100) * size)
        single.grad = half.grad.astype(np.float32)
        chosen.step()
        reference.step()
        single.data[...] = single.data.astype(np.float16)
        np.testing.assert_array_equal(half.data, single.data)


def test_only_what_a_step_changes_makes_graphs_stale():
    x, y = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    of_x, of_y = (x * x).sum(), (y * y).sum()
    of_x.backward()
    optim.SGD([x, y], lr=0.1).step()
    of_y.backward()
    with pytest.raises(RuntimeError, match="changed in place"):
        of_x.backward()


def test_momentum_does_not_touch_the_gradient():
    x = Tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9)
    (x * 2).sum().backward()
    for _ in range(3):
        optimizer.step()
        np.testing.assert_array_equal(x.grad, [2.0])


def test_parameters_without_gradient_stay():
    x, y = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = optim.Adam(iter([x, y]))
    (x * 2).sum().backward()
    optimizer.step()
    assert x.data[0] != 1
    assert y.data[0] == 1
    optimizer.zero_grad()
    assert x.grad is None


def test_an_mlp_learns_xor():
    import minigrad as mg

    mg.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(model(x), [0, 1, 1, 0])
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    np.testing.assert_array_equal(model(x).argmax(axis=1), [0, 1, 1, 0])


X = Tensor([1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: optim.SGD([], lr=0.1), ValueError, "no parameters"),
        (lambda: optim.SGD([X], lr=-0.1), ValueError, "lr .* got -0.1"),
        (lambda: optim.SGD([X], lr=float("nan")), ValueError, "lr"),
        (lambda: optim.SGD([X, X], lr=0.1), ValueError, "twice"),
        (lambda: optim.SGD([np.ones(1)], lr=0.1), TypeError, "parameter 0"),
        (lambda: optim.SGD([Tensor([1.0])], lr=0.1), TypeError, "requires_grad=True"),
        (lambda: optim.SGD([X * 2], lr=0.1), TypeError, "leaf"),
        (lambda: optim.SGD([X], lr=0.1, momentum=-1), ValueError, "momentum"),
        (lambda: optim.SGD([X], lr=0.1, nesterov=True), ValueError, "momentum"),
        (lambda: optim.SGD([X], lr=0.1, weight_decay=-1), ValueError, "weight_decay"),
        (lambda: optim.Adam([X], betas=(0.9, 1.0)), ValueError, "betas"),
        (lambda: optim.Adam([X], betas=(0.9,)), ValueError, "two numbers"),
        (lambda: optim.Adam([X], betas=(0.9, "0.9")), ValueError, "two numbers"),
        (lambda: optim.Adam([X], eps=-1), ValueError, "eps"),
    ],
)
def test_bad_settings(make, error, says):
    with pytest.raises(error, match=says):
        make()
