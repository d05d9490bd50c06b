"""One neuron: its forward and backward pass to step through, and a few steps of training.

    python examples/one_neuron.py

A neuron weights its inputs, adds a bias and bends the sum with tanh: p = tanh(w·x + b). The page
out/one-neuron.html steps through how one example is computed and how its gradient comes back. Then
the neuron learns the logical "or" of its two inputs: -1 is no, +1 is yes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import Tensor, optim

INPUTS = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float32)
TARGETS = np.array([-1, 1, 1, 1], dtype=np.float32)


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    w = Tensor([0.5, -1.0], requires_grad=True, name="w")
    b = Tensor(0.0, requires_grad=True, name="b")

    # One example, of which the answer should be yes. The neuron says no:
    x = Tensor(INPUTS[1], name="x")
    target = Tensor(TARGETS[1], name="target")
    total = (w * x).sum() + b
    output = np.tanh(total)
    loss = (output - target) ** 2
    page = mg.step_through(loss).save(out / "one-neuron.html")

    # By hand, with tanh' = 1 - tanh²:
    #     ∂loss/∂output = 2 · (output - target)
    #     ∂loss/∂total  = ∂loss/∂output · (1 - output²)
    #     ∂loss/∂b      = ∂loss/∂total
    #     ∂loss/∂w      = ∂loss/∂total · x
    loss.backward()
    by_hand = 2 * (output.item() - 1) * (1 - output.item() ** 2)
    print(f"output {output.item():.4f}, target {target.item():g}, loss {loss.item():.4f}")
    print(f"gradient by b: engine {b.grad:.4f}, by hand {by_hand:.4f}")
    print(f"gradient by w: engine {w.grad.round(4)}, by hand {(by_hand * x.data).round(4)}\n")

    # Training: the same neuron on all four examples at once, a step against the gradient each time.
    optimizer = optim.SGD([w, b], lr=0.5)
    for step in range(21):
        optimizer.zero_grad()
        outputs = np.tanh(INPUTS @ w + b)
        loss = ((outputs - TARGETS) ** 2).mean()
        loss.backward()
        if step % 5 == 0:
            says = "  ".join(f"{output:+.2f}" for output in outputs.data)
            print(f"step {step:2}: loss {loss.item():.4f}, outputs {says}")
        optimizer.step()
    print(f"{'targets':>30}  {'  '.join(f'{target:+.2f}' for target in TARGETS)}")

    print(f"\nLook at {page}: open it in a browser, and step through both passes.")
    print("Where does the gradient shrink most on its way back? Then try w = [5, -10] above: tanh")
    print("is flat there, the slope 1 - tanh² is nearly 0, and hardly any gradient comes through.")


if __name__ == "__main__":
    run(main, __doc__)
