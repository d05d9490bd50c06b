"""Checks of temperature.py: python -m pytest checks/test_temperature.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def softmax(z):
    return F.softmax(Tensor(z)).numpy()


def quotient(exps):
    return exps / exps.sum(axis=-1, keepdims=True)


def another_temperature(a):
    """Whether the logarithms of the result are the logits divided by one other number."""
    z, log_p = a.case.arguments["z"], np.log(a.got.result)
    steps, made = np.diff(z).ravel(), np.diff(log_p).ravel()
    T = (steps @ steps) / (steps @ made)
    return np.allclose(made, steps / T, 1e-6) and np.allclose(a.got.result.sum(axis=-1), 1)


exercise = Exercise(
    "temperature",
    right=lambda z, T: softmax(z / T),
    cases=[
        Case("temperature(z, T)", z=np.array([0.0, 1.0]), T=1.0),
        Case("temperature(z, T)", z=np.array([0.0, 1.0]), T=2.0),
        Case("temperature(z, T)", z=np.array([1000.0, 999.0]), T=1.0),
        Case("temperature(z, T)", z=np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 4.0]]), T=0.5),
        Case("temperature(z, T)", z=np.array([3.0, 2.0]), T=0.001),
        Case("temperature(z, T)", z=np.array([0.003, 0.002]), T=0.001),
        Case("temperature(z, T)", z=np.array([1.0, 1.0, 1.0]), T=0.001),
        Case("temperature(z, T)", z=np.array([[2.0, 1.999], [-3.0, -3.001]]), T=0.001),
        Case("temperature(z, T)", z=np.array([[1.0, 2.0], [3.0, 0.0]]), T=100.0),
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
            "This is softmax at T = 1. Does T stand where it makes a difference, or does the "
            "fraction cancel it?",
            wrong=lambda z, T: softmax(z),
        ),
        Mistake(
            "no max subtraction",
            "A small temperature makes large logits: 3 / 0.001 is 3000, and exp(3000) is inf.",
            wrong=lambda z, T: quotient(np.exp(z / T)),
        ),
        Mistake(
            "one maximum for all rows",
            "A row of small logits underflows beside a row of large ones. Whose maximum is it?",
            wrong=lambda z, T: quotient(np.exp((z - z.max()) / T)),
        ),
        Mistake(
            "one maximum and one sum for all rows",
            "The shares of each row sum to 1. Over which axis go your maximum and your sum?",
            wrong=lambda z, T: softmax(z.ravel() / T).reshape(z.shape),
        ),
        Mistake(
            "the maximum not divided by the temperature",
            "z / T has another maximum than z. Which of the two has to become 0?",
            wrong=lambda z, T: quotient(np.exp(z / T - z.max(axis=-1, keepdims=True))),
        ),
        Mistake(
            "powers of probabilities underflow",
            "A third to the power of 1000 is 0 in float64, and 0 / 0 is NaN. What can be scaled "
            "instead of the probabilities?",
            wrong=lambda z, T: quotient(softmax(z) ** (1 / T)),
        ),
        Mistake(
            "powers of the probabilities not divided by their sum",
            "p ** (1 / T) is the right shape of the answer, but its sum is not 1.",
            wrong=lambda z, T: softmax(z) ** (1 / T),
        ),
        Mistake(
            "another temperature than T",
            "These are the probabilities at another temperature. What happens to T before it is "
            "used: is something added to it, or is it kept away from 0?",
            when=another_temperature,
        ),
    ],
    sample=lambda rng: Case("temperature(z, T)", z=rng.normal(size=(2, 3)).round(1), T=1.5),
)


def test_temperature():
    exercise.check()
