"""The rows: what is measured, and what must hold. Each is a generator of figures."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg

from .anatomy import ANATOMY
from .contenders import (
    CHAINS,
    CROSS_ENTROPIES,
    MLPS,
    MinigradChain,
    MinigradCrossEntropy,
    MinigradInSteps,
    MinigradMLP,
    NaiveCrossEntropy,
    Scores,
    Task,
    agree,
    installed,
)
from .harness import OURS, Contender, Figure, Pace, Skipped, compare, race, ratios
from .memory import ROOT, peak_of

Row = Callable[[Pace], Iterator["Figure | Skipped"]]


def mlp(pace: Pace) -> Iterator[Figure | Skipped]:
    """Training step of an MLP, 784-128-10, float32: forward, backward, SGD"""
    numpy_bounds = {1: 1.35, 32: 1.20, 128: 1.10, 1024: 1.05}
    for batch, bound in numpy_bounds.items():
        bounds = {"NumPy": bound, "NumPy, buffers reused": bound}
        bounds |= {"PyTorch": 1.0, "MyGrad": 1.0, "HIPS autograd": 1.0}
        if batch >= 32:
            bounds["JAX"] = 1.0
        yield from entered("mlp", f"batch {batch}", MLPS, Task.of(batch), bounds, pace)


def anatomy(pace: Pace) -> Iterator[Figure | Skipped]:
    """Where a training step's time goes, beyond NumPy by hand: one thing more in each line"""
    for batch in (1, 32, 128):
        running = {name: make(Task.of(batch)) for name, make in ANATOMY.items()}
        agree(running)
        seconds = race({name: Contender(it.step) for name, it in running.items()}, pace)
        for name in list(ANATOMY)[1:]:
            values = ratios(seconds[name], seconds["NumPy"])
            yield Figure("anatomy", f"batch {batch}: {name}", "NumPy", values)


def cross_entropy(pace: Pace) -> Iterator[Figure | Skipped]:
    """Fused cross-entropy, forward and backward"""
    numpy_bounds = {(1024, 10): 1.25, (1024, 1000): 1.05, (128, 50_000): 1.05}
    for (samples, classes), bound in numpy_bounds.items():
        what, scores = f"{samples} × {classes:,}", Scores.of(samples, classes)
        bounds = {"NumPy": bound, "PyTorch": 1.0, "JAX": 1.0}
        yield from entered("cross-entropy", what, CROSS_ENTROPIES, scores, bounds, pace)


def fused(pace: Pace) -> Iterator[Figure | Skipped]:
    """Fused cross-entropy against the naive chain of small ops"""
    what, naive, bound = "1024 × 1,000", "naive chain", {"naive chain": 0.5}
    entries = {OURS: MinigradCrossEntropy, naive: NaiveCrossEntropy}
    scores = Scores.of(1024, 1000)
    yield from entered("fused", f"{what}, time", entries, scores, bound, pace)
    yield peaks("fused", what, "cross-entropy", naive, (1024, 1000), 0.5, pace)


def chain(pace: Pace) -> Iterator[Figure | Skipped]:
    """Chain of scalar additions: made, walked back, dropped"""
    for additions in (1_000, 100_000):
        what, bounds = f"{additions:,} additions", {"PyTorch": 1.0}
        yield from entered("chain", what, CHAINS, additions, bounds, pace.fewer(9))
    what, short, long = "1,000,000 additions, per addition", 1_000, 1_000_000
    contenders = {n: Contender(MinigradChain(n).gradients, operations=n) for n in (short, long)}
    with shallow_recursion():
        seconds = race(contenders, pace.fewer(3))
    yield Figure("chain", what, "1,000 additions", ratios(seconds[long], seconds[short]), 2.5)
    yield Figure("chain", "Tensors alive after del, gc off", "", [alive(long)], 0, "Tensors")


def importing(pace: Pace) -> Iterator[Figure | Skipped]:
    """Import of minigrad in a fresh process, beyond that of NumPy"""
    with tempfile.TemporaryDirectory() as bytecode:
        ours, numpy = (partial(import_afresh, m, bytecode) for m in ("minigrad", "numpy"))
        seconds = race({OURS: Contender(ours), "NumPy": Contender(numpy)}, pace._replace(turn=0))
    beyond = [1000 * (a - b) for a, b in zip(seconds[OURS], seconds["NumPy"])]
    yield Figure("import", "import minigrad", "import numpy", beyond, 30, "ms more")


def memory(pace: Pace) -> Iterator[Figure | Skipped]:
    """Peak memory against NumPy by hand"""
    yield peaks("memory", "MLP step, batch 1024", "mlp", "NumPy", (1024,), 2.0, pace)
    what = "cross-entropy, 256 × 5,000"
    yield peaks("memory", what, "cross-entropy", "NumPy", (256, 5000), 2.0, pace)


def steps(pace: Pace) -> Iterator[Figure | Skipped]:
    """Training step of the MLP, with its backward pass one step at a time"""
    entries = {OURS: MinigradInSteps, "backward()": MinigradMLP}
    bounds = {"backward()": 1.5}
    yield from entered("steps", "mg.steps, batch 32", entries, Task.of(32), bounds, pace)


def pictures(pace: Pace) -> Iterator[Figure | Skipped]:
    """Snapshot, SVG and step-through page: cost per op of a graph that grows"""
    for view, show in VIEWS.items():
        for name, make in GRAPHS.items():
            what = f"{view} of {name}"
            try:
                contenders = {n: Contender(shown(show, make(n)), n) for n in (250, 500, 1000)}
                seconds = race(contenders, pace.fewer(3))
            except (ImportError, AttributeError, RuntimeError) as error:
                yield Skipped("pictures", what, str(error))
                continue
            for n in (500, 1000):
                growth = ratios(seconds[n], seconds[250])
                yield Figure("pictures", f"{what}, {n} ops, per op", "250 ops", growth)


ROWS: dict[str, Row] = {
    "mlp": mlp,
    "anatomy": anatomy,
    "cross-entropy": cross_entropy,
    "fused": fused,
    "chain": chain,
    "import": importing,
    "memory": memory,
    "steps": steps,
    "pictures": pictures,
}

# ---------------------------------------------------------------------------------------------
# What the rows are made of
# ---------------------------------------------------------------------------------------------


def entered(
    row: str, what: str, entries: dict[str, Any], task: Any, bounds: dict[str, float], pace: Pace
) -> Iterator[Figure | Skipped]:
    """Make the contenders that can run here, see that they agree, and race them."""
    for name in entries:
        if not installed(name):
            yield Skipped(row, what, f"{name} is not installed")
    running = {name: make(task) for name, make in entries.items() if installed(name)}
    agree(running)
    contenders = {
        name: Contender(getattr(it, "step", it.gradients)) for name, it in running.items()
    }
    yield from compare(row, what, contenders, bounds, pace)


def peaks(
    row: str, what: str, kind: str, against: str, sizes: tuple[int, ...], bound: float, pace: Pace
) -> Figure:
    """Compare minigrad's peak memory with another's, each in fresh processes."""
    values = [
        peak_of(kind, OURS, *sizes) / peak_of(kind, against, *sizes)
        for _ in range(pace.fewer(3).rounds)
    ]
    return Figure(row, f"{what}, peak memory", against, values, bound)


def import_afresh(module: str, bytecode: str) -> None:
    """Import in a new process, with bytecode compiled by an earlier one, as when installed."""
    settings = {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", f"import {module}"]
    subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True)


@contextmanager
def shallow_recursion(depth: int = 100) -> Iterator[None]:
    """Leave Python so few frames that whatever recurses along a graph fails."""
    frame, here = sys._getframe(), 0
    while frame is not None:
        frame, here = frame.f_back, here + 1
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(here + depth)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def alive(additions: int) -> int:
    """How many Tensors of a chain outlive it when reference counts alone free them."""
    gc.collect()
    gc.disable()
    try:
        x = y = mg.Tensor(1.0, requires_grad=True)
        made = []
        for _ in range(additions):
            y = y + x
            made.append(weakref.ref(y))
        with shallow_recursion():
            y.backward()
            del y
        return sum(ref() is not None for ref in made)
    finally:
        gc.enable()


def additions(n: int) -> mg.Tensor:
    x = y = mg.Tensor(np.ones(3), requires_grad=True)
    for _ in range(n):
        y = y + x
    return y.sum()


def layers(n: int) -> mg.Tensor:
    W, b = (mg.Tensor(np.full(s, 0.1), requires_grad=True) for s in ((4, 4), 4))
    h = mg.Tensor(np.ones((2, 4)))
    for _ in range(n // 3):
        h = np.tanh(h @ W + b)
    return h.sum()


GRAPHS = {"a chain": additions, "an MLP": layers}

VIEWS: dict[str, Callable[[mg.Tensor, Path], object]] = {
    "snapshot": lambda loss, path: mg.viz.snapshot(loss),
    "SVG": lambda loss, path: mg.draw(loss, max_nodes=10_000).save(path.with_suffix(".svg")),
    "page": lambda loss, path: mg.step_through(loss).save(path.with_suffix(".html")),
}


def shown(show: Callable[[mg.Tensor, Path], object], loss: mg.Tensor) -> Callable[[], object]:
    loss.backward()
    return lambda: show(loss, Path(tempfile.gettempdir(), "minigrad-benchmark"))
