"""minigrad: an ndarray that remembers how it was made, and can show you."""

import importlib
from typing import Any

from minigrad import autograd, datasets, nn, ops, optim
from minigrad import operators as operators  # binds what a Tensor can do
from minigrad.autograd import diagnose
from minigrad.context import no_grad
from minigrad.engine import Tensor, steps
from minigrad.random import manual_seed
from minigrad.serialization import load, save

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "autograd",
    "datasets",
    "diagnose",
    "draw",
    "load",
    "manual_seed",
    "nn",
    "no_grad",
    "ops",
    "optim",
    "save",
    "step_through",
    "steps",
    "viz",
]


def __getattr__(name: str) -> Any:
    """Load `minigrad.viz`, and Graphviz with it, when something is first drawn."""
    if name in ("viz", "draw", "step_through"):
        viz = importlib.import_module("minigrad.viz")
        return viz if name == "viz" else getattr(viz, name)
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")


def _show(tensor: Tensor, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Show a Tensor in a notebook: how it was made, if it remembers that."""
    shown = {"text/plain": repr(tensor)}
    if tensor.op is not None:
        from minigrad.viz import draw

        shown = draw(tensor)._repr_mimebundle_() | shown
    return shown


Tensor._repr_mimebundle_ = _show  # type: ignore[attr-defined]
