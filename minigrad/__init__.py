"""minigrad: an ndarray that remembers how it was made, and can show you."""

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
    "steps",
    "viz",
]


def __getattr__(name: str) -> Any:
    """Load `minigrad.viz`, and Graphviz with it, when something is first drawn."""
    if name == "viz":
        import minigrad.viz

        return minigrad.viz
    if name == "draw":
        from minigrad.viz import draw

        return draw
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
