"""A graph as plain data: what every picture, page and lesson is made from.

A snapshot holds numbers and text only, so it can be kept, sent as JSON, and drawn long after the
Tensors are gone. Values and ops are its nodes; edges lead from the inputs of an op into it, and
from the op to its result.
"""

from __future__ import annotations

import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd import diagnosis
from minigrad.engine import Tensor, topological_order

FEW = 9  # arrays with at most this many entries are kept whole


@dataclass(frozen=True)
class Summary:
    """An array: all `entries` as nested tuples if they are few, and what they are like.

    Minimum, mean and maximum are of the finite entries, None without any; the others are counted.
    """

    entries: Any
    minimum: float | None
    mean: float | None
    maximum: float | None
    nan: int
    inf: int
    negative_inf: int

    @property
    def is_finite(self) -> bool:
        return not self.nan + self.inf + self.negative_inf


@dataclass(frozen=True)
class Site:
    """A line of the user's code; `source` is None where it is not known."""

    file: str
    line: int
    source: str | None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Value:
    """A Tensor. Its label is its name, or a Parameter's path; grad None means none yet.

    Its role: "parameter" (a leaf that requires a gradient), "constant" (a single number without a
    name), "input" (any other leaf), "intermediate" or "output" (the one drawn, if an op made it).
    """

    id: str
    role: str
    label: str | None
    shape: tuple[int, ...]
    dtype: str
    requires_grad: bool
    data: Summary
    grad: Summary | None
    site: Site | None


@dataclass(frozen=True)
class Operation:
    """An op that was applied; its formula is the first line of its class's docstring."""

    id: str
    name: str
    formula: str | None
    site: Site | None


@dataclass(frozen=True)
class Edge:
    """From a value into an op, inputs in order, or from an op to its result.

    Marked if a bad (non-finite) value went along it into a result, or a bad gradient came back.
    """

    source: str
    target: str
    bad_value: bool
    bad_gradient: bool


@dataclass(frozen=True)
class Birth:
    """Where finite numbers became `what` ("NaN", "inf", "-inf" or "NaN and inf"), in which pass.

    The node is an op; or a leaf, if the number came in with the data. `reached` are the leaves
    whose gradient it reached, first reached first; `path` the way to the output and to them: the
    indices of edges, each with the pass, "forward" or "backward", in which it was taken.
    """

    node: str
    in_pass: str
    what: str
    reached: tuple[str, ...]
    path: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Graph:
    """How one Tensor, the output, was made: values with parents before children, ops, edges.

    `culprit` is the index of the birth to blame, None if there are no births.
    """

    title: str | None
    values: tuple[Value, ...]
    ops: tuple[Operation, ...]
    edges: tuple[Edge, ...]
    output: str
    births: tuple[Birth, ...]
    culprit: int | None

    @property
    def blamed(self) -> Birth | None:
        """The culprit among the births."""
        return None if self.culprit is None else self.births[self.culprit]

    def node(self, name: str) -> Value | Operation:
        """Find a value or op by its id."""
        nodes: tuple[Value | Operation, ...] = (*self.values, *self.ops)
        return next(node for node in nodes if node.id == name)

    def headline(self, with_line: bool = True) -> str | None:
        """Say in one sentence what was born where and reached what; None where all is finite."""
        birth, output = self.blamed, self.node(self.output)
        if birth is None:
            return None
        node = self.node(birth.node)
        assert isinstance(output, Value)
        sentence = output.label or "the output"
        if output.data.is_finite:
            sentence += " is finite, but"
        else:
            sentence += f" {'has' if output.shape else 'is'} {_kinds([output.data])}:"
        if isinstance(node, Operation):
            sentence += f" {birth.what} was born in {node.name} ({birth.in_pass})"
        else:
            sentence += f" {birth.what} came in with {_call(node)}"
        if node.site and with_line:
            sentence += f", {node.site}" + (f": `{node.site.source}`," if node.site.source else ",")
        if birth.reached:
            more = len(birth.reached) - 1
            sentence += f" and reached {_call(self.node(birth.reached[0]))}"
            sentence += f" and {more} more parameter{'s' if more > 1 else ''}" if more else ""
        return sentence.rstrip(",")


@dataclass(frozen=True)
class Snapshot:
    """One graph, or several to be seen side by side.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> taken = snapshot((x * x).sum())
    >>> [op.name for op in taken.graphs[0].ops]
    ['Mul', 'Sum']
    >>> Snapshot.from_json(taken.to_json()) == taken
    True
    """

    graphs: tuple[Graph, ...]

    def to_json(self, indent: int | None = None) -> str:
        """Write strict JSON: what is not finite as the strings "NaN", "Infinity", "-Infinity"."""
        return json.dumps(_strict(asdict(self)), allow_nan=False, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """Read what `to_json` wrote."""
        return cls(_read("graphs", json.loads(text)["graphs"]))


def snapshot(tensor: Tensor | None = None, /, **named: Tensor) -> Snapshot:
    """Describe how a Tensor was made, with all values and gradients there are now.

    Parameters
    ----------
    tensor : Tensor
        Usually the loss.
    **named : Tensor
        Or several Tensors, each with a title: `snapshot(naive=a, fused=b)`.

    Returns
    -------
    Snapshot
        Plain data. Ids are unique in it, and the same for the same program.

    Raises
    ------
    TypeError
        If something else than a Tensor is given, or nothing.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> graph = snapshot((x * x).sum()).graphs[0]
    >>> graph.values[0].label, graph.values[0].data.entries, graph.values[0].grad
    ('x', (3.0, 4.0), None)
    """
    if (tensor is None) == (not named):
        raise TypeError("give one Tensor, or several by name: draw(loss) or draw(naive=a, fused=b)")
    roots: list[tuple[str | None, Any]] = [*named.items()] if named else [(None, tensor)]
    for _, root in roots:
        if not isinstance(root, Tensor):
            raise TypeError(f"only a Tensor can be drawn, not {type(root).__name__}")
    taken: list[Graph] = []
    for title, root in roots:
        taken.append(_take(root, title, sum(len(graph.values) for graph in taken)))
    return Snapshot(tuple(taken))


Between = dict[tuple[Tensor, Tensor], list[int]]  # (input, result): into the op; twice result: out


def _take(root: Tensor, title: str | None, first_id: int) -> Graph:
    found = diagnosis.diagnose(root)
    tensors = dict.fromkeys(t for child in topological_order(root) for t in (*child.parents, child))
    numbers = {tensor: i for i, tensor in enumerate(tensors, first_id)}
    values: list[Value] = []
    ops: list[Operation] = []
    edges: list[Edge] = []
    between: Between = defaultdict(list)
    for tensor, number in numbers.items():
        value = _value(tensor, f"v{number}", root)
        values.append(value)
        if tensor.op is None:
            continue
        doc = (type(tensor.op).__doc__ or "").strip().splitlines()
        op = Operation(f"o{number}", tensor.op.name, doc[0] if doc else None, value.site)
        ops.append(op)
        for parent in tensor.parents:
            bad_value = (parent, tensor) in found.value_edges
            bad_gradient = (tensor, parent) in found.gradient_edges
            between[parent, tensor].append(len(edges))
            edges.append(Edge(f"v{numbers[parent]}", op.id, bad_value, bad_gradient))
        bad_gradient = value.grad is not None and not value.grad.is_finite
        between[tensor, tensor].append(len(edges))
        edges.append(Edge(op.id, value.id, not value.data.is_finite, bad_gradient))

    births = []
    for birth in found.births:
        tensor = birth.tensor
        arrays = [tensor.data]
        if birth.in_pass == "backward":
            bad_parents = [p for p in tensor.parents if (tensor, p) in found.gradient_edges]
            arrays = [p.grad for p in bad_parents if p.grad is not None]
        births.append(
            Birth(
                node=f"{'o' if tensor.op else 'v'}{numbers[tensor]}",
                in_pass=birth.in_pass,
                what=_kinds(map(_summary, arrays)),
                reached=tuple(f"v{numbers[leaf]}" for leaf in birth.reached),
                path=tuple(dict.fromkeys(_follow(birth, root, found, between))),
            )
        )
    culprit = None if found.first is None else found.births.index(found.first)
    parts = tuple(values), tuple(ops), tuple(edges), f"v{numbers[root]}", tuple(births)
    return Graph(title, *parts, culprit)


def _follow(
    birth: diagnosis.Birth, root: Tensor, found: diagnosis.Diagnosis, between: Between
) -> Iterator[tuple[int, str]]:
    """Yield the edges of a birth's path: on to the root, then back to each leaf it reached."""

    def along(in_pass: str, *ends: tuple[Tensor, Tensor]) -> Iterator[tuple[int, str]]:
        return ((edge, in_pass) for pair in ends for edge in between.get(pair, ()))

    born = birth.tensor
    if birth.in_pass == "forward":
        yield from along("forward", (born, born))
        here = root if birth.has_reached(root, "forward") else born
        while here is not born:
            parent = next(
                p
                for p in here.parents
                if (p, here) in found.value_edges and birth.has_reached(p, "forward")
            )
            yield from along("forward", (here, here), (parent, here))
            here = parent
    for leaf in birth.reached:
        for (here, in_pass), (there, next_pass) in pairwise(birth.path(leaf)):
            if next_pass == "forward":
                yield from along("forward", (here, there), (there, there))
            elif in_pass == "backward":
                if here is not born or birth.in_pass == "forward":
                    yield from along("backward", (here, here))
                yield from along("backward", (there, here))
            else:  # a bad value met the backward rule of its own op, or of one that used it
                child = next(
                    c
                    for p, c in between
                    if p is there
                    and (c, p) in found.gradient_edges
                    and (c is here or any(q is here for q in c.parents))
                )
                if child is not here:
                    yield from along("forward", (here, child))
                yield from along("backward", (there, child))


def _value(tensor: Tensor, name: str, root: Tensor) -> Value:
    if tensor.op is not None:
        role = "output" if tensor is root else "intermediate"
    elif tensor.requires_grad:
        role = "parameter"
    else:
        role = "constant" if tensor.ndim == 0 and tensor.name is None else "input"
    site = tensor.site
    return Value(
        id=name,
        role=role,
        label=tensor.name if tensor.name is not None else getattr(tensor, "path", None),
        shape=tensor.shape,
        dtype=str(tensor.dtype),
        requires_grad=tensor.requires_grad,
        data=_summary(tensor.data),
        grad=None if tensor.grad is None else _summary(tensor.grad),
        site=site and Site(os.path.basename(site.filename), site.line, site.source or None),
    )


def _summary(array: NDArray) -> Summary:
    finite = array[np.isfinite(array)]
    low = mean = high = None
    if finite.size:
        low, high = finite.min().item(), finite.max().item()
        with np.errstate(over="ignore"):
            mean = float(finite.mean(dtype=np.float64))
    counts = np.isnan(array).sum(), (array == np.inf).sum(), (array == -np.inf).sum()
    entries = _read("entries", array.tolist()) if array.size <= FEW else None
    return Summary(entries, low, mean, high, *map(int, counts))


def _kinds(summaries: Iterable[Summary]) -> str:
    """Which kinds of non-finite numbers there are, in words."""
    nan, inf, negative = (
        sum(counts) for counts in zip(*((s.nan, s.inf, s.negative_inf) for s in summaries))
    )
    kinds = {"NaN": nan, "inf": inf, "-inf": negative}
    return " and ".join(kind for kind, count in kinds.items() if count)


def _call(node: Value | Operation) -> str:
    """How a sentence calls a value."""
    assert isinstance(node, Value)
    return node.label or f"an unnamed {node.role}" + (f" of shape {node.shape}" * bool(node.shape))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(v) for v in value]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


PARTS = {
    "graphs": Graph, "values": Value, "ops": Operation, "edges": Edge, "births": Birth,
    "data": Summary, "grad": Summary, "site": Site,
}  # fmt: skip


def _read(name: str, raw: Any) -> Any:
    """Read the field `name`: objects become what is kept there, lists become tuples."""
    if isinstance(raw, dict):
        return PARTS[name](**{key: _read(key, value) for key, value in raw.items()})
    if isinstance(raw, list):
        return tuple(_read(name, item) for item in raw)
    if isinstance(raw, str) and name in ("entries", "minimum", "mean", "maximum"):
        return float(raw)
    return raw
