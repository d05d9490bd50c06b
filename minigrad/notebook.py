"""In a notebook an error shows the user's lines, without minigrad's own that they led to."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from minigrad.origin import is_ours


def shorten_errors() -> None:
    """Have IPython leave minigrad's frames out, except in its mode Verbose.

    Where somebody has set up how errors are shown, that stays.
    """
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or shell.custom_exceptions:
        return

    def show(shell: Any, kind: Any, error: Any, traceback: Any, tb_offset: Any = None) -> None:
        if shell.InteractiveTB.mode != "Verbose":
            traceback = without_ours(traceback)
            before = error.__cause__ or error.__context__
            while before is not None:
                before.__traceback__ = without_ours(before.__traceback__)
                before = before.__cause__ or before.__context__
        shell.showtraceback((kind, error, traceback), tb_offset, running_compiled_code=True)

    shell.set_custom_exc((Exception,), show)


def without_ours(traceback: TracebackType | None) -> TracebackType | None:
    """The same traceback without minigrad's frames; as it is if there are no others."""
    frames, rest, short = [], traceback, None
    while rest is not None:
        frames.append(rest)
        rest = rest.tb_next
    for one in reversed(frames):
        if not is_ours[one.tb_frame.f_code.co_filename]:
            short = TracebackType(short, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return short or traceback
