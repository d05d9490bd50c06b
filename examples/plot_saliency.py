"""Which pixels make it a seven? Leaves out/plot-saliency.png."""

from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import nn, viz


def main(out: Path) -> None:
    images, digits, _, _ = mg.datasets.load_mnist()
    x = (images.reshape(-1, 784) / 255).astype(np.float32)
    mg.manual_seed(0)
    model = nn.Linear(784, 10)
    optimizer = mg.optim.SGD(model.parameters(), lr=0.1)
    for batch, targets in mg.datasets.batches(x, digits, batch_size=64, seed=0):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(batch), targets).backward()
        optimizer.step()
    seven = mg.Tensor(x[digits == 7][:1], requires_grad=True)
    logit = model(seven)[0, 7]
    viz.plot_saliency(logit, seven).figure.savefig(out / "plot-saliency.png", dpi=80)
    print(f"logit of 7: {logit.item():.2f}; look at {out / 'plot-saliency.png'}")


if __name__ == "__main__":
    run(main, __doc__)
