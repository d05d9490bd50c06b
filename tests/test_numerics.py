"""The softmax family against exact arithmetic: the bound that its docstrings promise.

For every finite (and every masked) logit, wherever the exact result is a normal number of the
dtype, the relative error is at most (8 + max_j |z_j − m|) · eps. The exact results are computed
with mpmath in 60 digits from the logits as the dtype holds them.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from exact import Exact

from minigrad import Tensor, ops

DTYPES = [np.float16, np.float32, np.float64]


def rows_of(dtype):
    """Adversarial rows of logits: (label, logits, target)."""
    rng = np.random.default_rng(0)
    largest = float(np.finfo(dtype).max)
    smallest = float(np.finfo(dtype).smallest_subnormal)
    yield from ((f"margin {m}", [m, 0.0], t) for m in range(0, 101, 5) for t in (0, 1))
    yield from ((f"margin {m} of ten", [m, *[0.0] * 9], 0) for m in (1, 8, 17, 30, 60))
    yield "ties", [3.0, 3.0, 3.0], 1
    yield "ties below", [9.0, 3.0, 3.0], 1
    yield "one class", [5.0], 0
    yield "all equal, a thousand", [0.5] * 1000, 7
    yield from ((f"all but one equal, {n}", [1.0, *[0.3] * (n - 1)], 0) for n in (16, 32, 33, 5000))
    yield "denormals", [smallest, 3 * smallest, 0.0, -smallest], 0
    yield "nearly tied", [1.0, 1.0 + float(np.finfo(dtype).eps), 1.0], 0
    yield "masked", [2.0, -np.inf, 1.0, -np.inf], 0
    yield "masked but one", [-np.inf, 4.0, -np.inf], 1
    yield "tiny target probability", [0.0, -40.0, -80.0, 5.0], 2
    yield "far apart", [largest, -largest, 0.0], 0
    for offset in (10.0, 1e3, largest / 4):
        yield f"offset {offset:g}", [offset, offset * 0.998, offset * 0.996], 1
    for scale in (1, 10, 20, 40, 80):
        for classes in (2, 10, 1000):
            z = rng.normal(size=classes) * scale
            yield f"random x{scale} of {classes}", z, int(rng.integers(classes))
            yield f"random x{scale} of {classes}, the top", z, int(np.argmax(z))


def cases():
    for dtype in DTYPES:
        for label, row, target in rows_of(dtype):
            yield pytest.param(
                np.asarray(row, dtype)[None], target, id=f"{np.dtype(dtype)} {label}"
            )


def worst_error(computed, exact, dtype):
    """The largest relative error, in eps, over entries whose exact result is a normal number."""
    info = np.finfo(dtype)
    worst = 0.0
    with mpmath.workdps(60):
        for got, want in zip(np.ravel(computed), exact):
            if not info.tiny <= abs(want) <= info.max:
                continue
            assert np.isfinite(got), f"{got} for {mpmath.nstr(want, 8)}"
            worst = max(worst, float(abs((mpmath.mpf(float(got)) - want) / want) / info.eps))
    return worst


@np.errstate(over="ignore")  # an exact result beyond the largest float16
@pytest.mark.parametrize(("z", "target"), list(cases()))
def test_relative_accuracy(z, target):
    dtype = z.dtype
    exact = Exact(z[0], target)
    finite = [float(v) for v in z[np.isfinite(z)]]
    bound = 8 + max(finite) - min(finite)

    logits = Tensor(z, requires_grad=True)
    labels = np.array([target])
    loss = ops.CrossEntropy.apply(logits, labels)
    loss.backward()
    log_probs = ops.LogSoftmax.apply(logits)

    def hold(computed, wanted):
        assert worst_error(computed, wanted, dtype) <= bound

    hold(ops.Softmax.apply(logits).data, exact.probs)
    hold(log_probs.data, exact.log_probs)
    hold(ops.NLLLoss.apply(log_probs, labels).data, [exact.loss])
    hold(loss.data, [exact.loss])
    hold(logits.grad, exact.gradient)

    in_two_ops = Tensor(z, requires_grad=True)
    ops.NLLLoss.apply(ops.LogSoftmax.apply(in_two_ops), labels).backward()
    hold(in_two_ops.grad, exact.gradient)

    by_distribution = Tensor(z, requires_grad=True)
    one_hot = np.eye(z.shape[1], dtype=dtype)[labels]
    soft_loss = ops.SoftCrossEntropy.apply(by_distribution, one_hot)
    soft_loss.backward()
    hold(soft_loss.data, [exact.loss])
    hold(by_distribution.grad, exact.gradient)

    masked = np.isneginf(z)
    assert not ops.Softmax.apply(logits).data[masked].any()
    assert not logits.grad[masked].any()

    got = float(ops.LogSumExp.apply(logits).data[0])
    want = exact.logsumexp
    if abs(want) <= np.finfo(dtype).max:
        scale = max(abs(want), 1)
        assert abs(mpmath.mpf(got) - want) <= bound * float(np.finfo(dtype).eps) * scale


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_offset_common_to_all_logits_changes_nothing(dtype):
    z = np.array([[1.0, 2.0, -1.0, 0.5]], dtype)
    for exponent in range(0, np.finfo(dtype).maxexp - 1, 3):
        offset = dtype(2.0**exponent)
        steps = np.spacing(offset).astype(dtype) * 4
        near = Tensor((z * steps).astype(dtype), requires_grad=True)
        far = Tensor((offset + z * steps).astype(dtype), requires_grad=True)
        np.testing.assert_array_equal(far.data - offset, near.data)
        for op in (ops.Softmax, ops.LogSoftmax):
            np.testing.assert_array_equal(op.apply(far).data, op.apply(near).data)
        for logits in (near, far):
            ops.CrossEntropy.apply(logits, np.array([1])).backward()
        np.testing.assert_array_equal(far.grad, near.grad)


@pytest.mark.parametrize("classes", [1, 5, 32, 33, 300])
def test_a_row_does_not_see_the_others(classes):
    """Of a batch comes what comes of each of its rows, which are held to exact results above."""
    z = np.random.default_rng(0).normal(0, 10, (4, classes)).astype(np.float32)
    targets = np.arange(4) % classes

    def results(z, targets):
        logits = Tensor(z, requires_grad=True)
        losses = ops.CrossEntropy.apply(logits, targets, reduction="none")
        losses.backward(np.ones(len(z)))
        yield from (losses.data, logits.grad)
        for op in (ops.Softmax, ops.LogSoftmax, ops.LogSumExp):
            logits.zero_grad()
            result = op.apply(logits)
            result.backward(np.cos(np.arange(result.size // len(z))) + np.zeros(result.shape))
            yield from (result.data, logits.grad)

    by_row = zip(*(results(z[i : i + 1], targets[i : i + 1]) for i in range(4)))
    for whole, rows in zip(results(z, targets), by_row, strict=True):
        np.testing.assert_allclose(whole, np.concatenate(rows), rtol=1e-6)


def test_a_second_backward_pass_adds_the_same_again():
    """The exponentials of the forward pass become the first one's gradient, in place."""
    logits = Tensor([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]], requires_grad=True)
    loss = ops.CrossEntropy.apply(logits, np.array([0, 2]))
    loss.backward()
    once = logits.grad.copy()
    loss.backward()
    np.testing.assert_array_equal(logits.grad, 2 * once)


def test_the_textbook_formula_would_fail():
    """The same check rejects log Σ exp(z − m) with the 1 left in the sum: the test can tell."""
    z = np.array([30.0, 0.0], np.float32)
    textbook = np.log(np.exp(z - z.max()).sum()) - (z - z.max())
    assert worst_error(textbook[:1], [Exact(z, 0).loss], np.float32) > 1e6
