"""A first gradient: by hand, by the engine, and as a picture.

    python examples/first_gradient.py

A straight line predicts w·x + b where y was measured. The loss is the square of the error, and its
gradient says how it changes with w and with b. The picture is left in out/first-gradient.svg.
"""

from __future__ import annotations

from pathlib import Path

from command_line import run

import minigrad as mg
from minigrad import Tensor


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    x = Tensor(3.0, name="x")  # measured, as y is: no gradient is wanted
    y = Tensor(5.0, name="y")
    w = Tensor(2.0, requires_grad=True, name="w")  # to be learned, as b is
    b = Tensor(1.0, requires_grad=True, name="b")

    # The forward pass. Each line computes a number and remembers how:
    #     prediction = 2 · 3 + 1 = 7
    #     error      = 7 - 5     = 2
    #     loss       = 2²        = 4
    prediction = w * x + b
    error = prediction - y
    loss = error**2

    # The backward pass, by hand. From the loss back to w and b, each line is the line before,
    # times one more derivative: the chain rule.
    #     ∂loss/∂error      = 2 · error             = 4
    #     ∂loss/∂prediction = ∂loss/∂error · 1      = 4
    #     ∂loss/∂b          = ∂loss/∂prediction · 1 = 4
    #     ∂loss/∂w          = ∂loss/∂prediction · x = 4 · 3 = 12
    #
    # And by the engine: `loss.backward()` takes all of these steps at once, `mg.steps(loss)` one
    # after the other.
    for step in mg.steps(loss):
        print(step, end="\n\n")
    print(f"loss = {loss.item():g}, its gradient by w is {w.grad:g} and by b is {b.grad:g}\n")

    # What a gradient is good for: a step against it makes the loss smaller, unless it is too long.
    for step_size in (0.001, 0.01, 0.1):
        new_w, new_b = w.data - step_size * w.grad, b.data - step_size * b.grad
        new_loss = (new_w * 3 + new_b - 5) ** 2
        print(f"{step_size:5} against it: w = {new_w:.3f}, b = {new_b:.3f}, loss = {new_loss:.4f}")

    path = mg.draw(loss).save(out / "first-gradient.svg")
    print(f"\nLook at {path}: every value (=) and, below it, the gradient by it.")
    print("Open it in a browser: over an op, the mouse shows its formula and its line.")
    print("Then change a number above, do the sum by hand, and see whether the engine agrees.")


if __name__ == "__main__":
    run(main, __doc__)
