"""How large a gradient is when it arrives at the first layer of a deep network.

    python examples/gradient_flow.py

trains the same MLP (13 layers, ReLU) on MNIST digits from three initialisations: the weights of a
layer with n inputs start normally distributed, with standard deviation gain/√n. On its way back,
each layer multiplies the upstream gradient by about gain/√2, and twelve layers by its 12th power:

    gain 0.5    vanishes: the first layers learn nothing
    gain √2     flows: this is the initialisation of He et al., 2015
    gain 2      explodes: after three steps the weights are lost

The gradient of a layer's bias shows this best: it is the upstream gradient that arrives at the
layer, summed over the batch.

Two pictures are left in out/: gradient-flow.png and gradient-flow-losses.png.
"""

from __future__ import annotations

import math
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import datasets, nn, optim, viz
from minigrad.nn import functional as F

GAINS = {"gain 0.5": 0.5, "gain √2": math.sqrt(2), "gain 2": 2.0}
LAYERS, WIDTH, EPOCHS = 13, 128, 2


def make_mlp(gain: float) -> nn.Sequential:
    mg.manual_seed(0)
    rng = np.random.default_rng(0)
    sizes = [784, *[WIDTH] * (LAYERS - 1), 10]
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        linear = nn.Linear(inputs, outputs)
        linear.weight.data[...] = rng.normal(0, gain / math.sqrt(inputs), (outputs, inputs))
        linear.bias.data[...] = 0
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(model: nn.Sequential) -> viz.Recorder:
    images, digits, _, _ = datasets.load_mnist()
    pixels = (images.reshape(-1, 784) / 255).astype(np.float32)
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    followed = {f"layer {i}": model[2 * i - 2].bias for i in (1, 5, 9, 13)}
    recorder = viz.Recorder(followed, histogram_every=1)
    rng = np.random.default_rng(0)
    batches = (datasets.batches(pixels, digits, batch_size=128, seed=rng) for _ in range(EPOCHS))
    for x, y in chain.from_iterable(batches):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        recorder.record(loss)
        optimizer.step()
    return recorder


def main(out: Path) -> None:
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["font.size"] = 16  # to be read from the last row
    with np.errstate(all="ignore"):  # NumPy's warnings say what the pictures show
        recorders = {name: train(make_mlp(gain)) for name, gain in GAINS.items()}

    print("L2 norm of the gradient of the bias at step 1, and the loss:\n")
    print(f"{'':10}{'layer 1':>10}{'layer 13':>10}{'first loss':>14}{'last loss':>14}")
    for name, recorder in recorders.items():
        first, last = (recorder.gradient_norms[layer][0] for layer in ("layer 1", "layer 13"))
        losses = recorder.losses
        print(f"{name:10}{first:10.1e}{last:10.1e}{losses[0]:14.3g}{losses[-1]:14.3g}")

    figure = Figure(figsize=(22, 12), layout="constrained")
    upper, lower = (half.subplots(1, len(GAINS)) for half in figure.subfigures(2, 1))
    for i, (name, recorder) in enumerate(recorders.items()):
        viz.plot_gradient_flow(recorder, ax=upper[i]).set_title(name, fontsize=24)
        viz.plot_gradient_histogram(recorder, "layer 1", ax=lower[i])
    figure.savefig(out / "gradient-flow.png", dpi=80)

    figure = Figure(figsize=(22, 6), layout="constrained")
    for ax, (name, recorder) in zip(figure.subplots(1, len(GAINS)), recorders.items()):
        viz.plot_losses(recorder, ax=ax).set_title(name, fontsize=24)
    figure.savefig(out / "gradient-flow-losses.png", dpi=80)
    print(f"\nLook at {out / 'gradient-flow.png'}: the dark line, layer 1, is where the")
    print("gradient arrives last. Below it is how large that gradient's entries are.")


if __name__ == "__main__":
    run(main, __doc__)
