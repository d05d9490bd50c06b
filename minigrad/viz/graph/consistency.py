"""Whether a graph that was read speaks only of what is in it: what no schema can say.

Programs rely on it: they look ids up, follow edges, and go from a group to the one around it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from minigrad.viz.graph.summary import CELLS, Summary

Contradiction = tuple[str, str]
"""The place, such as "ops[2].inputs", and what is wrong there."""


def contradictions(graph: Any) -> Iterator[Contradiction]:
    """Yield what a `Graph` contradicts itself in."""
    yield from _in_ids(graph)
    yield from _in_ops(graph)
    yield from _in_edges_and_births(graph)
    yield from _in_arrays(graph)


def _in_ids(graph: Any) -> Iterator[Contradiction]:
    for name in ("values", "ops", "groups"):
        seen = set()
        for i, part in enumerate(getattr(graph, name)):
            if part.id in seen:
                yield f"{name}[{i}].id", f"{part.id} is there twice"
            seen.add(part.id)
            around = part.parent if name == "groups" else part.group
            known = seen - {part.id} if name == "groups" else {g.id for g in graph.groups}
            if around is not None and around not in known:
                yield f"{name}[{i}]", f"{around} is no group that stands before it"
    if graph.output not in {value.id for value in graph.values}:
        yield "output", f"there is no value {graph.output}"


def _in_ops(graph: Any) -> Iterator[Contradiction]:
    values = {value.id for value in graph.values}
    makers: dict[str, int] = {}
    for i, op in enumerate(graph.ops):
        if makers.setdefault(op.output, i) != i or op.output not in values:
            yield f"ops[{i}].output", f"{op.output} is no value, or that of another op"
    for i, op in enumerate(graph.ops):
        for k, name in enumerate(op.inputs):
            if name not in values or makers.get(name, -1) >= i:
                yield f"ops[{i}].inputs[{k}]", f"{name} is no value that was there before"


def _in_edges_and_births(graph: Any) -> Iterator[Contradiction]:
    values, ops = ({part.id for part in parts} for parts in (graph.values, graph.ops))
    for i, edge in enumerate(graph.edges):
        ways = [(values, ops), (ops, values)]
        if not any(edge.source in source and edge.target in target for source, target in ways):
            yield f"edges[{i}]", "it should lead from a value to an op, or from an op to a value"
    for i, birth in enumerate(graph.births):
        if birth.node not in values | ops:
            yield f"births[{i}].node", f"there is no {birth.node}"
        if not values.issuperset(birth.reached):
            yield f"births[{i}].reached", "one of them is no value"
        if any(edge >= len(graph.edges) for edge, _ in birth.path):
            yield f"births[{i}].path", f"there are {len(graph.edges)} edges"
    if graph.culprit is not None and graph.culprit >= len(graph.births):
        yield "culprit", f"there are {len(graph.births)} births"


def _in_arrays(graph: Any) -> Iterator[Contradiction]:
    shapes = {value.id: value.shape for value in graph.values}
    ops = {op.id: op for op in graph.ops}
    arrays = [(f"values[{i}].{name}", v.id, getattr(v, name))
              for i, v in enumerate(graph.values) for name in ("data", "grad")]  # fmt: skip
    for i, step in enumerate(graph.backward):
        op = ops.get(step.op)
        if op is None or tuple(part.value for part in step.contributions) != op.inputs:
            yield f"backward[{i}]", "it should have a contribution for each input of an op"
            return
        arrays.append((f"backward[{i}].upstream", op.output, step.upstream))
        for k, part in enumerate(step.contributions):
            if part.edge >= len(graph.edges):
                yield f"backward[{i}].contributions[{k}].edge", f"{len(graph.edges)} are there"
            for name in ("amount", "before", "after"):
                place = f"backward[{i}].contributions[{k}].{name}"
                arrays.append((place, part.value, getattr(part, name)))
    for place, name, array in arrays:
        if array is not None and not _is_of(array, shapes[name]):
            yield place, f"it is not that of an array of shape {shapes[name]}"


def _is_of(array: Summary, shape: tuple[int, ...]) -> bool:
    """Whether a summary can be that of an array of this shape, and of as many bad entries."""
    if array.entries is not None and not _has_shape(array.entries, shape):
        return False
    known = (array.entries or (), array.grid.cells if array.grid else ())
    if array.is_finite and not all(map(math.isfinite, _flat(known))):
        return False
    if (grid := array.grid) is None:
        return True
    columns = shape[-1] if shape else 1
    rows = math.prod(shape) // columns if columns else 0
    height, width = min(rows, CELLS[0]), min(columns, CELLS[1])
    lengths = [len(line) for line in grid.cells]
    return (grid.rows, grid.columns) == (rows, columns) and lengths == [width] * height


def _flat(entries: Any) -> Iterator[float]:
    if not isinstance(entries, tuple):
        yield entries
        return
    for part in entries:
        yield from _flat(part)


def _has_shape(entries: Any, shape: tuple[int, ...]) -> bool:
    if not shape or not isinstance(entries, tuple):
        return not shape and not isinstance(entries, tuple)
    return len(entries) == shape[0] and all(_has_shape(part, shape[1:]) for part in entries)
