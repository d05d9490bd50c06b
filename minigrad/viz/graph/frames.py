"""In which frame of a picture a Tensor stands: of the Module that computed it, or that owns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minigrad import nn
from minigrad.origin import Scope
from minigrad.tensor import Tensor


def scope_of(tensor: Tensor, uses: Mapping[Tensor, list[Tensor]]) -> Scope | None:
    """Where an op was recorded; of a leaf with uses in one place, what it belongs to there.

    What a Module was called with stands outside of it.
    """
    if tensor.op is not None:
        return tensor.origin.scope if tensor.origin else None
    scopes = {scope_of(use, uses) for use in uses[tensor]}
    scope = scopes.pop() if len(scopes) == 1 else None
    if is_constant(tensor):
        return scope
    while scope is not None and not _holds(scope.of, tensor):
        scope = scope.outer
    return scope


def is_constant(leaf: Tensor) -> bool:
    """Whether a leaf is a single number without a name, such as the 2 of `x * 2`."""
    return leaf.ndim == 0 and leaf.name is None and not leaf.requires_grad


def _holds(module: Any, tensor: Tensor) -> bool:
    if not isinstance(module, nn.Module):
        return False
    return any(held is tensor for held in (*module.parameters(), *vars(module).values()))


def path_of(scope: Scope) -> str | None:
    """Where a Module is in the one that called it; None for the outermost."""
    outer = scope.outer
    while outer is not None and not isinstance(outer.of, nn.Module):
        outer = outer.outer
    if outer is None:
        return None
    paths = [path for path, module in outer.of.named_modules() if module is scope.of]
    return paths[0] if paths else None
