"""Where a Tensor was made: noted in passing, looked up only when asked for."""

from __future__ import annotations

import linecache
import os
import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Literal, NamedTuple, TypeVar

from minigrad.text import shown

T = TypeVar("T")

CELLS = ("ipykernel_", "<ipython-input-", "__marimo__cell_")  # in the names of notebooks' cells
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_others: list[str] = []


class Scope:
    """What groups the ops recorded in it: `Scope("module", module).run(function, ...)`.

    Its kind: "module" (one call of a Module), "definition" (of a fused op), or "backward" (the
    rule of an op, run on Tensors).
    """

    __slots__ = ("kind", "of", "outer", "running")

    def __init__(self, kind: Literal["module", "definition", "backward"], of: Any) -> None:
        self.kind = kind
        self.of: Any = of
        self.outer: Scope | None = scope.get()
        self.running = False

    def run(self, function: Callable[..., T], *inputs: Any, **options: Any) -> T:
        """Call a function in this scope, and leave the scope whatever happens.

        It is left twice, as Ctrl-C may come just before it is left for the first time.
        """
        outer = scope.get()
        try:
            try:
                scope.set(self)
                self.running = True
                return function(*inputs, **options)
            finally:
                scope.set(outer)
                self.running = False
        finally:
            scope.set(outer)
            self.running = False


scope: ContextVar[Scope | None] = ContextVar("minigrad_scope", default=None)


class Origin(NamedTuple):
    """Where a Tensor was made: the innermost running line outside minigrad.

    Code objects and offsets into them are kept, not frames, which would keep every local variable
    alive.
    """

    code: CodeType
    """What ran there."""
    offset: int
    """How far it had come."""
    caller: CodeType | None
    """What had called the function of that line, outside minigrad, too."""
    caller_offset: int
    scope: Scope | None
    """The Module or definition that was being computed."""

    @property
    def filename(self) -> str:
        return self.code.co_filename

    @property
    def function(self) -> str:
        return self.code.co_name

    @property
    def line(self) -> int:
        """The line number, counted from 1."""
        for start, end, line in self.code.co_lines():
            if start <= self.offset < end and line is not None:
                return line
        return self.code.co_firstlineno

    @property
    def source(self) -> str:
        """The line of source code, stripped; empty where it is not known, or edited since."""
        lines = linecache.getlines(self.filename)
        known = 0 < self.line <= len(lines) and is_source_of("".join(lines), self.code)
        return lines[self.line - 1].strip() if known else ""

    @property
    def with_source(self) -> str:
        """The place, and the line if it is known."""
        source = shown(self.source)
        return f"{self}: {source}" if source else str(self)

    @property
    def in_notebook(self) -> bool:
        """Whether this is in a cell of a notebook, which has a file in name only."""
        return any(sign in self.filename for sign in CELLS)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what is known of the place: code itself cannot be pickled."""
        return Remembered, (self.filename, self.function, self.line, self.source)

    def __str__(self) -> str:
        return f"{'cell' if self.in_notebook else shown(self.filename)}:{self.line}"


@dataclass(frozen=True)
class Remembered:
    """What an `Origin` that came from another process, in an error, still knows of its place."""

    filename: str
    function: str
    line: int
    source: str

    in_notebook = Origin.in_notebook
    with_source = Origin.with_source
    __str__ = Origin.__str__


def is_source_of(source: str, code: CodeType) -> bool:
    """Whether source compiles to this code: a file may have been edited since it was run."""
    name = code.co_filename
    in_cell = name.startswith("<") or any(sign in name for sign in CELLS)
    by_pytest = any(name.startswith("@py") for name in (*code.co_names, *code.co_varnames))
    return in_cell or by_pytest or _signature(code) in _signatures(source)


@lru_cache(maxsize=16)
def _signatures(source: str) -> set[Any]:
    """What all code in a source file is like; nothing if it does not compile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codes = [compile(source, "", "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return set()
    for code in codes:
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return {_signature(code) for code in codes}


def _signature(code: CodeType) -> Any:
    constants = [constant for constant in code.co_consts if not isinstance(constant, CodeType)]
    names = code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars
    instructions = code.co_code, code.co_linetable
    return code.co_name, code.co_firstlineno, *instructions, repr(constants), names


class _Ours(dict[str, bool]):
    """Whether a source file is minigrad's own, looked up for every frame of every op.

    Lessons and examples that come with the package are a user's.
    """

    def __missing__(self, filename: str) -> bool:
        course = filename.startswith(f"{_PACKAGE}_course")
        self[filename] = ours = filename.startswith((_PACKAGE, *_others)) and not course
        return ours


is_ours = _Ours()


def skip(folder: str) -> None:
    """Take the code in a folder for no user's: another library's, whose ops are watched."""
    _others.append(folder + os.sep)
    is_ours.clear()


def note_origin(depth: int = 1) -> tuple[Any, ...] | None:
    """Note which line of the user's code is running; None where there is none.

    Returns the fields of an `Origin` alone: every op notes one, and they are smaller and made in
    half the time. The calls up to `depth` are known to be minigrad's own.
    """
    frame = sys._getframe(depth)
    while is_ours[(code := frame.f_code).co_filename]:
        if frame.f_back is None:
            return None
        frame = frame.f_back
    outer = frame.f_back
    while outer is not None:
        if not is_ours[(caller := outer.f_code).co_filename]:
            return code, frame.f_lasti, caller, outer.f_lasti, scope.get()
        outer = outer.f_back
    return code, frame.f_lasti, None, 0, scope.get()


def origin_here() -> Origin | None:
    """Find the innermost running line outside minigrad."""
    noted = note_origin()
    return Origin(*noted) if noted else None
