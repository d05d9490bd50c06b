"""What stands in the source: the expression of an instruction, and the texts of an op's class."""

from __future__ import annotations

import ast
import dis
import inspect
import sys
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import islice
from textwrap import dedent
from types import CodeType, SimpleNamespace
from typing import Any, NamedTuple

from minigrad.engine import Op
from minigrad.origin import Origin, is_source_of

LENGTH = 40  # characters of an expression; the rest is cut off
READABLE = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Subscript, ast.Attribute, ast.AugAssign)


def find_node(code: CodeType | None, offset: int) -> Any:
    """The syntax tree's node of what an instruction computes; None where it is not known."""
    if code is None or code.co_filename == "<string>":
        return None
    return _found(id(code), code, offset)  # equal code can stand in different files


@lru_cache(maxsize=4096)
def _found(_: int, code: CodeType, offset: int) -> Any:
    from executing import Source

    line = Origin(code, offset, None, 0, None).line
    frame: Any = SimpleNamespace(f_code=code, f_lasti=offset, f_lineno=line, f_globals={})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = Source.executing(frame)
            node = found.node or _at(found.source.tree, code, offset)
            if dis.opname[code.co_code[offset]].startswith("INPLACE_"):  # Python 3.10: `x += 1`
                (node,) = found.statements
            if not isinstance(node, READABLE) or not is_source_of(found.source.text, code):
                return None
    except Exception:  # a picture without names is better than none
        return None
    found.source.tree.text = found.source.text
    return node


def _at(tree: ast.AST, code: CodeType, offset: int) -> Any:
    """The one node with the lines and columns of an instruction: of several on a cell's line."""
    if sys.version_info < (3, 11):
        return None
    place = next(islice(code.co_positions(), offset // 2, None))
    nodes: Iterator[Any] = filter(lambda node: isinstance(node, READABLE), ast.walk(tree))
    (node,) = (
        n for n in nodes if (n.lineno, n.end_lineno, n.col_offset, n.end_col_offset) == place
    )
    return node


def climb(node: Any, indices: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Go up from an expression to what takes its whole value: an assignment, or a return.

    On the way there may be displays that it is an element of: at which indices is returned, too,
    "…" for any index and "?" for one that is not known.
    """
    while not isinstance(node, ast.stmt):
        parent = node.parent
        if isinstance(parent, (ast.Tuple, ast.List)):
            if any(isinstance(element, ast.Starred) for element in parent.elts):
                return None, ()
            indices = (parent.elts.index(node), *indices)
        elif isinstance(parent, ast.Dict) and node in parent.values:
            indices = (text_of(parent.keys[parent.values.index(node)]), *indices)
        elif isinstance(parent, ast.ListComp):
            indices = ("…", *indices)
        elif isinstance(parent, ast.Subscript) and node is parent.value and indices:
            chosen = getattr(parent.slice, "value", None)
            if isinstance(parent.slice, ast.Slice) or indices[0] not in ("?", chosen):
                return None, ()
            indices = indices[1:]
        elif isinstance(parent, ast.AugAssign):
            return None, ()
        elif not isinstance(parent, ast.IfExp) or node is parent.test:
            return parent, indices
        node = parent
    return node, indices


def target_of(at: Any, indices: tuple[Any, ...]) -> str | None:
    """The text of what an assignment assigns to, at these indices of the assigned value.

    An index that is computed is "…".
    """
    if isinstance(at, ast.Assign):
        target = at.targets[0]
    elif isinstance(at, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
        target = at.target
    else:
        return None
    while isinstance(target, (ast.Tuple, ast.List)):
        if not indices or any(isinstance(element, ast.Starred) for element in target.elts):
            return None
        index = 0 if len(target.elts) == 1 and indices[0] in ("?", "…") else indices[0]
        if index not in range(len(target.elts)):
            return None
        target, indices = target.elts[index], indices[1:]
    if "?" in indices:
        return None
    if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Constant):
        target, indices = target.value, ("…", *indices)
    return text_of(target) + "".join(f"[{i}]" for i in indices)


def called(node: Any) -> str | None:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else None


def callee(node: Any) -> str | None:
    """The last part of what is called: `relu` in `F.relu(x)`."""
    called = getattr(node, "func", None)
    return getattr(called, "id", None) or getattr(called, "attr", None)


@lru_cache(maxsize=4096)
def text_of(node: Any) -> str:
    """The source of a node: as it is written if that is one line, and shortened."""
    root = node
    while hasattr(root, "parent"):
        root = root.parent
    text = ast.get_source_segment(root.text, node) or "\n"
    text = ast.unparse(node) if "\n" in text else " ".join(text.split())
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


# ---------------------------------------------------------------------------------------------
# What an op's class says of itself
# ---------------------------------------------------------------------------------------------


class Texts(NamedTuple):
    """What an op's class says of itself."""

    formula: str | None
    remark: str | None
    rule: str | None
    symbols: tuple[str, ...]


@cache
def texts_of(kind: type[Op]) -> Texts:
    """Read an op class's docstring, whose first line is `formula; remark`, and its rule."""
    line = (kind.__doc__ or "").strip().partition("\n")[0]
    formula, _, remark = line.partition("; ") if " = " in line else ("", "", line)
    try:
        rule = dedent(inspect.getsource(kind.backward)).rstrip()
        symbols = tuple(inspect.signature(kind.backward).parameters)[1:]
    except (AttributeError, OSError, TypeError, ValueError):
        return Texts(formula or None, remark or None, None, ())
    return Texts(formula or None, remark or None, _without_annotations(rule), symbols)


def _without_annotations(rule: str) -> str:
    """The text of a method with a signature as a student would write it; of a lambda as it is."""
    try:
        method: Any = ast.parse(rule).body[0]
    except SyntaxError:  # a part of a line
        return rule
    if not isinstance(method, ast.FunctionDef) or method.body[0].lineno == method.lineno:
        return rule
    for argument in (*method.args.args, method.args.vararg):
        if argument is not None:
            argument.annotation = None
    lines = rule.splitlines()
    body = method.body[0].lineno - 1
    while lines[body - 1].lstrip().startswith("#"):
        body -= 1
    return "\n".join([f"def {method.name}({ast.unparse(method.args)}):", *lines[body:]])
