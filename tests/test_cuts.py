"""No gradient is cut without a word, nothing trains in vain, and reading raises no false alarm.

Where the border lies stands in docs/semantics.md. One line a case: what a student writes.
"""

from __future__ import annotations

import array
import asyncio
import copy
import csv
import functools
import io
import itertools
import json
import logging
import math
import operator
import pickle
import random
import statistics
import types
import unittest

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, autograd, nn, no_grad, optim
from minigrad.nn import functional as F

ONES = np.ones(3)
THREE = np.arange(3.0)


def variable(data, dtype=float, **options):
    return Tensor(data, requires_grad=True, dtype=dtype, **options)


@pytest.fixture
def a():
    return variable([0.5, -1.0, 2.0])


@pytest.fixture
def s():
    return variable(0.7, name="s")


@pytest.fixture
def m():
    return variable([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0]])


# ---------------------------------------------------------------------------------------------
# What would cut a gradient raises
# ---------------------------------------------------------------------------------------------


def store(index, value):
    y = np.zeros(3)
    y[index] = value
    return y


def add_to_entry(value):
    y = np.zeros(3)
    y[0] += value
    return y


def add_to_array(value):
    y = np.zeros(3)
    y += value
    return y


def add_to_loss(loss, s):
    loss += float(s)
    return loss


def act(x, function=math.tanh):
    return function(x)


NEURON = types.SimpleNamespace(act=math.tanh)

AS_ARRAYS = {
    "method of an array": lambda a, s: THREE.dot(a),
    "array of Tensors": lambda a, s: np.array([a, a]),
    "array of entries": lambda a, s: np.array([a[0], 1.0, s]),
    "array of objects": lambda a, s: np.array([a[0], s], dtype=object),
    "array": lambda a, s: np.array(a),
    "asarray": lambda a, s: np.asarray(a),
    "Tensor of Tensors": lambda a, s: Tensor([a, a]),
    "Tensor of a leaf": lambda a, s: Tensor(a),
    "Tensor of a result": lambda a, s: Tensor(a * 2, requires_grad=True),
    "Parameter of a result": lambda a, s: nn.Parameter(a * 2),
    "mean of a list": lambda a, s: np.mean([a[0], s]),
    "sum of a list": lambda a, s: np.sum([x * x for x in a]),
    "exp of a list": lambda a, s: np.exp([a[0], s]),
    "product of a list": lambda a, s: np.dot([a[0], s], [1.0, 2.0]),
    "list times Tensor": lambda a, s: a * [s, s, s],
    "loss of a list": lambda a, s: F.mse_loss([a[0], s], [0.0, 1.0]),
    "list in a concatenation": lambda a, s: np.concatenate([[a[0], s], a]),
}
INTO_ARRAYS = {
    "entry of an array": lambda a, s: store(0, s),
    "entries of an array": lambda a, s: store(slice(2), a[:2]),
    "all of an array": lambda a, s: store(..., a),
    "row of entries": lambda a, s: store(slice(None), [a[0], s, 1.0]),
    "adding to an entry": lambda a, s: add_to_entry(s),
    "adding to an array": lambda a, s: add_to_array(a),
    "__setitem__": lambda a, s: np.zeros(3).__setitem__(0, s),
    "operator.setitem": lambda a, s: operator.setitem(np.zeros(3), 0, s),
    "fill": lambda a, s: np.zeros(3).fill(s),
    "full": lambda a, s: np.full(3, s),
    "full_like": lambda a, s: np.full_like(a, s),
    "linspace": lambda a, s: np.linspace(0, s, 3),
    "initial": lambda a, s: ONES.sum(initial=s),
    "into an array": lambda a, s: np.multiply(a, 2, out=np.zeros(3)),
    "reduce": lambda a, s: np.add.reduce(a),
}
THROUGH_NUMPY = {
    "no rule": lambda a, s: np.cumsum(a),
    "no rule of a list": lambda a, s: np.column_stack([a, a]),
    "vectorize": lambda a, s: np.vectorize(lambda x: x * s, otypes=[float])(ONES),
    "apply_along_axis": lambda a, s: np.apply_along_axis(lambda row: row * s, 0, ONES),
    "fromiter": lambda a, s: np.fromiter((x for x in a), float),
    "fromiter by name": lambda a, s: np.fromiter((x for x in a), dtype=float),
    "random numbers": lambda a, s: np.random.default_rng(0).normal(s, 1.0),
}
THROUGH_MATH = {
    "math": lambda a, s: math.exp(s) * a,
    "math alone": lambda a, s: math.exp(-s),
    "math of a default": lambda a, s: act(s) * a,
    "math of an attribute": lambda a, s: NEURON.act(s) * a,
    "math of a table": lambda a, s: {"exp": math.exp}["exp"](s) * a,
    "math in a comprehension": lambda a, s: sum([math.exp(x) for x in a]),
    "math in a map": lambda a, s: sum(map(math.exp, a)),
    "math in a loop": lambda a, s: [x for x in map(math.exp, a)],  # noqa: C416
    "math in a partial": lambda a, s: functools.partial(math.pow, 2.0)(s),
    "math.fsum": lambda a, s: math.fsum(a),
    "math with float": lambda a, s: math.pow(s, float(2)),
}
THROUGH_NUMBERS = {
    "complex": lambda a, s: complex(s) * a,
    "array.array": lambda a, s: array.array("d", [s]),
    "np.float64": lambda a, s: np.float64(s) * a,
    "float times Tensor": lambda a, s: float(s) * a.sum(),
    "float in a sum": lambda a, s: a.sum() + 2 * float(s),
    "float in a choice": lambda a, s: (float(s) if len(a) else 0) * a,
    "float beside T": lambda a, s: float(s) * a.T,
    "float added to a loss": lambda a, s: add_to_loss(a.sum(), s),
    "int times Tensor": lambda a, s: int(s) * a,
}
AS_OPTIONS = {
    "condition": lambda a, s: np.where(a, a, s),
    "repeats": lambda a, s: np.repeat(a, a),
    "index": lambda a, s: ONES[a],
    "weights of classes": lambda a, s: F.cross_entropy(THREE, 1, weight=a),
    "weights of entries": lambda a, s: F.binary_cross_entropy_with_logits(a, ONES, weight=a),
    "weight of positives": lambda a, s: F.binary_cross_entropy_with_logits(a, ONES, pos_weight=a),
    "classes": lambda a, s: F.one_hot(a),
}
CUTS = AS_ARRAYS | INTO_ARRAYS | THROUGH_NUMPY | THROUGH_MATH | THROUGH_NUMBERS | AS_OPTIONS


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_cut_raises(cut, a, s):
    with pytest.raises((TypeError, ValueError)) as raised:
        cut(a, s)
    message = f"{raised.value} {raised.value.__cause__}"
    assert "requires a gradient" in message or "no rule" in message


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_where_nothing_is_recorded_nothing_is_cut(cut, a, s):
    with no_grad():
        try:
            cut(a, s)
        except (TypeError, ValueError, IndexError) as error:  # for other reasons
            if "would end" in f"{error} {error.__cause__}":
                raise


def test_the_error_says_what_to_write(a, s):
    with pytest.raises(TypeError, match=r"np\.stack.*np\.dot\(a, t\).*t\.numpy\(\)"):
        np.array([a, a])
    with pytest.raises(TypeError, match=r"^math\.exp\(s\) computes.*np\.exp\(t\).*t\.item\(\)"):
        math.exp(s)
    with pytest.raises(TypeError, match=r"^a\.sum\(\) - float\(s\) / 2 computes"):
        a.sum() - float(s) / 2
    with pytest.raises(ValueError, match="array element") as raised:
        store(0, s)
    assert str(raised.value.__cause__).startswith("an assignment to an array's entry computes")


def test_math_without_a_source_to_look_at():
    typed = {"math": math, "t": Tensor(1.0, requires_grad=True)}
    with pytest.raises(TypeError, match=r"^this line computes with the plain number"):
        exec(compile("math.exp(t)", "<no such file>", "exec"), typed)
    exec(compile("float(t); math.isnan(t)", "<no such file>", "exec"), typed)


KEPT = {
    # name: (what a student writes with arrays, lists and built-ins, its gradient for a and s)
    "sum": (lambda a, s: sum(x * x for x in a) * s, [0.7, -1.4, 2.8], 5.25),
    "max": (lambda a, s: max(a) * s, [0, 0, 0.7], 2),
    "min": (lambda a, s: min(a[0], s), [1, 0, 0], 0),
    "sorted": (lambda a, s: sorted(a)[1] * s, [0.7, 0, 0], 0.5),
    "reduce": (lambda a, s: functools.reduce(operator.mul, a) + s, [-2, 1, -0.5], 1),
    "accumulate": (lambda a, s: [*itertools.accumulate(a)][1] * s, [0.7, 0.7, 0], -0.5),
    "math.prod": (lambda a, s: math.prod(a) * s, [-1.4, 0.7, -0.35], -1),
    "unpacking": (lambda a, s: math.prod([*a, s]), [-1.4, 0.7, -0.35], -1),
    "median": (lambda a, s: statistics.median(list(a)) * s, [0.7, 0, 0], 0.5),
    "random": (lambda a, s: random.Random(0).gauss(s, 0.0) * a[0], [0.7, 0, 0], 0.5),
    "list on the left": (lambda a, s: ([1.0, 2.0, 3.0] * a).sum() * s, [0.7, 1.4, 2.1], 4.5),
    "array on the left": (lambda a, s: (THREE**s * a)[1], [0, 1, 0], 0),
    "number of NumPy's": (lambda a, s: np.float64(2) * a[0] * s, [1.4, 0, 0], 1),
    "array of objects": (lambda a, s: np.frompyfunc(s.__mul__, 1, 1)(THREE).sum(), None, 3),
    "mixed": (lambda a, s: np.hstack([a, s, [1.0]]).sum(), [1, 1, 1], 1),
    "clip": (lambda a, s: np.clip(a, -0.5, s).sum(), [1, 0, 0], 1),
    "clip of an array": (lambda a, s: np.clip(THREE, s, a[0] + 1).sum(), [1, 0, 0], 1),
    "copy": (lambda a, s: (copy.copy(a * 2) * s).sum(), [1.4, 1.4, 1.4], 3),
    "a float of a constant": (lambda a, s: float(Tensor(2.0)) * s + a[0], [1, 0, 0], 2),
}


@pytest.mark.parametrize(("function", "to_a", "to_s"), KEPT.values(), ids=KEPT)
def test_a_gradient_that_is_kept_is_right(function, to_a, to_s, a, s):
    function(a, s).backward()
    np.testing.assert_allclose(0 * a.data if a.grad is None else a.grad, to_a or [0, 0, 0])
    np.testing.assert_allclose(0.0 if s.grad is None else s.grad, to_s)


def test_a_cast_to_integers_has_no_gradient(a):
    for dtype in (int, bool, np.uint8):
        assert not a.astype(dtype).requires_grad
    assert a.astype(np.float32).requires_grad


# ---------------------------------------------------------------------------------------------
# What only reads does not raise
# ---------------------------------------------------------------------------------------------

# of a result a, a leaf s and a matrix m, all of which require a gradient
LOGGED = {
    "print": lambda a, s, m: print(a, s, float(s), a.sum().item()),
    "float": lambda a, s, m: float(s) == 0.7,
    "list of floats": lambda a, s, m: [float(x) for x in a],
    "map": lambda a, s, m: list(map(float, a)),
    "star": lambda a, s, m: [*map(float, a)],
    "sort": lambda a, s, m: sorted(a, key=float),
    "append": lambda a, s, m: [].append(float(s)),
    "beside a Tensor": lambda a, s, m: print(float(s), a),
}
REPORTED = {
    "times a count": lambda a, s, m: float(s) * len(a) + float(s) * a.shape[0] / a.size,
    "two losses": lambda a, s, m: (float(s) - float(a[0])) / float(s),
    "float and item": lambda a, s, m: float(s) - s.item(),
    "beside values": lambda a, s, m: float(s) * a.data + float(s) * a.numpy() * a.detach().data,
    "beside gradients": lambda a, s, m: float(s) * np.ones(3) if a.grad is None else None,
    "beside a count of truths": lambda a, s, m: float(s) * (a > 0).sum(),
    "square root": lambda a, s, m: float(s) ** 0.5,
    "running mean": lambda a, s, m: 0.9 * 1.5 + 0.1 * float(s),
}
FORMATTED = {
    "round": lambda a, s, m: (round(s), round(s, 1), round(float(s), 1)) == (1, 0.7, 0.7),
    "int": lambda a, s, m: int(s) == 0,
    "format": lambda a, s, m: f"{s:.3f} {s} {a[:1]:5.1e}" + "{:.2f}".format(s),  # noqa: UP032
    "percent": lambda a, s, m: "%.3f %s %d" % (s, a, s),  # noqa: UP031
    "one percent": lambda a, s, m: "%.3f" % s,  # noqa: UP031
    "logging": lambda a, s, m: logging.getLogger("minigrad test").error("%.3f", s),
    "json": lambda a, s, m: json.dumps({"loss": s}, default=float),
    "csv": lambda a, s, m: csv.writer(io.StringIO()).writerow([s, a]),
}
ASKED = {
    "math questions": lambda a, s, m: (math.isnan(s), math.isfinite(s), math.isclose(s, 0.7)),
    "math.floor": lambda a, s, m: math.floor(s) + math.ceil(s),
    "math of a number": lambda a, s, m: math.exp(s.item()) + math.exp(float(s)),
    "perplexity": lambda a, s, m: math.exp(min(float(s), 20)),
    "compare": lambda a, s, m: s < 1 and s != 0 and min(1.0, float(s)) and bool(s),
    "accuracy": lambda a, s, m: np.mean(np.argmax(m, axis=1) == [0, 1]) + (m > 0).mean(),
}
ARRAYS = {
    "plain functions": lambda a, s, m: (np.any(m), np.nonzero(a), np.round(a, 2), np.rint(a)),
    "histogram": lambda a, s, m: np.histogram(a),
    "close": lambda a, s, m: np.allclose([a, a], a) and np.array_equal(a, a),
    "not a number": lambda a, s, m: not np.isnan(m).any() and np.isfinite(s),
    "arrays": lambda a, s, m: (np.array(a.data), np.array([float(x) for x in a]), a.numpy()),
    "an entry": lambda a, s, m: store(0, float(s)),
    "entries": lambda a, s, m: store(..., a.data),
    "save": lambda a, s, m: np.save(io.BytesIO(), a),
    "savez": lambda a, s, m: np.savez(io.BytesIO(), *[a, s], m=m),
    "savetxt": lambda a, s, m: np.savetxt(io.StringIO(), m),
    "copies of a leaf": lambda a, s, m: (copy.copy(s), copy.deepcopy(s), pickle.dumps(s)),
    "choices": lambda a, s, m: random.choices("abc", weights=a.softmax()),
}
TESTED = {
    "testing": lambda a, s, m: np.testing.assert_allclose([a, a], [a.data, a.data]),
    "testing equal": lambda a, s, m: np.testing.assert_array_equal(m, m.data),
    "testing almost": lambda a, s, m: np.testing.assert_almost_equal(s, 0.7),
    "testing nulp": lambda a, s, m: np.testing.assert_array_almost_equal_nulp(a, a),
    "testing dicts": lambda a, s, m: np.testing.assert_equal({"a": a}, {"a": a.data}),
    "approx": lambda a, s, m: s == pytest.approx(0.7) and pytest.approx(s) == 0.7,
    "approx of many": lambda a, s, m: a == pytest.approx(a.data) and a.data == pytest.approx(a),
    "unittest": lambda a, s, m: unittest.TestCase().assertAlmostEqual(s, 0.7 + 1e-9),  # noqa: PT009
    "gradients": lambda a, s, m: [np.linalg.norm(t.grad) for t in (a, s, m) if t.grad is not None],
    "sets and keys": lambda a, s, m: {a: 1, s: 2}[a] + len({a, s}),
    "draw": lambda a, s, m: mg.draw(a),
}
READS = LOGGED | REPORTED | FORMATTED | ASKED | ARRAYS | TESTED


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_raises_nothing(read, a, s, m):
    assert read(a * 1, s, m) is not False


def test_a_running_total_of_floats(s):
    total, losses = 0.0, np.zeros(2)
    total += float(s) * 10
    losses[0] = s.item()
    losses[1] += float(s)
    assert [total, *losses] == [7, 0.7, 0.7]


PLOTS = {
    "plot": lambda plt, a, s, m: plt.plot(THREE, a, a, s * a),
    "plot losses": lambda plt, a, s, m: plt.plot([s, s * 2], "o"),
    "plot a point": lambda plt, a, s, m: plt.plot(s, s, "o"),
    "scatter": lambda plt, a, s, m: plt.scatter(a, a, c=a, s=a * a),
    "hist": lambda plt, a, s, m: plt.hist([a, a]),
    "hist2d": lambda plt, a, s, m: plt.hist2d(a, a),
    "bar": lambda plt, a, s, m: plt.bar(THREE, a, yerr=abs(a)),
    "imshow": lambda plt, a, s, m: plt.imshow(m, vmin=s, vmax=s + 1),
    "contourf": lambda plt, a, s, m: plt.contourf(m),
    "errorbar": lambda plt, a, s, m: plt.errorbar(a, a, yerr=a * a),
    "fill_between": lambda plt, a, s, m: plt.fill_between(THREE, a - 1, a + s),
    "stackplot": lambda plt, a, s, m: plt.stackplot(THREE, a, a),
    "annotate": lambda plt, a, s, m: plt.annotate("here", (s, a[0]), xytext=(a[1], s)),
    "lines": lambda plt, a, s, m: (plt.axhline(s), plt.vlines(a, 0, s), plt.xlim(0, s)),
    "quiver": lambda plt, a, s, m: plt.quiver(a, a, a, a),
    "3-d": lambda plt, a, s, m: plt.subplot(projection="3d").scatter(a, a, a),
}


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_a_plot_reads(plot, a, s, m):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plot(plt, a * 1, s, m)
    plt.savefig(io.BytesIO())
    plt.close("all")


def test_constants_are_plain_anywhere(a):
    c = Tensor([3.0, 1.0, 2.0])
    with no_grad():
        results = [c, a * 2, a]
    for t in results[:2]:
        assert np.asarray(t) is t.data
        assert np.cumsum(t).shape == np.column_stack([t, t])[:, 0].shape == (3,)
        assert math.exp(t[0]) > 0
    y = np.zeros(3)
    y += c
    y[0] = c[1]
    assert y.tolist() == [1, 1, 2]
    assert [10, 20][Tensor(np.array(1))] == 20
    assert list(range(Tensor(np.array(2)))) == [0, 1]
    with pytest.raises(TypeError):
        [10, 20][Tensor(1.0)]
    with pytest.raises(TypeError, match="no rule"):
        np.add(c, 1, out=Tensor(np.zeros(3)))


# ---------------------------------------------------------------------------------------------
# In place
# ---------------------------------------------------------------------------------------------

IN_PLACE = {
    "+=": (operator.iadd, [3.0, 4.0]),
    "-=": (operator.isub, [-1.0, 0.0]),
    "*=": (operator.imul, [2.0, 4.0]),
    "/=": (operator.itruediv, [0.5, 1.0]),
    "**=": (operator.ipow, [1.0, 4.0]),
}
OTHERS = {
    "number": 2,
    "array": np.full(2, 2.0),
    "Tensor": Tensor([2.0]),
    "variable": variable([2.0, 2.0]),
    "big-endian": np.full((), 2, ">f4"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize(("change", "expected"), IN_PLACE.values(), ids=IN_PLACE)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_under_no_grad_a_leaf_changes(change, expected, other, dtype):
    p = variable([1.0, 2.0], dtype=dtype)
    values = p.data
    with no_grad():
        assert change(p, other) is p
    assert p.data is values
    assert p.data.tolist() == expected
    assert p.requires_grad
    assert p.is_leaf


@pytest.mark.parametrize(("change", "expected"), IN_PLACE.values(), ids=IN_PLACE)
def test_while_recording_it_makes_a_new_tensor(change, expected):
    p = variable([1.0, 2.0])
    y = change(p, 2)
    assert y is not p
    assert (p.data.tolist(), y.data.tolist()) == ([1, 2], expected)
    y.sum().backward()
    assert p.grad is not None


def test_a_product_of_matrices_in_place():
    p = variable(np.eye(2))
    with no_grad():
        p @= np.array([[1.0, 2.0], [3.0, 4.0]])
    assert p.data.tolist() == [[1, 2], [3, 4]]


def test_in_place_an_array_keeps_its_shape():
    p = variable([1.0, 2.0])
    with no_grad(), pytest.raises(ValueError, match=r"\(2,\) cannot .* in place .* \(3, 2\)"):
        p += np.ones((3, 2))
    assert p.data.tolist() == [1, 2]


VIEWS = {
    "+x": lambda x: +x,
    "reshape": lambda x: x.reshape(2, 1),
    "T": lambda x: x.T,
    "slice": lambda x: x[:],
    "ravel": np.ravel,
    "broadcast": lambda x: x.broadcast_to(3, 2),
    "einsum": lambda x: np.einsum("i->i", x),
    "dropout at inference": lambda x: F.dropout(x, training=False),
    "detach": lambda x: x.detach(),
    "Tensor of its array": lambda x: Tensor(x.data),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_change_in_place_is_of_one_tensor_alone(view):
    x = variable([1.0, 2.0])
    with no_grad():
        y = view(x)
        y += 1
    assert x.data.tolist() == [1, 2]
    assert y.data.ravel()[:2].tolist() == [2, 3]


def test_entries_are_assigned_under_no_grad_alone():
    array = np.zeros((2, 2))
    p, t = variable(array), Tensor(array)
    loss = (p * p).sum()
    for x in (p, t, p * 1):
        with pytest.raises(TypeError, match=r"np\.where\(mask, value, t\).* under no_grad\(\)"):
            x[0] = 1.0
    with no_grad():
        for x in (p, t):
            x[0] = Tensor([1.0, 2.0])
            x[x.data == 0] = 3.0
            x[1, Tensor(np.array(1))] -= 1.0
            assert x.data.tolist() == [[1, 2], [3, 2]]
    assert not array.any()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_a_users_array_is_not_changed_in_place():
    array = np.zeros(6)
    array.flags.writeable = False
    t = Tensor(array[::2])
    with no_grad():
        t += 1
    assert t.data.tolist() == [1, 1, 1]
    assert not array.any()


def test_a_buffer_accumulates_in_a_loop():
    weights, velocities = [variable([1.0])], [Tensor([2.0])]
    with no_grad():
        for w, v in zip(weights, velocities):
            v *= 0.5
            v += 3.0
            w -= v
    assert velocities[0].data == 4
    assert weights[0].data == -3


def test_the_update_of_every_tutorial():
    model = nn.Linear(2, 1)
    before = model.state_dict()
    F.mse_loss(model(np.ones((3, 2), np.float32)), np.zeros((3, 1), np.float32)).backward()
    with no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad
    for path, p in model.named_parameters():
        np.testing.assert_array_equal(p.data, before[path] - np.float32(0.1) * p.grad)


@pytest.mark.parametrize("make", [variable, nn.Parameter])
def test_the_update_of_a_loop_variable_needs_no_grad(make):
    weights = [make([1.0]), make([2.0])]

    def descend():
        for w in weights:
            w -= 0.1

    def scale():
        for _, (w, step) in enumerate(zip(weights, [1, 2])):
            if step:
                w *= step
                w.grad = None
            w.zero_grad()

    with pytest.raises(RuntimeError, match=r"put the loop into `with no_grad\(\):`"):
        descend()
    with pytest.raises(RuntimeError, match="the loop's variable"):
        scale()


def test_other_variables_are_made_anew_in_a_loop(a):
    h = a
    for step in (1.0, 2.0):
        h *= step
    assert h.data.tolist() == [1, -2, 4]
    for constant in [Tensor([1.0])]:
        constant += 1
    for result in [a * 1.0]:
        result += 1
    total = 0.0
    for x in a, h:
        x += 1.0
        total = total + x.sum()
    total.backward()
    assert a.grad.tolist() == [3, 3, 3]


def test_what_is_assigned_to_data_is_a_copy():
    array = np.ones(2, np.float32)
    p, q = nn.Parameter([0.0, 0.0]), nn.Parameter([0.0, 0.0])
    p.data = array
    q.data = p.data
    with no_grad():
        p += 1
    assert (array.tolist(), p.data.tolist(), q.data.tolist()) == ([1, 1], [2, 2], [1, 1])


@pytest.mark.parametrize("value", [[3, 4], [3.0, 4.0], np.array([3, 4]), Tensor([3.0, 4.0])])
def test_data_of_any_kind_can_be_trained(value):
    p = nn.Parameter([1.0, 2.0])
    p.data = value
    (p * p).sum().backward()
    optim.SGD([p], lr=0.5).step()
    assert p.dtype == np.float32
    assert p.data.tolist() == [0, 0]


def test_data_of_a_scalar_parameter_stays_an_array():
    p = nn.Parameter(2.0)
    p.data = p.data * 1.0
    (p * p).backward()
    optim.SGD([p], lr=0.25).step()
    assert p.data == 1


@pytest.mark.parametrize("value", [3.0, [1.0], np.ones((2, 1)), np.ones(3)])
def test_data_and_gradients_of_another_shape_are_refused(value):
    p = nn.Parameter([1.0, 2.0])
    with pytest.raises(ValueError, match=r"\(2,\)"):
        p.data = value
    with pytest.raises(ValueError, match=r"\(2,\)"):
        p.grad = value


# ---------------------------------------------------------------------------------------------
# Stale graphs
# ---------------------------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(4, 2)).astype(np.float32)


def net(inputs=3, outputs=2):
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(inputs, 4), nn.Tanh(), nn.Linear(4, outputs))


def sgd(module):
    return optim.SGD(module.parameters(), lr=0.1)


def set_data(model, loss):
    model[0].weight.data = model[0].weight.data * 1.0


def change_data(model, loss):
    model[0].weight.data -= 0.1


def change_in_place(model, loss):
    with no_grad():
        model[0].weight *= 0.5


def step(model, loss):
    loss.backward()
    sgd(model).step()


def load(model, loss):
    model.load_state_dict(model.state_dict())


@pytest.mark.parametrize("change", [set_data, change_data, change_in_place, step, load])
def test_a_change_between_forward_and_backward_raises(change):
    model = net()
    loss = F.mse_loss(model(X), Y)
    change(model, loss)
    with pytest.raises(RuntimeError, match=r"'0\.weight' was changed .* compute the loss again"):
        loss.backward()
    F.mse_loss(model(X), Y).backward()


def test_a_recurrent_net_without_detach_raises():
    cell = nn.Linear(5, 2)
    optimizer = sgd(cell)
    h = np.tanh(cell(np.ones((4, 5), np.float32)))
    F.mse_loss(h, Y).backward()
    optimizer.step()
    h = np.tanh(cell(np.concatenate([X, h], axis=1)))
    with pytest.raises(RuntimeError, match="changed in place"):
        F.mse_loss(h, Y).backward()


def test_the_second_backward_of_a_gan_after_the_first_step_raises():
    generator, judge = net(3, 3), net(3, 1)
    scores = judge(generator(X))
    scores.sum().backward()
    sgd(judge).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        (-scores).sum().backward()


def accumulate():
    model = net()
    for i in range(4):
        F.mse_loss(model(X[i : i + 1]), Y[i : i + 1]).backward()
    sgd(model).step()


def several_losses():
    model = net()
    out = model(X)
    for loss in (F.mse_loss(out, Y), (out * out).mean()):
        loss.backward()
    sgd(model).step()


def gan():
    generator, judge = net(3, 3), net(3, 1)
    optimizers = sgd(generator), sgd(judge)
    for _ in range(2):
        fake = generator(X)
        judge(fake.detach()).mean().backward()
        optimizers[1].step()
        judge(fake).mean().backward()
        optimizers[0].step()


def heads_of_one_body():
    body, heads = nn.Linear(3, 4), [nn.Linear(4, 2), nn.Linear(4, 2)]
    features = body(X)
    losses = [F.mse_loss(head(features), Y) for head in heads]
    for loss, head in zip(losses, heads):
        loss.backward()
        sgd(head).step()


def shared_weights():
    layer = nn.Linear(3, 3)
    for _ in range(2):
        F.mse_loss(layer(layer(X)), X).backward()
        sgd(layer).step()


def recurrent_with_detach():
    cell = nn.Linear(5, 2)
    h = Tensor(np.zeros((4, 2), np.float32))
    for _ in range(3):
        h = np.tanh(cell(np.concatenate([X, h.detach()], axis=1)))
        F.mse_loss(h, Y).backward()
        sgd(cell).step()


def evaluate_between():
    model = net()
    loss = F.mse_loss(model(X), Y)
    with no_grad():
        model.eval()(X).numpy()
    loss.backward()
    sgd(model.train()).step()


def average():
    model, mean = net(), net()
    loss = F.mse_loss(model(X), Y)
    with no_grad():
        for m, p in zip(mean.parameters(), model.parameters()):
            m *= 0.9
            m += 0.1 * p
    for m, p in zip(mean.parameters(), model.parameters()):
        m.data = 0.9 * m.data + 0.1 * p.data
    loss.backward()


def clip_weights():
    model = net()
    for _ in range(2):
        F.mse_loss(model(X), Y).backward()
        sgd(model).step()
        for p in model.parameters():
            p.data = np.clip(p.data, -0.1, 0.1)


def schedule():
    model = net()
    optimizer = sgd(model)
    for lr in (0.1, 0.01):
        optimizer.lr = lr
        F.mse_loss(model(X), Y).backward()
        optimizer.step()


def backward_twice():
    loss = F.mse_loss(net()(X), Y)
    loss.backward()
    loss.backward()


def double_backward():
    w = variable([1.0, 2.0])
    for _ in range(2):
        (slope,) = autograd.grad((w**3).sum(), w, create_graph=True)
        (slope * slope).sum().backward()
        optim.SGD([w], lr=1e-3).step()


def line_search():
    model = net()
    F.mse_loss(model(X), Y).backward()
    state = model.state_dict()
    for lr in (1.0, 0.1):
        model.load_state_dict(state)
        with no_grad():
            for p in model.parameters():
                p -= lr * p.grad
            float(F.mse_loss(model(X), Y))


PATTERNS = [accumulate, several_losses, gan, heads_of_one_body, shared_weights]
PATTERNS += [recurrent_with_detach, evaluate_between, average, clip_weights, schedule]
PATTERNS += [backward_twice, double_backward, line_search]


@pytest.mark.parametrize("train", PATTERNS)
def test_training_as_it_is_done_raises_nothing(train):
    train()


# ---------------------------------------------------------------------------------------------
# What would train in vain
# ---------------------------------------------------------------------------------------------

OUTSIDE = variable(np.ones((3, 1)), name="outside")


class Net(nn.Module):
    """A layer that is found, and a part that `add` and `use` say."""

    shared = nn.Parameter([1.0])

    def __init__(self, add=lambda net: None, use=lambda net, x: 0):
        self.layer = nn.Linear(3, 1)
        self.use = use
        add(self)

    def forward(self, x):
        return self.layer(x) + self.use(self, x)


LOST = {
    # name: (what a module is given, how it uses that, what the warning calls it)
    "Tensor": (
        lambda n: setattr(n, "w", variable([1.0])),
        lambda n, x: n.w,
        r"Tensor of .* \(1,\)",
    ),
    "list": (lambda n: setattr(n, "ws", [variable([1.0])]), lambda n, x: n.ws[0], "Tensor of"),
    "set": (lambda n: setattr(n, "ws", {nn.Parameter([1.0])}), lambda n, x: sum(n.ws), "Parameter"),
    "object": (
        lambda n: setattr(n, "part", types.SimpleNamespace(w=nn.Parameter([1.0]))),
        lambda n, x: n.part.w,
        "Parameter of",
    ),
    "class": (lambda n: None, lambda n, x: n.shared, "Parameter of"),
    "global": (lambda n: None, lambda n, x: x @ OUTSIDE, "outside"),
    "new layer at each call": (lambda n: None, lambda n, x: nn.Linear(3, 1)(x), "weight, bias"),
}


@pytest.mark.parametrize(("add", "use", "name"), LOST.values(), ids=LOST)
def test_what_parameters_does_not_find_is_told(add, use, name, monkeypatch):
    monkeypatch.setattr(nn.mistakes, "_warned", set())
    with pytest.warns(UserWarning, match=rf"parameters\(\) does not find \({name}.*nn.Parameter"):
        Net(add, use)(X)


def test_it_is_told_once_and_when_there_is_a_graph():
    model = Net(use=lambda net, x: x @ OUTSIDE)
    with no_grad():
        model(X)
    with pytest.warns(UserWarning, match="outside"):
        model(X)
    model(X)


def with_input_gradient(net, x):
    x = variable(x)
    return autograd.grad((x * x).sum(), x, create_graph=True)[0].sum(axis=1, keepdims=True)


FOUND = {
    "variable": (X, lambda net, x: 0),
    "result": (nn.Linear(3, 3)(X), lambda net, x: 0),
    "variable of its own": (X, with_input_gradient),
    "several": ([variable(X), {"a": nn.Linear(3, 3)(X)}], lambda net, x: 0),
}


@pytest.mark.parametrize(("given", "use"), FOUND.values(), ids=FOUND)
def test_inputs_are_no_lost_parameters(given, use):
    model = Net(use=use)
    if isinstance(given, list):
        model.forward = lambda xs: model.layer(xs[0]) + model.layer(xs[1]["a"])
    model(given)


def test_what_an_outer_module_holds_is_found():
    class Part(nn.Module):
        def forward(self, x):
            return x * model.scale

    model = nn.Module()
    model.scale, model.part = nn.Parameter([2.0]), Part()
    model.forward = lambda x: model.part(x)
    model(X)


@pytest.mark.parametrize("value", [variable([[1.0] * 3]), np.ones((1, 3)), 0.5])
def test_a_parameter_is_replaced_by_parameters_alone(value):
    layer = nn.Linear(3, 1)
    with pytest.raises(TypeError, match=r"weight is a Parameter.* weight\.data = \.\.\."):
        layer.weight = value
    with pytest.raises(TypeError, match="in place under no_grad"):
        layer.weight -= 1.0
    with no_grad():
        layer.weight -= 1.0
    layer.weight, layer.bias = nn.Parameter([[1.0] * 3]), None
    assert [path for path, _ in layer.named_parameters()] == ["weight"]


def test_parameters_can_be_gone_through_twice():
    parameters = net().parameters()
    assert len(list(parameters)) == len(list(parameters)) == 4
    with pytest.raises(ValueError, match="no parameters to clip"):
        nn.utils.clip_grad_norm_(iter([]), 1.0)


def test_a_step_without_gradients_is_told():
    model = net()
    optimizer = sgd(model)
    F.mse_loss(model(X), Y).backward()
    optimizer.zero_grad()
    for _ in range(2):
        with pytest.warns(UserWarning, match="changes nothing, as no parameter has a gradient"):
            optimizer.step()
    model[0](X).sum().backward()
    optimizer.step()


# ---------------------------------------------------------------------------------------------
# no_grad() and detect_anomaly() as decorators
# ---------------------------------------------------------------------------------------------


def records():
    return (variable(1.0) * 2).requires_grad


class Decorated:
    @no_grad()
    def method(self):
        return records()

    @classmethod
    @no_grad()
    def of_class(cls):
        return records()

    @staticmethod
    @no_grad()
    def static():
        return records()

    @no_grad()
    def recursive(self, depth):
        return records() or (depth > 0 and self.recursive(depth - 1)) or records()


def test_decorated_methods():
    it = Decorated()
    assert not any([it.method(), it.of_class(), it.static(), it.recursive(3)])
    assert records()


def test_a_decorated_generator_records_nothing_while_it_runs():
    @no_grad()
    def batches():
        try:
            sent = yield records()
            yield sent, records()
        except KeyError:
            yield records()

    it = batches()
    assert [next(it), records(), it.send(1), records()] == [False, True, (1, False), True]
    assert [it.throw(KeyError), records()] == [False, True]
    it.close()
    assert records()


def test_a_decorated_coroutine_leaves_other_tasks_alone():
    @no_grad()
    async def predict():
        before = records()
        await asyncio.sleep(0)
        return before or records()

    async def train():
        await asyncio.sleep(0)
        return records()

    async def both():
        return await asyncio.gather(predict(), train(), predict())

    assert asyncio.run(both()) == [False, True, False]


def test_an_exception_ends_what_a_decorator_began():
    @no_grad()
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert records()


@pytest.mark.parametrize("decorate", [no_grad, autograd.detect_anomaly])
def test_a_class_is_not_decorated(decorate):
    with pytest.raises(TypeError, match=r"Model is a class.* each of"):

        @decorate()
        class Model:
            pass


def test_detect_anomaly_as_a_decorator():
    @autograd.detect_anomaly()
    def losses(*numbers):
        for number in numbers:
            yield np.log(variable(number))

    it = losses(1.0, 0.0)
    assert next(it).item() == 0
    with np.errstate(divide="ignore"):
        np.log(variable(0.0))
    with pytest.raises(autograd.AnomalyError, match="-inf was born in Log"):
        next(it)
