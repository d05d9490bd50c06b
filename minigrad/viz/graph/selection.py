"""Parts of a graph to look at: Modules or repeats folded, or what is near the output."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from minigrad.viz.graph.data import Edge, Graph, Group, Operation
from minigrad.viz.graph.repeats import Repeat

MANY = 8  # a leaf with more uses is drawn once, and as a small box at each further use


def fold(graph: Graph, depth: int) -> Graph:
    """Fold every group that lies within `depth` others into one op, with all that only it uses."""
    parents = {group.id: group.parent for group in graph.groups}

    def from_outside_in(group: str | None) -> list[str]:
        return [] if group is None else [*from_outside_in(parents[group]), group]

    lines = {group.id: from_outside_in(group.id) for group in graph.groups}
    folded = {name: line[depth] for name, line in lines.items() if len(line) > depth}
    home = {n.id: folded[n.group] for n in graph.nodes.values() if n.group in folded}
    users: dict[str, set[str | None]] = defaultdict(set)
    for op in graph.ops:
        for name in op.inputs:
            users[name].add(home.get(op.id))
    for value in graph.values:
        if value.id == graph.output or not users[value.id] <= {home.get(value.id)}:
            home.pop(value.id, None)
    together = [
        Operation(
            id=group.id,
            name=group.name,
            formula=f"{group.parameters:,} parameters" if group.parameters else None,
            remark=" ".join(filter(None, (group.name, group.path))),
            rule=None,
            symbols=(),
            inputs=tuple({v: None for op in ops for v in op.inputs if v not in home}),
            output=ops[-1].output,
            site=ops[0].site,
            group=group.parent,
        )
        for group in graph.groups
        if (ops := [op for op in graph.ops if home.get(op.id) == group.id])
    ]
    graph = replace(
        graph,
        groups=tuple(group for group in graph.groups if group.id not in folded),
        values=tuple(
            replace(value, group=parents[folded[value.group]]) if value.group in folded else value
            for value in graph.values
        ),
    )
    return _placed(
        graph,
        {name: home.get(name, name) for name in graph.nodes},
        together,
        range(len(graph.edges)),
    )


class Folding(NamedTuple):
    """A graph whose nodes stand for several of the whole one."""

    graph: Graph
    stands_for: dict[str, list[str]]
    """For each node what it stands for, in the order of the whole graph."""
    loops: set[tuple[str, str]]
    """The edges, from source to target, that lead from one copy of a repeat into the next."""


def fold_modules(graph: Graph, depth: int) -> Folding:
    """Fold as `fold` does, and say what went where."""
    folded = fold(graph, depth)
    parents = {group.id: group.parent for group in graph.groups}
    stands_for: dict[str, list[str]] = defaultdict(list)
    for name, node in graph.nodes.items():
        place, outer = name, node.group
        while place not in folded.nodes and outer is not None:
            place, outer = outer, parents[outer]
        stands_for[place].append(name)
    return Folding(folded, stands_for, set())


def fold_repeats(graph: Graph, repeats: list[Repeat]) -> Folding:
    """Draw each repeat once: its last copy stands for all, in a group that is called ×50, say."""
    place = {name: name for name in graph.nodes}
    copy_of: dict[str, tuple[int, int]] = {}
    groups = {group.id: group for group in graph.groups}
    home: dict[str, str] = {}
    for number, repeat in enumerate(repeats):
        for i, copy in enumerate(repeat.copies):
            place.update(zip(copy, repeat.copies[-1]))
            copy_of.update(dict.fromkeys(copy, (number, i)))
        frame = f"x{number}"
        home.update(_framed(graph, repeat, frame, groups))
    folded = _placed(graph, place, [])
    stands_for: dict[str, list[str]] = defaultdict(list)
    for name, there in place.items():
        stands_for[there].append(name)

    inputs: dict[str, list[str]] = defaultdict(list)
    for edge in folded.edges:
        inputs[edge.target].append(edge.source)

    def moved(node: Any) -> Any:
        node = replace(node, group=home.get(node.id, node.group))
        if isinstance(node, Operation):
            return replace(node, inputs=tuple(inputs[node.id]))
        if len(stands_for[node.id]) == 1:
            return node
        members: list[Any] = [graph.nodes[name] for name in stands_for[node.id]]
        return replace(node, label=_common([member.label for member in members]))

    def depth(group: Group) -> int:
        return 0 if group.parent is None else 1 + depth(groups[group.parent])

    folded = replace(
        folded,
        groups=tuple(sorted(groups.values(), key=depth)),
        values=tuple(map(moved, folded.values)),
        ops=tuple(map(moved, folded.ops)),
    )
    loops = {
        (place[edge.source], place[edge.target])
        for edge in graph.edges
        if edge.source in copy_of and edge.target in copy_of
        if copy_of[edge.source][0] == copy_of[edge.target][0]
        if copy_of[edge.source][1] < copy_of[edge.target][1]
    }
    return Folding(folded, stands_for, loops)


def _framed(graph: Graph, repeat: Repeat, frame: str, groups: dict[str, Group]) -> dict[str, str]:
    """Put the last copy's groups into a new one; return the nodes that stand there themselves."""
    known: dict[str | None, list[str]] = {None: []}

    def line(group: str | None) -> list[str]:
        if group not in known:
            known[group] = [*line(groups[group].parent), group] if group else []
        return known[group]

    lines = {name: line(graph.nodes[name].group) for copy in repeat.copies for name in copy}
    first, *others = (lines[copy[0]] for copy in repeat.copies)
    shared = 0  # groups around all of it
    while shared < len(first) and all(o[shared : shared + 1] == [first[shared]] for o in others):
        shared += 1
    inner = {name: own[shared] for name, own in lines.items() if len(own) > shared}
    elsewhere = {inner.get(name) for copy in repeat.copies[:-1] for name in copy}
    outer = first[shared - 1] if shared else None
    groups[frame] = Group(frame, "repeat", f"×{len(repeat.copies)}", None, None, outer)
    home = {}
    for name in repeat.copies[-1]:
        if name not in inner or inner[name] in elsewhere:
            home[name] = frame
        else:
            groups[inner[name]] = replace(groups[inner[name]], parent=frame, path=None)
    return home


def _common(labels: list[str | None]) -> str | None:
    """What the labels of a repeat's copies have in common: h[…] of h[3] and h[4]."""
    pieces = [re.split(r"(\d+)", str(label).rstrip("′″‴")) for label in labels]
    if None in labels or len({len(piece) for piece in pieces}) > 1:
        return None
    words = []
    for i, same in enumerate(zip(*pieces)):
        if len({*same}) == 1:
            words.append(same[0])
        elif i % 2:
            words.append("…" if words[-1].endswith("[") else "*")
        else:
            return None
    return "".join(words)


def nearest(graph: Graph, most: int) -> Graph:
    """Keep what is nearest to the output, so that a picture of it has at most so many nodes."""
    edges = edges_nearest(graph, most)
    kept = {graph.output}
    for i in edges:
        kept |= {graph.edges[i].source, graph.edges[i].target}
    return _placed(graph, {name: name for name in graph.nodes if name in kept}, [], edges)


def edges_nearest(graph: Graph, most: int, among: Container[str] | None = None) -> set[int]:
    """The edges of what is nearest to the output, for a picture of at most so many nodes.

    Counted is all that is drawn: values, ops, a small box for each further use of a leaf that is
    used often, and a stub wherever something is left out. An op can keep a part of its inputs.
    With `among`, only values of that are kept.
    """
    into: dict[str, list[int]] = defaultdict(list)
    for i, edge in enumerate(graph.edges):
        into[edge.target].append(i)
    again = often_used(graph)
    kept, edges = {graph.output}, set[int]()
    count = 1 + len(into[graph.output])
    queue = deque(kept)
    while queue:
        for made_by in into[queue.popleft()]:
            op = graph.edges[made_by].source
            if op in kept:
                edges.add(made_by)
                count -= 1  # its stub
                continue
            inputs = [i for i in into[op] if among is None or graph.edges[i].source in among]
            for left, i in zip(range(len(into[op]) - 1, -1, -1), inputs):
                source = graph.edges[i].source
                more = source in again if source in kept else 1 + len(into[source])
                if count + more + (left > 0) > most:
                    count += op in kept  # a stub for the other inputs
                    break
                count += more
                edges |= {made_by, i}
                queue.extend(() if source in kept else (source,))
                kept |= {op, source}
    return edges


def often_used(graph: Graph) -> set[str]:
    """The leaves that are drawn again wherever they are used."""
    made = {edge.target for edge in graph.edges}
    uses = Counter(edge.source for edge in graph.edges)
    return {name for name, count in uses.items() if count > MANY and name not in made}


def _placed(
    graph: Graph,
    place: Mapping[str, str],
    more: list[Operation],
    kept: Container[int] = range(sys.maxsize),
) -> Graph:
    """Rename nodes, leave out those without a place, and merge edges that come to the same.

    Of the edges those at the indices in `kept` stay.
    """
    edges: list[Edge] = []
    index: dict[tuple[str, str, int], int] = {}
    new: dict[int, int] = {}
    twins: dict[tuple[str, str], int] = defaultdict(int)  # x * x has two edges from x
    for i, edge in enumerate(graph.edges):
        source, target = place.get(edge.source), place.get(edge.target)
        if source is None or target is None or source == target or i not in kept:
            continue
        twins[edge.source, edge.target] += 1
        key = source, target, twins[edge.source, edge.target]
        if key not in index:
            index[key] = len(edges)
            edges.append(replace(edge, source=source, target=target))
        new[i] = index[key]
        known = edges[new[i]]
        edges[new[i]] = replace(
            known,
            bad_value=known.bad_value or edge.bad_value,
            bad_gradient=known.bad_gradient or edge.bad_gradient,
            gradient_norm=max(
                filter(None, (known.gradient_norm, edge.gradient_norm)), default=None
            ),
        )
    births = {
        i: replace(
            birth,
            node=place[birth.node],
            reached=tuple({place[v]: None for v in birth.reached if v in place}),
            path=tuple({(new[edge], way): None for edge, way in birth.path if edge in new}),
        )
        for i, birth in enumerate(graph.births)
        if birth.node in place
    }
    stay = {name for name, there in place.items() if name == there}
    return replace(
        graph,
        values=tuple(value for value in graph.values if value.id in stay),
        ops=(*(op for op in graph.ops if op.id in stay), *more),
        edges=tuple(edges),
        backward=(),
        births=tuple(births.values()),
        culprit=[*births].index(graph.culprit) if graph.culprit in births else None,
    )
