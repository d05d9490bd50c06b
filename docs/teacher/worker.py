"""Run one submission in a process of its own, and answer calls of what it defines.

    python -I worker.py READ WRITE    (file descriptors; started by grade.py)

Nothing here is believed: a submission can make this process answer whatever it likes. The verdict
is formed by the process that asks.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

TEACHER = Path(__file__).resolve().parent
sys.path[:0] = [str(TEACHER), str(TEACHER.parent / "exercises")]

import numpy as np  # noqa: E402
from checks.calls import Formula, Outcome, evaluate  # noqa: E402
from confine import confine  # noqa: E402
from wire import dump, load  # noqa: E402

import minigrad as mg  # noqa: E402

del sys.path[:2]


class Others(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the student's other files, from their sources: this process cannot read them."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name in self.sources else None

    def get_source(self, name: str) -> str:
        return self.sources[name]


def define(cells: list[tuple[str, str]], name: str) -> tuple[Any, str]:
    """Run the cells of a submission; return what it defines as `name`, and what went wrong."""
    module = types.ModuleType("submission")
    sys.modules["submission"] = module
    problem = f"AttributeError: it defines no {name}"
    for file, source in cells:
        module.__file__ = file
        try:
            exec(compile(source, file, "exec"), vars(module))
        except BaseException as error:  # SystemExit as well
            line = getattr(error, "lineno", None)
            where = f"line {line}: " if line else ""
            problem = f"{file}: {where}{type(error).__name__}: {error}"
    return vars(module).get(name), problem


def describe(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as a message; formulas are left out, nobody can change them."""
    changeable = {k: v for k, v in outcome.arguments.items() if not isinstance(v, Formula)}
    return vars(outcome) | {"arguments": changeable, "message": outcome.message[:500]}


def main() -> None:
    """Get ready, be confined, then answer one call after the other."""
    questions = os.fdopen(int(sys.argv[1]), "rb")
    answers = os.fdopen(int(sys.argv[2]), "wb")

    def answer(message: Any) -> None:
        answers.write(dump(message))
        answers.flush()

    limits = load(questions.readline(), trusted=True)
    library = [sysconfig.get_path(path) for path in ("stdlib", "platstdlib", "purelib", "platlib")]
    packages = [str(Path(np.__file__).parents[1]), str(Path(mg.__file__).parent)]
    answer(confine(limits["seconds"], limits["megabytes"], library + packages))

    submission = load(questions.readline(), trusted=True)
    name = submission["name"]
    sys.meta_path.append(Others(submission["others"]))
    implementation, problem = define(submission["cells"], name)
    answer(None if implementation is not None else problem[:500])
    for line in questions:
        call, arguments = load(line, trusted=True)
        answer(describe(evaluate(call, arguments, name, implementation)))


if __name__ == "__main__":
    main()
