"""Arguments and results as bytes, to and from a process that is not trusted.

One message is one line of JSON. Arrays travel as dtype, shape and base64; what is not an array, a
number, a string, None or a list, tuple or dict of them travels as the name of its type. Reading a
message runs no code and makes nothing that is larger than the message.
"""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
from checks.calls import Foreign, Formula


def dump(message: Any) -> bytes:
    """Write a message as one line."""
    return json.dumps(encode(message)).encode() + b"\n"


def load(line: bytes, trusted: bool = False) -> Any:
    """Read a message; a ValueError if it is not one. Only a trusted one may contain formulas."""
    try:
        return decode(json.loads(line), trusted)
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError("not a message") from error


def encode(value: Any) -> Any:
    """Return what stands for a value in JSON."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"array": [value.dtype.str, list(value.shape), data, isinstance(value, np.generic)]}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [encode(entry) for entry in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(entry)] for key, entry in value.items()]}
    if isinstance(value, Formula):
        return {"formula": value.source}
    return {"foreign": type(value).__name__[:100]}


def decode(value: Any, trusted: bool) -> Any:
    """Return the value that stands in JSON."""
    if isinstance(value, list):
        raise ValueError("a list that does not say what it is")
    if not isinstance(value, dict):
        return value
    [(kind, content)] = value.items()
    if kind == "array":
        return decode_array(*content)
    if kind == "list":
        return [decode(entry, trusted) for entry in content]
    if kind == "tuple":
        return tuple([decode(entry, trusted) for entry in content])
    if kind == "dict":
        return {decode(key, trusted): decode(entry, trusted) for key, entry in content}
    if kind == "formula" and trusted:
        return Formula(content)
    if kind == "foreign":
        return Foreign(str(content))
    raise ValueError(f"unknown: {kind}")


def decode_array(dtype: str, shape: list[int], data: str, scalar: bool) -> Any:
    kind = np.dtype(str(dtype))
    content = base64.b64decode(data, validate=True)
    sizes = [int(size) for size in shape]
    if kind.kind not in "biuf" or min(sizes, default=0) < 0:
        raise ValueError("not an array of numbers")
    if math.prod(sizes) * kind.itemsize != len(content):
        raise ValueError("its shape is not that of its content")
    array = np.frombuffer(content, kind).reshape(sizes).copy()
    return array[()] if scalar and array.ndim == 0 else array
