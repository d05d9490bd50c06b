"""What all plots share: Axes to draw on, type for the last row, colours that print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

TITLE, LABEL, TEXT = 20, 18, 15  # font sizes to read from the last row


def axes(ax: Axes | None, width: float = 10, height: float = 6) -> Axes:
    try:
        from matplotlib import pyplot as plt
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "minigrad[examples]"') from error
    if ax is None:
        return plt.subplots(figsize=(width, height), layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes, not {type(ax).__name__}")
    return ax


def ramp() -> Colormap:
    """For what has an order: from dark blue to yellow, in print and to colour-blind readers too."""
    from matplotlib import colormaps

    return colormaps["cividis"]


def label(ax: Axes, x: str, y: str, title: str | None = None) -> Axes:
    ax.set_xlabel(x, fontsize=LABEL)
    ax.set_ylabel(y, fontsize=LABEL)
    if title is not None:
        ax.set_title(title, fontsize=TITLE)
    ax.tick_params(labelsize=TEXT)
    return ax
