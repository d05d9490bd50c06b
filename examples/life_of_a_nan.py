"""The life of a NaN: its birth in exp, its way back through the gradients, the end of the weights.

    python examples/life_of_a_nan.py

A linear classifier of sixteen digits, on raw pixels (0 to 255), with the cross-entropy written as
its definition reads. The logits are large, exp overflows, and inf / inf is NaN. Each station is
drawn in out/:

    nan-1-forward.svg     the loss is NaN: where was it born?
    nan-2-backward.svg    the NaN comes back to the weights' gradient
    nan-3-next-step.svg   one step of the optimiser later, the weights are NaN, and so is all else
    nan-4-remedy.svg      the same weights and digits with a loss that does not overflow
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import Tensor, datasets, optim
from minigrad.nn import functional as F


def naive_cross_entropy(logits: Tensor, digits: Tensor) -> Tensor:
    exps = np.exp(logits)
    total = exps.sum(axis=1, keepdims=True)
    probs = exps / total
    log_probs = np.log(probs)
    picked = log_probs[np.arange(len(digits)), digits]
    return -picked.mean()


@np.errstate(all="ignore")  # what NumPy would warn of is what this script is about
def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    images, labels, _, _ = datasets.load_mnist()
    pixels = Tensor(images[:16].reshape(16, 784).astype(np.float32), name="pixels")
    digits = Tensor(labels[:16], name="digits")
    start = np.random.default_rng(2).normal(0, 1 / 28, (784, 10)).astype(np.float32)  # 28 = √784
    W = Tensor(start, requires_grad=True, name="W")
    optimizer = optim.SGD([W], lr=1e-5)

    print("1. The forward pass\n")
    logits = pixels @ W
    loss = naive_cross_entropy(logits, digits)
    print(f"The loss is {loss.item()}. Where was that born?")
    print(mg.diagnose(loss).first)
    mg.draw(loss).save(out / "nan-1-forward.svg")

    print("\n2. The backward pass\n")
    loss.backward()
    birth = mg.diagnose(loss).first
    print(f"NaN in {np.isnan(W.grad).mean():.0%} of the gradient of W. How did it get there?")
    print(" -> ".join(name_of(place) for place in birth.path(W)))
    mg.draw(loss).save(out / "nan-2-backward.svg")

    print("\n3. One step of the optimiser, and the next forward pass\n")
    optimizer.step()
    logits = pixels @ W
    next_loss = naive_cross_entropy(logits, digits)
    print(f"NaN in {np.isnan(W.data).mean():.0%} of W. Where was it born?")
    print(mg.diagnose(next_loss).first)
    print("The trace is lost: from now on it only says that the weights are bad. So ask early.")
    mg.draw(next_loss).save(out / "nan-3-next-step.svg")

    print("\n4. The remedy: the cross-entropy as one op, from the same weights\n")
    W.data[...] = start
    for step in range(21):
        optimizer.zero_grad()
        logits = pixels @ W
        loss = F.cross_entropy(logits, digits)
        loss.backward()
        if step % 10 == 0:
            print(f"step {step:2}: loss {loss.item():8.4f}; {mg.diagnose(loss)}")
        optimizer.step()
    mg.draw(loss).save(out / "nan-4-remedy.svg")

    print("\nOr ask before: detect_anomaly stops where the first NaN or inf is born\n")
    W.data[...] = start
    try:
        with mg.autograd.detect_anomaly():
            naive_cross_entropy(pixels @ W, digits).backward()
    except mg.autograd.AnomalyError as error:
        print(f"AnomalyError: {error}")

    print(f"\nLook at {out / 'nan-1-forward.svg'} and the three after it: the red box is where it")
    print("was born, red lines are its way. Then shield exp from overflow, in naive_cross_entropy:")
    print("    exps = np.exp(logits - logits.max(axis=1, keepdims=True))")
    print("Is the loss finite now? If not, where is it born this time?")


def name_of(place: mg.autograd.Place) -> str:
    name = place.tensor.name or place.tensor.op.name
    return name if place.in_pass == "forward" else f"gradient of {name}"


if __name__ == "__main__":
    run(main, __doc__)
