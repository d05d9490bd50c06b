"""Print how much memory a contender takes, in bytes: run in a process of its own.

    python -m tests.benchmarks.memory mlp NumPy 1024
    python -m tests.benchmarks.memory recorded PyTorch 100000

The first is the peak of three steps. The copy of the weights or of the logits that every contender
works on does not count; what it makes besides does, with its buffers and its optimiser's.
tracemalloc sees NumPy's buffers and Python's objects alike, but not those of C++: so the second,
what a recorded chain keeps, is how much the process grows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

from .contenders import CROSS_ENTROPIES, MLPS, RECORDERS, NaiveCrossEntropy, Scores, Task

ROOT = Path(__file__).parents[2]
PAGES = Path("/proc/self/statm")  # Linux only

KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "mlp": (Task, MLPS),
    "cross-entropy": (Scores, {**CROSS_ENTROPIES, "naive chain": NaiveCrossEntropy}),
}


def measure(kind: str, name: str, *sizes: int) -> int:
    """Measure in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", kind, name, *map(str, sizes)]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    return int(ran.stdout)


def peak(kind: str, name: str, *sizes: int) -> int:
    data, contenders = KINDS[kind]
    task = data.of(*sizes)
    tracemalloc.start()
    contender = contenders[name](task)
    run = getattr(contender, "step", contender.gradients)
    tracemalloc.reset_peak()
    for _ in range(3):
        run()
    return tracemalloc.get_traced_memory()[1] - task.copied


def kept(name: str, additions: int) -> int:
    first, contender = RECORDERS[name](1000), RECORDERS[name](additions)
    loaded = first.recorded()
    before = resident()
    graph = contender.recorded()
    grown = resident() - before
    del loaded, graph
    return grown


def resident() -> int:
    return int(PAGES.read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    kind, name, *sizes = sys.argv[1:]
    numbers = map(int, sizes)
    print(kept(name, *numbers) if kind == "recorded" else peak(kind, name, *numbers))
