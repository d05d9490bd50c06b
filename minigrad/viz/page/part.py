"""What a page shows of a graph: all of it, or a part that says what it leaves out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from minigrad.viz.graph.data import Graph
from minigrad.viz.graph.repeats import find_repeats
from minigrad.viz.graph.selection import Folding, edges_nearest, fold_modules, fold_repeats

GLANCE = 60  # values that can be taken in: repeated structure of a larger graph is folded
MOST_STEPS = 1500  # values whose steps a page has, where a few drawn nodes stand for them


class Part(NamedTuple):
    """A graph without what is farther from its output than there is room for."""

    graph: Graph
    cut: dict[str, list[str]]
    """For each op the inputs that are left out; for a value the op that made it, if that is."""


class Layer(NamedTuple):
    """One picture of a graph; its nodes can stand for several, or for what is left out."""

    part: Part
    folding: Folding
    behind: dict[str, list[str]]
    """For each node with something left out before it, all of that of which the page has steps."""

    @property
    def folded(self) -> bool:
        return any(len(names) > 1 for names in self.folding.stands_for.values())


def part_and_layers(graph: Graph, most: int, depth: int | None) -> tuple[Part, list[Layer]]:
    """What a page has the steps of, and the pictures that it has of that.

    Small graphs have one picture. Of others the first is folded, and opens into the second: repeats
    are drawn once, or, where there are none, Modules stand for what is in them.
    """
    folding = _folding(graph, most, depth)
    if folding is None:
        part = shown_part(graph, most)
        return part, [layer_of(part, unfolded(graph), part)]
    part = shown_part(graph, max(most, MOST_STEPS))
    present = {n for n, names in folding.stands_for.items() if part.graph.nodes.keys() & {*names}}
    folded = layer_of(shown_part(folding.graph, most, present), folding, part)
    return part, [folded, layer_of(shown_part(graph, most), unfolded(graph), part)]


def layer_of(drawn: Part, folding: Folding, stepped: Part) -> Layer:
    """The picture of a part, and what stands behind each place where something is left out."""
    inputs = {op.output: (op.id, *op.inputs) for op in folding.graph.ops}
    inputs |= {op.id: op.inputs for op in folding.graph.ops}
    claimed = {*drawn.graph.nodes}
    present = stepped.graph.nodes
    behind: dict[str, list[str]] = {}
    for place, left_out in drawn.cut.items():
        ahead, found = [*left_out], []
        while ahead:
            name = ahead.pop()
            if name not in claimed:
                claimed.add(name)
                found += [one for one in folding.stands_for[name] if one in present]
                ahead += inputs.get(name, ())
        behind[place] = found
    return Layer(drawn, folding, behind)


def unfolded(graph: Graph) -> Folding:
    """A graph whose nodes stand for themselves."""
    return Folding(graph, {name: [name] for name in graph.nodes}, set())


def _folding(graph: Graph, most: int, depth: int | None) -> Folding | None:
    if len(graph.values) > GLANCE and (repeats := find_repeats(graph)):
        return fold_repeats(graph, repeats)
    if len(graph.values) <= most:
        return None
    parents = {group.id: group.parent for group in graph.groups}
    deepest = 0
    for group in parents:
        line, outer = 0, parents[group]
        while outer is not None:
            line, outer = line + 1, parents[outer]
        deepest = max(deepest, line)
    for level in range(deepest, -1, -1) if depth is None else [depth]:
        folding = fold_modules(graph, level)
        if depth is not None or len(folding.graph.values) <= most:
            return folding if len(folding.graph.values) < len(graph.values) else None
    return None


def shown_part(graph: Graph, most: int, among: Collection[str] | None = None) -> Part:
    """Keep what is nearest to the output, as a picture of so many nodes does."""
    edges = edges_nearest(graph, most, among)
    sources: dict[str, list[bool]] = defaultdict(list)  # of an op, which of its inputs are kept
    kept = {graph.output}
    makers = {op.output: op.id for op in graph.ops}
    for i, edge in enumerate(graph.edges):
        if makers.get(edge.target) != edge.source:
            sources[edge.target].append(i in edges)
        kept |= {edge.source, edge.target} if i in edges else set()
    slots = {op.id: [i for i, is_kept in enumerate(sources[op.id]) if is_kept]
             for op in graph.ops if op.id in kept}  # fmt: skip
    cut: dict[str, list[str]] = {}
    for op in graph.ops:
        if op.id in kept:
            left_out = [n for n, is_kept in zip(op.inputs, sources[op.id]) if not is_kept]
            cut |= {op.id: left_out} if left_out else {}
        elif op.output in kept:
            cut[op.output] = [op.id]
    return Part(_restricted(graph, kept, slots), cut)


def _restricted(graph: Graph, kept: set[str], slots: dict[str, list[int]]) -> Graph:
    """A graph with some of its values, and with the ops and inputs that are kept."""
    every = {op.id: slots[op.id] for op in graph.ops if op.id in slots}
    seen: Counter[str] = Counter()
    edges = []
    for edge in graph.edges:
        if edge.source in every and edge.target in kept:
            edges.append(edge)
        elif edge.target in every:
            if seen[edge.target] in every[edge.target]:
                edges.append(edge)
            seen[edge.target] += 1
    births = [birth for birth in graph.births if birth.node in kept or birth.node in every]
    values = tuple(value for value in graph.values if value.id in kept)
    ops = tuple(
        replace(op, inputs=tuple(op.inputs[slot] for slot in every[op.id]))
        for op in graph.ops
        if op.id in every
    )
    groups = {group.id: group for group in graph.groups}
    used = {*(value.group for value in values), *(op.group for op in ops)}
    for name in [*used]:
        while name is not None:
            used.add(name)
            name = groups[name].parent
    return replace(
        graph,
        values=values,
        ops=ops,
        edges=tuple(edges),
        groups=tuple(group for group in graph.groups if group.id in used),
        backward=tuple(
            replace(
                step,
                contributions=tuple(step.contributions[slot] for slot in every[step.op]),
            )
            for step in graph.backward
            if step.op in every
        ),
        births=tuple(births),
        culprit=births.index(graph.blamed) if graph.blamed in births else None,
    )
