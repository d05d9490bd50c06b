"""What a backward rule returns for each input, and which arrays it needs for that."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

SIZES = ("shape", "ndim", "size", "dtype")  # of an array, which are no use of its numbers
BY_NUMBERS = {"_count": 0, "divisor": 0, "class_count": 0, "class_axis": 0, "axes_of": 0}
BY_NUMBERS |= {"from_rows": 1}  # so many arguments matter by their numbers, the others by size


class Term(NamedTuple):
    """What goes to one input: its code, empty where a line does not tell, and what it needs.

    The needs are the symbols of the inputs and the result whose numbers are used.
    """

    code: str
    needs: tuple[str, ...]


@cache
def terms_of(rule: str | None, symbols: tuple[str, ...], inputs: int) -> tuple[Term, ...]:
    """Read the terms of a rule for so many inputs; none where its text does not tell.

    Examples
    --------
    >>> terms_of("def backward(self, g, y, a, b): return g * b, g * a", ("g", "y", "a", "b"), 2)
    (Term(code='g * b', needs=('b',)), Term(code='g * a', needs=('a',)))
    """
    try:
        (method,) = ast.parse(rule or "").body
    except (SyntaxError, ValueError):
        return ()
    returns = [node.value for node in ast.walk(method) if isinstance(node, ast.Return)]
    made = _assigned(method)
    ways = [[_term(e, made, symbols) for e in _elements(value, inputs)] for value in returns]
    if not ways or any(len(way) != inputs for way in ways):
        return ()
    if len(ways) == 1:
        return tuple(ways[0])
    needs = [{name for term in terms for name in term.needs} for terms in zip(*ways)]
    return tuple(Term("", tuple(s for s in symbols[1:] if s in found)) for found in needs)


def _elements(value: Any, count: int) -> list[Any]:
    """The elements of a display; one with a star stands for all that are left."""
    elements = list(value.elts) if isinstance(value, ast.Tuple) else [value]
    if elements and isinstance(elements[-1], ast.Starred):
        elements[-1:] = [elements[-1].value] * (count - len(elements) + 1)
    return elements


def _term(node: Any, made: dict[str, set[str]], symbols: tuple[str, ...]) -> Term:
    if isinstance(node, ast.IfExp):  # `... if self.needs_input_grad[0] else None`
        node = node.body
    if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
        node = node.elt
    found: set[str] = set()
    ahead = {*_names(node)}
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead |= made.get(name, set())
    told = not isinstance(node, ast.Name) or node.id in symbols
    needs = tuple(name for name in symbols[1:] if name in found)
    return Term(ast.unparse(node) if told else "", needs)


def _assigned(method: ast.AST) -> dict[str, set[str]]:
    """For each variable of a rule the names in what is assigned to it."""
    made: dict[str, set[str]] = defaultdict(set)
    for node in ast.walk(method):
        if not isinstance(node, (ast.Assign, ast.AugAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target, value in _pairs(targets[0], node.value):
            while isinstance(target, (ast.Subscript, ast.Call, ast.Attribute)):
                target = target.func if isinstance(target, ast.Call) else target.value
            if isinstance(target, ast.Name):
                made[target.id] |= {*_names(value)} - {target.id}
    return made


def _pairs(target: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(target, ast.Tuple):
        yield target, value
    elif isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
        yield from zip(target.elts, value.elts)
    else:
        yield from ((name, value) for name in target.elts)


def _names(node: Any) -> Iterator[str]:
    """Yield the names whose numbers an expression uses."""
    if isinstance(node, ast.Attribute) and node.attr in SIZES:
        return
    if isinstance(node, ast.Name):
        yield node.id
    if isinstance(node, ast.Call):
        called = getattr(node.func, "attr", getattr(node.func, "id", None))
        arguments = node.args[: BY_NUMBERS.get(str(called))]
        for part in (node.func, *arguments, *(keyword.value for keyword in node.keywords)):
            yield from _names(part)
        return
    for child in ast.iter_child_nodes(node):
        yield from _names(child)
