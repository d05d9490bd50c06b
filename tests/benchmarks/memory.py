"""Print the peak of the memory that a contender allocates: run in a process of its own.

    python -m tests.benchmarks.memory mlp NumPy 1024

The copy of the weights or of the logits that every contender works on does not count; what it
makes besides does, with its buffers, its optimiser's and three steps. tracemalloc sees NumPy's
buffers and Python's objects alike.
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

from .contenders import CROSS_ENTROPIES, MLPS, NaiveCrossEntropy, Scores, Task

ROOT = Path(__file__).parents[2]

KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "mlp": (Task, MLPS),
    "cross-entropy": (Scores, {**CROSS_ENTROPIES, "naive chain": NaiveCrossEntropy}),
}


def peak_of(kind: str, name: str, *sizes: int) -> int:
    """Measure in a fresh process, in bytes."""
    command = [sys.executable, "-m", f"{__package__}.memory", kind, name, *map(str, sizes)]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return int(ran.stdout)


def main(kind: str, name: str, *sizes: str) -> None:
    data, contenders = KINDS[kind]
    task = data.of(*map(int, sizes))
    tracemalloc.start()
    contender = contenders[name](task)
    run = getattr(contender, "step", contender.gradients)
    tracemalloc.reset_peak()
    for _ in range(3):
        run()
    print(tracemalloc.get_traced_memory()[1] - task.copied)


if __name__ == "__main__":
    main(*sys.argv[1:])
