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


def shifted_by(m):
    """Make a softmax that subtracts m(z, axis) from the logits."""

    def softmax(z, axis=-1):
        exps = np.exp(z - m(z, axis))
        return exps / exps.sum(axis=axis, keepdims=True)

    return softmax


def capped(a):
    """Whether logits above some bound have lost their differences, and nothing became NaN."""
    z, got = a.case.arguments["z"], a.got.result
    return np.abs(z).max() > 20 and np.isfinite(got).all() and not np.isclose(got.sum(), 0)


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
        Case("softmax(z)", z=np.array([1000.0, 998.0])),
        Case("softmax(z)", z=np.array([1000.0, -1000.0, -1000.0])),
        Case("softmax(z, axis=0)", z=np.array([[-1000.0, 1000.0], [-999.0, 1001.0]])),
    ],
    mistakes=[
        Mistake(
            "no max subtraction",
            "exp(1000) is inf and exp(-1000) is 0, so the quotient is NaN. Which number can you "
            "subtract from all logits without changing their probabilities?",
            wrong=shifted_by(lambda z, axis: 0),
        ),
        Mistake(
            "one maximum for all rows",
            "Beside a logit of 1000 in one row, all terms of another row may be 0. Whose maximum "
            "does a row need?",
            wrong=[shifted_by(lambda z, axis: z.max()), shifted_by(lambda z, axis: z.max(axis=0))],
        ),
        Mistake(
            "the mean subtracted instead of the maximum",
            "The largest logit may be far above the mean, and its exp still overflows. After which "
            "shift is no logit above 0?",
            wrong=shifted_by(lambda z, axis: z.mean(axis=axis, keepdims=True)),
        ),
        Mistake(
            "the smallest logit subtracted instead of the largest",
            "After your shift no logit is below 0, but how large may they be?",
            wrong=shifted_by(lambda z, axis: z.min(axis=axis, keepdims=True)),
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
            "each logit on its own",
            "This is the sigmoid of each logit: it knows nothing of the others.",
            wrong=lambda z, axis=-1: 1 / (1 + np.exp(-z)),
        ),
        Mistake(
            "a one-hot of the largest",
            "Softmax is soft: the other classes keep a share.",
            wrong=lambda z, axis=-1: (z == z.max(axis=axis, keepdims=True)).astype(float),
        ),
        Mistake(
            "argument changed in place",
            "`-=` and `out=z` write into the caller's array. Make a new one.",
            when=lambda a: "z" in a.changed,
        ),
        Mistake(
            "a constant instead of a cure",
            "Clipped logits lose their differences: 1000 and 998 become alike. Which shift keeps "
            "every difference, and makes the largest logit 0?",
            when=capped,
        ),
        Mistake(
            "NaN from 0 / 0 or inf / inf",
            "Where the result is NaN, all terms of the row were 0, or one was inf. Which number "
            "can you subtract from each row's logits without changing its probabilities?",
            when=lambda a: a.has_nan,
        ),
    ],
    sample=lambda rng: Case(
        "softmax(z)", z=rng.normal(size=(2, 4)).round(2) + rng.choice([-900, 0, 900], (2, 1))
    ),
    rtol=1e-10,
    atol=1e-100,
)


def test_softmax():
    exercise.check()
