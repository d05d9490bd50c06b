"""Checks of cross_entropy_backward.py: python -m pytest checks/test_cross_entropy_backward.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(p, targets):
    logits = Tensor(np.log(p), requires_grad=True)
    F.cross_entropy(logits, targets).backward()
    return logits.grad


def one_hot(p, targets):
    return np.eye(p.shape[1])[targets]


def case(p, targets):
    return Case("cross_entropy_backward(p, targets)", p=np.array(p), targets=np.array(targets))


exercise = Exercise(
    "cross_entropy_backward",
    right,
    cases=[
        case([[0.5, 0.5]], [0]),
        case([[0.25, 0.75]], [0]),
        case([[0.5, 0.5], [0.25, 0.75]], [0, 1]),
        case([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], [2, 0]),
        case([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5], [0.125, 0.75, 0.125]], [2, 0, 1]),
    ],
    mistakes=[
        Mistake(
            "forgot 1/N",
            "The loss is a mean over the samples. What does that do to the gradient of each?",
            wrong=lambda p, targets: p - one_hot(p, targets),
        ),
        Mistake(
            "divided by the number of classes",
            "The loss is a mean, but over what?",
            wrong=lambda p, targets: (p - one_hot(p, targets)) / p.shape[1],
        ),
        Mistake(
            "sign",
            "Descent goes against this gradient. Which way should the right class's logit go?",
            wrong=lambda p, targets: -right(p, targets),
        ),
        Mistake(
            "the target is not subtracted",
            "These are the probabilities. Where is what was true?",
            wrong=lambda p, targets: p / len(targets),
        ),
        Mistake(
            "only the target's entry",
            "The logits of the wrong classes have a gradient, too: they take from the pot.",
            wrong=lambda p, targets: right(p, targets) * one_hot(p, targets),
        ),
        Mistake(
            "a column instead of an entry of each row",
            "p[:, targets] takes whole columns. How do you pick one entry of each row?",
            wrong=lambda p, targets: (
                (p - np.isin(np.arange(p.shape[1]), targets).astype(float)) / len(targets)
            ),
        ),
        Mistake(
            "probabilities changed in place",
            "`p[...] -= 1` writes into the caller's array. Work on a copy.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: case(
        np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]])[rng.permutation(2)],
        rng.integers(3, size=2),
    ),
)


def test_cross_entropy_backward():
    exercise.check()
