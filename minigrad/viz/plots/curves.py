"""Curves over the steps of training: losses, gradient norms, updates.

Each plot takes the Axes to draw on, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from minigrad.arrays import NDArray
from minigrad.viz.plots.axes import (
    axes,
    fit,
    ink,
    is_dark,
    label,
    legend,
    plain,
    room,
    round_ticks,
    shades,
    short,
    text_size,
)
from minigrad.viz.recording.recorder import Recorder, kept, recorded

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
    plot_curves(ax, named, colors, log)
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
    ax = axes(ax, width=12)
    plot_curves(ax, named, shades(ax, len(named)), log=True, beside=True)
    return label(ax, "step", "L2 norm of the gradient")


def plot_updates(recorder: Recorder, ax: Axes | None = None) -> Axes:
    """Plot how much each update changed a parameter, ‖update‖ / ‖weights‖, on a log axis.

    About 0.001 is usual, and marked: far above it training is unstable, far below it slow. Shown
    are the parameters of two axes or more, or all if there are none, the first one darkest.

    Parameters
    ----------
    recorder : Recorder
        Made with `keep="updates"`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If this is not a Recorder, or it has kept no updates.

    Examples
    --------
    >>> w = Tensor([[3.0, 4.0]], requires_grad=True)
    >>> recorder = Recorder({"w": w}, histogram_every=1, keep="updates")
    >>> for _ in range(2):
    ...     loss = (w * w).sum()
    ...     w.zero_grad()
    ...     loss.backward()
    ...     recorder.record(loss)
    ...     w.data -= 0.001 * w.grad
    >>> ax = plot_updates(recorder)
    >>> ax.lines[-1].get_ydata().round(6)  # of 0.001 · 2w; that of the last step is not seen
    array([0.002])
    """
    updates = kept(recorder, "updates")
    named = {n: of for n, of in updates.items() if recorder.parameters[n].ndim > 1} or updates
    at = [update.step for update in next(iter(named.values()))]
    curves = {n: _curve(n, [update.ratio for update in of]) for n, of in named.items()}
    ax = axes(ax, width=12)
    ax.axhline(1e-3, color=ink(ax), linestyle="--", linewidth=1.5)
    plot_curves(ax, curves, shades(ax, len(curves)), log=True, beside=True, at=at)
    return label(ax, "step", "‖update‖ / ‖weights‖")


def plot_weights(recorder: Recorder, name: str, ax: Axes | None = None) -> Axes:
    """Plot how the entries of a parameter are spread over the steps of training.

    Their median, where the middle half of them is, where 90 % are, and the smallest and the
    largest. Steps at which some are NaN or infinite are named; the others are shown.

    Parameters
    ----------
    recorder : Recorder
        Made with `keep="weights"`.
    name : str
        Of the parameter, such as "0.weight".
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If this is not a Recorder, or it has kept no weights.
    KeyError
        If the Recorder follows no parameter of this name.

    Examples
    --------
    >>> w = Tensor([-1.0, 0.0, 3.0], requires_grad=True)
    >>> recorder = Recorder({"w": w}, keep="weights")
    >>> loss = w.sum()
    >>> loss.backward()
    >>> recorder.record(loss)
    >>> ax = plot_weights(recorder, "w")
    >>> ax.lines[0].get_ydata()
    array([0.])
    """
    spreads = kept(recorder, "weights", name)
    ax = axes(ax, width=12)
    at = np.array([spread.step for spread in spreads])
    low, q5, q25, median, q75, q95, high = np.array([spread.quantiles for spread in spreads]).T
    color = COLORS[1] if is_dark(ax) else COLORS[4]
    named: dict[str, Any] = {}
    (named["median"],) = ax.plot(at, median, color=color, linewidth=2.5, zorder=3)
    for ends, alpha, text in (
        ((q25, q75), 0.45, "half of them"),
        ((q5, q95), 0.25, "90 %"),
        ((low, high), 0.15, "all"),
    ):
        named[text] = ax.fill_between(at, *ends, color=color, alpha=alpha, linewidth=0)
    lengthen(ax, 0.04, at_top=True)
    lengthen(ax, 0.04, at_top=False)
    bad = np.where([spread.nonfinite for spread in spreads], np.nan, 0.0)
    finish(ax, {name: bad}, at, log=False, in_legend=named, beside=True)
    return label(ax, "step", "weights", short(name))


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


def plot_curves(
    ax: Axes,
    curves: dict[str, NDArray],
    colors: list[Any],
    log: bool,
    beside: bool = False,
    at: Sequence[int] | None = None,
) -> None:
    """Draw a line for each curve, ever thinner so that equal ones all show.

    `at` are the steps of the entries; else they count from 1.
    """
    count, last = len(curves), max(map(len, curves.values()))
    x = np.arange(1, last + 1) if at is None else np.asarray(at)
    unit = min(1, room(ax)[0] / 500)
    for i, (name, values) in enumerate(curves.items()):
        every = 1 + len(values) // 12
        ax.plot(
            x[: len(values)],
            np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan),
            color=colors[i],
            linewidth=unit * (2.5 + 3 * (count - 1 - i) / count),
            marker=MARKERS[i % len(MARKERS)],
            markersize=10 * unit,
            markevery=[0, *range(i * every // count, len(values), every)],
            label=name,
        )
    ax.margins(y=0)
    if log:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))  # a loss that hardly changes should look so
    lengthen(ax, 0.04, at_top=True)
    lengthen(ax, 0.04, at_top=False)
    named = dict(zip(curves, ax.lines[-count:])) if beside or count > 1 else {}
    finish(ax, curves, x, log, named, beside)


def finish(
    ax: Axes,
    curves: dict[str, NDArray],
    x: NDArray,
    log: bool,
    in_legend: Mapping[str, Any],
    beside: bool = False,
) -> None:
    """Add to curves what they all have: round numbers, a grid, a legend, marks and notes."""
    round_ticks(ax, log, int(x[-1]))
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    above = _rows(curves, {"NaN": np.isnan, "inf": np.isposinf})
    zero: dict[str, Any] = {"0": lambda values: values == 0} if log else {}
    below = _rows(curves, {"−inf": np.isneginf, **zero})
    line = 1.6 * text_size(ax) / room(ax)[1]
    heights = [min(line, 0.4 / max(1, len(rows))) for rows in (above, below)]
    top, bottom = len(above) * heights[0], len(below) * heights[1]
    bands = [lengthen(ax, top / (1 - bottom), at_top=True)] if above else []
    bands += [lengthen(ax, bottom, at_top=False)] if below else []
    for band in bands:
        ax.axhspan(*band, color=BAND, zorder=0)
    if in_legend:
        legend(ax, [*in_legend.values()], in_legend, beside, (bottom, 1 - top))
    _mark(ax, x, len(curves), above, heights[0], heights[0] < line, at_top=True)
    _mark(ax, x, len(curves), below, heights[1], heights[1] < line, at_top=False)


BAND = "#EEEEEE"  # with black on it, also on dark paper
SYMBOLS = {"NaN": "X", "inf": "^", "−inf": "v", "0": "v"}


Rows: TypeAlias = "dict[tuple[str, tuple[int, ...]], list[str]]"


def _rows(curves: dict[str, NDArray], kinds: dict[str, Any]) -> Rows:
    """For each kind of entry and each set of places the curves that have it there."""
    rows: Rows = {}
    for name, values in curves.items():
        for kind, is_kind in kinds.items():
            if places := tuple(np.flatnonzero(is_kind(values)).tolist()):
                rows.setdefault((kind, places), []).append(name)
    return rows


def _mark(
    ax: Axes, x: NDArray, count: int, rows: Rows, height: float, low: bool, at_top: bool
) -> None:
    """Mark entries that have no place on the axis, in a grey band at its top or bottom.

    Each row has its note; where they are too low for that, each kind.
    """
    notes: dict[str, list[Any]] = {}
    for i, ((kind, places), names) in enumerate(rows.items()):
        y = (i + 0.5) * height
        y = 1 - y if at_top else y
        notes.setdefault(kind, []).append((places, y, names))
        here = np.isin(np.arange(len(x)), places)
        ax.plot(
            x,
            np.where(here, y, np.nan),
            transform=ax.get_xaxis_transform(),
            color="black",
            linewidth=min(1.5, text_size(ax) / 10),
            marker=SYMBOLS[kind],
            markersize=min(13, 0.55 * height * room(ax)[1]),
            markevery=np.flatnonzero(here & np.diff(here, prepend=False)).tolist(),
        )
    for kind, these in notes.items():
        if low:
            names = [name for _, _, some in these for name in some]
            y = np.mean([y for _, y, _ in these])
            these = [(min(places for places, _, _ in these), y, names)]
        for places, y, names in these:
            first = x[places[0]]
            when = f"first at step {first}" if low else _when(places, x)
            whose = "" if count == 1 else f": {_some(names, count)}"
            _note(ax, first, y, max(height, 0.08), f"{kind} {when}", whose)


def _note(ax: Axes, step: int, y: float, height: float, text: str, whose: str) -> None:
    """Write beside the mark at a step, on the side with more room, as much as the Axes hold."""
    note = ax.annotate(
        text + whose,
        (step, y),
        xycoords=ax.get_xaxis_transform(),
        xytext=(0, 0),
        textcoords="offset points",
        va="center",
        color="black",
        bbox={"facecolor": BAND, "edgecolor": "none", "pad": 1.5},
        in_layout=False,
    )
    plain(note)

    def arrange() -> None:
        width, high = room(ax)
        size = min(text_size(ax), height * high / 1.25)
        left, right = ax.get_xlim()
        start = (step - left) / (right - left)
        side = 1 if start <= 0.5 else -1
        note.xy, note.xycoords = (step, y), ax.get_xaxis_transform()
        note.xyann = (min(13, 0.9 * size) * side, 0)
        note.set(ha="left" if side == 1 else "right")
        whole = text + whose
        for fewer, share in (whole, 1), (whole, 0.7), (text, 1), (text, 0.7), (text.split()[0], 1):
            note.set(text=fewer, fontsize=size * share)
            wide = note.get_window_extent().width * 72 / ax.figure.dpi
            if wide < 0.95 * width:
                break
        if wide + 13 > width * (1 - start if side == 1 else start):  # to the edge, over the mark
            note.xy, note.xycoords, note.xyann = (float(side == 1), y), "axes fraction", (0, 0)
            note.set(ha="right" if side == 1 else "left")

    fit(ax, arrange)


def lengthen(ax: Axes, share: float, at_top: bool) -> tuple[float, float]:
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


def _when(places: tuple[int, ...], x: NDArray) -> str:
    first, last, count = x[places[0]], x[places[-1]], len(places)
    if places[-1] - places[0] + 1 > count:
        return f"at {count} steps, first at step {first}"
    if count > 1 and places[-1] == len(x) - 1:
        return f"from step {first} on"
    return f"at step {first}" if count == 1 else f"from step {first} to {last}"


def _some(names: list[str], of: int) -> str:
    if len(names) == of:
        return "all"
    first, more = short(names[0]), len(names) - 1
    return ", ".join(map(short, names)) if more <= 1 else f"{first} and {more} more"
