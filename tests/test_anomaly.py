"""`detect_anomaly` stops at the birth and says why; `diagnose` tells the same afterwards."""

from __future__ import annotations

import asyncio
import threading
import warnings

import numpy as np
import pytest

from minigrad import Tensor, diagnose, nn, no_grad, ops
from minigrad.autograd import AnomalyError, detect_anomaly, grad
from minigrad.nn import functional as F


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice")
        yield


def variable(data, name=None):
    return Tensor(data, requires_grad=True, name=name)


FORWARD = [
    # (what to compute, of which numbers, the op to blame, the reason)
    (np.exp, [1.0, 100.0], "Exp", r"exp\(100\) overflows: float32 ends at exp\(88\.7\)"),
    (np.expm1, [100.0], "Expm1", "overflows"),
    (np.log, [0.5, 0.0], "Log", "a probability that underflowed to 0"),
    (np.log, [2.0, 0.0], "Log", r"log\(0\)\n"),
    (np.log, [-2.0], "Log", "negative number, -2"),
    (np.log1p, [-1.0], "Log1p", r"1 \+ -1, which is not positive"),
    (np.sqrt, [-4.0], "Sqrt", "square root of a negative number, -4"),
    (lambda x: x / 0.0, [0.0], "Div", "0/0"),
    (lambda x: x / 0.0, [3.0], "Div", "3/0"),
    (lambda x: x / 1e-38, [1e38], "Div", "too large for float32"),
    (lambda x: x**0.5, [-2.0], "Pow", "-2 to the power 0.5 is no real number"),
    (lambda x: x**-1, [0.0], "Pow", "0 to the power -1"),
    (lambda x: x**3, [1e20], "Pow", r"too large for float32, which ends at 3\.403e\+38"),
    (lambda x: x * x, [1e20], "Mul", "too large"),
    (lambda x: x + x, [3e38], "Add", "too large"),
    (lambda x: -x - x, [3e38], "Sub", "too large"),
    (np.sum, [3e38, 3e38], "Sum", "too large"),
    (lambda x: x @ x, [1e20, 1.0], "MatMul", "too large"),
    (np.mean, [], "Mean", "0/0: the mean of no entries"),
    (np.linalg.norm, [3e38, 3e38], "Norm", "too large"),
    (lambda z: F.cross_entropy(z[None], [-100]), [1.0, 2.0], "CrossEntropy", "every target"),
    (lambda z: F.cross_entropy(z[None], [0]), [-3e38, 3e38], "CrossEntropy", "too large"),
]


@pytest.mark.parametrize(("function", "x", "op", "reason"), FORWARD)
def test_forward_births(function, x, op, reason):
    x = variable(x)
    with pytest.raises(AnomalyError, match=reason) as caught, detect_anomaly():
        function(x)
    error = caught.value
    assert (error.op, error.in_pass) == (op, "forward")
    assert error.site.filename == __file__
    assert f"was born in {op} (forward)" in str(error)
    result = function(x)
    after = diagnose(result).first
    assert after.op == op
    assert after.explain() == error.explanation


BACKWARD = [
    (lambda x: np.log(x)[1], [0.0, 1.0], "Log", r"the slope 1/x at x = 0: 0 · inf"),
    (lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), [0.0, 1.0], "Sqrt", "0 · inf"),
    (lambda x: np.sqrt(x).sum(), [0.0, 1.0], "Sqrt", r"slope 1/\(2√x\) at x = 0: a pole"),
    (lambda x: (x**0.5).sum(), [0.0, 1.0], "Pow", "a pole"),
    (lambda x: np.where(x < 9, np.exp(x), 0.0).sum(), [100.0, 1.0], "Exp", "0 · inf"),
    (lambda x: (1.0 / x)[1], [0.0, 1.0], "Div", "the slope 1/b at b = 0"),
    (lambda x: (x * 1e30).sum() * 1e30, [0.0], "Mul", "too large for float32"),
]


@pytest.mark.parametrize(("function", "x", "op", "reason"), BACKWARD)
def test_backward_births(function, x, op, reason):
    x = variable(x)
    loss = function(x)
    assert np.isfinite(loss.item())
    with pytest.raises(AnomalyError, match=reason) as caught, detect_anomaly():
        loss.backward()
    error = caught.value
    assert (error.op, error.in_pass) == (op, "backward")
    assert error.site.filename == __file__
    assert x.grad is None
    loss.backward()
    after = diagnose(loss).first
    assert (after.op, after.in_pass) == (op, "backward")
    assert after.explain() == error.explanation
    assert reason.split(":")[0].replace("\\", "")[:9] in str(after)


def test_the_message_tells_the_story():
    z = variable([[0.0, 200.0], [200.0, 0.0]], "logits")
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        np.log(F.softmax(z))  # here
    assert str(caught.value).splitlines()[0] == "-inf was born in Log (forward)"
    assert str(caught.value).splitlines()[1].endswith("np.log(F.softmax(z))  # here")
    assert str(caught.value).splitlines()[2:] == [
        "result[0, 0] = -inf, from 0",
        "result[1, 1] = -inf, from 0",
        "why: log(0): a probability that underflowed to 0",
        "instead: log_softmax(logits), not log of softmax; or cross_entropy(logits, target)",
    ]


def test_many_bad_entries_are_counted():
    with pytest.raises(AnomalyError, match="and 7 more of 12 entries"), detect_anomaly():
        np.exp(variable(np.r_[np.full(10, 99.0), 0, 0].astype(np.float32)))


def test_what_came_in_bad_is_not_blamed_on_the_op():
    masked = np.array([[0.0, -np.inf, 1.0]], np.float32)
    x = Tensor(np.array([np.nan, 1.0]))
    w = variable([1.0, 2.0])
    z = variable(masked)
    with detect_anomaly():
        (x * w).sum().backward()
        F.cross_entropy(z, [0]).backward()
        np.where([True, False], w, -np.inf).sum()
    assert np.isnan(w.grad[0])


def test_all_is_well():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    with detect_anomaly():
        loss = F.cross_entropy(model(np.ones((5, 3), np.float32)), [0, 1, 0, 1, 0])
        loss.backward()
        grad((variable(2.0) ** 3), [], create_graph=True)
    assert all(np.isfinite(p.grad).all() for p in model.parameters())


def test_it_works_under_no_grad_and_in_grad():
    with pytest.raises(AnomalyError), detect_anomaly(), no_grad():
        np.exp(variable(100.0))
    x = variable(0.0)
    y = np.sqrt(x)
    for create_graph in (False, True):
        with pytest.raises(AnomalyError, match="Sqrt"), detect_anomaly():
            grad(y, x, create_graph=create_graph)


class TestChangedArrays:
    def test_a_parameter(self):
        w = variable([2.0, 3.0], "w")
        with detect_anomaly():
            loss = (w * w).sum()
            w.data *= 2
            with pytest.raises(AnomalyError, match="'w' was changed in place after Mul used it"):
                loss.backward()
        assert w.grad is None

    def test_an_input_and_a_result(self):
        array = np.array([1.0, 2.0])
        x, w = Tensor(array), variable([2.0, 3.0])
        with detect_anomaly():
            loss = (w * x).sum()
            array[0] = 7
            with pytest.raises(AnomalyError, match=r"input 1, of shape \(2,\), was changed"):
                loss.backward()
            array[0] = 1
            y = w.exp()
            loss = y.sum()
            y.data[0] = 0
            with pytest.raises(AnomalyError, match=r"input 0.* Sum|the result.* Exp"):
                loss.backward()

    def test_outside_nobody_looks(self):
        w = variable([2.0, 3.0])
        loss = (w * w).sum()
        w.data *= 2
        loss.backward()
        np.testing.assert_array_equal(w.grad, [8, 12])


def test_it_does_not_leak_into_threads_and_tasks():
    seen = []

    def overflow():
        with np.errstate(over="ignore"):
            seen.append(np.exp(variable(100.0)).item())

    with detect_anomaly():
        thread = threading.Thread(target=overflow)
        thread.start()
        thread.join()
    assert seen == [np.inf]

    async def detecting():
        with detect_anomaly():
            await asyncio.sleep(0)

    async def overflowing():
        await asyncio.sleep(0)
        return np.exp(variable(100.0)).item()

    async def both():
        return await asyncio.gather(detecting(), overflowing())

    assert asyncio.run(both())[1] == np.inf


def test_own_ops_are_watched_too():
    class Inverse(ops.Op):
        """y = 1/x"""

        def forward(self, x):
            return 1 / x

        def backward(self, g, y, x):
            return -g * y * y

    with pytest.raises(AnomalyError, match=r"Inverse \(forward\)"), detect_anomaly():
        Inverse.apply(variable(0.0))
