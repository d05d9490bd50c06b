"""Write the figures of the course as SVG, for slides: python docs/figures.py --out figures

Every curve and number in them is computed here, by minigrad.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import Tensor, viz
from minigrad.nn import functional as F

rcParams["font.size"] = 13  # to be read from the last row
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
LOGITS = np.array([2.0, 1.0, 0.0, -1.0])


def slide(columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """Make a figure of a slide's proportions, and its axes."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots(1, columns, **options)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def one_neuron() -> viz.Drawing:
    """The graph of one neuron, with its values and gradients (lessons 1 and 2)."""
    x = Tensor([1.0, 2.0], name="x")
    w = Tensor([0.5, -0.25], requires_grad=True, name="w")
    b = Tensor(0.5, requires_grad=True, name="b")
    y = np.tanh((w * x).sum() + b)
    y.backward()
    return mg.draw(y)


def temperature() -> Figure:
    """Softmax of the same logits at three temperatures (lesson 4)."""
    figure, axes = slide(3, sharey=True)
    for ax, t in zip(axes, (0.5, 1.0, 2.0)):
        ax.bar(range(4), F.softmax(Tensor(LOGITS / t)).numpy(), color=BLUE)
        ax.set(title=f"temperature {t:g}", xticks=range(4), xlabel="class")
    axes[0].set(ylabel="probability", ylim=(0, 1))
    return figure


def softmax_jacobian() -> Figure:
    """The Jacobian of softmax, diag(p) − p pᵀ (lesson 4)."""
    figure, ax = slide()
    viz.plot_softmax_jacobian(LOGITS, ax=ax)
    return figure


def range_of_exp() -> Figure:
    """Between which logits exp is neither 0 nor inf, by dtype (lessons 5 and 11)."""
    figure, ax = slide()
    for row, dtype in enumerate((np.float64, np.float32, np.float16)):
        floats = np.finfo(dtype)
        low = np.log(np.float64(floats.smallest_subnormal)) - np.log(2)  # half of it rounds to 0
        high = np.log(np.float64(floats.max))
        ax.barh(row, high - low, left=low, color=BLUE, height=0.5)
        ax.text(0, row + 0.33, f"from {low:.1f} to {high:.1f}", ha="center")
    ax.set(yticks=range(3), yticklabels=["float64", "float32", "float16"], ylim=(-0.5, 2.7))
    ax.set_xlabel("logit z")
    ax.set_title("where exp(z) is neither 0 nor inf")
    return figure


def naive_and_fused() -> Figure:
    """The naive loss and the fused one, of the same large logits, by steps (lessons 5 and 7)."""
    figure, rows = Figure(figsize=(8, 4.5), layout="constrained"), ("naive", "fused")
    losses = {"naive": F.naive_cross_entropy, "fused": F.cross_entropy}
    for ax, row in zip(figure.subplots(2, 1, sharex=True), rows):
        with np.errstate(all="ignore"):
            loss = losses[row](Tensor([[1000.0, 0.0]], requires_grad=True, name="logits"), [1])
            loss.backward()
        chain = [loss]
        while chain[0].parents:
            chain.insert(0, chain[0].parents[0])
        ax.set(xlim=(-0.9, 6.5), ylim=(-1.4, 1), title=f"{row}: the loss is {short(loss.data)}")
        ax.set_axis_off()
        for y, name in ((-0.1, "→"), (-0.9, "← ∂")):
            ax.text(-0.9, y, name, size=12)
        for i, t in enumerate(chain):
            ax.text(i, 0.6, t.op.name if t.op else t.label, ha="center", weight="bold", size=12)
            for y, array in ((-0.1, t.data), (-0.9, t.grad)):
                color = "black" if np.isfinite(array).all() else ORANGE
                ax.text(i, y, short(array), ha="center", size=12, color=color)
    return figure


def short(array: Any) -> str:
    numbers = ", ".join(f"{x:g}".replace("nan", "NaN").replace("-", "−") for x in np.ravel(array))
    return f"[{numbers}]" if np.size(array) > 1 else numbers


def log_of_softmax() -> Figure:
    """The log of softmax and log_softmax, as one logit falls behind the other (lesson 6)."""
    figure, ax = slide()
    gaps = np.arange(0, 131, dtype=np.float32)
    logits = Tensor(np.stack([np.zeros_like(gaps), -gaps], axis=1))
    with np.errstate(divide="ignore"):
        composed = np.log(F.softmax(logits).numpy())[:, 1]
    ax.plot(gaps, F.log_softmax(logits).numpy()[:, 1], color=BLUE, label="log_softmax(z)")
    ax.plot(gaps, composed, color=ORANGE, ls="--", lw=3, label="log(softmax(z))")
    end = gaps[np.isfinite(composed)].max()
    ax.axvline(end, color=GREY, lw=1)
    ax.text(end - 2, -20, f"from here on\n−inf, in float32\n(gap {end:.0f})", ha="right")
    ax.set(xlabel="how far the logit is behind the largest", ylabel="log-probability")
    ax.legend(frameon=False, loc="lower left")
    return figure


def p_minus_y() -> Figure:
    """The gradient of cross-entropy: probabilities minus target (lesson 7)."""
    logits = Tensor(LOGITS[None], requires_grad=True)
    F.cross_entropy(logits, [1]).backward()
    bars = {
        "probabilities p": F.softmax(logits).numpy()[0],
        "target y": np.eye(4)[1],
        "gradient p − y": logits.grad[0],
    }
    figure, axes = slide(3, sharey=True)
    for ax, (title, heights) in zip(axes, bars.items()):
        ax.bar(range(4), heights, color=[ORANGE if h < 0 else BLUE for h in heights])
        ax.axhline(0, color="black", lw=0.8)
        ax.set(title=title, xticks=range(4), xlabel="class")
    return figure


def map_of_failure() -> Figure:
    """Which way to write the cross-entropy loses its digits where (lesson 9)."""
    figure = Figure(figsize=(10, 5.625), layout="constrained")
    viz.plot_map_of_failure(viz.map_of_failure(), target="largest", ax=figure.subplots())
    return figure


FIGURES: list[Callable[[], viz.Drawing | Figure]] = [
    one_neuron,
    temperature,
    softmax_jacobian,
    range_of_exp,
    naive_and_fused,
    log_of_softmax,
    p_minus_y,
    map_of_failure,
]


def main(out: Path) -> None:
    """Write every figure, and say of each what it shows."""
    out.mkdir(parents=True, exist_ok=True)
    for make in FIGURES:
        path = out / f"{make.__name__.replace('_', '-')}.svg"
        figure = make()
        figure.savefig(path) if isinstance(figure, Figure) else figure.save(path)
        print(f"{path}: {make.__doc__}")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a terminal without √ gets a question mark
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("figures"), help="default: figures")
    main(parser.parse_args().out)
