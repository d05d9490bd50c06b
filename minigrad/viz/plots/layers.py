"""By layer, at one moment: what the activation functions give, and how large gradients are.

Each plot takes the Axes to draw on, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.viz.plots.axes import (
    axes,
    fit,
    is_dark,
    label,
    legend,
    log_ticks,
    plain,
    room,
    shades,
    short,
    text_size,
)
from minigrad.viz.plots.curves import COLORS, plot_curves
from minigrad.viz.recording.activations import activations
from minigrad.viz.recording.recorder import Recorder, kept, tensors_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NONE_FOUND = (
    "there is no activation function in this graph: relu, tanh, sigmoid, softplus, log_sigmoid, or "
    "an op of your own with one input"
)
BINS = 60


def plot_activations(loss: Tensor | Recorder, ax: Axes | None = None) -> Axes:
    """Plot a histogram of what each activation function gives, the saturated part in orange.

    An entry is saturated where hardly a gradient comes through: the slope of the function there is
    less than 5 % of its largest. The highest bar of a histogram that is not saturated fills its
    row; saturated ones that would be higher end there. Of a Recorder: the share of saturated
    entries over the steps.

    Parameters
    ----------
    loss : Tensor or Recorder
        A Tensor with the activations in its graph, or a Recorder made with `keep="activations"`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there is no activation function to see, or the Recorder has kept none.

    Examples
    --------
    >>> x = Tensor([-3.0, 0.1, 0.2, 4.0], requires_grad=True)
    >>> ax = plot_activations(np.tanh(x).sum())
    >>> print(ax.get_yticklabels()[0].get_text())
    Tanh
    50% saturated
    """
    if isinstance(loss, Recorder):
        return _plot_saturation(loss, ax)
    found = list(activations(loss))
    if not found:
        raise ValueError(NONE_FOUND)
    ax = axes(ax, 11, 1.6 + 1.1 * len(found))
    finite = [a.data[np.isfinite(a.data)].astype(np.float64) for a in found]
    low, high = _span(np.concatenate(finite))
    edges = np.linspace(low, high, BINS + 1)
    names = []
    for row, activation in enumerate(found):
        counts = []
        for part in (~activation.saturated, activation.saturated):
            entries = activation.data[part & np.isfinite(activation.data)]
            counts.append(np.histogram(entries, edges)[0])
        highest = (counts[0] if counts[0].any() else counts[1]).max()
        free, flat = (count / max(1, highest) for count in counts)
        base = np.full(BINS, float(-row))
        middle = base + 0.85 * free
        top = np.minimum(middle + 0.85 * flat, base + 0.85)
        ax.stairs(middle, edges, baseline=base, fill=True, color=COLORS[1])
        ax.stairs(top, edges, baseline=middle, fill=True, color=COLORS[3])
        bad = activation.data.size - np.isfinite(activation.data).sum()
        says = f"{bad} not finite" if bad else f"{activation.saturated.mean():.0%} saturated"
        names.append(f"{short(activation.name)}\n{says}")
    ax.set_yticks(-np.arange(len(found)) + 0.4, names)
    ax.set(xlim=(low, high), ylim=(0.95 - len(found), 1))
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    _name_rows(ax, 2.3, len(found))
    return label(ax, "what it gives", "")


def _span(entries: Any) -> tuple[float, float]:
    low, high = (entries.min(), entries.max()) if entries.size else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _plot_saturation(recorder: Recorder, ax: Axes | None) -> Axes:
    found = kept(recorder, "activations")
    at = [activity.step for activity in max(found.values(), key=len)]
    shares = {
        name: np.array([100 * activity.saturated for activity in of]) for name, of in found.items()
    }
    ax = axes(ax, width=12)
    plot_curves(ax, shares, shades(ax, len(shares)), log=False, beside=True, at=at)
    return label(ax, "step", "% of entries saturated")


def plot_gradient_bars(model: Module | Mapping[str, Tensor], ax: Axes | None = None) -> Axes:
    """Plot the mean and the largest size of the entries of each parameter's gradient, as it is now.

    A bar for each parameter, the first on top, on a log axis: gradients that vanish or explode on
    their way back show as bars that get ever shorter or longer. Where a gradient is 0, not finite,
    or not there, that is written.

    Parameters
    ----------
    model : Module, or dict of names and Tensors
        After `backward()`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If there are no Tensors, or none of them has a gradient.

    Examples
    --------
    >>> w = Tensor([3.0, -1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> ax = plot_gradient_bars({"w": w})
    >>> [float(bar.get_width()) for bar in ax.patches]  # the largest, the mean
    [6.0, 4.0]
    """
    parameters = tensors_of(model)
    if all(parameter.grad is None for parameter in parameters.values()):
        raise ValueError("no parameter has a gradient to show: call loss.backward() before")
    sizes, notes = [], []
    for parameter in parameters.values():
        g = np.zeros(0) if parameter.grad is None else np.abs(parameter.grad.astype(np.float64))
        largest, mean = (float(g.max()), float(g.mean())) if g.size else (0.0, 0.0)
        drawn = mean > 0 and np.isfinite(largest)
        note = "no gradient" if parameter.grad is None else "NaN" if largest != largest else "inf"
        notes.append("" if drawn else note if largest or not g.size else "0")
        sizes.append((largest, mean) if drawn else (np.nan, np.nan))
    count = len(parameters)
    ax = axes(ax, 11, 2 + 0.55 * count)
    ends = np.array(sizes)
    if np.isfinite(ends).any():
        low, high = np.nanmin(ends) / 3, np.nanmax(ends) * 2
    else:
        low, high = 0.1, 1.0
    blue = COLORS[1] if is_dark(ax) else COLORS[4]
    rows = range(count)
    bars = [
        ax.barh(rows, ends[:, i], height, color=color, alpha=alpha)
        for i, (height, color, alpha) in enumerate(((0.8, COLORS[1], 0.5), (0.45, blue, 1)))
    ]
    for row, note in enumerate(notes):
        ax.text(0.01, row, note, transform=ax.get_yaxis_transform(), va="center", in_layout=False)
    ax.set(xscale="log", xlim=(low, high), ylim=(count - 0.4, -0.6))
    ax.set_yticks(rows, [short(name) for name in parameters])

    def arrange() -> None:
        ticks = log_ticks(low, high, min(7, int(room(ax)[0] / (5 * text_size(ax)))))
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        for text in ax.texts[:count]:
            text.set_fontsize(min(text_size(ax), room(ax)[1] / (count + 1)))

    fit(ax, arrange)
    ax.minorticks_off()
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    _name_rows(ax, 1.2, count)
    legend(ax, bars, ["largest |g|", "mean |g|"])
    return label(ax, "size of the gradient's entries", "")


def _name_rows(ax: Axes, lines: float, rows: int) -> None:
    """Let the names at the y axis, of so many lines, fit their rows."""
    normal = text_size(ax)
    plain(*ax.get_yticklabels())

    def arrange() -> None:
        ax.tick_params("y", labelsize=min(normal, room(ax)[1] / (rows + 0.5) / lines / 1.1))

    fit(ax, arrange)
