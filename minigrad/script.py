"""A script that is run as it is, while the Tensors that it makes are looked at."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import autograd, phrasebook
from minigrad.context import held
from minigrad.engine import Op, Watcher, topological_order, watcher
from minigrad.notebook import without_ours
from minigrad.origin import Origin, origin_here
from minigrad.tensor import Tensor


class Stopped(BaseException):
    """What was looked for is found; no `except Exception` of the script holds this up."""


class ScriptError(Exception):
    """The script did not come to its end: what to say of that."""


class Script(Watcher):
    """A script, and what is seen of it.

    Parameters
    ----------
    path, arguments
        What to run, and what to give it.
    on_backward : function of a Tensor
        Called after each backward pass with its root, before an optimiser changes anything.
    """

    def __init__(self, path: Path, arguments: list[str]) -> None:
        self.path, self.arguments = path, arguments
        self.on_backward: Callable[[Tensor], None] = lambda root: None
        self.is_wanted: Callable[[Origin], bool] | None = None
        self.kept: Tensor | None = None
        self.passes = 0
        self.stray = ""
        self.variables: dict[str, Any] = {}
        self._leaves: list[tuple[Tensor, Any, Any]] = []
        self._places: dict[Any, bool] = {}

    def run(self) -> None:
        """Run it to its end; raise `ScriptError` if it does not come there, or what stopped it."""
        sys.argv = [str(self.path), *self.arguments]
        sys.path.insert(0, str(self.path.resolve().parent))
        try:
            with held(watcher, self), self._watched_backward(), np.errstate(all="ignore"):
                self.variables = runpy.run_path(str(self.path), run_name="__main__")
        except SystemExit as left:
            if left.code not in (None, 0):
                raise ScriptError(f"{self.path} left with {left.code!r}") from None
        except Exception as error:
            raise ScriptError(self._explained(error)) from error

    @contextmanager
    def _watched_backward(self) -> Iterator[None]:
        one, several = Tensor.backward, autograd.backward
        names: Any = Tensor, autograd

        def watched(backward: Callable[..., None]) -> Callable[..., None]:
            def seen(roots: Any, *given: Any, **named: Any) -> None:
                backward(roots, *given, **named)
                self.passes += 1
                for root in [roots] if isinstance(roots, Tensor) else roots:
                    self.on_backward(root)

            return seen

        for thing in names:
            thing.backward = watched(thing.backward)
        try:
            yield
        finally:
            names[0].backward, names[1].backward = one, several

    def computed(self, op: Op, parents: tuple[Tensor, ...], result: Tensor) -> None:
        """See each result: is it wanted, or the first that is not finite though its inputs are?"""
        if self.is_wanted is not None and (origin := result.origin):
            place = origin.code, origin.offset
            if place not in self._places:
                self._places[place] = self.is_wanted(origin)
            if self._places[place]:
                self.keep(result)
        arrays = [] if self.stray else [result.data, *(parent.data for parent in parents)]
        if [bool(np.isfinite(array).all()) for array in arrays] == [False] + [True] * len(parents):
            site = origin_here()
            self.stray = f"born in {op.name}{f', {site.with_source}' if site else ''}"

    def keep(self, tensor: Tensor) -> None:
        """Keep a Tensor, and what it was made from as it is now: the next step changes that."""
        leaves = [t for t in topological_order(tensor) if t.is_leaf]
        self.kept = tensor
        self._leaves = [(leaf, leaf.data.copy(), leaf.grad) for leaf in leaves]

    def put_back(self) -> None:
        """Give what the kept Tensor was made from the values that it had then."""
        for leaf, data, grad in self._leaves:
            leaf._data, leaf._changed = data, 0
            leaf._grad = leaf._grad if grad is None else grad

    def _explained(self, error: Exception) -> str:
        """What was raised, on which line of the script, and what may be meant."""
        shown = without_ours(error.__traceback__)
        while shown is not None and "runpy" in shown.tb_frame.f_code.co_filename:
            shown = shown.tb_next
        lines = ["".join(traceback.format_exception(type(error), error, shown)).rstrip()]
        if isinstance(error, AttributeError) and isinstance(error.obj, np.ndarray):
            of_grad = ".grad." in (traceback.extract_tb(shown)[-1].line or "")
            said = phrasebook.advice("Tensor", "grad" if of_grad else str(error.name))
            lines += [f"this is a plain array, as .data and .grad are{said}"] if said else []
        if self.stray:
            lines.append(f"before that, a number that is not finite was {self.stray}")
        return "\n".join(lines)
