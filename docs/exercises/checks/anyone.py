"""Mistakes that can be made in any exercise, told from types, errors, shapes and numbers.

As gradcheck does for a backward rule, this looks for the one thing that turns what is right into
what came: the sign, a factor, a transposition, digits that are lost. It names what explains every
attempt that failed, and nothing that explains some of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from checks.from_numbers import Named, of_arguments, of_digits, of_factors, of_numbers, wrong_pairs
from checks.values import entries, kind, leaves, with_article

if TYPE_CHECKING:
    from checks.teaching import Attempt, Exercise

OF_ERRORS = {
    r"input\(\)|reading from stdin": "Nobody is there to answer. The numbers come as arguments.",
    r"truth value of an array": "`if`, `and`, `or` and `max(a, b)` want one truth value, and an "
    "array has many. Which function of NumPy chooses entry by entry?",
    r"(0-dimensional|size-1|length-1) arrays can be converted|must be real number, not": "The "
    "functions of `math`, and `float`, take one number. NumPy has those that take an array.",
    r"takes (\d+|from .*) positional arguments? but": "How many arguments has the `def`? A "
    "method's first one is `self`.",
    r"unexpected keyword|missing \d+ required": "The names and the number of the arguments have to "
    "stay as they were.",
    r"could not be broadcast": "Arrays are lined up at their last axis. Which of the two has lost "
    "an axis (`keepdims=True` keeps it), or has one too many?",
    r"matmul|shapes .* not aligned": "In A @ B the last axis of A meets the last but one of B (its "
    "only one, if it has one). Which axes should meet here?",
    r"cannot reshape": "Reshaping keeps all entries. How many are there, and how many should be?",
    r"index(es|ing)? .*(out of bounds|out of range)|too many indices": "Which shape has what you "
    "index, and which axis is meant?",
    r"is not defined": "Is it spelt as where it was made, and made before this line?",
    r"cannot access local|referenced before assignment": "The name is given a value in this "
    "function, but on some way the line that does it is not reached.",
    r"'NoneType'|NoneType": "Something is None here. Which function returns nothing: `sort`, "
    "`append`, or one of yours without `return`?",
    r"has no attribute": "Of which type is the object in front of the dot?",
    r"recursion": "Which call inside the function never stops calling?",
    r"read-only": "The array belongs to the caller, who allows no writing. Make a new one.",
    r"not iterable|not subscriptable|unpack": "Of which type is it, and how many entries has it?",
    r"Cannot cast ufunc|same_kind|setting an array element": "Of which dtype is the array that is "
    "written into? An integer array takes no fractions.",
    r"without calling .*detach|requires_grad|Tensor": "A Tensor's array is its `.data`.",
}

OF_TYPES = {
    ("a list", "an array"): "`np.array` makes one of a list. `.tolist()` makes lists of an array.",
    ("a tuple", "an array"): "Is there a comma too many?",
    ("a tuple", "a number"): "Is there a comma too many?",
    ("a number", "an array"): "Was something summed over all axes that should keep one? See `axis` "
    "and `keepdims`.",
    ("an array", "a number"): "One number is asked for. Over what is still to be summed?",
    ("an array", "a list"): "Arrays of different shapes make no array together. Put them in a "
    "list.",
    ("a string", "None"): "'None' is a word of four letters. The value has no quotation marks.",
}

ITERATORS = re.compile("generator|map|zip|filter|dict_|enumerate|reversed|range|iterator")


def explains_all(exercise: Exercise, attempts: list[Attempt]) -> Named:
    """Name what explains every failed attempt, and give a hint; both may be empty."""
    failed = [a for a in attempts if not a.right]
    said = [first_thing_wrong(attempt) for attempt in failed]
    shapes_alone = all(not name or of_a_shape(a)[0] for a, (name, _) in zip(failed, said))
    pairs = [pair for a in failed for pair in wrong_pairs(a, exercise.rtol)] if shapes_alone else []
    turned = of_numbers(pairs, failed)
    if turned:
        return turned
    if any(a.got.error is None and a.got.result is None for a in failed) and any(
        a.expected.result is None for a in attempts
    ):
        return "", ""
    if any(name for name, _ in said):
        return said[0] if all(name for name, _ in said) else ("", "")
    return of_arguments(exercise, attempts) or of_factors(pairs) or of_digits(pairs)


def first_thing_wrong(attempt: Attempt) -> Named:
    """Name what is wrong with the type, the shape or the like of one attempt."""
    for finder in (of_an_error, of_a_type, of_a_shape, of_a_change):
        found = finder(attempt)
        if found[0]:
            return found
    return "", ""


def of_an_error(attempt: Attempt) -> Named:
    got = attempt.got
    if not got.error:
        return "", ""
    said = f"Line {got.line} of your code says" if got.line else "Python says"
    hint = next((h for p, h in OF_ERRORS.items() if re.search(p, got.message)), "")
    if got.error == "KeyError":
        hint = "Which keys has the dict?"
    dot = "" if not hint or got.message.endswith((".", "?", "!")) else "."
    text = f"{said}: {got.message or got.error}{dot} {hint}".strip()
    return f"it raised {with_article(got.error)}", text


def of_a_type(attempt: Attempt) -> Named:
    if attempt.got.error:
        return "", ""
    return type_of(attempt.got.result, attempt.expected.result)


def type_of(got: Any, expected: Any, whose: str = "it returned") -> Named:
    """Name a type that is wrong, here or inside of a list, tuple or dict."""
    is_, should = kind(got), kind(expected)
    if is_ == "a Tensor":
        of_it = "`.item()` is its number." if should == "a number" else "Return its array, `.data`."
        return f"{whose} a Tensor", of_it
    if is_ != should and {is_, should} != {"a list", "a tuple"}:
        name = f"{whose} {is_} instead of {should}"
        hint = OF_TYPES.get((is_, should), "")
        if ITERATORS.search(is_):
            hint = "It has not been gone through yet: `list(...)` does that. `yield` in a function "
            hint += "makes one, too."
        if "method" in is_ or is_ == "a function":
            hint = "A function is called by the parentheses behind its name."
        return name, hint
    if isinstance(expected, (list, tuple)) and len(got) != len(expected):
        hint = "Which entries are missing?" if len(got) < len(expected) else "Which are too many?"
        return f"the result has {len(got)} instead of {len(expected)} entries", (
            f"{hint} A `return` inside of a loop ends it in the first round."
        )
    if isinstance(expected, dict) and set(got) != set(expected):
        missing = [key for key in expected if key not in got]
        named = f"no entry {missing[0]!r}" if missing else "an entry too many"
        return f"the result has {named}", "For which names is a result asked for?"
    for name, one, other in entries(got, expected):
        found = type_of(one, other, f"entry {name} is")
        if found[0]:
            return found
    return "", ""


def of_a_shape(attempt: Attempt) -> Named:
    got, expected = attempt.got, attempt.expected
    if got.error or of_a_type(attempt)[0]:
        return "", ""
    for one, other in leaves(got.result, expected.result):
        if one.shape != other.shape:
            return f"the result has shape {one.shape} instead of {other.shape}", of_axes(one, other)
    return "", ""


def of_axes(got: np.ndarray, expected: np.ndarray) -> str:
    """Say what happened to the axes."""
    if got.shape == expected.shape[::-1]:
        return "It is transposed. Which of two factors comes first, and which is turned?"
    if [n for n in got.shape if n > 1] == [n for n in expected.shape if n > 1]:
        if got.ndim > expected.ndim:
            return "An axis of length 1 is too many. Where was it kept (`keepdims`), or put in?"
        return "An axis of length 1 is missing. Where was it summed away, or squeezed?"
    if got.ndim < expected.ndim:
        return "An axis is gone. Which sum, mean, maximum or index took it?"
    if got.ndim > expected.ndim:
        return "An axis is too many: is one to be summed, or do (N,) and (N, 1) make (N, N) here?"
    return "Which axis has the wrong length, and which line gave it that length?"


def of_a_change(attempt: Attempt) -> Named:
    if attempt.got.error or not attempt.changed:
        return "", ""
    return f"it changes its argument {attempt.changed[0]} in place", (
        "Arguments belong to the caller. Which line writes into one? `+=` and `[...] =` do."
    )
