"""A graph in which every fused op is replaced by the smaller ops that it is defined by."""

from __future__ import annotations

import numpy as np

from minigrad.context import held, recording
from minigrad.engine import run, topological_order
from minigrad.origin import Scope
from minigrad.tensor import Tensor, serial_number


def in_order_made(*roots: Tensor) -> list[Tensor]:
    """List the results of ops that the roots depend on, in the order in which they ran."""
    made = {t: None for root in roots for t in topological_order(root) if t.op is not None}
    return sorted(made, key=serial_number)


def with_inputs(root: Tensor) -> list[Tensor]:
    """List all Tensors behind `root`, each before what was made from it."""
    return [*dict.fromkeys(t for made in in_order_made(root) for t in (*made.parents, made))] or [
        root
    ]


def expand(*roots: Tensor) -> dict[Tensor, Tensor]:
    """Build the graph of the roots anew, with the definitions of its fused ops.

    Values are as they were, up to the rounding of the smaller ops; so are the gradients, with
    those inside a definition added where `backward()` has been called.

    Returns
    -------
    dict
        For each result of an op its counterpart. Leaves are shared.
    """
    copies: dict[Tensor, Tensor] = {}
    with held(recording, True):
        for tensor in in_order_made(*roots):
            parents = tuple([copies.get(parent, parent) for parent in tensor.parents])
            assert tensor.op is not None
            make = _remake if tensor.op.definition is None else _define
            copies[tensor] = copy = make(tensor, parents)
            copy.name, copy.grad = tensor.name, tensor.grad
    return copies


def _remake(tensor: Tensor, parents: tuple[Tensor, ...]) -> Tensor:
    copy = tensor.detach()
    copy.op, copy.parents, copy._requires_grad = tensor.op, parents, True
    copy._origin = tensor._origin
    return copy


def _define(tensor: Tensor, parents: tuple[Tensor, ...]) -> Tensor:
    assert tensor.op is not None
    assert tensor.op.definition is not None
    scope = Scope("definition", tensor.op)
    scope.outer = tensor.origin.scope if tensor.origin else None
    inputs = frozenset(parents)
    with np.errstate(all="ignore"):
        result = tensor.op.definition(*parents)
        gradients = {} if tensor.grad is None else run(result, tensor.grad, stop=inputs)
    for made in topological_order(result, stop=inputs):
        if made not in inputs:
            made._origin = tensor.origin and tensor.origin._replace(scope=scope)
            made.grad = gradients.get(made)
            for leaf in made.parents:
                if leaf.is_leaf and leaf not in inputs:
                    leaf._origin = None
    return result
