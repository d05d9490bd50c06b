"""Checks of logsumexp.py: python -m pytest checks/test_logsumexp.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(z):
    return F.logsumexp(Tensor(z)).numpy()


def shifted_by_all(z):
    with np.errstate(all="ignore"):
        return z.max() + np.log(np.exp(z - z.max()).sum(axis=-1))


exercise = Exercise(
    "logsumexp",
    right,
    cases=[
        Case("logsumexp(z)", z=np.array([[0.0, 0.0]])),
        Case("logsumexp(z)", z=np.array([[1.0, 2.0, 3.0]])),
        Case("logsumexp(z)", z=np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 0.0]])),
        Case("logsumexp(z)", z=np.array([[1000.0, 1000.0]])),
        Case("logsumexp(z)", z=np.array([[-1000.0, -1000.0]])),
        Case("logsumexp(z)", z=np.array([[1000.0, 0.0], [-1000.0, -1001.0]])),
        Case("logsumexp(z)", z=np.array([[-np.inf, 2.0]])),
        Case("logsumexp(z)", z=np.array([[-np.inf, -np.inf]])),
    ],
    mistakes=[
        Mistake(
            "no max subtraction",
            "exp(1000) is inf and exp(-1000) is 0. Which number can you take out of the logarithm "
            "before any exp is taken?",
            wrong=lambda z: np.log(np.exp(z).sum(axis=-1)),
        ),
        Mistake(
            "maximum not added back",
            "What you took out of the logarithm is still missing in the result.",
            wrong=lambda z: np.log(np.exp(z - z.max(axis=-1, keepdims=True)).sum(axis=-1)),
        ),
        Mistake(
            "one maximum for all rows",
            "A row of small logits underflows beside a row of large ones. Whose maximum is it?",
            wrong=shifted_by_all,
        ),
        Mistake(
            "wrong axis",
            "The classes are on the last axis. Over which does your sum go?",
            wrong=lambda z: right(z.T),
        ),
        Mistake(
            "the largest logit returned",
            "The largest term is not the whole sum.",
            wrong=lambda z: z.max(axis=-1),
        ),
        Mistake(
            "minus infinity minus minus infinity",
            "Where all logits are -inf, so is the largest, and -inf - (-inf) is NaN. What can be "
            "subtracted there instead?",
            when=lambda a: a.has_nan and np.isneginf(a.expected.result).all(),
        ),
    ],
    sample=lambda rng: Case("logsumexp(z)", z=rng.normal(0, 3, size=(3, 4)).round(1)),
)


def test_logsumexp():
    exercise.check()
