"""Checks of accumulate.py: python -m pytest checks/test_accumulate.py"""

import numpy as np

from checks import Case, Exercise, Mistake


def right(contributions):
    names = dict.fromkeys(name for name, _ in contributions)
    return {name: sum(c for to, c in contributions if to == name) for name in names}


def once_each(contributions):
    first = {}
    for name, contribution in contributions:
        first.setdefault(name, contribution)
    return first


def mean(contributions):
    names = [name for name, _ in contributions]
    return {name: total / names.count(name) for name, total in right(contributions).items()}


def last_two(contributions):
    names = dict.fromkeys(name for name, _ in contributions)
    return {name: sum([c for to, c in contributions if to == name][-2:]) for name in names}


def sent(*pairs):
    arrays = [(name, np.array(contribution)) for name, contribution in pairs]
    return Case("accumulate(contributions)", contributions=arrays)


exercise = Exercise(
    "accumulate",
    right,
    cases=[
        sent(("x", [1.0])),
        sent(("x", [1.0]), ("x", [2.0])),
        sent(("x", [1.0]), ("b", [5.0]), ("x", [2.0])),
        sent(("W", [[1.0, 2.0], [3.0, 4.0]]), ("W", [[10.0, 20.0], [30.0, 40.0]])),
        sent(("x", [1.0, 0.0]), ("x", [0.0, 0.5]), ("x", [4.0, -2.0])),
        sent(),
    ],
    mistakes=[
        Mistake(
            "assigned instead of accumulated",
            "The last contribution has replaced those before it. What has to happen to them?",
            wrong=dict,
        ),
        Mistake(
            "only the first contribution kept",
            "The first contribution came through. What becomes of the next one of the same name?",
            wrong=once_each,
        ),
        Mistake(
            "only the last two contributions kept",
            "Two uses come out right, the first of three is gone. To what is the third one added?",
            wrong=last_two,
        ),
        Mistake(
            "averaged instead of summed",
            "The chain rule adds the paths up. It does not divide by their number.",
            wrong=mean,
        ),
        Mistake(
            "upstream gradient changed in place",
            "`+=` writes into the array that is there, and this one is the caller's: other nodes "
            "may still need it. How do you add two arrays into a new one?",
            when=lambda a: bool(a.changed),
        ),
        Mistake(
            "entries summed as well",
            "A gradient has its node's shape. Add the arrays to each other, not their entries.",
            wrong=lambda contributions: {k: v.sum() for k, v in right(contributions).items()},
        ),
    ],
    sample=lambda rng: sent(*[(name, rng.normal(size=2).round(1)) for name in "xwxxw"]),
)


def test_accumulate():
    exercise.check()
