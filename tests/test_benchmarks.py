"""The benchmarks compare like with like, and count right; nothing is timed here."""

from __future__ import annotations

import json

import numpy as np
import pytest
from benchmarks.anatomy import ANATOMY
from benchmarks.contenders import (
    CROSS_ENTROPIES,
    HALF_RTOL,
    HALVES,
    MLPS,
    RECORDERS,
    WATCHED,
    MinigradCrossEntropy,
    NaiveCrossEntropy,
    Scores,
    Task,
    agree,
    installed,
)
from benchmarks.harness import Contender, Figure, Pace, Skipped, race, ratios
from benchmarks.memory import PAGES, measure
from benchmarks.report import cells, plot, summary, to_json, to_markdown
from benchmarks.rows import GRAPHS, ROWS, VIEWS, alive

ON_TIME = Figure("mlp", "batch 1", "NumPy", [1.5, 1.0, 1.25], bound=1.35)
LATE = Figure("import", "import minigrad", "import numpy", [41.0, 40.0, 45.0], 30, "ms more")
REPORTED = Figure("looking", "SVG, 1,000 ops", "forward pass", [0.5])
MISSING = Skipped("mlp", "batch 1", "JAX is not installed")
FIGURES = [ON_TIME, MISSING, LATE, REPORTED]
TITLES = {name: str(row.__doc__) for name, row in ROWS.items()}


def running(entries, task):
    return {name: make(task) for name, make in entries.items() if installed(name)}


@pytest.mark.parametrize("batch", [1, 3])
def test_training_steps_agree(batch):
    agree(running({**MLPS, **WATCHED}, Task.of(batch)))
    agree(running(ANATOMY, Task.of(batch)))


def test_training_steps_in_float16_agree():
    agree(running(HALVES, Task.of(3, np.float16)), HALF_RTOL)


def test_losses_agree():
    agree(running({**CROSS_ENTROPIES, "naive": NaiveCrossEntropy}, Scores.of(5, 7)))


def test_chains_agree():
    agree(running(RECORDERS, 20))


def test_disagreement_is_named():
    ours, other = MinigradCrossEntropy(Scores.of(5, 7)), MinigradCrossEntropy(Scores.of(5, 8))
    with pytest.raises(AssertionError, match="other and ours differ in array 0"):
        agree({"ours": ours, "other": other})


@pytest.mark.skipif(not PAGES.exists(), reason="only Linux says how large a process is")
def test_memory_of_a_recorded_addition_is_measured():
    assert 100 < measure("recorded", "minigrad", 20_000) / 20_000 < 2000


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_every_graph(view, graph):
    VIEWS[view](GRAPHS[graph](12))


def test_a_row_gives_a_figure_for_each_bound():
    figures = list(ROWS["watched"](Pace(rounds=2, turn=0)))
    assert [(figure.what, figure.bound) for figure in figures] == [
        ("mg.steps, batch 32", 1.5),
        ("detect_anomaly, batch 32", 1.45),
        ("Recorder, batch 32", 1.12),
    ]
    assert all(len(figure.values) == 2 for figure in figures)


@pytest.mark.parametrize(
    ("cores", "step", "loss"),
    [(1, {"NumPy"}, {"NumPy", "PyTorch", "JAX"}), (2, {"JAX"}, {"NumPy"})],
)
def test_some_bounds_depend_on_the_cores(monkeypatch, cores, step, loss):
    monkeypatch.setattr("benchmarks.rows.cores", lambda: cores)
    monkeypatch.setattr("benchmarks.rows.entered", lambda *entry: [set(entry[4])])
    eager = {"PyTorch", "MyGrad", "HIPS autograd"}
    assert list(ROWS["mlp"](None)) == [eager | step] * 4
    assert list(ROWS["cross-entropy"](None)) == [loss] * 3


def test_calls_in_a_turn():
    called = []
    race({"slow": Contender(lambda: called.append(1), calls=1)}, Pace(rounds=31, turn=1).slow())
    assert len(called) == 3


def test_a_chain_is_freed_without_the_collector():
    assert alive(1000) == 0


def test_ratios_are_of_one_round():
    assert ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]
    with pytest.raises(ValueError, match="shorter"):
        ratios([2.0, 9.0], [1.0])


def test_figures_are_medians_with_quartiles():
    assert ON_TIME.quartiles == (1.125, 1.25, 1.375)
    assert [f.kept for f in (ON_TIME, LATE, REPORTED)] == [True, False, None]
    assert summary([ON_TIME, LATE, REPORTED]) == "1 of 2 bounds kept"


def test_cells():
    assert cells(ON_TIME) == ("batch 1", "NumPy", "1.250 ×", "1.125 to 1.375", "≤ 1.350", "kept")
    assert cells(LATE)[2:] == ("41 ms more", "40.5 to 43", "≤ 30", "NOT KEPT")


def test_markdown_has_a_section_a_row():
    text = to_markdown("On one core, 3 rounds", FIGURES, TITLES, {"CPU": "abacus"})
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "### On one core, 3 rounds",
        f"#### {TITLES['mlp']}",
        f"#### {TITLES['import']}",
        f"#### {TITLES['looking']}",
    ]
    assert "| batch 1 | NumPy | 1.250 × | 1.125 to 1.375 | ≤ 1.350 | kept |" in text
    assert "Skipped: batch 1, JAX is not installed." in text
    assert text.endswith("1 of 2 bounds kept. Measured on: CPU abacus.\n")


def test_json_has_every_round():
    read = json.loads(to_json(FIGURES, {"CPU": "abacus"}, {"rounds": 3}))
    assert read["figures"][0]["values"] == [1.5, 1.0, 1.25]
    assert read["figures"][0]["median"] == 1.25
    assert read["skipped"][0]["why"] == "JAX is not installed"
    assert read["machine"] == {"CPU": "abacus"}


def test_plot_shows_the_ratios(tmp_path):
    plot([ON_TIME, LATE, REPORTED], TITLES, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"benchmarks.png", "benchmarks.svg"}
