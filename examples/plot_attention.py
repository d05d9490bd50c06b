"""What does each head of an attention look at? Leaves out/plot-attention.png."""

from pathlib import Path

import numpy as np
from command_line import run

from minigrad import Tensor, nn, viz


def main(out: Path) -> None:
    rng = np.random.default_rng(0)
    heads, words, size = 6, 16, 8
    queries, keys = (Tensor(rng.normal(size=(heads, words, size))) for _ in range(2))
    scores = queries @ keys.transpose((0, 2, 1)) / np.sqrt(size)
    later = np.triu(np.ones((words, words), bool), 1)
    weights = nn.functional.softmax(np.where(later, -np.inf, scores))
    viz.plot_matrix(weights).figure.savefig(out / "plot-attention.png", dpi=80)
    print(f"each row sums to {weights.sum(axis=-1).max().item():.4f}")
    print(f"Look at {out / 'plot-attention.png'}: each head has its triangle")


if __name__ == "__main__":
    run(main, __doc__)
