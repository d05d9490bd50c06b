"""Curves: losses and gradient norms over the steps of training.

Each plot takes the Axes to draw on, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.viz.plots.axes import TEXT, axes, ink, is_dark, label, log_ticks, ramp
from minigrad.viz.plots.recorder import Recorder, recorded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ["#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7"]
"""For curves of no order, after the ink: those of Okabe and Ito, told apart by everybody."""
MARKERS = "osD<P>ph*8d"


def plot_losses(
    curves: Recorder | Sequence[float] | Mapping[str, Sequence[float]], ax: Axes | None = None
) -> Axes:
    """Plot losses over the steps of training, on a log axis if they span more than a factor 10.

    Otherwise the axis starts at 0. Losses that are NaN or infinite are marked at the top of the
    plot, and their steps are named.

    Parameters
    ----------
    curves : Recorder, list of floats, or dict of lists of floats
        One curve, or one for each name.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If a curve is not a list of numbers, or is empty.

    Examples
    --------
    >>> ax = plot_losses({"naive": [2.3, np.nan, np.nan], "fused": [2.3, 0.9, 0.2]})
    >>> [line.get_label() for line in ax.lines[:2]]
    ['naive', 'fused']
    >>> [text.get_text() for text in ax.texts]
    ['NaN from step 2 on: naive']
    """
    if isinstance(curves, Recorder):
        named = {"loss": _curve("loss", curves.losses)}
    elif isinstance(curves, Mapping):
        named = {name: _curve(name, values) for name, values in curves.items()}
    else:
        named = {"loss": _curve("loss", curves)}
    if not named:
        raise ValueError("there are no curves to plot: this dict is empty")
    ax = axes(ax)
    finite = np.concatenate([values[np.isfinite(values)] for values in named.values()])
    log = bool(finite.size) and 0 < 10 * finite.min() < finite.max()
    palette = [ink(ax), *COLORS]
    colors = [palette[i % len(palette)] for i in range(len(named))]
    _plot_curves(ax, named, colors, log)
    if len(named) > 1:
        ax.legend(fontsize=TEXT)
    return label(ax, "step", "loss")


def plot_gradient_flow(recorder: Recorder, ax: Axes | None = None) -> Axes:
    """Plot the L2 norm of every parameter's gradient over the steps of training, on a log axis.

    The first parameter is darkest, the last one lightest. Norms that are NaN or infinite are marked
    at the top of the plot, those that are 0 at its bottom, and their steps are named.

    Parameters
    ----------
    recorder : Recorder
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If this is not a Recorder, or it has not recorded a step.

    Examples
    --------
    >>> w = Tensor([3.0, 4.0], requires_grad=True)
    >>> recorder = Recorder({"w": w})
    >>> loss = (w * w).sum()
    >>> loss.backward()
    >>> recorder.record(loss)
    >>> ax = plot_gradient_flow(recorder)
    >>> ax.lines[0].get_ydata()
    array([10.])
    """
    norms = recorded(recorder).gradient_norms
    named = {name: _curve(name, values) for name, values in norms.items()}
    columns = 1 + (len(named) - 1) // 16
    ax = axes(ax, width=10 + 2 * columns)
    first, last = (0.25, 1) if is_dark(ax) else (0, 0.88)  # the others would not show on the paper
    colors = ramp()(np.linspace(first, last, len(named)))
    _plot_curves(ax, named, list(colors), log=True)
    ax.legend(fontsize=TEXT, ncols=columns, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return label(ax, "step", "L2 norm of the gradient")


def _curve(name: str, values: Sequence[float]) -> NDArray:
    try:
        curve = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the curve {name!r} is not a list of numbers") from error
    if curve.ndim != 1 or not curve.size:
        raise ValueError(
            f"the curve {name!r} must be a list with a number for each step, "
            f"it has shape {curve.shape}"
        )
    return curve


def _plot_curves(ax: Axes, curves: dict[str, NDArray], colors: list[Any], log: bool) -> None:
    """Draw a line for each curve, ever thinner so that equal ones all show; steps count from 1."""
    count = len(curves)
    for i, (name, values) in enumerate(curves.items()):
        every = 1 + len(values) // 12
        ax.plot(
            np.arange(1, len(values) + 1),
            np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan),
            color=colors[i],
            linewidth=2.5 + 3 * (count - 1 - i) / count,
            marker=MARKERS[i % len(MARKERS)],
            markersize=10,
            markevery=[0, *range(i * every // count, len(values), every)],
            label=name,
        )
    ax.margins(y=0)
    if log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))  # a loss that hardly changes should look so
    _lengthen(ax, 0.04, at_top=True)
    _lengthen(ax, 0.04, at_top=False)
    low, high = ax.get_ylim()
    ticks = log_ticks(low, high) if log else ax.get_yticks()
    ax.set_yticks([tick for tick in ticks if low <= tick <= high])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.locator_params("x", integer=True)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    _mark(ax, curves, {"NaN": np.isnan, "inf": np.isposinf}, at_top=True)
    zero: dict[str, Any] = {"0": lambda values: values == 0} if log else {}
    _mark(ax, curves, {"−inf": np.isneginf, **zero}, at_top=False)


BAND = "#EEEEEE"  # with black on it, also on dark paper
SYMBOLS = {"NaN": "X", "inf": "^", "−inf": "v", "0": "v"}


def _mark(ax: Axes, curves: dict[str, NDArray], kinds: dict[str, Any], at_top: bool) -> None:
    """Mark entries that have no place on the axis, in a grey band at its top or bottom.

    The band has a row for each kind of entry and each set of curves that have it at the same steps.
    """
    rows: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for name, values in curves.items():
        for kind, is_kind in kinds.items():
            if steps := tuple((np.flatnonzero(is_kind(values)) + 1).tolist()):
                rows.setdefault((kind, steps), []).append(name)
    if not rows:
        return
    height = min(0.08, 0.5 / len(rows))
    ax.axhspan(*_lengthen(ax, height * len(rows), at_top), color=BAND, zorder=0)
    last = max(map(len, curves.values()))
    all_steps = np.arange(1, last + 1)
    for i, ((kind, steps), names) in enumerate(rows.items()):
        y = (i + 0.5) * height
        y = 1 - y if at_top else y
        here = np.isin(all_steps, steps)
        ax.plot(
            all_steps,
            np.where(here, y, np.nan),
            transform=ax.get_xaxis_transform(),
            color="black",
            linewidth=1.5,
            marker=SYMBOLS[kind],
            markersize=13,
            markevery=np.flatnonzero(here & np.diff(here, prepend=False)).tolist(),
        )
        side = 1 if steps[0] <= last / 2 else -1
        whose = "" if len(curves) == 1 else f": {_some(names, len(curves))}"
        ax.annotate(
            f"{kind} {_when(steps, last)}{whose}",
            (steps[0], y),
            xycoords=ax.get_xaxis_transform(),
            xytext=(13 * side, 0),
            textcoords="offset points",
            ha="left" if side == 1 else "right",
            va="center",
            fontsize=TEXT,
            color="black",
            bbox={"facecolor": BAND, "edgecolor": "none", "pad": 1.5},
        )


def _lengthen(ax: Axes, share: float, at_top: bool) -> tuple[float, float]:
    """Add to the y axis, by a share of the whole, and return where the new part starts and ends."""
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(ax.get_ylim())
    more = (high - low) * share / (1 - share)
    start, end = (high, high + more) if at_top else (low, low - more)
    if ax.get_yscale() == "log":
        end = np.clip(end, -323, 308)
    start, end = scale.inverted().transform(np.array([start, end]))
    ax.set_ylim(**{"top" if at_top else "bottom": end})
    return start, end


def _when(steps: tuple[int, ...], last: int) -> str:
    first, count = steps[0], len(steps)
    if steps[-1] - first + 1 > count:
        return f"at {count} steps, first at step {first}"
    if count > 1 and steps[-1] == last:
        return f"from step {first} on"
    return f"at step {first}" if count == 1 else f"from step {first} to {steps[-1]}"


def _some(names: list[str], of: int) -> str:
    if len(names) == of:
        return "all"
    return ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"
