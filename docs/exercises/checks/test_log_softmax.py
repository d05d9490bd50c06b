"""Checks of log_softmax.py: python -m pytest checks/test_log_softmax.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(z):
    return F.log_softmax(Tensor(z)).numpy()


def log_of_softmax(z):
    with np.errstate(divide="ignore"):
        return np.log(F.softmax(Tensor(z)).numpy())


def unshifted(z):
    with np.errstate(over="ignore", divide="ignore"):
        return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


exercise = Exercise(
    "log_softmax",
    right,
    cases=[
        Case("log_softmax(z)", z=np.array([0.0, 0.0])),
        Case("log_softmax(z)", z=np.array([1.0, 2.0])),
        Case("log_softmax(z)", z=np.array([[1.0, 2.0], [0.0, 4.0]])),
        Case("log_softmax(z)", z=np.array([[1.0, 2.0, 3.0], [0.0, 0.0, -1.0]])),
        Case("log_softmax(z)", z=np.array([0.0, 1000.0])),
        Case("log_softmax(z)", z=np.array([-1000.0, -1000.0])),
    ],
    mistakes=[
        Mistake(
            "log of softmax",
            "The probability of a logit 1000 below the largest is 0, and its logarithm is lost. "
            "Write log of the quotient as a difference, and no probability is needed.",
            wrong=log_of_softmax,
        ),
        Mistake(
            "no max subtraction",
            "exp(1000) is inf and exp(-1000) is 0. By what may all logits be shifted?",
            wrong=unshifted,
        ),
        Mistake(
            "maximum subtracted in the sum only",
            "The shift that you made inside of the logarithm has to be made outside as well.",
            wrong=lambda z: (
                z - np.log(np.exp(z - z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True))
            ),
        ),
        Mistake(
            "log forgotten",
            "The total of the exponentials is subtracted as it is. What is missing around it?",
            wrong=lambda z: (
                z
                - z.max(axis=-1, keepdims=True)
                - np.exp(z - z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
            ),
        ),
        Mistake(
            "wrong axis",
            "The classes are on the last axis. Along which one do the exps of yours sum to 1?",
            wrong=lambda z: F.log_softmax(Tensor(z), axis=0).numpy(),
        ),
        Mistake(
            "probabilities returned",
            "These are the probabilities. Their logarithms are asked for.",
            wrong=lambda z: F.softmax(Tensor(z)).numpy(),
        ),
    ],
    sample=lambda rng: Case("log_softmax(z)", z=rng.normal(0, 3, size=(2, 4)).round(1)),
)


def test_log_softmax():
    exercise.check()
