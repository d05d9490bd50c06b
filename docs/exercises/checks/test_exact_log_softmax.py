"""Checks of exact_log_softmax.py: python -m pytest checks/test_exact_log_softmax.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.nn import functional as F


def right(z):
    return F.log_softmax(Tensor(z)).numpy()


def textbook(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def all_terms(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log1p(np.exp(shifted).sum(axis=1, keepdims=True))


def one_top_for_all(z):
    shifted = z - z.max(axis=1, keepdims=True)
    terms = np.exp(shifted)
    terms[:, z[0].argmax()] = 0
    return shifted - np.log1p(terms.sum(axis=1, keepdims=True))


def all_ties_left_out(z):
    shifted = z - z.max(axis=1, keepdims=True)
    terms = np.where(shifted == 0, 0, np.exp(shifted))
    return shifted - np.log1p(terms.sum(axis=1, keepdims=True))


def first_taken_for_largest(z):
    shifted = z - z[:, :1]
    return shifted - np.log1p(np.exp(shifted[:, 1:]).sum(axis=1, keepdims=True))


def one_place_in_all(z):
    shifted = z - z.max(axis=1, keepdims=True)
    terms = np.exp(shifted)
    terms.flat[z.argmax()] = 0
    return shifted - np.log1p(terms.sum(axis=1, keepdims=True))


def shifted_by_all(z):
    rows, top = np.arange(len(z)), z.argmax(axis=1)
    terms = np.exp(z - z.max())
    terms[rows, top] = 0
    return z - z.max() - np.log1p(terms.sum(axis=1, keepdims=True))


exercise = Exercise(
    "exact_log_softmax",
    right,
    cases=[
        Case("exact_log_softmax(z)", z=np.array([[1.0, 0.0]])),
        Case("exact_log_softmax(z)", z=np.array([[1.0, 3.0], [2.0, 0.0]])),
        Case("exact_log_softmax(z)", z=np.array([[2.0, 2.0, 0.0]])),
        Case("exact_log_softmax(z)", z=np.array([[50.0, 0.0]])),
        Case("exact_log_softmax(z)", z=np.array([[0.0, 300.0, -5.0], [1000.0, 990.0, 985.0]])),
        Case("exact_log_softmax(z)", z=np.array([[700.0, 0.0], [-1000.0, -1010.0]])),
        Case("exact_log_softmax(z)", z=np.array([[0.0, 1000.0], [0.0, 1.0]])),
    ],
    mistakes=[
        Mistake(
            "textbook formula that rounds to 0",
            "The sum's 1 belongs to the largest logit, and leaves no room for the others. What can "
            "add 1 without rounding?",
            wrong=textbook,
        ),
        Mistake(
            "more digits instead of another formula",
            "A longer dtype moves the place where 1 + s rounds to 1, and the next logit is beyond "
            "it. Which function adds the 1 without rounding?",
            wrong=lambda z: textbook(z.astype(np.longdouble)).astype(z.dtype),
        ),
        Mistake(
            "the first class taken for the largest",
            "The 1 in log1p is exp(0), the term of the largest logit. In which column is that?",
            wrong=first_taken_for_largest,
        ),
        Mistake(
            "one place for all rows",
            "`argmax` without an axis is one place in the whole array. How many rows have lost "
            "their largest term?",
            wrong=one_place_in_all,
        ),
        Mistake(
            "one maximum for all rows",
            "Each row has a largest logit of its own, and is shifted by it.",
            wrong=shifted_by_all,
        ),
        Mistake(
            "the largest term counted twice",
            "log1p adds a 1 of its own. Which term of the sum is that?",
            wrong=all_terms,
        ),
        Mistake(
            "the same class left out of every row",
            "Each row has a largest logit of its own.",
            wrong=one_top_for_all,
        ),
        Mistake(
            "all ties left out",
            "Where two logits are largest, only one of them is the 1 in log1p.",
            wrong=all_ties_left_out,
        ),
        Mistake(
            "argument changed in place",
            "`-=` and `z[...] = 0` write into the caller's array. Make a new one.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: Case("exact_log_softmax(z)", z=rng.normal(0, 20, size=(2, 3)).round(1)),
    rtol=1e-12,
    atol=0,
)


def test_exact_log_softmax():
    exercise.check()
