"""Where non-finite numbers were born, and how they reached the parameters.

A NaN shows up far from where it was made. `diagnose` goes over a recorded graph after the fact,
without anything having been switched on, and asks of each op: were its inputs finite and its result
not? Then the number was *born* there, in the forward pass. Was the upstream gradient finite, and
what the backward rule made of it not? Then it was born there, in the backward pass. And where what
all uses of a Tensor contributed to its gradient is finite, but not its sum, it was born in the sum.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.explain import (
    Explanation,
    as_added,
    explain_gradient,
    explain_sum,
    explain_value,
    is_finite,
)
from minigrad.engine import pull_back, topological_order
from minigrad.tensor import Tensor, expect_tensor
from minigrad.text import printable, shown

Pass = Literal["forward", "backward"]
GradOf: TypeAlias = "Callable[[Tensor], NDArray | None]"
Contributions: TypeAlias = "tuple[NDArray | None, ...]"


class Place(NamedTuple):
    """A Tensor's value ("forward") or its gradient ("backward"): where a number can be bad."""

    tensor: Tensor
    in_pass: Pass


class Hop(NamedTuple):
    """One step of a bad number's way: from a place, through an op, to the next place."""

    source: Place
    through: Tensor
    """The result of the op: its forward rule carried the number on, or its backward rule back."""
    target: Place


@dataclass(frozen=True, eq=False)
class Birth:
    """Where finite numbers were turned into a non-finite one: an op, in one pass, or a sum."""

    tensor: Tensor
    """The result of the op; a leaf if the bad number came in with the data; the Tensor whose
    gradient it is if it came about in the sum of contributions, or came in with a gradient.
    """

    in_pass: Pass
    """"forward" if the op's result is bad, "backward" if what its backward rule returned is."""

    reached: tuple[Tensor, ...]
    """The leaves whose gradient it reached, in the order in which the backward pass did."""

    upstream: NDArray | None = field(repr=False)
    """∂root/∂tensor, which the backward rule got; None if there was no backward pass."""

    contributions: Contributions = field(repr=False)
    """In the backward pass: what the rule returned, or what was added up."""

    _last_hops: dict[Place, Hop | None] = field(repr=False)
    """All that it made non-finite, nearest first, each with the hop that led there."""

    @property
    def op(self) -> str | None:
        """The name of the op; None where the number came in or was born in a sum."""
        return self.tensor.op.name if self.tensor.op and not self.in_gradient else None

    @property
    def in_gradient(self) -> bool:
        """Whether it was born in the gradient of `tensor`, not in the op that made `tensor`."""
        return self.in_pass == "backward" and _is_bad(self.upstream)

    def explain(self) -> Explanation | None:
        """Say why, and what to write instead, as `detect_anomaly` does; None if it came in."""
        tensor, op = self.tensor, self.tensor.op
        if self.in_gradient:
            assert self.upstream is not None
            terms = [c for c in self.contributions if c is not None]
            return explain_sum(terms, self.upstream) if terms else None
        if op is None:
            return None
        if self.in_pass == "forward":
            return explain_value(op, tensor.parents, tensor.data)
        assert self.upstream is not None
        return explain_gradient(tensor, self.upstream, self.contributions)

    def has_reached(self, tensor: Tensor, in_pass: Pass) -> bool:
        """Whether the value or the gradient of a Tensor was made non-finite by this birth."""
        return Place(tensor, in_pass) in self._last_hops

    @property
    def places(self) -> Iterable[Place]:
        """All that it made non-finite, nearest first."""
        return self._last_hops.keys()

    def hops(self, place: Place) -> list[Hop]:
        """The way from the birth to a place that it reached, a shortest one."""
        way = []
        while hop := self._last_hops[place]:
            way.append(hop)
            place = hop.source
        return way[::-1]

    def path(self, leaf: Tensor) -> list[Place]:
        """The way from the birth to the gradient of `leaf`: the places on it."""
        end = Place(leaf, "backward")
        return [*(hop.source for hop in self.hops(end)), end]

    def __str__(self) -> str:
        site = self.tensor.site
        where = f"\n{site.with_source}" if site else ""
        why = f"\n{explanation}" if (explanation := self.explain()) else ""
        return printable(f"{self._what_happened()}{where}{why}")

    __repr__ = __str__

    def _what_happened(self) -> str:
        if self.op is not None:
            return f"born in {self.op} ({self.in_pass})"
        name = _call(self.tensor)
        if not self.in_gradient:
            return f"came in with {name}"
        if self.contributions:
            return f"born in the sum of the gradient of {name} (backward)"
        return f"came in with the gradient of {name}, given to backward() or there before it"


def _call(tensor: Tensor) -> str:
    kind = f"the result of {tensor.op.name}" if tensor.op else "a leaf"
    return shown(tensor.label or f"{kind} of shape {tensor.shape}")


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """All births in a graph, and the edges along which non-finite numbers travelled.

    A −inf that came in with the data, as a mask for attention has it, is no birth as long as it
    reaches neither the root's value nor a gradient, and becomes no NaN or inf on its way.
    """

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

    masked: frozenset[Tensor]
    """What holds the −inf of a mask, and nothing else that is not finite."""

    def __str__(self) -> str:
        if self.births:
            return "\n\n".join(map(str, self.births))
        if not self.masked:
            return "every value and every gradient is finite"
        masks = dict.fromkeys(_call(tensor) for tensor in self.masked if tensor.is_leaf)
        return printable(
            f"the -inf of {' and '.join(masks)} reached neither the result nor a gradient; "
            "all else is finite"
        )

    __repr__ = __str__


def diagnose(root: Tensor) -> Diagnosis:
    """Find where the non-finite values and gradients in the graph of `root` were born.

    Values are looked at as they are; gradients as `backward()` left them in `.grad`, so call it
    after `root.backward()`, with gradients that were None before, and before the optimiser's step:
    that changes the leaves in place, and what it spoils looks as if it had come in with them. What
    the backward pass returned is found out by running its rules again.

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
    search = _Search(grad_of, root)
    search.look_at_values()
    search.look_at_gradients()
    followed = [search.follow(place) for place in search.births]
    masks = {birth for birth in followed if _is_mask(birth, root)}
    alarms = tuple(birth for birth in followed if birth not in masks)
    masked = {place.tensor for birth in masks for place in birth.places}
    masked -= {place.tensor for birth in alarms for place in birth.places}
    hops = [hop for onward in search.hops.values() for hop in onward]
    forward = [hop for hop in hops if hop.target.in_pass == "forward"]
    backward = [hop for hop in hops if hop.target.in_pass == "backward"]
    return Diagnosis(
        births=alarms,
        first=_culprit(alarms, root),
        value_edges=frozenset(
            (hop.source.tensor, hop.through) for hop in forward if hop.source.tensor not in masked
        ),
        gradient_edges=frozenset((hop.through, hop.target.tensor) for hop in backward),
        masked=frozenset(masked),
    )


class _Search:
    """A graph while it is being looked through: where bad numbers were born and hopped on to."""

    def __init__(self, grad_of: GradOf, root: Tensor) -> None:
        self.grad_of = grad_of
        self.order = topological_order(root)
        self.births: dict[Place, Contributions] = {}
        self.hops: dict[Place, list[Hop]] = {}
        self.leaves: dict[Tensor, None] = {}  # with a bad gradient, in the order of arrival

    def hop(self, source: Place, through: Tensor, target: Place) -> None:
        self.hops.setdefault(source, []).append(Hop(source, through, target))

    def look_at_values(self) -> None:
        """Go over the forward pass: a bad result of good inputs was born there."""
        for tensor in self.order:
            if is_finite(tensor.data):
                continue
            here = Place(tensor, "forward")
            bad = [Place(p, "forward") for p in tensor.parents if not is_finite(p.data)]
            self.births |= {place: () for place in bad if not place.tensor.requires_grad}
            self.births |= {} if bad else {here: ()}
            for place in bad:
                self.hop(place, tensor, here)

    def look_at_gradients(self) -> None:
        """Go over the backward pass, and run again the rules whose inputs have a bad gradient."""
        grad_of = self.grad_of
        arrived: dict[Tensor, list[NDArray]] = {t: [] for t in self.order if _is_bad(grad_of(t))}
        for tensor in reversed(self.order):
            here = Place(tensor, "backward")
            if tensor in arrived and not _any_bad(arrived[tensor], tensor):
                self.births[here] = _terms(arrived[tensor], tensor)
                self.leaves |= {tensor: None} if tensor.is_leaf else {}
            if grad_of(tensor) is None or arrived.keys().isdisjoint(tensor.parents):
                continue
            with np.errstate(all="ignore"):
                returned = pull_back(tensor, grad_of(tensor))
            for parent, contribution in zip(tensor.parents, returned):
                if contribution is None or parent not in arrived:
                    continue
                arrived[parent].append(contribution)
                if _any_bad([contribution], parent):
                    self.leaves |= {parent: None} if parent.is_leaf else {}
                    origins = _origins(tensor, grad_of)
                    self.births |= {} if origins else {here: returned}
                    for place in origins or [here]:
                        self.hop(place, tensor, Place(parent, "backward"))

    def follow(self, birth: Place) -> Birth:
        """Search breadth first from a birth to all that it reached."""
        last_hops: dict[Place, Hop | None] = {birth: None}
        queue = deque([birth])
        while queue:
            for hop in self.hops.get(queue.popleft(), ()):
                if hop.target not in last_hops:
                    last_hops[hop.target] = hop
                    queue.append(hop.target)
        reached = tuple(leaf for leaf in self.leaves if Place(leaf, "backward") in last_hops)
        tensor, in_pass = birth
        return Birth(tensor, in_pass, reached, self.grad_of(tensor), self.births[birth], last_hops)


def _any_bad(contributions: Sequence[NDArray], parent: Tensor) -> bool:
    return any(_is_bad(as_added(c, parent)) for c in contributions)


def _terms(contributions: Sequence[NDArray], tensor: Tensor) -> Contributions:
    """The contributions if their sum is bad; none if the bad number came from elsewhere."""
    with np.errstate(all="ignore"):
        total = reduce(add, contributions, np.zeros((), tensor.dtype))
    return tuple(contributions) if _any_bad([total], tensor) else ()


def _is_mask(birth: Birth, root: Tensor) -> bool:
    """Whether it is −inf that came in with the data, stayed −inf and stayed out of all results."""
    return birth.op is None and all(
        place.in_pass == "forward"
        and place.tensor is not root
        and not np.any(np.isnan(place.tensor.data) | np.isposinf(place.tensor.data))
        for place in birth.places
    )


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


def _culprit(births: tuple[Birth, ...], root: Tensor) -> Birth | None:
    candidates = [birth for birth in births if birth.has_reached(root, "forward")]
    candidates += [birth for birth in births if birth.reached]
    return next(iter([*candidates, *births]), None)
