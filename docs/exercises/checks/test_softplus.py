"""Checks of softplus.py: python -m pytest checks/test_softplus.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


class Right:
    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, g, y, x):
        return g * F.sigmoid(Tensor(x)).numpy()


class Overflowing(Right):
    def forward(self, x):
        with np.errstate(over="ignore"):
            return np.log(1 + np.exp(x))


class Rounding(Right):
    def forward(self, x):
        return np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x)))


class WithoutG(Right):
    def backward(self, g, y, x):
        return super().backward(np.ones_like(g), y, x)


class Relu(Right):
    def backward(self, g, y, x):
        return g * (x > 0)


class ReluBothWays(Relu):
    def forward(self, x):
        return np.maximum(x, 0)


class OfTheResult(Right):
    def backward(self, g, y, x):
        return super().backward(g, x, y)


class Swapped(Right):
    def backward(self, g, y, x):
        return super().backward(g, y, -x)


class OfTheLogistic(Right):
    def backward(self, g, y, x):
        p = F.sigmoid(Tensor(x)).numpy()
        return g * p * (1 - p)


def forward(*x):
    return Case("Softplus().forward(x)", x=np.array(x))


def backward(g, x, without_a_warning=False):
    x = np.array(x)
    rule = "Softplus().backward"
    if without_a_warning:
        rule = f'np.errstate(over="raise", invalid="raise")({rule})'
    return Case(f"{rule}(g, y, x)", g=np.array(g), y=np.logaddexp(0, x), x=x)


exercise = Exercise(
    "softplus",
    Right,
    defines="Softplus",
    cases=[
        forward(0.0),
        forward(1.0, -1.0),
        backward([1.0], [0.0]),
        backward([2.0], [1.0]),
        backward([3.0, -1.0], [-1.0, 2.0]),
        forward(1000.0),
        forward(-40.0),
        forward(-1000.0, 1000.0),
        forward(40.0, -700.0),
        backward([1.0, 1.0], [1000.0, -1000.0]),
        backward([2.0], [-1000.0], without_a_warning=True),
    ],
    mistakes=[
        Mistake(
            "overflow of exp",
            "exp(1000) is inf. For a large x, which of 1 and exp(x) is to be taken out?",
            wrong=Overflowing,
        ),
        Mistake(
            "log of 1 plus a small number",
            "1 + exp(-40) is 1, and its logarithm 0. Which function takes the small number alone?",
            wrong=Rounding,
        ),
        Mistake(
            "the derivative of the sigmoid",
            "p (1 − p) is the slope of the sigmoid. What is the slope of softplus?",
            wrong=OfTheLogistic,
        ),
        Mistake(
            "right, but with a warning",
            "exp(1000) overflows on the way, also where `np.where` takes the other side. For which "
            "sign of x does exp(x) stay small, and for which exp(−x)?",
            when=lambda a: a.got.error == "FloatingPointError",
        ),
        Mistake(
            "upstream gradient forgotten",
            "The chain rule multiplies the slope by what came from above.",
            wrong=WithoutG,
        ),
        Mistake(
            "the derivative of max(x, 0)",
            "Softplus is smooth: at 0 its slope is neither 0 nor 1.",
            wrong=[Relu, ReluBothWays],
        ),
        Mistake(
            "derivative at the result",
            "The slope is the sigmoid of the input x. Of what is yours?",
            wrong=OfTheResult,
        ),
        Mistake(
            "the other half of the sigmoid",
            "A large x should let everything through, a small one nothing.",
            wrong=Swapped,
        ),
    ],
    rtol=1e-9,
    atol=0,
)


def test_softplus():
    exercise.check()
