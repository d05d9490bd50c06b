"""Try the tests: change one rule of minigrad at a time and see whether the suite turns red.

    python tests/tools/mutation.py [--files GLOB ...] [--sample N] [--seed S] [--jobs 2]

A mutant is minigrad with one small mistake in it: a sign turned, a term dropped, an axis changed, a
guard removed. The suite kills it by failing. Each mutant that survives is printed, with the line as
it is and as it was changed: either no test looks there, or the change makes no difference. Changes
known to make none are listed in `equivalent.json`, each with its reason, and are left out: by the
function and the smallest expression around the change, so that the list outlives other changes.

Mutants run in copies of the repository in a temporary folder, first against the tests that are most
likely to fail, then against all of `SUITE`; one that runs into the timeout counts as killed. They
come in random order, so what Ctrl-C leaves is a fair sample. Needs the extra `test`.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("equivalent.json")
FILES = ["minigrad/ops/*.py"]
FILES += [
    f"minigrad/{room}.py"
    for room in ("engine", "tensor", "origin", "arrays", "operators", "numpy_functions", "reading")
]

SUITE = [
    "tests/test_ops.py",
    "tests/test_engine.py",
    "tests/test_autograd.py",
    "tests/test_nn.py",
    "tests/test_diagnosis.py",
    "tests/test_numerics.py",
    "tests/test_bad_input.py",
    "tests/test_anomaly.py",
    "tests/test_optim.py",
    "tests/test_cuts.py",
    "tests/test_naming.py",
    "tests/test_float16.py",
]
LIKELIEST = {
    "minigrad/engine.py": "tests/test_engine.py",
    "minigrad/tensor.py": "tests/test_engine.py",
    "minigrad/origin.py": "tests/test_engine.py",
    "minigrad/arrays.py": "tests/test_engine.py",
    "minigrad/reading.py": "tests/test_cuts.py",
    "minigrad/ops/binary_loss.py": "tests/test_ops.py::TestSoftmaxFamilyAndLosses",
    "minigrad/ops/loss.py": "tests/test_ops.py::TestSoftmaxFamilyAndLosses",
    "minigrad/ops/softmax.py": "tests/test_ops.py::TestSoftmaxFamilyAndLosses",
}
PYTEST = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-o", "addopts="]
PYTEST += ["--tb=no", "--hypothesis-seed=0", "-k", "not million"]

# ---------------------------------------------------------------------------------------------
# Mutants
# ---------------------------------------------------------------------------------------------


class Mutant(NamedTuple):
    """A file with one change in it."""

    file: str
    function: str
    change: str
    line: int
    source: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is listed by: the function, with the file, and the change."""
        return f"{self.file}:{self.function}", self.change


OPERATORS = {
    ast.Add: ast.Sub,
    ast.Mult: ast.Div,
    ast.BitAnd: ast.BitOr,
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
    ast.And: ast.Or,
}
OPERATORS |= {b: a for a, b in OPERATORS.items()}

SIBLINGS = {
    "maximum": "minimum",
    "max": "min",
    "argmax": "argmin",
    "exp": "expm1",
    "log": "log1p",
    "sin": "cos",
    "sum": "mean",
    "any": "all",
    "zeros": "ones",
}
SIBLINGS |= {a.capitalize(): b.capitalize() for a, b in SIBLINGS.items()}
SIBLINGS |= {b: a for a, b in SIBLINGS.items()}


def changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What to try at one node of the syntax tree: pairs of a node and what to put in its place."""
    match node:
        case ast.BinOp(left, op, right):
            if type(op) in OPERATORS:
                yield node, ast.BinOp(left, OPERATORS[type(op)](), right)
            match op:
                case ast.Add() | ast.Mult():
                    yield from [(node, left), (node, right)]
                case ast.Sub():
                    yield from [(node, left), (node, ast.UnaryOp(ast.USub(), right))]
                case ast.Div():
                    yield from [(node, left), (node, ast.BinOp(ast.Constant(1), op, right))]
                case ast.Pow() | ast.Mod() | ast.FloorDiv():
                    yield node, left
        case ast.Compare(left, [op], [right]) if type(op) in OPERATORS:
            yield node, ast.Compare(left, [OPERATORS[type(op)]()], [right])
        case ast.Compare(left, [first, second], rights):
            yield node, ast.Compare(left, [OPERATORS[type(first)](), second], rights)
            yield node, ast.Compare(left, [first, OPERATORS[type(second)]()], rights)
        case ast.BoolOp(op, values):
            yield node, ast.BoolOp(OPERATORS[type(op)](), values)
            for i in range(len(values)):
                kept = values[:i] + values[i + 1 :]
                yield node, ast.BoolOp(op, kept) if len(kept) > 1 else kept[0]
        case ast.UnaryOp(ast.USub(), operand):
            yield node, operand
            if isinstance(operand, ast.Constant):
                yield node, ast.Constant(0)
        case ast.UnaryOp(ast.Not() | ast.Invert(), operand):
            yield node, operand
        case ast.Constant(bool() as value):
            yield node, ast.Constant(not value)
        case ast.Constant(int() as value):
            yield from [(node, ast.Constant(value + 1)), (node, ast.Constant(value - 1))]
        case ast.Constant(float() as value):
            yield node, ast.Constant(2 * value or 1.0)
        case ast.Name(name, ast.Load()) if name in SIBLINGS:
            yield node, ast.Name(SIBLINGS[name])
        case ast.Attribute(value, name, ast.Load()):
            if name in SIBLINGS:
                yield node, ast.Attribute(value, SIBLINGS[name])
            if name in ("axis", "axes"):
                yield from [(node, ast.Constant(None)), (node, ast.Constant(0))]
        case ast.Call(function, arguments, keywords):
            for i, keyword in enumerate(keywords):
                if keyword.arg is not None:
                    yield node, ast.Call(function, arguments, keywords[:i] + keywords[i + 1 :])
        case ast.IfExp(test, body, orelse):
            yield from [
                (node, body),
                (node, orelse),
                (node, ast.IfExp(negated(test), body, orelse)),
            ]
        case ast.If(test):
            yield from [(test, negated(test)), (test, ast.Constant(False))]
        case ast.While(test):
            yield test, negated(test)
        case ast.comprehension(ifs=[test]):
            yield from [(test, negated(test)), (test, ast.Constant(True))]
        case ast.Return(ast.Tuple(entries) as pair):
            for i, entry in enumerate(entries):
                other = ast.Constant(None)
                if isinstance(entry, ast.Constant) and entry.value is None:
                    other = entries[i - 1]
                yield pair, ast.Tuple([*entries[:i], other, *entries[i + 1 :]])
            if len(entries) == 2:
                yield pair, ast.Tuple(entries[::-1])
        case ast.AugAssign() | ast.Expr(ast.Call()):
            yield node, ast.Pass()


def negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def rules(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one, without texts, annotations and what serves the type checker only."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            match child:
                case ast.Raise() | ast.Assert() | ast.JoinedStr() | ast.Expr(ast.Constant()):
                    pass
                case ast.If(ast.Name("TYPE_CHECKING")) | ast.FunctionDef("__repr__"):
                    pass
                case ast.Assign([ast.Name("Axis")]):
                    pass
                case ast.AnnAssign(annotation=ast.Name("TypeAlias")):
                    pass
                case ast.AST():
                    yield from rules(child)


def mutants_of(file: str) -> Iterator[Mutant]:
    """Every mutant of a file; the change is made in its text, so that line numbers stay."""
    original = (ROOT / file).read_bytes()
    starts = [0]
    for line in original.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def where(node: Any) -> tuple[int, int]:
        begin = starts[node.lineno - 1] + node.col_offset
        return begin, starts[node.end_lineno - 1] + node.end_col_offset

    tree = ast.parse(original)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    seen = {ast.dump(tree)}
    for node in rules(tree):
        for place, put in changes(node):
            begin, end = where(place)
            source = original[:begin] + spell(put).encode() + original[end:]
            try:
                dumped = ast.dump(ast.parse(source))
            except SyntaxError:
                continue
            if dumped in seen:
                continue
            seen.add(dumped)
            around = place
            while not isinstance(around, ast.stmt) and (
                around is place or not hasattr(around, "lineno")
            ):
                around = parents[around]
            head, tail = where(around)
            if isinstance(around, (ast.If, ast.While, ast.FunctionDef)):
                head, tail = where(place)  # not with all that stands in it
            old = one_line(original[head:tail])
            new = one_line(source[head : len(source) - (len(original) - tail)])
            function = ".".join(reversed([*names_around(place, parents)])) or "module"
            yield Mutant(file, function, f"{old} -> {new}", place.lineno, source.decode())


def names_around(node: Any, parents: dict[Any, Any]) -> Iterator[str]:
    """The names of the functions and classes around a node, from inside out."""
    while node in parents:
        node = parents[node]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


def spell(node: ast.AST) -> str:
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    atoms = (ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Subscript, ast.stmt)
    return text if isinstance(node, atoms) else f"({text})"


def one_line(source: bytes) -> str:
    return " ".join(source.decode().split())


# ---------------------------------------------------------------------------------------------
# Trials
# ---------------------------------------------------------------------------------------------


def copy_of_the_repository(folder: Path) -> Path:
    ignored = shutil.ignore_patterns(".*", "__pycache__", "docs", "dist")
    return Path(shutil.copytree(ROOT, folder, ignore=ignored))


def fails(tree: Path, tests: list[str], timeout: float | None, keep_bytecode: bool = False) -> bool:
    """Whether the tests turn red in a copy of the repository."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    if not keep_bytecode:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"  # or a mutant might run as the one before it
    try:
        done = subprocess.run(
            [sys.executable, *PYTEST, *tests],
            cwd=tree,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def check_copy(tree: Path, suite: list[str]) -> None:
    """Make sure that the copy is what gets imported, and that its tests pass as it is."""
    shown = subprocess.run(
        [sys.executable, "-c", "import minigrad; print(minigrad.__file__)"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    if not Path(shown.stdout.strip()).is_relative_to(tree):
        sys.exit(f"the tests would import {shown.stdout.strip()} instead of the copy in {tree}")
    for tests in (*[[first] for first in {*LIKELIEST.values()}], suite):
        if fails(tree, tests, None, keep_bytecode=True):
            sys.exit(f"{' '.join(tests)}: red without a change, so nothing can be tried")


def survives(mutant: Mutant, tree: Path, suite: list[str], timeout: float) -> bool:
    path = tree / mutant.file
    original = path.read_bytes()
    path.write_text(mutant.source, encoding="utf-8")
    try:
        first = LIKELIEST.get(mutant.file, suite[0])
        return not fails(tree, [first], timeout) and not fails(tree, suite, timeout)
    finally:
        path.write_bytes(original)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", nargs="+", default=FILES, metavar="GLOB")
    parser.add_argument("--sample", type=int, metavar="N", help="try N mutants instead of all")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the random order")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--timeout", type=float, default=90, metavar="SECONDS")
    options = parser.parse_args()

    files = [p.relative_to(ROOT).as_posix() for g in options.files for p in sorted(ROOT.glob(g))]
    everything = [mutant for file in files for mutant in mutants_of(file)]
    listed = {
        (at, change)
        for at, changes in json.loads(LIST.read_text("utf-8")).items()
        for change in changes
    }
    known = [mutant for mutant in everything if mutant.key in listed]
    mutants = [mutant for mutant in everything if mutant.key not in listed]
    for at, change in sorted(listed - {mutant.key for mutant in everything}):
        if at.split(":")[0] in files:
            print(f"listed in {LIST.name}, but not made any more: {at}  {change}")
    wanted = len(mutants) if options.sample is None else min(options.sample, len(mutants))
    mutants = random.Random(options.seed).sample(mutants, wanted)
    with contextlib.suppress(ImportError):
        import resource  # a mutant must not eat all memory; Windows has no such limit

        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, resource.RLIM_INFINITY))

    tried, survivors, began = 0, [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trees: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for i in range(options.jobs):
            trees.put(copy_of_the_repository(Path(folder).resolve() / str(i)))

        def trial(mutant: Mutant) -> bool:
            tree = trees.get()
            try:
                return survives(mutant, tree, SUITE, options.timeout)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(options.jobs) as pool:
            copies = [trees.get() for _ in range(options.jobs)]
            list(pool.map(check_copy, copies, [SUITE] * options.jobs))
            for tree in copies:
                trees.put(tree)
            print(f"{len(mutants)} mutants, {len(known)} more known to change nothing", flush=True)
            trials = {pool.submit(trial, mutant): mutant for mutant in mutants}
            try:
                for done in as_completed(trials):
                    tried += 1
                    if done.result():
                        survivors.append(mutant := trials[done])
                        print(describe(mutant), flush=True)
                    if tried % 50 == 0:
                        print(f"... {tried} of {len(mutants)}", flush=True)
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)

    killed = tried - len(survivors)
    print(f"\n{tried} tried in {time.monotonic() - began:.0f} s: {killed} killed, ", end="")
    print(f"{len(survivors)} survived; {killed / max(tried, 1):.1%} turn the suite red")
    for mutant in sorted(survivors):
        print(describe(mutant))


def describe(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line}  {mutant.function}  {mutant.change}"


if __name__ == "__main__":
    main()
