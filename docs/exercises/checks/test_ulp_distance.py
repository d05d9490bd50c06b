"""Checks of ulp_distance.py: python -m pytest checks/test_ulp_distance.py"""

import numpy as np

from checks import Case, Exercise, Mistake


def place(x):
    bits = int(np.float64(abs(x)).view(np.int64))
    return bits if x >= 0 else -bits


def place32(x):
    bits = int(np.float32(abs(x)).view(np.int32))
    return bits if x >= 0 else -bits


def right(a, b):
    return abs(place(a) - place(b))


def raw_bits(a, b):
    return abs(int(np.float64(a).view(np.int64)) - int(np.float64(b).view(np.int64)))


def case(a, b):
    return Case("ulp_distance(a, b)", a=float(a), b=float(b))


LARGEST = float(np.finfo(float).max)
TINY = float(np.finfo(float).smallest_subnormal)

exercise = Exercise(
    "ulp_distance",
    right,
    cases=[
        case(1.0, 1.0),
        case(1.0, 1.0 + 2.0**-52),
        case(1.0 + 2.0**-52, 1.0),
        case(1.0, 1.0 - 2.0**-53),
        case(1.0, 2.0),
        case(0.0, TINY),
        case(-TINY, TINY),
        case(0.0, -0.0),
        case(-1.0, -1.0 - 2.0**-52),
        case(-1.0, 1.0),
        case(-4.0, 4.0),
        case(-LARGEST, LARGEST),
        case(1e300, 1e300 * (1 + 2.0**-52)),
        case(0.1, 0.3),
    ],
    mistakes=[
        Mistake(
            "sign ignored",
            "Between -1 and 1 lie a great many floats.",
            wrong=lambda a, b: abs(place(abs(a)) - place(abs(b))),
        ),
        Mistake(
            "the sign bit counted as a number",
            "The bits of a negative number begin with a 1, which as an int64 is a huge step. Where "
            "should negative numbers stand on the line?",
            wrong=raw_bits,
        ),
        Mistake(
            "difference in eps",
            "eps is the step at 1. Below 1 the steps are smaller, above 2 they are larger.",
            wrong=lambda a, b: round(abs(a - b) / 2.0**-52),
        ),
        Mistake(
            "spacing of one of the two",
            "Between 1 and 2 all steps are equally long, below and above they are not. Which step "
            "do you measure with, and which way does it go?",
            wrong=[
                lambda a, b: round(abs(a - b) / np.spacing(a)),
                lambda a, b: round(abs(a - b) / np.spacing(max(abs(a), abs(b)))),
            ],
        ),
        Mistake(
            "counted among the floats of float32",
            "From one float32 to the next there are half a billion of float64. In which dtype are "
            "your numbers when their bits are read?",
            wrong=lambda a, b: abs(place32(a) - place32(b)),
        ),
        Mistake(
            "cut off to whole numbers",
            "`astype` converts the value, 1.5 to 1. Reading the same bits in another way is a "
            "view.",
            wrong=lambda a, b: abs(int(np.float64(a).astype(int)) - int(np.float64(b).astype(int))),
        ),
        Mistake(
            "an integer that overflows",
            "An int64 ends at 9.2e18, and from −4 to 4 there are more floats than that. Which "
            "integers have no end?",
            wrong=lambda a, b: abs(np.int64(place(a)) - np.int64(place(b))),
        ),
        Mistake(
            "direction kept",
            "A distance is never negative.",
            wrong=lambda a, b: place(b) - place(a),
        ),
        Mistake(
            "direction kept, from b to a",
            "A distance is never negative.",
            wrong=lambda a, b: place(a) - place(b),
        ),
    ],
)


def test_ulp_distance():
    exercise.check()
