"""Where a NaN was born: the op, the pass, the line, and the way to the parameters."""

from __future__ import annotations

import importlib
import linecache

import numpy as np
import pytest

from minigrad import Tensor, diagnose, ops, viz
from minigrad.autograd import AnomalyError, detect_anomaly

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


def causal(scores, mask=None):
    masked = (
        np.where(np.triu(np.ones((3, 3)), 1), -np.inf, scores) if mask is None else scores + mask
    )
    return (masked.softmax() ** 2).sum()


SCORES = np.arange(9.0).reshape(3, 3) / 9
MASK = np.where(np.triu(np.ones((3, 3)), 1), -np.inf, 0)
RED = "#b3001b"


class TestMasks:
    @pytest.mark.parametrize("mask", [None, MASK], ids=["where", "added"])
    def test_that_reach_nothing_are_no_births(self, mask):
        scores = parameter(SCORES, "scores")
        loss = causal(scores, mask)
        loss.backward()
        found = diagnose(loss)
        assert found.births == ()
        assert found.first is None
        assert found.value_edges == found.gradient_edges == frozenset()
        assert len(found.masked) == 2
        assert str(found) == (
            f"the -inf of a leaf of shape {() if mask is None else (3, 3)} reached neither the "
            "result nor a gradient; all else is finite"
        )

    def test_by_name(self):
        mask = Tensor(MASK, name="causal mask")
        assert str(diagnose(causal(parameter(SCORES, "s"), mask))).startswith("the -inf of causal")

    def test_in_a_parameter(self):
        z = parameter([[0.0, -np.inf, 1.0]], "z")
        loss = ops.CrossEntropy.apply(z, np.array([0]))
        loss.backward()
        assert diagnose(loss).births == ()
        assert diagnose(loss).masked == {z}

    def test_of_the_target_reaches_the_loss(self):
        z = parameter([[0.0, -np.inf, 1.0]], "z")
        found = diagnose(ops.CrossEntropy.apply(z, np.array([1])))
        assert found.first.tensor is z
        assert not found.masked

    def test_of_a_whole_row_reaches_the_loss_as_nan(self):
        found = diagnose(causal(parameter(SCORES, "scores"), np.full((3, 3), -np.inf)))
        assert found.first.op is None
        assert str(found.first).startswith("came in with a leaf")

    def test_as_the_result_itself(self):
        found = diagnose(np.where([True, False], -np.inf, parameter([1.0, 2.0], "x")))
        assert len(found.births) == 1

    def test_that_became_nan_beside_the_loss(self):
        x = parameter([1.0, 2.0], "x")
        loss = (np.where([True, False], -np.inf, x) * [0.0, 1.0])[1]
        assert len(diagnose(loss).births) == 1

    @pytest.mark.parametrize("bad", [np.inf, np.nan])
    def test_are_of_minus_inf(self, bad):
        x = parameter([1.0, 2.0], "x")
        assert len(diagnose(np.where([True, False], bad, x)[1]).births) == 1

    def test_another_birth_is_still_found(self):
        x = parameter([100.0, 2.0], "x")
        found = diagnose(np.where([True, False], -np.inf, np.exp(x)).softmax().sum())
        assert [birth.op for birth in found.births] == ["Exp"]
        assert str(found).startswith("born in Exp")

    def test_are_none_where_another_birth_joins_them(self):
        x = parameter([1.0, 0.0, 1.0], "x")
        joined = np.where([True, False, False], -np.inf, np.log(x))
        found = diagnose(joined.softmax().sum())
        assert [birth.op for birth in found.births] == ["Log"]
        assert joined not in found.masked
        assert joined.parents[0] in found.masked
        assert found.value_edges == {(joined.parents[1], joined)}

    def test_are_not_red(self):
        loss = causal(parameter(SCORES, "scores"), MASK)
        loss.backward()
        drawing = viz.draw(loss)
        assert RED not in drawing.source
        assert drawing.snapshot.graphs[0].headline() is None
        assert not any(edge.bad_value for edge in drawing.snapshot.graphs[0].edges)
        assert viz.step_through(loss).snapshot.graphs[0].births == ()
        assert (
            "every value and every gradient is finite, but for a mask"
            in viz.draw(a=loss, b=loss).source
        )

    def test_in_the_snapshot(self):
        graph = viz.snapshot(causal(parameter(SCORES, "scores"), MASK)).graphs[0]
        assert [value.data.masked for value in graph.values] == [False, True, True, *[False] * 4]


def test_a_rule_can_spare_one_of_its_inputs():
    a, b = parameter([1e38], "a"), parameter([1.0], "b")
    loss = ((a * b - 1e38) * 10.0).sum()
    loss.backward()
    (birth,) = diagnose(loss).births
    assert (birth.op, birth.in_pass, birth.reached) == ("Mul", "backward", (b,))
    assert birth.explain().entries == ("gradient of input 1[0] = inf",)


class TestSumsOfContributions:
    def test_of_finite_numbers(self):
        w = parameter([1e-3, 2e-3], "w")
        loss = (w * 3e38)[0] + (w * 3e38)[0]
        loss.backward()
        assert np.isinf(w.grad[0])
        found = diagnose(loss)
        (birth,) = found.births
        assert (birth.tensor, birth.op, birth.in_pass, birth.reached) == (w, None, "backward", (w,))
        assert found.first is birth
        assert names(birth.path(w)) == [("leaf", "backward")]
        assert str(birth).startswith("born in the sum of the gradient of w (backward)")
        assert str(birth).endswith(
            "gradient[0] = inf, from 3e+38 and 3e+38\nwhy: the contributions of 2 uses add up "
            "beyond float32, which ends at 3.403e+38"
        )

    def test_on_the_way_to_a_parameter(self):
        w = parameter([1e-3, 2e-3], "w")
        h = w * 1.0
        loss = (h * 3e38)[0] + (h * 3e38)[0] + (h * 1.0)[1]
        loss.backward()
        (birth,) = diagnose(loss).births
        assert birth.tensor is h
        assert birth.op is None
        assert birth.reached == (w,)
        assert names(birth.path(w)) == [("Mul", "backward"), ("leaf", "backward")]
        assert "gradient[0] = inf, from 0 and 3e+38 and 3e+38" in str(birth)

    def test_of_float16_end_sooner(self):
        w = parameter(np.array([1e-3], np.float16), "w")
        loss = (w * np.float16(4e4) + w * np.float16(4e4)).sum()
        loss.backward()
        assert np.isinf(w.grad[0])
        assert "add up beyond float16, which ends at 6.55e+04" in str(diagnose(loss))
        graph = viz.snapshot(loss).graphs[0]
        assert graph.values[0].grad.inf == 1
        assert graph.nodes[graph.blamed.node].label == "w"

    def test_of_float16_are_finite_if_the_sum_is(self):
        w = parameter(np.array([1e-3], np.float16), "w")
        up, down = (sign * (w * np.float16(300)) * np.float16(300) for sign in (1, -1))
        loss = (up + down).sum()
        loss.backward()
        assert w.grad == 0  # 9e4 − 9e4
        assert diagnose(loss).births == ()

    def test_a_contribution_that_float16_rounds_to_inf(self):
        w = parameter(np.array([1e-4], np.float16), "w")
        loss = ((w * np.float16(300)) * np.float16(300)).sum()
        loss.backward()
        (birth,) = diagnose(loss).births
        assert (birth.op, birth.in_pass) == ("Mul", "backward")
        assert "the gradient is too large for float16" in str(birth)

    def test_what_was_there_before(self):
        w = parameter([1.0, 2.0], "w")
        w.grad = np.array([np.nan, 0.0])
        loss = (w * 2.0).sum() + (w * 3.0).sum()
        loss.backward()
        assert str(diagnose(loss).first).startswith("came in with the gradient of w, given to")

    def test_the_gradient_given(self):
        w = parameter([1.0, 2.0], "w")
        loss = (w * w).sum()
        loss.name = "loss"
        loss.backward(np.inf)
        found = diagnose(loss)
        (birth,) = found.births
        assert (birth.tensor, birth.op, birth.in_pass, birth.reached) == (
            loss,
            None,
            "backward",
            (w,),
        )
        assert birth.explain() is None
        assert str(found).startswith("came in with the gradient of loss, given to backward()")
        assert (loss.parents[0], w) in found.gradient_edges

    def test_the_gradient_given_to_a_leaf(self):
        w = parameter([1.0, 2.0], "w")
        w.backward([np.nan, 1.0])
        assert diagnose(w).first.reached == (w,)

    def test_they_are_drawn(self):
        w = parameter([1e-3, 2e-3], "w")
        h = w * 1.0
        h.name = "h"
        loss = (h * 3e38)[0] + (h * 3e38)[0]
        loss.backward()
        drawing = viz.draw(loss)
        assert (
            "inf was born in the sum of the gradient of h" in drawing.snapshot.graphs[0].headline()
        )
        assert drawing.snapshot.graphs[0].headline().endswith("and reached w")
        assert "∂ inf born in this sum" in drawing.source
        graph = drawing.snapshot.graphs[0]
        assert graph.nodes[graph.blamed.node].label == "h"
        assert [graph.edges[i].target for i, _ in graph.blamed.path] == [graph.blamed.node, "o2"]

    def test_a_given_one_is_drawn(self):
        loss = (parameter([1.0, 2.0], "w") ** 2).sum()
        page = viz.step_through(loss, gradient=np.inf)
        assert "inf came in with the gradient of loss" in page.snapshot.graphs[0].headline()
        loss.backward(np.inf)
        assert "∂ inf came in here" in viz.draw(loss).source


def test_a_line_is_withheld_if_its_file_was_edited_since(tmp_path, monkeypatch):
    """No line rather than a wrong one, in all that names a line."""
    code = "import numpy as np\n\n\ndef scores_of(z):\n    return np.exp(z)\n"
    module = tmp_path / "a_students_model.py"
    module.write_text(code, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    scores_of = importlib.import_module("a_students_model").scores_of
    with np.errstate(all="ignore"):
        loss = scores_of(Tensor([1000.0], requires_grad=True))
        assert "return np.exp(z)" in str(diagnose(loss))
        for edited, shown in ((f"# mine\n{code}", False), (f"{code}\n# more\n", True)):
            module.write_text(edited, "utf-8")
            linecache.clearcache()
            assert loss.site.source == "return np.exp(z)" * shown
            assert ("np.exp(z)" in str(diagnose(loss)).splitlines()[1]) == shown
            site = viz.snapshot(loss).graphs[0].ops[0].site
            assert site.source == ("return np.exp(z)" if shown else None)
            with pytest.raises(AnomalyError) as raised, detect_anomaly():
                scores_of(Tensor([1000.0], requires_grad=True))
            assert ("return np.exp(z)" in str(raised.value)) == shown
