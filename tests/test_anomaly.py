"""`detect_anomaly` stops at the birth and says why; `diagnose` tells the same afterwards."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest

from minigrad import Tensor, diagnose, nn, no_grad, ops, viz
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
    (lambda z: weighted(z, [0.0, 1.0]), [1.0, 2.0], "CrossEntropy", "of weight 0"),
    (lambda z: weighted(z, [np.nan, 1.0]), [1.0, 2.0], "CrossEntropy", "a weight is NaN"),
    (np.sum, [3e38, -3e38, 0, 0, 0, 0, 0, 0] * 2, "Sum", "inf − inf or 0 · inf is NaN"),
    (lambda p: F.binary_cross_entropy(p, [0.0]), [1.0], "BinaryCrossEntropy", "exactly 0 or 1"),
    (lambda x: x.clip(np.float32(np.nan), 1.0), [0.5], "Clip", "Clip makes NaN of finite inputs"),
]


def weighted(z, weight):
    return F.cross_entropy(z[None], [0], weight=np.array(weight, np.float32))


@pytest.mark.parametrize(("function", "x", "op", "reason"), FORWARD)
def test_forward_births(function, x, op, reason):
    x = variable(x)
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        function(x)
    error = caught.value
    assert re.search(reason, str(error.explanation))
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
    (lambda x: ((-2.0) ** x).sum(), [2.0], "Pow", "the slope aᵇ·log a at a < 0"),
]


@pytest.mark.parametrize(("function", "x", "op", "reason"), BACKWARD)
def test_backward_births(function, x, op, reason):
    x = variable(x)
    loss = function(x)
    assert np.isfinite(loss.item())
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        loss.backward()
    error = caught.value
    assert re.search(reason, str(error.explanation))
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
            w.data[...] *= 2
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

    @pytest.mark.parametrize(
        ("function", "array", "said"),
        [
            (lambda x, i: x[i], [0, 1], "the index was changed in place after GetItem used it"),
            (lambda x, i: x[i, 1], [0, 1], "the index .* GetItem"),
            (lambda x, i: x[Tensor(i)], [0, 1], "the index .* GetItem"),
            (lambda x, m: x[m], [True, False], "the index .* GetItem"),
            (lambda x, m: np.where(m, x, 0.0), [True, False], "the condition .* Where"),
            (lambda x, low: x.clip(low, None), [0.0, 0.0], "the low .* Clip"),
            (lambda x, w: F.cross_entropy(x, [0, 1], weight=w), [1.0, 2.0], "the weight .* Cross"),
            (lambda x, m: Masked.apply(x, mask=m), [1.0, 0.0], "the mask .* Masked"),
            (lambda x, m: Masked.apply(x, mask=Tensor(m)), [1.0, 0.0], "the mask .* Masked"),
        ],
    )
    def test_what_an_op_was_given(self, function, array, said):
        array = np.array(array)
        with detect_anomaly():
            loss = function(variable([[1.0, 2.0], [3.0, 4.0]]), array).sum()
            array[0] = 1 - array[0]
            with pytest.raises(AnomalyError) as caught:
                loss.backward()
        assert re.search(said, str(caught.value).splitlines()[0])

    def test_what_an_op_keeps_for_itself_may_change(self):
        z = variable([[1.0, 2.0], [3.0, 4.0]])
        with detect_anomaly():
            loss = F.cross_entropy(z, [0, 1])
            loss.backward()
            loss.backward()
            counted = Counted.apply(z).sum()
            counted.backward()
            counted.backward()

    def test_arrays_of_one_checksum(self):
        before = np.float32([0.36101043224334717, -1.5499845743179321])
        after = np.float32([-0.11882724612951279, -0.5467536449432373])
        assert zlib.crc32(before.tobytes()) == zlib.crc32(after.tobytes())
        w = variable(before)
        with detect_anomaly():
            loss = (w * w).sum()
            w.data[...] = after
            with pytest.raises(AnomalyError, match="input 0"):
                loss.backward()

    def test_outside_nobody_looks(self):
        w = variable([2.0, 3.0])
        loss = (w * w).sum()
        w.data[...] *= 2
        loss.backward()
        np.testing.assert_array_equal(w.grad, [8, 12])


@pytest.mark.skipif(
    getattr(sys.flags, "thread_inherit_context", False), reason="threads inherit as tasks do"
)
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


class Masked(ops.Op):
    """y = x · mask"""

    def __init__(self, mask):
        self._mask = mask

    def forward(self, x):
        return x * np.asarray(self._mask)

    def backward(self, g, y, x):
        return g * np.asarray(self._mask)


class Counted(ops.Op):
    """y = x, with a diary that is no option"""

    def forward(self, x):
        self.diary = np.zeros(1)
        return x

    def backward(self, g, y, x):
        self.diary += 1
        return g


class Inverse(ops.Elementwise):
    """y = 1/x"""

    def forward(self, x):
        return 1 / x

    def backward(self, g, y, x):
        return -g * y * y


class Div(ops.Op):
    """A name of ours, another signature, another result"""

    def forward(self, *inputs):
        return inputs[0].sum() * np.nan

    def backward(self, g, y, *inputs):
        return tuple(g * np.nan * x for x in inputs)


class Exp(ops.Exp):
    """y = 1/x, with all that belongs to exp"""

    reason = "this is no exp"

    def forward(self, x):
        return 1 / x


class Total(ops.Elementwise):
    """y = Σ x / 0, which works entry by entry in name only"""

    def forward(self, x):
        return np.sum(x) / np.float32(0)

    def backward(self, g, y, x):
        return g * x


class Steep(ops.Op):
    """y = x, with an infinite slope"""

    def forward(self, x):
        return x

    def backward(self, g, y, x):
        return np.where(x == 0, np.inf, g)


class TestOwnOps:
    @pytest.mark.parametrize(
        ("op", "inputs", "explanation"),
        [
            (Inverse, [[2.0, 0.0]], "result[1] = inf, from 0\nwhy: Inverse makes inf of finite"),
            (Div, [[1.0, 2.0]], "result = nan\nwhy: Div makes NaN of finite inputs"),
            (Div, [[1.0], [2.0], [3.0]], "result = nan\nwhy: Div makes NaN of finite inputs"),
            (Exp, [0.0], "from 0\nwhy: Exp makes inf of finite inputs: this is no exp"),
            (Total, [[1.0, 2.0]], "result = inf\nwhy: Total makes inf of finite inputs"),
        ],
    )
    def test_a_result(self, op, inputs, explanation):
        inputs = [*map(variable, inputs)]
        with pytest.raises(AnomalyError) as caught, detect_anomaly():
            op.apply(*inputs)
        assert explanation in str(caught.value)
        assert "instead" not in str(caught.value)
        result = op.apply(*inputs)
        assert diagnose(result).first.explain() == caught.value.explanation

    def test_a_gradient(self):
        x = variable([1.0, 0.0])
        y = Steep.apply(x).sum()
        with pytest.raises(AnomalyError) as caught, detect_anomaly():
            y.backward()
        assert caught.value.explanation.entries == ("gradient of input 0[1] = inf",)
        assert "the rule of Steep makes inf of finite" in str(caught.value)
        y.backward()
        assert diagnose(y).first.explain() == caught.value.explanation

    @pytest.mark.parametrize("op", [Inverse, Div, Exp, Total])
    def test_they_are_drawn(self, op):
        loss = op.apply(variable([0.0, 2.0])).sum()
        loss.backward()
        assert viz.draw(loss).snapshot.graphs[0].blamed.reason
        assert viz.step_through(loss).snapshot.graphs[0].blamed.reason


SOFTMAX = "instead: log_softmax(logits), not log of softmax; or cross_entropy(logits, target)"
SIGMOID = "instead: log_sigmoid(z), or binary_cross_entropy_with_logits(z, target)"
NEITHER = "instead: keep the argument away from 0"


def naive_softmax(z):
    exps = np.exp(z)
    return exps / exps.sum(keepdims=True)


class TestAdviceOnLog:
    z = (-110.0, 0.0, 20.0)

    @pytest.mark.parametrize(
        ("probabilities", "advice"),
        [
            (lambda z: z.softmax(), SOFTMAX),
            (naive_softmax, SOFTMAX),
            (lambda z: np.clip(z.softmax(), 0.0, 1.0).reshape(3, 1)[0], SOFTMAX),
            (lambda z: (z.softmax() * [1.0, 0.0, 0.0]).sum(), SOFTMAX),
            (lambda z: z.sigmoid(), SIGMOID),
            (lambda z: 1 - z.sigmoid(), SIGMOID),
            (lambda z: 1 - 1 / (1 + np.exp(-z[1:])), SIGMOID),
            (lambda z: np.exp(z) / (1 + np.exp(z)), SIGMOID),
            (lambda z: Tensor([0.0, 0.5]) * z.sum() * 0, NEITHER),
            (lambda z: Tensor([0.0, 0.5]), NEITHER),
            (lambda z: z[1:].softmax() * [1.0, 0.0], NEITHER),
            (lambda z: z.softmax() * 3.0 - 0.0, NEITHER),
            (lambda z: 0.0 / (1.5 + np.exp(z)), NEITHER),
            (lambda z: np.exp(z), NEITHER),
        ],
    )
    def test_by_the_maker(self, probabilities, advice):
        z = variable(self.z)
        with pytest.raises(AnomalyError, match=r"log\(0\)") as caught, detect_anomaly():
            np.log(probabilities(z))
        assert str(caught.value).splitlines()[-1].startswith(advice)

    @pytest.mark.parametrize(
        ("probabilities", "remedy"),
        [(Tensor.softmax, SOFTMAX), (Tensor.sigmoid, SIGMOID), (np.exp, "instead: keep x away")],
    )
    def test_in_the_backward_pass(self, probabilities, remedy):
        loss = np.log(probabilities(variable(self.z)))[2]
        with pytest.raises(AnomalyError, match=r"Log \(backward\)") as caught, detect_anomaly():
            loss.backward()
        assert str(caught.value).splitlines()[-1].startswith(remedy)


def test_float16_overflows_when_it_is_rounded():
    x = variable(np.array([1e-4, 1.0], np.float16))
    loss = (x * np.float16(300)).sum() * np.float16(300)
    with pytest.raises(AnomalyError, match="inf was born in Mul") as caught, detect_anomaly():
        loss.backward()
    assert "too large for float16, which ends at 6.55e+04" in str(caught.value)
