"""The map of failure: which way to write the cross-entropy breaks where, and how exact it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd import grad
from minigrad.nn import functional as F
from minigrad.tensor import Tensor
from minigrad.viz.plots.axes import (
    axes,
    colorbar,
    fit,
    fit_cells,
    label,
    plain,
    ramp,
    room,
    short,
    text_size,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HEADS", "Outcome", "map_of_failure", "plot_map_of_failure"]

Head = Callable[[Tensor, NDArray], Tensor]


def shifted_cross_entropy(logits: Tensor, target: NDArray) -> Tensor:
    log_probs = np.log(F.softmax(logits))
    loss: Tensor = -log_probs[np.arange(len(target)), target].mean()
    return loss


def textbook_cross_entropy(logits: Tensor, target: NDArray) -> Tensor:
    shifted = logits - logits.data.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return F.nll_loss(log_probs, target)


def log_softmax_cross_entropy(logits: Tensor, target: NDArray) -> Tensor:
    return F.nll_loss(F.log_softmax(logits), target)


HEADS: dict[str, Head] = {
    "naive": F.naive_cross_entropy,
    "shifted": shifted_cross_entropy,
    "textbook": textbook_cross_entropy,
    "log_softmax": log_softmax_cross_entropy,
    "fused": F.cross_entropy,
}
"""Five ways to write the loss of logits (N, C) and targets (N,): log(exp(z) / Σ exp(z)),
log(softmax(z)), log-probabilities as textbooks and frameworks compute them, z − max z −
log Σ exp(z − max z), then nll_loss(log_softmax(z)) and cross_entropy(z)."""

SIZES = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000)
DTYPES = ("float16", "float32", "float64")
TARGETS = ("largest", "smallest")


@dataclass(frozen=True)
class Outcome:
    """How one head did on one row of logits.

    `quantity` is "loss" or "gradient"; `target` says which logit was the target's; `error` is the
    relative error, of the gradient's worst entry, and `bound` what minigrad promises for the
    softmax family: (8 + max_j |z_j − max z|) · eps.
    """

    head: str
    dtype: str
    size: float
    target: str
    quantity: str
    error: float
    bound: float
    verdict: str
    """ "exact" (error ≤ bound), "inaccurate", "inf" or "NaN"."""


def map_of_failure(
    sizes: Sequence[float] = SIZES,
    dtypes: Sequence[str] = DTYPES,
    heads: Mapping[str, Head] = HEADS,
) -> list[Outcome]:
    """Try every head on logits of every size in every dtype, against exact arithmetic.

    The logits are ten numbers spread evenly from −size to size; the target is once the largest and
    once the smallest of them. Where the exact result is below the normal numbers of the dtype,
    errors are relative to the smallest of those.

    Parameters
    ----------
    sizes : positive floats
    dtypes : names of dtypes
    heads : dict of functions
        From logits (1, 10) and targets (1,) to a loss.

    Returns
    -------
    list of Outcomes
        One for each head, dtype, size, target, and the loss or its gradient by the logits.

    Raises
    ------
    ValueError
        If a size is not positive, or overflows a dtype.

    Examples
    --------
    >>> found = map_of_failure(sizes=[100], dtypes=["float32"])
    >>> for o in found:
    ...     if o.target == "smallest" and o.quantity == "loss":
    ...         print(o.head, o.verdict)
    naive inf
    shifted inf
    textbook exact
    log_softmax exact
    fused exact
    """
    found = []
    for dtype in map(np.dtype, dtypes):
        for size in sizes:
            if not 0 < size <= float(np.finfo(dtype).max):
                raise ValueError(f"logits of size {size} do not fit {dtype}: leave one of them out")
            z = (np.linspace(-1, 1, 10) * size).astype(dtype)
            for target in TARGETS:
                index = int(z.argmax() if target == "largest" else z.argmin())
                exact = _exact(z, index)
                bound = (8 + float(z.max()) - float(z.min())) * float(np.finfo(dtype).eps)
                for name, head in heads.items():
                    computed = _loss_and_gradient(head, z, index)
                    for quantity, got, want in zip(("loss", "gradient"), computed, exact):
                        error, verdict = _judge(got, want, bound)
                        case = name, dtype.name, float(size), target, quantity
                        found.append(Outcome(*case, error, bound, verdict))
    return found


def _loss_and_gradient(head: Head, z: NDArray, target: int) -> tuple[NDArray, NDArray]:
    """The loss (1,) and its gradient (C,) by the logits, as the engine computes them."""
    logits = Tensor(z[None], requires_grad=True)
    with np.errstate(all="ignore"):
        loss = head(logits, np.array([target]))
        (gradient,) = grad(loss, logits)
    return loss.data.reshape(1), gradient.data[0]


# With so many digits the formulas can be used as they are written: 1 + 10⁻³⁰⁸ keeps 90 digits of
# the smaller number.
DIGITS = Context(prec=400)


def _exact(z: NDArray, target: int) -> tuple[list[Decimal], list[Decimal]]:
    """The loss log Σ exp(z_j) − z_target and its gradient softmax(z) − onehot(target), exactly."""
    with localcontext(DIGITS):
        logits = [Decimal(float(v)) for v in z]
        exps = [(v - max(logits)).exp() for v in logits]
        total = sum(exps, Decimal(0))
        gradient = [e / total for e in exps]
        gradient[target] -= 1
        return [total.ln() + max(logits) - logits[target]], gradient


def _judge(got: NDArray, want: list[Decimal], bound: float) -> tuple[float, str]:
    """The worst relative error, and what it is called."""
    if np.isnan(got).any():
        return np.nan, "NaN"
    if np.isinf(got).any():
        return np.inf, "inf"
    smallest = Decimal(float(np.finfo(got.dtype).tiny))
    with localcontext(DIGITS):
        errors = [
            abs(Decimal(value) - exact) / max(abs(exact), smallest)
            for value, exact in zip(got.tolist(), want)
        ]
    error = float(max(errors))
    return error, "exact" if error <= bound else "inaccurate"


def plot_map_of_failure(
    outcomes: Sequence[Outcome],
    quantity: str = "loss",
    target: str = "smallest",
    ax: Axes | None = None,
) -> Axes:
    """Plot a map of failure: a row for each head and dtype, a column for each size of the logits.

    ✓ stands for a result within the promised bound, a number is the relative error of one beyond
    it, and inf and NaN stand for themselves, on black. The colour is the relative error on the
    scale of the dtype: the share of its digits that are wrong.

    Parameters
    ----------
    outcomes : list of Outcomes
        As `map_of_failure` returns them.
    quantity : "loss" or "gradient"
    target : "largest" or "smallest"
        Which logit was the target's.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If no outcome is of this quantity and target.

    Examples
    --------
    >>> found = map_of_failure(sizes=[1, 100], dtypes=["float32"])
    >>> ax = plot_map_of_failure(found, "loss", target="smallest")
    >>> [text.get_text() for text in ax.texts]
    ['✓', '✓', '✓', '✓', '✓', 'inf', 'inf', '✓', '✓', '✓']
    """
    shown = [o for o in outcomes if (o.quantity, o.target) == (quantity, target)]
    if not shown:
        raise ValueError(f"there are no outcomes for quantity={quantity!r} and target={target!r}")
    heads, dtypes = ({getattr(o, name): None for o in shown} for name in ("head", "dtype"))
    rows = [(head, dtype) for head in heads for dtype in dtypes]
    sizes = sorted({o.size for o in shown})
    lost = np.full((len(rows), len(sizes)), np.nan)
    ax = axes(ax, 12, 2.4 + 0.5 * len(rows))
    signs = []
    for o in shown:
        i, j = rows.index((o.head, o.dtype)), sizes.index(o.size)
        lost[i, j] = _digits_lost(o)
        weight = "normal" if np.isfinite(o.error) else "bold"
        color = "black" if lost[i, j] < 0.4 else "white"
        sign = ax.text(j, i, _sign(o), ha="center", va="center", color=color)
        sign.set_fontweight(weight)
        signs.append(sign)
    x, y = np.arange(len(sizes) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5
    colors, paper = ramp().reversed().with_extremes(bad="black"), ax.get_facecolor()
    mesh = ax.pcolormesh(x, y, lost, vmin=0, vmax=1, cmap=colors, edgecolor=paper, linewidth=1)
    ax.invert_yaxis()
    colorbar(ax, mesh, "digits lost").ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set_xticks(range(len(sizes)), [f"{size:g}" for size in sizes])
    ax.set_yticks(range(len(rows)), [f"{short(head)}  {dtype}" for head, dtype in rows])
    plain(*ax.get_yticklabels())
    for i in range(len(dtypes), len(rows), len(dtypes)):
        ax.axhline(i - 0.5, color=paper, linewidth=min(6, room(ax)[1] / len(rows) / 4))
    normal = text_size(ax)

    def arrange() -> None:
        width, height = room(ax)
        ax.tick_params("y", labelsize=min(normal, height / len(rows) / 1.2))
        ax.tick_params("x", rotation=90 if width / len(sizes) < 3.5 * normal else 0)

    fit_cells(ax, signs, len(sizes), len(rows))
    fit(ax, arrange)
    title = f"{quantity.capitalize()}, where the target has the {target} logit"
    legend = "✓ as exact as promised, or 0 where the result is too small"
    x_label = f"size of the logits\n{legend}\nnumber: relative error"
    return label(ax, x_label, "", title)


def _digits_lost(outcome: Outcome) -> float:
    """The share of the dtype's digits that are wrong: 0 for an error of eps, 1 for one of 100 %."""
    eps = float(np.finfo(outcome.dtype).eps)
    if not np.isfinite(outcome.error):
        return np.nan
    return float(np.clip(1 - np.log(max(outcome.error, eps)) / np.log(eps), 0, 1))


def _sign(outcome: Outcome) -> str:
    if outcome.verdict != "inaccurate":
        return "✓" if outcome.verdict == "exact" else outcome.verdict
    if outcome.error >= 0.01:
        return f"{outcome.error:.0%}"
    return f"{outcome.error:.0e}".replace("e-0", "e−").replace("e-", "e−")
