"""Plots of what happened: losses, gradients and the softmax Jacobian.

Each plot takes the Axes to draw on, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.functional import jacobian
from minigrad.nn import functional as F
from minigrad.viz.canvas import LABEL, TEXT, axes, label, ramp
from minigrad.viz.recorder import Histogram, Recorder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "plot_gradient_flow",
    "plot_gradient_histogram",
    "plot_losses",
    "plot_matrix",
    "plot_softmax_jacobian",
]

COLORS = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7"]
"""For curves of no order: those of Okabe and Ito, which colour-blind readers can tell apart."""
MARKERS = "osD<P>ph*8d"


# ---------------------------------------------------------------------------------------------
# Curves: losses and gradient norms over the steps of training
# ---------------------------------------------------------------------------------------------


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
    colors = [COLORS[i % len(COLORS)] for i in range(len(named))]
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
    norms = _recorder(recorder).gradient_norms
    named = {name: _curve(name, values) for name, values in norms.items()}
    columns = 1 + (len(named) - 1) // 16
    ax = axes(ax, width=10 + 2 * columns)
    colors = ramp()(np.linspace(0, 0.88, len(named)))  # the lightest would not show on white
    _plot_curves(ax, named, list(colors), log=True)
    ax.legend(fontsize=TEXT, ncols=columns, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return label(ax, "step", "L2 norm of the gradient")


def _recorder(recorder: Recorder) -> Recorder:
    if not isinstance(recorder, Recorder):
        raise TypeError(f"this plot shows a Recorder, not a {type(recorder).__name__}")
    if not recorder.losses:
        raise ValueError("nothing is recorded yet: call record(loss) after each loss.backward()")
    return recorder


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


SYMBOLS = {"NaN": "X", "inf": "^", "−inf": "v", "0": "v"}
BAND = "#EEEEEE"


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


# ---------------------------------------------------------------------------------------------
# Heat maps: histograms of gradients, matrices
# ---------------------------------------------------------------------------------------------


def plot_gradient_histogram(recorder: Recorder, name: str, ax: Axes | None = None) -> Axes:
    """Plot how large the entries of a parameter's gradient were over the steps of training.

    Each column is a histogram of |g| with a bin for each power of two, the darker the larger its
    share of the entries. Entries that are 0 have a row of their own below, those that are NaN or
    infinite one above.

    Parameters
    ----------
    recorder : Recorder
    name : str
        Of the parameter, such as "0.weight".
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If this is not a Recorder, or it has not recorded a step.
    KeyError
        If the Recorder follows no parameter of this name.

    Examples
    --------
    >>> w = Tensor([0.0, 1.0, 1.5, 100.0], requires_grad=True)
    >>> recorder = Recorder({"w": w})
    >>> loss = (w * w).sum() / 2
    >>> loss.backward()
    >>> recorder.record(loss)
    >>> ax = plot_gradient_histogram(recorder, "w")
    >>> shares = ax.collections[0].get_array()
    >>> shares[shares > 0].data  # of 0, of 1 to 2, of 64 to 128
    array([0.25, 0.5 , 0.25])
    """
    if name not in _recorder(recorder).histograms:
        raise KeyError(f"this recorder follows no {name!r}, only {list(recorder.histograms)}")
    histograms = recorder.histograms[name]
    ax = axes(ax)
    shares, first = _shares(histograms)
    last = first + len(shares) - 4
    row = max(1, (last - first) // 16)
    y = [first - 2 * row, first - row, *range(first, last + 1), last + row, last + 2 * row]
    half = recorder.histogram_every / 2
    steps = [h.step for h in histograms]
    x = [step - half for step in steps] + [steps[-1] + half]
    most = shares[2:-2].max() or 1.0
    filled = np.ma.masked_equal(shares, 0)
    mesh = ax.pcolormesh(x, y, filled, cmap=ramp().reversed(), vmin=0, vmax=most)
    bar = ax.figure.colorbar(mesh, ax=ax, extend="max" if shares.max() > most else "neither")
    bar.set_label("share of the entries", fontsize=LABEL)
    bar.ax.tick_params(labelsize=TEXT)
    bar.ax.yaxis.set_major_formatter("{x:.0%}")

    zeros, nonfinite = shares[0].any(), shares[-1].any()
    ticks = {"0": first - 1.5 * row} if zeros else {}
    powers = log_ticks(2.0**first, 2.0 ** min(last, 1023.999))
    ticks |= {f"{power:g}": np.log2(power) for power in powers}
    ticks |= {"NaN, inf": last + 1.5 * row} if nonfinite else {}
    ax.set_yticks(list(ticks.values()), list(ticks))
    ax.set_ylim(first - 2 * row * zeros, last + 2 * row * nonfinite)
    ax.locator_params("x", integer=True)
    return label(ax, "step", "size |g| of an entry", f"Gradient of {name}")


def _shares(histograms: list[Histogram]) -> tuple[NDArray, int]:
    """Of all entries, the share with each exponent (rows) in each histogram (columns).

    The first row is for zeros, the last one for what is not finite, each with an empty one between
    it and the others. Also returns the lowest exponent.
    """
    counted = [h for h in histograms if h.counts.size]
    lowest = min((h.lowest for h in counted), default=0)
    end = max((h.lowest + h.counts.size for h in counted), default=1)
    shares = np.zeros((end - lowest + 4, len(histograms)))
    for column, h in zip(shares.T, histograms):
        start = 2 + h.lowest - lowest
        column[start : start + h.counts.size] = h.counts
        column[0], column[-1] = h.zeros, h.nonfinite
        column /= max(column.sum(), 1)
    return shares, lowest


def plot_matrix(matrix: Any, ax: Axes | None = None) -> Axes:
    """Plot a matrix of positive and negative numbers as a heat map, white where they are 0.

    Up to 10 × 10 the numbers are written into the cells.

    Parameters
    ----------
    matrix : (N, M) Tensor or array
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If this is not a matrix, or one of its entries is not finite.

    Examples
    --------
    >>> ax = plot_matrix([[1.0, -0.25]])
    >>> [text.get_text() for text in ax.texts]
    ['1.000', '−0.250']
    """
    cells = np.asarray(matrix, dtype=np.float64)
    if cells.ndim != 2 or not cells.size:
        raise ValueError(f"this plot shows a matrix, not an array of shape {cells.shape}")
    if not np.isfinite(cells).all():
        raise ValueError(
            "the matrix has entries that are not finite: a heat map has no colour for them"
        )
    ax = axes(ax, 8, 6.5)
    largest = float(np.abs(cells).max()) or 1.0
    image = ax.imshow(cells, cmap="PuOr", vmin=-largest, vmax=largest)
    bar = ax.figure.colorbar(image, ax=ax)
    bar.ax.tick_params(labelsize=TEXT)
    if max(cells.shape) <= 10:
        decimals = 3 if max(cells.shape) <= 6 else 2
        for (i, j), value in np.ndenumerate(cells):
            ax.text(
                j,
                i,
                f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−"),
                ha="center",
                va="center",
                fontsize=TEXT,
                color="white" if abs(value) > 0.7 * largest else "black",
            )
        ax.set_xticks(range(cells.shape[1]))
        ax.set_yticks(range(cells.shape[0]))
    return label(ax, "column j", "row i")


def plot_softmax_jacobian(logits: Any, ax: Axes | None = None) -> Axes:
    """Plot the Jacobian ∂pᵢ/∂zⱼ of p = softmax(z), as the engine computes it.

    On paper it is diag(p) − p pᵀ: symmetric, and each row sums to 0.

    Parameters
    ----------
    logits : (C,) Tensor or array
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the logits are not one row of finite numbers.

    Examples
    --------
    >>> ax = plot_softmax_jacobian([0.0, 0.0])
    >>> [text.get_text() for text in ax.texts]
    ['0.250', '−0.250', '−0.250', '0.250']
    """
    z = np.asarray(logits, dtype=np.float64)
    if z.ndim != 1 or not z.size or not np.isfinite(z).all():
        raise ValueError(f"logits must be one row (C,) of finite numbers, got {logits!r}")
    ax = plot_matrix(jacobian(F.softmax, z), ax)
    return label(ax, "logit j", "probability i", r"$\partial p_i / \partial z_j$ of softmax")


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high, to be shown on a log axis."""
    from matplotlib.ticker import MaxNLocator

    first, last = np.log10(low), np.log10(high)
    if last - first < 0.7:
        unit = 10.0 ** max(int(first), -307)
        ticks = [float(tick) * unit for tick in MaxNLocator(5).tick_values(low / unit, high / unit)]
    else:
        multiples = (1, 2, 5) if last - first < 3 else (1,)
        powers = range(int(np.floor(first)), int(last) + 1)
        every = 1 + int((last - first) / 7)
        ticks = [float(f"{m}e{power}") for power in powers if power % every == 0 for m in multiples]
    return [tick for tick in ticks if low <= tick <= high]
