"""What plain data may look like, told by the types of dataclasses: as JSON Schema, and on reading.

The same annotations say both: `Literal` the words that are known, `Annotated[str, pattern]` the
form of an id, `int` a number of things, from 0 on, `float` a finite number, `float | bool` an entry
of an array, which may be non-finite, and `Any` entries in lists of any depth.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

NON_FINITE = ("NaN", "Infinity", "-Infinity")
LONG = 40  # characters of what is wrong that are quoted
UNSIGNED, SIGNED = 2**64, -(2**63)  # what an entry of an integer array can be

Read = Callable[[Any], Any]


class MisfitError(ValueError):
    """Something is not as it should be, at a place such as ".graphs[0].output"."""

    def __init__(self, expected: str, got: Any = MISSING, place: str = "") -> None:
        quoted = "" if got is MISSING else f", not {_quoted(got)}"
        self.says, self.place = f"{expected}{quoted}", place

    def __str__(self) -> str:
        return f"{self.place.lstrip('.') or 'the whole'}: {self.says}"


def _quoted(raw: Any) -> str:
    if isinstance(raw, (dict, list)):
        return "an object" if isinstance(raw, dict) else "a list"
    text = json.dumps(raw)
    return text if len(text) <= LONG else f"{text[:LONG]}…"


# ---------------------------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------------------------


@cache
def reader(kind: Any) -> Read:
    """The function that reads what JSON says of a type; it raises a MisfitError."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _reader_of_objects(kind)
    if origin is Annotated:
        return _reader_of_text(re.compile(arguments[1]))
    if origin is Literal:
        words = " or ".join(map(json.dumps, arguments))
        return _reader_of(lambda raw: type(raw) in (str, int) and raw in arguments, words)
    if origin in (Union, UnionType):
        *others, last = (each for each in arguments if each is not NoneType)
        if others:  # float | bool
            return _entry
        read = reader(last)
        return lambda raw: None if raw is None else read(raw)
    if origin is tuple and arguments[-1] is Ellipsis:
        return _reader_of_lists([reader(arguments[0])], None)
    if origin is tuple:
        return _reader_of_lists(list(map(reader, arguments)), len(arguments))
    return _SIMPLE[kind]


def _reader_of(is_one: Callable[[Any], bool], expected: str) -> Read:
    def read(raw: Any) -> Any:
        if is_one(raw):
            return raw
        raise MisfitError(f"it should be {expected}", raw)

    return read


def _reader_of_text(form: re.Pattern[str]) -> Read:
    return _reader_of(
        lambda raw: isinstance(raw, str) and bool(form.fullmatch(raw)),
        f"of the form {form.pattern}",
    )


def _reader_of_lists(readers: list[Read], length: int | None) -> Read:
    def read(raw: Any) -> tuple[Any, ...]:
        if not isinstance(raw, list) or length not in (None, len(raw)):
            raise MisfitError(f"it should be a list{f' of {length}' if length else ''}", raw)
        items = []
        for i, item in enumerate(raw):
            try:
                items.append(readers[i if length else 0](item))
            except MisfitError as misfit:
                misfit.place = f"[{i}]{misfit.place}"
                raise
        return tuple(items)

    return read


def _reader_of_objects(kind: Any) -> Read:
    types = get_type_hints(kind, include_extras=True)
    known = [(f.name, reader(types[f.name]), f.default is MISSING) for f in fields(kind)]

    def read(raw: Any) -> Any:
        if not isinstance(raw, dict):
            raise MisfitError("it should be an object", raw)
        parts = {}
        for name, read_part, is_needed in known:
            try:
                if name in raw:
                    parts[name] = read_part(raw[name])
                elif is_needed:
                    raise MisfitError("it is missing")
            except MisfitError as misfit:
                misfit.place = f".{name}{misfit.place}"
                raise
        return kind(**parts)

    return read


def _number(raw: Any) -> float:
    if type(raw) is float and math.isfinite(raw):
        return raw
    if type(raw) is int and SIGNED <= raw < UNSIGNED:
        return raw
    raise MisfitError("it should be a number that fits 64 bits", raw)


def _entry(raw: Any) -> float | bool:
    if isinstance(raw, str) and raw in NON_FINITE:
        return float(raw)
    return raw if isinstance(raw, bool) else _number(raw)


def _entries(raw: Any) -> Any:
    return tuple(map(_entries, raw)) if isinstance(raw, list) else _entry(raw)


_SIMPLE: dict[Any, Read] = {
    str: _reader_of(lambda raw: isinstance(raw, str), "text"),
    bool: _reader_of(lambda raw: isinstance(raw, bool), "true or false"),
    int: _reader_of(lambda raw: type(raw) is int and 0 <= raw < UNSIGNED, "an integer from 0 on"),
    float: _number,
    Any: _entries,
}


# ---------------------------------------------------------------------------------------------
# JSON Schema
# ---------------------------------------------------------------------------------------------


def schema(kind: Any) -> dict[str, Any]:
    """Describe a dataclass, and those within it, as JSON Schema."""
    parts: dict[str, Any] = {}
    top = _schema_of(kind, parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **top, "$defs": parts}


def _schema_of(kind: Any, parts: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _schema_of_object(kind, parts)
    if origin is Annotated:
        return {"type": "string", "pattern": f"^{arguments[1]}$"}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType) and NoneType in arguments:
        return {"anyOf": [_schema_of(each, parts) for each in arguments]}
    if origin in (Union, UnionType):
        return _ENTRY
    if origin is tuple and arguments[-1] is Ellipsis:
        return {"type": "array", "items": _schema_of(arguments[0], parts)}
    if origin is tuple:
        items = [_schema_of(each, parts) for each in arguments]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
    if kind is Any:
        lists = {"type": "array", "items": {"$ref": "#/$defs/Entries"}}
        parts["Entries"] = {"anyOf": [*_ENTRY["anyOf"], lists]}
        return {"$ref": "#/$defs/Entries"}
    return _SIMPLE_SCHEMAS[kind]


def _schema_of_object(kind: Any, parts: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in parts:
        parts[name] = {}
        types = get_type_hints(kind, include_extras=True)
        parts[name] |= {
            "description": (inspect.getdoc(kind) or name).partition("\n")[0],
            "type": "object",
            "properties": {f.name: _schema_of(types[f.name], parts) for f in fields(kind)},
            "required": [f.name for f in fields(kind) if f.default is MISSING],
        }
    return {"$ref": f"#/$defs/{name}"}


_ENTRY: dict[str, Any] = {
    "anyOf": [{"type": "number"}, {"type": "boolean"}, {"enum": list(NON_FINITE)}]
}
_SIMPLE_SCHEMAS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0},
    float: {"type": "number"},
    NoneType: {"type": "null"},
}
