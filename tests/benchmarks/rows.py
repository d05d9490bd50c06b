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
from minigrad.engine import topological_order
from minigrad.viz.graph.naming import names_of

from .anatomy import ANATOMY
from .contenders import (
    CHAINS,
    CROSS_ENTROPIES,
    HALF_RTOL,
    HALVES,
    MLPS,
    RECORDERS,
    RTOL,
    WATCHED,
    MinigradChain,
    MinigradCrossEntropy,
    MinigradMLP,
    NaiveCrossEntropy,
    Scores,
    Task,
    agree,
    installed,
)
from .harness import OURS, Contender, Figure, Pace, Skipped, compare, race, ratios
from .machine import cores
from .memory import PAGES, ROOT, measure

Row = Callable[[Pace], Iterator["Figure | Skipped"]]


def mlp(pace: Pace) -> Iterator[Figure | Skipped]:
    """Training step of an MLP, 784-128-10, float32: forward, backward, SGD"""
    numpy_bounds = {1: 1.05, 32: 1.30, 128: 1.15, 1024: 1.08}
    for batch, bound in numpy_bounds.items():
        bounds = {"PyTorch": 1.0, "MyGrad": 1.0, "HIPS autograd": 1.0}
        bounds |= {"NumPy": bound} if cores() == 1 else {"JAX": 1.0}
        yield from entered("mlp", f"batch {batch}", MLPS, Task.of(batch), bounds, pace)


def float16(pace: Pace) -> Iterator[Figure | Skipped]:
    """Training step of the MLP in float16"""
    for batch in (32, 1024):
        task = Task.of(batch, np.float16)
        yield from entered("float16", f"batch {batch}", HALVES, task, {}, pace, HALF_RTOL)


def watched(pace: Pace) -> Iterator[Figure | Skipped]:
    """Training step of the MLP, watched: one backward step at a time, for anomalies, for plots"""
    bounds = {"mg.steps": 1.5, "detect_anomaly": 1.45, "Recorder": 1.12}
    for watch, bound in bounds.items():
        entries = {OURS: WATCHED[watch], "without": MinigradMLP}
        what = f"{watch}, batch 32"
        yield from entered("watched", what, entries, Task.of(32), {"without": bound}, pace)


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
    numpy_bounds = {(1024, 10): 1.80, (1024, 1000): 1.10, (128, 50_000): 1.05}
    for (samples, classes), bound in numpy_bounds.items():
        what, scores = f"{samples} × {classes:,}", Scores.of(samples, classes)
        bounds = {"NumPy": bound}
        if cores() == 1:
            bounds |= {"PyTorch": 1.0, "JAX": 1.0}
        yield from entered("cross-entropy", what, CROSS_ENTROPIES, scores, bounds, pace)


def fused(pace: Pace) -> Iterator[Figure | Skipped]:
    """Fused cross-entropy against the naive chain of small ops"""
    what, naive, sizes = "1024 × 1,000", "naive chain", (1024, 1000)
    entries = {OURS: MinigradCrossEntropy, naive: NaiveCrossEntropy}
    scores = Scores.of(*sizes)
    yield from entered("fused", f"{what}, time", entries, scores, {naive: 0.5}, pace)
    yield in_memory("fused", f"{what}, peak memory", "cross-entropy", naive, sizes, 0.5, pace)


def chain(pace: Pace) -> Iterator[Figure | Skipped]:
    """Chain of scalar additions: made, walked back, dropped"""
    for additions in (1_000, 100_000):
        what, bounds = f"{additions:,} additions", {"PyTorch": 1.0}
        yield from entered("chain", what, CHAINS, additions, bounds, pace.fewer(9))
    what, short, long = "1,000,000 additions, per addition", 1_000, 1_000_000
    contenders = {n: Contender(MinigradChain(n).gradients, operations=n) for n in (short, long)}
    with shallow_recursion():
        seconds = race(contenders, pace.slow())
    yield Figure("chain", what, "1,000 additions", ratios(seconds[long], seconds[short]), 1.6)
    yield Figure("chain", "Tensors alive after del, gc off", "", [alive(long)], 0, "Tensors")


def importing(pace: Pace) -> Iterator[Figure | Skipped]:
    """Import of minigrad in a fresh process, beyond that of NumPy"""
    with tempfile.TemporaryDirectory() as bytecode:
        ours, numpy = (partial(import_afresh, m, bytecode) for m in ("minigrad", "numpy"))
        seconds = race({OURS: Contender(ours), "NumPy": Contender(numpy)}, pace._replace(turn=0))
    beyond = [1000 * (a - b) for a, b in zip(seconds[OURS], seconds["NumPy"])]
    yield Figure("import", "import minigrad", "import numpy", beyond, 25, "ms more")


def memory(pace: Pace) -> Iterator[Figure | Skipped]:
    """Memory: at the peak, against NumPy by hand; for each op that is recorded, against peers"""
    what = "MLP step, batch 1024, peak memory"
    yield in_memory("memory", what, "mlp", "NumPy", (1024,), 2.0, pace)
    what = "cross-entropy, 256 × 5,000, peak memory"
    yield in_memory("memory", what, "cross-entropy", "NumPy", (256, 5000), 2.0, pace)
    what = "one of 100,000 recorded scalar additions"
    if not PAGES.exists():
        yield Skipped("memory", what, f"no {PAGES} says how large a process is")
        return
    for name in RECORDERS:
        if not installed(name):
            yield Skipped("memory", what, f"{name} is not installed")
        elif name != OURS:
            yield in_memory("memory", what, "recorded", name, (100_000,), 1.0, pace)


def looking(pace: Pace) -> Iterator[Figure | Skipped]:
    """Looking at a chain of scalar additions, per op"""
    chains = {n: MinigradChain(n) for n in (1_000, 10_000, 100_000)}
    recorded = {n: chain.recorded() for n, chain in chains.items()}
    for view in ("names", "snapshot", "SVG", "page"):
        contenders = {}
        for n, chain in chains.items():
            calls = 1 if n == 100_000 else None
            contenders[f"forward {n}"] = Contender(chain.recorded, n, calls)
            contenders[f"view {n}"] = Contender(partial(VIEWS[view], recorded[n]), n, calls)
        try:
            seconds = race(contenders, pace.slow())
        except RuntimeError as error:
            yield Skipped("looking", view, str(error))
            continue
        for n in chains:
            values = ratios(seconds[f"view {n}"], seconds[f"forward {n}"])
            yield Figure("looking", f"{view}, {n:,} ops", "forward pass", values)
        growth = ratios(seconds["view 100000"], seconds["view 10000"])
        bound = 1.3 if view == "snapshot" else None
        yield Figure("looking", f"{view}, 100,000 ops", "10,000 ops", growth, bound)


def waiting(pace: Pace) -> Iterator[Figure | Skipped]:
    """Looking at large graphs: how long one waits"""
    bounds = {
        ("step_through", "a chain", 100_000): 5.5,
        ("step_through", "an MLP", 100_000): None,
        ("SVG", "a chain", 20_000): 10.0,
        ("SVG", "an MLP", 20_000): 10.0,
        ("page", "a chain", 20_000): 10.0,
        ("page", "an MLP", 20_000): 10.0,
    }
    for (view, graph, ops), bound in bounds.items():
        what = f"{view} of {graph} of {ops:,} ops"
        show = partial(VIEWS[view], GRAPHS[graph](ops))
        try:
            seconds = race({what: Contender(show, calls=1)}, pace.slow())
        except RuntimeError as error:
            yield Skipped("waiting", what, str(error))
            continue
        yield Figure("waiting", what, "", seconds[what], bound, "s")


ROWS: dict[str, Row] = {
    "mlp": mlp,
    "float16": float16,
    "watched": watched,
    "anatomy": anatomy,
    "cross-entropy": cross_entropy,
    "fused": fused,
    "chain": chain,
    "import": importing,
    "memory": memory,
    "looking": looking,
    "waiting": waiting,
}

# ---------------------------------------------------------------------------------------------
# What the rows are made of
# ---------------------------------------------------------------------------------------------


def entered(
    row: str,
    what: str,
    entries: dict[str, Any],
    task: Any,
    bounds: dict[str, float],
    pace: Pace,
    rtol: float = RTOL,
) -> Iterator[Figure | Skipped]:
    """Make the contenders that can run here, see that they agree, and race them."""
    for name in entries:
        if not installed(name):
            yield Skipped(row, what, f"{name} is not installed")
    running = {name: make(task) for name, make in entries.items() if installed(name)}
    agree(running, rtol)
    contenders = {
        name: Contender(getattr(it, "step", it.gradients)) for name, it in running.items()
    }
    yield from compare(row, what, contenders, bounds, pace)


def in_memory(
    row: str, what: str, kind: str, against: str, sizes: tuple[int, ...], bound: float, pace: Pace
) -> Figure:
    """Compare minigrad's memory with another's, each in fresh processes."""
    values = [
        measure(kind, OURS, *sizes) / measure(kind, against, *sizes)
        for _ in range(pace.slow().rounds)
    ]
    return Figure(row, what, against, values, bound)


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


def layers(ops: int) -> mg.Tensor:
    W, b = (mg.Tensor(np.full(s, 0.1), requires_grad=True) for s in ((4, 4), 4))
    h = mg.Tensor(np.ones((2, 4)))
    for _ in range(ops // 3):
        h = np.tanh(h @ W + b)
    return h.sum()


def save(picture: mg.viz.Drawing | mg.viz.Player, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture.save(Path(folder, "picture").with_suffix(suffix))


GRAPHS: dict[str, Callable[[int], mg.Tensor]] = {
    "a chain": lambda ops: MinigradChain(ops).recorded(),
    "an MLP": layers,
}

VIEWS: dict[str, Callable[[mg.Tensor], object]] = {
    "names": lambda loss: names_of(topological_order(loss)),
    "snapshot": mg.viz.snapshot,
    "step_through": mg.step_through,
    "SVG": lambda loss: save(mg.draw(loss), ".svg"),
    "page": lambda loss: save(mg.step_through(loss), ".html"),
}
