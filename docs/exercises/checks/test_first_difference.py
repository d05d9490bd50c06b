"""Checks of first_difference.py: python -m pytest checks/test_first_difference.py"""

import numpy as np

from checks import Case, Exercise, Mistake

NAN, INF = np.nan, np.inf
TINY = 2.0**-149  # the smallest float32 above 0
EPS = 2.0**-23  # from 1 to the next float32; below 1 they are half as far apart


def place(x):
    return np.abs(x).view(np.int32)


def signed_place(x):
    return x.view(np.int32).astype(np.int64)


def dead(a, b):
    """Where one of the two runs is NaN, and the other is not."""
    return np.isnan(a) != np.isnan(b)


def alive(a, b):
    return ~(np.isnan(a) | np.isnan(b))


def search(differ):
    """Make a search for the first step at which two runs differ."""

    def first_difference(a, b, floats):
        return next((i for i, found in enumerate(differ(a, b, floats)) if found), None)

    return first_difference


def parted(distance):
    """Make a search by a distance between numbers, with an eye on NaN."""
    return search(lambda a, b, floats: dead(a, b) | (alive(a, b) & (distance(a, b) > floats)))


def naive(distance):
    """Make a search by a distance that may be NaN, and then is not seen."""
    return search(lambda a, b, floats: distance(a, b) > floats)


def measured(name, hint, *distances):
    """Make a mistake of each distance that is no count of floats, with and without that eye."""
    return [Mistake(name, hint, wrong=made(d)) for d in distances for made in (naive, parted)]


def floats_apart(a, b):
    return np.abs(place(a) - place(b))


def from_1(a, b, floats):
    step = right(a, b, floats)
    return None if step is None else step + 1


def last(a, b, floats):
    step = right(a[::-1], b[::-1], floats)
    return None if step is None else len(a) - 1 - step


def int32_difference(a, b, floats):
    """The difference of the bits in int32, where it may overflow, and no eye on NaN."""
    return np.abs(a.view(np.int32) - b.view(np.int32)) > floats


right = parted(floats_apart)


def runs(a, b, floats):
    a, b = np.array(a, np.float32), np.array(b, np.float32)
    return Case("first_difference(a, b, floats)", a=a, b=b, floats=floats)


def sample(rng):
    a = rng.uniform(0.5, 4, size=4).astype(np.float32)
    b = (place(a) + rng.integers(-3, 4, size=4)).astype(np.int32).view(np.float32)
    return runs(a, b, 1)


exercise = Exercise(
    "first_difference",
    right,
    cases=[
        runs([1.0], [1.0], 0),
        runs([1.0], [2.0], 0),
        runs([2.0, 1.0], [2.0, 1.0 + EPS], 0),
        runs([2.0, 1.0], [2.0, 1.0 + EPS], 1),
        runs([2.0, 1.0 + 3 * EPS], [2.0, 1.0], 2),
        runs([3.0, 2.0, 1.0], [3.0, 2.5, 0.5], 10),
        runs([100.0], [100.0 + 64 * EPS], 2),
        runs([2.0**-10], [2.0**-10 * (1 + 3 * EPS)], 2),
        runs([1.9375], [1.9375 + 3 * EPS], 2),
        runs([1.0], [1.0 - EPS], 1),
        runs([1.0 - EPS], [1.0], 1),
        runs([1.0 - EPS / 2], [1.0 + EPS], 2),
        runs([1.0 + EPS], [1.0 - EPS / 2], 2),
        runs([0.0], [-0.0], 0),
        runs([0.0, -0.0], [TINY, TINY], 1),
        runs([-0.0, TINY], [3 * TINY, 3 * TINY], 2),
        runs([2.0, NAN], [2.0, 0.5], 10),
        runs([0.5], [NAN], 10),
        runs([2.0, NAN], [2.0, NAN], 10),
        runs([NAN, 2.0], [-NAN, 1.0], 10),
        runs([3.0], [INF], 10),
        runs([INF, 1.0], [INF, 1.0], 0),
    ],
    mistakes=[
        Mistake(
            "NaN agrees with everything",
            "Every comparison with NaN is False, `>` as well. So what does yours say of a run that "
            "has died?",
            wrong=search(lambda a, b, floats: alive(a, b) & (floats_apart(a, b) > floats)),
        ),
        Mistake(
            "NaN differs from NaN",
            "NaN is not equal to itself. Both runs are NaN at this step: have they parted here?",
            wrong=search(lambda a, b, floats: ~alive(a, b) | (floats_apart(a, b) > floats)),
        ),
        *measured(
            "absolute difference",
            "This is how far the losses are apart on the number line. Are there as many floats "
            "from 1 to 2 as from 100 to 101?",
            lambda a, b: np.abs(a - b),
        ),
        Mistake(
            "a tolerance instead of a count",
            "`isclose` allows a relative difference of 1e-5, some hundred floats, and knows "
            "nothing of `floats`. How many floats lie between the two?",
            wrong=[
                search(lambda a, b, floats: ~np.isclose(a, b)),
                search(lambda a, b, floats: ~np.isclose(a, b, equal_nan=True)),
            ],
        ),
        *measured(
            "difference in eps",
            "eps is the step from 1 to the next float. How long is that step at 100, and at 0.001?",
            lambda a, b: np.abs(a - b) / EPS,
        ),
        *measured(
            "relative difference in eps",
            "From 1 up to 2 all steps are equally long. Are they, if each is eps times a number?",
            lambda a, b: np.abs(a - b) / (EPS * a),
            lambda a, b: np.abs(a - b) / (EPS * b),
        ),
        *measured(
            "spacing of one of the two",
            "1 is a power of two: the steps below it are half as long as those above. With which "
            "of them do you measure?",
            lambda a, b: np.abs(a - b) / np.spacing(a),
            lambda a, b: np.abs(a - b) / np.spacing(b),
            lambda a, b: np.abs(a - b) / np.spacing(np.maximum(a, b)),
            lambda a, b: np.abs(a - b) / np.spacing(np.minimum(a, b)),
        ),
        Mistake(
            "any difference is too large",
            "Some floats of difference are allowed. If you do count them, in which dtype? Between "
            "two neighbours of float32 lie half a billion numbers of float64.",
            wrong=parted(lambda a, b: np.where(a == b, 0, INF)),
        ),
        Mistake(
            "exactly that many floats is too large",
            "More than `floats` was asked for. Which side does an equal number belong to?",
            wrong=search(
                lambda a, b, floats: dead(a, b) | (alive(a, b) & (floats_apart(a, b) >= floats))
            ),
        ),
        Mistake(
            "only a above b is seen",
            "Either of the runs may have the larger loss. Is your distance ever negative?",
            wrong=parted(lambda a, b: place(a) - place(b)),
        ),
        Mistake(
            "only b above a is seen",
            "Either of the runs may have the larger loss. Is your distance ever negative?",
            wrong=parted(lambda a, b: place(b) - place(a)),
        ),
        Mistake(
            "last instead of first",
            "One step that differs makes all later ones differ. Where did it begin?",
            wrong=last,
        ),
        Mistake(
            "counted from 1",
            "With this number as an index, which losses do you get?",
            wrong=from_1,
        ),
        Mistake(
            "the first step where none differs",
            "0 is the first step. What does `argmax` say of an array that is False everywhere?",
            wrong=lambda a, b, floats: right(a, b, floats) or 0,
        ),
        Mistake(
            "only the first step looked at",
            "A `return` ends the loop. When may it return None?",
            wrong=lambda a, b, floats: right(a[:1], b[:1], floats),
        ),
        Mistake(
            "minus zero far from zero",
            "They are the same number, and their bits are not the same. Which bit is it, and what "
            "is it worth in an int32?",
            wrong=parted(lambda a, b: np.abs(signed_place(a) - signed_place(b))),
        ),
        Mistake(
            "an integer that overflows",
            "The bits of −0.0 are the smallest int32 of all. What is it minus 1, and what is its "
            "absolute value? `np.abs` before `view` keeps out of that.",
            wrong=[
                search(int32_difference),
                parted(lambda a, b: np.abs(a.view(np.int32) - b.view(np.int32))),
            ],
        ),
    ],
    sample=sample,
)


def test_first_difference():
    exercise.check()
