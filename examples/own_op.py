"""An op of your own: its two rules, how to check them, and how a wrong rule is found.

    python examples/own_op.py

Softplus, y = log(1 + eˣ), is a smooth max(x, 0). As it stands it overflows in float32 from x = 89
on, and is 0 from x = -17 down. As an op with a careful forward rule it is right everywhere, and
its backward rule is one line. Two pictures are left in out/:

    own-op.svg          the op in the graph of a loss
    own-op-slope.svg    the graph of dy/dx: a gradient that can be differentiated again
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import Tensor
from minigrad.autograd import GradcheckError, grad, gradcheck, gradgradcheck
from minigrad.ops import Op, Sigmoid


class Softplus(Op):
    """y = log(1 + eˣ)"""

    def forward(self, x: Any) -> Any:
        # With the larger of 1 and eˣ taken out of the logarithm, exp sees no positive number:
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        # The chain rule: ∂loss/∂x = g · dy/dx, where g is ∂loss/∂y. And dy/dx = sigmoid(x).
        return g * Sigmoid.of(x)


class MeanSquare(Op):
    """y = Σ x² / n"""

    def forward(self, x: Any) -> Any:
        return np.mean(x**2)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * 2 * x  # can you see what is wrong?


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    print("x            log(1 + exp(x))        Softplus")
    numbers = np.array([-20, 0, 20, 100], dtype=np.float32)
    with np.errstate(over="ignore"):
        formula = np.log(1 + np.exp(numbers))
    for x, by_formula in zip(numbers, formula):
        print(f"{x:<12g}{by_formula:16.7g}{Softplus.apply(x).item():16.7g}")

    # Is the backward rule right? Hold it against finite differences of the forward rule:
    x = Tensor([-2.0, -0.5, 1.0, 3.0], requires_grad=True, dtype=float)
    print(f"\ngradcheck of Softplus: {gradcheck(Softplus.apply, x)}")
    print(f"gradgradcheck, of its second derivative: {gradgradcheck(Softplus.apply, x)}")
    try:
        gradcheck(MeanSquare.apply, x)
    except GradcheckError as error:
        print(f"gradcheck of MeanSquare: {error}\n")

    # The rule is run on Tensors where a gradient is to be differentiated again:
    x = Tensor(0.0, requires_grad=True, name="x")
    y = Softplus.apply(x)
    (slope,) = grad(y, x, create_graph=True)
    (curvature,) = grad(slope, x)
    print(f"at 0 the slope is {slope.item():g} and the curvature is {curvature.item():g}")
    slope_picture = mg.draw(slope, show="values").save(out / "own-op-slope.svg")

    # In use: the loss of logistic regression, where a score's sign should be that of the label.
    w = Tensor([0.5, -1.0], requires_grad=True, name="w")
    points = Tensor([[1.0, 2.0], [3.0, 1.0], [-2.0, 0.0]], name="points")
    labels = Tensor([1.0, 1.0, -1.0], name="labels")
    scores = points @ w
    margins = labels * scores
    losses = Softplus.apply(-margins)
    loss = losses.mean()
    loss.backward()
    picture = mg.draw(loss).save(out / "own-op.svg")

    print(f"\nLook at {picture}: your op stands among the others.")
    print(f"In {slope_picture} its backward rule is a graph of its own.")
    print("Then mend MeanSquare until gradcheck says True.")


if __name__ == "__main__":
    run(main, __doc__)
