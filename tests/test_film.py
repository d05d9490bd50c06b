"""The film of a training: what a Recorder keeps for it, and what page and GIF are made of."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import minigrad as mg
from minigrad import Tensor, nn, optim, viz
from minigrad.nn import functional as F
from minigrad.viz.recording.film import AFTER, BEFORE, MOST_FRAMES, Thumb

NAN, INF = float("nan"), float("inf")
X = np.random.default_rng(0).normal(size=(32, 64)).astype(np.float32)
Y = np.arange(32) % 3


def train(steps, dies_at=None, samples=(X[:2], Y[:2]), **options):
    """A Recorder with the film of a small training, whose loss breaks at a step if it shall."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 12), nn.Dropout(0.5), nn.Tanh(), nn.Linear(12, 3))
    recorder = viz.Recorder(model, keep="film", samples=samples, **options)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X), Y)
        if step == dies_at:
            with np.errstate(all="ignore"):
                loss = np.log(loss - loss.item())
        with np.errstate(all="ignore"):
            loss.backward()
            recorder.record(loss)
        if step != dies_at:
            optimizer.step()
    return recorder


def data_of(film):
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', film.page)[1]
    return json.loads(text)["runs"]


class TestThumbs:
    def test_a_small_matrix_is_kept_entry_by_entry(self):
        array = np.array([[1.0, -2.0, 0.5], [0.0, NAN, INF], [-INF, 2.0, -0.01]])
        thumb = Thumb.of(array)
        assert thumb.codes.dtype == np.int8
        assert thumb.scale == 2
        expected = [[63, -126, 32], [0, -128, 127], [-127, 126, -1]]
        assert thumb.codes.tolist() == [expected]

    def test_a_large_one_shows_the_largest_of_each_block(self):
        array = np.zeros((48, 64))
        array[3, 5], array[2, 5], array[47, 63] = -4, 3, NAN
        thumb = Thumb.of(array)
        assert thumb.codes.shape == (1, 24, 32)
        assert thumb.scale == 4
        assert (thumb.codes[0, 1, 2], thumb.codes[0, 23, 31]) == (-126, -128)
        assert np.count_nonzero(thumb.codes) == 2

    def test_rows_that_are_images_and_filters_are_pictures(self):
        rows = Thumb.of(np.arange(20.0)[:, None] * np.ones(64), image=(8, 8))
        assert rows.codes.shape == (8, 8, 8)
        assert np.unique(rows.codes[-1]).tolist() == [126]  # the last row is among them
        assert Thumb.of(np.ones((4, 2, 3, 5))).codes.shape == (8, 3, 5)

    @pytest.mark.parametrize("array", [np.zeros(3), np.array([NAN] * 3), np.array(5.0)])
    def test_of_zeros_of_nothing_finite_and_of_a_number(self, array):
        thumb = Thumb.of(array)
        assert thumb.codes.shape[:2] == (1, 1)
        assert np.isfinite(thumb.scale)

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_no_dtype_overflows(self, dtype):
        largest = np.finfo(dtype).max
        thumb = Thumb.of(np.array([largest, -largest, largest / 2], dtype))
        assert thumb.codes.ravel().tolist() == [126, -126, 63]


class TestReel:
    def test_a_short_training_is_kept_whole(self):
        reel = train(10).film
        assert [frame.step for frame in reel.frames] == [*range(1, 11)]
        assert reel.layers == ["0.weight", "3.weight"]
        assert reel.frames[-1].updates is None
        assert all(frame.updates for frame in reel.frames[:-1])

    def test_a_long_one_is_sampled_evenly(self):
        steps = [frame.step for frame in train(201).film.frames]
        assert len(steps) <= MOST_FRAMES + 1
        (gap,) = set(np.diff(steps).tolist())
        assert (steps[0], steps[-1]) == (1, 201)
        assert gap == 8

    def test_the_last_step_is_always_there(self):
        steps = [frame.step for frame in train(204).film.frames]
        assert steps[-2:] == [201, 204]

    def test_the_steps_around_a_birth_are_kept_whole(self):
        reel = train(200, dies_at=151).film
        steps = {frame.step for frame in reel.frames}
        assert reel.birth.step == 151
        assert {*range(151 - BEFORE + 1, 151 + AFTER + 1)} <= steps
        assert 140 not in steps
        assert len(steps) <= MOST_FRAMES + BEFORE + AFTER + 1
        assert reel.birth.what == "born in Log (forward)"
        assert reel.birth.line.startswith("test_film.py:")
        assert reel.birth.line.endswith("loss = np.log(loss - loss.item())")
        assert reel.birth.why.startswith("log(0)")

    def test_frames_show_what_was_there(self):
        w = Tensor(np.zeros((2, 3)), requires_grad=True)
        recorder = viz.Recorder({"w": w}, keep="film")
        rng = np.random.default_rng(0)
        weights, gradients = rng.normal(size=(2, 3, 2, 3))
        for weight, gradient in zip(weights, gradients):
            w.data, w.grad = weight, gradient.copy()
            recorder.record(1.0)
            w.grad[:] = NAN  # by whoever
        for i, frame in enumerate(recorder.film.frames):
            for thumb, array in (
                (frame.weights[0], weights[i]),
                (frame.gradients[0], gradients[i]),
                *([(frame.updates[0], weights[i + 1] - weights[i])] if i < 2 else []),
            ):
                assert thumb.scale == np.abs(array).max()
                np.testing.assert_array_equal(thumb.codes[0], np.rint(array / thumb.scale * 126))

    def test_probabilities_are_those_at_that_step(self):
        mg.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 3), nn.Dropout(0.9))
        recorder = viz.Recorder(model, keep="film", samples=(X[:4], Y[:4]))
        optimizer = optim.SGD(model.parameters(), lr=0.5)
        expected = []
        for _ in range(60):  # until frames are made later than their step
            optimizer.zero_grad()
            F.cross_entropy(model(X), Y).backward()
            recorder.record(0.5 if len(expected) < 57 else NAN)
            logits = X[:4] @ model[0].weight.data.T + model[0].bias.data
            expected.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
            optimizer.step()
        for frame in recorder.film.frames:
            np.testing.assert_allclose(
                frame.probabilities, expected[frame.step - 1], rtol=1e-4, atol=1e-6
            )

    def test_the_training_is_the_same_with_a_film(self):
        with_film, without = train(20), train(20, samples=None)
        assert with_film.losses == without.losses

    def test_the_model_is_left_as_it_was(self):
        model = nn.Sequential(nn.Linear(64, 3), nn.Dropout(0.5))
        model[1].eval()
        recorder = viz.Recorder(model, keep="film", samples=(X[:1], Y[:1]))
        arrays = [p.data for p in model.parameters()]
        for _ in range(3):
            F.cross_entropy(model(X), Y).backward()
            recorder.record(1.0)
        assert [module.training for module in model.modules()] == [True, True, False]
        assert all(p.data is array for p, array in zip(model.parameters(), arrays))

    def test_a_step_can_be_walked_again_after_it_was_recorded(self):
        model = nn.Linear(64, 3)
        recorder = viz.Recorder(model, keep="film", samples=(X[:1], Y[:1]))
        for _ in range(3):
            loss = F.cross_entropy(model(X), Y)
            loss.backward()
            recorder.record(loss)
        loss.backward()

    def test_many_layers_are_cut_and_counted(self):
        model = nn.Sequential(*(nn.Linear(3, 3) for _ in range(9)))
        recorder = viz.Recorder(model, keep="film")
        assert recorder.film.layers == [f"{i}.weight" for i in (0, 1, 2, 6, 7, 8)]
        assert recorder.film.left_out == 3

    def test_a_birth_without_a_graph_names_the_parameter(self):
        a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
        recorder = viz.Recorder({"a": a, "b": b}, keep="film")
        a.grad, b.grad = np.ones(1), np.array([INF])
        recorder.record(1.0)
        assert recorder.film.birth == (1, "the gradient of b is not finite", "", "")
        recorder.record(NAN)
        assert recorder.film.birth.step == 1

    @pytest.mark.parametrize("samples", [(X[:2], Y[:3]), (X[:9], Y[:9]), (X[:0], Y[:0])])
    def test_samples_that_do_not_fit(self, samples):
        with pytest.raises(ValueError, match="at most 8 of each"):
            train(1, samples=samples)
        with pytest.raises(ValueError, match="samples need a Module"):
            viz.Recorder({"w": Tensor([1.0])}, keep="film", samples=samples)


class TestPage:
    def test_its_data_are_the_recorders(self):
        naive, fused = train(60, dies_at=3), train(60)
        runs = data_of(viz.film(naive=naive, fused=fused))
        assert [run["name"] for run in runs] == ["naive", "fused"]
        for run, recorder in zip(runs, (naive, fused)):
            np.testing.assert_allclose(
                [float(loss) for loss in run["losses"]], recorder.losses, rtol=1e-3
            )
            norms = np.sqrt(sum(np.square(v) for v in recorder.gradient_norms.values()))
            np.testing.assert_allclose([float(n) for n in run["norms"]], norms, rtol=1e-3)
            assert [f["step"] for f in run["frames"]] == [f.step for f in recorder.film.frames]
            scale, pictures, rows, columns, text = run["frames"][0]["weights"][0]
            codes = np.frombuffer(base64.b64decode(text), np.int8)
            thumb = recorder.film.frames[0].weights[0]
            assert scale == pytest.approx(thumb.scale, rel=1e-3)
            assert (codes.reshape(pictures, rows, columns) == thumb.codes).all()
        assert runs[0]["birth"]["step"] == 3
        assert runs[1]["birth"] is None

    def test_it_is_saved_whole_and_named(self, tmp_path):
        film = viz.film(train(3))
        assert film.save(tmp_path / "film.html").read_text("utf-8") == film.page
        assert repr(film) == '<Film of training: 3 steps; save("film.html") writes it>'
        assert "<title>A training, step by step</title>" in film.page
        assert "<title>a &lt;b&gt;</title>" in viz.film(train(1), title="a <b>").page
        with pytest.raises(ValueError, match=r"as \.html, \.gif or \.mp4, not as \.svg"):
            film.save(tmp_path / "film.svg")
        assert [path.name for path in tmp_path.iterdir()] == ["film.html"]

    def test_nothing_can_be_fetched_or_run(self):
        page = viz.film(**{"</script><img src=x>": train(2)}).page
        assert "default-src 'none'" in page
        assert "<img" not in page
        assert "\\u003cimg src=x" in page
        markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
        assert not re.search(r"(?:src|href)=|url\(", markup)

    def test_what_it_refuses(self):
        with pytest.raises(TypeError, match="nothing to film"):
            viz.film()
        with pytest.raises(TypeError, match="not a list"):
            viz.film([])
        plain = viz.Recorder(nn.Linear(1, 1))
        with pytest.raises(ValueError, match="nothing is recorded yet"):
            viz.film(plain)
        plain.parameters["weight"].grad = np.ones((1, 1))
        plain.record(1.0)
        with pytest.raises(ValueError, match="'a' keeps no film"):
            viz.film(a=plain)

    def test_it_needs_no_matplotlib_and_no_graphviz(self):
        code = """if True:
            import sys, numpy as np, minigrad as mg
            sys.modules["matplotlib"] = sys.modules["graphviz"] = None
            model = mg.nn.Linear(2, 2)
            recorder = mg.viz.Recorder(model, keep="film")
            loss = model(np.ones((1, 2), np.float32)).sum()
            loss.backward()
            recorder.record(loss)
            assert "</html>" in mg.viz.film(recorder).page
        """
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_gif_has_a_picture_for_each_frame(tmp_path):
    naive, fused = train(5, dies_at=3), train(4)
    path = viz.film(naive=naive, fused=fused).save(tmp_path / "film.gif")
    with Image.open(path) as image:
        assert image.size == (1280, 720)
        assert image.n_frames == 5
    assert [file.name for file in tmp_path.iterdir()] == ["film.gif"]


def test_an_mp4_needs_ffmpeg(tmp_path, monkeypatch):
    from matplotlib.animation import FFMpegWriter

    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    with pytest.raises(RuntimeError, match="an MP4 needs ffmpeg"):
        viz.film(train(2)).save(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []
