"""A graph in words: the text alternative of a picture, and what is shown where there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from minigrad.text import shown
from minigrad.viz.graph.data import Graph, Snapshot, Value
from minigrad.viz.graph.selection import nearest
from minigrad.viz.picture.labels import NEW_LINE, THEMES, Labels

FEW = 6  # names that a sentence lists
MOST_NODES = 60  # that a listing shows


def heading(snapshot: Snapshot) -> str:
    """What a picture is of, in one line."""
    names = [graph.title or _name(_output(graph)) for graph in snapshot.graphs]
    return shown(f"How {_listed(names)} {'were' if len(names) > 1 else 'was'} made")


def paragraph(snapshot: Snapshot) -> str:
    """Say in one paragraph what a picture shows."""
    return shown(" ".join(line for graph in snapshot.graphs for line in _sentences(graph)))


def listing(snapshot: Snapshot) -> str:
    """List each value with what made it and its numbers, a line each, the output last."""
    plain = _Plain(THEMES["light"], "both")
    lines = []
    for graph in snapshot.graphs:
        part = nearest(graph, MOST_NODES)
        lines += [graph.title] if graph.title else []
        lines += filter(None, (graph.headline(),))
        if len(part.values) < len(graph.values):
            lines.append(f"the {len(part.values)} values nearest to the output:")
        made = {op.output: op for op in graph.ops}
        for value in part.values:
            first = _name(value)
            if op := made.get(value.id):
                inputs = [graph.nodes[name] for name in op.inputs]
                called = [_name(node) for node in inputs[:FEW] if isinstance(node, Value)]
                first += f" = {op.name}({', '.join(called)}{', …' * (len(inputs) > FEW)})"
            numbers = plain.lines(value, {} if value.grad is None else {None: value.grad})
            about = f"{value.role} {value.shape or 'scalar'} {value.dtype}"
            lines.append("  ".join((f"  {first}", about, *numbers)))
    return "\n".join(map(shown, lines))


class _Plain(Labels):
    """Labels without their look."""

    def font(self, text: str, size: int, color: str | None = None, italic: bool = False) -> str:
        return text.replace(NEW_LINE, ", ").replace("&#160;", " ")


def _sentences(graph: Graph) -> Iterator[str]:
    output = _output(graph)
    shape = f"of shape {output.shape}" if output.shape else "a scalar"
    sentence = f"{_name(output)}, {shape},"
    if graph.title:
        sentence = f"{graph.title}: {sentence}"
    leaves = []
    for role in ("parameter", "input", "constant"):
        names = [_name(value) for value in graph.values if value.role == role]
        if names and (role != "constant"):
            leaves.append(f"the {role}{'s' * (len(names) > 1)} {_listed(names)}")
    ops = Counter(op.name for op in graph.ops)
    if ops:
        done = _listed([f"{count} × {name}" if count > 1 else name for name, count in ops.items()])
        sentence += f" is made from {' and '.join(leaves) or 'constants'} by {done}."
    else:
        sentence += f" is {'an' if output.role == 'input' else 'a'} {output.role}."
    yield sentence
    for said in (graph.headline(), graph.caveat()):
        if said:
            yield f"{said}."


def _listed(names: list[str]) -> str:
    """Join names as a sentence does, the first few of many."""
    names = [*dict.fromkeys(names)]
    if len(names) > FEW:
        names = [*names[: FEW - 1], f"{len(names) - FEW + 1} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _output(graph: Graph) -> Value:
    output = graph.nodes[graph.output]
    assert isinstance(output, Value)
    return output


def _name(value: Value) -> str:
    """What a text calls a value."""
    if value.role == "constant" and value.data.entries is not None and value.label is None:
        return str(value.data.entries)
    return value.label or value.expression or value.id
