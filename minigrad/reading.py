"""Whether plain values of a Tensor are only read, or computed with, which would end its graph.

Plots, tests and prints read, and so does `losses.append(float(loss))`. `math.exp(t)` computes, and
so does `b + 2 * float(w)` with a Tensor b: the gradient of one term would be gone without a word.
"""

from __future__ import annotations

import ast
import builtins
import dis
import math
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

READERS = ("matplotlib", "mpl_toolkits", "numpy.testing", "_pytest", "json", "minigrad.viz")
"""Packages that look at values, and compute nothing that is differentiated."""

BETWEEN = ("numpy", "minigrad.operators", "minigrad.numpy_functions", "contextlib")
"""What an array is asked for through: the question is who called them."""

LOOKS = (float, int, math.isnan, math.isinf, math.isfinite, math.isclose, math.floor, math.ceil)
"""What the number of a Tensor may be given to: it is asked for by name, or has no gradient."""

PLAIN = ("data", "grad", "shape", "ndim", "size", "dtype", "item", "numpy", "detach")
"""Attributes of a Tensor through which no gradient flows."""


def is_read() -> bool:
    """Whether a value is asked for by a package that only reads it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if _is_of(module, READERS):
            return True
        if not _is_of(module, BETWEEN):
            return False
        frame = frame.f_back
    return False


def cut_by(is_differentiated: Any) -> str | None:
    """What computes with the number that is being asked for, as code; None if that is harmless.

    `is_differentiated` says of a value whether it is a Tensor whose gradient could end.
    """
    frame = _asking()
    opcode = dis.opname[frame.f_code.co_code[frame.f_lasti]]
    if opcode == "STORE_SUBSCR":
        return "an assignment to an array's entry"
    node, _ = _running(frame)
    if node is None:  # no source to look at, as of a string given to exec
        named = {look.__name__ for look in LOOKS} & {*frame.f_code.co_names}
        return None if named or opcode.startswith("BINARY") else "this line"
    if isinstance(node, ast.BinOp):  # "%.3f" % t
        return None
    if not any(_is_one(function, LOOKS, frame) for function in _asked_by(node)):
        return ast.unparse(node).splitlines()[0]
    whole = node
    while isinstance(whole.parent, (ast.BinOp, ast.UnaryOp, ast.IfExp, ast.AugAssign)):
        whole = whole.parent
    operands = [_value_of(part, frame) for part in _operands(whole, node, frame)]
    return ast.unparse(whole) if any(map(is_differentiated, operands)) else None


def rebinds_loop_variable() -> bool:
    """Whether `p -= step` is running in `for p in ...`, and nothing there uses the new p."""
    _, statements = _running(_asking())
    update: Any = next((part for part in statements if isinstance(part, ast.AugAssign)), None)
    around: Any = update
    while isinstance(around, ast.stmt) and not isinstance(around, ast.FunctionDef):
        around = around.parent  # type: ignore[attr-defined]
        if isinstance(around, ast.For) and _names(update.target) & _names(around.target):
            after = [s for s in ast.walk(around) if getattr(s, "lineno", 0) > update.end_lineno]
            return not any(_names(part) & _names(update.target) for part in after)
    return False


def unpacks_extreme() -> bool:
    """Whether `values, indices = t.max(1)` is running, as where max gives a pair."""
    frame = _asking()
    if dis.opname[frame.f_code.co_code[frame.f_lasti]] != "UNPACK_SEQUENCE":
        return False
    for statement in _running(frame)[1]:
        match statement:
            case ast.Assign([ast.Tuple([_, _])], ast.Call(ast.Attribute(attr=name), _, named)):
                return name in ("max", "min") and not any(n.arg == "axis" for n in named)
    return False


def _names(part: Any) -> set[str]:
    """The names in a part of a program, but for those in `p.grad = None` or `p.zero_grad()`."""
    nodes = [node for node in ast.walk(part) if isinstance(node, ast.Name)]
    attributes = [getattr(node.parent, "attr", "") for node in nodes]  # type: ignore[attr-defined]
    return {n.id for n, a in zip(nodes, attributes) if a not in (*PLAIN, "zero_grad")}


def _is_of(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def _asking() -> FrameType:
    """The frame that asked a Tensor for something."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__") == "minigrad.operators" and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _running(frame: FrameType) -> tuple[Any, Any]:
    """The expression and the statements that a frame is running; None and () if not known."""
    from executing import Source

    try:
        found = Source.executing(frame)
    except Exception:  # a number is better than an error of the search for its use
        return None, ()
    return found.node, found.statements or ()


def _asked_by(node: Any) -> Iterator[ast.AST]:
    """Which function may be asking: the one that is called, or one given, as in `map(f, ts)`."""
    if isinstance(node, ast.Call):
        yield node.func
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            yield from part.args[:1]
        elif isinstance(part, ast.keyword) and part.arg == "key":
            yield part.value


def _operands(part: Any, node: Any, frame: FrameType) -> Iterator[ast.AST]:
    """What an expression computes with besides a node in it, without what is plain."""
    if part is node or isinstance(part, ast.Compare):
        return
    if isinstance(part, ast.Attribute) and part.attr in PLAIN:
        return
    if isinstance(part, ast.Call) and _is_one(part.func, (*LOOKS, len), frame):
        return
    yield part
    for inner in ast.iter_child_nodes(part):
        yield from _operands(inner, node, frame)


def _is_one(node: ast.AST, functions: tuple[Any, ...], frame: FrameType) -> bool:
    value = _value_of(node, frame)
    return any(value is function for function in functions)


def _value_of(node: ast.AST, frame: FrameType) -> Any:
    """The value of a name or of attributes of one, without running any code of the user's."""
    if isinstance(node, ast.Name):
        scopes = (frame.f_locals, frame.f_globals, vars(builtins))
        return next((scope[node.id] for scope in scopes if node.id in scope), None)
    if isinstance(node, ast.Attribute):
        return getattr(_value_of(node.value, frame), "__dict__", {}).get(node.attr)
    return None
