"""Which line of the user's code made a Tensor: noted in passing, looked up only when asked for."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType
from typing import NamedTuple, TypeAlias

from minigrad.context import Scope, scope

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep

Note: TypeAlias = "tuple[CodeType | None, int, CodeType | None, int, Scope | None]"


class _Ours(dict[str, bool]):
    """Whether a source file is minigrad's own, looked up for every frame of every op."""

    def __missing__(self, filename: str) -> bool:
        self[filename] = ours = filename.startswith(_PACKAGE)
        return ours


_ours = _Ours()


def note_origin(depth: int = 1) -> Note:
    """Note where a Tensor is being made: what `Origin` holds, as a bare tuple, which is faster.

    The calls up to `depth` are known to be minigrad's own. Frames are looked at, not kept: they
    would keep every local variable alive.
    """
    frame = sys._getframe(depth)
    while _ours[(code := frame.f_code).co_filename]:
        if frame.f_back is None:
            return None, 0, None, 0, scope.get()
        frame = frame.f_back
    caller = frame.f_back
    while caller is not None:
        if not _ours[(called_from := caller.f_code).co_filename]:
            return code, frame.f_lasti, called_from, caller.f_lasti, scope.get()
        caller = caller.f_back
    return code, frame.f_lasti, None, 0, scope.get()


def moved(note: Note | None, within: Scope | None) -> Note | None:
    """Copy a note for a Tensor that stands, within a scope, for the one it is of."""
    return None if note is None else (*note[:4], within)


class Origin(NamedTuple):
    """Where a Tensor was made.

    The innermost running line outside minigrad and the one that called its function, each as a
    code object and an offset into it; and the Module or definition that was being computed.
    """

    code: CodeType | None
    offset: int
    caller_code: CodeType | None
    caller_offset: int
    scope: Scope | None

    @property
    def site(self) -> CallSite | None:
        return CallSite(self.code, self.offset) if self.code else None

    @property
    def caller(self) -> CallSite | None:
        return CallSite(self.caller_code, self.caller_offset) if self.caller_code else None


def find_call_site() -> CallSite | None:
    """Find the innermost running line outside minigrad."""
    return Origin(*note_origin()).site


class CallSite(NamedTuple):
    """A place in the user's code: the code object that ran, and how far it had come."""

    code: CodeType
    offset: int

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
        """The line of source code, stripped; empty where it is not known."""
        return linecache.getline(self.filename, self.line).strip()

    @property
    def in_notebook(self) -> bool:
        """Whether this is in a cell of a notebook, which has a file in name only."""
        return "ipykernel_" in self.filename or self.filename.startswith("<ipython-input-")

    def __str__(self) -> str:
        return f"{'cell' if self.in_notebook else self.filename}:{self.line}"
