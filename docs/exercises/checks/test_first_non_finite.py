"""Checks of first_non_finite.py: python -m pytest checks/test_first_non_finite.py"""

import numpy as np

from checks import Case, Exercise, Mistake

NAN, INF = np.nan, np.inf


def first(bad, reduce=np.any):
    """Make a search for the first step with any or all numbers that are bad."""

    def search(steps):
        return next((name for name, result in steps if reduce(bad(result))), None)

    return search


def not_finite(result):
    return ~np.isfinite(result)


def computed(*steps):
    results = [(name, np.array(result)) for name, result in steps]
    return Case("first_non_finite(steps)", steps=results)


def step_before(steps):
    names = [None, *(name for name, _ in steps)]
    place = Position()(steps)
    return None if place is None else names[place]


class Position:
    """The position of the name that a search finds."""

    def __call__(self, steps):
        name = first(not_finite)(steps)
        return None if name is None else [n for n, _ in steps].index(name)


exercise = Exercise(
    "first_non_finite",
    first(not_finite),
    cases=[
        computed(("log", [0.0, 1.0])),
        computed(("div", [NAN])),
        computed(("exp", [INF])),
        computed(("log", [-INF])),
        computed(("exp", [1.0]), ("div", [NAN, 0.5])),
        computed(("exp", [2.0, INF]), ("sum", INF), ("div", [0.0, NAN])),
        computed(("log", [[0.5, -INF]]), ("mul", [[NAN, 0.0]]), ("sum", NAN)),
        computed(("mul", [1e308, -1e308]), ("div", [5e-324])),
        computed(("mul", [1e308, 1e308]), ("div", [-1e308, -1e308])),
        computed(("a", [1e308, 1e308]), ("b", [INF])),
        computed(("a", [1.0]), ("b", [NAN, INF]), ("c", [2.0]), ("d", [NAN])),
        computed(),
    ],
    mistakes=[
        Mistake(
            "NaN missed",
            "NaN is not equal to anything, not even to itself, so `== np.nan` is never true. "
            "Which function of NumPy tells?",
            wrong=[first(np.isinf), first(np.isposinf)],
        ),
        Mistake(
            "inf missed",
            "NaN often begins its life as an inf. Infinite numbers are not finite either.",
            wrong=first(np.isnan),
        ),
        Mistake(
            "minus infinity missed",
            "log(0) is −inf, which is not equal to inf.",
            wrong=first(lambda result: np.isnan(result) | np.isposinf(result)),
        ),
        Mistake(
            "all numbers have to be bad",
            "One bad number in a result is enough. Is it `any` or `all`, and of what?",
            wrong=first(not_finite, np.all),
        ),
        Mistake(
            "last instead of first",
            "A NaN spreads to everything after it. The culprit is the first one.",
            wrong=lambda steps: first(not_finite)(steps[::-1]),
        ),
        Mistake(
            "position instead of name",
            "This is the step's position in the list. Its name was asked for.",
            wrong=Position(),
        ),
        Mistake(
            "only the first step looked at",
            "A `return` ends the loop. When may it return None?",
            wrong=lambda steps: first(not_finite)(steps[:1]),
        ),
        Mistake(
            "the sum looked at",
            "Every entry here is finite. What is 1e308 + 1e308?",
            wrong=first(lambda result: not_finite(np.sum(result))),
        ),
        Mistake(
            "the step before",
            "This is the last step that was still good. Which one made the bad number?",
            wrong=step_before,
        ),
    ],
)


def test_first_non_finite():
    exercise.check()
