"""Which layers are saturated? examples/plot_activations.py leaves out/plot-activations.png."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import nn, viz


def main(out: Path) -> None:
    images, digits, _, _ = mg.datasets.load_mnist()
    x = (images[:500].reshape(-1, 784) / 255).astype(np.float32)
    mg.manual_seed(0)
    linears = [nn.Linear(n, m) for n, m in pairwise([784, 100, 100, 100, 100, 10])]
    for linear in linears:
        linear.weight.data *= 5  # they start too large
    layers = [part for linear in linears for part in (linear, nn.Tanh())]
    logits = nn.Sequential(*layers[:-1])(x)
    loss = nn.functional.cross_entropy(logits, digits[:500])
    viz.plot_activations(loss).figure.savefig(out / "plot-activations.png", dpi=80)
    print(f"loss {loss.item():.2f}; look at {out / 'plot-activations.png'}")


if __name__ == "__main__":
    run(main, __doc__)
