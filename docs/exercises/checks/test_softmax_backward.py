"""Checks of softmax_backward.py: python -m pytest checks/test_softmax_backward.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(g, p):
    logits = Tensor(np.log(p), requires_grad=True)
    F.softmax(logits).backward(g)
    return logits.grad


exercise = Exercise(
    "softmax_backward",
    right,
    cases=[
        Case("softmax_backward(g, p)", g=np.array([1.0, 0.0]), p=np.array([0.5, 0.5])),
        Case("softmax_backward(g, p)", g=np.array([1.0, 2.0]), p=np.array([0.25, 0.75])),
        Case(
            "softmax_backward(g, p)",
            g=np.array([[1.0, 0.0, 0.0], [0.0, 2.0, -1.0]]),
            p=np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]),
        ),
        Case(
            "softmax_backward(g, p)",
            g=np.array([[1.0, 3.0], [0.0, 2.0]]),
            p=np.array([[0.5, 0.5], [0.25, 0.75]]),
        ),
    ],
    mistakes=[
        Mistake(
            "the sum term is missing",
            "Each probability also has the total below its fraction bar, and that moves with every "
            "logit. What does one logit do to the probabilities of the others?",
            wrong=lambda g, p: g * p,
        ),
        Mistake(
            "only the diagonal of the Jacobian",
            "p (1 − p) is how a probability moves with its own logit. The others move, too.",
            wrong=lambda g, p: g * p * (1 - p),
        ),
        Mistake(
            "the upstream gradient is summed unweighted",
            "In Σ_j g_j p_j each g has a weight. Which?",
            wrong=lambda g, p: p * (g - g.sum(axis=-1, keepdims=True)),
        ),
        Mistake(
            "summed over the whole batch",
            "Each row is a sample of its own. Over which axis does your sum go?",
            wrong=lambda g, p: p * (g - (g * p).sum()),
        ),
        Mistake(
            "the rule of log-softmax",
            "g − p Σ g belongs to log-softmax. Softmax has p in front, and weights in its sum.",
            wrong=lambda g, p: g - p * g.sum(axis=-1, keepdims=True),
        ),
        Mistake(
            "g and p exchanged",
            "In p_i (g_i − ...) which is in front of the bracket, and which inside?",
            wrong=lambda g, p: g * (p - (g * p).sum(axis=-1, keepdims=True)),
        ),
        Mistake(
            "softmax taken again",
            "p is the probabilities already. What does another softmax make of them?",
            wrong=lambda g, p: right(g, np.exp(p)),
        ),
        Mistake(
            "keepdims forgotten",
            "For (2, 3) arrays the sum of each row has shape (2,), which does not line up with "
            "the rows. How does it become (2, 1)?",
            wrong=lambda g, p: p * (g - (g * p).sum(axis=-1)),
        ),
        Mistake(
            "a matrix product instead of a sum for each row",
            "`g @ p` is one number for two vectors. For two rows of each it is a matrix product. "
            "Which sum is one number for each row?",
            wrong=lambda g, p: p * (g - g @ p),
        ),
        Mistake(
            "the Jacobian of one row",
            "`np.outer` makes one matrix of all entries of its arguments; with rows, each has its "
            "own. Is a matrix needed, or is J g = p · g − p (pᵀ g)?",
            wrong=lambda g, p: (np.diag(p) - np.outer(p, p)) @ g,
        ),
        Mistake(
            "sign",
            "Everything is there, with the opposite sign.",
            wrong=lambda g, p: -right(g, p),
        ),
        Mistake(
            "upstream gradient changed in place",
            "`-=` and `*=` write into the array that is there, and this one is the caller's. Make "
            "a new one.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: Case(
        "softmax_backward(g, p)",
        g=rng.normal(size=(2, 3)).round(1),
        p=np.array([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]])[rng.permutation(2)],
    ),
)


def test_softmax_backward():
    exercise.check()
