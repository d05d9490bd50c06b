"""The plots show the numbers that they are given; the Recorder records those that there were."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import matplotlib
import mpmath
import numpy as np
import pytest
from exact import Exact
from PIL import Image

import minigrad as mg
from minigrad import Tensor, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.viz.plots import failure, landscape
from minigrad.viz.recording.activations import activations
from minigrad.viz.recording.recorder import Recorder, l2_norm
from minigrad.viz.recording.sizes import Spread

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


class TestWhatARecorderKeeps:
    def test_weights_are_spread_as_numpy_says(self):
        recorder = training(3)
        assert [spread.step for spread in recorder.weights["w"]] == [1, 3]
        w = Tensor(np.arange(101.0) - 50, requires_grad=True)
        kept = Recorder({"w": w}, keep="weights")
        w.grad = np.ones(101)
        kept.record(0.0)
        (spread,) = kept.weights["w"]
        assert spread.quantiles == (-50, -45, -25, 0, 25, 45, 50)
        assert spread.nonfinite == 0

    @pytest.mark.parametrize("size", [5, 4096, 4097, 100_000])
    def test_quantiles_of_many_entries_are_close_and_the_ends_exact(self, size):
        values = np.random.default_rng(0).normal(size=size).astype(np.float32)
        spread = Spread.of(1, values)
        expected = np.quantile(values.astype(float), [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
        np.testing.assert_allclose(spread.quantiles, expected, atol=1e-7 if size < 4097 else 0.1)
        assert (spread.quantiles[0], spread.quantiles[-1]) == (values.min(), values.max())

    @pytest.mark.parametrize(
        ("entries", "quantiles", "nonfinite"),
        [([1, NAN, 3, INF], (1, 3), 2), ([NAN, -INF], (NAN, NAN), 2), ([], (NAN, NAN), 0)],
    )
    def test_what_is_not_finite_is_counted_apart(self, entries, quantiles, nonfinite):
        spread = Spread.of(1, np.array(entries, float))
        np.testing.assert_equal((spread.quantiles[0], spread.quantiles[-1]), quantiles)
        assert spread.nonfinite == nonfinite

    def test_updates_are_what_the_optimiser_changed(self):
        w = Tensor([[3.0, 4.0]], requires_grad=True)
        recorder = Recorder({"w": w}, histogram_every=2, keep="updates")
        for change in ([0.3, 0.4], [9.0, 9.0], [0.0, 0.5]):
            w.grad = np.ones((1, 2))
            recorder.record(1.0)
            w.data = w.data + np.array([change])
        assert [update.step for update in recorder.updates["w"]] == [1]
        assert recorder.updates["w"][0].ratio == pytest.approx(0.1)
        w.grad = np.ones((1, 2))
        recorder.record(1.0)
        third = recorder.updates["w"][1]
        assert (third.step, third.ratio) == (3, pytest.approx(0.5 / np.hypot(12.3, 13.4)))

    def test_activations_are_those_of_the_loss(self):
        x = np.array([[-3.0, 0.1, 0.2, 3.0]])
        model = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3), nn.ReLU())
        recorder = Recorder(model, keep="activations")
        model[0].weight.data, model[0].bias.data = np.eye(4), np.zeros(4)
        model[2].weight.data, model[2].bias.data = np.ones((3, 4)), np.array([1.0, -9, -9])
        loss = model(x).sum()
        loss.backward()
        recorder.record(loss)
        assert list(recorder.activations) == ["1 Tanh", "3 Relu"]
        (tanh,), (relu,) = recorder.activations.values()
        assert (tanh.step, tanh.saturated, relu.saturated) == (1, 0.5, pytest.approx(2 / 3))
        assert tanh.mean == pytest.approx(np.tanh(x).mean())
        assert tanh.std == pytest.approx(np.tanh(x).std())

    def test_one_loss_is_enough_for_all(self):
        recorder = Recorder({"w": Tensor([1.0], requires_grad=True)}, keep="activations")
        recorder.parameters["w"].grad = np.ones(1)
        with pytest.raises(TypeError, match="record the loss as a Tensor"):
            recorder.record(1.0)
        assert recorder.losses == []

    def test_what_it_refuses(self):
        w = {"w": Tensor([1.0], requires_grad=True)}
        with pytest.raises(ValueError, match=r"keeps 'weights', 'updates'.*, not 'wieghts'"):
            Recorder(w, keep="wieghts")
        with pytest.raises(ValueError, match="samples are for the film"):
            Recorder(w, samples=([1], [1]))
        recorder = recorder_of([np.ones(2)])
        for plot in (viz.plot_updates, viz.plot_activations, lambda r: viz.plot_weights(r, "w")):
            with pytest.raises(ValueError, match="make it with keep="):
                plot(recorder)
        with pytest.raises(ValueError, match="record two or more"):
            viz.plot_updates(training(1))
        with pytest.raises(KeyError, match="follows no 'x', only"):
            viz.plot_weights(training(), "x")


class TestActivations:
    @pytest.mark.parametrize(
        ("function", "entries", "saturated"),
        [
            (np.tanh, [-2.2, 0, 2.15, 2.2], [1, 0, 0, 1]),
            (F.sigmoid, [-4.4, -4.2, 4.2, 4.4], [1, 0, 0, 1]),
            (F.relu, [-1.0, 0.0, 1e-9, 5], [1, 1, 0, 0]),
            (F.softplus, [-3.0, -2.9, 0, 9], [1, 0, 0, 0]),
        ],
    )
    def test_saturated_is_where_the_slope_is_below_5_percent(self, function, entries, saturated):
        x = Tensor(entries, requires_grad=True, dtype=float)
        (found,) = activations(function(x).sum())
        assert found.saturated.tolist() == [bool(one) for one in saturated]

    def test_names_come_from_tensors_modules_and_ops(self):
        class Own(nn.Module):
            def __init__(self):
                self.layers = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

            def forward(self, x):
                return np.tanh(np.tanh(F.relu(self.layers(x))))

        class Cube(mg.ops.Op):
            """y = x³"""

            def forward(self, x):
                return x**3

            def backward(self, g, y, x):
                return g * 3 * x**2

        h = Own()(np.ones((1, 2), np.float32))
        z = np.tanh(Cube.apply(h))
        z.name = "z"
        names = [one.name for one in activations(z.sum())]
        assert names == ["layers.1 Tanh", "Relu", "Tanh", "Tanh (2)", "Cube", "z"]

    def test_rows_show_histograms(self):
        x = Tensor(np.linspace(-3, 3, 601), requires_grad=True)
        ax = viz.plot_activations(np.tanh(x).sum())
        free, flat = (patch.get_data().values for patch in ax.patches)
        y, edges = np.tanh(x.data), np.linspace(*np.tanh([-3.0, 3.0]), 61)
        is_free = 1 - y**2 > 0.05
        counts, expected = np.histogram(y, edges)[0], np.histogram(y[is_free], edges)[0]
        np.testing.assert_allclose(free, 0.85 * expected / expected.max())
        assert (flat[counts > expected] > free[counts > expected]).all()
        share = 1 - is_free.mean()
        assert ax.get_yticklabels()[0].get_text() == f"Tanh\n{share:.0%} saturated"

    def test_nothing_to_see(self):
        x = Tensor([1.0], requires_grad=True)
        with pytest.raises(ValueError, match="no activation function"):
            viz.plot_activations((x * 2).sum())
        with pytest.raises(TypeError, match="expected a Tensor"):
            viz.plot_activations([1.0])
        x = Tensor([NAN, 1.0], requires_grad=True)
        ax = viz.plot_activations(np.tanh(x).sum())
        assert ax.get_yticklabels()[0].get_text() == "Tanh\n1 not finite"


class TestGradientBars:
    def test_bars_are_largest_and_mean(self):
        ps = {n: Tensor(np.zeros(2), requires_grad=True) for n in ("a", "z", "n", "i", "none")}
        grads = [1.0, -3], [0.0, 0], [1, NAN], [1, -INF]
        for p, g in zip(ps.values(), grads):
            p.grad = np.array(g)
        ax = viz.plot_gradient_bars(ps)
        widths = np.array([bar.get_width() for bar in ax.patches]).reshape(2, 5)
        np.testing.assert_array_equal(widths[:, 0], [3, 2])
        assert np.isnan(widths[:, 1:]).all()
        assert texts(ax) == ["", "0", "NaN", "inf", "no gradient"]
        assert [label.get_text() for label in ax.get_yticklabels()] == list(ps)
        assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top

    def test_what_it_refuses(self):
        with pytest.raises(ValueError, match=r"call loss\.backward\(\) before"):
            viz.plot_gradient_bars(nn.Linear(1, 1))
        with pytest.raises(TypeError, match="not a list"):
            viz.plot_gradient_bars([])


def test_weights_and_updates_are_shown_at_their_steps():
    recorder = training(9)
    ax = viz.plot_updates(recorder)
    for name, line in zip(NAMES, ax.lines[1:]):
        assert list(line.get_xdata()) == [1, 3, 5, 7]
        assert list(line.get_ydata()) == [update.ratio for update in recorder.updates[name]]
    ax = viz.plot_weights(recorder, "v")
    assert list(ax.lines[0].get_ydata()) == [s.quantiles[3] for s in recorder.weights["v"]]
    lows = ax.collections[-1].get_datalim(ax.transData).y0
    assert lows == pytest.approx(min(spread.quantiles[0] for spread in recorder.weights["v"]))
    recorder.weights["v"][2] = Spread(5, (1.0,) * 7, nonfinite=3)
    assert texts(viz.plot_weights(recorder, "v")) == ["NaN at step 5"]


class TestLandscape:
    def test_losses_are_those_of_the_moved_weights(self):
        w, v = (Tensor([1.0, 2.0], requires_grad=True, dtype=float) for _ in range(2))
        directions = {"w": [1, 0], "v": [0, 0]}, {"w": [0, 0], "v": [0, 2]}
        before = w.data.copy()
        ax = viz.plot_loss_landscape(
            lambda: (w * w).sum() + v[1], {"w": w, "v": v}, directions, span=2, points=5
        )
        a, b = np.meshgrid(np.linspace(-2, 2, 5), np.linspace(-2, 2, 5))
        np.testing.assert_allclose(ax.images[0].get_array(), (1 + a) ** 2 + 4 + 2 + 2 * b)
        assert (w.data == before).all()

    def test_rows_of_random_directions_are_as_long_as_those_of_the_weights(self):
        weights = Tensor(np.random.default_rng(1).normal(size=(3, 50)) * [[1], [5], [0]])
        first, second = landscape._random({"w": weights})
        for direction in (first["w"], second["w"]):
            np.testing.assert_allclose(
                np.linalg.norm(direction, axis=1), np.linalg.norm(weights.data, axis=1)
            )
        assert abs((first["w"] * second["w"]).sum()) < 0.5 * (first["w"] ** 2).sum()

    def test_the_weights_are_what_they_were_whatever_happens(self):
        w = Tensor([1.0, 2.0], requires_grad=True)
        array = w.data

        def interrupted():
            if w.data is not array:
                raise KeyboardInterrupt
            return 1.0

        with pytest.raises(KeyboardInterrupt):
            viz.plot_loss_landscape(interrupted, {"w": w})
        assert w.data is array
        loss = (w * w).sum()
        viz.plot_loss_landscape(lambda: (w * w).sum(), {"w": w}, points=2)
        loss.backward()  # nothing was changed in place, as far as anybody can see
        assert w.grad.tolist() == [2, 4]

    def test_where_it_is_not_finite_it_is_black_and_says_so(self):
        w = Tensor([1.0], requires_grad=True)
        pair = {"w": [1.0]}, {"w": [0.0]}
        with np.errstate(all="ignore"):
            ax = viz.plot_loss_landscape(lambda: np.log(w).sum(), {"w": w}, pair, 2, 5)
        assert np.ma.getmaskarray(ax.images[0].get_array()).any(axis=0).tolist() == [1, 1, 0, 0, 0]
        assert texts(ax) == ["black: not finite"]

    def test_what_it_refuses(self):
        w = {"w": Tensor([1.0], requires_grad=True)}
        with pytest.raises(ValueError, match="an array for each parameter"):
            viz.plot_loss_landscape(lambda: 1.0, w, ({"w": [1.0]}, {"w": [1.0, 2.0]}))
        with pytest.raises(ValueError, match="two directions, not 1"):
            viz.plot_loss_landscape(lambda: 1.0, w, ({"w": [1.0]},))
        with pytest.raises(ValueError, match="at least 2 points"):
            viz.plot_loss_landscape(lambda: 1.0, w, points=1)
        for bad in ([1.0, 2.0], [[NAN, 1.0]], {}):
            with pytest.raises(ValueError, match="a path is an array of points"):
                viz.animate_descent(bowl, bad)


def test_a_descent_goes_on_step_by_step_and_is_saved(tmp_path):
    path = np.array([[2.0, 1.0], [1.0, 0.5], [0.5, 0.25]])
    animation = viz.animate_descent(bowl, path)
    animation.save(tmp_path / "descent.gif", writer="pillow", dpi=30)
    with Image.open(tmp_path / "descent.gif") as image:
        assert image.n_frames == 3
    ax = animation._fig.axes[0]
    line = ax.lines[-1]
    animation._func(1)
    np.testing.assert_array_equal(np.transpose(line.get_data()), path[:2])
    assert ax.get_title() == "step 1"
    ground = ax.images[0]
    left, right, bottom, top = ground.get_extent()
    x = np.linspace(left, right, 121)[1::2]
    y = np.linspace(bottom, top, 121)[1::2]
    expected = x**2 + y[:, None] ** 2
    np.testing.assert_allclose(ground.get_array(), expected, rtol=1e-6)


class TestSaliency:
    def test_colours_are_the_gradients(self):
        image = Tensor(np.random.default_rng(0).uniform(size=(1, 1, 3, 5)), requires_grad=True)
        weights = np.arange(-7.0, 8).reshape(3, 5)
        ax = viz.plot_saliency((image * weights).sum(), image)
        shown = ax.images[1].get_array()
        np.testing.assert_allclose(shown[..., 3], np.abs(weights) / 7)
        is_blue = shown[..., 2] > shown[..., 0]
        np.testing.assert_array_equal(is_blue, weights > 0)
        assert image.grad is None

    def test_a_row_of_pixels_is_a_square(self):
        image = Tensor(np.ones((1, 16)), requires_grad=True)
        assert viz.plot_saliency(image.sum(), image).images[0].get_array().shape == (4, 4)

    def test_what_it_refuses(self):
        for shape in ((2, 4, 4), (5,), (2, 9)):
            image = Tensor(np.ones(shape), requires_grad=True)
            if shape == (2, 9):
                image = Tensor(np.ones((2, 2, 9)), requires_grad=True)
            with pytest.raises(ValueError, match="one image"):
                viz.plot_saliency(image.sum(), image)
        image = Tensor(np.zeros((2, 2)), requires_grad=True)
        with np.errstate(all="ignore"), pytest.raises(ValueError, match="not finite"):
            viz.plot_saliency(np.log(image).sum(), image)


HOSTILE = ["$", "$$", "$x$", "$\\frac{1}{0}$", "\\$", "_hidden", "__", "", " ", "a\nb", "%s", "{x}"]
HOSTILE += ["<b>", "é∂", "\x00", "\x1b[31m", "\ud800", "\u202e", "x" * 500, "$a_$" * 9]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_are_text(name):
    recorder = training(names=[name, name + "2"])
    heads = {name: failure.HEADS["fused"]}
    found = failure.map_of_failure([1.0], ["float32"], heads)
    for plot in (
        lambda: viz.plot_losses({name: [1.0, NAN, 2.0], "other": [1.0, 2.0, 3.0]}),
        lambda: viz.plot_gradient_flow(recorder),
        lambda: viz.plot_gradient_histogram(recorder, name),
        lambda: viz.plot_updates(recorder),
        lambda: viz.plot_weights(recorder, name),
        lambda: viz.plot_gradient_bars(recorder.parameters),
        lambda: failure.plot_map_of_failure(found),
    ):
        ax = plot()
        ax.figure.savefig(io.BytesIO(), dpi=20)
        if ax.get_legend() and len(ax.get_legend().get_texts()) == 2:
            assert ax.get_legend().get_texts()[0].get_text() in (name, "largest |g|")
        plt.close("all")


def test_a_name_with_dollars_is_drawn_letter_by_letter():
    """The same picture as that of a name in which nothing could be a formula, but for the $."""
    widths = []
    for name in ("$x$", "\\x\\"):
        text = viz.plot_losses({name: [1.0], "b": [1.0]}).get_legend().get_texts()[0]
        widths.append(text.get_window_extent().width)
    formula = plt.gca().text(0, 0, "$x$", fontsize=text.get_fontsize()).get_window_extent().width
    assert min(widths) > 1.5 * formula


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

    def test_slices_stand_side_by_side_in_the_same_colours(self):
        heads = np.tril(np.random.default_rng(0).uniform(size=(6, 12, 12)))
        ax = viz.plot_matrix(heads)
        for image, head in zip(ax.images, heads):
            np.testing.assert_array_equal(image.get_array(), head)
            assert image.get_clim() == (-heads.max(), heads.max())
        boxes = [tuple(image.get_extent()) for image in ax.images]
        assert len(set(boxes)) == 6
        for (l1, r1, b1, t1), (l2, r2, b2, t2) in combinations(boxes, 2):
            assert r1 < l2 or r2 < l1 or b1 < t2 or b2 < t1
        assert texts(ax) == [f"[{i}]" for i in range(6)]

    def test_four_axes_are_rows_of_slices(self):
        ax = viz.plot_matrix(np.ones((2, 3, 11, 11)))
        assert texts(ax) == ["[0, 0]", "[0, 1]", "[0, 2]", "[1, 0]", "[1, 1]", "[1, 2]"]
        rows = [image.get_extent()[3] for image in ax.images]
        assert len(set(rows[:3])) == len(set(rows[3:])) == 1
        assert rows[0] < rows[3]

    def test_too_many_slices(self):
        with pytest.raises(ValueError, match=r"shape \(65, 2, 2\) is 65 matrices"):
            viz.plot_matrix(np.ones((65, 2, 2)))

    def test_of_tensors_and_of_zeros(self):
        ax = viz.plot_matrix(Tensor(np.zeros((2, 3), np.float16)))
        ax.figure.canvas.draw()
        assert ax.images[0].get_array().shape == (2, 3)

    @pytest.mark.parametrize("bad", [[1.0], 3.0, np.ones((1, 1, 1, 2, 2)), np.ones((0, 2))])
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


NAMES = ["w", "v"]


def training(steps=7, names=NAMES, **options):
    """A Recorder that has kept all of a small training."""
    rng = np.random.default_rng(0)
    parameters = {n: Tensor(rng.normal(size=(4, 3)), requires_grad=True) for n in names}
    recorder = Recorder(parameters, 2, keep=("weights", "updates", "activations"), **options)
    for _ in range(steps):
        loss = sum((np.tanh(3 * p).sum() for p in parameters.values()), start=0.0)
        for p in parameters.values():
            p.zero_grad()
        loss.backward()
        recorder.record(loss)
        for p in parameters.values():
            p.data = p.data - 0.01 * p.grad
    return recorder


def bowl(p):
    return (p * p).sum()


def descent(ax=None):
    animation = viz.animate_descent(bowl, {"a": [[2.0, 1.0], [1.0, 0.5]], "b": [[1, 1]]}, ax)
    animation._init_draw()  # matplotlib warns of one that nobody looked at
    plt.gcf()._kept = animation
    return ax or animation._fig.axes[0]


def every_plot():
    recorder = recorder_of([np.array([1.0, 2.0])])
    kept = training()
    found = failure.map_of_failure([1], ["float32"])
    w = Tensor([0.5, 3.0, -3.0], requires_grad=True)
    loss = np.tanh(w).sum()
    loss.backward()
    image = Tensor(np.eye(8), requires_grad=True)
    return {
        "losses": lambda ax=None: viz.plot_losses([1.0], ax=ax),
        "losses that die": lambda ax=None: viz.plot_losses(
            {"naive": [3, 2, NAN, NAN], "shifted": [3, 2, INF, 1], "fused": [3, 2, 1, 0.5]}, ax=ax
        ),
        "flow": lambda ax=None: viz.plot_gradient_flow(recorder, ax=ax),
        "histogram": lambda ax=None: viz.plot_gradient_histogram(recorder, "w", ax=ax),
        "matrix": lambda ax=None: viz.plot_matrix([[1.0]], ax=ax),
        "matrices": lambda ax=None: viz.plot_matrix(np.ones((5, 4, 4)), ax=ax),
        "jacobian": lambda ax=None: viz.plot_softmax_jacobian([1.0, 2.0], ax=ax),
        "failure": lambda ax=None: failure.plot_map_of_failure(found, ax=ax),
        "activations": lambda ax=None: viz.plot_activations(loss, ax=ax),
        "saturation": lambda ax=None: viz.plot_activations(kept, ax=ax),
        "bars": lambda ax=None: viz.plot_gradient_bars({"w": w}, ax=ax),
        "updates": lambda ax=None: viz.plot_updates(kept, ax=ax),
        "weights": lambda ax=None: viz.plot_weights(kept, "w", ax=ax),
        "saliency": lambda ax=None: viz.plot_saliency((image * image).sum(), image, ax=ax),
        "landscape": lambda ax=None: viz.plot_loss_landscape(
            lambda: bowl(w), {"w": w}, points=4, ax=ax
        ),
        "descent": descent,
    }


def fits(ax):
    """Legend and notes are inside the Axes, and the labels of an axis do not touch."""
    box = ax.get_window_extent()
    inside = [text for text in ax.texts if text.get_visible() and text.get_text()]
    inside += [ax.get_legend()] if ax.get_legend() else []
    for thing in inside:
        extent = thing.get_window_extent()
        for low, high in ((box.x0, extent.x0), (box.y0, extent.y0)):
            assert low <= high + 4, thing
        for low, high in ((extent.x1, box.x1), (extent.y1, box.y1)):
            assert low <= high + 4, thing
    for axis, (start, end) in ((ax.xaxis, ("x0", "x1")), (ax.yaxis, ("y0", "y1"))):
        ticks = [t.label1 for t in axis.get_major_ticks() if t.label1.get_text()]
        low, high = sorted(axis.get_view_interval())
        shown = [t for t, at in zip(ticks, axis.get_majorticklocs()) if low <= at <= high]
        extents = sorted(
            (getattr(e, start), getattr(e, end)) for e in (t.get_window_extent() for t in shown)
        )
        for (_, before), (after, _) in pairwise(extents):
            assert before <= after + 1, [t.get_text() for t in shown]


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

    @pytest.mark.parametrize(("style", "font"), [("default", 20), ("dark_background", None)])
    def test_fits_a_grid_of_axes(self, name, font, style):
        """Type as the user has it, or smaller; legend and notes inside, labels of an axis apart."""
        with matplotlib.style.context(style):
            plt.rcParams["font.size"] = font or plt.rcParams["font.size"]
            figure, grid = plt.subplots(2, 3, figsize=(16, 9), layout="constrained")
            for ax in grid.flat:
                every_plot()[name](ax)
            figure.canvas.draw()
            size = plt.rcParams["font.size"]
            for ax in grid.flat:
                assert ax.xaxis.label.get_fontsize() <= size + 1e-6
                assert ax.title.get_fontsize() <= 1.2 * size + 1e-6
                fits(ax)

    def test_any_size_of_type_in_a_figure_of_its_own(self, name):
        for size in (6, 14, 30):
            with matplotlib.rc_context({"font.size": size}):
                ax = every_plot()[name]()
                ax.figure.canvas.draw()
                assert ax.xaxis.label.get_fontsize() <= size + 1e-6
                fits(ax)
                plt.close("all")

    def test_of_two_sizes_the_changed_one_is_the_users(self, name):
        with matplotlib.rc_context({"axes.labelsize": 9}):
            ax = every_plot()[name]()
        assert ax.xaxis.label.get_fontsize() == 9
        assert {tick.get_fontsize() for tick in ax.get_xticklabels()} <= {15}

    def test_a_figure_can_be_pickled(self, name):
        if name == "descent":
            return
        figure = pickle.loads(pickle.dumps(every_plot()[name]().figure))
        figure.canvas.draw()

    def test_can_be_read_from_afar(self, name):
        ax = every_plot()[name]()
        for text in (ax.xaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts):
            assert text.get_fontsize() >= (7 if name == "matrices" else 15)

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
