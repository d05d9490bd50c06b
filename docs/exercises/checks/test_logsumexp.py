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


def any_is_all(z):
    return np.where(np.isneginf(z).any(axis=-1), -np.inf, right(z))


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
        Case("logsumexp(z)", z=np.array([[-np.inf, -np.inf], [0.0, 1.0], [-np.inf, 5.0]])),
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
            "summed over everything",
            "Each row has a total of its own. Over which axis does your sum go?",
            wrong=[
                lambda z: right(z.ravel()),
                lambda z: z.max() + np.log(np.exp(z - z.max()).sum()),
                lambda z: np.log(np.exp(z).sum()),
            ],
        ),
        Mistake(
            "keepdims left on",
            "The last axis should be gone. Where is it kept, and which axis can be taken out?",
            wrong=lambda z: right(z)[..., None],
        ),
        Mistake(
            "the logarithm before the sum",
            "log exp(z_j) is z_j, and nothing has happened. What comes first, the sum or the log?",
            wrong=[lambda z: z.sum(axis=-1), lambda z: np.log(np.exp(z)).sum(axis=-1)],
        ),
        Mistake(
            "one -inf makes all -inf",
            "exp(-inf) is 0: a logit of -inf adds nothing to the sum, and the others stay.",
            wrong=[
                any_is_all,
                lambda z: np.full(z.shape[:-1], -np.inf) if np.isinf(z).any() else right(z),
            ],
        ),
        Mistake(
            "a number in place of -inf",
            "The logarithm of 0 is -inf, and so is the right result here. Which line makes a "
            "number of it?",
            when=lambda a: (
                np.isfinite(a.got.result)[np.isneginf(a.expected.result)].all()
                and np.isneginf(a.expected.result).any()
            ),
        ),
        Mistake(
            "minus infinity minus minus infinity",
            "Where all logits are -inf, so is the largest, and -inf - (-inf) is NaN. What can be "
            "subtracted there instead?",
            when=lambda a: a.has_nan and np.isneginf(a.expected.result).any(),
        ),
    ],
    sample=lambda rng: Case(
        "logsumexp(z)",
        z=rng.normal(0, 3, size=(3, 4)).round(1) + rng.choice([-800, 0, 800], size=(3, 1)),
    ),
)


def test_logsumexp():
    exercise.check()
