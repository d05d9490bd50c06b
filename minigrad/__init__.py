"""minigrad: an ndarray that remembers how it was made, and can show you."""

import importlib
from typing import TYPE_CHECKING, Any

from minigrad import (
    autograd as autograd,
    nn as nn,
    operators as operators,  # binds what a Tensor can do
    ops as ops,
    optim as optim,
)
from minigrad.autograd import diagnose as diagnose, steps as steps
from minigrad.context import no_grad as no_grad
from minigrad.random import manual_seed as manual_seed
from minigrad.tensor import Tensor as Tensor

if TYPE_CHECKING:
    from minigrad import datasets as datasets, viz as viz
    from minigrad.serialization import load as load, save as save
    from minigrad.viz import draw as draw, step_through as step_through

__version__ = "0.1.0"

_WHEN_USED = {
    "datasets": "minigrad.datasets",
    "draw": "minigrad.viz",
    "load": "minigrad.serialization",
    "save": "minigrad.serialization",
    "step_through": "minigrad.viz",
    "viz": "minigrad.viz",
}


def __getattr__(name: str) -> Any:
    """Load what draws, reads or writes files when it is first used: importing stays quick."""
    if name not in _WHEN_USED:
        raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
    module = importlib.import_module(_WHEN_USED[name])
    return module if module.__name__ == f"minigrad.{name}" else getattr(module, name)


def _show(tensor: Tensor, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Show a Tensor in a notebook: how it was made, if it remembers that."""
    shown = {"text/plain": repr(tensor)}
    if tensor.op is not None:
        from minigrad.viz.picture.drawing import glance

        shown |= glance(tensor)
    return shown


Tensor._repr_mimebundle_ = _show  # type: ignore[attr-defined]
