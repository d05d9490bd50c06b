"""Checks of softmax.py: python -m pytest checks/test_softmax.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(z, axis=-1):
    return F.softmax(Tensor(z), axis=axis).numpy()


def total_kept_flat(z, axis=-1):
    exps = np.exp(z - z.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis)


exercise = Exercise(
    "softmax",
    right,
    cases=[
        Case("softmax(z)", z=np.array([0.0, 0.0])),
        Case("softmax(z)", z=np.array([0.0, 1.0])),
        Case("softmax(z)", z=np.array([[0.0, 1.0], [0.0, 0.0]])),
        Case("softmax(z, axis=0)", z=np.array([[0.0, 1.0], [0.0, 0.0]])),
        Case("softmax(z)", z=np.array([[3.0, 1.0, 2.0], [0.0, -1.0, 4.0]])),
        Case("softmax(z, axis=1)", z=np.arange(12.0).reshape(2, 3, 2) ** 1.5 / 9),
        Case("softmax(z)", z=np.array([1000.0, 0.0])),
        Case("softmax(z)", z=np.array([-1000.0, -1000.0])),
        Case("softmax(z)", z=np.array([[1000.0, 1000.0], [0.0, 1.0]])),
    ],
    mistakes=[
        Mistake(
            "no max subtraction",
            "exp(1000) is inf and exp(-1000) is 0, so the quotient is NaN. Which number can you "
            "subtract from all logits without changing their probabilities?",
            when=lambda a: a.has_nan,
        ),
        Mistake(
            "wrong axis",
            "The results have to sum to 1 along `axis`. Along which axis do yours?",
            wrong=lambda z, axis=-1: right(z, 0),
        ),
        Mistake(
            "sum over all entries",
            "Each row has a total of its own. Over which axis does your sum go?",
            wrong=lambda z, axis=-1: right(z.ravel()).reshape(z.shape),
        ),
        Mistake(
            "axis ignored",
            "The last case that was right has its classes on the last axis. This one has not.",
            wrong=lambda z, axis=-1: right(z),
        ),
        Mistake(
            "keepdims forgotten",
            "For z of shape (2, 3), which shape has the total of each row, and how does it "
            "broadcast against (2, 3)?",
            wrong=total_kept_flat,
        ),
        Mistake(
            "exp forgotten",
            "Logits may be negative, shares of a pot may not. What makes every logit positive?",
            wrong=lambda z, axis=-1: z / z.sum(axis=axis, keepdims=True),
        ),
        Mistake(
            "not divided by the sum",
            "The results have to sum to 1.",
            wrong=lambda z, axis=-1: np.exp(z - z.max(axis=axis, keepdims=True)),
        ),
        Mistake(
            "log-probabilities returned",
            "These are the logarithms. A probability lies between 0 and 1.",
            wrong=lambda z, axis=-1: F.log_softmax(Tensor(z), axis=axis).numpy(),
        ),
        Mistake(
            "argument changed in place",
            "`-=` and `out=z` write into the caller's array. Make a new one.",
            when=lambda a: "z" in a.changed,
        ),
    ],
    sample=lambda rng: Case("softmax(z)", z=rng.normal(size=(2, 4)).round(2)),
)


def test_softmax():
    exercise.check()
