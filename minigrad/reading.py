"""Whether plain values of a Tensor are only read, or computed with, which would end its graph.

Plots, tests and prints read. `math.exp(t)` computes, and so does `b + 2 * float(w)` with a Tensor
b: the gradient of one term would be gone without a word.
"""

from __future__ import annotations

import ast
import builtins
import dis
import sys
from types import FrameType
from typing import Any

READERS = ("matplotlib", "numpy.testing", "_pytest", "minigrad.viz")
"""Packages that look at values, and compute nothing that is differentiated."""

QUESTIONS = {"isnan", "isinf", "isfinite", "isclose", "floor", "ceil", "trunc"}
"""What of the module `math` is piecewise constant, so that there is no gradient to lose."""


def is_read() -> bool:
    """Whether an array is asked for by a package that only reads it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if any(module == name or module.startswith(f"{name}.") for name in READERS):
            return True
        if not module.startswith("numpy."):
            return False
        frame = frame.f_back
    return False


def cut_by(is_differentiated: Any) -> str | None:
    """What computes with the number that is being asked for, as code; None if that is harmless.

    `is_differentiated` says of a value whether it is a Tensor that requires a gradient.
    """
    frame = sys._getframe(2)
    if dis.opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR":
        return "an assignment to an array's entry"
    call = _call_in(frame)
    if call is None:
        return None
    function = _value_of(call.func, frame)
    if getattr(function, "__module__", None) in ("math", "cmath"):
        return None if function.__name__ in QUESTIONS else ast.unparse(call)
    if function is not builtins.float:
        return None
    whole: Any = call
    while isinstance(whole.parent, (ast.BinOp, ast.UnaryOp)):
        whole = whole.parent
    inside = set(ast.walk(call))
    others = [n for n in ast.walk(whole) if n not in inside]
    if any(is_differentiated(_value_of(node, frame)) for node in others):
        return ast.unparse(whole)
    return None


def _call_in(frame: FrameType) -> Any:
    """The call that a frame is in, as a syntax tree; None where its source is not known."""
    from executing import Source

    try:
        node = Source.executing(frame).node
    except Exception:  # a number is better than an error of the search for its use
        return None
    return node if isinstance(node, ast.Call) else None


def _value_of(node: ast.AST, frame: FrameType) -> Any:
    """The value of a name or of attributes of one, without running any code of the user's."""
    if isinstance(node, ast.Name):
        scopes = (frame.f_locals, frame.f_globals, vars(builtins))
        return next((scope[node.id] for scope in scopes if node.id in scope), None)
    if isinstance(node, ast.Attribute):
        return getattr(_value_of(node.value, frame), "__dict__", {}).get(node.attr)
    return None
