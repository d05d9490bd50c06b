"""Checks of numeric_derivative.py: python -m pytest checks/test_numeric_derivative.py"""

import numpy as np

from checks import Case, Exercise, Formula, Mistake
from minigrad import Tensor, autograd


def right(f, x, h=1e-5):
    return float((f(x + h) - f(x - h)) / (2 * h))


def slope_at(f, x):
    at = Tensor(x, dtype=np.float64, requires_grad=True)
    (slope,) = autograd.grad(f(at), at)
    return float(slope)


def of_another_step(a):
    """Whether this is nearly the slope of f at x, but not what the step h makes of it."""
    given = a.case.arguments
    slope = slope_at(given["f"], given["x"])
    return abs(a.got.result - slope) <= 1e-3 * max(1, abs(slope))


def slope_of(source, x, **step):
    call = "numeric_derivative(f, x, h)" if step else "numeric_derivative(f, x)"
    return Case(call, f=Formula(f"lambda x: {source}"), x=x, **step)


exercise = Exercise(
    "numeric_derivative",
    right,
    cases=[
        slope_of("3 * x", 0.0, h=0.5),
        slope_of("x**2", 3.0, h=0.5),
        slope_of("x**2", -1.0, h=0.25),
        slope_of("x**3", 2.0),
        slope_of("x**3", 0.0, h=0.5),
        slope_of("np.exp(x)", 1.0),
        slope_of("np.sin(x) / x", 0.5),
    ],
    mistakes=[
        Mistake(
            "one-sided difference",
            "The second point is x itself, so the estimate is the slope in the middle between the "
            "two. Which two points have x in their middle?",
            wrong=lambda f, x, h=1e-5: (f(x + h) - f(x)) / h,
        ),
        Mistake(
            "divided by h instead of 2h",
            "Yours is twice as large as it should be. How far is it from x − h to x + h?",
            wrong=lambda f, x, h=1e-5: 2 * right(f, x, h),
        ),
        Mistake(
            "not divided by the step",
            "A slope is rise over run. This is the rise alone.",
            wrong=lambda f, x, h=1e-5: right(f, x, h) * 2 * h,
        ),
        Mistake(
            "multiplied by h after dividing by 2",
            "Python computes `a / 2 * h` from left to right, as (a / 2) · h.",
            wrong=lambda f, x, h=1e-5: right(f, x, h) * h * h,
        ),
        Mistake(
            "sign",
            "The size is right, the sign is not. From which value is which subtracted?",
            wrong=lambda f, x, h=1e-5: -right(f, x, h),
        ),
        Mistake(
            "rounded",
            "The result is wanted with all its digits. Rounding is for printing.",
            when=lambda a: a.got.result in [round(a.expected.result, k) for k in range(12)],
        ),
        Mistake(
            "another step than h",
            "The caller chooses h: for x³ at 0 and h = 0.5 the estimate is 0.25. And far too "
            "small a step loses the digits of the difference. Which step does yours take?",
            when=of_another_step,
        ),
    ],
    sample=lambda rng: slope_of("x**2 + np.tanh(x)", round(rng.normal(), 2)),
    rtol=1e-6,
    atol=1e-14,
)


def test_numeric_derivative():
    exercise.check()
