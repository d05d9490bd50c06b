"""The figures as a table for the terminal, a table in Markdown, JSON, and a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .harness import Figure, Skipped

HEADINGS = ("", "against", "median", "quartiles", "bound", "")
VERDICTS = {True: "kept", False: "NOT KEPT", None: ""}


def cells(figure: Figure) -> tuple[str, ...]:
    """One line of a table."""
    low, median, high = (number(value) for value in figure.quartiles)
    bound = "" if figure.bound is None else f"≤ {number(figure.bound)}"
    value = f"{median} {figure.unit}"
    spread = f"{low} to {high}"
    return figure.what, figure.against, value, spread, bound, VERDICTS[figure.kept]


def number(value: float) -> str:
    """Three digits after the point for ratios near 1, fewer for what is large."""
    if value == int(value) and value != 1:
        return f"{value:,.0f}"
    return f"{value:.{3 if abs(value) < 2 else 2 if abs(value) < 10 else 1}f}"


def summary(figures: Sequence[Figure]) -> str:
    bounded = [figure.kept for figure in figures if figure.bound is not None]
    return f"{sum(bounded)} of {len(bounded)} bounds kept"


class Terminal:
    """Writes each figure as it comes, in columns."""

    WIDTHS = (46, 21, 14, 17, 9, 8)

    def head(self, title: str) -> None:
        print(f"\n{title}")
        print(self.line(HEADINGS))

    def show(self, figure: Figure | Skipped) -> None:
        if isinstance(figure, Skipped):
            print(f"  {figure.what}: skipped, {figure.why}", flush=True)
        else:
            print(self.line(cells(figure)), flush=True)

    def line(self, texts: Sequence[str]) -> str:
        padded = (text.ljust(width) for text, width in zip(texts, self.WIDTHS, strict=True))
        return ("  " + " ".join(padded)).rstrip()


def to_markdown(
    heading: str,
    figures: Sequence[Figure | Skipped],
    titles: Mapping[str, str],
    machine: Mapping[str, str],
) -> str:
    """A section a row, then what it was measured on."""
    lines = [f"### {heading}", ""]
    for row, title in titles.items():
        of_row = [figure for figure in figures if figure.row == row]
        if not of_row:
            continue
        lines += [f"#### {title}", ""]
        lines += ["| | against | median | quartiles | bound | |", "|---|---|---|---|---|---|"]
        lines += [f"| {' | '.join(cells(f))} |" for f in of_row if isinstance(f, Figure)]
        lines += [""]
        lines += [f"Skipped: {f.what}, {f.why}.\n" for f in of_row if isinstance(f, Skipped)]
    measured_on = "; ".join(f"{name} {value}" for name, value in machine.items())
    measured = [figure for figure in figures if isinstance(figure, Figure)]
    return "\n".join([*lines, f"{summary(measured)}. Measured on: {measured_on}.", ""])


def to_json(
    figures: Sequence[Figure | Skipped], machine: Mapping[str, str], settings: Mapping[str, Any]
) -> str:
    """Everything, with the value of each round."""
    measured = [
        {**asdict(f), "median": f.median, "quartiles": f.quartiles, "kept": f.kept}
        for f in figures
        if isinstance(f, Figure)
    ]
    skipped = [asdict(f) for f in figures if isinstance(f, Skipped)]
    everything = {
        "machine": dict(machine),
        "settings": dict(settings),
        "figures": measured,
        "skipped": skipped,
    }
    return json.dumps(everything, indent=1, ensure_ascii=False)


# ---------------------------------------------------------------------------------------------
# The plot
# ---------------------------------------------------------------------------------------------

MARKS = {  # colours of Okabe and Ito; the shapes tell them apart without colour
    True: {"color": "#0072B2", "marker": "o", "label": "within its bound"},
    False: {"color": "#D55E00", "marker": "X", "label": "over its bound"},
    None: {"color": "#6B6B6B", "marker": "D", "label": "without a bound"},
}
INK = "#222222"


def plot(figures: Sequence[Figure], titles: Mapping[str, str], folder: Path) -> None:
    """Draw every ratio with its quartiles and its bound, and save PNG and SVG."""
    from matplotlib.figure import Figure as Canvas
    from matplotlib.ticker import FuncFormatter, NullFormatter

    shown = [figure for figure in figures if figure.unit == "×"]
    if not shown:
        return
    lines = list(with_titles(shown, titles))
    canvas = Canvas(figsize=(11, 1.4 + 0.27 * len(lines)), layout="constrained")
    ax = canvas.subplots()
    ax.set_xscale("log", base=2)
    ax.axvline(1, color=INK, linewidth=0.8)
    for y, line in enumerate(lines):
        if isinstance(line, Figure):
            draw_figure(ax, y, line)
    ax.set_yticks(range(len(lines)), [text_of(line) for line in lines])
    for tick, line in zip(ax.get_yticklabels(), lines):
        tick.set_fontweight("normal" if isinstance(line, Figure) else "bold")
    ax.set_ylim(len(lines) - 0.4, -0.9)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}×"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("minigrad's time or memory, divided by the other's (less is better)")
    ax.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    for kept in sorted({figure.kept for figure in shown}, key=str, reverse=True):
        ax.plot([], [], linestyle="", markersize=7, **MARKS[kept])
    ax.plot([], [], linestyle="", marker="|", color=INK, markersize=12, mew=2, label="the bound")
    canvas.legend(ncols=4, loc="outside upper center", frameon=False)
    for suffix in ("png", "svg"):
        canvas.savefig(folder / f"benchmarks.{suffix}", dpi=150)


def with_titles(figures: Sequence[Figure], titles: Mapping[str, str]) -> Any:
    """The figures, with the title of each row before its first."""
    for row, title in titles.items():
        of_row = [figure for figure in figures if figure.row == row]
        if of_row:
            yield title
            yield from of_row


def text_of(line: Figure | str) -> str:
    return f"{line.what}  /  {line.against}" if isinstance(line, Figure) else line


def draw_figure(ax: Any, y: int, figure: Figure) -> None:
    low, median, high = figure.quartiles
    mark = MARKS[figure.kept]
    ax.plot([low, high], [y, y], color=mark["color"], linewidth=2.5, alpha=0.5)
    ax.plot([median], [y], marker=mark["marker"], color=mark["color"], markersize=7)
    if figure.bound is not None:
        ax.plot([figure.bound], [y], marker="|", color=INK, markersize=12, mew=2)
