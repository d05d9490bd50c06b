"""float16 is a storage format: whatever a rule computes, it computes in float32 and rounds once.

One line a case: a function and its float16 inputs. What it gives of them is compared with what it
gives of the same numbers in float64: the result, the gradient of each input for tiny, ordinary and
large upstream gradients, also with `create_graph=True`, and second derivatives.

Promised are 4 eps of float16, relative to the exact number, wherever that is a normal one; results
and gradients are held to 1 here, as rounding takes half of it. Where the exact number is too large
for float16, inf is right. Sums of both signs need no allowance: float32 has 13 bits more, so they
would have to cancel down to 1/8000 of their terms.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import test_ops

from minigrad import Tensor, autograd, nn, ops, optim
from minigrad.autograd import grad
from minigrad.nn import functional as F

EPS, SMALLEST, LARGEST = 2.0**-10, 2.0**-14, 65504.0  # of the normal float16 numbers
N = 100_000


def hold(got, exact, bound=1):
    """Assert that a float16 array is a float64 one, rounded: to within `bound` eps."""
    assert got.dtype == np.float16
    assert got.shape == exact.shape
    assert not np.isnan(exact).any()
    with np.errstate(invalid="ignore"):
        error = np.abs(got - exact)
    right = error <= bound * EPS * np.maximum(np.abs(exact), SMALLEST)
    right |= (np.abs(exact) > LARGEST) & (got == np.copysign(np.inf, exact))
    if not right.all():
        i = np.unravel_index(np.argmin(right), right.shape)
        raise AssertionError(f"{np.sum(~right)} wrong, first {i}: got {got[i]}, exact {exact[i]}")


def run(function, inputs, upstream, dtype, create_graph=False):
    """The result and the gradient of each input."""
    xs = [Tensor(x.astype(dtype), requires_grad=True) for x in inputs]
    y = function(*xs)
    gradients = grad(y, xs, upstream.astype(dtype), create_graph=create_graph)
    return [y.data, *(g.data for g in gradients)]


def second_derivatives(function, inputs, upstream, dtype):
    """Of each gradient, with itself as the direction, by each input."""
    xs = [Tensor(x.astype(dtype), requires_grad=True) for x in inputs]
    gradients = grad(function(*xs), xs, upstream.astype(dtype), create_graph=True)
    seconds = []
    for g, x in zip(gradients, inputs):
        if g.requires_grad:
            direction = draw(*x.shape, low=-1, high=1).astype(dtype)
            seconds += grad(g, xs, direction, allow_unused=True)
    return [s.data for s in seconds if s is not None]


def draw(*shape, low=-24, high=16, seed=0):
    """Numbers of both signs, their sizes between 2^low and 2^high, all magnitudes alike likely."""
    rng = np.random.default_rng([seed, *shape])
    sizes = np.minimum(2.0 ** rng.uniform(low, high, shape), LARGEST)
    return np.float16(sizes * rng.choice([-1, 1], shape))


def near(size, *shape):
    """Numbers of both signs, a little below a size."""
    rng = np.random.default_rng(0)
    return np.float16(rng.uniform(0.9, 1, shape) * rng.choice([-1, 1], shape) * size)


def shares(*shape, seed=0):
    """Numbers between 0 and 1."""
    return np.random.default_rng([seed, *shape]).uniform(0.001, 0.999, shape).astype(np.float16)


BITS = np.arange(2**16, dtype=np.uint16).view(np.float16)
ALL = BITS[np.isfinite(BITS)]
POSITIVE = ALL[ALL > 0]
TWO = [draw(N), draw(N, seed=1)]

PLACES = np.random.default_rng(0).integers(0, 50, N)
CLASSES = np.random.default_rng(1).integers(0, 10, 2000)
LABELS = shares(N) > 0.5
LOGITS = draw(2000, 10, low=-6, high=6)
HALVES = np.float16([[0.125, 0.5, 0.125, 0.25]] * 2000)
EVEN = np.full((100, 16), 2.0**-4, np.float16)

ONE_LARGE = np.float16(np.r_[[[2.0**14] * 2], np.full((N, 2), 2.0**-10)])
PADDED = np.float16(np.r_[[[0.0] * 2], np.full((N, 2), 84.25) + np.c_[np.arange(N) % 2] / 16])

OPS = {
    # op, and what of it: (function, inputs)
    "Abs": (abs, [ALL]),
    "Add": (lambda a, b: a + b, TWO),
    "Add un-broadcast": (lambda a, b: a + b, [draw(N, 3), draw(3)]),
    "Astype": (lambda x: x.astype(np.float32).astype(np.float16), [ALL]),
    "BCEWithLogits": (lambda z: ops.BCEWithLogits.apply(z, LABELS), [draw(N)]),
    "BCEWithLogits soft": (ops.BCEWithLogits.apply, [draw(N), shares(N)]),
    "BinaryCrossEntropy": (ops.BinaryCrossEntropy.apply, [shares(N), shares(N, seed=1)]),
    "BroadcastTo": (lambda x: np.broadcast_to(x, (N, 3)), [draw(3)]),
    "Centred": (lambda x: ops.Centred.apply(x, EVEN), [draw(100, 16, low=-6, high=6)]),
    "Centred under halves": (ops.Centred.apply, [draw(2000, 4), HALVES]),
    "Clip": (lambda x: np.clip(x, -0.1, 3000.7), [ALL]),
    "Concatenate": (lambda a, b: np.concatenate([a, b]), TWO),
    "Cos": (np.cos, [ALL]),
    "CrossEntropy": (lambda z: ops.CrossEntropy.apply(z, CLASSES), [LOGITS]),
    "CrossEntropy each": (
        lambda z: ops.CrossEntropy.apply(z, CLASSES, reduction="none"),
        [LOGITS],
    ),
    "CrossEntropy weight": (
        lambda z: ops.CrossEntropy.apply(z, CLASSES, weight=shares(10), reduction="sum"),
        [LOGITS],
    ),
    "CrossEntropy of many classes": (
        lambda z: ops.CrossEntropy.apply(z, np.array([7])),
        [draw(1, N, low=-6, high=2)],
    ),
    "Div": (lambda a, b: a / b, TWO),
    "Div un-broadcast": (lambda a, b: a / b, [draw(N, 2), draw(2)]),
    "Einsum": (lambda a, b: np.einsum("ij,ij->j", a, b), [draw(N, 3), draw(N, 3, seed=1)]),
    "Einsum of one": (lambda a: np.einsum("ij->j", a), [draw(N, 3)]),
    "Excess": (lambda x: ops.Excess.apply(x, EVEN), [draw(100, 16, low=-6, high=6)]),
    "Excess under halves": (ops.Excess.apply, [draw(2000, 4), HALVES]),
    "Exp": (np.exp, [ALL]),
    "ExpandDims": (lambda x: np.expand_dims(x, 0), [ALL]),
    "Expm1": (np.expm1, [ALL]),
    "GetItem": (lambda x: x[PLACES], [draw(50, 2)]),
    "Identity": (lambda x: +x, [ALL]),
    "KLDiv": (ops.KLDiv.apply, [-np.abs(draw(N, high=4)), shares(N)]),
    "Linear": (ops.Linear.apply, [draw(N, 2), draw(3, 2), draw(3)]),
    "Linear of many": (ops.Linear.apply, [draw(3, N), draw(2, N), draw(2)]),
    "Log": (np.log, [POSITIVE]),
    "Log1p": (np.log1p, [POSITIVE]),
    "LogSigmoid": (F.log_sigmoid, [ALL]),
    "LogSoftmax": (F.log_softmax, [LOGITS]),
    "LogSoftmax far": (F.log_softmax, [draw(2000, 10)]),
    "LogSumExp": (F.logsumexp, [LOGITS]),
    "LogSumExp of many": (F.logsumexp, [draw(N, high=2)]),
    "MSELoss": (ops.MSELoss.apply, [near(200, N), near(50, N)]),
    "MSELoss sum": (
        lambda x: ops.MSELoss.apply(x, np.zeros(N, np.float16), reduction="sum"),
        [near(0.8, N)],
    ),
    "MatMul": (lambda a, b: a @ b, [draw(3, N), draw(N, 2)]),
    "MatMul vectors": (lambda a, b: a @ b, TWO),
    "Maximum": (np.maximum, TWO),
    "Maximum ties": (np.maximum, [ALL, ALL]),
    "Minimum": (np.minimum, TWO),
    "Mul": (lambda a, b: a * b, TWO),
    "Mul itself": (lambda x: x * x, [ALL]),
    "Mul un-broadcast": (lambda a, b: a * b, [draw(N, 3), draw(3)]),
    "NLLLoss": (lambda x: ops.NLLLoss.apply(x, CLASSES), [-np.abs(draw(2000, 10))]),
    "Neg": (np.negative, [ALL]),
    "Normalize": (ops.Normalize.apply, [draw(2000, 16)]),
    "Normalize large": (ops.Normalize.apply, [near(65504, 2000, 16)]),
    "Normalize small": (ops.Normalize.apply, [near(1e-5, 2000, 16)]),
    "Pow": (lambda a, b: a**b, [np.abs(TWO[0]), TWO[1]]),
    "Pow near 1": (lambda a, b: a**b, [1 + draw(N, high=-2), draw(N)]),
    "Pow 3": (lambda x: x**3, [ALL]),
    "Pow of a number": (lambda x: 0.97**x, [ALL]),
    "Prod": (np.prod, [np.exp(near(0.01, N))]),
    "Prod of far apart": (np.prod, [np.tile(np.float16([300, 1 / 300]), N // 2)]),
    "Prod axis 0": (lambda x: np.prod(x, axis=0), [np.exp(near(0.01, N, 2))]),
    "Relu": (Tensor.relu, [ALL]),
    "Reshape": (lambda x: x.reshape(-1, 1), [ALL]),
    "Scatter": (lambda x: ops.Scatter.apply(x, index=PLACES, shape=(50,)), [draw(N, high=3)]),
    "Sigmoid": (Tensor.sigmoid, [ALL]),
    "SigmoidSlope": (ops.SigmoidSlope.apply, [ALL]),
    "Sin": (np.sin, [ALL]),
    "SoftCrossEntropy": (ops.SoftCrossEntropy.apply, [LOGITS, shares(2000, 10)]),
    "Softmax": (Tensor.softmax, [LOGITS]),
    "Softmax of many": (Tensor.softmax, [draw(1, N, high=3)]),
    "Softplus": (F.softplus, [ALL]),
    "Sqrt": (np.sqrt, [POSITIVE]),
    "Squeeze": (lambda x: np.squeeze(x[None]), [ALL]),
    "Stack": (lambda a, b: np.stack([a, b]), TWO),
    "Std": (np.std, [draw(N)]),
    "Sub": (lambda a, b: a - b, TWO),
    "Tanh": (np.tanh, [ALL]),
    "Transpose": (np.transpose, [draw(300, 300)]),
    "Weigh": (ops.Weigh.apply, TWO),
    "Where": (lambda a, b: np.where(ALL > 1, a, b), [ALL, ALL]),
    "Sum of one large": (lambda x: np.sum(x, axis=0), [ONE_LARGE]),
    "Mean of one large": (lambda x: np.mean(x, axis=0), [ONE_LARGE]),
    "Norm of one large": (lambda x: np.linalg.norm(x, axis=0), [np.sqrt(ONE_LARGE)]),
    "Var padded": (lambda x: np.var(x, axis=0), [PADDED]),
    "Var padded, two axes": (
        lambda x: np.var(x, axis=(0, 1)),
        [PADDED[:N].reshape(400, 250, 2)],
    ),
    "Std padded": (lambda x: np.std(x, axis=0), [PADDED]),
}

REDUCTIONS = {
    # op: (NumPy's function, the size of N numbers whose result is the largest)
    "Sum": (np.sum, 0.65),
    "Mean": (np.mean, 65504),
    "Var": (np.var, 255),
    "Std": (np.std, 65504),
    "Norm": (np.linalg.norm, 206),
    "Max": (np.max, 65504),
    "Min": (np.min, 65504),
}
for _name, (_function, _largest) in REDUCTIONS.items():
    OPS |= {
        f"{_name} tiny": (_function, [near(1e-6, N)]),
        f"{_name} ties": (_function, [np.full(N, 0.1, np.float16)]),
        f"{_name} largest": (_function, [near(_largest, N)]),
        f"{_name} axis 0": (partial(_function, axis=0), [near(_largest, N, 2)]),
        f"{_name} two axes": (partial(_function, axis=(0, 2)), [near(_largest, 50, 3, 2000)]),
    }

FUNCTIONS = {
    # a function that NumPy or minigrad names, and what of it: (function, inputs)
    "square": (np.square, [ALL]),
    "dot": (np.dot, TWO),
    "dot 3-d": (np.dot, [draw(2, 5000), draw(3, 5000, 2)]),
    "tensordot": (np.tensordot, [draw(2, 300, 300), draw(300, 300)]),
    "einsum of three": (
        lambda *xs: np.einsum("i,ij,j", *xs),
        [draw(300), draw(300, 300, high=0), draw(300, seed=1)],
    ),
    "einsum trace": (lambda x: np.einsum("ii", x), [draw(300, 300)]),
    "clip with bounds to train": (np.clip, [ALL, np.float16(-0.1), np.float16(3000)]),
    "norm ord=1": (lambda x: np.linalg.norm(x, 1, axis=0), [near(0.6, N, 2)]),
    "norm ord=3": (lambda x: np.linalg.norm(x, 3), [near(1400, N)]),
    "norm ord=1/2": (lambda x: np.linalg.norm(x, 0.5), [draw(300)]),
    "norm ord=-1": (lambda x: np.linalg.norm(x, -1), [draw(300)]),
    "norm ord=inf": (lambda x: np.linalg.norm(x, np.inf), [near(60_000, N)]),
    "norm ord=-inf": (lambda x: np.linalg.norm(x, -np.inf), [near(1e-5, N)]),
    "hstack": (lambda a, b: np.hstack([a, b, a]), TWO),
    "vstack": (lambda a, b: np.vstack([a, b, a]), TWO),
    "repeat": (lambda x: np.repeat(x, N // 2), [draw(2)]),
    "softmax over two axes": (lambda z: z.softmax(axis=(0, 2)), [draw(2, 100, 5, high=4)]),
    "log_softmax over all": (lambda z: z.log_softmax(axis=None), [draw(50, 2000, high=3)]),
    "logsumexp over two axes": (lambda z: z.logsumexp(axis=(0, 2)), [draw(2, 100, 5, high=4)]),
    "nll_loss of log_softmax": (lambda z: F.nll_loss(F.log_softmax(z), CLASSES), [LOGITS]),
    "label smoothing": (
        lambda z: F.cross_entropy(z, CLASSES, label_smoothing=0.1),
        [LOGITS],
    ),
    "pos_weight": (
        lambda z: F.binary_cross_entropy_with_logits(z, LABELS, pos_weight=3.0),
        [draw(N)],
    ),
    "kl_div log_target": (
        lambda x, t: F.kl_div(x, t, log_target=True, reduction="batchmean"),
        [-np.abs(draw(N, high=4)), -np.abs(draw(N, high=2, seed=1))],
    ),
    # numbers that float16 cannot hold
    "times 1e-8": (lambda x: x * 1e-8, [ALL]),
    "divided by 1e5": (lambda x: x / 1e5, [ALL]),
    "1e5 divided": (lambda x: 1e5 / x, [POSITIVE]),
    "minus 1e5": (lambda x: x - 1e5, [ALL]),
    "at least 1e-8": (lambda x: np.maximum(x, 1e-8), [ALL]),
    "to the 1e-8": (lambda x: x**1e-8, [POSITIVE]),
}


@np.errstate(all="ignore")
def op_of(function, inputs):
    return function(*[Tensor(x, requires_grad=True) for x in inputs]).op.name


LISTED = {name.split()[0] for name in OPS}
BESIDE = {}
"""Ops without a line here, as `test_ops.py` tries them."""
for _name, (_function, _shapes) in {**test_ops.CASES, **test_ops.SOFTMAX_CASES}.items():
    _inputs = [draw(*shape) for shape in _shapes]
    if op_of(_function, _inputs) not in LISTED:
        BESIDE[_name] = _function, _inputs

EVERY_CASE = pytest.mark.parametrize(
    ("function", "inputs"),
    [*OPS.values(), *FUNCTIONS.values(), *BESIDE.values()],
    ids=[*OPS, *FUNCTIONS, *BESIDE],
)


def shape_of(function, inputs):
    return function(*[Tensor(x.astype(np.float64)) for x in inputs]).shape


@np.errstate(all="ignore")  # of exact numbers that are too large
@EVERY_CASE
@pytest.mark.parametrize(
    "sizes", [(-24, -14), (-1, 1), (10, 16)], ids=["tiny", "ordinary", "large"]
)
def test_results_and_gradients(function, inputs, sizes):
    upstream = draw(*shape_of(function, inputs), low=sizes[0], high=sizes[1])
    exact = run(function, inputs, upstream, np.float64)
    for create_graph in (False, True):
        results = run(function, inputs, upstream, np.float16, create_graph)
        for got, want in zip(results, exact):
            hold(got, want)


@np.errstate(all="ignore")
@EVERY_CASE
def test_second_derivatives(function, inputs):
    upstream = np.abs(draw(*shape_of(function, inputs), low=-1, high=1))
    exact = second_derivatives(function, inputs, upstream, np.float64)
    for got, want in zip(
        second_derivatives(function, inputs, upstream, np.float16), exact, strict=True
    ):
        hold(got, want, bound=4)


def test_every_op_has_its_line():
    bases = {"Op", "Elementwise", "Reduction"}
    every = {name for name, op in vars(ops).items() if isinstance(op, type)}
    missing = every - bases - LISTED - {op_of(*case) for case in BESIDE.values()}
    assert not missing, f"CASES or SOFTMAX_CASES in tests/test_ops.py need a line for {missing}"


# ---------------------------------------------------------------------------------------------
# The engine's own sums
# ---------------------------------------------------------------------------------------------

ONES = Tensor(np.ones(3, np.float32))
TENTHS = np.float16([1, 0.1, 1e-7])
USES = {
    "times a number": lambda x: x * 1.0,
    "times float32": lambda x: x * ONES,
    "cast": lambda x: x.astype(np.float32),
    "moved": lambda x: x.reshape(3, 1).T,
    "itself": lambda x: x,
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_gradient_summed_over_5000_uses(use, create_graph):
    x = Tensor(np.ones(3), requires_grad=True, dtype=np.float16)
    y = np.stack([use(x) for _ in range(5000)])
    upstream = np.broadcast_to(TENTHS, y.shape)
    (g,) = grad(y, x, upstream.reshape(y.shape), create_graph=create_graph)
    hold(g.data, 5000 * TENTHS.astype(float))


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_summed_over_5000_outputs(create_graph):
    x = Tensor(np.ones(3), requires_grad=True, dtype=np.float16)
    outputs = [x * 1 for _ in range(5000)]
    (g,) = grad(outputs, x, [TENTHS] * 5000, create_graph=create_graph)
    hold(g.data, 5000 * TENTHS.astype(float))
    autograd.backward(outputs, [TENTHS] * 5000)
    hold(x.grad, 5000 * TENTHS.astype(float))


NO_WEIGHT = np.zeros((2, 1), np.float16)
STRETCHED = {
    # the function of what gets a row's gradient from each of 100,000 rows, and its shape
    "bias": (lambda b: b + np.zeros((N, 2), np.float16), (2,)),
    "bias of Linear": (lambda b: F.linear(np.zeros((N, 1), np.float16), NO_WEIGHT, b), (2,)),
    "factor": (lambda b: b * np.ones((N, 2), np.float16), (1, 2)),
    "broadcast_to": (lambda b: np.broadcast_to(b, (N, 2)), (2,)),
    "where": (lambda b: np.where(np.ones((N, 1), bool), b, 0.0), (2,)),
    "index": (lambda b: b[np.zeros(N, int)], (1, 2)),
}
UPSTREAM_ROWS = {
    "ordinary": np.float16([[1 / 3, 0.01]] * N),
    "of both signs": np.float16([[0.6, -0.6]] * N),
    "awkward": np.float16([[1348 / 2**14, 1e-5]] * N),  # float32 rounds each sum the same way
    "one large": ONE_LARGE[:N],  # float32 loses all the others, added to it one after the other
}
STRETCHED_AND_ROWS = {
    f"{name}, {kind}": (*case, rows)
    for name, case in STRETCHED.items()
    for kind, rows in UPSTREAM_ROWS.items()
    if (name, kind) != ("index", "one large")  # np.add.at knows no better: 6 eps
}


@pytest.mark.parametrize(
    ("function", "shape", "upstream"), STRETCHED_AND_ROWS.values(), ids=STRETCHED_AND_ROWS
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_summed_over_100_000_rows(function, shape, upstream, create_graph):
    _, g = run(function, [np.ones(shape)], upstream, np.float16, create_graph)
    hold(g, upstream.astype(float).sum(axis=0).reshape(shape), bound=4)


def test_results_that_overflow_have_their_gradients():
    """The rule reads the result as it was before it was rounded to inf."""
    x = np.float16([300, -400])
    with np.errstate(over="ignore"):
        y, g = run(lambda x: x**2, [x], np.ones(2), np.float16)
    assert np.isinf(y).all()
    hold(g, 2.0 * x)


# ---------------------------------------------------------------------------------------------
# Beside float32, in ops of one's own, in optimisers
# ---------------------------------------------------------------------------------------------

BESIDE_FLOAT32 = {
    # a function of float32 and of float16
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "pow of float16": lambda a, b: b**a,
    "maximum": lambda a, b: np.maximum(a, b),
    "dot": lambda a, b: a @ b,
    "einsum": lambda a, b: np.einsum("i,i", a, b),
    "stack": lambda a, b: np.stack([a, b]),
    "mse_loss": F.mse_loss,
    "soft targets": lambda a, b: F.cross_entropy(a, b, label_smoothing=0.1),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "binary_cross_entropy": F.binary_cross_entropy,
    "kl_div": lambda a, b: F.kl_div(-a, b),
}


@pytest.mark.parametrize("function", BESIDE_FLOAT32.values(), ids=BESIDE_FLOAT32)
@pytest.mark.parametrize("create_graph", [False, True])
def test_beside_float32_nothing_is_computed_in_float16(function, create_graph):
    arrays = [shares(1000).astype(np.float32), shares(1000, seed=1)]

    def results(dtypes):
        xs = [Tensor(a.astype(t), requires_grad=True) for a, t in zip(arrays, dtypes)]
        y = function(*xs)
        upstream = np.cos(np.arange(y.size)).reshape(y.shape).astype(np.float32)
        return y, *grad(y, xs, upstream, create_graph=create_graph)

    exact = [r.data for r in results([np.float64, np.float64])]
    y, to_wide, to_narrow = results([np.float32, np.float16])
    for got, want in ((y, exact[0]), (to_wide, exact[1])):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got.data, want, rtol=1e-5, atol=1e-7 * np.abs(want).max())
    hold(to_narrow.data, exact[2])


class MeanSquare(ops.Op):
    """y = Σ x² / n, as a student writes it"""

    def forward(self, x):
        return (x * x).sum() / x.size

    def backward(self, g, y, x):
        return g * 2 * x / x.size


class Share(ops.Op):
    """y = x / Σ x"""

    def forward(self, x):
        return x / x.sum()

    def backward(self, g, y, x):
        return (g - (g * y).sum()) * y / x


class Ramp(ops.Elementwise):
    """y = a · n · b with n = 100,000, which float16 does not hold"""

    def forward(self, a, b):
        return a * N * b

    def backward(self, g, y, a, b):
        return g * N * b, g * N * a


OWN = {
    "mean square": (MeanSquare.apply, [near(250, N)]),
    "share": (Share.apply, [np.full(N, 1.0, np.float16)]),
    "ramp": (Ramp.apply, [draw(5000, 2, high=-9), draw(2, high=-9)]),
}


@pytest.mark.parametrize(("function", "inputs"), OWN.values(), ids=OWN)
@pytest.mark.parametrize("create_graph", [False, True])
def test_ops_of_ones_own(function, inputs, create_graph):
    upstream = np.abs(draw(*shape_of(function, inputs), low=-1, high=1))
    exact = run(function, inputs, upstream, np.float64)
    for got, want in zip(run(function, inputs, upstream, np.float16, create_graph), exact):
        hold(got, want)


def sgd(momentum, decay, lr=0.01):
    def step(x, g, state):
        state["v"] = momentum * state.get("v", 0) + g + decay * x
        return x - lr * state["v"]

    return partial(optim.SGD, lr=lr, momentum=momentum, weight_decay=decay), step


def adam(decay, lr=0.01, b1=0.9, b2=0.999):
    def step(x, g, state):
        g = g + decay * x
        t = state["t"] = state.get("t", 0) + 1
        state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * g**2
        return x - lr * state["m"] / (1 - b1**t) / (np.sqrt(state["v"] / (1 - b2**t)) + 1e-8)

    return partial(optim.Adam, lr=lr, weight_decay=decay), step


OPTIMIZERS = {
    "SGD": sgd(0, 0),
    "SGD momentum": sgd(0.99, 0),
    "SGD decay": sgd(0.9, 1e-5),
    "Adam": adam(0),
    "Adam decay": adam(1e-5),
}


@pytest.mark.parametrize(("optimizer", "step"), OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0, 3e4])
def test_an_optimiser_rounds_once_a_step(optimizer, step, size):
    """Its state is float32: 200 steps of it are right, also where g² is no number of float16."""
    rng = np.random.default_rng(0)
    x = Tensor(np.float16(rng.normal(size=500)), requires_grad=True)
    chosen, state = optimizer([x]), {}
    for _ in range(200):
        x.grad = np.float16(rng.uniform(0.1, 1, 500) * size)
        exact = step(x.data.astype(float), x.grad.astype(float), state)
        if np.abs(exact).max() > LARGEST:
            break
        chosen.step()
        hold(x.data, exact)


@pytest.mark.parametrize("size", [1e-7, 1e-3, 1.0, 6e4])
@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 1e6])
def test_clip_grad_norm(size, max_norm):
    x = Tensor(np.zeros(N, np.float16), requires_grad=True)
    x.grad = near(size, N)
    g = x.grad.astype(float)
    norm = np.sqrt(np.sum(g**2))
    assert nn.utils.clip_grad_norm_([x], max_norm) == pytest.approx(norm, rel=1e-12)
    hold(x.grad, g * min(1, max_norm / norm))
