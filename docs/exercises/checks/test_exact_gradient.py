"""Checks of exact_gradient.py: python -m pytest checks/test_exact_gradient.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(z, targets):
    logits = Tensor(z, requires_grad=True)
    F.cross_entropy(logits, targets, reduction="sum").backward()
    return logits.grad


def one_hot(z, targets):
    return np.eye(z.shape[1])[targets]


def textbook(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True) - one_hot(z, targets)


def careful(z, targets, m, columns=False):
    exps = np.exp(z - m)
    total = exps.sum(axis=1, keepdims=True)
    left_out = one_hot(z, targets).any(axis=0) if columns else one_hot(z, targets)
    others = np.where(left_out, 0, exps).sum(axis=1, keepdims=True)
    return np.where(one_hot(z, targets), -others / total, exps / total)


def counted_twice(a):
    """Whether the targets' entries are -s / (1 + s) with the sum of all terms as s."""
    z, targets = a.case.arguments["z"], a.case.arguments["targets"]
    s = np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)
    return np.allclose(a.got.result[np.arange(len(z)), targets], -s / (1 + s))


def with_its_own_term(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    return np.where(one_hot(z, targets), -1.0, probs)


def largest_left_out(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    others = np.where(one_hot(z, z.argmax(axis=1)), 0, exps)
    total = exps.sum(axis=1, keepdims=True)
    lacks = others.sum(axis=1, keepdims=True) / total
    return np.where(one_hot(z, targets), -lacks, exps / total)


def case(z, targets):
    return Case("exact_gradient(z, targets)", z=np.array(z), targets=np.array(targets))


exercise = Exercise(
    "exact_gradient",
    right,
    cases=[
        case([[0.0, 0.0]], [0]),
        case([[1.0, 0.0]], [1]),
        case([[1.0, 3.0], [2.0, 0.0]], [0, 1]),
        case([[2.0, 2.0, 0.0]], [1]),
        case([[0.0, 0.0], [1000.0, 1000.0]], [0, 1]),
        case([[50.0, 0.0]], [0]),
        case([[1000.0, 0.0]], [1]),
        case([[0.0, 300.0, 275.0], [1000.0, 990.0, 985.0]], [1, 2]),
        case([[1000.0, 999.0], [-1000.0, -1001.0]], [0, 0]),
    ],
    mistakes=[
        Mistake(
            "p − 1 rounds to 0",
            "A p of 1 − 2e-22 is 1 in float64, and 1 − 1 is 0. What do the other classes have?",
            wrong=textbook,
        ),
        Mistake(
            "no max subtraction",
            "exp(1000) is inf. Which number can you subtract from all logits of a row?",
            wrong=lambda z, targets: careful(z, targets, m=0.0),
        ),
        Mistake(
            "one maximum for all rows",
            "Beside a logit of 1000 in one row, all terms of another row may be 0. Whose maximum "
            "does a row need?",
            wrong=lambda z, targets: careful(z, targets, m=z.max()),
        ),
        Mistake(
            "the term of the target in the sum",
            "The sum of all shares is 1. Which term has to be left out for −Σ_{j≠t}?",
            wrong=with_its_own_term,
        ),
        Mistake(
            "the largest logit left out instead of the target",
            "They are the same only where the model is right. Which one has the gradient p − 1?",
            wrong=largest_left_out,
        ),
        Mistake(
            "the largest term counted twice",
            "The 1 in −s₁ / (1 + s₁) is a term of the sum already. Which one?",
            when=counted_twice,
        ),
        Mistake(
            "a column instead of an entry of each row",
            "`e[:, targets]` is whole columns, of every row. What goes in place of the colon, so "
            "that it is one entry of each row?",
            wrong=lambda z, targets: careful(z, targets, z.max(axis=1, keepdims=True), True),
        ),
        Mistake(
            "the target is not subtracted",
            "These are the probabilities. Where is what was true?",
            wrong=lambda z, targets: F.softmax(Tensor(z)).numpy(),
        ),
        Mistake(
            "sign",
            "Descent goes against this gradient. Which way should the right class's logit go?",
            wrong=lambda z, targets: -right(z, targets),
        ),
        Mistake(
            "divided by the number of samples",
            "The loss is summed over the samples here, not averaged.",
            wrong=lambda z, targets: right(z, targets) / len(z),
        ),
        Mistake(
            "only the entry of the target",
            "The logits of the wrong classes have a gradient, too: they take from the pot.",
            wrong=lambda z, targets: right(z, targets) * one_hot(z, targets),
        ),
        Mistake(
            "logits changed in place",
            "`-=` writes into the caller's array. Make a new one.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: case(rng.normal(0, 20, size=(2, 3)).round(1), rng.integers(3, size=2)),
    rtol=1e-12,
    atol=0,
)


def test_exact_gradient():
    exercise.check()
