"""A graph as plain data: what every picture, page and lesson is made from.

A snapshot holds numbers and text only, so it can be kept, sent as JSON, and drawn long after the
Tensors are gone. Values and ops are its nodes; edges lead from the inputs of an op into it, and
from the op to its result. docs/snapshot.md describes every field.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from minigrad.arrays import kinds_in_words
from minigrad.text import shown
from minigrad.viz.graph.consistency import contradictions
from minigrad.viz.graph.schema import MisfitError, reader, schema
from minigrad.viz.graph.summary import Summary

VERSION: Literal[3] = 3
EARLIER = re.compile(r", \d+(st|nd|rd|th)$")  # of several Tensors of one name

ValueId: TypeAlias = Annotated[str, "v[0-9]{1,9}"]
OpId: TypeAlias = Annotated[str, "o[0-9]{1,9}"]
NodeId: TypeAlias = Annotated[str, "[vo][0-9]{1,9}"]
GroupId: TypeAlias = Annotated[str, "g[0-9]{1,9}"]
Pass: TypeAlias = Literal["forward", "backward"]


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
    """A Tensor; grad None means none yet.

    Its role: "parameter" (a leaf that requires a gradient), "constant" (a single number without a
    name), "input" (any other leaf), "intermediate" or "output" (the one drawn, if an op made it).
    Its label: its name, a Parameter's path, or what the code calls it; its expression: the code
    that computed it. It is changed if its array was changed in place after an op had used it.
    """

    id: ValueId
    role: Literal["parameter", "constant", "input", "intermediate", "output"]
    label: str | None
    expression: str | None
    shape: tuple[int, ...]
    dtype: str
    requires_grad: bool
    data: Summary
    grad: Summary | None
    changed: bool
    site: Site | None
    group: GroupId | None


@dataclass(frozen=True)
class Operation:
    """An op that was applied.

    Its formula and remark are the first line of its class's docstring; its rule the source text of
    `backward`, and its symbols what that calls the upstream gradient, the result and the inputs.
    Inputs and output are the ids of values.
    """

    id: OpId
    name: str
    formula: str | None
    remark: str | None
    rule: str | None
    symbols: tuple[str, ...]
    inputs: tuple[ValueId, ...]
    output: ValueId
    site: Site | None
    group: GroupId | None


@dataclass(frozen=True)
class Edge:
    """From a value into an op, inputs in order, or from an op to its result.

    Marked if a bad (non-finite) value went along it into a result, or a bad gradient came back.
    The gradient's norm is that of what came back along it; None if no steps were taken.
    """

    source: NodeId
    target: NodeId
    bad_value: bool
    bad_gradient: bool
    gradient_norm: float | None


@dataclass(frozen=True)
class Group:
    """What belongs together: one call of a Module, a fused op's definition, or a backward rule.

    Its kind is "module", "definition" or "backward"; its name the class of the Module or op. `path`
    is where the Module is in the one that called it, `of` the op that is defined or pulled back
    through, `parent` the group around it, `parameters` how many numbers a Module has to train.
    """

    id: GroupId
    kind: Literal["module", "definition", "backward", "repeat"]
    name: str
    path: str | None
    of: OpId | None
    parent: GroupId | None
    parameters: int | None = None


@dataclass(frozen=True)
class Contribution:
    """What a backward rule adds to the gradient of one input, which it reaches along an edge.

    `before` and `after` are that gradient as accumulated so far: None before the first
    contribution. All three are None where no gradient is wanted.
    """

    value: ValueId
    edge: int
    amount: Summary | None
    before: Summary | None
    after: Summary | None


@dataclass(frozen=True)
class BackwardStep:
    """One op's backward rule, run once: from the upstream gradient to one of each input."""

    op: OpId
    upstream: Summary
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True)
class Birth:
    """Where finite numbers became `what` ("NaN", "inf", "-inf" or "NaN and inf"), in which pass.

    The node is an op, and the reason says why in words. Or it is a value: without a reason, the
    number came in, with the data of a leaf or, backward, with the gradient that was given; with
    one, it was born in the sum of what was contributed to the value's gradient. `reached` are the
    leaves whose gradient it reached, first reached first; `path` the way to the output and to them:
    the indices of edges, each with the pass, "forward" or "backward", in which it was taken.
    """

    node: NodeId
    in_pass: Pass
    what: str
    reason: str | None
    reached: tuple[ValueId, ...]
    path: tuple[tuple[int, Pass], ...]


@dataclass(frozen=True)
class Graph:
    """How one Tensor, the output, was made: values with parents before children, ops as they ran.

    `backward` are the steps of the backward pass; none if they were not asked for, or something
    was changed in place since. `culprit` is the index of the birth to blame, None if there are no
    births.
    """

    title: str | None
    values: tuple[Value, ...]
    ops: tuple[Operation, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]
    backward: tuple[BackwardStep, ...]
    output: ValueId
    births: tuple[Birth, ...]
    culprit: int | None

    @property
    def blamed(self) -> Birth | None:
        """The culprit among the births."""
        return None if self.culprit is None else self.births[self.culprit]

    @cached_property
    def nodes(self) -> dict[str, Value | Operation]:
        """All values and ops by their ids."""
        nodes: tuple[Value | Operation, ...] = (*self.values, *self.ops)
        return {node.id: node for node in nodes}

    def caveat(self) -> str | None:
        """Say that values and gradients do not belong together, if they do not."""
        changed = [_call(value) for value in self.values if value.changed]
        if not changed:
            return None
        who = changed[0] + (f" and {len(changed) - 1} more" if len(changed) > 1 else "")
        return shown(
            f"{who} changed in place after use, by an optimiser's step or an assignment: values "
            "and gradients are of different moments; compute the loss again"
        )

    def remark_on_names(self) -> str | None:
        """Explain the labels that no code has: "x, 1st" and "heads[…]", if there are such."""
        labels = [value.label for value in self.values if value.label]
        remarks = []
        if earlier := next(filter(EARLIER.search, labels), None):
            name = EARLIER.sub("", earlier)
            remarks.append(f"“{earlier}”: the code gives several Tensors the name {name}, in turn")
        if element := next((label for label in labels if "[…]" in label), None):
            remarks.append(f"“{element}”: an element, at an index that is not known")
        return "; ".join(remarks) or None

    def headline(self, with_line: bool = True) -> str | None:
        """Say in one sentence what was born where and reached what; None where all is finite."""
        birth, output = self.blamed, self.nodes[self.output]
        if birth is None:
            return None
        node = self.nodes[birth.node]
        assert isinstance(output, Value)
        sentence = output.label or "the output"
        if output.data.is_finite:
            sentence += " is finite, but"
        else:
            sentence += f" {'has' if output.shape else 'is'} {kinds([output.data])}:"
        if isinstance(node, Operation):
            sentence += f" {birth.what} was born in {node.name} ({birth.in_pass})"
        else:
            how = "was born in the sum of" if birth.reason else "came in with"
            what = "the gradient of " * (birth.in_pass == "backward")
            sentence += f" {birth.what} {how} {what}{_call(node)}"
        if node.site and with_line:
            sentence += f", {node.site}" + (f": `{node.site.source}`," if node.site.source else ",")
        if birth.reached not in ((), (birth.node,)):
            more = len(birth.reached) - 1
            sentence += f" and reached {_call(self.nodes[birth.reached[0]])}"
            sentence += f" and {more} more parameter{'s' if more > 1 else ''}" if more else ""
        return shown(sentence.rstrip(","))


@dataclass(frozen=True)
class Snapshot:
    """One graph, or several to be seen side by side.

    Examples
    --------
    >>> from minigrad import Tensor
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> from minigrad.viz import snapshot
    >>> taken = snapshot((x * x).sum())
    >>> [op.name for op in taken.graphs[0].ops]
    ['Mul', 'Sum']
    >>> Snapshot.from_json(taken.to_json()) == taken
    True
    """

    graphs: tuple[Graph, ...]
    version: Literal[3] = VERSION

    def to_json(self, indent: int | None = None) -> str:
        """Write strict JSON: what is not finite as the strings "NaN", "Infinity", "-Infinity"."""
        return json.dumps(self, default=as_plain, allow_nan=False, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """Read what `to_json` wrote, or what else follows the schema; unknown fields are ignored.

        Raises
        ------
        ValueError
            If the text is not a snapshot of this version. The message names the place, such as
            `graphs[0].values[2].role`.
        """
        try:
            raw = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ValueError("not a snapshot: lists within lists without end") from error
        version = raw.get("version") if isinstance(raw, dict) else None
        if type(version) is not int or version != VERSION:
            raise ValueError(
                f"a snapshot of version {VERSION} is expected, not {version!r:.40}: write it anew "
                "with viz.snapshot(tensor).to_json()"
            )
        kind: Any = cls
        try:
            taken: Snapshot = reader(kind)(raw)
            if not taken.graphs:
                raise MisfitError("there should be at least one", place="graphs")
            for i, graph in enumerate(taken.graphs):
                for place, says in contradictions(graph):
                    raise MisfitError(says, place=f"graphs[{i}].{place}")
        except MisfitError as misfit:
            raise ValueError(f"not a snapshot: {misfit}") from None
        except RecursionError as error:
            raise ValueError("not a snapshot: lists within lists without end") from error
        return taken

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe what `to_json` writes, as JSON Schema (draft 2020-12).

        That an id is that of something, or an array of a shape, it cannot say: `from_json` looks.
        """
        described = schema(cls)
        described["$defs"]["Snapshot"]["required"] = ["graphs", "version"]
        described["$defs"]["Snapshot"]["properties"]["graphs"]["minItems"] = 1
        return described


def _refuse_constant(name: str) -> Any:
    raise ValueError(f'not a snapshot: JSON has no {name}, only the string "{name}"')


def kinds(summaries: Iterable[Summary]) -> str:
    """Which kinds of non-finite numbers there are, in words."""
    counts = zip(*((s.nan, s.inf, s.negative_inf) for s in summaries))
    return kinds_in_words(*map(sum, counts))


def _call(node: Value | Operation) -> str:
    """How a sentence calls a value."""
    assert isinstance(node, Value)
    return node.label or f"an unnamed {node.role}" + (f" of shape {node.shape}" * bool(node.shape))


def as_plain(part: Any) -> dict[str, Any]:
    """A dataclass of a snapshot as what JSON knows; its own parts are asked for one by one."""
    own = {field.name: getattr(part, field.name) for field in fields(part)}
    if not isinstance(part, Summary) or part.is_finite:
        return own
    grid = None if part.grid is None else as_plain(part.grid)
    return {name: _written(value) for name, value in (own | {"grid": grid}).items()}


def _written(value: Any) -> Any:
    """Write what is not finite as a string."""
    if isinstance(value, dict):
        return {name: _written(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
