"""Find repeated structure: the steps of a loop, the equal blocks of a deep net."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad.arrays import NDArray
from minigrad.viz.graph.data import Graph, Operation, Value

FEWEST = 3  # copies that are worth being drawn as one
CANDIDATES = 32  # lengths that are tried
BACK = 4  # how many of the earlier ops that look alike are asked how far back they are


class Repeat(NamedTuple):
    """Ops that ran again and again: copies of equal structure, each in the order in which it ran.

    A copy's nodes stand in the same places of each tuple: its ops, their results and the leaves
    that it alone uses.
    """

    copies: tuple[tuple[str, ...], ...]


def find_repeats(graph: Graph) -> list[Repeat]:
    """Find the repeats of a graph, those that cover the most first; no two share an op.

    Examples
    --------
    >>> from minigrad import Tensor
    >>> from minigrad.viz import snapshot
    >>> x = Tensor(2.0, requires_grad=True)
    >>> for _ in range(5):
    ...     x = x * x + 1.0
    >>> (repeat,) = find_repeats(snapshot(x).graphs[0])
    >>> len(repeat.copies), repeat.copies[-1]
    (5, ('o13', 'v13', 'o15', 'v15', 'v14'))
    """
    looks: dict[Any, int] = {}
    names = {group.id: group.name for group in graph.groups}
    made = {op.output: i for i, op in enumerate(graph.ops)}
    codes = [looks.setdefault(_look(graph, op, names), len(looks)) for op in graph.ops]
    kinds = np.array(codes)
    users: dict[str, list[int]] = {}
    for i, op in enumerate(graph.ops):
        for name in op.inputs:
            users.setdefault(name, []).append(i)
    runs = sorted(_runs(kinds), key=lambda run: (-run[1] * run[2], run[1]))
    taken = np.zeros(len(kinds), bool)
    found = []
    for start, period, count in runs:
        if taken[start : start + period * count].any():
            continue
        for first, many in _alike(graph, start, period, count, made, users):
            taken[first : first + period * many] = True
            found.append(_repeat(graph, first, period, many, users))
    return found


def _look(graph: Graph, op: Operation, names: dict[str, str]) -> Any:
    """What copies of an op have in common, apart from what they are made from."""
    result = graph.nodes[op.output]
    assert isinstance(result, Value)
    return op.name, result.shape, result.dtype, op.site, names.get(op.group or ""), len(op.inputs)


def _runs(kinds: NDArray) -> Iterator[tuple[int, int, int]]:
    """Yield where a row of kinds repeats itself: start, period, and how many times."""
    last: dict[int, list[int]] = {}
    distances: Counter[int] = Counter()
    for i, kind in enumerate(kinds.tolist()):
        seen = last.setdefault(kind, [])
        distances.update(i - j for j in seen)
        seen.append(i)
        del seen[:-BACK]
    for period, _ in distances.most_common(CANDIDATES):
        same = np.concatenate([[False], kinds[period:] == kinds[:-period], [False]])
        starts, ends = np.flatnonzero(np.diff(same.astype(np.int8))).reshape(-1, 2).T
        for start, end in zip(starts.tolist(), ends.tolist()):
            count = (end - start) // period + 1
            if count >= FEWEST:
                yield start, period, count


def _alike(
    graph: Graph,
    start: int,
    period: int,
    count: int,
    made: dict[str, int],
    users: dict[str, list[int]],
) -> Iterator[tuple[int, int]]:
    """Yield the parts of a run whose copies are made from the same things: start and count."""

    def follows(i: int, entered: int) -> bool:
        """Whether an op takes the same as in the copy before, or what was made a period later."""
        for earlier, later in zip(graph.ops[i - period].inputs, graph.ops[i].inputs):
            then, now = made.get(earlier), made.get(later)
            if earlier == later and (now is None or now < entered):
                continue
            if None not in (then, now) and now == (then or 0) + period:
                continue
            begin = i - (i - start) % period
            if now is not None and entered == begin - period <= now < begin:
                continue  # the first copy took what the loop was entered with
            if now is not None or then is not None:
                return False
            if not (
                _owns(begin - period, period, users[earlier]) and _owns(begin, period, users[later])
            ):
                return False
        return True

    first = start
    for begin in range(start + period, start + period * (count + 1), period):
        last = begin == start + period * count
        if not last and all(follows(i, first) for i in range(begin, begin + period)):
            continue
        if (begin - first) // period >= FEWEST:
            yield first, (begin - first) // period
        first = begin


def _owns(begin: int, period: int, users: list[int]) -> bool:
    """Whether only the copy that begins there uses a leaf."""
    return begin <= users[0] and users[-1] < begin + period


def _repeat(
    graph: Graph, start: int, period: int, count: int, users: dict[str, list[int]]
) -> Repeat:
    results = {op.output for op in graph.ops}
    last = start + period * (count - 1)
    slots = {
        name: (k, j)
        for k, op in enumerate(graph.ops[last : last + period])
        for j, name in enumerate(op.inputs)
        if name not in results and _owns(last, period, users[name])
    }
    copies = []
    for begin in range(start, last + 1, period):
        ops = graph.ops[begin : begin + period]
        nodes = [name for op in ops for name in (op.id, op.output)]
        copies.append((*nodes, *(ops[k].inputs[j] for k, j in slots.values())))
    return Repeat(tuple(copies))
