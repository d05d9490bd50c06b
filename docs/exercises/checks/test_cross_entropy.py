"""Checks of cross_entropy.py: python -m pytest checks/test_cross_entropy.py"""

import warnings

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(z, targets):
    return F.cross_entropy(Tensor(z), targets).item()


def twice(z, targets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return right(F.softmax(Tensor(z)).numpy(), targets)


def by_probabilities(z, targets):
    with np.errstate(divide="ignore"):
        return -np.log(F.softmax(Tensor(z)).numpy()[np.arange(len(targets)), targets]).mean()


def case(z, targets):
    return Case("cross_entropy(z, targets)", z=np.array(z), targets=np.array(targets))


exercise = Exercise(
    "cross_entropy",
    right,
    cases=[
        case([[0.0, 0.0]], [1]),
        case([[1.0, 3.0]], [0]),
        case([[1.0, 3.0], [2.0, 0.0]], [0, 0]),
        case([[1.0, 3.0, 0.0], [2.0, 0.0, -1.0]], [2, 0]),
        case([[0.0, 1000.0]], [1]),
        case([[0.0, 1000.0]], [0]),
        case([[-1000.0, -1000.0], [0.0, 1.0]], [0, 1]),
    ],
    mistakes=[
        Mistake(
            "probabilities passed as logits",
            "Softmax has been taken twice: log-softmax takes the logits as they are.",
            wrong=twice,
        ),
        Mistake(
            "log of softmax",
            "The probability underflows to 0, and its logarithm is -inf. Which operation gives the "
            "log-probabilities without any probability?",
            wrong=by_probabilities,
        ),
        Mistake(
            "no max subtraction",
            "exp(1000) is inf. By what may all logits of a row be shifted?",
            when=lambda a: a.has_nan or (a.got.result is not None and np.isinf(a.got.result)),
        ),
        Mistake(
            "sign",
            "Log-probabilities are never positive. A loss is never negative.",
            wrong=lambda z, targets: -right(z, targets),
        ),
        Mistake(
            "sum instead of mean",
            "The loss of a batch should not depend on how many samples are in it.",
            wrong=lambda z, targets: right(z, targets) * len(targets),
        ),
        Mistake(
            "mean over all classes",
            "Only the right class counts. How is one entry of each row picked?",
            wrong=lambda z, targets: -F.log_softmax(Tensor(z)).numpy().mean(),
        ),
        Mistake(
            "log forgotten",
            "This is made from probabilities. What makes a small probability a large loss?",
            wrong=lambda z, targets: (
                -F.softmax(Tensor(z)).numpy()[np.arange(len(targets)), targets].mean()
            ),
        ),
    ],
    sample=lambda rng: case(rng.normal(0, 2, (3, 4)).round(1), rng.integers(4, size=3)),
)


def test_cross_entropy():
    exercise.check()
