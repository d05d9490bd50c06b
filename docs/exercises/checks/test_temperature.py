"""Checks of temperature.py: python -m pytest checks/test_temperature.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def softmax(z):
    return F.softmax(Tensor(z)).numpy()


exercise = Exercise(
    "temperature",
    right=lambda z, T: softmax(z / T),
    cases=[
        Case("temperature(z, T)", z=np.array([0.0, 1.0]), T=1.0),
        Case("temperature(z, T)", z=np.array([0.0, 1.0]), T=2.0),
        Case("temperature(z, T)", z=np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 4.0]]), T=0.5),
        Case("temperature(z, T)", z=np.array([3.0, 2.0]), T=0.001),
    ],
    mistakes=[
        Mistake(
            "multiplied instead of divided",
            "Does a higher temperature make your probabilities more alike, or less?",
            wrong=lambda z, T: softmax(z * T),
        ),
        Mistake(
            "divided after softmax",
            "The results no longer sum to 1. What is to be divided: the shares, or the logits?",
            wrong=lambda z, T: softmax(z) / T,
        ),
        Mistake(
            "the temperature is not used",
            "This is softmax at T = 1.",
            wrong=lambda z, T: softmax(z),
        ),
        Mistake(
            "no max subtraction",
            "A small temperature makes large logits: 3 / 0.001 is 3000, and exp(3000) is inf.",
            when=lambda a: a.has_nan,
        ),
        Mistake(
            "powers of the probabilities not divided by their sum",
            "p ** (1 / T) is the right shape of the answer, but its sum is not 1.",
            wrong=lambda z, T: softmax(z) ** (1 / T),
        ),
    ],
    sample=lambda rng: Case("temperature(z, T)", z=rng.normal(size=(2, 3)).round(1), T=1.5),
)


def test_temperature():
    exercise.check()
