"""Where a Tensor was made: noted in passing, looked up only when asked for."""

from __future__ import annotations

import linecache
import os
import sys
import warnings
from contextvars import ContextVar
from functools import lru_cache
from types import CodeType
from typing import Any, Literal, NamedTuple

_PACKAGES = [os.path.dirname(os.path.abspath(__file__)) + os.sep]


class Scope:
    """What groups the ops recorded in it: `with Scope("module", module): ...`.

    Its kind: "module" (one call of a Module), "definition" (of a fused op), or "backward" (the
    rule of an op, run on Tensors).
    """

    __slots__ = ("_token", "kind", "of", "outer")

    def __init__(self, kind: Literal["module", "definition", "backward"], of: Any) -> None:
        self.kind = kind
        self.of: Any = of
        self.outer: Scope | None = scope.get()
        self._token: Any = None

    def __enter__(self) -> None:
        self._token = scope.set(self)

    def __exit__(self, *error: object) -> None:
        scope.reset(self._token)
        self._token = None  # it would keep the outer context alive

    @property
    def running(self) -> bool:
        """Whether its `with` block is being run."""
        return self._token is not None


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
        source = self.source
        return f"{self}: {source}" if source else str(self)

    @property
    def in_notebook(self) -> bool:
        """Whether this is in a cell of a notebook, which has a file in name only."""
        return "ipykernel_" in self.filename or self.filename.startswith("<ipython-input-")

    def __str__(self) -> str:
        return f"{'cell' if self.in_notebook else self.filename}:{self.line}"


def is_source_of(source: str, code: CodeType) -> bool:
    """Whether source compiles to this code: a file may have been edited since it was run."""
    in_cell = code.co_filename.startswith("<") or "ipykernel_" in code.co_filename
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
    """Whether a source file is minigrad's own, looked up for every frame of every op."""

    def __missing__(self, filename: str) -> bool:
        self[filename] = ours = filename.startswith(tuple(_PACKAGES))
        return ours


_ours = _Ours()


def skip(folder: str) -> None:
    """Take the code in a folder for no user's: another library's, whose ops are watched."""
    _PACKAGES.append(folder + os.sep)
    _ours.clear()


def note_origin(depth: int = 1) -> tuple[Any, ...] | None:
    """Note which line of the user's code is running; None where there is none.

    Returns the fields of an `Origin` alone: every op notes one, and they are smaller and made in
    half the time. The calls up to `depth` are known to be minigrad's own.
    """
    frame = sys._getframe(depth)
    while _ours[(code := frame.f_code).co_filename]:
        if frame.f_back is None:
            return None
        frame = frame.f_back
    outer = frame.f_back
    while outer is not None:
        if not _ours[(caller := outer.f_code).co_filename]:
            return code, frame.f_lasti, caller, outer.f_lasti, scope.get()
        outer = outer.f_back
    return code, frame.f_lasti, None, 0, scope.get()


def origin_here() -> Origin | None:
    """Find the innermost running line outside minigrad."""
    noted = note_origin()
    return Origin(*noted) if noted else None
