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


def shifted_by(z, m, log=np.log):
    return z - m - log(np.exp(z - m).sum(axis=-1, keepdims=True))


def guarded(a):
    """Whether small probabilities alone went wrong, and finite numbers came."""
    got, expected = a.got.result, a.expected.result
    wrong = ~np.isclose(got, expected, 1e-6, 0)
    return (
        wrong.any()
        and np.isfinite(got).all()
        and (
            ((got > expected) & (expected < -15) | (abs(got) < 1e-3))[wrong].all()
            or (got < -1e300)[wrong].all()
        )
    )


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
        Case("log_softmax(z)", z=np.array([1000.0, 999.0])),
        Case("log_softmax(z)", z=np.array([[1000.0, 0.0], [-1000.0, -999.0]])),
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
            "one maximum for all rows",
            "A row of small logits underflows beside a row of large ones. Whose maximum is it?",
            wrong=lambda z: shifted_by(z, z.max()),
        ),
        Mistake(
            "logarithm to another base",
            "exp and log undo each other only if both have the base e. Which log is yours?",
            wrong=[
                lambda z: shifted_by(z, z.max(axis=-1, keepdims=True), np.log10),
                lambda z: shifted_by(z, z.max(axis=-1, keepdims=True), np.log2),
            ],
        ),
        Mistake(
            "exp of the sum instead of the sum of exps",
            "log and exp undo each other here, and nothing is left. What comes first, Σ or exp?",
            wrong=lambda z: (
                z
                - z.max(axis=-1, keepdims=True)
                - (z - z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
            ),
        ),
        Mistake(
            "sum over all entries",
            "Each row has a total of its own. Over which axis does your sum go?",
            wrong=lambda z: right(z.ravel()).reshape(z.shape),
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
        Mistake(
            "a constant instead of a cure",
            "1e-9 in a logarithm, a clip or `nan_to_num` make a finite number, and a wrong one. "
            "Which form needs no logarithm of a probability?",
            when=guarded,
        ),
    ],
    sample=lambda rng: Case("log_softmax(z)", z=rng.normal(0, 3, size=(2, 4)).round(1)),
)


def test_log_softmax():
    exercise.check()
