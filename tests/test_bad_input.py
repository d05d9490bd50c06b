"""Wrong calls raise at the call, and name the offending shape, dtype, index or name."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, autograd, datasets, nn, ops, optim
from minigrad.nn import functional as F

M = Tensor(np.ones((2, 3), np.float32), requires_grad=True, name="M")
V = Tensor(np.ones(4, np.float32))
D = M.astype(np.float64).detach()
LAYER = nn.Linear(3, 2)

CALLS = {
    # name: (the wrong call, the error, what its message says)
    "broadcast": (lambda: M + V, ValueError, r"Add of shapes \(2, 3\) and \(4,\): .*equal or 1"),
    "array first": (lambda: np.ones(5) * M, ValueError, r"Mul of shapes \(5,\) and \(2, 3\)"),
    "where": (lambda: np.where(np.ones(5, bool), M, 0), ValueError, r"Where of shapes \(2, 3\)"),
    "matmul": (lambda: M @ np.ones((4, 5)), ValueError, r"3 columns meet 4 rows; .*\.T"),
    "matmul vector": (lambda: M @ V, ValueError, r"\(2, 3\) and \(4,\): .*3 columns meet 4"),
    "matmul number": (lambda: M @ Tensor(2.0), ValueError, r"\(2, 3\) and \(\): .*\* instead"),
    "matmul batch": (lambda: np.ones((2, 3, 4)) @ Tensor(np.ones((3, 4, 2))), ValueError, "MatMul"),
    "linear": (lambda: F.linear(M, np.ones((2, 4))), ValueError, r"Linear of .*3 columns meet 4"),
    "bias": (lambda: F.linear(M, np.ones((2, 3)), np.ones(5)), ValueError, r"shape \(2,\)"),
    "bias matrix": (lambda: F.linear(M, np.ones((4, 3)), np.ones((2, 4))), ValueError, r"\(4,\)"),
    "layer": (lambda: LAYER(np.ones((2, 4))), ValueError, r"Linear\(3, 2\) .*\(2, 4\).* be 3"),
    "reshape": (lambda: M.reshape(4, 2), ValueError, r"Reshape of shape \(2, 3\).*\(4,2\)"),
    "transpose": (lambda: M.transpose(0, 2), ValueError, r"Transpose of shape \(2, 3\): axis 2"),
    "squeeze": (lambda: M.squeeze(0), ValueError, r"Squeeze of shape \(2, 3\)"),
    "broadcast_to": (lambda: M.broadcast_to(4, 5), ValueError, r"\(2, 3\).*\(4,5\)"),
    "sum axis": (lambda: M.sum(axis=2), ValueError, r"Sum of shape \(2, 3\): axis 2"),
    "softmax axis": (lambda: M.softmax(axis=3), ValueError, r"Softmax of shape \(2, 3\): .*axis 3"),
    "softmax 0-d": (lambda: F.softmax(1.0), ValueError, "^Softmax needs an axis"),
    "softmax of nothing": (lambda: F.softmax(np.ones((2, 0))), ValueError, "at least one class"),
    "max of nothing": (lambda: Tensor([]).max(), ValueError, r"Max of shape \(0,\)"),
    "concatenate": (lambda: np.concatenate([M, V]), ValueError, r"\(2, 3\) and \(4,\)"),
    "stack": (lambda: np.stack([M, V]), ValueError, r"\(2, 3\) and \(4,\)"),
    "index": (lambda: M[5], IndexError, r"GetItem of shape \(2, 3\): index 5"),
    "mask": (lambda: M[np.ones((3, 3), bool)], IndexError, r"\(2, 3\).* mask|boolean"),
    "einsum": (lambda: np.einsum("ij,jk", M, V), ValueError, r"Einsum of shapes \(2, 3\)"),
    "einsum letters": (lambda: np.einsum("i,j->k", V, V), ValueError, r"Einsum .*: (?!they do)"),
    "cross_entropy of no classes": (
        lambda: F.cross_entropy(np.ones((2, 0, 3)), np.ones((2, 0, 3))),
        ValueError,
        "at least one class",
    ),
    "linear by a number": (lambda: ops.Linear.apply(M, 3.0), ValueError, "a number has no axes"),
    "ignore a class of probabilities": (
        lambda: F.cross_entropy(np.ones((2, 2)), np.full((2, 2), 0.5), ignore_index=0),
        ValueError,
        "ignore_index=0 names a class",
    ),
    "einsum lists": (lambda: np.einsum(M, [0, 1]), TypeError, "as a string"),
    "tensordot": (lambda: np.tensordot(M, np.ones((4, 3)), 1), ValueError, r"\[1\] and \[0\]"),
    "tensordot no axes": (lambda: np.tensordot(M, M, -1), ValueError, "no -1 axes"),
    "tensordot axes": (lambda: np.tensordot(M, V), ValueError, "no 2 axes"),
    "tensordot length 1": (
        lambda: np.tensordot(M, np.ones((1, 2)), ([1], [0])),  # NumPy broadcasts none, either
        ValueError,
        r"axes \[1\] and \[0\]: they differ",
    ),
    "moveaxis": (lambda: np.moveaxis(M, [0, 1], [0]), ValueError, "same number"),
    "moveaxis twice": (lambda: np.moveaxis(M, [0, 0], [0, 1]), ValueError, "repeated axis"),
    "swapaxes": (lambda: M.swapaxes(0, 2), IndexError, "index out of range"),
    "repeat axis": (lambda: np.repeat(M, 2, axis=2), ValueError, "axis 2 is out of bounds"),
    "repeat unevenly": (lambda: np.repeat(M, [1, 2, 3], axis=0), ValueError, "broadcast"),
    "hstack": (lambda: np.hstack([M, V]), ValueError, r"\(2, 3\) and \(4,\)"),
    "vstack": (lambda: np.vstack([M, V]), ValueError, r"\(2, 3\) and \(1, 4\)"),
    "dot": (lambda: M.dot(V), ValueError, "3 columns meet 4"),
    "norm of a matrix": (lambda: np.linalg.norm(M, 2), TypeError, r"ord=2 has no rule"),
    "norm of three axes": (
        lambda: np.linalg.norm(Tensor(np.ones((2, 3, 4))), axis=(0, 1, 2)),
        TypeError,
        "no rule",
    ),
    "norm fro": (lambda: np.linalg.norm(V, "fro"), TypeError, "ord='fro' has no rule"),
    "norm 0": (lambda: np.linalg.norm(V, 0), TypeError, "ord=0 has no rule"),
    "norm nan": (lambda: np.linalg.norm(V, np.nan), TypeError, "ord=nan has no rule"),
    "format of many": (lambda: f"{M:.3f}", ValueError, r"one element, .* shape \(2, 3\)"),
    "format as text": (lambda: f"{M.sum():d}", ValueError, "'d'"),
    "clip": (lambda: M.clip(), ValueError, "a lower bound, an upper bound or both"),
    "add text": (lambda: M + "a", TypeError, "real numbers.*not str"),
    "add None": (lambda: M + None, TypeError, "not NoneType"),
    "complex": (lambda: M * 1j, TypeError, "complex128"),
    "astype": (lambda: M.astype("complex64"), TypeError, "complex64"),
    "backward of many": (lambda: (M * 2).backward(), RuntimeError, r"\(2, 3\).*reduce it first"),
    "backward of none": (lambda: V.sum().backward(), RuntimeError, "requires_grad=True"),
    "backward shape": (lambda: (M * 2).backward([1.0]), ValueError, r"\(1,\).*\(2, 3\)"),
    "backward text": (lambda: (M * 2).backward("a"), TypeError, "str"),
    "grad of text": (lambda: autograd.grad("a", M), TypeError, "expected a Tensor, got str"),
    "grad to array": (lambda: autograd.grad(M.sum(), V.data), TypeError, "got ndarray"),
    "grad counts": (lambda: autograd.grad([M.sum()], M, [1, 1]), ValueError, "1 outputs need 1"),
    "grad of many": (lambda: autograd.grad(M * 2, M), RuntimeError, r"\(2, 3\)"),
    "steps": (lambda: mg.steps(3), TypeError, "expected a Tensor, got int"),
    "diagnose": (lambda: mg.diagnose(None), TypeError, "expected a Tensor, got NoneType"),
    "draw": (lambda: mg.draw(3), TypeError, "expected a Tensor, got int"),
    "direction": (lambda: mg.draw(M, direction="up"), ValueError, "'up'"),
    "suffix": (lambda: mg.draw(M).save("x.gif"), ValueError, r"\.gif"),
    "gradcheck result": (lambda: autograd.gradcheck(lambda x: 3, _d()), TypeError, "got int"),
    "gradcheck input": (lambda: autograd.gradcheck(np.sin, np.ones(3)), TypeError, "got ndarray"),
    "jacobian": (lambda: autograd.functional.jacobian(lambda x: 3.0, D), TypeError, "got float"),
    "hvp": (lambda: autograd.functional.hvp(lambda x: (x * x).sum(), D, [1.0]), ValueError, r"1,"),
    "item": (lambda: M.item(), ValueError, r"\(2, 3\)"),
    "len": (lambda: len(Tensor(1.0)), TypeError, "0-d Tensor has no length"),
    "iterate": (lambda: list(Tensor(1.0)), TypeError, "0-d Tensor"),
    "truth": (lambda: bool(M), ValueError, "ambiguous"),
    "targets as text": (lambda: F.cross_entropy(M, ["a", "b"]), TypeError, "real numbers"),
    "no targets": (lambda: F.cross_entropy(M, None), TypeError, "real numbers"),
    "reduction": (lambda: F.nll_loss(-M, [0, 1], reduction=None), ValueError, "not None"),
    "mse": (lambda: F.mse_loss(M, V), ValueError, r"\(2, 3\) and the target \(4,\)"),
    "mse of nothing": (lambda: F.mse_loss([], []), ValueError, "empty batch"),
    "num_classes": (lambda: F.one_hot([0], 0), ValueError, "at least 1, got 0"),
    "dropout": (lambda: F.dropout(M, 1.5), ValueError, r"\[0, 1\), got 1\.5"),
    "features": (lambda: nn.Linear(0, 3), ValueError, "not 0"),
    "half a feature": (lambda: nn.Linear(3.5, 2), ValueError, r"not 3\.5"),
    "flatten": (lambda: nn.Flatten()(Tensor(1.0)), ValueError, "0-d"),
    "parameter": (lambda: nn.Parameter("a"), TypeError, "not str"),
    "state": (lambda: LAYER.load_state_dict([1]), TypeError, "got list"),
    "lr": (lambda: optim.SGD(LAYER.parameters(), lr="fast"), ValueError, "got fast"),
    "one parameter": (lambda: optim.SGD(M, lr=0.1), TypeError, "model.parameters"),
    "betas": (lambda: optim.Adam([M], betas=0.9), ValueError, r"two numbers .* got 0\.9"),
    "batch size": (lambda: datasets.batches(V.data, batch_size=1.5), ValueError, r"got 1\.5"),
    "save a list": (lambda: mg.save("x.npz", [1]), TypeError, "got list"),
    "save nowhere": (
        lambda: mg.save("nowhere/x.npz", {}),
        FileNotFoundError,
        "no folder .*nowhere",
    ),
    "option of an op": (lambda: ops.Sum.apply(M, axs=1), TypeError, "axs"),
}


def _d():
    return Tensor(D.data, requires_grad=True)


@pytest.mark.parametrize(("call", "error", "says"), CALLS.values(), ids=CALLS)
def test_wrong_calls(call, error, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=says):
        call()
    assert M.grad is None
    assert list(tmp_path.iterdir()) == []


def test_integer_scores_are_computed_as_floats():
    probs = np.exp([1.0, 2.0, 3.0]) / np.exp([1.0, 2.0, 3.0]).sum()
    np.testing.assert_allclose(F.softmax([1, 2, 3]).data, probs)
    assert F.cross_entropy([[1, 2, 3]], [0]).item() == pytest.approx(-np.log(probs[0]))
    assert F.nll_loss(np.array([[-1, -2]]), [1]).item() == 2
    pixels = np.array([1, 255], np.uint8), np.array([255, 1], np.uint8)
    assert F.mse_loss(*pixels).item() == 254**2
