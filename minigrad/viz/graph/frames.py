"""In which frame of a picture a Tensor stands: of the Module that computed it, or that owns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minigrad import nn
from minigrad.origin import Scope
from minigrad.tensor import Tensor


def scope_of(tensor: Tensor, uses: Mapping[Tensor, list[Tensor]]) -> Scope | None:
    """Where an op was recorded; of a leaf, the Module around all its uses that it belongs to.

    To a Module belongs what it holds, what was made in it, and a number in an expression of it.
    What a Module was called with stands outside of it.
    """
    if tensor.op is not None:
        return tensor.origin.scope if tensor.origin else None
    around = [from_outside_in(scope_of(use, uses)) for use in uses[tensor]]
    common = [scopes[0] for scopes in zip(*around) if scopes.count(scopes[0]) == len(scopes)]
    if is_constant(tensor) and tensor.origin is None:
        return common[-1] if common else None
    made_in = tensor.origin.scope if tensor.origin else None
    belongs = (scope for scope in reversed(common) if scope is made_in or _holds(scope.of, tensor))
    return next(belongs, None)


def from_outside_in(scope: Scope | None) -> list[Scope]:
    """A scope and those around it."""
    return [] if scope is None else [*from_outside_in(scope.outer), scope]


def is_constant(leaf: Tensor) -> bool:
    """Whether a leaf is a single number without a name, such as the 2 of `x * 2`."""
    return leaf.ndim == 0 and leaf.name is None and not leaf.requires_grad


def _holds(module: Any, tensor: Tensor) -> bool:
    if not isinstance(module, nn.Module):
        return False
    return any(held is tensor for held in (*module.parameters(), *vars(module).values()))


def path_of(scope: Scope, known: dict[Any, dict[Any, str]]) -> str | None:
    """Where a Module is in the one that called it; None for the outermost.

    What is `known` of a Module, where each of those in it is, is looked up once.
    """
    outer = scope.outer
    while outer is not None and outer.kind != "module":
        outer = outer.outer
    if outer is None:
        return None
    if outer.of not in known:
        known[outer.of] = {}
        for path, module in outer.of.named_modules():
            known[outer.of].setdefault(module, path)
    return known[outer.of].get(scope.of)
