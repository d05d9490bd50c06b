"""What turns the right numbers into those that came, and where: a sign, a factor, digits, a row."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from checks.values import leaves, numbers, same

if TYPE_CHECKING:
    from checks.teaching import Attempt, Exercise

Named = tuple[str, str]
"""The name of a mistake and a hint."""

EXTREMES = 50
"""From here on, exp is far from 1 in float16 and float32."""

Pairs = list[tuple[np.ndarray, np.ndarray]]


def wrong_pairs(attempt: Attempt, rtol: float) -> Pairs:
    """The arrays and numbers that are wrong, each beside the right one."""
    both = leaves(attempt.got.result, attempt.expected.result)
    return [(g, e) for g, e in both if not same(g, e, rtol, 1e-12)]


def of_numbers(pairs: Pairs, failed: list[Attempt]) -> Named | None:
    """Name the one thing that turns every right array into what came."""
    if not pairs:
        return None
    if all(g.shape == e.shape and whole(g) and not whole(e) for g, e in pairs):
        return "cut off to whole numbers", (
            "What stood behind the point is gone. Which dtype has the array that you fill?"
        )
    pairs = [(np.asarray(g, float), np.asarray(e, float)) for g, e in pairs]
    with np.errstate(all="ignore"):
        for name, hint, test in RELATIONS:
            if all(test(g, e) for g, e in pairs):
                return name, hint
        return of_an_argument(failed) or of_a_factor(pairs)


def close(a: Any, b: Any, rtol: float = 1e-9) -> bool:
    fits = np.shape(a) == np.shape(b) or np.ndim(b) == 0
    return fits and bool(np.allclose(a, b, rtol, 1e-14, equal_nan=True))


def whole(x: np.ndarray) -> bool:
    return x.dtype.kind in "biu"


def rounded(g: np.ndarray, e: np.ndarray) -> bool:
    return any(close(g, e.round(k)) for k in range(13))


RELATIONS: list[tuple[str, str, Callable[[np.ndarray, np.ndarray], bool]]] = [
    ("sign", "The sizes are right, the signs are not.", lambda g, e: close(g, -e)),
    (
        "transposed",
        "The numbers are right, rows and columns are exchanged.",
        lambda g, e: e.ndim > 1 and close(g, e.swapaxes(-1, -2)),
    ),
    (
        "in reverse order",
        "The numbers are right, and the last comes first.",
        lambda g, e: e.ndim > 0 and close(g, e[::-1]),
    ),
    ("rounded", "The result is wanted with all its digits.", rounded),
    ("nothing but zeros", "Is what was computed ever put in?", lambda g, e: not g.any()),
    (
        "the logarithm instead of the number",
        "These are the logarithms of what is asked for.",
        lambda g, e: close(g, np.log(e)),
    ),
    (
        "the number instead of its logarithm",
        "Their logarithms are what is asked for.",
        lambda g, e: close(g, np.exp(e)),
    ),
    ("1 minus what it should be", "Is it a share, or what is left?", lambda g, e: close(g, 1 - e)),
]

OF_FACTORS = {
    2.0: "Twice: what was counted two times, or should have been halved?",
    0.5: "Half: what was halved, or counted once instead of two times?",
    float(1 / np.log(2)): "1.4427 is 1 / log 2: to which base is your logarithm?",
    float(1 / np.log(10)): "0.4343 is 1 / log 10: to which base is your logarithm?",
    1 / 255: "255 is the largest pixel. Do the pixels have to be scaled here?",
}


def of_an_argument(failed: list[Attempt]) -> Named | None:
    """Whether an argument was returned as it came, in every case."""
    for name in failed[0].case.arguments:
        given = [a.case.arguments.get(name) for a in failed]
        if all(numbers(g) is not None and same(a.got.result, g) for a, g in zip(failed, given)):
            return f"it returned {name} as it came", f"What should happen to {name}?"
    return None


def factors_of(pairs: Pairs) -> list[float]:
    """By which number each array is to be multiplied to be right; none, if any is not."""
    factors = []
    for g, e in pairs:
        usable = np.isfinite(g).all() and np.isfinite(e).all() and g.any() and e.any()
        if g.shape != e.shape or not usable:
            return []
        factors.append(float((g * e).sum() / (e * e).sum()))
        if not close(g, factors[-1] * e, 1e-7):
            return []
    return factors


def of_a_factor(pairs: Pairs) -> Named | None:
    """Name a factor, if it is the same for all."""
    factors = factors_of(pairs)
    if not factors or not close(factors, factors[0], 1e-6) or abs(factors[0] - 1) < 1e-4:
        return None
    if sum(np.count_nonzero(e) for _, e in pairs) < 2:
        return None
    hint = next((h for f, h in OF_FACTORS.items() if close(f, factors[0], 1e-6)), "")
    name = f"it is {factors[0]:.4g} times what it should be"
    return name, hint or "Where does that factor come from?"


def of_factors(pairs: Pairs) -> Named | None:
    """Name a factor that is another one for each array, if the arrays have entries enough."""
    factors = factors_of(pairs)
    if not factors or sum(np.count_nonzero(e) - 1 for _, e in pairs) < len(pairs):
        return None
    if close(factors, 1, 1e-4):
        return None
    return "off by a factor", (
        f"Here it is {factors[0]:.4g} times what it should be, in other cases another number of "
        "times. Which length, count or rate is that?"
    )


def of_digits(pairs: Pairs) -> Named:
    """Name digits that are lost, or a constant that was added."""
    if not pairs:
        return "", ""
    finite = [(g[np.isfinite(e)], e[np.isfinite(e)]) for g, e in pairs]
    if not all(np.isfinite(g).all() for g, _ in finite):
        return "", ""
    errors = [np.abs(g - e) / np.maximum(np.abs(e), 1e-300) for g, e in finite]
    worst = max([error.max(initial=0) for error in errors])
    added = np.concatenate([(g - e).ravel() for g, e in finite])
    if added.size > 1 and close(added, added[0], 1e-4) and not close(added, 0):
        return "a constant added", f"Every result is off by {added[0]:.4g}. What adds that?"
    if 0 < worst < 1e-4:
        digits = int(-np.log10(worst))
        return f"right to {digits} digits only", (
            "A small constant that was added somewhere (1e-8), a rounding, a step that is not "
            "small enough, or float32 on the way costs the others."
        )
    return "", ""


ALTERED: list[tuple[str, str, Callable[[np.ndarray], np.ndarray]]] = [
    ("{} left out", "Where does {} come into your result?", np.zeros_like),
    ("{} taken as ones", "Where does {} come into your result?", np.ones_like),
    ("the sign of {}", "The result is right for −{} in place of {}.", np.negative),
    ("{} without its sign", "The result is right for the absolute value of {}.", np.abs),
    ("{} transposed", "The result is right for the transpose of {}.", np.transpose),
    (
        "softmax of {}",
        "{} has been through another softmax. What is {} already?",
        lambda x: soft(x),
    ),
    ("{} squared", "The result is right for the square of {}.", np.square),
    ("the exp of {}", "The result is right for exp({}) in place of {}.", np.exp),
    ("the logarithm of {}", "The result is right for the logarithm of {}.", np.log),
    ("{} divided by 255", "Do the pixels have to be scaled here?", lambda x: x / 255),
    ("{} divided by its length", "Is a mean asked for?", lambda x: x / len(x)),
    ("{} cut off to whole numbers", "Reading bits and rounding are two things.", np.trunc),
    ("{} in reverse order", "The result is right for {} with the last first.", lambda x: x[::-1]),
]


def soft(x: np.ndarray) -> np.ndarray:
    exps = np.exp(x - x.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def of_arguments(exercise: Exercise, attempts: list[Attempt]) -> Named | None:
    """Whether the result is the right one of other arguments, in every case."""
    names = list(attempts[0].case.arguments)
    for name in names:
        for title, hint, alter in ALTERED:
            if exercise.is_right_of(attempts, altered(name, alter)):
                return title.replace("{}", name), hint.replace("{}", name)
    for one, other in itertools.combinations(names, 2):
        if exercise.is_right_of(attempts, exchanged(one, other)):
            return f"{one} and {other} exchanged", "Which of the two is which?"
    return None


def altered(name: str, alter: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda given: {name: alter(given[name])}


def exchanged(one: str, other: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda given: {one: given[other], other: given[one]}


# ---------------------------------------------------------------------------------------------
# Told from where it goes wrong
# ---------------------------------------------------------------------------------------------


def of_where(attempts: list[Attempt]) -> Named:
    """Say in which cases it goes wrong, if they have something in common that no other has."""
    right, failed = ([a for a in attempts if a.right is passed] for passed in (True, False))
    for property_, name, hint in PLACES:
        if right and all(map(property_, failed)) and not all(map(property_, right)):
            return name, hint
    return "", ""


def arrays_of(value: Any) -> Iterator[np.ndarray]:
    """Yield the arrays and numbers in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for entry in value:
            yield from arrays_of(entry)
    elif numbers(value) is not None:
        yield np.asarray(value, float)


def given(attempt: Attempt) -> list[np.ndarray]:
    return list(arrays_of(attempt.case.arguments))


def extreme(attempt: Attempt) -> bool:
    sizes = np.concatenate([np.abs(x).ravel() for x in given(attempt)] or [np.zeros(1)])
    sizes = sizes[sizes > 0]
    return bool((sizes > EXTREMES).any() or (sizes < 1 / EXTREMES**2).any())


def several_rows(attempt: Attempt) -> bool:
    return any(x.ndim > 1 and len(x) > 1 for x in given(attempt))


PLACES: list[tuple[Callable[[Attempt], bool], str, str]] = [
    (
        extreme,
        "right, but not for very large or very small numbers",
        "On paper it is right. Follow the numbers of this case: which one on the way is too large "
        "for its dtype, or so small that it is lost beside another?",
    ),
    (
        several_rows,
        "right for one row, but not for several",
        "What should each row have for itself (a largest entry, a sum, an index) that yours takes "
        "of all of them?",
    ),
]
