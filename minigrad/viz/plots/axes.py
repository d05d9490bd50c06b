"""What all plots share: Axes to draw on, type that fits them, legends inside, colours that print.

On Axes that are passed, all type has the sizes that they have by the user's rcParams. A figure that
a plot makes itself is for the last row: its type is that of `LAST_ROW`, except where the user has
changed matplotlib's defaults, `font.size` or the very size. What has too little room gets smaller.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

LAST_ROW = {
    "axes.titlesize": 20,
    "axes.labelsize": 18,
    "xtick.labelsize": 15,
    "ytick.labelsize": 15,
}
LEGIBLE = 6  # points; numbers in cells that would be smaller are left out
LETTER = 0.62  # how wide one is, at most, in heights of its line


def need_matplotlib() -> None:
    """Say how to get it, if it is missing."""
    try:
        import matplotlib.axes  # noqa: F401
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error


def axes(ax: Axes | None, width: float = 10, height: float = 6) -> Axes:
    """Return the Axes to draw on: those given, checked, or those of a new figure."""
    need_matplotlib()
    from matplotlib import rcParams, rcParamsDefault
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"ax must be one matplotlib Axes, not {type(ax).__name__}")
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    users: Any = rcParams
    changed = {name for name, default in rcParamsDefault.items() if users[name] != default}

    def house(name: str, size: Any) -> Any:
        return users[name] if name in changed else size

    size = house("figure.figsize", (width, height))
    ax = plt.subplots(figsize=size, layout="constrained")[1]
    if "font.size" not in changed:
        sizes = {name: house(name, size) for name, size in LAST_ROW.items()}
        ax.title.set_fontsize(sizes["axes.titlesize"])
        for axis in (ax.xaxis, ax.yaxis):
            axis.label.set_fontsize(sizes["axes.labelsize"])
            axis.set_tick_params(labelsize=sizes[f"{axis.axis_name}tick.labelsize"])
    return ax


def ramp() -> Colormap:
    """For what has an order: from dark blue to yellow, in print and to colour-blind readers too."""
    from matplotlib import colormaps

    return colormaps["cividis"]


def shades(ax: Axes, count: int) -> list[Any]:
    """Colours of the ramp for things that have an order, all of which show on the paper."""
    first, last = (0.25, 1) if is_dark(ax) else (0, 0.88)
    return list(ramp()(np.linspace(first, last, count)))


def ink(ax: Axes) -> Any:
    """The colour that text on these Axes has, by the user's style."""
    return ax.xaxis.label.get_color()


def is_dark(ax: Axes) -> bool:
    """Whether the paper of these Axes is dark."""
    from matplotlib.colors import to_rgb

    return sum(to_rgb(ax.get_facecolor())) < 1.5


# ---------------------------------------------------------------------------------------------
# Type
# ---------------------------------------------------------------------------------------------


def text_size(ax: Axes) -> float:
    """The size in points of the smallest text: that of the numbers at the axes."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    size = ax.xaxis.get_tick_params().get("labelsize", rcParams["xtick.labelsize"])
    return float(FontProperties(size=size).get_size_in_points())


def room(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes in points."""
    ax.apply_aspect()  # an image may fill less than its place
    box = ax.get_window_extent()
    return box.width * 72 / ax.figure.dpi, box.height * 72 / ax.figure.dpi


def plain(*texts: Any, draw: Callable[[str], tuple[str, bool]] | None = None) -> None:
    """Draw texts as they are: in the names that users give $ begins no formula.

    What has no picture, such as a control character, is drawn as its escape sequence.
    """
    for text in texts:
        text.set_parse_math(False)
        text.set_usetex(False)
        text._preprocess_math = draw or _escaped  # what matplotlib draws of a line


def _escaped(line: str) -> tuple[str, bool]:
    letters = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return "".join(letters), False  # no formula


def _short(line: str) -> tuple[str, bool]:
    return _escaped(short(line))


def short(name: str) -> str:
    """A name as a legend, a title or a tick has room for."""
    return name if len(name) <= 40 else f"{name[:20]}…{name[-19:]}"


def label(ax: Axes, x: str, y: str, title: str | None = None) -> Axes:
    """Name the axes, and the plot, each line in up to two, and smaller where that is too long."""
    wanted: list[tuple[Any, str, int]] = [(ax.xaxis.label, x, 0), (ax.yaxis.label, y, 1)]
    wanted += [] if title is None else [(ax.title, title, 0)]
    sizes = [text.get_fontsize() for text, _, _ in wanted]
    shown: dict[Any, str] = {}

    def arrange() -> None:
        for (text, whole, side), normal in zip(wanted, sizes):
            if text.get_text() != shown.get(text, text.get_text()):
                continue  # somebody has written something else since
            plain(text)
            length = room(ax)[side] / 0.55  # of letters of one point
            letters = max(4, int(max(length / normal, 3 + max(map(len, whole.split("\n"))) / 2)))
            parts = (textwrap.wrap(part, letters) for part in whole.split("\n"))
            lines = [line for part in parts for line in part]
            shown[text] = "\n".join(lines)
            longest = max(map(len, lines), default=1)
            text.set(text=shown[text], fontsize=min(normal, length / longest))

    fit(ax, arrange)
    return ax


def legend(
    ax: Axes,
    things: Sequence[Any],
    names: Iterable[str],
    beside: bool = False,
    between: tuple[float, float] = (0, 1),
    **look: Any,
) -> None:
    """Put a legend inside the Axes, smaller if it must be, between two heights.

    `beside` moves the curves out of its way.
    """
    names, (first, last) = list(names), ax.get_xlim()
    made: list[Any] = []
    place: dict[str, Any] = look | {
        "bbox_to_anchor": (0, between[0], 1, between[1] - between[0]),
        "loc": "upper right" if beside else "best",
    }

    def make(size: float, columns: int) -> Any:
        places = [str(i) for i in range(len(names))]  # a name that starts with _ would be left out
        box = ax.legend(things, places, fontsize=size, ncols=columns, **place)
        box.set_in_layout(False)  # it takes no room from the curves
        for text, name in zip(box.get_texts(), names):
            plain(text, draw=_short)
            text.set_text(name)
        made[:] = [box]
        extent = box.get_window_extent()
        return np.array([extent.width, extent.height]) * 72 / ax.figure.dpi

    def arrange() -> None:
        if made and ax.get_legend() is not made[0]:
            return  # somebody has taken it away, or made another since
        size, (width, height) = text_size(ax), room(ax)
        share = (0.4, 0.9) if beside else (0.9, 0.6)  # of the room there is
        most = np.array([width, height * (between[1] - between[0])]) * share
        scales = {n: min(1, *(most / make(size, n))) for n in range(1, min(3, len(names)) + 1)}
        columns = max(scales, key=scales.__getitem__)
        wide = make(size * scales[columns], columns)[0]
        if beside:
            ax.set_xlim(first, first + (last - first) / (1 - min(0.5, (wide + size) / width)))

    fit(ax, arrange)


def colorbar(ax: Axes, mappable: Any, text: str = "", **options: Any) -> Any:
    """Put a colour bar beside the Axes, in their type."""
    bar = ax.figure.colorbar(mappable, ax=ax, **options)
    bar.ax.tick_params(labelsize=text_size(ax))
    bar.set_label(text, fontsize=ax.yaxis.label.get_fontsize())
    return bar


def fit_cells(ax: Axes, texts: Sequence[Any], across: float, down: float) -> None:
    """Let each text fit its cell, of so many in a row and in a column, or leave all of them out."""
    longest = max((len(text.get_text()) for text in texts), default=1)

    def arrange() -> None:
        width, height = room(ax)
        size = min(text_size(ax), 0.9 * width / across / longest / LETTER, height / down / 1.3)
        for text in texts:
            text.set(fontsize=size, visible=size >= LEGIBLE)

    fit(ax, arrange)


# ---------------------------------------------------------------------------------------------
# Whatever the size of the Axes turns out to be
# ---------------------------------------------------------------------------------------------


def fit(ax: Axes, arrange: Callable[[], None]) -> None:
    """Arrange what depends on how large the Axes are: now, and when they are drawn in another size.

    They get that only when their figure is drawn: other Axes, labels and the window decide, too.
    """
    from matplotlib.artist import Artist

    class Fitting(Artist):
        """Nothing to see; of all that is in a figure it is drawn first."""

        zorder = -np.inf

        def __init__(self) -> None:
            super().__init__()
            self.set_in_layout(False)
            self.arranged: list[Any] = []  # Axes, what arranges them, and for which room

        def __reduce__(self) -> Any:
            return Artist, ()  # a copy of the figure stays as it is

        def draw(self, renderer: Any) -> None:
            for _ in range(3):
                changed = [one for one in self.arranged if _differ(room(one[0]), one[2])]
                for one in changed:
                    one[2] = room(one[0])
                    one[1]()
                figure: Any = self.figure
                layout = figure.get_layout_engine()
                if not changed or layout is None:
                    break
                layout.execute(figure)

    arrange()
    figure = ax.figure.figure
    known = [artist for artist in figure.artists if type(artist).__name__ == "Fitting"]
    first: Any = known[0] if known else figure.add_artist(Fitting())
    first.arranged.append([ax, arrange, room(ax)])


def _differ(new: tuple[float, float], old: tuple[float, float]) -> bool:
    return not np.allclose(new, old, rtol=0.01)


def round_ticks(ax: Axes, log: bool, last_step: int | None = None) -> None:
    """Numbers at the y axis over what it spans now, and steps to the last one, as many as fit."""
    from matplotlib.ticker import MaxNLocator

    low, high = ax.get_ylim()

    def arrange() -> None:
        width, height = room(ax)
        most = max(1, min(7, int(height / (2 * text_size(ax)))))
        ticks = (
            log_ticks(low, high, most)
            if log
            else MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
        )
        ax.set_yticks([tick for tick in ticks if low <= tick <= high])
        if last_step is not None:
            most = max(1, min(9, int(width / (6 * text_size(ax)))))
            steps = MaxNLocator(most, steps=[1, 2, 5, 10], integer=True).tick_values(1, last_step)
            ax.set_xticks([step for step in np.unique(np.rint(steps)) if 0 <= step <= last_step])

    fit(ax, arrange)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers from low to high, to be shown on a log axis: at most so many."""
    from matplotlib.ticker import MaxNLocator

    first, last = np.log10(low), np.log10(high)
    if last - first < 0.7:
        unit = 10.0 ** max(int(first), -307)
        steps = MaxNLocator(max(1, min(5, most))).tick_values(low / unit, high / unit)
        ticks = [float(tick) * unit for tick in steps]
    else:
        multiples = (1, 2, 5) if last - first < min(3, most / 3) else (1,)
        powers = range(math.floor(first), int(last) + 1)
        every = 1 + int((last - first) / max(1, most))
        ticks = [float(f"{m}e{power}") for power in powers if power % every == 0 for m in multiples]
    return [tick for tick in ticks if low <= tick <= high]
