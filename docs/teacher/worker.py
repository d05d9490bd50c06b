"""Run one submission in a process of its own, and answer calls of what it defines.

    python -I -S worker.py READ WRITE PATH...    (started by process.py)

READ and WRITE are file descriptors, each PATH is a folder with packages. Nothing here is believed:
a submission can make this process answer whatever it likes. The verdict is formed by the process
that asks.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.util
import os
import re
import sys
import types
from pathlib import Path
from typing import Any

TEACHER = Path(__file__).resolve().parent
sys.path += sys.argv[3:]
sys.path[:0] = [str(TEACHER), str(TEACHER.parent / "exercises")]

from checks.calls import Formula, Outcome, evaluate  # noqa: E402
from confine import confine  # noqa: E402
from wire import dump, load  # noqa: E402

import minigrad  # noqa: E402, F401  (found now: later the folder that it is in cannot be listed)

del sys.path[:2]

MAGIC = re.compile(r"\s*([%!?]|\w+\s*=\s*[%!]|.*\?\s*$)")
"""A line that is for the notebook and not Python: %magic, !command, x = !command, help?"""


class Others(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the student's other files, from their sources: this process cannot read them."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name in self.sources else None

    def get_source(self, name: str) -> str:
        return self.sources[name]


class Notebook:
    """Stands for the notebook that a cell may ask for something, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def python_of(cell: str) -> str:
    """Return a notebook's cell without what is not Python; its lines keep their numbers.

    A line goes only if Python stumbles over it, so that `% n` may go on with a sum.
    """
    first, *rest = cell.split("\n")
    if first.startswith("%%"):
        runs_it = first[2:].split(" ")[0].strip() in ("time", "timeit", "capture", "prun")
        return python_of("\n".join(["", *rest])) if runs_it else ""
    lines = cell.split("\n")
    for _ in lines:
        try:
            ast.parse("\n".join(lines))
            break
        except SyntaxError as error:
            number = (error.lineno or 1) - 1
            if number >= len(lines) or not MAGIC.match(lines[number]):
                break
            indent = re.match(r"\s*", lines[number])[0]  # type: ignore[index]
            timed = re.match(r"\s*%time (.*)", lines[number])
            lines[number] = indent + (timed[1] if timed else "pass")
    return "\n".join(lines)


def define(cells: list[tuple[str, str]], name: str) -> tuple[Any, str]:
    """Run the cells of a submission; return what it defines as `name`, and what went wrong.

    One statement after the other: if one fails, because it plots or needs a package or a file that
    is not here, the others count all the same.
    """
    module = types.ModuleType("submission")
    vars(module).update(get_ipython=Notebook, display=print)
    sys.modules["submission"] = module
    problems = []
    for file, source in cells:
        module.__file__ = file
        try:
            tree = ast.parse(python_of(source) if file.startswith("cell ") else source, file)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            where = f"line {line}: " if line else ""
            problems.append(f"{file}: {where}{type(error).__name__}: {error}")
            continue
        future = [
            s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"
        ]
        for statement in tree.body:
            try:
                exec(compile(ast.Module([*future, statement], []), file, "exec"), vars(module))
            except BaseException as error:  # SystemExit as well
                where = f"{file}: line {statement.lineno}: {type(error).__name__}"
                problems.append(f"{where}: {error}")
                if isinstance(error, MemoryError):
                    return None, problems[-1]
    problems.append(f"AttributeError: it defines no {name}")
    return vars(module).get(name), problems[0]


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
    answer(confine(limits["seconds"], limits["megabytes"], limits["readable"]))

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
