"""The softmax family against exact arithmetic: the bound that its docstrings promise.

For every finite (and every masked) logit, wherever the exact result is a normal number of the
dtype, the relative error is at most (8 + log₂ C + max_j |z_j − m|) · eps: up to 5,000 classes
without log₂ C; for derivatives relative to the sum of the sizes of their terms; for second
derivatives twice that. For the binary family it is 8 eps. The exact results are computed with
mpmath in 60 digits from the logits as the dtype holds them.
"""

from __future__ import annotations

import math
import tracemalloc

import mpmath
import numpy as np
import pytest
from exact import Exact, ExactBinary, numbers, times, without

from minigrad import Tensor, ops
from minigrad.autograd import grad
from minigrad.nn import functional as F

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


# ---------------------------------------------------------------------------------------------
# Derivatives, of any upstream gradient, and derivatives of derivatives
# ---------------------------------------------------------------------------------------------


def few_classes():
    return [case for case in cases() if case.values[0].size <= 16]


def finite(cases):
    return [case for case in cases if np.isfinite(case.values[0]).all()]


def bound_of(z):
    """8 + log₂ C + max_j |z_j − m|; masked logits left out."""
    finite = z[np.isfinite(z)].astype(np.float64)
    return 8 + np.log2(z.size) + finite.max() - finite.min()


def vectors(z):
    """Upstream gradients and directions: random, far from 0, nearly equal, far apart, a class."""
    rng = np.random.default_rng(z.size)
    classes = z.shape[1]
    one = np.eye(classes)
    vectors = (
        rng.normal(size=classes),
        rng.normal(size=classes) + 100,
        1 + one[0] * 2**-8,
        rng.normal(size=classes) * 1e-3 + one[z.argmin()],
        *one[[z.argmax(), z.argmin()]],
    )
    return [v.astype(z.dtype) for v in vectors]


def gradients(output, inputs, upstream=None):
    """The gradient as backward() computes it and as create_graph does."""
    plain = grad(output, inputs, upstream)
    return [plain, grad(output, inputs, upstream, create_graph=True)]


def second(gradient, x, v):
    """The derivative with respect to x of what v makes of the gradient; 0 where it is constant."""
    return grad(gradient, x, v)[0].data if gradient.requires_grad else np.zeros_like(x.data)


def hold(computed, terms, dtype, bound):
    """Each entry is exact to `bound` eps of the sum of the sizes of its terms, where normal.

    By a factor of 128, so that it is also normal without the number of that size in the vectors.
    """
    info = np.finfo(dtype)
    for got, want, size in zip(np.ravel(computed).tolist(), *terms, strict=True):
        if 128 * info.tiny <= size <= info.max:
            assert abs(got - want) <= bound * size * info.eps, f"{got} for {mpmath.nstr(want, 8)}"


@np.errstate(all="ignore")  # far apart
@pytest.mark.parametrize(("z", "target"), few_classes())
def test_derivatives_of_the_softmax_family(z, target):
    dtype, exact, bound = z.dtype, Exact(z[0], target), bound_of(z)
    x = Tensor(z, requires_grad=True)
    directions = vectors(z)
    for g, v in zip(directions, directions[1:] + directions[:1]):
        upstream = Tensor(g[None], requires_grad=True)
        for (gradient,) in gradients(x.softmax(), x, upstream):
            hold(gradient.data, exact.softmax_vjp(g), dtype, bound)
        hold(second(gradient, x, v[None]), exact.softmax_hvp(g, v), dtype, 2 * bound)
        hold(
            second(gradient, upstream, v[None]),
            exact.log_softmax_vjp(times(exact.probs, numbers(v))),
            dtype,
            2 * bound,
        )
        for (gradient,) in gradients(x.log_softmax(), x, upstream):
            hold(gradient.data, exact.log_softmax_vjp(g), dtype, bound)
        hold(second(gradient, upstream, v[None]), exact.centred(v), dtype, 2 * bound)
        entries, sizes = exact.softmax_vjp(v)
        total, size = math.fsum(g.tolist()), math.fsum(np.abs(g).tolist())
        terms = [-total * entry for entry in entries], [size * entry for entry in sizes]
        hold(second(gradient, x, v[None]), terms, dtype, 2 * bound)
        for (gradient,) in gradients(x.logsumexp(), x, np.ones(1)):
            hold(gradient.data, (exact.probs, exact.probs), dtype, bound)
        hold(second(gradient, x, v[None]), exact.softmax_vjp(v), dtype, 2 * bound)


def hessian_holds(loss, x, exact, scale):
    """Hessian-vector products; in the direction of one class, each entry is relative to itself."""
    (gradient,) = grad(loss, x, create_graph=True)
    for v in vectors(x.data.reshape(1, -1)):
        terms = ([scale * entry for entry in entries] for entries in exact.softmax_vjp(v))
        computed = second(gradient, x, v.reshape(x.shape))
        hold(computed, terms, x.dtype, 2 * bound_of(x.data))


@np.errstate(all="ignore")
@pytest.mark.parametrize("weighed_images", [False, True])
@pytest.mark.parametrize(("z", "target"), few_classes())
def test_derivatives_of_the_losses_of_class_indices(z, target, weighed_images):
    """As exact as the loss, also with a graph, also twice, also for scores (N, C, d1)."""
    dtype, exact, bound = z.dtype, Exact(z[0], target), bound_of(z)
    weight, scale = None, 1
    logits, labels = Tensor(z, requires_grad=True), np.array([target])
    if weighed_images:
        weight = (0.5 + np.arange(z.size)).astype(dtype)
        scale = float(weight[target])
        logits, labels = Tensor(z[:, :, None], requires_grad=True), labels[None]
    entries = [scale * entry for entry in exact.gradient]
    for loss in (
        ops.CrossEntropy.apply(logits, labels, weight=weight, reduction="sum"),
        ops.NLLLoss.apply(
            ops.LogSoftmax.apply(logits, axis=1), labels, weight=weight, reduction="sum"
        ),
    ):
        for (gradient,) in gradients(loss, logits):
            hold(gradient.data, (entries, map(abs, entries)), dtype, bound)
        hessian_holds(loss, logits, exact, scale)


@np.errstate(all="ignore")  # far apart
@pytest.mark.parametrize(
    ("target", "smoothing"),
    [("indices", 0.1), ("one-hot", 0.0), ("distribution", 0.0), ("distribution", 0.1)],
)
@pytest.mark.parametrize(("z", "label"), finite(few_classes()))
def test_derivatives_for_a_target_distribution(z, label, smoothing, target):
    dtype, exact, bound, classes = z.dtype, Exact(z[0], label), bound_of(z), z.shape[1]
    weight = (0.5 + np.arange(classes)).astype(dtype)
    one_hot = np.eye(classes)[label]
    spread = np.random.default_rng(classes).dirichlet(np.ones(classes)) * (np.arange(classes) != 0)
    given = (spread if target == "distribution" else one_hot).astype(dtype)
    ε, w = mpmath.mpf(smoothing), numbers(weight)
    q = [((1 - ε) * t + ε / classes) * w_c for t, w_c in zip(numbers(given), w)]

    logits = Tensor(z, requires_grad=True)
    probs = Tensor(given[None], requires_grad=True)
    wanted = [logits] if target == "indices" else [logits, probs]
    loss = ops.SoftCrossEntropy.apply(
        logits,
        np.array([label]) if target == "indices" else probs,
        weight=weight,
        reduction="sum",
        label_smoothing=smoothing,
    )
    entries, sizes = exact.log_softmax_vjp([-q_c for q_c in q])
    slopes = [-(1 - ε) * w_c * log_p for w_c, log_p in zip(w, exact.log_probs)]
    for to_logits, *to_probs in gradients(loss, wanted):
        hold(to_logits.data, (entries, sizes), dtype, bound)
        for gradient in to_probs:  # also where the target is 0
            hold(gradient.data, (slopes, map(abs, slopes)), dtype, bound)
    hessian_holds(loss, logits, exact, mpmath.fsum(q))
    if not to_probs:
        return
    for i in range(classes):  # (1 − ε) w_c (p_i − δ_ic), the mixed derivatives for each c and i
        one = np.eye(classes, dtype=dtype)[[i]]
        by_target = second(to_logits, probs, one), w, [exact.probs[i]] * classes
        by_logits = second(to_probs[0], logits, one), [w[i]] * classes, list(exact.probs)
        for computed, weights, slopes in (by_target, by_logits):
            slopes[i] = -exact.other_probs[i]
            mixed = [(1 - ε) * w_c * slope for w_c, slope in zip(weights, slopes)]
            hold(computed, (mixed, map(abs, mixed)), dtype, 2 * bound)


@np.errstate(all="ignore")
@pytest.mark.parametrize("classes", [1_000, 1_000_000])
@pytest.mark.parametrize("dtype", DTYPES)
def test_many_classes_all_but_two_equal(dtype, classes):
    """log₂ C belongs to the bound: sums of so many numbers are rounded so often."""
    few = np.array([0.25, 0.0, 0.5], dtype)
    weights = [1, classes - 2, 1]
    z = np.repeat(few, weights)[None]
    exps = [mpmath.exp(v) for v in numbers(few)]
    total = mpmath.fsum(n * e for n, e in zip(weights, exps))
    probs = [e / total for e in exps]
    loss, gradient = mpmath.log(total / exps[2]), [*probs[:2], probs[2] - 1]
    column = [-probs[2] * slope for slope in gradient]

    def once(computed):
        return computed[0, [0, 1, -1]]

    bound = bound_of(z)
    logits = Tensor(z, requires_grad=True)
    output = ops.CrossEntropy.apply(logits, np.array([classes - 1]))
    hold(output.data, ([loss], [loss]), dtype, bound)
    for (by_rule,) in gradients(output, logits):
        hold(once(by_rule.data), (gradient, map(abs, gradient)), dtype, bound)
    likeliest = np.eye(1, classes, classes - 1, dtype)
    hold(once(second(by_rule, logits, likeliest)), (column, map(abs, column)), dtype, 2 * bound)
    probs = logits.softmax()
    for (by_rule,) in gradients(probs, logits, likeliest):
        hold(once(by_rule.data), (column, map(abs, column)), dtype, bound)


# ---------------------------------------------------------------------------------------------
# The binary sibling
# ---------------------------------------------------------------------------------------------


def binary_logits(dtype):
    info = np.finfo(dtype)
    largest = min(-np.log(float(info.tiny)), 80)
    sizes = [0, info.tiny, 1e-3, *np.linspace(0.1, 3, 30), *np.linspace(4, largest, 40)]
    return np.array([sign * size for size in sizes for sign in (1, -1)], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_binary_family(dtype):
    """Values, first and second derivatives: 8 eps, whatever the logit."""
    x = Tensor(binary_logits(dtype), requires_grad=True)
    exact = [ExactBinary(v) for v in x.data]
    for function, *names in (
        (F.sigmoid, "sigmoid", "slope", "curvature"),
        (F.softplus, "softplus", "sigmoid", "slope"),
        (lambda x: -F.log_sigmoid(-x), "softplus", "sigmoid", "slope"),
        (F.tanh, "tanh", "tanh_slope", "tanh_curvature"),
    ):
        values, slopes, curvatures = ([getattr(e, name) for e in exact] for name in names)
        y = function(x)
        hold(y.data, (values, map(abs, values)), dtype, 8)
        for (gradient,) in gradients(y, x, np.ones(x.shape)):
            hold(gradient.data, (slopes, map(abs, slopes)), dtype, 8)
        computed = second(gradient, x, np.ones(x.shape))
        hold(computed, (curvatures, map(abs, curvatures)), dtype, 8)


@pytest.mark.parametrize("target", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("dtype", DTYPES)
def test_binary_cross_entropy_with_logits(dtype, target):
    """Relative to the sum of the sizes of two terms, of which t = 0 or 1 leaves one."""
    z = Tensor(binary_logits(dtype), requires_grad=True)
    t = Tensor(np.full(z.shape, target, dtype), requires_grad=True)
    exact = [ExactBinary(v) for v in z.data]
    loss = F.binary_cross_entropy_with_logits(z, t, reduction="none", pos_weight=3.0)
    one = np.ones(z.shape)

    def holds(computed, term, other):
        terms = [(term(e), other(e)) for e in exact]
        hold(computed, ([a + b for a, b in terms], [abs(a) + abs(b) for a, b in terms]), dtype, 8)

    yes, no = 3 * mpmath.mpf(target), 1 - mpmath.mpf(target)
    holds(loss.data, lambda e: yes * e.softplus_of_minus, lambda e: no * e.softplus)
    for to_z, to_t in gradients(loss, [z, t], one):
        holds(to_z.data, lambda e: -yes * e.sigmoid_of_minus, lambda e: no * e.sigmoid)
        holds(to_t.data, lambda e: 3 * e.softplus_of_minus, lambda e: -e.softplus)
    holds(second(to_z, z, one), lambda e: yes * e.slope, lambda e: no * e.slope)
    holds(second(to_z, t, one), lambda e: -3 * e.sigmoid_of_minus, lambda e: -e.sigmoid)
    holds(second(to_t, z, one), lambda e: -3 * e.sigmoid_of_minus, lambda e: -e.sigmoid)


# ---------------------------------------------------------------------------------------------
# What counts for nothing
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0, 3.0]}, {"label_smoothing": 0.1}])
@pytest.mark.parametrize("row", [[np.nan] * 3, [np.inf, 0, -np.inf], [-np.inf] * 3], ids=str)
def test_an_ignored_sample_may_hold_anything(row, options, reduction):
    """Loss, gradient and second derivative are those of the other samples."""
    z, labels, others = np.array([[1.0, 2, 3], row, [0, 8, 30]]), np.array([0, -100, 2]), [0, 2]
    v = np.arange(9.0).reshape(3, 3)
    options = {"reduction": reduction, **options}

    def results(loss_of, samples):
        logits = Tensor(z[samples], requires_grad=True)
        loss = loss_of(logits, labels[samples])
        by_rule, with_graph = gradients(loss, logits, np.ones(loss.shape))
        hessian = second(with_graph[0], logits, v[samples])
        return loss.data, by_rule[0].data, with_graph[0].data, hessian

    losses = [lambda x, t: F.cross_entropy(x, t, **options)]
    if "label_smoothing" not in options:
        losses.append(lambda x, t: F.nll_loss(F.log_softmax(x), t, **options))
    for loss_of in losses:
        all_samples, without = results(loss_of, [0, 1, 2]), results(loss_of, others)
        for computed, wanted in zip(all_samples, without):
            if computed.shape:
                assert not computed[1].any()
                computed = computed[others]
            np.testing.assert_allclose(computed, wanted, rtol=1e-14)


# ---------------------------------------------------------------------------------------------
# Other ops that keep their digits
# ---------------------------------------------------------------------------------------------


@np.errstate(over="ignore")
@pytest.mark.parametrize(
    "x", [[], [5.0], [1e-30, 1e-30], [1e30, 1e30, 1e-30], [0, -2, 3], [0, 0, 3]], ids=str
)
def test_the_gradient_of_a_product_is_the_product_of_the_others(x):
    others = [math.prod(without(x, i)) for i in range(len(x))]
    factors = Tensor(np.array(x, np.float32), requires_grad=True)
    for (gradient,) in gradients(factors.prod(), factors):
        np.testing.assert_allclose(gradient.data, np.float32(others), rtol=1e-6)


def test_a_product_of_many_factors():
    logs = np.random.default_rng(0).normal(size=100_000)
    x = np.exp(logs - logs.mean()).astype(np.float32)
    total = math.fsum(np.log(x, dtype=np.float64))
    factors = Tensor(x, requires_grad=True)
    for (gradient,) in gradients(factors.prod(), factors):
        np.testing.assert_allclose(gradient.data, np.exp(total) / x, rtol=1e-4)


@pytest.mark.parametrize("scale", [1e-37, 1.0, 1e37])
def test_a_standard_deviation_keeps_its_digits(scale):
    x = Tensor(np.array([[-9, -8, 9, 8], [0.1] * 4], np.float32) * np.float32(scale), True)
    y = x.std(axis=1)
    np.testing.assert_allclose(y.data / np.float32(scale), [72.5**0.5, 0], rtol=1e-6)
    slope = np.array([[-9, -8, 9, 8], [0] * 4]) / (4 * 72.5**0.5)
    for (gradient,) in gradients(y, x, np.ones(2)):
        np.testing.assert_allclose(gradient.data, slope, rtol=1e-6)
    if scale == 1:
        assert not second(gradient, x, np.ones((2, 4)))[1].any()


@pytest.mark.parametrize("offset", [0, 1000])
def test_deviations_keep_their_digits_whatever_comes_first(offset):
    x = (np.r_[1000, np.random.default_rng(0).normal(size=999)] + offset).astype(np.float32)
    wide = x.astype(np.float64)
    deviations = wide - wide.mean()
    error = 4 * np.finfo(np.float32).eps * (np.abs(deviations) + np.abs(deviations).mean())
    t = Tensor(x, requires_grad=True)
    for (gradient,) in gradients(t.var(), t):
        assert (np.abs(gradient.data - 2 * deviations / 1000) <= 2 * error / 1000).all()


def test_mixed_derivatives_of_a_power_at_exponent_0():
    a, b = Tensor([0.5, 3.0], requires_grad=True), Tensor([0.0, 0.0], requires_grad=True)
    to_a, to_b = grad(a**b, [a, b], np.ones(2), create_graph=True)
    for mixed in (second(to_a, b, np.ones(2)), second(to_b, a, np.ones(2))):
        np.testing.assert_allclose(mixed, [2, 1 / 3], rtol=1e-6)


@np.errstate(divide="ignore")
def test_what_is_certain_costs_nothing():
    """0 · log 0 is 0 in the losses of probabilities, and so is what it adds to a gradient."""
    p = Tensor([0.0, 1.0, 0.5], requires_grad=True)
    loss = F.binary_cross_entropy(p, [0.0, 1.0, 1.0], reduction="sum")
    log_p = Tensor([-np.inf, 0.0, np.log(0.5)], requires_grad=True)
    divergence = F.kl_div(log_p, [0.0, 1.0, 0.5], reduction="sum")
    np.testing.assert_allclose([loss.item(), divergence.item()], [np.log(2), 0], rtol=1e-6)
    for (gradient,) in gradients(loss, p):
        np.testing.assert_allclose(gradient.data, [1, -1, -2], rtol=1e-6)
    np.testing.assert_allclose(second(gradient, p, np.ones(3)), [1, 1, 4], rtol=1e-6)
    for (gradient,) in gradients(divergence, log_p):
        np.testing.assert_allclose(gradient.data, [0, -1, -0.5], rtol=1e-6)


@pytest.mark.parametrize("create_graph", [False, True])
def test_label_smoothing_needs_memory_for_each_logit_not_for_each_pair_of_classes(create_graph):
    logits = Tensor(np.zeros((2, 3000), np.float32), requires_grad=True)
    tracemalloc.start()
    loss = F.cross_entropy(logits, [0, 1], label_smoothing=0.1)
    grad(loss, logits, create_graph=create_graph)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 * logits.data.nbytes < 3000**2
