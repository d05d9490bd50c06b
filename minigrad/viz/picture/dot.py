"""From a snapshot to DOT, the language of Graphviz: how a graph looks."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

from minigrad.viz.graph.data import Birth, Edge, Graph, Group, Operation, Snapshot, Value
from minigrad.viz.graph.selection import MANY as MANY, fold, nearest, often_used
from minigrad.viz.picture.labels import (
    HUGE,
    LARGE,
    MEDIUM,
    SANS,
    SMALL,
    THEMES,
    Labels,
    escape,
    hint,
    row,
    table,
)

MAX_NODES = 400
LEGEND = "solid red: bad values going forward    dashed red: bad gradients coming back"


def to_dot(
    snapshot: Snapshot,
    direction: str = "TB",
    show: str = "both",
    depth: int | None = None,
    max_nodes: int = MAX_NODES,
    theme: str = "light",
    spelled: bool = False,
) -> str:
    """Write a snapshot in the DOT language; for the options see `draw`.

    Examples
    --------
    >>> from minigrad import Tensor
    >>> from minigrad.viz import snapshot
    >>> print(to_dot(snapshot(Tensor(2.0)), "LR").splitlines()[0])
    digraph {
    """
    return Picture(snapshot, show, depth, max_nodes, theme, spelled).dot(direction)


class Picture:
    """A snapshot on its way to DOT: which nodes, in which frames, and how each looks."""

    def __init__(
        self,
        snapshot: Snapshot,
        show: str,
        depth: int | None,
        max_nodes: int | None,
        theme: str,
        spelled: bool = False,
    ) -> None:
        self.show, self.spelled = show, spelled
        self.theme = THEMES[theme]
        self.labels = Labels(self.theme, show)
        self.whole = snapshot.graphs
        self.uncut = [g if depth is None else fold(g, depth) for g in snapshot.graphs]
        self.room = None if max_nodes is None else max_nodes // len(self.uncut)
        self.graphs = tuple(
            graph if self.room is None else nearest(graph, max(self.room, 1))
            for graph in self.uncut
        )
        self.groups = {group.id for graph in snapshot.graphs for group in graph.groups}
        self.ops = {op.id for graph in self.graphs for op in graph.ops}
        self.drawn_as: dict[str, str] = {}
        """For each node of the picture, the id of what it stands for."""
        self.uses = [Counter(edge.source for edge in graph.edges) for graph in self.uncut]
        self.seen_in = Counter(name for graph in self.graphs for name in graph.nodes)
        norms = [e.gradient_norm for g in self.graphs for e in g.edges if e.gradient_norm]
        self.norms = (min(norms), max(norms)) if norms and show == "gradients" else None

    def dot(self, direction: str) -> str:
        import graphviz

        dot = graphviz.Digraph(
            graph_attr={
                "rankdir": direction,
                "ranksep": "0.22",
                "ordering": "in",
                "nodesep": "0.25",
                "nslimit": "2",
                "bgcolor": self.theme.paper,
                "fontname": SANS,
                "fontcolor": self.theme.ink,
                "labelloc": "t",
                "pad": "0.15",
            },
            node_attr={
                **{"fontname": SANS, "fontsize": "12", "shape": "plain"},
                "fontcolor": self.theme.ink,
            },
            edge_attr={"color": self.theme.line, "arrowsize": "0.6", "fontname": SANS},
        )
        shared = {name for name, count in self.seen_in.items() if count > 1}
        if shared:
            self.add(dot, self.graphs, shared)
        away_from_edges = "b" if shared else "t"
        for i, (graph, heading) in enumerate(zip(self.graphs, self.headings())):
            own = graph.nodes.keys() - shared
            if len(self.graphs) == 1:
                if heading:
                    dot.attr(label=heading)
                self.add(dot, (graph,), own)
                continue
            with dot.subgraph(name=f"cluster_{i}") as box:
                box.attr(label=heading, style="rounded", color=self.theme.faint)
                box.attr(margin="14", labeljust="l", labelloc=away_from_edges)
                self.add(box, (graph,), own)
        self.add_edges(dot)
        return str(dot.source)

    # Nodes

    def add(self, dot: Any, graphs: tuple[Graph, ...], names: set[str]) -> None:
        """Add some nodes, each into the frame of its group."""
        nodes = {name: node for g in graphs for name, node in g.nodes.items() if name in names}
        groups = [*{group.id: group for graph in graphs for group in graph.groups}.values()]
        frames = self.frames(graphs)
        home = {name: frames[node.group] for name, node in nodes.items()}
        parents = {group.id: frames[group.parent] for group in groups}
        filled = set(home.values())
        number = next(i for i, graph in enumerate(self.graphs) if graph is graphs[0])
        for group in reversed(groups):
            filled |= {parents[group.id]} if group.id in filled else set()

        def fill(box: Any, frame: str | None) -> None:
            for name, node in nodes.items():
                if home[name] == frame:
                    self.drawn_as[name] = name
                    box.node(name, **self.node(node, graphs))
            for group in groups:
                if parents[group.id] == frame and group.id in filled:
                    with box.subgraph(name=f"cluster_{number}_{group.id}") as inner:
                        inner.attr(**self.look_of_frame(group))
                        fill(inner, group.id)

        fill(dot, None)

    def frames(self, graphs: tuple[Graph, ...]) -> dict[str | None, str | None]:
        """In whose frame each group's nodes stand: a Module that only did one op has none."""
        frames: dict[str | None, str | None] = {None: None}
        for graph in graphs:
            ops = Counter(op.group for op in graph.ops)
            values = Counter(value.group for value in graph.values)
            for group in graph.groups:
                alone = group.kind == "module" and ops[group.id] == values[group.id] == 1
                frames[group.id] = frames[group.parent] if alone else group.id
        return frames

    def look_of_frame(self, group: Group) -> dict[str, str]:
        """The look of the box around a group."""
        name = escape(group.name)
        label = {
            "module": f"{name} {escape(group.path)}" if group.path else name,
            "definition": f"{name}, by its definition",
            "backward": f"backward rule of {name}",
        }[group.kind]
        style = "rounded" if group.kind == "module" else "rounded,dashed"
        return {
            "label": f"<{self.labels.font(label, LARGE, self.theme.faint)}>",
            **{"style": style, "color": self.theme.faint, "margin": "10", "labeljust": "l"},
        }

    def node(self, node: Value | Operation, graphs: tuple[Graph, ...]) -> dict[str, str]:
        births: list[Birth] = []
        for graph in graphs:
            born = [b for b in graph.births if b.node == node.id]
            births += sorted(born, key=lambda birth: birth is not graph.blamed)
        if isinstance(node, Value):
            owners = [graph for graph in graphs if node.id in graph.nodes]
            grads = {g.title: _value_of(g, node.id).grad for g in owners}
            uses = max(used[node.id] for used in self.uses)
            label = self.labels.value(node, grads, births, uses, self.remark(node))
            return {"label": label}
        about = "; ".join(filter(None, (node.formula, node.remark)))
        hints = [about, *((str(node.site), node.site.source) if node.site else ())]
        tooltip = hint(*filter(None, hints)) or hint(node.name)
        blamed = any(birth is graph.blamed for birth in births for graph in graphs)
        folded = node.id in self.groups
        return {"label": self.labels.op(node, births, blamed, folded), "tooltip": tooltip}

    def remark(self, value: Value) -> str | None:
        """Where graphs that share a value part."""
        if self.seen_in[value.id] < 2:
            return None
        users = [{edge.target for edge in g.edges if edge.source == value.id} for g in self.graphs]
        users = [found for g, found in zip(self.graphs, users) if value.id in g.nodes]
        return None if all(found == users[0] for found in users) else "from here they differ"

    # Edges

    def add_edges(self, dot: Any) -> None:
        """Add the edges, those that graphs share once; a leaf used often is drawn again."""
        shared: set[tuple[str, str, int]] = set()
        for graph, uncut in zip(self.graphs, self.uncut):
            path = set(graph.blamed.path) if graph.blamed else set()
            again = often_used(uncut)
            counted: Counter[Any] = Counter()
            for i, edge in enumerate(graph.edges):
                source, ends = edge.source, (edge.source, edge.target)
                counted.update((source, ends))
                if min(map(self.seen_in.__getitem__, ends)) > 1:
                    if (*ends, counted[ends]) in shared:
                        continue
                    shared.add((*ends, counted[ends]))
                if source in again and counted[source] > 1:
                    source = f"{source}_{counted[source]}"
                    self.drawn_as[source] = edge.source
                    dot.node(source, label=self.labels.again(_value_of(graph, edge.source)))
                for look in self.lines(edge, (i, "forward") in path, (i, "backward") in path):
                    dot.edge(source, edge.target, **look)
            if self.room != 1:
                self.add_stubs(dot, graph, uncut)

    def add_stubs(self, dot: Any, graph: Graph, uncut: Graph) -> None:
        """Say at each node what is left out before it."""
        into, there = (Counter(edge.target for edge in g.edges) for g in (uncut, graph))
        for name in graph.nodes:
            if left_out := into[name] - there[name]:
                text = f"… {left_out:,} more" if there[name] else "…"
                label = self.labels.font(text, LARGE, self.theme.faint)
                dot.node(f"cut_{name}", label=table("", row(label), border=0))
                dot.edge(f"cut_{name}", name, arrowhead="none", style="dotted")

    def lines(self, edge: Edge, forward: bool, backward: bool) -> Iterator[dict[str, str]]:
        """Yield the looks of an edge: on the culprit's path one line for each pass, else one."""
        bold = {"color": self.theme.red, "penwidth": "3.5", "arrowsize": "0.55"}
        if forward:
            yield bold
        if backward:
            yield bold | {"style": "dashed", "dir": "back"}
        if forward or backward:
            return
        look = {} if edge.target in self.ops else {"arrowhead": "none"}
        if self.norms and edge.gradient_norm:
            look |= {"penwidth": f"{_width(edge.gradient_norm, *self.norms):.1f}"}
            look |= {"dir": "back"} if not look.get("arrowhead") else {"dir": "none"}
        elif self.norms:
            look |= {"style": "dotted"}
        yield look

    # The text above

    def headings(self) -> list[str]:
        """The text above each graph, all of the same height, so that the graphs start level."""
        width = 62 if len(self.graphs) > 1 else 72
        labels, headings = self.labels, []
        for graph, uncut, whole in zip(self.graphs, self.uncut, self.whole):
            rows = [] if graph.title is None else [row(labels.bold(escape(graph.title), HUGE))]
            headline = whole.headline(with_line=False)
            if headline and whole.blamed:
                lines = textwrap.wrap(
                    headline, width, break_long_words=False, break_on_hyphens=False
                )
                rows += [row(labels.bold(escape(line), LARGE, self.theme.red)) for line in lines]
                site = whole.nodes[whole.blamed.node].site
                rows += [row(labels.code(site))] if site else []
                rows.append(row(labels.font(LEGEND, SMALL, self.theme.faint)))
            elif len(self.graphs) > 1:
                known = [s for value in whole.values for s in (value.data, value.grad) if s]
                what = "every value" + " and every gradient" * (len(known) > len(whole.values))
                but = ", but for a mask" * any(summary.masked for summary in known)
                if not any(summary.is_bad for summary in known):
                    rows.append(row(labels.bold(f"{what} is finite{but}", LARGE)))
            rows += [
                row(labels.font(escape(line), MEDIUM)) for line in self.notes(graph, uncut, whole)
            ]
            headings.append(rows)
        shared = max(self.seen_in.values(), default=0) > 1
        height = 0 if shared else max(map(len, headings), default=0)
        blank = row(labels.bold("&#160;", LARGE))
        return [
            table("", *rows, *[blank] * (height - len(rows)), border=0) if height or rows else ""
            for rows in headings
        ]

    def notes(self, graph: Graph, uncut: Graph, whole: Graph) -> Iterator[str]:
        if whole.nodes[whole.output].site is None:
            yield "how it was made was not recorded: no Tensor it was made from requires a"
            yield "gradient, or it was computed under no_grad(), or detached"
        for sentence in filter(None, (whole.caveat(), graph.remark_on_names())):
            yield from textwrap.wrap(sentence, 72, break_on_hyphens=False)
        if len(graph.edges) < len(uncut.edges):
            shown, every = len(graph.values), len(uncut.values)
            most = len(self.uncut) * _size(uncut)
            yield f"the {shown:,} values nearest to the output, of {every:,}"
            yield f"… is more: draw(..., max_nodes={most}) shows all, draw(h) another part"
        if self.spelled:
            yield r"letters that no font here has are written by their numbers, as \u5b66: in .svg"
            yield "they are as they are, and in .png and .pdf after pip install vl-convert-python"
        if self.norms:
            low, high = (f"{norm:.2g}" for norm in self.norms)
            yield f"width of a line: norm of the gradient coming back, thin {low} to thick {high}"


def _value_of(graph: Graph, name: str) -> Value:
    value = graph.nodes[name]
    assert isinstance(value, Value)
    return value


def _size(graph: Graph) -> int:
    """How many nodes the picture of all of a graph has."""
    again = often_used(graph)
    return len(graph.nodes) + sum(e.source in again for e in graph.edges) - len(again)


def _width(norm: float, low: float, high: float) -> float:
    """From 0.8 to 7 points, by the logarithm."""
    return 4.0 if high == low else 0.8 + 6.2 * math.log(norm / low) / math.log(high / low)
