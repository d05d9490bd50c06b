"""Measure, print and save: `python -m tests.benchmarks --help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .contenders import RTOL
from .harness import Figure, Pace, Skipped
from .machine import describe, on_cores
from .report import Terminal, plot, summary, to_json, to_markdown
from .rows import ROWS


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="How fast minigrad is, and how much memory it takes, against others.",
    )
    parser.add_argument(
        "--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW", help=", ".join(ROWS)
    )
    parser.add_argument("--rounds", type=int, default=31, help="turns of each contender")
    parser.add_argument("--quick", action="store_true", help="three short rounds: a look, no proof")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"), help="output folder")
    return parser.parse_args()


def main() -> None:
    settings = parse()
    pace = Pace(rounds=3, turn=0.03) if settings.quick else Pace(settings.rounds, turn=0.1)
    machine = describe()
    for name, value in machine.items():
        print(f"{name}: {value}")
    heading = f"{on_cores()}, {pace.rounds} rounds"
    print(f"{heading}; results agree to {RTOL:g} of the largest entry before any timing")

    terminal, found = Terminal(), list[Figure | Skipped]()
    titles = {name: str(ROWS[name].__doc__) for name in settings.rows}
    for name, title in titles.items():
        terminal.head(title)
        for figure in ROWS[name](pace):
            terminal.show(figure)
            found.append(figure)

    figures = [figure for figure in found if isinstance(figure, Figure)]
    settings.out.mkdir(parents=True, exist_ok=True)
    markdown = to_markdown(heading, found, titles, machine)
    (settings.out / "benchmarks.md").write_text(markdown, "utf-8")
    (settings.out / "benchmarks.json").write_text(to_json(found, machine, pace._asdict()), "utf-8")
    plot(figures, titles, settings.out)
    print(f"\n{summary(figures)}; tables and plot in {settings.out}")


main()
