"""Call what a student wrote, and note what came of it.

The only part of the checks that runs in the same process as a submission that is graded.
"""

from __future__ import annotations

import copy
import inspect
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ONE_AT_A_TIME = threading.Lock()
"""Which warnings are shown is a setting of the whole process, and grading runs in threads."""


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
        with ONE_AT_A_TIME, warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = eval(call, names)
    except (Exception, SystemExit) as error:
        line = line_of(error, implementation)
        return Outcome(arguments, None, type(error).__name__, str(error), line)
    return Outcome(arguments, result)


def line_of(error: BaseException, implementation: Any) -> int | None:
    """Return the last line of the implementation's file that the error went through."""
    try:
        file = inspect.getfile(implementation)
    except (TypeError, OSError):  # a class typed in, not imported, is said to have no file
        return None
    trace, line = error.__traceback__, None
    while trace:
        if Path(trace.tb_frame.f_code.co_filename) == Path(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
