"""The plots show the numbers that they are given; the Recorder records those that there were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import mpmath
import numpy as np
import pytest
from exact import Exact

import minigrad as mg
from minigrad import Tensor, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.viz.plots import failure
from minigrad.viz.plots.recorder import Recorder, l2_norm

matplotlib.use("Agg")

from matplotlib import pyplot as plt

EXAMPLES = Path(__file__).parent.parent / "examples"
NAN, INF = float("nan"), float("inf")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def recorder_of(gradients, **options):
    """A Recorder that has seen these gradients of a parameter w, one array for each step."""
    w = Tensor(np.zeros_like(gradients[0]), requires_grad=True)
    recorder = Recorder({"w": w}, **options)
    for g in gradients:
        w.grad = g
        recorder.record(0.5)
    return recorder


def texts(ax):
    return [text.get_text() for text in ax.texts]


def curves(ax):
    """The lines with a name, as arrays; not the marks."""
    named = [line for line in ax.lines if not line.get_label().startswith("_")]
    return {line.get_label(): np.asarray(line.get_ydata(), float) for line in named}


class TestRecorder:
    def test_losses_and_norms_of_a_training_are_those_computed_by_hand(self):
        mg.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        recorder = Recorder(model)
        x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
        losses, norms = [], {name: [] for name, _ in model.named_parameters()}
        for _ in range(3):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), [0, 1, 0, 1, 1])
            loss.backward()
            recorder.record(loss)
            losses.append(loss.item())
            for name, parameter in model.named_parameters():
                norms[name].append(np.sqrt((parameter.grad.astype(float) ** 2).sum()))
            optimizer.step()
        assert recorder.losses == losses
        assert list(recorder.gradient_norms) == ["0.weight", "0.bias", "2.weight", "2.bias"]
        for name, expected in norms.items():
            np.testing.assert_allclose(recorder.gradient_norms[name], expected, rtol=1e-6)
        assert repr(recorder) == "<Recorder of 4 parameters, 3 steps>"

    def test_recording_leaves_gradients_alone_and_keeps_plain_numbers(self):
        g = np.array([3.0, 4.0], np.float32)
        recorder = recorder_of([g])
        g[:] = 0
        assert recorder.gradient_norms == {"w": [5.0]}
        assert type(recorder.gradient_norms["w"][0]) is float
        assert type(recorder.losses[0]) is float

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    @pytest.mark.parametrize(
        ("entries", "norm"), [([1, NAN], NAN), ([1, INF], INF), ([-INF, 1], INF), ([INF, NAN], NAN)]
    )
    def test_nan_and_inf_are_recorded_as_such(self, dtype, entries, norm):
        recorder = recorder_of([np.array(entries, dtype)])
        np.testing.assert_equal(recorder.gradient_norms["w"], [norm])
        (histogram,) = recorder.histograms["w"]
        assert histogram.nonfinite == sum(not np.isfinite(entry) for entry in entries)

    @pytest.mark.parametrize(
        ("entry", "dtype"),
        [
            (6e4, np.float16),
            (6e-8, np.float16),
            (1e38, np.float32),
            (1e-45, np.float32),
            (1e-20, np.float32),
            (1e307, np.float64),
            (5e-324, np.float64),
        ],
    )
    def test_squares_neither_overflow_nor_underflow(self, entry, dtype):
        g = np.full(4, entry, dtype)
        assert l2_norm(g) == pytest.approx(2 * float(g[0]), rel=1e-6, abs=0)

    @pytest.mark.parametrize("shape", [(), (0,), (3, 4), (2, 3, 4)])
    def test_norms_of_any_shape_and_memory_layout(self, shape):
        g = np.random.default_rng(0).normal(size=shape)
        expected = np.sqrt((g**2).sum())
        assert l2_norm(np.asarray(g)) == pytest.approx(expected)
        assert l2_norm(np.asarray(g).T) == pytest.approx(expected)
        assert l2_norm(np.broadcast_to(2.0, shape)) == pytest.approx(2 * np.sqrt(g.size))

    def test_a_parameter_that_backward_did_not_reach_has_norm_0(self):
        used, unused = (Tensor([2.0], requires_grad=True) for _ in range(2))
        recorder = Recorder({"used": used, "unused": unused})
        used.sum().backward()
        recorder.record(2.0)
        assert recorder.gradient_norms == {"used": [1.0], "unused": [0.0]}
        assert recorder.histograms["unused"][0].zeros == 1

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    @pytest.mark.parametrize("size", [5, 40_000])
    def test_histograms_count_the_powers_of_two(self, dtype, size):
        rng = np.random.default_rng(0)
        g = (
            rng.uniform(0.1, 1, size) * rng.choice([-1, 1], size) * 10 ** rng.uniform(-1, 3, size)
        ).astype(dtype)
        g[:2] = 0, -0.0
        g[2:5] = NAN, -INF, 2
        (histogram,) = recorder_of([g.reshape(-1, 5)]).histograms["w"]
        assert (histogram.step, histogram.zeros, histogram.nonfinite) == (1, 2, 2)
        sizes = np.abs(g[np.isfinite(g) & (g != 0)].astype(np.float64))
        exponents, counts = np.unique(np.floor(np.log2(sizes)), return_counts=True)
        found = {histogram.lowest + i: n for i, n in enumerate(histogram.counts) if n}
        assert found == dict(zip(exponents, counts))
        assert histogram.counts[0] > 0
        assert histogram.counts[-1] > 0

    def test_subnormal_numbers_share_a_bin(self):
        g = np.array([6e-8, 3e-5, 2**-14], np.float16)
        (histogram,) = recorder_of([g]).histograms["w"]
        assert (histogram.lowest, list(histogram.counts)) == (-15, [2, 1])

    def test_histograms_are_taken_at_every_kth_step(self):
        recorder = recorder_of([np.ones(2)] * 7, histogram_every=3)
        assert [histogram.step for histogram in recorder.histograms["w"]] == [1, 4, 7]
        assert len(recorder.gradient_norms["w"]) == 7

    def test_what_it_refuses(self):
        with pytest.raises(TypeError, match="not a list"):
            Recorder([Tensor([1.0], requires_grad=True)])
        with pytest.raises(TypeError, match="'w' is a ndarray, not a Tensor"):
            Recorder({"w": np.ones(2)})
        with pytest.raises(ValueError, match="no parameters to follow"):
            Recorder(nn.ReLU())
        for every in (0, -1, 2.5):
            with pytest.raises(ValueError, match=f"positive integer, got {every}"):
                Recorder(nn.Linear(1, 1), histogram_every=every)
        recorder = Recorder(nn.Linear(1, 1))
        with pytest.raises(ValueError, match=r"call loss\.backward\(\) before record\(loss\)"):
            recorder.record(1.0)
        assert recorder.losses == []


class TestLosses:
    def test_lines_show_the_losses_against_steps_from_1(self):
        given = {"a": [3.0, 2.0, 1.5], "b": [2.5, 2.0]}
        ax = viz.plot_losses(given)
        assert {name: list(values) for name, values in curves(ax).items()} == given
        assert [list(line.get_xdata()) for line in ax.lines] == [[1, 2, 3], [1, 2]]
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")

    def test_of_a_recorder_or_a_list(self):
        assert list(curves(viz.plot_losses(recorder_of([np.ones(1)] * 2)))["loss"]) == [0.5, 0.5]
        assert list(curves(viz.plot_losses(np.array([2.0, 1.0])))["loss"]) == [2, 1]

    @pytest.mark.parametrize(
        ("losses", "scale"),
        [
            ([2.0, 1.0], "linear"),
            ([2.0, 0.21], "linear"),
            ([2.0, 0.19], "log"),
            ([2.0, 0.0], "linear"),
            ([2.0, -1e-3], "linear"),
            ([NAN, 2.0, 0.1], "log"),
            ([NAN, INF], "linear"),
        ],
    )
    def test_the_axis_is_logarithmic_where_that_fits(self, losses, scale):
        assert viz.plot_losses(losses).get_yscale() == scale

    def test_a_linear_axis_shows_0(self):
        for losses, least in (([2.3026, 2.3025], 0), ([-3.0, 1.0], -3), ([NAN], 0)):
            low, high = viz.plot_losses(losses).get_ylim()
            assert low <= least
            assert high > 0.04

    @pytest.mark.parametrize(
        ("losses", "says"),
        [
            ([2, NAN, NAN], ["NaN from step 2 on"]),
            ([2, NAN], ["NaN at step 2"]),
            ([2, INF, NAN, NAN], ["NaN from step 3 on", "inf at step 2"]),
            ([NAN, NAN, 2], ["NaN from step 1 to 2"]),
            ([NAN, 2, NAN], ["NaN at 2 steps, first at step 1"]),
            ([2, -INF], ["−inf at step 2"]),
            ([2, 1], []),
        ],
    )
    def test_steps_that_are_not_finite_are_named(self, losses, says):
        assert texts(viz.plot_losses(losses)) == says

    def test_and_marked_where_they_are(self):
        ax = viz.plot_losses({"a": [2, 1, NAN, NAN], "b": [2, NAN, 1, NAN], "c": [2, 1, 1, 1]})
        assert np.isnan(curves(ax)["a"]).tolist() == [False, False, True, True]
        marks = [line for line in ax.lines if line.get_label().startswith("_")]
        marked = [np.flatnonzero(np.isfinite(line.get_ydata())) + 1 for line in marks]
        assert [list(steps) for steps in marked] == [[3, 4], [2, 4]]
        assert [line.get_markevery() for line in marks] == [[2], [1, 3]]
        assert {line.get_marker() for line in marks} == {"X"}
        assert texts(ax) == ["NaN from step 3 on: a", "NaN at 2 steps, first at step 2: b"]

    def test_marks_lie_beyond_the_losses(self):
        for losses in ([2.0, 1.0, INF], [20.0, 1.0, NAN], [2.0, 1.0, -INF]):
            ax = viz.plot_losses(losses)
            ax.figure.canvas.draw()
            (mark,) = (line for line in ax.lines if line.get_label().startswith("_"))
            heights = ax.transAxes.inverted().transform(
                ax.transData.transform([(1, 1), (1, losses[0])])
            )[:, 1]
            y = np.nanmax(mark.get_ydata())
            assert 0 < y < heights.min() if losses[-1] == -INF else heights.max() < y < 1
            ticks = ax.get_yticks()
            assert len(ticks) > 1
            assert all(0 <= tick <= 1.1 * losses[0] for tick in ticks)

    def test_curves_that_fail_together_share_a_row(self):
        given = {name: [1.0, NAN] for name in "abcd"}
        assert texts(viz.plot_losses(given)) == ["NaN at step 2: all"]
        assert texts(viz.plot_losses({**given, "e": [1.0, 1.0]})) == ["NaN at step 2: a and 3 more"]

    def test_many_curves_that_fail_apart_leave_room_for_the_lines(self):
        given = {str(i): [1.0, 0.5] + [1.0] * i + [NAN] * (20 - i) for i in range(15)}
        ax = viz.plot_losses(given)
        marks = [
            np.nanmax(line.get_ydata()) for line in ax.lines if line.get_label().startswith("_")
        ]
        assert len(set(marks)) == 15
        assert min(marks) > 0.5

    @pytest.mark.parametrize(
        ("bad", "error", "says"),
        [
            ([], ValueError, "'loss' must be a list with a number for each step"),
            ({}, ValueError, "no curves"),
            ([[1.0]], ValueError, r"shape \(1, 1\)"),
            ({"a": ["x"]}, TypeError, "'a' is not a list of numbers"),
            (3.0, ValueError, "shape"),
        ],
    )
    def test_what_it_refuses(self, bad, error, says):
        with pytest.raises(error, match=says):
            viz.plot_losses(bad)
        assert not plt.get_fignums()


class TestGradientFlow:
    def test_lines_show_the_norms(self):
        a, b = (Tensor([0.0, 0.0], requires_grad=True) for _ in range(2))
        recorder = Recorder({"a": a, "b": b})
        for step in (1, 2):
            a.grad, b.grad = np.array([3.0, 4.0]) * step, np.array([1e-6, 0])
            recorder.record(0.0)
        ax = viz.plot_gradient_flow(recorder)
        shown = curves(ax)
        np.testing.assert_allclose(shown["a"], [5, 10])
        np.testing.assert_allclose(shown["b"], [1e-6, 1e-6])
        assert ax.get_yscale() == "log"
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
        styles = [(line.get_marker(), tuple(line.get_color())) for line in ax.lines]
        assert len({marker for marker, _ in styles}) == len({color for _, color in styles}) == 2

    def test_nan_and_inf_are_marked_above_zeros_below(self):
        ones = np.ones(1)
        ax = viz.plot_gradient_flow(recorder_of([ones, 0 * ones, INF * ones, NAN * ones]))
        assert texts(ax) == ["NaN at step 4", "inf at step 3", "0 at step 2"]
        np.testing.assert_equal(curves(ax)["w"], [1, NAN, NAN, NAN])
        nan, inf, zero = (line for line in ax.lines if line.get_label().startswith("_"))
        assert [line.get_marker() for line in (nan, inf, zero)] == ["X", "^", "v"]
        assert np.nanmax(nan.get_ydata()) > np.nanmax(inf.get_ydata()) > 0.8
        assert np.nanmax(zero.get_ydata()) < 0.2

    def test_of_nothing_but_zeros(self):
        ax = viz.plot_gradient_flow(recorder_of([np.zeros(1)] * 2))
        ax.figure.canvas.draw()
        assert texts(ax) == ["0 from step 1 on"]

    def test_the_axis_has_numbers_whatever_it_spans(self):
        for norms in (
            [2.1, 2.4],
            [3.0, 4.0],
            [1.0, 90.0],
            [1e-300, 1e300],
            [5e-324, 1.0],
            [7.0, 7.0],
            [1e300] * 2,
        ):
            ax = viz.plot_gradient_flow(recorder_of([np.array([norm]) for norm in norms]))
            ax.figure.canvas.draw()
            assert 1 <= len(ax.get_yticks()) <= 10

    def test_what_it_refuses(self):
        with pytest.raises(TypeError, match="shows a Recorder, not a list"):
            viz.plot_gradient_flow([1.0])
        with pytest.raises(ValueError, match="nothing is recorded yet"):
            viz.plot_gradient_flow(Recorder(nn.Linear(1, 1)))


class TestGradientHistogram:
    def shown(self, ax):
        """What the heat map shows: {(exponent or "zero" or "nonfinite", step): share}."""
        mesh = ax.collections[0]
        shares = mesh.get_array()
        edges = mesh.get_coordinates()
        x = (edges[0, :-1, 0] + edges[0, 1:, 0]) / 2
        rows = {0: "zero", len(shares) - 1: "nonfinite"}
        lows = edges[:-1, 0, 1]
        return {
            (rows.get(i, int(lows[i])), float(x[j])): float(shares[i, j])
            for i, j in np.argwhere(~np.ma.getmaskarray(shares))
        }

    def test_cells_show_the_shares(self):
        first = np.array([1.0, 1.5, -3.0, 0.0], np.float32)
        second = np.array([NAN, INF, 100.0, 0.0], np.float32)
        ax = viz.plot_gradient_histogram(recorder_of([first, second], histogram_every=1), "w")
        assert self.shown(ax) == {
            (0, 1.0): 0.5,
            (1, 1.0): 0.25,
            ("zero", 1.0): 0.25,
            (6, 2.0): 0.25,
            ("zero", 2.0): 0.25,
            ("nonfinite", 2.0): 0.5,
        }
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert (labels[0], labels[-1]) == ("0", "NaN, inf")
        assert float(labels[1]) == 2 ** ax.get_yticks()[1]
        assert "w" in ax.get_title()

    def test_columns_are_as_wide_as_the_steps_between_them(self):
        ax = viz.plot_gradient_histogram(recorder_of([np.ones(1)] * 9, histogram_every=4), "w")
        assert list(self.shown(ax)) == [(0, 1.0), (0, 5.0), (0, 9.0)]
        assert ax.get_xlim() == (-1, 11)

    @pytest.mark.parametrize("entry", [0.0, NAN, 5e-324, 1.7e308, 1.0])
    def test_of_one_entry(self, entry):
        ax = viz.plot_gradient_histogram(recorder_of([np.array([entry])]), "w")
        ax.figure.canvas.draw()
        assert list(self.shown(ax).values()) == [1.0]

    def test_what_it_refuses(self):
        recorder = recorder_of([np.ones(1)])
        with pytest.raises(KeyError, match=r"follows no 'v', only \['w'\]"):
            viz.plot_gradient_histogram(recorder, "v")
        with pytest.raises(ValueError, match="nothing is recorded yet"):
            viz.plot_gradient_histogram(Recorder(nn.Linear(1, 1)), "weight")


class TestMatrices:
    def test_the_softmax_jacobian_is_the_formulas(self):
        z = np.array([2.0, 1.0, 0.0, -1.0])
        ax = viz.plot_softmax_jacobian(z)
        p = np.exp(z) / np.exp(z).sum()
        formula = np.diag(p) - np.outer(p, p)
        np.testing.assert_allclose(ax.images[0].get_array(), formula, atol=1e-15)
        written = [float(text.replace("−", "-")) for text in texts(ax)]
        np.testing.assert_allclose(written, formula.ravel(), atol=5.1e-4)
        low, high = ax.images[0].get_clim()
        assert low == -high

    def test_the_numbers_stand_in_their_cells(self):
        ax = viz.plot_matrix([[1.0, -2.0], [0.0, -1e-9]])
        assert {text.get_position(): text.get_text() for text in ax.texts} == {
            (0, 0): "1.000",
            (1, 0): "−2.000",
            (0, 1): "0.000",
            (1, 1): "0.000",
        }

    def test_large_matrices_have_no_numbers(self):
        assert len(texts(viz.plot_matrix(np.eye(10)))) == 100
        assert texts(viz.plot_matrix(np.eye(11))) == []

    def test_of_tensors_and_of_zeros(self):
        ax = viz.plot_matrix(Tensor(np.zeros((2, 3), np.float16)))
        ax.figure.canvas.draw()
        assert ax.images[0].get_array().shape == (2, 3)

    @pytest.mark.parametrize("bad", [[1.0], 3.0, np.ones((2, 2, 2)), np.ones((0, 2))])
    def test_what_is_no_matrix(self, bad):
        with pytest.raises(ValueError, match="shows a matrix, not an array of shape"):
            viz.plot_matrix(bad)

    def test_what_it_refuses(self):
        with pytest.raises(ValueError, match="not finite"):
            viz.plot_matrix([[NAN]])
        for bad in ([[1.0, 2.0]], [], [1.0, INF]):
            with pytest.raises(ValueError, match="must be one row"):
                viz.plot_softmax_jacobian(bad)
        assert not plt.get_fignums()


@pytest.fixture(scope="module")
def outcomes():
    return failure.map_of_failure()


def naive(logits, target):
    exps = np.exp(logits)
    log_probs = np.log(exps / exps.sum(axis=1, keepdims=True))
    return -log_probs[np.arange(len(target)), target].mean()


class TestMapOfFailure:
    def test_every_case_is_there_once(self, outcomes):
        cases = {(o.head, o.dtype, o.size, o.target, o.quantity) for o in outcomes}
        assert len(cases) == len(outcomes) == 5 * 3 * len(failure.SIZES) * 2 * 2

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("target", ["largest", "smallest"])
    def test_errors_agree_with_60_digit_arithmetic(self, outcomes, dtype, target):
        index = 9 if target == "largest" else 0
        info = np.finfo(dtype)
        for o in outcomes:
            if (o.dtype, o.target) != (dtype, target):
                continue
            z = (np.linspace(-1, 1, 10) * o.size).astype(dtype)
            logits = Tensor(z[None], requires_grad=True)
            with np.errstate(all="ignore"):
                loss = failure.HEADS[o.head](logits, np.array([index]))
                loss.backward()
            exact = Exact(z, index)
            got = [loss.item()] if o.quantity == "loss" else logits.grad[0].tolist()
            want = [exact.loss] if o.quantity == "loss" else exact.gradient
            if not np.isfinite(got).all():
                assert o.verdict == ("NaN" if np.isnan(got).any() else "inf")
                continue
            with mpmath.workdps(60):
                errors = [abs(g - w) / max(abs(w), float(info.tiny)) for g, w in zip(got, want)]
                assert o.error == pytest.approx(float(max(errors)), rel=1e-9, abs=1e-40)
            assert o.bound == pytest.approx((8 + float(z[9]) - float(z[0])) * info.eps)
            assert o.verdict == ("exact" if o.error <= o.bound else "inaccurate")

    def test_only_log_softmax_and_fused_are_exact_everywhere(self, outcomes):
        kept = {
            head: {o.verdict for o in outcomes if o.head == head and o.quantity == "gradient"}
            for head in failure.HEADS
        }
        assert kept["fused"] == kept["log_softmax"] == {"exact"}
        assert kept["textbook"] == {"exact", "inaccurate"}
        assert kept["naive"] == {"exact", "inaccurate", "NaN"}
        assert kept["shifted"] == {"exact", "NaN"}  # the gradient of softmax itself is exact
        losses = {(o.head, o.verdict) for o in outcomes if o.quantity == "loss"}
        assert {("textbook", "inaccurate"), ("textbook", "exact")} <= losses
        assert not {("fused", "inaccurate"), ("log_softmax", "inaccurate")} & losses

    def test_the_naive_head_is_the_examples(self, outcomes):
        own = failure.map_of_failure(heads={"naive": naive})
        theirs = [o for o in outcomes if o.head == "naive"]
        assert [o.verdict for o in own] == [o.verdict for o in theirs]

    def test_its_own_heads_and_sizes(self):
        def ten_percent_off(logits, target):
            return F.cross_entropy(logits, target) * 1.1

        found = failure.map_of_failure([1], ["float64"], {"off": ten_percent_off})
        assert [o.head for o in found] == ["off"] * 4
        assert [o.error for o in found] == pytest.approx([0.1] * 4)
        assert {o.verdict for o in found} == {"inaccurate"}
        ax = failure.plot_map_of_failure(found, "gradient", "largest")
        assert texts(ax) == ["10%"]

    def test_cells_show_verdicts_and_errors(self, outcomes):
        ax = failure.plot_map_of_failure(outcomes, "gradient", "largest")
        rows = [label.get_text().split() for label in ax.get_yticklabels()]
        sizes = [float(label.get_text()) for label in ax.get_xticklabels()]
        lost = ax.collections[0].get_array()
        signs = {text.get_position(): text.get_text() for text in ax.texts}
        expected = [o for o in outcomes if (o.quantity, o.target) == ("gradient", "largest")]
        assert len(signs) == len(expected) == lost.size
        for o in expected:
            i, j = rows.index([o.head, o.dtype]), sizes.index(o.size)
            sign = signs[j, i].replace("−", "-")
            if o.verdict in ("NaN", "inf"):
                assert sign == o.verdict
                assert np.ma.getmaskarray(lost)[i, j]
                continue
            eps = float(np.finfo(o.dtype).eps)
            digits = -np.log10(float(eps))
            kept = np.clip(-np.log10(max(o.error, eps)), 0, digits)
            assert lost[i, j] == pytest.approx(1 - kept / digits, abs=1e-9)
            if o.verdict == "exact":
                assert sign == "✓"
            else:
                written = float(sign[:-1]) / 100 if sign.endswith("%") else float(sign)
                assert written == pytest.approx(o.error, rel=0.5)

    def test_what_it_refuses(self, outcomes):
        for size in (0, -1, NAN, INF, 1e5):
            with pytest.raises(ValueError, match=f"size {size} do not fit float16"):
                failure.map_of_failure([size], ["float16"])
        with pytest.raises(ValueError, match="no outcomes for quantity='weight'"):
            failure.plot_map_of_failure(outcomes, "weight")


def every_plot():
    recorder = recorder_of([np.array([1.0, 2.0])])
    found = failure.map_of_failure([1], ["float32"])
    return {
        "losses": lambda ax=None: viz.plot_losses([1.0], ax=ax),
        "flow": lambda ax=None: viz.plot_gradient_flow(recorder, ax=ax),
        "histogram": lambda ax=None: viz.plot_gradient_histogram(recorder, "w", ax=ax),
        "matrix": lambda ax=None: viz.plot_matrix([[1.0]], ax=ax),
        "jacobian": lambda ax=None: viz.plot_softmax_jacobian([1.0, 2.0], ax=ax),
        "failure": lambda ax=None: failure.plot_map_of_failure(found, ax=ax),
    }


@pytest.mark.parametrize("name", list(every_plot()))
class TestEveryPlot:
    def test_draws_on_the_given_axes(self, name):
        figure, (left, right) = plt.subplots(1, 2)
        assert every_plot()[name](right) is right
        assert right.has_data()
        assert not left.has_data()
        assert plt.get_fignums() == [figure.number]

    def test_makes_a_figure_of_its_own(self, name):
        ax = every_plot()[name]()
        assert isinstance(ax, matplotlib.axes.Axes)
        assert plt.get_fignums() == [ax.figure.number]
        ax.figure.canvas.draw()

    def test_can_be_read_from_afar(self, name):
        ax = every_plot()[name]()
        for text in (ax.xaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts):
            assert text.get_fontsize() >= 15

    def test_refuses_an_array_of_axes(self, name):
        with pytest.raises(TypeError, match="ax must be one matplotlib Axes, not ndarray"):
            every_plot()[name](plt.subplots(1, 2)[1])

    def test_says_how_to_get_matplotlib(self, name, monkeypatch):
        plot = every_plot()[name]
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        with pytest.raises(ImportError, match="pip install matplotlib"):
            plot()


def test_matplotlib_is_loaded_only_to_plot():
    code = "import sys, minigrad.viz.plots; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("script", "pictures", "says"),
    [
        ("softmax_jacobian", ["softmax-jacobian"], "the two heat maps are the same"),
        ("gradient_flow", ["gradient-flow", "gradient-flow-losses"], "gain √2"),
        ("map_of_failure", ["map-of-failure"], "log_softmax and fused keep them here"),
    ],
)
def test_the_examples_leave_their_pictures(script, pictures, says, tmp_path):
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{script}.py"), "--out", "pictures"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert says in done.stdout
    written = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert written == {f"{picture}.png" for picture in pictures}
    for picture in pictures:
        content = (tmp_path / "pictures" / f"{picture}.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 20_000


@pytest.mark.parametrize("style", ["default", "dark_background", "Solarize_Light2"])
def test_curves_marks_and_notes_show_on_any_paper(style):
    from matplotlib import colors, style as styles

    def far(one, other):
        return np.abs(np.array(colors.to_rgb(one)) - colors.to_rgb(other)).max()

    with styles.context(style):
        for ax in (
            viz.plot_losses({"a": [3, 2, 1.0], "b": [3, 2.5, NAN]}),
            viz.plot_gradient_flow(recorder_of([np.ones(1), np.full(1, 2.0), np.full(1, NAN)])),
        ):
            paper = ax.get_facecolor()
            marks = [line for line in ax.lines if line.get_label().startswith("_")]
            curves = [line for line in ax.lines if line not in marks]
            band = ax.patches[0].get_facecolor()
            assert min(far(line.get_color(), paper) for line in curves) > 0.35
            assert min(far(thing.get_color(), band) for thing in (*marks, *ax.texts)) > 0.3
