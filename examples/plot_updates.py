"""Is the learning rate right? Leaves out/plot-updates.png; 0.001 is usual."""

from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import nn, viz


def main(out: Path) -> None:
    images, digits, _, _ = mg.datasets.load_mnist()
    x = (images[:2000].reshape(-1, 784) / 255).astype(np.float32)
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    recorder = viz.Recorder(model, histogram_every=2, keep="updates")
    optimizer = mg.optim.SGD(model.parameters(), lr=0.1)
    for batch, targets in mg.datasets.batches(x, digits[:2000], batch_size=32, seed=0):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), targets)
        loss.backward()
        recorder.record(loss)
        optimizer.step()
    viz.plot_updates(recorder).figure.savefig(out / "plot-updates.png", dpi=80)
    print(f"loss {loss.item():.2f}; look at {out / 'plot-updates.png'}")


if __name__ == "__main__":
    run(main, __doc__)
