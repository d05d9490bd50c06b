"""Where does a gradient vanish? plot_gradient_bars.py leaves out/plot-gradient-bars.png."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import nn, viz


def main(out: Path) -> None:
    images, digits, _, _ = mg.datasets.load_mnist()
    x = (images[:200].reshape(-1, 784) / 255).astype(np.float32)
    mg.manual_seed(0)
    linears = [nn.Linear(n, m) for n, m in pairwise([784, *[64] * 7, 10])]
    layers = [part for linear in linears for part in (linear, nn.Sigmoid())]  # slopes of 1/4
    loss = nn.functional.cross_entropy(nn.Sequential(*layers[:-1])(x), digits[:200])
    loss.backward()
    ax = viz.plot_gradient_bars({f"layer {i}": part.weight for i, part in enumerate(linears)})
    ax.figure.savefig(out / "plot-gradient-bars.png", dpi=80)
    print(f"loss {loss.item():.2f}; look at {out / 'plot-gradient-bars.png'}")


if __name__ == "__main__":
    run(main, __doc__)
