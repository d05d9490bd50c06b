"""Checks of masked_log_backward.py: python -m pytest checks/test_masked_log_backward.py"""

import numpy as np

from checks import Case, Exercise, Mistake


def right(g, x):
    grad = np.zeros_like(x)
    grad[x > 0] = g[x > 0] / x[x > 0]
    return grad


def kept_away(a):
    """Whether only small x went wrong, and something like 1e-8 was what g was divided by."""
    g, x = a.case.arguments["g"], a.case.arguments["x"]
    wrong = ~np.isclose(a.got.result, a.expected.result)
    size = np.abs(a.got.result)
    large = (size > 1e3 * np.abs(g)) & (size < 1e19 * np.abs(g))
    return wrong.any() and (large & (x < 1e-6))[wrong].all()


def unwritten(a):
    """Whether the entries at x = 0, and no others, are what `spoil_free_memory` left there."""
    g, x = a.case.arguments["g"], a.case.arguments["x"]
    got = np.asarray(a.got.result)
    return np.isnan(got[x == 0]).all() and np.allclose(got[x > 0], (g[x > 0] / x[x > 0]))


def case(g, x):
    return Case("masked_log_backward(g, x)", g=np.array(g), x=np.array(x))


exercise = Exercise(
    "masked_log_backward",
    right,
    cases=[
        case([3.0], [0.5]),
        case([0.0], [0.0]),
        case([3.0], [0.0]),
        case([1.0, 3.0], [0.0, 0.5]),
        case([[2.0, -1.0], [0.5, 4.0]], [[0.25, 0.0], [1.0, 2.0]]),
        case([1.0, 1.0], [1e-20, 0.0]),
        case([np.inf, 1.0], [0.0, 0.5]),
    ],
    mistakes=[
        Mistake(
            "divided by 0",
            "At x = 0 there is nothing to divide. Which entries may be divided at all?",
            wrong=lambda g, x: g / x,
        ),
        Mistake(
            "x kept away from 0",
            "At x = 0 the result should be 0, not something large. And what is 1e-8 beside an x "
            "of 1e-20?",
            when=kept_away,
        ),
        Mistake(
            "a mask of zeros",
            "0 / 0 is NaN, and so is 0 times inf: a zero does not protect. Can you see to it that "
            "nothing is divided by 0 at all?",
            wrong=lambda g, x: (x > 0) * g / x,
        ),
        Mistake(
            "NaN and inf replaced afterwards",
            "`nan_to_num` makes 1.8e308 of inf, and hides a NaN that comes from elsewhere. Can you "
            "see to it that nothing is divided by 0 at all?",
            wrong=lambda g, x: np.nan_to_num(g / x),
        ),
        Mistake(
            "entries that nobody wrote",
            "`where=` leaves out what is masked, and there stands what was in the memory before. "
            "What does `out=` say?",
            when=unwritten,
        ),
        Mistake(
            "upstream gradient forgotten",
            "This is the slope of log. The chain rule has one factor more.",
            wrong=lambda g, x: right(np.ones_like(g), x),
        ),
        Mistake(
            "g passed on where x is 0",
            "There y is 0, whatever x is. How much does y move if x does?",
            wrong=lambda g, x: g / np.where(x > 0, x, 1),
        ),
        Mistake(
            "the mask is the wrong way round",
            "Where does the 0 stand, and where g / x?",
            wrong=lambda g, x: np.where(x > 0, 0, g / x),
        ),
        Mistake(
            "the log instead of its slope",
            "This is the forward pass. What is the derivative of log x?",
            wrong=lambda g, x: g * np.where(x > 0, np.log(x), 0),
        ),
        Mistake(
            "an argument changed in place",
            "`g[...] = 0` and `/=` write into the caller's array. Make a new one.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: case(
        rng.integers(1, 9, size=4) / 4, rng.permutation([0.0, 0.5, *rng.integers(1, 9, size=2) / 8])
    ),
)


def test_masked_log_backward():
    exercise.check()
