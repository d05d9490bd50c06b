"""How a figure is made: contenders run in turns on one machine, round by round, and are divided.

A round gives every contender one turn, in an order that is drawn anew. Whatever else the machine
does meanwhile meets all of them, and the ratio of two turns of one round hardly sees it. A figure
is the median of those ratios over the rounds, with its quartiles.

The garbage collector stays on, as it is in the programs that users run. What was made before the
race, such as the modules of peers, is taken out of its sight, and each turn starts with no garbage
of another's. The allocator is put in the state that it is in after some work. Nothing sets a number
of threads: every library uses its default.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

OURS = "minigrad"


class Pace(NamedTuple):
    """How much time the figures may take."""

    rounds: int
    turn: float  # seconds, roughly

    def fewer(self, most: int) -> Pace:
        """At most so many rounds, for what takes long or hardly varies."""
        return self._replace(rounds=min(self.rounds, most))

    def slow(self) -> Pace:
        """A tenth of the rounds, at least one, for what takes seconds."""
        return self._replace(rounds=max(1, self.rounds // 10))


@dataclass(frozen=True)
class Contender:
    """Something to be timed; where it does many operations, the time is that of one.

    Without a number of calls, as many as fill a turn are timed, after some that are not.
    """

    run: Callable[[], object]
    operations: int = 1
    calls: int | None = None


@dataclass(frozen=True)
class Figure:
    """One line of the report: what was measured, against what, and a value for each round."""

    row: str
    what: str
    against: str
    values: list[float]
    bound: float | None = None
    unit: str = "×"

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The first quartile, the median and the third quartile of the values."""
        low, median, high = np.percentile(self.values, [25, 50, 75])
        return float(low), float(median), float(high)

    @property
    def median(self) -> float:
        return self.quartiles[1]

    @property
    def kept(self) -> bool | None:
        """Whether the median is within the bound; None where there is none."""
        return None if self.bound is None else self.median <= self.bound


@dataclass(frozen=True)
class Skipped:
    """What could not be measured here, and why."""

    row: str
    what: str
    why: str


def race(contenders: Mapping[str, Contender], pace: Pace) -> dict[str, list[float]]:
    """Return the seconds an operation takes each contender, in each round."""
    calls = {name: calls_a_turn(c, pace.turn) for name, c in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    order = np.random.default_rng(0)
    warm_allocator()
    gc.collect()
    gc.freeze()
    try:
        for _ in range(pace.rounds):
            for name in order.permutation(list(contenders)):
                seconds[name].append(one_turn(contenders[name], calls[name]))
    finally:
        gc.unfreeze()
    return seconds


def warm_allocator() -> None:
    """Free a large array, whose memory glibc learns to keep: figures depend on no earlier row.

    Before that it gives large arrays back to the system at once and asks for them again, page by
    page, which takes longer than to compute with them.
    """
    np.ones(31 << 20, np.uint8)


def calls_a_turn(contender: Contender, turn: float) -> int:
    """How many calls fill a turn; the first call of all, which may compile, is not counted."""
    if contender.calls is not None:
        return contender.calls
    contender.run()
    started = time.perf_counter()
    contender.run()
    return max(1, round(turn / (time.perf_counter() - started)))


def one_turn(contender: Contender, calls: int) -> float:
    """Seconds an operation takes, after a quarter of a turn to fill caches and wake threads."""
    run = contender.run
    gc.collect()
    for _ in range(calls // 4):
        run()
    started = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - started) / calls / contender.operations


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Divide round by round."""
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def compare(
    row: str,
    what: str,
    contenders: Mapping[str, Contender],
    bounds: Mapping[str, float],
    pace: Pace,
) -> Iterator[Figure]:
    """Race minigrad against all others: one figure for each, with its bound if it has one."""
    seconds = race(contenders, pace)
    for name in contenders:
        if name != OURS:
            yield Figure(row, what, name, ratios(seconds[OURS], seconds[name]), bounds.get(name))
