"""Where non-finite numbers were born, and how they reached the parameters.

A NaN shows up far from where it was made. `diagnose` goes over a recorded graph after the fact,
without anything having been switched on, and asks of each op: were its inputs finite and its result
not? Then the number was *born* there, in the forward pass. Was the upstream gradient finite, and
what the backward rule made of it not? Then it was born there, in the backward pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.explain import Explanation, explain_gradient, explain_value, is_finite
from minigrad.engine import Tensor, expect_tensor, pull_back, topological_order

Pass = Literal["forward", "backward"]
GradOf: TypeAlias = "Callable[[Tensor], NDArray | None]"


class Place(NamedTuple):
    """A Tensor's value ("forward") or its gradient ("backward"): where a number can be bad."""

    tensor: Tensor
    in_pass: Pass


@dataclass(frozen=True, eq=False)
class Birth:
    """One op, in one pass, that turned finite inputs into a non-finite result."""

    tensor: Tensor
    """The result of the op; a leaf if the bad number came in with the data."""

    in_pass: Pass
    """"forward" if the op's result is bad, "backward" if what its backward rule returned is."""

    reached: tuple[Tensor, ...]
    """The leaves whose gradient it reached, in the order in which the backward pass did."""

    upstream: NDArray | None = field(repr=False)
    """∂root/∂tensor, which the backward rule got; None if there was no backward pass."""

    _came_from: dict[Place, Place | None] = field(repr=False)

    @property
    def op(self) -> str | None:
        """The name of the op, None for a leaf."""
        return self.tensor.op.name if self.tensor.op else None

    def explain(self) -> Explanation | None:
        """Say why, and what to write instead, as `detect_anomaly` does; None for a leaf."""
        tensor, op = self.tensor, self.tensor.op
        if op is None:
            return None
        if self.in_pass == "forward":
            return explain_value(op, tensor.parents, tensor.data)
        assert self.upstream is not None
        return explain_gradient(op, tensor.parents, tensor.data, self.upstream)

    def has_reached(self, tensor: Tensor, in_pass: Pass) -> bool:
        """Whether the value or the gradient of a Tensor was made non-finite by this birth."""
        return Place(tensor, in_pass) in self._came_from

    def path(self, leaf: Tensor) -> list[Place]:
        """The way from the birth to the gradient of `leaf`, a shortest one."""
        place: Place | None = Place(leaf, "backward")
        way = []
        while place is not None:
            way.append(place)
            place = self._came_from[place]
        return way[::-1]

    def __str__(self) -> str:
        site = self.tensor.site
        where = f"\n{site}: {site.source}" if site else ""
        why = f"\n{explanation}" if (explanation := self.explain()) else ""
        if self.op is None:
            name = self.tensor.label or f"a leaf of shape {self.tensor.shape}"
            return f"came in with {name}{where}"
        return f"born in {self.op} ({self.in_pass}){where}{why}"


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """All births in a graph, and the edges along which non-finite numbers travelled."""

    births: tuple[Birth, ...]
    """In the order in which they happened."""

    first: Birth | None
    """The one to blame: the first that reached the root's value; if the root is finite, the first
    that reached a gradient; if none did, the first.
    """

    value_edges: frozenset[tuple[Tensor, Tensor]]
    """(parent, child): bad values went from the parent into the child's value."""

    gradient_edges: frozenset[tuple[Tensor, Tensor]]
    """(child, parent): the child's backward rule gave its parent a bad gradient."""

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.births)) or "every value and every gradient is finite"


def diagnose(root: Tensor) -> Diagnosis:
    """Find where the non-finite values and gradients in the graph of `root` were born.

    Values are looked at as they are; gradients as `backward()` left them in `.grad`, so call it
    after `root.backward()`, with gradients that were None before, and before the optimiser's step:
    that changes the leaves in place, and what it spoils looks as if it had come in with them.

    A bad value that nothing used (the −inf of log 0 at a class that was not picked) does not reach
    the root; its entry can still give 0/0 or 0·inf when the gradient comes back. That is a birth
    of its own, in the backward pass.

    Examples
    --------
    >>> import numpy as np
    >>> p = Tensor([0.0, 1.0], requires_grad=True, name="p")
    >>> with np.errstate(all="ignore"):
    ...     loss = -np.log(p)[1]
    ...     loss.backward()
    ...     culprit = diagnose(loss).first
    >>> loss.item(), p.grad
    (-0.0, array([nan, -1.], dtype=float32))
    >>> culprit.op, culprit.in_pass, culprit.reached[0].name
    ('Log', 'backward', 'p')
    """
    expect_tensor(root)
    return diagnose_with(lambda tensor: tensor.grad, root)


def diagnose_with(grad_of: GradOf, root: Tensor) -> Diagnosis:
    """`diagnose`, with the gradients that `grad_of` gives for the Tensors of the graph."""
    hops: dict[Place, list[Place]] = {}
    births: dict[Place, None] = {}
    gradient_edges: dict[tuple[Tensor, Tensor], None] = {}
    order = topological_order(root)

    for tensor in order:
        if is_finite(tensor.data):
            continue
        here = Place(tensor, "forward")
        bad = [Place(parent, "forward") for parent in tensor.parents if not is_finite(parent.data)]
        births |= {place: None for place in bad if not place.tensor.requires_grad}
        births |= {} if bad else {here: None}
        for place in bad:
            hops.setdefault(place, []).append(here)

    for tensor in reversed(order):
        for parent in _badly_pulled_back(tensor, grad_of):
            gradient_edges[tensor, parent] = None
            origins = _origins(tensor, grad_of)
            births |= {} if origins else {Place(tensor, "backward"): None}
            for place in origins or [Place(tensor, "backward")]:
                hops.setdefault(place, []).append(Place(parent, "backward"))

    leaves = dict.fromkeys(parent for _, parent in gradient_edges if parent.is_leaf)
    found = tuple(_follow(place, hops, tuple(leaves), grad_of) for place in births)
    return Diagnosis(
        births=found,
        first=_culprit(found, root),
        value_edges=frozenset(
            (a.tensor, b.tensor) for a, bs in hops.items() for b in bs if b.in_pass == "forward"
        ),
        gradient_edges=frozenset(gradient_edges),
    )


def _badly_pulled_back(tensor: Tensor, grad_of: GradOf) -> list[Tensor]:
    """Run the backward rule again; list the parents to which it gives a non-finite gradient."""
    upstream = grad_of(tensor)
    if tensor.op is None or upstream is None or not any(map(_is_bad, map(grad_of, tensor.parents))):
        return []
    with np.errstate(all="ignore"):
        contributions = pull_back(tensor.op, upstream, tensor, tensor.parents)
    return [parent for parent, c in zip(tensor.parents, contributions) if _is_bad(c)]


def _is_bad(array: NDArray | None) -> bool:
    return array is not None and not is_finite(array)


def _origins(tensor: Tensor, grad_of: GradOf) -> list[Place]:
    """What made a backward rule give a bad gradient; nothing if all that it got was good.

    A bad result of the op itself counts only where it was used, with an upstream gradient ≠ 0.
    """
    upstream = grad_of(tensor)
    assert upstream is not None
    if not is_finite(upstream):
        return [Place(tensor, "backward")]
    bad = [Place(parent, "forward") for parent in tensor.parents if not is_finite(parent.data)]
    if not bad and np.any(upstream[~np.isfinite(tensor.data)]):
        bad = [Place(tensor, "forward")]
    return bad


def _follow(
    birth: Place, hops: dict[Place, list[Place]], leaves: tuple[Tensor, ...], grad_of: GradOf
) -> Birth:
    """Search breadth first from a birth to all that it reached."""
    came_from: dict[Place, Place | None] = {birth: None}
    queue = deque([birth])
    while queue:
        place = queue.popleft()
        for following in hops.get(place, ()):
            if following not in came_from:
                came_from[following] = place
                queue.append(following)
    reached = tuple(leaf for leaf in leaves if Place(leaf, "backward") in came_from)
    return Birth(birth.tensor, birth.in_pass, reached, grad_of(birth.tensor), came_from)


def _culprit(births: tuple[Birth, ...], root: Tensor) -> Birth | None:
    candidates = [birth for birth in births if birth.has_reached(root, "forward")]
    candidates += [birth for birth in births if birth.reached]
    return next(iter([*candidates, *births]), None)
