"""Where a NaN was born: the op, the pass, the line, and the way to the parameters."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad import Tensor, diagnose, ops

ROWS = np.arange(2)
DIGITS = np.array([1, 2])


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def parameter(data, name):
    return Tensor(data, requires_grad=True, name=name)


def naive(z):
    exps = np.exp(z)
    probs = exps / exps.sum(axis=1, keepdims=True)
    log_probs = np.log(probs)
    return -log_probs[ROWS, DIGITS].mean()


def names(path):
    return [(place.tensor.op.name if place.tensor.op else "leaf", place.in_pass) for place in path]


def test_exp_overflows():
    z = parameter([[100.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "z")
    loss = naive(z)
    loss.backward()
    found = diagnose(loss)
    assert len(found.births) == 1
    birth = found.first
    assert (birth.op, birth.in_pass) == ("Exp", "forward")
    assert birth.tensor.site.source == "exps = np.exp(z)"
    assert birth.reached == (z,)
    assert names(birth.path(z)) == [
        ("Exp", "forward"),
        ("Div", "forward"),
        ("Div", "backward"),
        ("Exp", "backward"),
        ("leaf", "backward"),
    ]
    assert birth.has_reached(loss, "forward")
    assert "born in Exp (forward)" in str(birth)


def test_log_of_an_underflowed_target():
    z = parameter([[200.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "z")
    loss = -np.log(z.softmax())[ROWS, DIGITS].mean()
    loss.backward()
    birth = diagnose(loss).first
    assert loss.item() == np.inf
    assert (birth.op, birth.in_pass) == ("Log", "forward")
    assert birth.reached == (z,)


def test_finite_loss_with_a_gradient_that_is_not():
    # Class 0 underflows, but the targets are 1 and 2: only the gradient meets its log(0).
    z = parameter([[-200.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "z")
    loss = naive(z)
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isnan(z.grad).any()
    found = diagnose(loss)
    assert [(b.op, b.in_pass) for b in found.births] == [("Log", "forward"), ("Log", "backward")]
    assert found.births[0].reached == ()
    assert found.first is found.births[1]
    assert found.first.reached == (z,)
    assert names(found.first.path(z))[0] == ("Log", "backward")
    assert found.first.tensor.site.source == "log_probs = np.log(probs)"


def test_a_masked_branch_still_poisons_the_gradient():
    x = parameter([0.0, 4.0], "x")
    loss = np.where(x > 0, np.sqrt(x), 0.0).sum()
    loss.backward()
    birth = diagnose(loss).first
    assert np.isnan(x.grad[0])
    assert (birth.op, birth.in_pass) == ("Sqrt", "backward")


def test_the_first_parameter_reached_is_the_last_layers():
    x = Tensor(np.full((2, 3), 100.0, np.float32))
    w1, w2 = parameter(np.ones((4, 3)), "w1"), parameter(np.ones((3, 4)), "w2")
    h = ops.Linear.apply(x, w1)
    loss = naive(ops.Linear.apply(h.relu(), w2))
    loss.backward()
    birth = diagnose(loss).first
    assert [t.name for t in birth.reached] == ["w2", "w1"]
    assert birth.path(w1)[-1].tensor is w1


def test_bad_data_is_born_in_its_leaf():
    x = Tensor([np.nan, 1.0], name="x")
    w = parameter([1.0, 1.0], "w")
    loss = (x * w).sum()
    loss.backward()
    found = diagnose(loss)
    assert found.first.tensor is x
    assert found.first.op is None
    assert found.first.reached == (w,)
    assert (x, loss.parents[0]) in found.value_edges
    assert (loss.parents[0], w) in found.gradient_edges


def test_bad_weights_are_born_in_their_leaf():
    w = parameter([np.inf, 1.0], "w")
    loss = (w * 2.0).sum()
    assert diagnose(loss).first.tensor is w


def test_all_is_well():
    z = parameter([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], "z")
    loss = naive(z)
    loss.backward()
    found = diagnose(loss)
    assert found.births == ()
    assert found.first is None
    assert "finite" in str(found)


def test_before_backward_only_values_are_judged():
    z = parameter([[100.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "z")
    found = diagnose(naive(z))
    assert found.first.op == "Exp"
    assert found.first.reached == ()
    assert not found.gradient_edges
