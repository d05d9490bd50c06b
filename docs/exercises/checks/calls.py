"""Call what a student wrote, and note what came of it.

The only part of the checks that runs in the same process as a submission that is graded.
"""

from __future__ import annotations

import contextlib
import copy
import sys
import sysconfig
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

ONE_AT_A_TIME = threading.Lock()
"""Which warnings are shown is a setting of the whole process, and grading runs in threads."""


MOST_LINES = 1_000_000
"""How many lines of a student's code one call may run. A count: no slow machine fails it."""

LIBRARIES = tuple(
    [str(Path(__file__).parent), str(Path(np.__file__).parents[1]), "<frozen"]
    + [sysconfig.get_path(path) for path in ("stdlib", "platstdlib")]
)
"""Where code lies that no student wrote, besides minigrad and the checks."""


class EndlessError(BaseException):
    """One call has run MOST_LINES lines of a student's code. No `except Exception` catches it."""


class Formula:
    """A function given as its source, such as Formula("lambda x: x**2"), so that it can be shown.

    The source may use `np`, `mg` (minigrad) and `F` (minigrad.nn.functional).
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.function = eval(source, known_names())

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def __deepcopy__(self, memo: Any) -> Formula:
        return self

    def __repr__(self) -> str:
        return self.source


@dataclass
class Foreign:
    """Stands for a result that is no array, number or the like, in another process."""

    type_name: str

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


@dataclass
class Outcome:
    """What came of one call: a result or an error, and the arguments as the call left them."""

    arguments: dict[str, Any]
    result: Any = None
    error: str | None = None
    """The name of the exception's class."""
    message: str = ""
    line: int | None = None
    """The line of the student's file in which it was raised."""


def known_names() -> dict[str, Any]:
    """Return the names that the source of a call or a formula may use besides its arguments."""
    import minigrad as mg

    return {"np": np, "mg": mg, "F": mg.nn.functional}


def evaluate(call: str, arguments: dict[str, Any], name: str, implementation: Any) -> Outcome:
    """Evaluate a call, given as source in which `name` is `implementation`, on copied arguments."""
    arguments = copy.deepcopy(arguments)
    names = known_names() | arguments | {name: implementation}
    try:
        with ONE_AT_A_TIME, warnings.catch_warnings(), np.errstate(all="ignore"), no_input():
            warnings.simplefilter("ignore")
            with watched() if is_a_students(implementation) else contextlib.nullcontext():
                result = eval(call, names)
    except (Exception, SystemExit, EndlessError) as error:
        line = line_of(error)
        return Outcome(arguments, None, type(error).__name__, str(error), line)
    return Outcome(arguments, result)


def no_input() -> Any:
    """Make `input` raise, where a program would wait for somebody who is not there."""
    return mock.patch("builtins.input", side_effect=EOFError("nobody answers input() here"))


def spoil_free_memory() -> None:
    """Leave NaN in the small blocks that `np.empty` hands out next: what is not written shows."""
    for size in range(1, 41):
        blocks = [np.full(size, np.nan) for _ in range(3)]
        del blocks


def is_a_students(implementation: Any) -> bool:
    return not str(getattr(implementation, "__module__", "")).startswith("checks.")


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Stop with an EndlessError when a student's code has run MOST_LINES lines."""
    spoil_free_memory()
    if sys.gettrace() is not None:  # a debugger is at work, which may stay in a line for long
        yield
        return
    lines = 0

    def count(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        if event == "call":
            return count if by_a_student(frame) else None
        lines += event == "line"
        if lines > MOST_LINES:
            raise EndlessError(f"still running after {MOST_LINES:,} lines")
        return count

    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(None)


def by_a_student(frame: Any) -> bool:
    """Whether a frame runs code that is in no library and not part of the checks."""
    file = frame.f_code.co_filename
    module = str(frame.f_globals.get("__name__")).partition(".")[0]  # None: a call or a Formula
    return module not in ("minigrad", "checks", "None") and not file.startswith(LIBRARIES)


def line_of(error: BaseException) -> int | None:
    """Return the last line of a student's code that the error went through."""
    trace, line = error.__traceback__, None
    while trace:
        if by_a_student(trace.tb_frame):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
