"""Two matrices that are one: the Jacobian of softmax and the Hessian of the cross-entropy.

    python examples/softmax_jacobian.py

With p = softmax(z), the gradient of the cross-entropy by the logits z is p − y, where y is the
one-hot target. Its derivative, the Hessian, is therefore the derivative of p: diag(p) − p pᵀ, for
every target. The engine differentiates both without being told, this prints how far the results
are from the formula, and leaves them side by side in out/softmax-jacobian.png.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command_line import run

from minigrad import Tensor, viz
from minigrad.autograd.functional import hessian, jacobian
from minigrad.nn import functional as F

LOGITS = np.array([2.0, 1.0, 0.0, -1.0])


def cross_entropy_of(target: int):
    return lambda z: F.cross_entropy(z, target)


def main(out: Path) -> None:
    from matplotlib.figure import Figure

    out.mkdir(parents=True, exist_ok=True)
    p = F.softmax(Tensor(LOGITS)).numpy()
    formula = np.diag(p) - np.outer(p, p)
    J = jacobian(F.softmax, LOGITS).numpy()
    print(f"logits z = {LOGITS}, probabilities p = softmax(z) = {p.round(3)}\n")
    print("largest difference from diag(p) − p pᵀ:")
    print(f"    Jacobian of softmax                       {np.abs(J - formula).max():.0e}")
    for target in range(len(LOGITS)):
        H = hessian(cross_entropy_of(target), LOGITS).numpy()
        difference = np.abs(H - formula).max()
        print(f"    Hessian of the cross-entropy, target {target}    {difference:.0e}")

    print("\nEach row sums to 0, because adding a constant to all logits changes nothing:")
    print(f"    {np.abs(J.sum(axis=1)).max():.0e}")
    print("No eigenvalue is negative, so the cross-entropy is convex in the logits:")
    print(f"    {np.linalg.eigvalsh(J).round(4) + 0.0}")
    sure = jacobian(F.softmax, 10 * LOGITS).numpy()
    print("With logits ten times as large softmax is sure, and hardly lets a gradient through:")
    print(f"    largest entry {np.abs(sure).max():.0e} instead of {np.abs(J).max():.2f}")

    figure = Figure(figsize=(16, 7), layout="constrained")
    left, right = figure.subplots(1, 2)
    viz.plot_softmax_jacobian(LOGITS, ax=left)
    left.set_title("Jacobian of softmax", fontsize=22)
    viz.plot_matrix(hessian(cross_entropy_of(0), LOGITS), ax=right)
    right.set_title("Hessian of the cross-entropy", fontsize=22)
    right.set_xlabel("logit j")
    right.set_ylabel("logit i")
    figure.savefig(out / "softmax-jacobian.png", dpi=100)
    print(f"\nLook at {out / 'softmax-jacobian.png'}: the two heat maps are the same.")


if __name__ == "__main__":
    run(main, __doc__)
