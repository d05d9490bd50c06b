"""The valley that a training went down into: leaves out/plot-loss-landscape.png."""

from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import nn, viz
from minigrad.nn import functional as F


def main(out: Path) -> None:
    images, digits, _, _ = mg.datasets.load_mnist()
    x, y = (images[:100].reshape(-1, 784) / 255).astype(np.float32), digits[:100]
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 16), nn.Tanh(), nn.Linear(16, 10))
    optimizer = mg.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(40):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    ax = viz.plot_loss_landscape(lambda: F.cross_entropy(model(x), y), model, points=21)
    ax.figure.savefig(out / "plot-loss-landscape.png", dpi=80)
    print(f"loss {loss.item():.3f}; look at {out / 'plot-loss-landscape.png'}")


if __name__ == "__main__":
    run(main, __doc__)
