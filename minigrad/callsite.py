"""Which line of the user's code made a Tensor: noted in passing, looked up only when asked for."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType
from typing import NamedTuple

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def find_call_site() -> tuple[CodeType, int] | None:
    """Find the innermost running line outside minigrad: a code object and an offset into it."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_PACKAGE):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


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

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"
