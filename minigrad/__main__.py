"""See your own program, `python -m minigrad why train.py`; and have the course from the package."""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import shutil
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.engine import topological_order
from minigrad.script import Script, ScriptError, Stopped
from minigrad.text import printable

FINE, FOUND, WRONG_CALL, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
ENDINGS = {"steps": [".html"], "draw": [".svg", ".png", ".dot", ".json"], "film": [".html"]}
PAGE_OF_AT_MOST = 2000  # Tensors: of more, a page of all steps is too large to open

PREDICTION = re.compile(
    r"^```\{predict\}\n(?P<options>(?::.+\n)+)\n(?P<body>[\s\S]*?)^```$"
    r"(?P<opens>[\s\S]*?)^% seen$",
    re.MULTILINE,
)
"""A question of a lesson, and what it opens."""

CHOICE = re.compile(r"^- \[([x ])\] (.+)\n((?:  .+\n?)+)", re.MULTILINE)
"""One answer to it, and the word for who chose that."""

HELP = {
    "why": "run a script as it is; at the first number that is not finite and reaches a loss or a "
    "gradient say where it was born, why, and what to write instead, and leave picture and page",
    "steps": "run a script as it is, and leave its last backward pass as a page to step through",
    "draw": "run a script as it is, and leave its last backward pass as a picture",
    "film": "run a script as it is, and leave all of its backward passes as a film",
    "course": "lessons as notebooks, exercises with their checks, and examples, in a new folder",
    "example": "run an example, with its own options; without a name, list them",
}
EXIT = """
Options come before the script; what follows it is the script's.
exit status: 0 all was finite, or done; 1 a number was not; 2 a wrong call; 3 the script failed
"""


# ---------------------------------------------------------------------------------------------
# Your own program
# ---------------------------------------------------------------------------------------------


def why(options: argparse.Namespace) -> int:
    """Run a script to the first backward pass that is not finite, and say why it is not."""
    script, last_shown = Script(options.script, options.arguments), 0.0

    def look_at(root: Tensor) -> None:
        nonlocal last_shown
        gradients = [t.grad for t in topological_order(root) if t.is_leaf and t.grad is not None]
        if not all(np.isfinite(array).all() for array in [root.data, *gradients]):
            script.kept = root
            raise Stopped
        if sys.stderr.isatty() and time.monotonic() - last_shown > 0.2:
            last_shown = time.monotonic()
            print(f"\rbackward pass {script.passes}", end="\r", file=sys.stderr)

    script.on_backward = look_at
    try:
        script.run()
    except Stopped:
        assert script.kept is not None
        tell_birth(script.kept, script.passes, options.out)
        return FOUND
    if script.stray and not script.passes:
        say(f"a number that is not finite was {script.stray}", "red")
        return FOUND
    passes = f"{script.passes} backward pass{'es' if script.passes != 1 else ''}"
    say(f"all was finite: every loss and every gradient, in {passes}", "green")
    if script.stray:
        say(f"but for a number that reached none of them: it was {script.stray}")
    return FINE


def tell_birth(root: Tensor, passes: int, out: Path) -> None:
    kind = "finite, but not its gradient" if np.isfinite(root.data).all() else str(root.data)
    say(f"at backward pass {passes} the {root.label or 'loss'} is {kind}", "red")
    birth = mg.diagnose(root).first
    say(str(birth))
    if birth and birth.reached:
        names = [leaf.label or f"a leaf of shape {leaf.shape}" for leaf in birth.reached]
        say(f"it reached the gradient of {', '.join(names)}")
    out.mkdir(parents=True, exist_ok=True)
    try:
        say(f"picture: {mg.draw(root).save(out / 'why.svg')}")
        if len(topological_order(root)) <= PAGE_OF_AT_MOST:
            say(f"page: {mg.step_through(root).save(out / 'why.html')}, for a browser")
    except RuntimeError as error:
        complain(f"no picture: {error}")


def show(options: argparse.Namespace) -> int:
    """Leave what a script computed last as a page or a picture, or all of it as a film."""
    endings, wanted = ENDINGS[options.command], options.name or options.at
    out: Path = options.out or Path(options.command + endings[0])
    if out.suffix not in endings or not out.parent.is_dir():
        return complain(
            f"-o {out}: a file in a folder that is there, ending in {' '.join(endings)}"
        )
    script = Script(options.script, options.arguments)
    recorder: Any = None

    def record(root: Tensor) -> None:
        nonlocal recorder
        if recorder is None:
            leaves = [t for t in topological_order(root) if t.is_leaf]
            named = {leaf.label or f"leaf {i}": leaf for i, leaf in enumerate(leaves)}
            recorder = mg.viz.Recorder(named, keep="film")
        recorder.record(root)

    if options.at:
        file, _, line = options.at.rpartition(":")
        place = Path(file).name, int(line)
        script.is_wanted = lambda origin: (Path(origin.filename).name, origin.line) == place
    elif options.name:
        assigned = re.compile(rf"{re.escape(options.name)}\s*(:[^=]+)?=(?!=)")
        script.is_wanted = lambda origin: bool(assigned.match(origin.source))
    else:
        script.on_backward = record if options.command == "film" else script.keep
    script.run()
    if script.kept is None and isinstance(script.variables.get(options.name), Tensor):
        script.kept = script.variables[options.name]
    if (made := recorder or script.kept) is None:
        remedy = "name a Tensor, --name logits, or a line, --at train.py:12, before the script"
        missed = f"made no Tensor {wanted}" if wanted else f"ran no backward pass: {remedy}"
        return complain(f"{script.path} {missed}")
    script.put_back()
    views: dict[str, Any] = {"steps": mg.step_through, "draw": mg.draw, "film": mg.viz.film}
    try:
        say(str(views[options.command](made).save(out)))
    except (RuntimeError, ValueError) as error:
        return complain(str(error))
    return FINE


# ---------------------------------------------------------------------------------------------
# The course
# ---------------------------------------------------------------------------------------------


def material() -> tuple[Path, Path]:
    """Where the docs and the examples are: in the installed package, or beside it."""
    package = Path(mg.__file__).parent
    if (inside := package / "_course").is_dir():
        return inside, inside / "examples"
    return package.parent / "docs", package.parent / "examples"


def course(options: argparse.Namespace) -> int:
    """Write the folder: whole, or not at all, and never over anything."""
    docs, examples = material()
    target: Path = options.folder
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        return complain(f"{target} is there already: give a new folder, nothing is overwritten")
    copies = {"exercises": docs / "exercises", "examples": examples}
    if options.teacher:
        copies["teacher"] = docs / "teacher"
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        for name, source in copies.items():
            shutil.copytree(source, made / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (made / "lessons").mkdir()
        for lesson in sorted((docs / "lessons").glob("[0-9]*.md")):
            text = json.dumps(notebook(lesson.read_text("utf-8")), indent=1, ensure_ascii=False)
            path = made / "lessons" / f"{lesson.stem}.ipynb"
            path.write_text(text + "\n", encoding="utf-8")
        if target.exists():
            target.rmdir()
        os.replace(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    say(f"{target}: begin with {target / 'lessons'}, pip install jupyterlab jupyterlab-myst pytest")
    return FINE


def notebook(lesson: str) -> dict[str, Any]:
    """A lesson as a notebook: its text and its code, cell by cell."""
    text = re.sub(r"\]\((\d\d[\w-]+)\.md", r"](\1.ipynb", lesson.split("---\n", 2)[2])
    text = re.sub(r"\[([^\]]+)\]\(\.\./(?!exercises/)[^)]*\)", r"\1", text)  # pages of the site
    text = PREDICTION.sub(ask, text)
    code = r"^```\{code-cell\}.*\n((?::.*\n)*)([\s\S]*?)^```$"
    cells: list[dict[str, Any]] = []
    for i, part in enumerate(re.split(code, text, flags=re.MULTILINE)):
        if i % 3 == 1:
            tags = re.findall(r"[\w-]+", part.partition(":tags:")[2])
            metadata: dict[str, Any] = {"tags": tags} if tags else {}
            metadata |= {"jupyter": {"source_hidden": True}} if ":folded:" in part else {}
        elif part.strip():
            cells.append({"id": f"cell-{i}", "source": part.strip("\n"), "cell_type": "markdown"})
            cells[-1]["metadata"] = metadata if i % 3 else {}
            if i % 3:
                cells[-1] |= {"cell_type": "code", "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def ask(prediction: re.Match[str]) -> str:
    """A prediction as a notebook has it: its choices, and folded what is said to each and seen."""
    options, body, opens = prediction.groups()
    choices = CHOICE.findall(body)
    question = re.split(r"^- \[", body, flags=re.MULTILINE)[0]
    if ":within:" not in options:
        question += "".join(f"- {choice}\n" for _, choice, _ in choices)
    words = ""
    for mark, choice, word in choices:
        words += f"- {choice}{' ✓' if mark == 'x' else ''} → {' '.join(word.split())}\n"
    parts = re.split(r"(^```\{code-cell\}[\s\S]*?^```$)", opens, flags=re.MULTILINE)
    for i, part in enumerate(parts):
        folded = fold("What it shows", part) if part.strip() else part
        parts[i] = part.replace("\n", "\n:folded:\n", 1) if i % 2 else folded
    return f"**Predict.** {question}{fold('A word for each answer', words)}" + "".join(parts)


def fold(title: str, text: str) -> str:
    return f"\n<details><summary>{title}</summary>\n\n{text.strip()}\n\n</details>\n"


def example(options: argparse.Namespace) -> int:
    """Run an example as `python examples/NAME.py` would."""
    folder = material()[1]
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem != "command_line")
    if options.name is None:
        for name in names:
            say(f"{name:18} {(folder / f'{name}.py').read_text('utf-8').splitlines()[0][3:]}")
        return FINE
    if options.name.removesuffix(".py") not in names:
        return complain(f"there is no example {options.name}: {', '.join(names)}")
    script = folder / f"{options.name.removesuffix('.py')}.py"
    sys.argv = [str(script), *options.arguments]
    sys.path.insert(0, str(folder))
    runpy.run_path(str(script), run_name="__main__")
    return FINE


# ---------------------------------------------------------------------------------------------
# The command line
# ---------------------------------------------------------------------------------------------


def say(text: str, colour: str = "") -> None:
    """Print a text; its first line in a colour, on a terminal and without NO_COLOR."""
    code = {"red": "31", "green": "32"}.get(colour)
    if code and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        text = f"\033[1;{code}m{text}\033[0m"
    print(printable(text))


def complain(text: str, status: int = WRONG_CALL) -> int:
    print(f"minigrad: {text}", file=sys.stderr)
    return status


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_CALL, f"{self.prog}: {message} (see --help)\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = Parser("python -m minigrad", description=__doc__, epilog=EXIT, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"minigrad {mg.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any) -> Parser:
        added: Parser = commands.add_parser(name, help=HELP[name], description=HELP[name])
        added.set_defaults(run=run, name=None, at=None)
        return added

    for name in ("why", *ENDINGS):
        at = command(name, show if name in ENDINGS else why)
        default, form = (None, "FILE") if name in ENDINGS else (Path("out"), "DIR")
        told = f"where to; default: {default or name + ENDINGS[name][0]}"
        at.add_argument("-o", "--out", type=Path, default=default, metavar=form, help=told)
        if name in ("steps", "draw"):
            which = at.add_mutually_exclusive_group()
            which.add_argument("--name", help="the last Tensor of this name, not the last loss")
            which.add_argument("--at", metavar="FILE:LINE", help="the last one made on this line")
        at.add_argument("script", type=Path)
        at.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script is given")
    at = command("course", course)
    at.add_argument("folder", type=Path, metavar="DIR")
    at.add_argument("--teacher", action="store_true", help="with solutions and the grader")
    at = command("example", example)
    at.add_argument("name", nargs="?")
    at.add_argument("arguments", nargs=argparse.REMAINDER, help="what the example is given")
    options = parser.parse_args(arguments)
    if hasattr(options, "script") and not options.script.is_file():
        parser.error(f"there is no script {options.script}")
    if getattr(options, "at", None) and not re.fullmatch(r".+:\d+", options.at):
        parser.error(f"--at {options.at}: give a file and a line, as in train.py:12")
    return options


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return complain("interrupted", INTERRUPTED)
    except ScriptError as error:
        print(error, file=sys.stderr)
        return FAILED
    except OSError as error:
        return complain(str(error))


if __name__ == "__main__":
    sys.exit(main())
