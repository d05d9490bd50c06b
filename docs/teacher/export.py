"""Export the exercises for a course: what students get, or the solutions, as files or notebooks.

    python docs/teacher/export.py --out course
    python docs/teacher/export.py --out course --to ipynb
    python docs/teacher/export.py --out answers --solutions
    python docs/teacher/export.py --out source/week1 --to ipynb --solutions     (for nbgrader)
    python docs/teacher/export.py --out masters --to otter                      (for otter assign)

The folder works on its own, wherever minigrad and pytest are installed: it has the checks in it. A
file that is there already is never overwritten, as it may be a student's work.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import shutil
import sys
from pathlib import Path
from typing import Any

TEACHER = Path(__file__).resolve().parent
EXERCISES, SOLUTIONS = TEACHER.parent / "exercises", TEACHER / "solutions"
NAMES = sorted(path.stem.removeprefix("test_") for path in EXERCISES.glob("checks/test_*.py"))
FRAME = ["__init__.py", "anyone.py", "calls.py", "from_numbers.py", "teaching.py", "values.py"]

MARKS = {"ipynb": "### {} SOLUTION", "otter": "# {} SOLUTION"}
"""What nbgrader and otter look for around what students are to write."""

README = {
    "py": """# Exercises

Each file here has a function with a gap, or one to mend. Write it, then check it, from this folder:

    python -m pytest checks/test_{name}.py

`python -m pytest` checks all of them. You need `pip install pytest`, and minigrad.
""",
    "ipynb": """# Exercises

Each notebook here has a function with a gap, or one to mend. Write it, then run the last cell,
which checks it. You need minigrad and a notebook, such as JupyterLab.
""",
    "otter": """# Exercises, as masters for otter assign

`otter assign {name}.ipynb dist` makes what students get, and what grades it. These here hold the
solutions.
""",
}
OTTER = """# ASSIGNMENT CONFIG
name: {name}
files: [checks]
export_cell: false
tests: {{ok_format: false}}"""


def source_of(name: str, solutions: bool) -> str:
    """Return the file of an exercise, or of its solution."""
    folder = SOLUTIONS if solutions else EXERCISES
    return (folder / f"{name}.py").read_text(encoding="utf-8")


def notebook(name: str, kind: str, solutions: bool) -> Any:
    """Make a notebook: what to do, where to do it, and the check."""
    from nbformat import v4

    stub = ast.parse(source_of(name, solutions=False))
    definition = next(n for n in stub.body if isinstance(n, (ast.FunctionDef, ast.ClassDef)))
    title = (ast.get_docstring(stub) or name).partition(":")[0].rstrip(".")
    says = as_markdown(ast.get_docstring(definition) or "")
    if solutions and is_to_mend(name):
        wrong = without_docstrings(source_of(name, solutions=False))
        says += f"\n\nThis is to be mended:\n\n```python\n{wrong}\n```"
    text = v4.new_markdown_cell(f"# {title}\n\n{says}")
    code = v4.new_code_cell(code_of(name, kind, solutions))
    check = v4.new_code_cell(f"from checks import check\n\ncheck({definition.name})")
    cells = [text, code, check]
    if kind == "otter":
        test = f"def test_{name}({definition.name}):\n    from checks import check\n\n"
        check = v4.new_code_cell(f"{test}    check({definition.name})")
        raw = v4.new_raw_cell
        cells = [raw(OTTER.format(name=name)), raw(f"# BEGIN QUESTION\nname: {name}\npoints: 1")]
        cells += [text, raw("# BEGIN SOLUTION"), code, raw("# END SOLUTION")]
        cells += [raw("# BEGIN TESTS"), check, raw("# END TESTS"), raw("# END QUESTION")]
    for number, cell in enumerate(cells):
        cell["id"] = f"{name.replace('_', '-')}-{number}"
    for cell, role in (text, "text"), (code, "code"), (check, "check"):
        cell["metadata"]["nbgrader"] = {
            **{"schema_version": 3, "grade_id": f"{name}-{role}", "cell_type": cell["cell_type"]},
            **{"locked": role != "code", "solution": role == "code", "grade": role == "check"},
            **({"points": 1} if role == "check" else {}),
            "task": False,
        }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def is_to_mend(name: str) -> bool:
    """Whether an exercise has no gap, but code that is wrong."""
    return "raise NotImplementedError" not in source_of(name, solutions=False)


def code_of(name: str, kind: str, solutions: bool) -> str:
    """Return the code of an exercise, with marks around each gap, or what fills it.

    Where there is no gap, what is to be mended is all of a function.
    """
    code = without_docstrings(source_of(name, solutions=False))
    lines, solution = code.splitlines(), source_of(name, solutions=True)
    for gap, body in reversed([*zip(bodies(code), bodies(solution))]):
        first, last = gap[-1] if isinstance(gap[-1], ast.Raise) else gap[0], gap[-1]
        indent = re.match(" *", lines[first.lineno - 1])[0]  # type: ignore[index]
        begin, end = (indent + MARKS[kind].format(mark) for mark in ("BEGIN", "END"))
        answer = solution.splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
        kept = answer if solutions else lines[first.lineno - 1 : last.end_lineno]
        lines[first.lineno - 1 : last.end_lineno] = [begin, *kept, end]
    return "\n".join(lines)


def bodies(source: str) -> list[list[ast.stmt]]:
    """Return the body of each function and method, in the order of the source."""
    outside = [
        inner
        for node in ast.parse(source).body
        for inner in (node.body if isinstance(node, ast.ClassDef) else [node])
    ]
    return [node.body for node in outside if isinstance(node, ast.FunctionDef)]


def without_docstrings(source: str) -> str:
    """Return code without its docstring and those of its functions and classes, but of methods."""
    lines = source.splitlines(keepends=True)
    module = ast.parse(source)
    for node in [module, *module.body]:
        documented = isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        if documented and ast.get_docstring(node):
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    kept = re.sub(r"(:\n)\n+", r"\1", "".join(lines)).strip()
    return re.sub(r"\n{4,}", "\n\n\n", kept)


def as_markdown(docstring: str) -> str:
    """Return a docstring's sections as headings, its formulas and examples as code."""
    text = re.sub(r"(?m)^(\w[\w ]*)\n-{3,}$", r"**\1**\n", inspect.cleandoc(docstring))
    text = re.sub(
        r"(?m)^((?:>>> .*\n?)(?:(?!\n).+\n?)*)",
        lambda example: f"```python\n{example[0].strip()}\n```",
        text,
    )
    return re.sub(r"(?m)^(\*\*(?:Parameters|Returns)\*\*\n\n)((?:.+\n?)+)", fields, text)


def fields(section: re.Match[str]) -> str:
    """Return the entries of a section, a name and type with an indented text below, as a list."""
    entries = re.sub(r"(?m)^(\S.*)$", r"- `\1`", section[2])
    return section[1] + re.sub(r"`\n +(?=\S)", "`: ", entries)


def export(out: Path, kind: str, solutions: bool, names: list[str]) -> list[Path]:
    """Write the folder; a FileExistsError, and nothing written, if one of its files is there."""
    files: dict[Path, str] = {out / "README.md": README[kind].replace("{name}", names[0])}
    for name in names:
        if kind == "py":
            files[out / f"{name}.py"] = source_of(name, solutions)
        else:
            from nbformat import writes

            files[out / f"{name}.ipynb"] = writes(notebook(name, kind, solutions)) + "\n"
    checks = [*FRAME, *(f"test_{name}.py" for name in names)]
    copies = [Path("checks") / file for file in checks]
    if kind == "py":
        copies.append(Path("pytest.ini"))
    there = [path for path in [*files, *(out / copy for copy in copies)] if path.exists()]
    if there:
        raise FileExistsError(f"{there[0]} is there already, and may be somebody's work")
    (out / "checks").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    for copy in copies:
        shutil.copyfile(EXERCISES / copy, out / copy)
    return list(files)[1:]


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--to", choices=README, default="py")
    parser.add_argument("--solutions", action="store_true", help="the solutions, for the teacher")
    parser.add_argument("--exercises", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    options = parser.parse_args(arguments)
    options.solutions |= options.to == "otter"
    try:
        files = export(options.out, options.to, options.solutions, options.exercises)
    except FileExistsError as error:
        print(f"nothing written: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"nothing written: {error}; pip install nbformat", file=sys.stderr)
        return 1
    print(f"{len(files)} {'solutions' if options.solutions else 'exercises'} in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
