"""What to call a Tensor: its name, or the path of a Parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from minigrad.engine import Tensor


class Name(NamedTuple):
    """A label, and the expression that computed it; None where there is none."""

    label: str | None
    expression: str | None


def names_of(tensors: Iterable[Tensor]) -> dict[Tensor, Name]:
    """Say what to call each Tensor."""
    return {
        t: Name(t.name if t.name is not None else getattr(t, "path", None), None) for t in tensors
    }
