"""Arguments and results as bytes, to and from a process that is not trusted.

One message is one line of JSON. Arrays travel as dtype, shape and base64; what is not an array, a
number, a string, None or a list, tuple or dict of them travels as the name of its type. Reading a
message runs no code, makes nothing much larger than the message, and takes time in proportion to
its length: types and dtypes are a fixed set, and how much of each a message may hold is counted
before it is parsed.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
from checks.calls import Foreign, Formula

DTYPES = {dtype.str: dtype for dtype in map(np.dtype, "?bBhHiIlLqQefdg")}
LONGEST_MESSAGE = 2**22
MOST_VALUES = 2**17
"""In one message: lists, dicts, and what they hold."""
MOST_NUMBERS = 10_000
"""Outside of arrays, and as keys: unlike those of strings, their hashes can be chosen."""
MOST_ELEMENTS, MOST_AXES = 2**16, 6
"""Of an array that is an answer; a larger one is told to the checks as what it is."""
DEEPEST, MOST_DIGITS = 20, 300


def dump(message: Any) -> bytes:
    """Write a message as one line."""
    return json.dumps(encode(message)).encode() + b"\n"


def load(line: bytes, trusted: bool = False) -> Any:
    """Read a message; a ValueError if it is not one. Only a trusted one may contain formulas."""
    if not trusted and (
        len(line) > LONGEST_MESSAGE
        or line.count(b",") + line.count(b"[") + line.count(b"{") > MOST_VALUES
    ):
        raise ValueError("not a message: it is too large")
    reader = Reader(trusted)
    try:
        return reader.decode(json.loads(line, parse_int=reader.int, parse_float=reader.float), 0)
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError("not a message") from error


def encode(value: Any, depth: int = 0) -> Any:
    """Return what stands for a value in JSON."""
    if depth >= DEEPEST:
        return {"foreign": "object in too many others"}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and not isinstance(value, np.generic):
        return value if abs(value) < 10**MOST_DIGITS else {"foreign": "very large int"}
    if isinstance(value, float) and not isinstance(value, np.generic):
        return value
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        native = np.asarray(value, value.dtype.newbyteorder("="))
        data = base64.b64encode(np.ascontiguousarray(native).tobytes()).decode()
        return {"array": [native.dtype.str, list(value.shape), data, isinstance(value, np.generic)]}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [encode(entry, depth + 1) for entry in value]}
    if isinstance(value, dict):
        keys = [key.item() if isinstance(key, np.generic) else key for key in value]
        if not all([isinstance(key, (str, int, float, type(None))) for key in keys]):
            return {"foreign": "dict whose keys are not all numbers or strings"}
        return {
            "dict": [[key, encode(entry, depth + 1)] for key, entry in zip(keys, value.values())]
        }
    if isinstance(value, Formula):
        return {"formula": value.source}
    return {"foreign": type(value).__name__[:100]}


class Reader:
    """Reads one message, and keeps count."""

    def __init__(self, trusted: bool) -> None:
        self.trusted, self.numbers = trusted, 0

    def int(self, digits: str) -> int:
        return int(self.counted(digits))

    def float(self, digits: str) -> float:
        return float(self.counted(digits))

    def counted(self, digits: str) -> str:
        self.numbers += 1
        if len(digits) > MOST_DIGITS + 1 or (self.numbers > MOST_NUMBERS and not self.trusted):
            raise ValueError("too many digits, or numbers")
        return digits

    def decode(self, value: Any, depth: int) -> Any:
        """Return the value that stands in JSON."""
        if isinstance(value, list) or depth > DEEPEST:
            raise ValueError("a list that does not say what it is, or one in too many others")
        if not isinstance(value, dict):
            return value
        [(kind, content)] = value.items()
        if kind == "array":
            return self.decode_array(*content)
        if kind == "list":
            return [self.decode(entry, depth + 1) for entry in content]
        if kind == "tuple":
            return tuple([self.decode(entry, depth + 1) for entry in content])
        if kind == "dict":
            return {key: self.decode(entry, depth + 1) for key, entry in content}
        if kind == "formula" and self.trusted:
            return Formula(content)
        if kind == "foreign" and isinstance(content, str):
            return Foreign(content[:100])
        raise ValueError("unknown")

    def decode_array(self, name: str, shape: list[int], data: str, scalar: bool) -> Any:
        kind, content = DTYPES[name], base64.b64decode(data, validate=True)
        if len(shape) > 32 or not all([type(n) is int and 0 <= n < 2**32 for n in shape]):
            raise ValueError("not a shape")
        if math.prod(shape) * kind.itemsize != len(content):
            raise ValueError("its shape is not that of its content")
        if not self.trusted and (math.prod(shape) > MOST_ELEMENTS or len(shape) > MOST_AXES):
            return Foreign(f"array of shape {tuple(shape)}")
        array = np.frombuffer(content, kind).reshape(shape).copy()
        return array[()] if scalar and array.ndim == 0 else array
