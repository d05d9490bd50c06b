"""Two ways to write the cross-entropy, equal on paper, side by side on the same logits.

    python examples/naive_and_fused.py

    naive    p = exp(z) / Σ exp(z), then log p at the targets, and its mean: seven ops
    fused    cross_entropy(z, targets): one op

As long as the logits are small, losses and gradients agree to float32's seven digits. The logits
are then scaled up until one of the two breaks. Three pictures are left in out/:

    naive-and-fused-small.svg    small logits: both are right
    naive-and-fused-large.svg    large logits: one of them is not
    fused-inside.svg             what the fused op means, in smaller ops
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import Tensor
from minigrad.nn import functional as F

LOGITS = np.array([[2.0, 1.0, -1.0], [0.5, -0.5, 3.0]], dtype=np.float32)
TARGETS = np.array([0, 1])


def naive(z: Tensor) -> Tensor:
    exps = np.exp(z)
    total = exps.sum(axis=1, keepdims=True)
    probs = exps / total
    log_probs = np.log(probs)
    picked = log_probs[np.arange(len(TARGETS)), TARGETS]
    return -picked.mean()


def fused(z: Tensor) -> Tensor:
    return F.cross_entropy(z, Tensor(TARGETS, name="targets"))


@np.errstate(all="ignore")  # what NumPy would warn of is what this script is about
def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    print("logits    naive loss   fused loss   gradients")
    for scale in (1, 3, 10, 25, 30):
        z = Tensor(scale * LOGITS, requires_grad=True, name="logits")
        naive_loss, fused_loss = naive(z), fused(z)
        by_naive = mg.autograd.grad(naive_loss, z)[0].numpy()
        by_fused = mg.autograd.grad(fused_loss, z)[0].numpy()
        difference = np.abs(by_naive - by_fused).max() / np.abs(by_fused).max()
        remark = f"largest difference, relative: {difference:.0e}"
        if bad := np.isnan(by_naive).sum():
            remark = f"{bad} of naive's {z.size} entries are NaN"
        print(f"x {scale:<7}{naive_loss.item():12.6f}{fused_loss.item():13.6f}   {remark}")
        if scale == 1:
            mg.draw(naive=naive_loss, fused=fused_loss).save(out / "naive-and-fused-small.svg")
            inside = mg.draw(fused_loss, expand=True, show="values")
            inside.save(out / "fused-inside.svg")

    mg.draw(naive=naive_loss, fused=fused_loss).save(out / "naive-and-fused-large.svg")
    print(f"\nThe first inf was {mg.diagnose(naive_loss).first}")
    print(f"\nLook at {out / 'naive-and-fused-large.svg'}: on the left, follow the red lines from")
    print("exp down to the loss, and the dashed ones back up to the logits. On the right nothing")
    print(f"is red. Then look into the fused op: {out / 'fused-inside.svg'}.")


if __name__ == "__main__":
    run(main, __doc__)
