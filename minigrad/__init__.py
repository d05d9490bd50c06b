"""minigrad: an ndarray that remembers how it was made, and can show you."""

import importlib as _importlib
import typing as _typing
from types import ModuleType as _ModuleType

from minigrad import (
    autograd as autograd,
    nn as nn,
    notebook as _notebook,
    operators as operators,  # binds what a Tensor can do
    ops as ops,
    optim as optim,
    phrasebook as _phrasebook,
)
from minigrad.autograd import diagnose as diagnose, steps as steps
from minigrad.context import no_grad as no_grad
from minigrad.random import manual_seed as manual_seed
from minigrad.tensor import Tensor as Tensor

if _typing.TYPE_CHECKING:
    from minigrad import datasets as datasets, viz as viz
    from minigrad.serialization import load as load, save as save
    from minigrad.viz import draw as draw, step_through as step_through

globals().pop("tensor", None)  # the module: `mg.tensor(...)` is to say that it is mg.Tensor here

__version__ = "0.1.0"

_WHEN_USED = {
    "datasets": "minigrad.datasets",
    "draw": "minigrad.viz",
    "load": "minigrad.serialization",
    "save": "minigrad.serialization",
    "step_through": "minigrad.viz",
    "viz": "minigrad.viz",
}
_missing = _phrasebook.missing_from(__name__)


def __getattr__(name: str) -> _typing.Any:
    """Load what draws, reads or writes files when it is first used: importing stays quick."""
    if name not in _WHEN_USED:
        _missing(name)
    module = _importlib.import_module(_WHEN_USED[name])
    return module if module.__name__ == f"minigrad.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    """List what is offered: also what is loaded when it is used, and nothing behind the scenes."""
    made_here = {name for name, thing in globals().items() if not isinstance(thing, _ModuleType)}
    offered = {"autograd", "nn", "ops", "optim", *_WHEN_USED, *made_here}
    return sorted(name for name in offered if not name.startswith("_") or name.endswith("_"))


def _show(
    tensor: Tensor, include: _typing.Any = None, exclude: _typing.Any = None
) -> dict[str, str]:
    """Show a Tensor in a notebook: how it was made, if it remembers that."""
    shown = {"text/plain": repr(tensor)}
    if tensor.op is not None:
        from minigrad.viz.picture.drawing import glance

        shown |= glance(tensor)
    return shown


Tensor._repr_mimebundle_ = _show  # type: ignore[attr-defined]
_notebook.shorten_errors()
