"""How weights spread while a model learns: leaves out/plot-weights.png."""

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
    recorder = viz.Recorder(model, histogram_every=2, keep="weights")
    optimizer = mg.optim.Adam(model.parameters(), lr=0.01)
    for batch, targets in mg.datasets.batches(x, digits[:2000], batch_size=32, seed=0):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(batch), targets)
        loss.backward()
        recorder.record(loss)
        optimizer.step()
    viz.plot_weights(recorder, "2.weight").figure.savefig(out / "plot-weights.png", dpi=80)
    print(f"loss {loss.item():.2f}; look at {out / 'plot-weights.png'}")


if __name__ == "__main__":
    run(main, __doc__)
