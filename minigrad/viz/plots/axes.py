"""What all plots share: Axes to draw on, type for the last row, colours that print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

TITLE, LABEL, TEXT = 20, 18, 15  # font sizes to read from the last row


def axes(ax: Axes | None, width: float = 10, height: float = 6) -> Axes:
    """Return the Axes to draw on: those given, checked, or those of a new figure."""
    try:
        from matplotlib import pyplot as plt
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    if ax is None:
        return plt.subplots(figsize=(width, height), layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes, not {type(ax).__name__}")
    return ax


def ramp() -> Colormap:
    """For what has an order: from dark blue to yellow, in print and to colour-blind readers too."""
    from matplotlib import colormaps

    return colormaps["cividis"]


def ink(ax: Axes) -> Any:
    """The colour that text on these Axes has, by the user's style."""
    return ax.xaxis.label.get_color()


def is_dark(ax: Axes) -> bool:
    """Whether the paper of these Axes is dark."""
    from matplotlib.colors import to_rgb

    return sum(to_rgb(ax.get_facecolor())) < 1.5


def label(ax: Axes, x: str, y: str, title: str | None = None) -> Axes:
    """Name the axes, and the plot, in type for the last row."""
    ax.set_xlabel(x, fontsize=LABEL)
    ax.set_ylabel(y, fontsize=LABEL)
    if title is not None:
        ax.set_title(title, fontsize=TITLE)
    ax.tick_params(labelsize=TEXT)
    return ax


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
