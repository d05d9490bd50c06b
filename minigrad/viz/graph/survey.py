"""From Tensors to a snapshot: everything that is known of a graph, written down as plain data."""

from __future__ import annotations

import gc
import math
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd import diagnosis
from minigrad.engine import Op, seed, walk
from minigrad.origin import Scope
from minigrad.tensor import Tensor, changed_after_use, expect_tensor, serial_number
from minigrad.viz.graph.data import (
    BackwardStep,
    Birth,
    Contribution,
    Edge,
    Graph,
    Group,
    Operation,
    Site,
    Snapshot,
    Value,
    kinds,
)
from minigrad.viz.graph.expansion import expand as expanded, with_inputs
from minigrad.viz.graph.frames import is_constant, path_of, scope_of
from minigrad.viz.graph.naming import Name, names_of
from minigrad.viz.graph.source import texts_of
from minigrad.viz.graph.summary import Summary, summarize
from minigrad.viz.graph.variables import paths_of


def snapshot(
    tensor: Tensor | None = None,
    /,
    *,
    steps: bool = True,
    expand: bool = False,
    gradient: Any = None,
    **named: Tensor,
) -> Snapshot:
    """Describe how a Tensor was made, with all values and gradients, as plain data.

    Parameters
    ----------
    tensor : Tensor
        Usually the loss.
    steps : bool
        Whether to take the steps of the backward pass, too. The gradients are then those at the
        end of these steps; without, those that the Tensors have in `.grad`. That is not changed
        either way. There are no steps if an array has been changed in place since it was used:
        values and gradients would be of different moments.
    expand : bool
        Whether fused ops are replaced by the smaller ops that they are defined by.
    gradient : array_like, optional
        What the steps start from: the upstream gradient, of the Tensor's shape. Left out, it is 1
        for a Tensor of one element, and for another its `.grad`; without that there are no steps.
    **named : Tensor
        Or several Tensors, each with a title: `snapshot(naive=a, fused=b)`. What they share has
        the same id in each.

    Returns
    -------
    Snapshot
        Plain data. Ids are the same for the same program.

    Raises
    ------
    TypeError
        If something else than a Tensor is given, or nothing.
    ValueError
        If the gradient has another shape than the Tensor.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> graph = snapshot((x * x).sum()).graphs[0]
    >>> graph.values[0].label, graph.values[0].data.entries, graph.values[0].grad.entries
    ('x', (3.0, 4.0), (6.0, 8.0))
    >>> [step.op for step in graph.backward]
    ['o2', 'o1']
    """
    if (tensor is None) == (not named):
        raise TypeError("give one Tensor, or several by name: draw(loss) or draw(naive=a, fused=b)")
    roots: dict[str | None, Any] = dict(named.items()) if named else {None: tensor}
    for root in roots.values():
        expect_tensor(root)
    numbers: dict[Tensor, int] = {}
    _number(numbers, *roots.values())
    ops = {tensor.op: f"o{n}" for tensor, n in numbers.items() if tensor.op}
    changed = {used for used, _ in changed_after_use(sorted(numbers, key=serial_number))}
    paths = paths_of(numbers)
    if expand:
        copies = expanded(*roots.values())
        numbers |= {copy: numbers[original] for original, copy in copies.items()}
        changed |= {copies[tensor] for tensor in changed if tensor in copies}
        paths |= {copies[tensor]: paths[tensor] for tensor in paths if tensor in copies}
        roots = {title: copies.get(root, root) for title, root in roots.items()}
        _number(numbers, *roots.values())
    groups: dict[Scope, str] = {}
    with _collector_paused():
        names = names_of(*map(with_inputs, roots.values()), paths=paths)
        return Snapshot(
            tuple(
                _Survey(root, numbers, ops, groups, names, changed, steps, gradient).graph(title)
                for title, root in roots.items()
            )
        )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Make many lasting objects: to search them for garbage again and again doubles the time."""
    enabled = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if enabled:
            gc.enable()


def _number(numbers: dict[Tensor, int], *roots: Tensor) -> None:
    for root in roots:
        for tensor in with_inputs(root):
            numbers.setdefault(tensor, len(numbers))


class _Survey:
    """One graph while it is being written down."""

    def __init__(
        self,
        root: Tensor,
        numbers: dict[Tensor, int],
        ops: dict[Op, str],
        group_ids: dict[Scope, str],
        names: dict[Tensor, Name],
        changed: set[Tensor],
        steps: bool,
        gradient: Any,
    ) -> None:
        self.root, self.numbers, self.names = root, numbers, names
        self.op_ids, self.group_ids = ops, group_ids
        self.tensors = with_inputs(root)
        self.made = [tensor for tensor in self.tensors if tensor.op is not None]
        self.with_grids = steps
        self.summaries: dict[int, tuple[NDArray, Summary]] = {}
        self.groups: dict[Scope, Group] = {}
        self.known_paths: dict[Any, dict[Any, str]] = {}
        self.sites: dict[tuple[int, int], Site] = {}
        self.first_edge: dict[Tensor, int] = {}
        self.gradient_norms: dict[int, float | None] = {}
        self.children: dict[Tensor, list[Tensor]] = defaultdict(list)
        edges = 0
        for tensor in self.made:
            self.first_edge[tensor] = edges
            edges += len(tensor.parents) + 1
            for parent in dict.fromkeys(tensor.parents):
                self.children[parent].append(tensor)
        self.gradients = {tensor: tensor.grad for tensor in self.tensors}
        self.changed = changed.intersection(self.tensors)
        self.backward = tuple(self._take_steps(gradient)) if steps else ()

    def graph(self, title: str | None) -> Graph:
        found = diagnosis.diagnose_with(self.gradients.get, self.root)
        return Graph(
            title=title,
            values=tuple(self._value(tensor, tensor in found.masked) for tensor in self.tensors),
            ops=tuple(map(self._operation, self.made)),
            edges=tuple(self._edges(found)),
            groups=tuple(self.groups.values()),
            backward=self.backward,
            output=self._id(self.root),
            births=tuple(self._birth(birth, found) for birth in found.births),
            culprit=None if found.first is None else found.births.index(found.first),
        )

    # Nodes and edges

    def _id(self, tensor: Tensor) -> str:
        return f"v{self.numbers[tensor]}"

    def _op_id(self, tensor: Tensor) -> str:
        return f"o{self.numbers[tensor]}"

    def _value(self, tensor: Tensor, masked: bool) -> Value:
        role: Any
        if tensor.op is not None:
            role = "output" if tensor is self.root else "intermediate"
        elif tensor.requires_grad:
            role = "parameter"
        else:
            role = "constant" if is_constant(tensor) else "input"
        grad = self.gradients.get(tensor)
        return Value(
            id=self._id(tensor),
            role=role,
            label=self.names[tensor].label,
            expression=self.names[tensor].expression,
            shape=tensor.shape,
            dtype=_name_of(tensor.dtype),
            requires_grad=tensor.requires_grad,
            data=replace(self._summary(tensor.data), masked=masked),
            grad=None if grad is None else self._summary(grad),
            changed=tensor in self.changed,
            site=self._site(tensor),
            group=self._group(scope_of(tensor, self.children)),
        )

    def _operation(self, tensor: Tensor) -> Operation:
        assert tensor.op is not None
        kind: Any = type(tensor.op)
        return Operation(
            id=self._op_id(tensor),
            name=tensor.op.name,
            **texts_of(kind)._asdict(),
            inputs=tuple(map(self._id, tensor.parents)),
            output=self._id(tensor),
            site=self._site(tensor),
            group=self._group(scope_of(tensor, self.children)),
        )

    def _edges(self, found: diagnosis.Diagnosis) -> Iterator[Edge]:
        for tensor in self.made:
            made, first = self._op_id(tensor), self.first_edge[tensor]
            for i, parent in enumerate(tensor.parents, first):
                bad_value = (parent, tensor) in found.value_edges
                bad_gradient = (tensor, parent) in found.gradient_edges
                norm = self.gradient_norms.get(i)
                yield Edge(self._id(parent), made, bad_value, bad_gradient, norm)
            data, grad = self._summary(tensor.data), self.gradients.get(tensor)
            upstream = None if grad is None else self._summary(grad)
            bad_value = not data.is_finite and tensor not in found.masked
            bad_gradient = upstream is not None and not upstream.is_finite
            norm = upstream.norm if upstream and self.backward else None
            yield Edge(made, self._id(tensor), bad_value, bad_gradient, norm)

    def _summary(self, array: NDArray) -> Summary:
        """Summarise each array once."""
        if id(array) not in self.summaries:
            self.summaries[id(array)] = array, summarize(array, self.with_grids)
        return self.summaries[id(array)][1]

    def _site(self, tensor: Tensor) -> Site | None:
        """The line that made a Tensor; looked up once a place, by id, as hashing code is slow."""
        site = tensor.site
        if site is None:
            return None
        place = id(site.code), site.offset
        if place not in self.sites:
            file = "cell" if site.in_notebook else os.path.basename(site.filename)
            self.sites[place] = Site(file, site.line, site.source or None)
        return self.sites[place]

    # Groups

    def _group(self, scope: Scope | None) -> str | None:
        if scope is None:
            return None
        if scope not in self.groups:
            parent = self._group(scope.outer)
            module = scope.kind == "module"
            self.groups[scope] = Group(
                id=self.group_ids.setdefault(scope, f"g{len(self.group_ids)}"),
                kind=scope.kind,
                name=type(scope.of).__name__,
                path=path_of(scope, self.known_paths) if module else None,
                of=None if module else self.op_ids.get(scope.of),
                parent=parent,
                parameters=sum(math.prod(p.shape) for p in scope.of.parameters())
                if module
                else None,
            )
        return self.groups[scope].id

    # The backward pass

    def _take_steps(self, gradient: Any) -> Iterator[BackwardStep]:
        """Run the engine's own loop and write down what it does."""
        root = self.root
        if gradient is None and root.size != 1:
            gradient = root.grad
        if not root.requires_grad or (gradient is None and root.size != 1) or self.changed:
            return
        latest: dict[Tensor, Any] = {root: seed(root, gradient)}
        gradients = dict(latest)
        with np.errstate(all="ignore"):
            for tensor, upstream, contributions in walk(root, gradients):
                yield BackwardStep(
                    op=self._op_id(tensor),
                    upstream=self._summary(upstream),
                    contributions=tuple(
                        self._contribution(parent, edge, amount, latest)
                        for edge, (parent, amount) in enumerate(
                            zip(tensor.parents, contributions), self.first_edge[tensor]
                        )
                    ),
                )
        self.gradients = {tensor: gradients.get(tensor) for tensor in self.tensors}

    def _contribution(
        self, parent: Tensor, edge: int, amount: Any, latest: dict[Tensor, Any]
    ) -> Contribution:
        if amount is None:
            return Contribution(self._id(parent), edge, None, None, None)
        before = latest.get(parent)
        latest[parent] = amount if before is None else before + amount
        contributed = self._summary(amount)
        self.gradient_norms[edge] = contributed.norm
        return Contribution(
            value=self._id(parent),
            edge=edge,
            amount=contributed,
            before=None if before is None else self._summary(before),
            after=self._summary(latest[parent]),
        )

    # What is not finite

    def _birth(self, birth: diagnosis.Birth, found: diagnosis.Diagnosis) -> Birth:
        tensor = birth.tensor
        arrays: list[NDArray | None] = [tensor.data]
        if birth.in_gradient:
            arrays = [self.gradients[tensor]]
        elif birth.in_pass == "backward":
            pulled = [p for p in tensor.parents if (tensor, p) in found.gradient_edges]
            arrays = [self.gradients[parent] for parent in pulled]
        explanation = birth.explain()
        return Birth(
            node=self._op_id(tensor) if birth.op else self._id(tensor),
            in_pass=birth.in_pass,
            what=kinds(self._summary(array) for array in arrays if array is not None),
            reason=str(explanation) if explanation else None,
            reached=tuple(map(self._id, birth.reached)),
            path=tuple(dict.fromkeys(self._follow(birth))),
        )

    def _follow(self, birth: diagnosis.Birth) -> Iterator[tuple[int, diagnosis.Pass]]:
        """Yield the edges of a birth's path: on to the root, then back to each leaf it reached."""
        if birth.in_pass == "forward":
            yield from self._along("forward", birth.tensor, birth.tensor)
        ends = [diagnosis.Place(leaf, "backward") for leaf in birth.reached]
        if birth.has_reached(self.root, "forward"):
            ends.insert(0, diagnosis.Place(self.root, "forward"))

        born_in_rule = birth.in_pass == "backward" and birth.op is not None
        for end in ends:
            for (here, in_pass), through, (there, next_pass) in birth.hops(end):
                if next_pass == "forward":
                    yield from self._along("forward", here, through)
                    yield from self._along("forward", there, through)
                    continue
                if in_pass == "forward":  # it met a backward rule
                    yield from self._along("forward", here, through)
                elif not (born_in_rule and here is birth.tensor):
                    yield from self._along("backward", here, through)
                yield from self._along("backward", there, through)

    def _along(
        self, in_pass: diagnosis.Pass, source: Tensor, target: Tensor
    ) -> Iterator[tuple[int, diagnosis.Pass]]:
        """Yield the edges from a Tensor into the op of another; or, of one, from its op to it."""
        if target not in self.first_edge:
            return
        first = self.first_edge[target]
        if source is target:
            yield first + len(target.parents), in_pass
        for edge, parent in enumerate(target.parents, first):
            if parent is source:
                yield edge, in_pass


_name_of = cache(str)
