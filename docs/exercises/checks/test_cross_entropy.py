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


def rows(z):
    return np.arange(len(z))


def log_probs(z, m=None, axis=1):
    """Log-probabilities as one writes them, with another maximum or along another axis."""
    shifted = z - (z.max(axis=axis, keepdims=True) if m is None else m)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def naive_probs(z, m):
    exps = np.exp(z - m)
    return exps / exps.sum(axis=1, keepdims=True)


def picked(log_probs_of, pick=lambda lp, t: lp[rows(lp), t].mean()):
    return lambda z, targets: -pick(log_probs_of(z), targets)


def times_one_hot(lp, targets):
    return (lp * np.eye(lp.shape[1])[targets]).sum(axis=1).mean()


def guarded(a):
    """Whether all that is wrong is what a small constant beside a probability makes of it."""
    z, targets = a.case.arguments["z"], a.case.arguments["targets"]
    smallest = F.softmax(Tensor(z)).numpy()[rows(z), targets].min()
    got, expected = a.got.result, a.expected.result
    capped = smallest < 1e-7 and (0 < got < expected or got > 1e300)
    return np.isfinite(got) and (capped or abs(got - expected) < 1e-3 > expected)


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
        case([[1000.0, 999.0], [0.0, 1.0], [-1000.0, -998.0]], [1, 0, 0]),
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
            "zero times minus infinity",
            "0 times −inf is NaN: a one-hot times log p does not pick an entry. Which way to pick "
            "one computes nothing with the others? And does p have to be there at all?",
            wrong=picked(lambda z: np.log(F.softmax(Tensor(z)).numpy()), times_one_hot),
        ),
        Mistake(
            "no max subtraction",
            "exp(1000) is inf. By what may all logits of a row be shifted?",
            wrong=[picked(lambda z: log_probs(z, 0)), picked(lambda z: np.log(naive_probs(z, 0)))],
        ),
        Mistake(
            "one maximum for all rows",
            "Beside a logit of 1000 in one row, all terms of another row may be 0. Whose maximum "
            "does a row need?",
            wrong=[
                picked(lambda z: log_probs(z, z.max())),
                picked(lambda z: np.log(naive_probs(z, z.max()))),
            ],
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
            "the losses of the samples returned",
            "Each sample has its loss, and the batch has one. How is it made of theirs?",
            wrong=lambda z, targets: -log_probs(z)[rows(z), targets],
        ),
        Mistake(
            "divided by the number of classes",
            "The loss is a mean, but over what?",
            wrong=lambda z, targets: right(z, targets) * len(z) / z.shape[1],
        ),
        Mistake(
            "mean over samples and classes",
            "There are N losses, and N · C entries, of which all but N are 0. By which number does "
            "your mean divide?",
            wrong=lambda z, targets: right(z, targets) / z.shape[1],
        ),
        Mistake(
            "softmax along the samples",
            "The probabilities of one sample sum to 1. Along which axis do yours?",
            wrong=picked(lambda z: log_probs(z, axis=0)),
        ),
        Mistake(
            "a column instead of an entry of each row",
            "`log_probs[:, targets]` is N whole columns. What goes in place of the colon, so that "
            "it is one entry of each row?",
            wrong=picked(log_probs, lambda lp, t: lp[:, t].mean()),
        ),
        Mistake(
            "class numbers used as one-hots",
            "A target is the number of a class. As a factor, class 2 counts twice and class 0 not "
            "at all. How is an entry picked by its number?",
            wrong=[
                picked(log_probs, lambda lp, t: (lp * t[:, None]).sum(axis=1).mean()),
                picked(log_probs, lambda lp, t: (lp * t[:, None]).mean()),
            ],
        ),
        Mistake(
            "mean over all classes",
            "Only the right class counts. How is one entry of each row picked?",
            wrong=lambda z, targets: -F.log_softmax(Tensor(z)).numpy().mean(),
        ),
        Mistake(
            "the most probable class instead of the target",
            "The loss asks what the model said of the class that was right, not of its favourite.",
            wrong=picked(log_probs, lambda lp, t: lp.max(axis=1).mean()),
        ),
        Mistake(
            "log forgotten",
            "This is made from probabilities. What makes a small probability a large loss?",
            wrong=lambda z, targets: (
                -F.softmax(Tensor(z)).numpy()[np.arange(len(targets)), targets].mean()
            ),
        ),
        Mistake(
            "a constant instead of a cure",
            "1e-9 in a logarithm, a clip or `nan_to_num` make a finite number, and a wrong one: "
            "all surprises end at some 20. Which form of the loss takes no logarithm of 0?",
            when=guarded,
        ),
    ],
    sample=lambda rng: case(
        rng.normal(0, 2, (3, 4)).round(1) + rng.choice([-500, 0, 500], size=(3, 1)),
        rng.integers(4, size=3),
    ),
)


def test_cross_entropy():
    exercise.check()
