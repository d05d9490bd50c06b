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


class OfTheResult(Right):
    def backward(self, g, y, x):
        return super().backward(g, x, y)


class Swapped(Right):
    def backward(self, g, y, x):
        return super().backward(g, y, -x)


def forward(*x):
    return Case("Softplus().forward(x)", x=np.array(x))


def backward(g, x):
    x = np.array(x)
    return Case("Softplus().backward(g, y, x)", g=np.array(g), y=np.logaddexp(0, x), x=x)


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
        backward([1.0, 1.0], [1000.0, -1000.0]),
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
            "upstream gradient forgotten",
            "The chain rule multiplies the slope by what came from above.",
            wrong=WithoutG,
        ),
        Mistake(
            "the derivative of max(x, 0)",
            "Softplus is smooth: at 0 its slope is neither 0 nor 1.",
            wrong=Relu,
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
