"""The main job end to end, on a small budget: what it trains, says, writes and refuses."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from minigrad import datasets

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "examples" / "mnist_mlp.py"


def run(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def read(folder):
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    return summary, {(r["pixels"], r["head"]): r for r in summary["runs"]}


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") and path.stat().st_size > 10_000


@pytest.fixture(scope="module")
def main_job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("main-job")
    done = run("--epochs", 2, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done, folder / "out"


class TestTheMainJob:
    def test_naive_and_shifted_die_on_raw_pixels(self, main_job):
        _, runs = read(main_job[1])
        naive, shifted = runs["raw", "naive"], runs["raw", "shifted"]
        for dead in (naive, shifted):
            assert dead["first_nonfinite_step"] <= 5
            assert dead["final_test_accuracy"] == 0.1
            assert dead["first_bad_parameter"] == "2.weight"
            assert len(dead["loss_curve"]) == dead["steps"] == dead["first_nonfinite_step"]
        assert (naive["born_in_op"], naive["born_in_pass"]) == ("Exp", "forward")
        assert (shifted["born_in_op"], shifted["born_in_pass"]) == ("Log", "forward")

    def test_the_births_are_placed_on_their_lines(self, main_job):
        _, runs = read(main_job[1])
        lines = SCRIPT.read_text("utf-8").splitlines()
        for head, source in (
            ("naive", "exps = np.exp(logits)"),
            ("shifted", "log_probs = np.log(probs)"),
        ):
            file, _, line = runs["raw", head]["born_at"].rpartition(":")
            assert Path(file).name == "mnist_mlp.py"
            assert lines[int(line) - 1].strip() == source == runs["raw", head]["born_in_line"]

    def test_log_softmax_and_fused_train_and_agree(self, main_job):
        _, runs = read(main_job[1])
        for pixels in ("raw", "unit"):
            two, one = runs[pixels, "log_softmax"], runs[pixels, "fused"]
            assert two["first_nonfinite_step"] is one["first_nonfinite_step"] is None
            assert min(two["final_test_accuracy"], one["final_test_accuracy"]) > 0.8
            np.testing.assert_allclose(two["loss_curve"][:20], one["loss_curve"][:20], rtol=1e-3)

    def test_on_unit_pixels_all_four_train_alike(self, main_job):
        _, runs = read(main_job[1])
        curves = [runs["unit", head]["loss_curve"] for head in ("naive", "shifted", "fused")]
        np.testing.assert_allclose(curves[0], curves[2], rtol=1e-2)
        np.testing.assert_allclose(curves[1], curves[2], rtol=1e-2)

    def test_the_same_start_for_every_head(self, main_job):
        _, runs = read(main_job[1])
        first = {runs["unit", h]["loss_curve"][0] for h in ("naive", "shifted", "fused")}
        assert max(first) == pytest.approx(min(first), rel=1e-5)

    def test_every_picture_is_there(self, main_job):
        out = main_job[1]
        graphs = [f"graph-{p}-{h}" for p in ("raw", "unit") for h in
                  ("naive", "shifted", "log_softmax", "fused")]  # fmt: skip
        for name in [*graphs, "naive-and-fused-raw", "naive-and-fused-unit"]:
            assert is_png(out / f"{name}.png")
            assert ElementTree.parse(out / f"{name}.svg").getroot().tag.endswith("svg")
        assert is_png(out / "curves.png")
        assert is_png(out / "gradient-flow.png")
        assert is_png(out / "predictions.png")
        dead = (out / "graph-raw-naive.svg").read_text("utf-8")
        assert "born" in dead
        assert "exps = np.exp(logits)" in dead
        assert "born" not in (out / "graph-raw-fused.svg").read_text("utf-8")
        assert not list(out.parent.glob(".out*"))

    def test_the_film_has_every_head_and_is_small(self, main_job):
        page = (main_job[1] / "film.html").read_text(encoding="utf-8")
        assert len(page.encode()) < 2_000_000
        text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1]
        runs = {run["name"]: run for run in json.loads(text)["runs"]}
        assert list(runs) == ["naive", "shifted", "log_softmax", "fused"]
        _, summary = read(main_job[1])
        for head, run in runs.items():
            curve = summary["raw", head]["loss_curve"]
            np.testing.assert_allclose(
                [float(loss) for loss in run["losses"]], [float(x) for x in curve], rtol=1e-3
            )
            birth = summary["raw", head]["first_nonfinite_step"]
            assert (run["birth"] or {}).get("step") == birth
            if birth:
                shown = [frame["step"] for frame in run["frames"]]
                assert {*range(1, birth + 1)} <= {*shown}
                assert run["birth"]["line"].endswith(summary["raw", head]["born_in_line"])
        assert "Same start, same batches, other loss: raw pixels" in page

    def test_every_page_is_there_and_small(self, main_job):
        out = main_job[1]
        for pixels in ("raw", "unit"):
            for head in ("naive", "shifted", "log_softmax", "fused"):
                page = (out / f"steps-{pixels}-{head}.html").read_text(encoding="utf-8")
                assert len(page.encode()) < 300_000
                assert ("loss is NaN" in page) == ((pixels, head) == ("raw", "naive"))

    def test_predictions_are_probabilities(self, main_job):
        summary, _ = read(main_job[1])
        found = summary["predictions"]
        digits = found["digits"]
        for digit in digits:
            assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-5)
            assert digit["confidence"] == max(digit["probabilities"])
            assert digit["predicted"] == int(np.argmax(digit["probabilities"]))
        doubtful = found["most_doubtful"]
        sharp, plain, flat = (
            max(doubtful["probabilities_at_temperature"][t]) for t in ("0.25", "1.0", "4.0")
        )
        assert sharp > plain > flat
        assert len(doubtful["twenty_draws"]) == 20

    def test_the_table_says_it_too(self, main_job):
        text = main_job[0].stdout
        assert "2 (loss nan)" in text
        assert "Exp, forward" in text
        assert "exps = np.exp(logits)" in text
        assert "overflows: float32 ends at exp(88.7)" in text


def test_a_finite_loss_whose_gradient_is_not(tmp_path):
    done = run("--pixels", "raw", "--lr", "0.0001", "--heads", "naive", "--epochs", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    _, runs = read(tmp_path / "out")
    naive = runs["raw", "naive"]
    assert naive["first_nonfinite_step"] > 50
    assert 0 < naive["loss_at_first_nonfinite_step"] < 5
    assert (naive["born_in_op"], naive["born_in_pass"]) == ("Log", "backward")
    assert naive["gradient_norm_curve"][-1] == "NaN"


def test_full_mnist_and_other_options(tmp_path):
    images, labels, test_images, test_labels = datasets.load_mnist()
    data = tmp_path / "mnist"
    data.mkdir()
    for split, xs, ys in (
        ("train", images[:300], labels[:300]),
        ("t10k", test_images, test_labels),
    ):
        header = struct.pack(">BBBBIII", 0, 0, 8, 3, len(xs), 28, 28)
        (data / f"{split}-images-idx3-ubyte").write_bytes(header + xs.tobytes())
        with gzip.open(data / f"{split}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">BBBBI", 0, 0, 8, 1, len(ys)) + ys.tobytes())
    done = run(
        *("--data", data, "--out", tmp_path / "results", "--heads", "fused", "--pixels", "unit"),
        *("--epochs", 1, "--batch-size", 100, "--hidden", 16, "--optimizer", "adam"),
        *("--dtype", "float16", "--seed", 0, "--quiet"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    summary, runs = read(tmp_path / "results")
    assert runs["unit", "fused"]["steps"] == 3
    assert summary["settings"]["dtype"] == "float16"


def test_weights_lost_to_an_update_are_blamed_on_the_optimiser(tmp_path):
    options = ("--lr", "1e30", "--dtype", "float16", "--optimizer", "adam", "--epochs", 1)
    done = run(*options, "--heads", "fused", "--pixels", "raw", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    _, runs = read(tmp_path / "out")
    assert runs["raw", "fused"]["born_in_op"] == "Adam.step"
    assert not (tmp_path / "out" / "predictions.png").exists()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent differently on Windows")
def test_ctrl_c_leaves_nothing(tmp_path):
    command = [sys.executable, str(SCRIPT), "--epochs", "10000"]
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background job ignores Ctrl-C
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=tmp_path, preexec_fn=heed, **pipes)
    for _ in range(3):  # the first percentage stands there before the bar is quite made
        while b"%" not in process.stderr.read(1):
            pass
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert errors.decode().splitlines()[-1] == "mnist_mlp: interrupted, nothing was written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--epochs", "0"], "positive"),
        (["--epochs", "two"], "int"),
        (["--lr", "nan"], "positive"),
        (["--batch-size", "-3"], "positive"),
        (["--heads", "best"], "best"),
        (["--dtype", "int8"], "int8"),
        (["--optimiser", "sgd"], "--optimiser"),
        (["--data", "nowhere"], "nowhere"),
        (["--data", "damaged"], "train-images-idx3-ubyte"),
        (["--out", "a-file"], "a-file"),
        (["--out", "a-file/out", "--epochs", "1", "--heads", "fused"], "a-file"),
    ],
)
def test_a_bad_option_is_one_line_and_leaves_nothing(tmp_path, arguments, says):
    (tmp_path / "a-file").write_text("", "utf-8")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03 cut short")
    (tmp_path / "damaged" / "train-labels-idx1-ubyte").write_bytes(b"")
    before = sorted(tmp_path.rglob("*"))
    done = run("--quiet", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
