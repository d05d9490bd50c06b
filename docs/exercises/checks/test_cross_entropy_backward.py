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
            "divided by the number of all entries",
            "The loss is a mean over the samples, not over the entries of p.",
            wrong=lambda p, targets: (p - one_hot(p, targets)) / p.size,
        ),
        Mistake(
            "only the one-hot divided by N",
            "Division comes before subtraction. Of what is p − y divided?",
            wrong=lambda p, targets: p - one_hot(p, targets) / len(p),
        ),
        Mistake(
            "only the probabilities divided by N",
            "Division comes before subtraction. Of what is p − y divided?",
            wrong=lambda p, targets: p / len(p) - one_hot(p, targets),
        ),
        Mistake(
            "averaged over the samples",
            "Every sample's logits have a gradient of their own. The 1/N comes from the mean of "
            "the losses.",
            wrong=lambda p, targets: (p - one_hot(p, targets)).mean(axis=0),
        ),
        Mistake(
            "the gradient for the probabilities",
            "−y / p is ∂L/∂p. From p to the logits there is one more step, and it makes this "
            "simpler.",
            wrong=lambda p, targets: -one_hot(p, targets) / p / len(p),
        ),
        Mistake(
            "softmax taken again",
            "p is the probabilities already. What does another softmax make of them?",
            wrong=lambda p, targets: right(np.exp(p), targets),
        ),
        Mistake(
            "class numbers used as one-hots",
            "A target is the number of a class. Which row of zeros and a 1 stands for class 2?",
            wrong=[
                lambda p, targets: (p - targets[:, None]) / len(p),
                lambda p, targets: (p - targets) / len(p),
            ],
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
