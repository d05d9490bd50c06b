"""Results and arguments as values: compared, called by a name, and shown as code or in brief."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from checks.calls import Foreign


def numbers(value: Any) -> np.ndarray | None:
    """Return an array of the real numbers that value is, or None if it is something else."""
    if not isinstance(value, (bool, int, float, np.generic, np.ndarray)):
        return None
    array = np.asarray(value)
    return array if array.dtype.kind in "biuf" else None


def same(one: Any, other: Any, rtol: float = 0, atol: float = 0) -> bool:
    """Whether two results are equal up to rounding: numbers by value, NaN equal to NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            [same(one[key], other[key], rtol, atol) for key in one]
        )
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all([same(a, b, rtol, atol) for a, b in zip(one, other)])
    a, b = numbers(one), numbers(other)
    if a is None or b is None or isinstance(one, np.ndarray) != isinstance(other, np.ndarray):
        if a is not None and b is not None and a.ndim == b.ndim == 0:
            return same(a, b, rtol, atol)
        return a is None and b is None and type(one) is type(other) and bool(one == other)
    if a.dtype.kind in "biu" and b.dtype.kind in "biu":
        return np.array_equal(a, b)
    if rtol == atol == 0:
        return np.array_equal(a, b, equal_nan=True)
    with np.errstate(all="ignore"):
        return a.shape == b.shape and np.allclose(b, a, rtol, atol, equal_nan=True)


def entries(got: Any, expected: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield position or key, and both entries, of two lists, tuples or dicts alike."""
    if isinstance(expected, dict):
        yield from ((repr(key), got[key], value) for key, value in expected.items())
    elif isinstance(expected, (list, tuple)):
        yield from ((i, one, other) for i, (one, other) in enumerate(zip(got, expected)))


def leaves(got: Any, expected: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the arrays and numbers of two results alike, side by side."""
    if isinstance(expected, (dict, list, tuple)):
        for _, one, other in entries(got, expected):
            yield from leaves(one, other)
    elif numbers(expected) is not None and numbers(got) is not None:
        yield np.asarray(got), np.asarray(expected)


def hang(text: str) -> str:
    return text.replace("\n", "\n" + " " * 10)


def in_brief(value: Any, depth: int = 4) -> str:
    """Show a result: arrays with a few digits, and their shape where brackets do not say it."""
    if isinstance(value, np.ndarray):
        shown = np.array2string(value, precision=6, threshold=20, max_line_width=78)
        return shown if value.ndim and value.size else f"{shown}  (shape {value.shape})"
    if isinstance(value, float):
        shown = f"{float(value):.9g}"
        return shown if set(shown) & set(".en") else f"{shown}.0"
    if depth and isinstance(value, dict):
        entries = [f"{k!r}: {in_brief(v, depth - 1)}" for k, v in value.items()]
        return shorten("{" + ", ".join(entries) + "}")
    if depth and isinstance(value, (list, tuple)):
        inside = ", ".join([in_brief(v, depth - 1) for v in value])
        return shorten(f"({inside})" if isinstance(value, tuple) else f"[{inside}]")
    return shorten(repr(value))


def shorten(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-80:]}"


def with_np(code: str) -> str:
    """Write nan and inf so that they can be pasted."""
    return re.sub(r"\b(nan|inf)\b", r"np.\1", code)


def as_code(value: Any) -> str:
    """Show an argument as code that can be pasted."""
    if isinstance(value, np.ndarray) and value.size <= 40:
        dtype = "" if value.dtype in (np.float64, np.int64, bool) else f", dtype=np.{value.dtype}"
        return f"np.array({with_np(repr(value.tolist()))}{dtype})"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list):
        return shorten("[" + ", ".join(map(as_code, value)) + "]")
    if isinstance(value, tuple):
        return "(" + ", ".join(map(as_code, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, dict):
        return shorten("{" + ", ".join(f"{k!r}: {as_code(v)}" for k, v in value.items()) + "}")
    return shorten(with_np(repr(value)) if isinstance(value, float) else repr(value))


def kind(value: Any) -> str:
    """Return how a student would call the type of a value."""
    if isinstance(value, (bool, np.bool_)):
        return "a truth value"
    if isinstance(value, (int, float, np.number)) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        return "a number"
    if isinstance(value, Foreign):
        return with_article(value.type_name)
    names = {np.ndarray: "an array", dict: "a dict", list: "a list", tuple: "a tuple"}
    names |= {str: "a string", type(None): "None"}
    return names.get(type(value), with_article(type(value).__name__))


def with_article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
