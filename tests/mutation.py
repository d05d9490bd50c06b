"""Try the tests: change one rule of minigrad at a time and see whether the suite turns red.

    python tests/mutation.py [--files GLOB ...] [--sample N] [--seed S] [--jobs 2] [--timeout 90]

A mutant is minigrad with one small mistake in it: a sign turned, a term dropped, an axis changed, a
guard removed. The suite kills it by failing. Each mutant that survives is printed, with the line as
it is and as it was changed: either no test looks there, or the change makes no difference. Changes
known to make none are listed in `EQUIVALENT`, each with its reason, and are left out.

Mutants run in copies of the repository in a temporary folder, first against the tests that are most
likely to fail, then against all of `SUITE`; one that runs into the timeout counts as killed. They
come in random order, so what Ctrl-C leaves is a fair sample. Needs the extra `test`.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
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
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FILES = ["minigrad/ops/*.py", "minigrad/engine.py", "minigrad/arrays.py", "minigrad/operators.py"]
FILES += ["minigrad/reading.py"]

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
    "tests/test_float16.py",
]
LIKELIEST = {
    "minigrad/engine.py": "tests/test_engine.py",
    "minigrad/arrays.py": "tests/test_engine.py",
    "minigrad/reading.py": "tests/test_cuts.py",
    "minigrad/ops/loss.py": "tests/test_ops.py::TestSoftmaxFamilyAndLosses",
    "minigrad/ops/softmax.py": "tests/test_ops.py::TestSoftmaxFamilyAndLosses",
}
PYTEST = ["-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-o", "addopts="]
PYTEST += ["--tb=no", "--hypothesis-seed=0", "-k", "not million"]

EQUIVALENT: dict[tuple[str, str, str], str] = {
    # (file, the line as it is, the line as changed): why no test can tell the two apart
    (
        "minigrad/operators.py",
        "return tuple(values[0]) if len(values) == 1 and not np.isscalar(values[0]) else values",
        "return tuple(values[-1]) if len(values) == 1 and not np.isscalar(values[0]) else values",
    ): "of one value, the first is the last",
    (
        "minigrad/operators.py",
        "order.insert(destination % x.ndim, source % x.ndim)",
        "order.insert(destination % x.ndim, source)",
    ): "an axis counted from behind is the same axis",
    (
        "minigrad/operators.py",
        "return np.array(self.data, dtype=dtype) if copy else np.asarray(self.data, dtype=dtype)",
        "return np.array(self.data, dtype=dtype) if copy else np.asarray(self.data)",
    ): "NumPy converts what __array__ returns",
    (
        "minigrad/ops/softmax.py",
        "rest = row_sums(exps) + (largest - 1) "
        "# adds 0, or NaN where the largest logit is infinite",
        "rest = (row_sums(exps) - (largest - 1)) "
        "# adds 0, or NaN where the largest logit is infinite",
    ): "largest − 1 is 0 or NaN",
    (
        "minigrad/ops/linalg.py",
        "product(g, weight) if self.needs_input_grad[0] else None,",
        "product(g, weight),",
    ): "only slower: the engine drops a gradient that nobody asked for",
    (
        "minigrad/ops/linalg.py",
        "product(g, weight) if self.needs_input_grad[0] else None,",
        "product(g, weight) if self.needs_input_grad[-1] else None,",
    ): "only slower, where the weight is trained and x is not",
    (
        "minigrad/ops/linalg.py",
        """gradient = np.einsum(f"{','.join(terms)}->{wanted}", *factors, optimize=True)""",
        """gradient = np.einsum(f"{','.join(terms)}->{wanted}", *factors, optimize=False)""",
    ): "only slower",
    (
        "minigrad/ops/linalg.py",
        """gradient = np.einsum(f"{','.join(terms)}->{wanted}", *factors, optimize=True)""",
        """gradient = np.einsum(f"{','.join(terms)}->{wanted}", *factors)""",
    ): "only slower",
    (
        "minigrad/ops/linalg.py",
        "elif not any(letter in term for term in terms):",
        "elif not all(letter in term for term in terms):",
    ): "multiplies by ones that are not needed",
    (
        "minigrad/ops/softmax.py",
        "y = y.reshape(lines).astype(float_dtype(z), copy=False)",
        "y = y.reshape(lines).astype(float_dtype(z), copy=True)",
    ): "a copy that is not needed",
    (
        "minigrad/ops/softmax.py",
        'if x.dtype.char in "fd":',
        "if False:",
    ): "a copy that is not needed",
    (
        "minigrad/ops/softmax.py",
        "return np.moveaxis(lines, -1, self.axis).astype(float_dtype(x), copy=False)",
        "return np.moveaxis(lines, -1, self.axis).astype(float_dtype(x))",
    ): "a copy that is not needed",
    (
        "minigrad/ops/elementwise.py",
        "return np.where(x >= 0, 1, e).astype(x.dtype, copy=False) / (1 + e)",
        "return np.where(x >= 0, 1, e).astype(x.dtype) / (1 + e)",
    ): "a copy that is not needed",
    (
        "minigrad/ops/linalg.py",
        "return np.add(y, bias, out=y if y.dtype == bias.dtype else None)",
        "return np.add(y, bias)",
    ): "only slower: a new array for the sum",
    (
        "minigrad/engine.py",
        "stack.append((parent, iter(() if parent in stop else parent.parents)))",
        "stack.append((parent, iter(parent.parents)))",
    ): "only slower: the walk passes over Tensors for which it has no gradient",
    (
        "minigrad/engine.py",
        "handed_on = {id(g) for tensor, g in gradients.items() if tensor.op is not None}",
        "handed_on = {id(g) for tensor, g in gradients.items() if (tensor.op is None)}",
    ): "copies that are not needed",
    (
        "minigrad/arrays.py",
        'if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:',
        'if array.dtype.kind not in "biuf" or array.dtype.itemsize > 9:',
    ): "no dtype has 9 bytes",
    (
        "minigrad/engine.py",
        "gradients = run(meaning, upstream, stop=frozenset(inputs))",
        "gradients = run(meaning, upstream)",
    ): "only slower: walks on beyond the inputs, to gradients that nobody reads",
    (
        "minigrad/ops/indexing.py",
        "isinstance(p, list) or (isinstance(p, np.ndarray) and p.dtype != bool) for p in parts",
        "isinstance(p, list) or (isinstance(p, np.ndarray)) for p in parts",
    ): "only slower: adds where it could assign",
    (
        "minigrad/ops/linalg.py",
        "if grad_b is not None and b.ndim == 1:",
        "if (b.ndim == 1):",
    ): "squeezes None to something that the engine drops",
    (
        "minigrad/ops/linalg.py",
        "if min(a.ndim, b.ndim) > 1 and a.shape[-1] == b.shape[-2] == 1:",
        "if False:",
    ): "only slower",
    (
        "minigrad/ops/linalg.py",
        "if min(a.ndim, b.ndim) > 1 and a.shape[-1] == b.shape[-2] == 1:",
        "if min(a.ndim, b.ndim) > 1 and a.shape[-0] == b.shape[-2] == 1:",
    ): "only slower, or broadcasts 1 against what it should meet",
    (
        "minigrad/ops/linalg.py",
        "factors.append(np.eye(lengths[letter], dtype=g.dtype))",
        "factors.append(np.eye(lengths[letter]))",
    ): "the engine gives a gradient its dtype",
    (
        "minigrad/ops/linalg.py",
        "check_inner(self.name, x.shape, weight.shape, weight.shape[-1:][0] if weight.ndim else 0)",
        "check_inner(self.name, x.shape, weight.shape, "
        "weight.shape[-1:][-1] if weight.ndim else 0)",
    ): "of one length, the first is the last",
    (
        "minigrad/ops/linalg.py",
        "return x @ weight.T + bias[0] if bias else x @ weight.T",
        "return x @ weight.T + bias[-1] if bias else x @ weight.T",
    ): "of one bias, the first is the last",
    (
        "minigrad/ops/linalg.py",
        "return np.asarray(np.einsum(self.subscripts, *xs, optimize=len(xs) > 1))",
        "return np.asarray(np.einsum(self.subscripts, *xs, optimize=len(xs) > 2))",
    ): "only slower",
    (
        "minigrad/ops/linalg.py",
        "return np.asarray(np.einsum(self.subscripts, *xs, optimize=len(xs) > 1))",
        "return np.asarray(np.einsum(self.subscripts, *xs))",
    ): "only slower",
    (
        "minigrad/ops/loss.py",
        "self.classes = np.where(self.counts, self.classes, 0)",
        "self.classes = np.where(self.counts, self.classes, -1)",
    ): "any class will do where the weight is 0",
    (
        "minigrad/ops/elementwise.py",
        "return np.where(x >= 0, 1, e).astype(x.dtype, copy=False) / (1 + e)",
        "return np.where((x > 0), 1, e).astype(x.dtype, copy=False) / (1 + e)",
    ): "at 0, e is 1",
    (
        "minigrad/ops/loss.py",
        "difference = x.astype(float_dtype(x), copy=False) - target.astype(",
        "difference = x.astype(float_dtype(x), copy=True) - target.astype(",
    ): "a copy that is not needed",
    (
        "minigrad/ops/loss.py",
        "self.classes = target.reshape(-1).astype(np.intp, copy=False)",
        "self.classes = target.reshape(-2).astype(np.intp, copy=False)",
    ): "NumPy takes any negative length for the one to fill in",
    (
        "minigrad/ops/loss.py",
        "sure = at_top & (q > others)",
        "sure = at_top & ((q >= others))",
    ): "both forms of the difference are exact there",
    (
        "minigrad/ops/reduction.py",
        "axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis) % x.ndim",
        "axes = range(x.ndim) if self.axis is None else np.atleast_1d(self.axis)",
    ): "an axis counted from behind is the same axis",
    (
        "minigrad/ops/reduction.py",
        "half_inverse = np.where(y == 0, 0, 0.5 / np.where(y == 0, 1, y))",
        "half_inverse = np.where(y == 0, 1, 0.5 / np.where(y == 0, 1, y))",
    ): "is multiplied by x − mean = 0",
    (
        "minigrad/ops/reduction.py",
        "half_inverse = np.where(y == 0, 0, 0.5 / np.where(y == 0, 1, y))",
        "half_inverse = np.where(y == 0, -1, 0.5 / np.where(y == 0, 1, y))",
    ): "is multiplied by x − mean = 0",
    (
        "minigrad/ops/reduction.py",
        "half_inverse = np.where(y == 0, 0, 0.5 / np.where(y == 0, 1, y))",
        "half_inverse = np.where(y == 0, 0, 0.5 / np.where(y == 0, 2, y))",
    ): "not taken where y is 0",
    (
        "minigrad/ops/reduction.py",
        "m = np.where((m == 0) | ~np.isfinite(m), 1, m).astype(x.dtype, copy=False)",
        "m = np.where((m == 0) | ~np.isfinite(m), 2, m).astype(x.dtype, copy=False)",
    ): "any scale will do for zeros and infinities",
    (
        "minigrad/ops/reduction.py",
        "ties = extremal.sum(axis=self.axis, keepdims=True, dtype=x.dtype)",
        "ties = extremal.sum(axis=self.axis, keepdims=True)",
    ): "the engine gives a gradient its dtype",
    (
        "minigrad/ops/reduction.py",
        "m = np.max(np.abs(x), axis=self.axis, keepdims=True, initial=0)",
        "m = np.max(np.abs(x), axis=self.axis, keepdims=True, initial=-1)",
    ): "a scale for no entries",
    (
        "minigrad/ops/reduction.py",
        "return self.spread(g) * (x / self.spread(np.where(y == 0, 1, y)))",
        "return self.spread(g) * (x / self.spread(np.where(y == 0, 2, y)))",
    ): "0 / 1 is 0 / 2",
    (
        "minigrad/arrays.py",
        'if wanted.kind not in "biuf" or wanted.itemsize > 8:',
        'if wanted.kind not in "biuf" or wanted.itemsize > 9:',
    ): "no dtype has 9 bytes",
    (
        "minigrad/operators.py",
        "def einsum(subscripts: str, *tensors: Any, optimize: Any = True) -> Tensor:",
        "def einsum(subscripts: str, *tensors: Any, optimize: Any = False) -> Tensor:",
    ): "taken as NumPy has it, and not used",
    (
        "minigrad/operators.py",
        "if np.ndim(b) <= 2:",
        "if False:",
    ): "only slower: einsum computes the same",
    (
        "minigrad/ops/elementwise.py",
        "return np.where(x >= 0, 1, e).astype(x.dtype, copy=False) / (1 + e)",
        "return np.where(x >= 0, 1, e).astype(x.dtype, copy=True) / (1 + e)",
    ): "a copy that is not needed",
    (
        "minigrad/ops/linalg.py",
        "g, b_matrix = np.expand_dims(g, -1), np.expand_dims(b, -1)",
        "g, b_matrix = np.expand_dims(g, -1), np.expand_dims(b, 1)",
    ): "of a vector, the last new axis is axis 1",
    (
        "minigrad/ops/linalg.py",
        "return np.asarray(np.einsum(self.subscripts, *xs, optimize=len(xs) > 1))",
        "return np.asarray(np.einsum(self.subscripts, *xs, optimize=(len(xs) >= 1)))",
    ): "only slower",
    (
        "minigrad/ops/linalg.py",
        "check_inner(self.name, x.shape, weight.shape, weight.shape[-1:][0] if weight.ndim else 0)",
        "check_inner(self.name, x.shape, weight.shape, weight.shape[-1:][0] if weight.ndim else 1)",
    ): "a number has no rows: another check comes before",
    (
        "minigrad/ops/linalg.py",
        "if letter in wanted:",
        "if (letter not in wanted):",
    ): "multiplies by an identity matrix that is not needed",
    (
        "minigrad/ops/loss.py",
        "if target.size and target.min() >= 0 and target.max() < classes:",
        "if target.size and target.min() >= 1 and target.max() < classes:",
    ): "only slower: looks at each sample",
    (
        "minigrad/ops/loss.py",
        "return not 0 <= self.ignore_index < classes",
        "return not -1 <= self.ignore_index < classes",
    ): "only slower: weighs each sample, by 1",
    (
        "minigrad/ops/loss.py",
        "return rows.astype(scores.dtype, copy=False)",
        "return rows.astype(scores.dtype)",
    ): "a copy that is not needed",
    (
        "minigrad/ops/loss.py",
        "return from_rows(grad, log_probs), None",
        "return ((from_rows(grad, log_probs), from_rows(grad, log_probs)))",
    ): "integers require no gradient: the engine drops it",
    (
        "minigrad/ops/softmax.py",
        "entries = exps.reshape(-1)",
        "entries = exps.reshape(-2)",
    ): "NumPy takes any negative length for the one to fill in",
    (
        "minigrad/ops/loss.py",
        "return from_rows(grad, logits), None",
        "return ((from_rows(grad, logits), from_rows(grad, logits)))",
    ): "integers require no gradient: the engine drops it",
    (
        "minigrad/ops/loss.py",
        "self.one_hot = np.eye(class_count(logits), dtype=self.weights.dtype)[self.classes]",
        "self.one_hot = np.eye(class_count(logits))[self.classes]",
    ): "the engine gives a gradient its dtype",
    (
        "minigrad/ops/softmax.py",
        "return np.moveaxis(lines, -1, self.axis).astype(float_dtype(x), copy=False)",
        "return np.moveaxis(lines, -1, self.axis).astype(float_dtype(x), copy=True)",
    ): "a copy that is not needed",
    (
        "minigrad/ops/softmax.py",
        "y = y.reshape(lines).astype(float_dtype(z), copy=False)",
        "y = y.reshape(lines).astype(float_dtype(z))",
    ): "a copy that is not needed",
}

# ---------------------------------------------------------------------------------------------
# Mutants
# ---------------------------------------------------------------------------------------------


class Mutant(NamedTuple):
    """A file with one change in it."""

    file: str
    line: int
    old: str
    new: str
    source: str


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
    tree = ast.parse(original)
    seen = {ast.dump(tree)}
    for node in rules(tree):
        for place, put in changes(node):
            begin = starts[place.lineno - 1] + place.col_offset
            end = starts[place.end_lineno - 1] + place.end_col_offset
            source = original[:begin] + spell(put).encode() + original[end:]
            try:
                dumped = ast.dump(ast.parse(source))
            except SyntaxError:
                continue
            if dumped in seen:
                continue
            seen.add(dumped)
            head, tail = starts[place.lineno - 1], starts[place.end_lineno]
            old = one_line(original[head:tail])
            new = one_line(source[head : len(source) - (len(original) - tail)])
            yield Mutant(file, place.lineno, old, new, source.decode())


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
        text=True,
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
    known = [m for m in everything if m[:1] + m[2:4] in EQUIVALENT]
    mutants = [m for m in everything if m not in known]
    for file, old, new in EQUIVALENT.keys() - {m[:1] + m[2:4] for m in everything}:
        if file in files:
            print(f"listed in EQUIVALENT, but not made any more: {file}  {old}  ->  {new}")
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
    return f"{mutant.file}:{mutant.line}  {mutant.old}  ->  {mutant.new}"


if __name__ == "__main__":
    main()
