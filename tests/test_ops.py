"""Every op: its value against NumPy, its first and second derivatives against finite differences.

One line a case: the function, written with NumPy functions and operators so that it runs on arrays
and on Tensors alike, and the shapes of its inputs. `positive` keeps inputs away from 0 and below.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from minigrad import Tensor, no_grad, ops
from minigrad.autograd import grad, gradcheck, gradgradcheck
from minigrad.nn import functional as F
from minigrad.numpy_functions import PLAIN

MASK = np.array([[True, False, True], [False, False, True]])
ROWS = np.array([0, 1, 1, 0])

CASES = {
    # name: (function, shapes of its inputs)
    "add": (lambda a, b: a + b, [(2, 3), (2, 3)]),
    "add broadcast": (lambda a, b: a + b, [(2, 3), (3,)]),
    "add broadcast both": (lambda a, b: a + b, [(2, 1), (1, 3)]),
    "add 0-d": (lambda a, b: a + b, [(), (2, 2)]),
    "add number": (lambda a: a + 2, [(3,)]),
    "number add": (lambda a: 2 + a, [(3,)]),
    "sub": (lambda a, b: a - b, [(2, 3), (2, 1)]),
    "number sub": (lambda a: 2 - a, [(3,)]),
    "mul": (lambda a, b: a * b, [(2, 3), (3,)]),
    "mul itself": (lambda a: a * a, [(3,)]),
    "number mul": (lambda a: 2.5 * a, [(3,)]),
    "neg": (lambda a: -a, [(2, 2)]),
    "pos": (lambda a: +a, [(2, 2)]),
    "abs": (abs, [(2, 3)]),
    "exp": (np.exp, [(2, 3)]),
    "exp 0-d": (np.exp, [()]),
    "expm1": (np.expm1, [(4,)]),
    "square": (np.square, [(4,)]),
    "pow 3": (lambda a: a**3, [(4,)]),
    "pow 0": (lambda a: a**0, [(4,)]),
    "number pow": (lambda a: 2**a, [(4,)]),
    "sin": (np.sin, [(4,)]),
    "cos": (np.cos, [(4,)]),
    "tanh": (np.tanh, [(2, 2)]),
    "maximum": (np.maximum, [(2, 3), (3,)]),
    "minimum": (np.minimum, [(2, 1), (1, 3)]),
    "clip": (lambda a: np.clip(a, -0.5, 0.7), [(9,)]),
    "clip high": (lambda a: np.clip(a, None, 0.7), [(9,)]),
    "clip low": (lambda a: a.clip(-0.5, None), [(9,)]),
    "clip by name": (lambda a: np.clip(a, a_min=-0.5, a_max=0.7), [(9,)]),
    "clip by array": (lambda a: a.clip(np.float16([-0.5, 0.0, -1.0]), 0.7), [(2, 3)]),
    "where": (lambda a, b: np.where(MASK, a, b), [(2, 3), (3,)]),
    "where number": (lambda a: np.where(MASK, a, 0), [(2, 3)]),
    "sum": (np.sum, [(2, 3)]),
    "sum 0-d": (np.sum, [()]),
    "sum axis": (lambda a: np.sum(a, axis=0), [(2, 3)]),
    "sum axes": (lambda a: np.sum(a, axis=(0, -1)), [(2, 3, 2)]),
    "sum keepdims": (lambda a: np.sum(a, axis=1, keepdims=True), [(2, 3)]),
    "sum empty": (lambda a: np.sum(a, axis=0), [(0, 3)]),
    "mean": (np.mean, [(2, 3)]),
    "mean axis": (lambda a: np.mean(a, axis=-1, keepdims=True), [(2, 3)]),
    "mean axes": (lambda a: np.mean(a, axis=(1, 2)), [(2, 3, 2)]),
    "prod": (np.prod, [(2, 3)]),
    "prod axis": (lambda a: np.prod(a, axis=1), [(2, 3)]),
    "prod axes": (lambda a: np.prod(a, axis=(0, -1), keepdims=True), [(2, 3, 2)]),
    "prod empty": (lambda a: np.prod(a, axis=0), [(0, 3)]),
    "var": (np.var, [(2, 3)]),
    "var axis": (lambda a: np.var(a, axis=0), [(3, 2)]),
    "var ddof": (lambda a: np.var(a, axis=1, ddof=1, keepdims=True), [(2, 4)]),
    "std": (np.std, [(2, 3)]),
    "std axis": (lambda a: np.std(a, axis=1, ddof=1), [(2, 3)]),
    "max": (np.max, [(2, 3)]),
    "max axis": (lambda a: np.max(a, axis=1), [(2, 3)]),
    "max keepdims": (lambda a: np.max(a, axis=(0, 1), keepdims=True), [(2, 3)]),
    "min": (np.min, [(2, 3)]),
    "min axis": (lambda a: np.min(a, axis=0), [(2, 3)]),
    "norm": (np.linalg.norm, [(2, 3)]),
    "norm axis": (lambda a: np.linalg.norm(a, axis=1), [(2, 3)]),
    "norm keepdims": (lambda a: np.linalg.norm(a, axis=0, keepdims=True), [(2, 3)]),
    "norm of matrices": (lambda a: np.linalg.norm(a, "fro", (0, -1)), [(2, 3, 2)]),
    "norm 1": (lambda a: np.linalg.norm(a, 1), [(4,)]),
    "norm 2": (lambda a: np.linalg.norm(a, np.int64(2), axis=-1), [(2, 3)]),
    "norm 3": (lambda a: np.linalg.norm(a, 3, axis=(0,), keepdims=True), [(3, 2)]),
    "norm 1/2": (lambda a: np.linalg.norm(a, 0.5, 1), [(2, 3)]),
    "norm -1": (lambda a: np.linalg.norm(a, -1), [(4,)]),
    "norm inf": (lambda a: np.linalg.norm(a, np.inf, axis=1), [(2, 3)]),
    "norm -inf": (lambda a: np.linalg.norm(a, -np.inf, axis=0, keepdims=True), [(2, 3)]),
    "reshape": (lambda a: a.reshape(3, 2), [(2, 3)]),
    "reshape -1": (lambda a: np.reshape(a, (3, -1)), [(2, 3)]),
    "flatten": (lambda a: a.flatten(), [(2, 3)]),
    "ravel": (np.ravel, [(2, 3)]),
    "T": (lambda a: a.T, [(2, 3, 4)]),
    "transpose": (lambda a: np.transpose(a, (1, 2, 0)), [(2, 3, 4)]),
    "transpose negative": (lambda a: a.transpose(-1, 0, 1), [(2, 3, 4)]),
    "transpose None": (lambda a: a.transpose(None), [(2, 3, 4)]),
    "swapaxes": (lambda a: np.swapaxes(a, 0, -1), [(2, 3, 4)]),
    "swapaxes from behind": (lambda a: a.swapaxes(-1, -3), [(2, 3, 4)]),
    "moveaxis": (lambda a: np.moveaxis(a, 1, -1), [(2, 3, 4)]),
    "moveaxis of several": (lambda a: np.moveaxis(a, [0, -1], (1, 0)), [(2, 3, 4)]),
    "moveaxis of none": (lambda a: np.moveaxis(a, [], []), [(2, 3)]),
    "moveaxis from behind": (lambda a: np.moveaxis(a, -1, 0), [(2, 3, 4)]),
    "squeeze": (np.squeeze, [(1, 2, 1)]),
    "squeeze axis": (lambda a: np.squeeze(a, axis=-1), [(1, 2, 1)]),
    "expand_dims": (lambda a: np.expand_dims(a, (0, 2)), [(2, 3)]),
    "broadcast_to": (lambda a: np.broadcast_to(a, (2, 3, 4)), [(3, 1)]),
    "concatenate": (lambda a, b: np.concatenate([a, b], axis=1), [(2, 1), (2, 3)]),
    "concatenate -1": (lambda a, b: np.concatenate([a, b], axis=-1), [(2, 1), (2, 3)]),
    "concatenate flat": (lambda a, b: np.concatenate([a, b], axis=None), [(2, 1), (2, 3)]),
    "hstack": (lambda *xs: np.hstack(xs), [(2, 1, 2), (2, 3, 2)]),
    "hstack 1-d": (lambda *xs: np.hstack(xs), [(2,), (3,), (1,)]),
    "hstack 0-d": (lambda *xs: np.hstack(xs), [(), ()]),
    "hstack of one": (lambda x: np.hstack([x]), [(2, 3)]),
    "vstack": (lambda *xs: np.vstack(xs), [(1, 2), (3, 2)]),
    "vstack 1-d": (lambda *xs: np.vstack(xs), [(3,), (2, 3), (3,)]),
    "repeat": (lambda a: np.repeat(a, 2), [(2, 3)]),
    "repeat axis": (lambda a: np.repeat(a, 3, axis=-1), [(2, 3)]),
    "repeat unevenly": (lambda a: np.repeat(a, [0, 2, 1], axis=-2), [(3, 2)]),
    "repeat 0-d": (lambda a: np.repeat(a, 3), [()]),
    "stack": (lambda a, b: np.stack([a, b]), [(2, 3), (2, 3)]),
    "stack -1": (lambda a, b: np.stack([a, b], axis=-1), [(2, 3), (2, 3)]),
    "index": (lambda a: a[1], [(3, 2)]),
    "index entry": (lambda a: a[1, -1], [(3, 2)]),
    "index slice": (lambda a: a[1:, ::-1], [(3, 2)]),
    "index ellipsis None": (lambda a: a[..., None, 1], [(3, 2)]),
    "index mask": (lambda a: a[MASK], [(2, 3)]),
    "index repeated rows": (lambda a: a[ROWS], [(2, 3)]),
    "index list": (lambda a: a[[0, 1, 1]], [(2, 3)]),
    "index pairs": (lambda a: a[ROWS, [0, 2, 2, 1]], [(2, 3)]),
    "index repeated rows of a slice": (lambda a: a[[0, 0], 1:], [(2, 3)]),
    "index mask and slice": (lambda a: a[[True, False], 1:], [(2, 3)]),
    "matmul": (lambda a, b: a @ b, [(2, 3), (3, 4)]),
    "matmul vectors": (lambda a, b: a @ b, [(3,), (3,)]),
    "matmul vector matrix": (lambda a, b: a @ b, [(3,), (3, 2)]),
    "matmul matrix vector": (lambda a, b: a @ b, [(2, 3), (3,)]),
    "matmul batch": (lambda a, b: a @ b, [(2, 1, 2, 3), (4, 3, 2)]),
    "matmul batch vector": (lambda a, b: a @ b, [(2, 2, 3), (3,)]),
    "matmul vector batch": (lambda a, b: a @ b, [(3,), (2, 3, 2)]),
    "matmul array left": (lambda a: np.ones((2, 3), np.float16) @ a, [(3, 2)]),
    "dot": (np.dot, [(2, 3), (3, 4)]),
    "dot 0-d": (np.dot, [(), (3, 4)]),
    "dot 3-d": (np.dot, [(2, 3), (2, 3, 2)]),
    "dot 1-d 3-d": (lambda a, b: a.dot(b), [(3,), (2, 3, 2)]),
    "dot 3-d 1-d": (lambda a, b: a.dot(b), [(2, 2, 3), (3,)]),
    "dot 3-d 2-d": (lambda a, b: a.dot(b), [(2, 2, 3), (3, 2)]),
    "dot 1-d": (lambda a, b: a.dot(b), [(3,), (3,)]),
    "tensordot": (np.tensordot, [(2, 3, 2), (3, 2, 2)]),
    "tensordot one axis": (lambda a, b: np.tensordot(a, b, axes=(1, 0)), [(2, 3), (3, 2)]),
    "tensordot axes": (lambda a, b: np.tensordot(a, b, axes=([0, 2], [1, 0])), [(2, 3, 4), (4, 2)]),
    "tensordot 0": (lambda a, b: np.tensordot(a, b, axes=0), [(2,), (3,)]),
    "tensordot arrays": (lambda a, b: np.tensordot(a, b, np.array([1, -2])), [(2, 3), (3, 2)]),
    "tensordot number": (lambda a, b: np.tensordot(a, b, np.int64(1)), [(2, 3), (3, 2)]),
    "tensordot none": (lambda a, b: np.tensordot(a, b, ([], [])), [(2,), (3,)]),
    "tensordot mixed": (lambda a, b: np.tensordot(a, b, ([1], 0)), [(2, 3), (3, 2)]),
    "tensordot length 1": (lambda a, b: np.tensordot(a, b, ([0], [1])), [(1, 3), (2, 1)]),
    "einsum": (lambda a, b: np.einsum("ij,jk->ik", a, b), [(2, 3), (3, 2)]),
    "einsum implicit": (lambda a, b: np.einsum("ba,bc", a, b), [(2, 3), (2, 2)]),
    "einsum outer": (lambda a, b: np.einsum("i,j->ij", a, b), [(2,), (3,)]),
    "einsum sum out": (lambda a, b: np.einsum("ijk,j->i", a, b), [(2, 3, 2), (3,)]),
    "einsum one": (lambda a: np.einsum("ij->j", a), [(2, 3)]),
    "einsum transpose": (lambda a: np.einsum("ij->ji", a), [(2, 3)]),
    "einsum trace": (lambda a: np.einsum("ii", a), [(3, 3)]),
    "einsum broadcast": (lambda a, b: np.einsum("ij,j->i", a, b), [(2, 1), (3,)]),
    "einsum trace of a": (lambda a: np.einsum("aa", a), [(3, 3)]),
    "einsum trace broadcast": (lambda a, b: np.einsum("ii,i", a, b), [(1, 1), (3,)]),
    "einsum diagonal": (lambda a: np.einsum("iij->ij", a), [(3, 3, 2)]),
    "einsum ellipsis": (lambda a, b: np.einsum("...ij,jk", a, b), [(2, 2, 3), (3, 2)]),
    "einsum ellipses": (lambda a, b: np.einsum("...i,...i->...", a, b), [(2, 1, 3), (4, 3)]),
    "einsum ellipsis beside a": (lambda a, b: np.einsum("...a,ab", a, b), [(2, 3), (3, 2)]),
    "einsum of nothing": (lambda a: np.einsum("ij->i", a), [(2, 0)]),
    "einsum three": (lambda a, b, c: np.einsum("i,ij,j", a, b, c), [(2,), (2, 3), (3,)]),
}

POSITIVE_CASES = {
    "div": (lambda a, b: a / b, [(2, 3), (3,)]),
    "number div": (lambda a: 2 / a, [(3,)]),
    "log": (np.log, [(2, 3)]),
    "log1p": (np.log1p, [(2, 3)]),
    "sqrt": (np.sqrt, [(2, 3)]),
    "pow": (lambda a, b: a**b, [(2, 3), (3,)]),
    "pow half": (lambda a: a**0.5, [(3,)]),
    "pow -1": (lambda a: a**-1, [(3,)]),
    "composed": (lambda a, b: np.log(np.exp(a) / np.sum(np.exp(a * b))), [(3,), (3,)]),
}

EVERY_CASE = [pytest.param(*case, False, id=name) for name, case in CASES.items()]
EVERY_CASE += [pytest.param(*case, True, id=name) for name, case in POSITIVE_CASES.items()]


def draw_arrays(shapes, positive, seed=0):
    rng = np.random.default_rng(seed)
    low = 0.3 if positive else -2.0
    return [rng.uniform(low, 2.0, shape) for shape in shapes]


@pytest.mark.parametrize(("function", "shapes", "positive"), EVERY_CASE)
class TestEveryOp:
    def test_value_is_numpys(self, function, shapes, positive):
        arrays = draw_arrays(shapes, positive)
        expected = function(*arrays)
        result = function(*[Tensor(a, requires_grad=True) for a in arrays])
        assert isinstance(result, Tensor)
        assert result.shape == np.shape(expected)
        np.testing.assert_allclose(result.data, expected, rtol=1e-14, atol=1e-15)

    def test_gradients(self, function, shapes, positive):
        inputs = [Tensor(a, requires_grad=True) for a in draw_arrays(shapes, positive)]
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)

    def test_recorded_gradients_are_the_fast_ones(self, function, shapes, positive):
        inputs = [Tensor(a, requires_grad=True) for a in draw_arrays(shapes, positive)]
        result = function(*inputs)
        upstream = np.linspace(1, 2, result.size).reshape(result.shape)
        result.backward(upstream)
        recorded = grad(result, inputs, upstream, create_graph=True, allow_unused=True)
        for x, gradient in zip(inputs, recorded):
            expected = np.zeros(x.shape) if gradient is None else gradient.data
            np.testing.assert_allclose(x.grad, expected, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    def test_keeps_the_dtype(self, function, shapes, positive, dtype):
        arrays = [a.astype(dtype) for a in draw_arrays(shapes, positive)]
        inputs = [Tensor(a, requires_grad=True) for a in arrays]
        result = function(*inputs)
        assert result.dtype == dtype
        result.backward(np.ones(result.shape))
        for x in inputs:
            assert x.grad.dtype == dtype
            assert x.grad.shape == x.shape

    def test_inputs_of_any_layout(self, function, shapes, positive):
        check_layouts(function, draw_arrays(shapes, positive))


def check_layouts(function, arrays):
    """Values and gradients do not depend on how the inputs lie in memory."""
    plain = [Tensor(a, requires_grad=True) for a in arrays]
    expected = function(*plain)
    expected.backward(np.ones(expected.shape))
    for lay_out in (_awkward, lambda a: np.array(a, order="F")):
        others = [Tensor(lay_out(a)) for a in arrays]
        for x in others:
            x.requires_grad = True
        result = function(*others)
        np.testing.assert_allclose(result.data, expected.data, rtol=1e-14)
        result.backward(np.ones(result.shape))
        for x, y in zip(plain, others):
            np.testing.assert_allclose(y.grad, x.grad, rtol=1e-14)


def _awkward(array):
    """The same values, read-only and strided backwards through a larger array."""
    holder = np.zeros([2 * n for n in array.shape])
    view = holder[(..., *[slice(None, None, -2)] * array.ndim)]
    view[...] = array
    view.flags.writeable = False
    return view


SOFTMAX_CASES = {
    "softmax": (lambda z: z.softmax(), [(2, 3)]),
    "softmax axis 0": (lambda z: z.softmax(axis=0), [(3, 2)]),
    "softmax middle": (lambda z: z.softmax(axis=1), [(2, 3, 2)]),
    "softmax 1-d": (lambda z: z.softmax(), [(4,)]),
    "log_softmax": (lambda z: z.log_softmax(), [(2, 3)]),
    "log_softmax axis 0": (lambda z: z.log_softmax(axis=0), [(3, 2)]),
    "log_softmax middle": (lambda z: z.log_softmax(axis=1), [(2, 3, 2)]),
    "softmax axes": (lambda z: z.softmax(axis=(0, -1)), [(2, 3, 2)]),
    "softmax of all": (lambda z: z.softmax(axis=None), [(2, 3)]),
    "softmax of each": (lambda z: z.softmax(axis=()), [(2, 3)]),
    "log_softmax axes": (lambda z: z.log_softmax(axis=(2, 0)), [(2, 3, 2)]),
    "log_softmax of all": (lambda z: z.log_softmax(axis=None), [(2, 3)]),
    "logsumexp axes": (lambda z: z.logsumexp(axis=(1, 0)), [(2, 3, 2)]),
    "logsumexp axes kept": (lambda z: z.logsumexp(axis=(0, 2), keepdims=True), [(2, 3, 2)]),
    "logsumexp of all": (lambda z: z.logsumexp(axis=None), [(2, 3)]),
    "logsumexp": (lambda z: z.logsumexp(), [(2, 3)]),
    "logsumexp axis 0": (lambda z: z.logsumexp(axis=0), [(3, 2)]),
    "logsumexp keepdims": (lambda z: z.logsumexp(axis=1, keepdims=True), [(2, 3, 2)]),
    "sigmoid": (lambda x: x.sigmoid(), [(5,)]),
    "relu": (lambda x: x.relu(), [(5,)]),
    "astype": (lambda x: x.astype(np.float64), [(5,)]),
    "linear": (lambda x, W, b: ops.Linear.apply(x, W, b), [(4, 3), (2, 3), (2,)]),
    "linear no bias": (lambda x, W: ops.Linear.apply(x, W), [(2, 4, 3), (2, 3)]),
    "linear one": (lambda x, W, b: ops.Linear.apply(x, W, b), [(3,), (2, 3), (2,)]),
    "linear of no rows": (lambda x, W, b: ops.Linear.apply(x, W, b), [(0, 3), (2, 3), (2,)]),
    "linear of nothing": (lambda x, W, b: ops.Linear.apply(x, W, b), [(2, 0), (3, 0), (3,)]),
    "linear to nothing": (lambda x, W, b: ops.Linear.apply(x, W, b), [(2, 4, 3), (0, 3), (0,)]),
    "normalize": (ops.Normalize.apply, [(2, 5)]),
    "normalize axes": (lambda x: ops.Normalize.apply(x, axis=(-1, 0), eps=0.1), [(2, 3, 2)]),
    "normalize without eps": (lambda x: ops.Normalize.apply(x, axis=0, eps=0), [(4, 2)]),
    "embedding": (lambda w: F.embedding(ROWS.reshape(2, 2), w), [(3, 2)]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (3, 2), w, b), [(4, 3, 2), (3, 2), (3, 2)]),
    "scatter": (lambda x: ops.Scatter.apply(x, index=ROWS, shape=(3,)), [(4,)]),
    "mse": (lambda x, t: ops.MSELoss.apply(x, t), [(2, 3), (2, 3)]),
    "mse sum": (lambda x, t: ops.MSELoss.apply(x, t, reduction="sum"), [(2, 3), (2, 3)]),
    "mse none": (lambda x, t: ops.MSELoss.apply(x, t, reduction="none"), [(2, 3), (2, 3)]),
    "binary logits": (
        lambda z, t: F.binary_cross_entropy_with_logits(
            z, t.sigmoid(), weight=WEIGHT, pos_weight=WEIGHT[::-1].copy()
        ),
        [(4, 3), (4, 3)],
    ),
    "binary logits sum": (
        lambda z: F.binary_cross_entropy_with_logits(z, PROBS, reduction="sum"),
        [(4, 3)],
    ),
    "binary probabilities": (
        lambda z, t: F.binary_cross_entropy(z.sigmoid(), t.sigmoid(), reduction="none"),
        [(4, 3), (4, 3)],
    ),
    "divergence": (lambda z, t: F.kl_div(z.log_softmax(), t.softmax()), [(4, 3), (4, 3)]),
    "divergence batchmean": (
        lambda z: F.kl_div(z.log_softmax(), PROBS, reduction="batchmean"),
        [(4, 3)],
    ),
    "divergence log_target": (
        lambda z, t: F.kl_div(z.log_softmax(), t.log_softmax(), log_target=True, reduction="sum"),
        [(4, 3), (4, 3)],
    ),
}

TARGET = np.array([2, 0, -100, 1])
WEIGHT = np.array([0.5, 2.0, 1.5])
PROBS = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.1, 0.1, 0.8]])
IMAGE_TARGET = np.array([[0, 2], [1, -100]])

for _reduction in ("mean", "sum", "none"):
    for _name, _options in {"": {}, " weight": {"weight": WEIGHT}}.items():
        _options = {"reduction": _reduction, **_options}
        for _op in (ops.NLLLoss, ops.CrossEntropy):
            SOFTMAX_CASES |= {
                f"{_op.__name__} {_reduction}{_name}": (
                    lambda z, op=_op, o=_options: op.apply(z, TARGET, **o),
                    [(4, 3)],
                ),
                f"{_op.__name__} images {_reduction}{_name}": (
                    lambda z, op=_op, o=_options: op.apply(z, IMAGE_TARGET, **o),
                    [(2, 3, 2)],
                ),
                f"{_op.__name__} one {_reduction}{_name}": (
                    lambda z, op=_op, o=_options: op.apply(z, np.array(1), **o),
                    [(3,)],
                ),
            }
        for _smoothing in (0.0, 0.1):
            _soft = {"label_smoothing": _smoothing, **_options}
            SOFTMAX_CASES |= {
                f"soft indices {_reduction}{_name} {_smoothing}": (
                    lambda z, o=_soft: ops.SoftCrossEntropy.apply(z, TARGET, **o),
                    [(4, 3)],
                ),
                f"soft images {_reduction}{_name} {_smoothing}": (
                    lambda z, o=_soft: ops.SoftCrossEntropy.apply(z, IMAGE_TARGET, **o),
                    [(2, 3, 2)],
                ),
                f"soft probabilities {_reduction}{_name} {_smoothing}": (
                    lambda z, o=_soft: ops.SoftCrossEntropy.apply(z, PROBS, **o),
                    [(4, 3)],
                ),
                f"soft target gradient {_reduction}{_name} {_smoothing}": (
                    lambda z, q, o=_soft: ops.SoftCrossEntropy.apply(z, q, **o),
                    [(2, 3, 2), (2, 3, 2)],
                ),
            }


@pytest.mark.parametrize(("function", "shapes"), SOFTMAX_CASES.values(), ids=SOFTMAX_CASES)
class TestSoftmaxFamilyAndLosses:
    def test_gradients(self, function, shapes):
        inputs = [Tensor(a, requires_grad=True) for a in draw_arrays(shapes, False)]
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)

    def test_keeps_the_dtype(self, function, shapes):
        if function is SOFTMAX_CASES["astype"][0]:
            return
        for dtype in (np.float16, np.float32):
            inputs = [
                Tensor(a.astype(dtype), requires_grad=True) for a in draw_arrays(shapes, False)
            ]
            result = function(*inputs)
            assert result.dtype == dtype
            result.backward(np.ones(result.shape))
            assert all(x.grad.dtype == dtype for x in inputs)

    def test_inputs_of_any_layout(self, function, shapes):
        check_layouts(function, draw_arrays(shapes, False))

    def test_fused_rule_is_its_definition(self, function, shapes):
        inputs = [Tensor(a, requires_grad=True) for a in draw_arrays(shapes, False)]
        result = function(*inputs)
        if result.op.definition is None:
            return
        meaning = result.op.definition(*result.parents)
        np.testing.assert_allclose(result.data, meaning.data, rtol=1e-13, atol=1e-14)
        upstream = np.random.default_rng(1).normal(size=result.shape)
        result.backward(upstream)
        fused = [x.grad for x in inputs]
        for x in inputs:
            x.zero_grad()
        meaning.backward(upstream)
        for x, gradient in zip(inputs, fused):
            np.testing.assert_allclose(gradient, x.grad, rtol=1e-12, atol=1e-14)


def test_defaults_of_ops_applied_by_hand():
    x = np.array([[1.0, 2.0], [4.0, 9.0]])
    for op, function in (
        (ops.Sum, np.sum),
        (ops.Mean, np.mean),
        (ops.Var, np.var),
        (ops.Std, np.std),
        (ops.Max, np.max),
        (ops.Min, np.min),
        (ops.Prod, np.prod),
        (ops.Norm, np.linalg.norm),
    ):
        assert op.apply(x).shape == ()
        assert op.apply(x).item() == pytest.approx(function(x))
    for op in (ops.Softmax, ops.LogSoftmax, ops.LogSumExp):
        np.testing.assert_array_equal(op.apply(x).data, op.apply(x, axis=1).data)
    np.testing.assert_array_equal(ops.Transpose.apply(x).data, x.T)
    np.testing.assert_array_equal(ops.Concatenate.apply(x, x).data, np.concatenate([x, x]))
    np.testing.assert_array_equal(ops.Stack.apply(x, x).data, np.stack([x, x]))


def test_softmax_values():
    z = np.array([[0.0, np.log(2.0), np.log(3.0)], [5.0, 5.0, 5.0]])
    expected = np.array([[1 / 6, 1 / 3, 1 / 2], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(Tensor(z).softmax().data, expected, rtol=1e-15)
    np.testing.assert_allclose(Tensor(z).log_softmax().data, np.log(expected), rtol=1e-14)
    np.testing.assert_allclose(Tensor(z).logsumexp().data, [np.log(6), 5 + np.log(3)], rtol=1e-15)


@pytest.mark.parametrize("axis", [None, (0, 1), (2, 0), (-1,), (), 1])
def test_softmax_over_several_axes_is_that_of_one_long_one(axis):
    z = np.random.default_rng(0).normal(size=(2, 3, 2))
    exps = np.exp(z)
    total = exps.sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(F.softmax(z, axis).data, exps / total, rtol=1e-14)
    np.testing.assert_allclose(F.log_softmax(z, axis).data, z - np.log(total), 1e-14, 1e-15)
    for keepdims in (True, False):
        expected = np.log(exps.sum(axis=axis, keepdims=keepdims))
        result = F.logsumexp(z, axis, keepdims).data
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("axis", [(0, 0), (-1, 2), 3, -4, [0, 1], 0.5])
@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, F.logsumexp])
def test_axes_that_numpy_refuses(function, axis):
    with pytest.raises((ValueError, TypeError)):
        function(np.ones((2, 3, 2)), axis)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("keepdims", [True, False])
def test_argmax_is_numpys(axis, keepdims):
    x = np.array([[1.0, 3.0, 2.0], [5.0, 4.0, 6.0]])
    expected = np.argmax(x, axis=axis, keepdims=keepdims)
    for result in (
        Tensor(x).argmax(axis=axis, keepdims=keepdims),
        np.argmax(Tensor(x, requires_grad=True), axis=axis, keepdims=keepdims),
    ):
        np.testing.assert_array_equal(result, expected, strict=True)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="NumPy 2.1 names them so")
def test_clip_by_numpys_newer_names():
    x = np.linspace(-2, 2, 5)
    np.testing.assert_array_equal(np.clip(Tensor(x), min=-1, max=1).data, x.clip(min=-1, max=1))


def test_clip_by_name():
    x = Tensor(np.linspace(-2, 2, 5), requires_grad=True)
    np.testing.assert_array_equal(x.clip(min=-1).data, [-1, -1, 0, 1, 2])
    np.testing.assert_array_equal(x.clip(max=1).data, [-2, -1, 0, 1, 1])
    np.testing.assert_array_equal(x.clip(min=-1, max=1).data, [-1, -1, 0, 1, 1])


def test_bounds_of_clip_get_their_gradients():
    x = Tensor([-2.0, 0.0, 2.0], requires_grad=True)
    low, high = Tensor(-1.0, requires_grad=True), Tensor([1.0, 1.0, 1.5], requires_grad=True)
    y = x.clip(low, high)
    np.testing.assert_array_equal(y.data, [-1, 0, 1.5])
    y.backward([1.0, 2.0, 3.0])
    assert [x.grad.tolist(), low.grad.tolist(), high.grad.tolist()] == [[0, 2, 0], 1, [0, 0, 3]]


@pytest.mark.parametrize(("n", "ddof"), [(1, 1), (1, 2), (2, 3)])
def test_a_variance_of_too_few_is_not_a_number(n, ddof):
    x = Tensor(np.arange(float(n)), requires_grad=True)
    expected = np.nan if n == 1 else np.inf  # as NumPy's
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(x.var(ddof=ddof).data, expected)
        np.testing.assert_array_equal(x.std(ddof=ddof).data, expected)


LOSSES_OF_ONE = {
    "class": lambda z: F.cross_entropy(z, 1),
    "class, smoothed": lambda z: F.cross_entropy(z, 1, label_smoothing=0.1),
    "class, weighed": lambda z: F.cross_entropy(z, 1, weight=WEIGHT, reduction="sum"),
    "class alone": lambda z: F.cross_entropy(z, 1, reduction="none"),
    "distribution": lambda z: F.cross_entropy(z, PROBS[0]),
    "distribution, weighed": lambda z: F.cross_entropy(z, PROBS[0], weight=WEIGHT),
    "nll_loss": lambda z: F.nll_loss(z.log_softmax(), 2, weight=WEIGHT),
    "binary": lambda z: F.binary_cross_entropy_with_logits(z, PROBS[0], pos_weight=WEIGHT),
    "divergence": lambda z: F.kl_div(z.log_softmax(), PROBS[0], reduction="batchmean"),
    "squares": lambda z: F.mse_loss(z, WEIGHT),
}


@pytest.mark.parametrize("loss", LOSSES_OF_ONE.values(), ids=LOSSES_OF_ONE)
def test_second_derivatives_of_a_loss_of_one_sample(loss):
    z = Tensor([0.5, -1.0, 2.0], requires_grad=True, dtype=np.float64)
    assert gradcheck(loss, z)
    assert gradgradcheck(loss, z)


BIG = np.array([2.0, 1.0, 3.0], ">f4")
BIG_INDEX = np.array([0, 2, 2], ">i8")

OF_BIG_ENDIANS = {
    "add": lambda x: x + BIG,
    "array first": lambda x: BIG - x,
    "0-d": lambda x: x * np.array(2.0, ">f4"),
    "matmul": lambda x: BIG @ x,
    "dot": lambda x: x.dot(BIG),
    "einsum": lambda x: np.einsum("i,j", x, BIG),
    "linear": lambda x: F.linear(x, np.ones((2, 3), ">f4"), np.ones(2, ">f4")),
    "where": lambda x: np.where(BIG > 1, x, BIG),
    "clip": lambda x: x.clip(BIG - 1, BIG),
    "concatenate": lambda x: np.concatenate([BIG, x]),
    "index": lambda x: x[BIG_INDEX],
    "repeat": lambda x: np.repeat(x, BIG_INDEX),
    "astype": lambda x: x.astype(">f4"),
    "scatter": lambda x: ops.Scatter.apply(x, index=BIG_INDEX, shape=(3,)),
    "classes": lambda x: F.cross_entropy(x[None], BIG_INDEX[:1], weight=BIG),
    "mse": lambda x: F.mse_loss(x, BIG),
    "binary": lambda x: F.binary_cross_entropy_with_logits(x, BIG / 3, weight=BIG, pos_weight=BIG),
}


@pytest.mark.parametrize("function", OF_BIG_ENDIANS.values(), ids=OF_BIG_ENDIANS)
def test_the_byte_order_of_arrays_changes_nothing(function):
    x, y = (Tensor(BIG.astype(order), requires_grad=True) for order in ("<f4", ">f4"))
    for t in (x, y):
        result = function(t)
        assert result.dtype == np.float32
        assert result.dtype.isnative
        result.backward(np.ones(result.shape, ">f4"))
        assert t.grad.dtype.isnative
    np.testing.assert_array_equal(x.grad, y.grad)


def test_cross_entropy_value_and_gradient_by_hand():
    z = Tensor(np.log([[1.0, 2.0, 1.0], [3.0, 1.0, 4.0]]), requires_grad=True)
    loss = ops.CrossEntropy.apply(z, np.array([1, 0]))
    assert loss.item() == pytest.approx((-np.log(1 / 2) - np.log(3 / 8)) / 2, rel=1e-15)
    loss.backward()
    expected = np.array([[1 / 4, 1 / 2 - 1, 1 / 4], [3 / 8 - 1, 1 / 8, 1 / 2]]) / 2
    np.testing.assert_allclose(z.grad, expected, rtol=1e-14)


def test_large_logits_neither_overflow_nor_lose_the_loss():
    z = Tensor([[1000.0, 0.0], [0.0, -1000.0]], requires_grad=True)
    loss = ops.CrossEntropy.apply(z, np.array([1, 1]), reduction="none")
    np.testing.assert_array_equal(loss.data, [1000.0, 1000.0])
    loss.backward([1.0, 1.0])
    np.testing.assert_array_equal(z.grad, [[1, -1], [1, -1]])


def test_confident_prediction_keeps_its_digits():
    # log1p(exp(-30)) and -exp(-30)/(1+exp(-30)): 0 in float32 if the sum is rounded to 1 first.
    z = Tensor([[30.0, 0.0]], requires_grad=True)
    loss = ops.CrossEntropy.apply(z, np.array([0]))
    loss.backward()
    tiny = np.exp(-30.0)
    np.testing.assert_allclose(loss.data, np.log1p(tiny), rtol=1e-6)
    np.testing.assert_allclose(z.grad, [[-tiny / (1 + tiny), tiny / (1 + tiny)]], rtol=1e-6)


def test_masked_classes_have_probability_and_gradient_zero():
    z = Tensor([[0.0, -np.inf, 1.0]], requires_grad=True)
    loss = ops.CrossEntropy.apply(z, np.array([0]))
    loss.backward()
    assert Tensor(z.data).softmax().data[0, 1] == 0
    assert z.grad[0, 1] == 0
    assert np.isfinite(z.grad).all()


def test_logsumexp_of_infinities():
    inf = np.inf
    rows = Tensor([[-inf, -inf], [inf, 0.0], [inf, inf], [inf, -inf]])
    np.testing.assert_array_equal(rows.logsumexp().data, [-inf, inf, inf, inf])
    for softmax in (Tensor.softmax, Tensor.log_softmax):
        assert np.isnan(softmax(rows).data[:, 0]).all()


@pytest.mark.parametrize("function", [Tensor.softmax, Tensor.log_softmax, Tensor.logsumexp])
def test_softmax_of_an_empty_batch_is_empty(function):
    for shape, axis in (((0, 3), -1), ((3, 0), 0), ((0, 3, 2), 1), ((2, 3, 0), 1)):
        z = Tensor(np.ones(shape), requires_grad=True)
        y = function(z, axis=axis)
        assert y.size == 0
        y.backward(np.ones(y.shape))
        assert z.grad.shape == shape


def test_every_target_ignored_is_nan_without_gradient():
    for op in (ops.CrossEntropy, ops.SoftCrossEntropy):
        z = Tensor([[1.0, 2.0]], requires_grad=True)
        loss = op.apply(z, np.array([-100]))
        loss.backward()
        assert np.isnan(loss.item())
        np.testing.assert_array_equal(z.grad, [[0.0, 0.0]])


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


class TestAtTheEdges:
    """Where a function has a kink or a pole: what its gradient is there, as documented."""

    @pytest.mark.parametrize(
        ("function", "x", "expected"),
        [
            (abs, [0.0], [0.0]),
            (lambda x: x.relu(), [0.0, -1.0, 2.0], [0.0, 0.0, 1.0]),
            (lambda x: x.clip(-1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0], [0, 1, 1, 1, 0]),
            (lambda x: x.max(), [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
            (lambda x: x.min(), [1.0, 1.0, 1.0, 3.0], [1 / 3, 1 / 3, 1 / 3, 0.0]),
            (lambda x: np.maximum(x, 1.0), [1.0, 2.0, 0.0], [0.5, 1.0, 0.0]),
            (lambda x: np.minimum(x, 1.0), [1.0, 2.0, 0.0], [0.5, 0.0, 1.0]),
            (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
            (lambda x: x.std(), [2.0, 2.0], [0.0, 0.0]),
            (lambda x: x.prod(), [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
            (lambda x: x.prod(), [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
            (lambda x: x**2, [0.0, -3.0], [0.0, -6.0]),
            (lambda x: x**0, [0.0], [0.0]),
            (lambda x: x**1, [0.0], [1.0]),
            (lambda x: x.sigmoid(), [-1000.0, 0.0, 1000.0], [0.0, 0.25, 0.0]),
        ],
    )
    def test_gradient(self, function, x, expected):
        x = Tensor(x, requires_grad=True, dtype=np.float64)
        with np.errstate(over="ignore"):
            function(x).backward(np.ones(function(x).shape))
        np.testing.assert_allclose(x.grad, expected, rtol=1e-15)

    @pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    def test_second_derivatives_of_a_product_with_zeros(self, x):
        x = Tensor(x, requires_grad=True, dtype=np.float64)
        assert gradcheck(Tensor.prod, x)
        assert gradgradcheck(Tensor.prod, x)

    def test_a_norm_neither_overflows_nor_vanishes(self):
        for scale in (1e30, 1e-30):
            x = Tensor(np.array([3, 4], np.float32) * np.float32(scale), requires_grad=True)
            norm = np.linalg.norm(x)
            norm.backward()
            assert norm.item() == pytest.approx(5 * scale, rel=1e-6)
            np.testing.assert_allclose(x.grad, [0.6, 0.8], rtol=1e-6)

    def test_a_sum_of_float16_keeps_its_digits(self):
        assert Tensor(np.ones(4000, np.float16)).sum().item() == 4000
        assert Tensor(np.full((10_000, 2), 0.1, np.float16)).sum(axis=0).data[0] == 1000

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_sigmoid_and_tanh_to_the_last_digits(self, dtype):
        xs = np.concatenate([np.linspace(-30, 30, 61), [1e-3, -1e-3, 0.0, 9.7, -9.7]]).astype(dtype)
        eps = float(np.finfo(dtype).eps)
        for function, value, slope in (
            (Tensor.sigmoid, _sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
            (Tensor.tanh, mpmath.tanh, lambda x: 4 * _sigmoid(2 * x) * _sigmoid(-2 * x)),
        ):
            t = Tensor(xs, requires_grad=True)
            y = function(t)
            y.backward(np.ones(len(xs)))
            for x, got, exact in [*zip(xs, y.data, map(value, map(mpmath.mpf, map(float, xs))))] + [
                *zip(xs, t.grad, map(slope, map(mpmath.mpf, map(float, xs))))
            ]:
                if abs(exact) > np.finfo(dtype).tiny:
                    bound = (8 + 2 * abs(float(x))) * eps
                    assert abs(mpmath.mpf(float(got)) / exact - 1) <= bound

    def test_sqrt_at_zero_has_an_infinite_slope(self):
        x = Tensor([0.0], requires_grad=True)
        with np.errstate(divide="ignore"):
            x.sqrt().backward([1.0])
        assert x.grad[0] == np.inf

    @pytest.mark.parametrize("x", [-30.0, 30.0])
    def test_saturated_slopes_keep_their_digits(self, x):
        for function in (Tensor.sigmoid, Tensor.tanh):
            t = Tensor(x, requires_grad=True, dtype=np.float64)
            function(t).backward()
            half = abs(x) if function is Tensor.sigmoid else 2 * abs(x)
            scale = 1 if function is Tensor.sigmoid else 4
            exact = scale * np.exp(-half) / (1 + np.exp(-half)) ** 2
            assert t.grad == pytest.approx(exact, rel=1e-14)

    def test_zero_to_the_power_zero(self):
        a, b = Tensor([0.0], requires_grad=True), Tensor([0.0], requires_grad=True)
        (a**b).backward([1.0])
        assert a.grad == 0
        assert b.grad == 0

    def test_exponent_gets_a_gradient_only_when_asked(self):
        x = Tensor([-2.0], requires_grad=True)  # log(-2) would warn
        (x**3).backward([1.0])
        assert x.grad == 12.0


@settings(max_examples=100, deadline=None)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0))
def test_any_broadcast_is_summed_back(shapes):
    a, b = (Tensor(np.ones(s), requires_grad=True) for s in shapes.input_shapes)
    product = a * b
    assert product.shape == shapes.result_shape
    product.backward(np.ones(product.shape))
    for x in (a, b):
        repeats = product.size / x.size if x.size else 0
        np.testing.assert_array_equal(x.grad, np.full(x.shape, repeats))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_basic_index_scatters_back(data):
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=4))
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    x = Tensor(np.arange(np.prod(shape), dtype=float).reshape(shape), requires_grad=True)
    taken = x[index]
    np.testing.assert_array_equal(taken.data, x.data[index])
    taken.backward(np.ones(taken.shape))
    expected = np.zeros(shape)
    expected[index] = 1
    np.testing.assert_array_equal(x.grad, expected)


@settings(max_examples=50, deadline=None)
@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), st.data())
def test_any_reduction_spreads_back(shape, data):
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1)))
    keepdims = data.draw(st.booleans())
    axis = tuple(axes) if axes else None
    x = np.random.default_rng(0).normal(size=shape)
    for name in ("sum", "mean", "var", "max", "min"):
        t = Tensor(x, requires_grad=True)
        reduced = getattr(t, name)(axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(reduced.data, getattr(np, name)(x, axis=axis, keepdims=keepdims))
        assert gradcheck(lambda t, n=name: getattr(t, n)(axis=axis, keepdims=keepdims), t)


@pytest.mark.parametrize(
    "name", ["exp", "log", "log1p", "expm1", "sqrt", "abs", "sin", "cos", "tanh", "sum", "prod"]
)
def test_methods_are_numpys_functions(name):
    x = np.array([0.5, 1.5, 2.5])
    np.testing.assert_allclose(getattr(Tensor(x), name)().data, getattr(np, name)(x), rtol=1e-14)


@pytest.mark.parametrize(
    ("method", "function"),
    [("pow", np.power), ("maximum", np.maximum), ("minimum", np.minimum)],
)
def test_methods_of_two_are_numpys_functions(method, function):
    x, y = np.array([0.5, 1.5, 2.5]), np.array([2.0, 1.0, 3.0])
    result = getattr(Tensor(x), method)(Tensor(y))
    np.testing.assert_array_equal(result.data, function(x, y))


def test_lists_of_tensors_are_compared():
    x = Tensor([1.0, 2.0])
    assert [*(x == [Tensor(1.0), Tensor(3.0)])] == [True, False]
    assert np.allclose([x, x], Tensor([[1.0, 2.0], [1.0, 2.0]]))


# One input frozen, nothing to compute, a choice of entries: cases of their own


@pytest.mark.parametrize("frozen", [0, 1])
@pytest.mark.parametrize(
    ("function", "shapes"),
    [(np.matmul, [(2, 3), (3,)]), (np.matmul, [(3,), (3, 2)]), (F.linear, [(2, 3), (4, 3)])],
)
def test_the_other_input_may_be_frozen(function, shapes, frozen):
    arrays = draw_arrays(shapes, positive=False)
    inputs = [Tensor(a, requires_grad=i != frozen) for i, a in enumerate(arrays)]
    result = function(*inputs)
    result.backward(np.ones(result.shape))
    free = [Tensor(a, requires_grad=True) for a in arrays]
    result = function(*free)
    result.backward(np.ones(result.shape))
    assert inputs[frozen].grad is None
    np.testing.assert_array_equal(inputs[1 - frozen].grad, free[1 - frozen].grad)


def test_results_are_arrays_also_without_axes():
    x = Tensor(2.0, requires_grad=True)
    assert type((x + x).data) is np.ndarray


def test_comparisons_of_equals():
    x = Tensor([1.0, 2.0])
    assert [*(x >= 2)] == [False, True]
    assert [*(x <= 1)] == [True, False]
    assert [*(x == 1)] == [True, False]
    assert [*(x != 1)] == [False, True]
    assert not (x > x).any()
    assert not (x < x).any()


def test_shapes_are_given_as_numbers_or_as_one_tuple():
    x = Tensor(np.zeros((2, 3)))
    assert x.reshape(6).shape == x.reshape((6,)).shape == (6,)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == (3, 2)


def test_the_mean_over_an_axis_of_nothing():
    x = Tensor(np.zeros((0, 3)), requires_grad=True)
    assert x.mean(axis=1).shape == (0,)
    x.mean(axis=1).backward(np.zeros(0))
    assert x.grad.shape == (0, 3)


def test_one_class_and_an_ignored_target():
    logits = Tensor([[2.0], [3.0]], requires_grad=True)
    loss = F.cross_entropy(logits, [0, -100])
    loss.backward()
    assert loss.item() == 0
    assert logits.grad.tolist() == [[0], [0]]


def test_a_soft_target_needs_samples():
    with pytest.raises(ValueError, match="empty"):
        F.cross_entropy(Tensor(np.zeros((0, 3))), np.zeros((0, 3)))


def test_the_first_wrong_target_is_named():
    with pytest.raises(IndexError, match=r"the target at \(1,\) is class 7"):
        F.cross_entropy(Tensor(np.zeros((3, 3))), [0, 7, 9])


def test_dot_with_a_number_on_either_side():
    x = Tensor([[1.0, 2.0]])
    assert np.dot(x, 3.0).data.tolist() == np.dot(3.0, x).data.tolist() == [[3, 6]]


def test_an_op_within_a_rule_serves_arrays_and_tensors():
    array, tensor = np.array([1.0, 2.0]), Tensor([3.0, 4.0], dtype=np.float64)
    assert isinstance(ops.MatMul.of(array, tensor), Tensor)
    assert isinstance(ops.MatMul.of(tensor, array), Tensor)
    assert isinstance(ops.MatMul.of(array, array), np.ndarray)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_an_infinite_logit_has_no_probabilities(function):
    y = function(Tensor([[np.inf, 0.0], [1.0, 1.0]])).data
    assert np.isnan(y[0]).all()
    assert np.isfinite(y[1]).all()


def test_products_along_an_axis_with_zeros():
    x = Tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0], [1.0, 2.0, 3.0]], requires_grad=True)
    np.prod(x, axis=1).backward([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(x.grad, [[0, 6, 0], [0, 0, 0], [6, 3, 2]])


def test_a_standard_deviation_of_exactly_one():
    x = Tensor([3.0, 5.0], requires_grad=True)
    y = x.std()
    y.backward()
    assert (y.item(), x.grad.tolist()) == (1, [-0.5, 0.5])


def test_a_tensor_of_a_tensor_keeps_its_dtype():
    assert Tensor(Tensor([1.0], dtype=np.float64)).dtype == np.float64


def test_the_last_axis_is_the_default_one_of_classes():
    z = Tensor(np.zeros((2, 3, 4)))
    assert ops.LogSumExp.apply(z).shape == (2, 3)
    assert ops.Softmax.apply(z).data[0, 0, 0] == 0.25
    assert ops.LogSoftmax.apply(z).data[0, 0, 0] == np.log(np.float64(0.25))


def test_concatenate_joins_along_the_first_axis():
    x, y = np.ones((1, 2)), np.zeros((3, 2))
    result = np.concatenate([Tensor(x), Tensor(y)])
    np.testing.assert_array_equal(result.data, np.concatenate([x, y]))


def test_a_fraction_in_company_of_integers_is_float32():
    assert (Tensor(np.array([1, 2], np.int8)) * 0.5).dtype == np.float32


@pytest.mark.parametrize("name", ["amin", "amax", "argmin", "argmax"])
def test_numpy_by_other_names(name):
    x = np.array([[3.0, 1.0, 2.0]])
    assert float(getattr(np, name)(Tensor(x))) == getattr(np, name)(x)


def test_products_of_nothing_are_zeros():
    a, b = Tensor(np.ones((2, 0)), requires_grad=True), Tensor(np.ones((0, 3)), requires_grad=True)
    (a @ b).sum().backward()
    assert (a @ b).data.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert (a.grad.shape, b.grad.shape) == ((2, 0), (0, 3))


def test_transpose_without_axes_reverses_them():
    assert Tensor(np.ones((2, 3, 4))).transpose().shape == (4, 3, 2)


def test_tensors_among_the_indices():
    x = np.arange(6.0).reshape(2, 3)
    rows = Tensor(np.array([0, 1, 1]))
    np.testing.assert_array_equal(Tensor(x)[rows, 1].data, x[[0, 1, 1], 1])
    np.testing.assert_array_equal(Tensor(x)[rows].data, x[[0, 1, 1]])
    t = Tensor(x, requires_grad=True)
    t[rows, 1].sum().backward()
    assert t.grad.tolist() == [[0, 1, 0], [0, 2, 0]]


def test_a_tensor_of_the_dtype_asked_for_shares_the_array():
    x = np.ones(3, np.float32)
    assert Tensor(x, dtype=np.float32).data is x


IN_COMPANY = {
    "times a list": (lambda x: x * [0.1, 0.3], [0.1, 0.3]),
    "a list minus": (lambda x: [0.1, 0.3] - x, [-0.9, -0.7]),
    "matmul": (lambda x: x @ [0.1, 0.3], 0.1 + 0.3),
    "dot": (lambda x: np.dot([0.1, 0.3], x), 0.1 + 0.3),
    "tensordot": (lambda x: np.tensordot(x, [0.1, 0.3], 1), 0.1 + 0.3),
    "concatenate": (lambda x: np.concatenate([x, [0.1]]), [1, 1, 0.1]),
    "hstack": (lambda x: np.hstack([x, 0.1]), [1, 1, 0.1]),
    "vstack": (lambda x: np.vstack([[0.1, 0.3], x]), [[0.1, 0.3], [1, 1]]),
    "stack": (lambda x: np.stack([x[0], 0.1]), [1, 0.1]),
    "where": (lambda x: np.where([True, False], x, [0.1, 0.3]), [1, 0.3]),
    "clip": (lambda x: x.clip(None, np.float64(0.1)), [0.1, 0.1]),
    "mse_loss": (lambda x: F.mse_loss(x, [0.1, 0.3], reduction="none"), [0.9**2, 0.7**2]),
    "norm": (lambda x: np.linalg.norm(x, np.float64(1)), 2),
    "classes": (lambda x: ops.NLLLoss.apply(-x[None], [1]), 1),
}


@pytest.mark.parametrize(("function", "expected"), IN_COMPANY.values(), ids=IN_COMPANY)
def test_numbers_and_lists_keep_their_digits_in_company(function, expected):
    for dtype in (np.float64, np.float32):
        result = function(Tensor(np.ones(2, dtype), requires_grad=True))
        assert result.dtype == dtype
        np.testing.assert_allclose(result.data, expected, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.relu(),
        lambda x: x.clip(0.1, 0.3),
        lambda x: 1 - 2 * x**2 / 3,
        lambda x: x * np.sqrt(2) + np.float64(1),
        F.sigmoid,
        F.log_sigmoid,
        F.softplus,
        np.linalg.norm,
        np.mean,
        np.std,
        lambda x: ops.Weigh.apply(x, x),
        lambda x: F.binary_cross_entropy_with_logits(x, 1, weight=2.0, pos_weight=3.0),
        lambda x: F.binary_cross_entropy(x, 1),
        lambda x: F.kl_div(-x, 1),
    ],
)
def test_a_0d_tensor_keeps_its_dtype(function, dtype):
    """NumPy 1 takes a 0-d array for a number, and computes with another in float64."""
    x = Tensor(dtype(0.25), requires_grad=True)
    y = function(x)
    y.backward()
    assert (y.dtype, x.grad.dtype) == (dtype, dtype)


def test_divergence_divides_by_samples_or_entries():
    x = np.log(PROBS[[0, 3]])
    whole = F.kl_div(x, PROBS[[3, 0]], reduction="sum").item()
    assert F.kl_div(x, PROBS[[3, 0]], reduction="batchmean").item() == pytest.approx(whole / 2)
    assert F.kl_div(x, PROBS[[3, 0]], reduction="mean").item() == pytest.approx(whole / 6)


def test_the_mean_of_no_samples_keeps_the_dtype():
    for dtype in (np.float16, np.float32):
        loss = F.nll_loss(np.zeros((2, 3), dtype), [-100, -100])
        assert loss.dtype == dtype
        assert np.isnan(loss.item())


@pytest.mark.parametrize("p", [-0.5, 1.5])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match=r"probabilities lie in \[0, 1\].*BCEWithLogits"):
        F.binary_cross_entropy([p], [1.0])


def test_products_of_integers_along_an_axis():
    x = Tensor(np.array([[2, 3], [4, 5]]))
    np.testing.assert_array_equal(x.prod(axis=0), [8, 15])


@pytest.mark.parametrize(
    "function", sorted(PLAIN, key=lambda f: f.__name__), ids=lambda f: f.__name__
)
def test_plain_functions_are_numpys(function):
    """What they give of a Tensor that requires a gradient is what they give of its array."""
    data = np.array([2.5, -1.0, 2.5, 0.25])
    arguments = {2: (data, data[::-1].copy())}.get(getattr(function, "nin", 1), (data,))
    if function.__name__ in TWO_ARRAYS:
        arguments = data, data[::-1].copy()
    if function.__name__ in ("save", "savez", "savez_compressed", "savetxt", "can_cast"):
        return
    expected = function(*arguments)
    got = function(Tensor(arguments[0], requires_grad=True), *arguments[1:])
    if not function.__name__.startswith("empty"):
        np.testing.assert_equal(got, expected)
    assert not isinstance(got, Tensor)


TWO_ARRAYS = {"isclose", "allclose", "array_equiv", "array_equal", "may_share_memory"}
TWO_ARRAYS |= {"shares_memory"}


def test_a_product_may_overflow_on_the_way():
    x = Tensor(np.array([1e30, 1e30, 1e-30, 1e-30], np.float32), requires_grad=True)
    y = x.prod()
    np.testing.assert_allclose(y.data, 1, rtol=1e-6)
    (g,) = grad(y, x, create_graph=True)
    np.testing.assert_allclose(g.data, 1 / x.data, rtol=1e-6)
    (second,) = grad(g[2] * 1e-30, x)  # ∂²y/∂x₀∂x₂ = 1 / (x₀ x₂)
    np.testing.assert_allclose(second.data[[0, 1, 3]], [1e-30, 1e-30, 1e30], rtol=1e-5)
    assert y.op.definition(x).dtype == np.float32


def test_norms_of_rows_of_every_size():
    x = np.array([[3e30, 4e30], [3e-30, 4e-30], [3.0, 4.0]], np.float32)
    norms = np.linalg.norm(Tensor(x, requires_grad=True), axis=1)
    np.testing.assert_allclose(norms.data, [5e30, 5e-30, 5], rtol=1e-6)


def test_an_index_given_as_a_list_may_repeat():
    for index in ([0, 0, 1], ([0, 0, 1],), ([0, 0], [1, 1])):
        x = Tensor(np.ones((2, 2)), requires_grad=True)
        x[index].sum().backward()
        counted = np.zeros((2, 2))
        np.add.at(counted, index, 1)
        np.testing.assert_array_equal(x.grad, counted)


def test_entries_of_a_result_cannot_be_assigned():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    with no_grad(), pytest.raises(TypeError, match="cannot be assigned"):
        y[0] = 3.0


def test_requiring_a_gradient_twice_keeps_the_array():
    x = Tensor([1.0, 2.0], requires_grad=True)
    array = x.data
    x.requires_grad = True
    assert x.data is array


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.kl_div])
def test_losses_of_entries_check_their_targets(loss):
    for target in ([-0.5], [1.5]):
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            loss([0.5], target)
    with pytest.raises(ValueError, match="shape"):
        loss([0.5, 0.5], [1.0])


def test_a_target_can_be_trained_alone():
    t = Tensor([0.25], requires_grad=True)
    F.binary_cross_entropy([0.5], t).backward()
    np.testing.assert_allclose(t.grad, [0], atol=1e-7)
    F.binary_cross_entropy([0.75], t).backward()
    np.testing.assert_allclose(t.grad, np.log(0.25 / 0.75), rtol=1e-6)


def test_an_empty_list_takes_nothing():
    x = Tensor([1.0, 2.0], requires_grad=True)
    taken = x[[]]
    assert taken.shape == (0,)
    taken.sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 0])


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std", "max", "min"])
@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_methods_that_reduce_pass_their_options_on(name, axis):
    data = np.arange(6.0).reshape(2, 3)
    x = Tensor(data, requires_grad=True)
    for options in ({}, {"keepdims": True}, {"keepdims": True, "ddof": 1}):
        if "ddof" in options and name not in ("var", "std"):
            continue
        expected = getattr(data, name)(axis=axis, **options)
        for got in (
            getattr(x, name)(axis=axis, **options),
            getattr(np, name)(x, axis=axis, **options),
        ):
            assert got.shape == expected.shape
            np.testing.assert_allclose(got.data, expected)


def test_clip_at_its_bounds_belongs_to_x():
    low, high = (Tensor(v, requires_grad=True) for v in (0.0, 1.0))
    x = Tensor([0.0, 1.0, 2.0, -1.0], requires_grad=True)
    np.clip(x, low, high).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1, 0, 0])
    assert (low.grad, high.grad) == (1, 1)


def test_the_way_back_of_float16_warns_of_nothing_that_the_forward_pass_has_warned_of():
    x = Tensor(np.array([-1.0, 1.0], np.float16), requires_grad=True)
    with np.errstate(invalid="ignore"):
        y = np.sqrt(x)
    with np.errstate(all="raise"):
        y.backward([0.0, 1.0])
    assert np.isnan(x.grad[0])
    assert x.grad[1] == 0.5
