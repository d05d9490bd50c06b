"""Checks of hessian_vector_product.py: python -m pytest checks/test_hessian_vector_product.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor
from minigrad.autograd.functional import hvp
from minigrad.nn import functional as F


def right(p, v):
    return hvp(lambda z: F.cross_entropy(z, 0), Tensor(np.log(p)), v)[1].numpy()


def case(p, v):
    return Case("hessian_vector_product(p, v)", p=np.array(p), v=np.array(v))


exercise = Exercise(
    "hessian_vector_product",
    right,
    cases=[
        case([0.5, 0.5], [1.0, 0.0]),
        case([0.25, 0.75], [1.0, 2.0]),
        case([0.5, 0.25, 0.25], [1.0, 1.0, 1.0]),
        case([0.5, 0.375, 0.125], [1.0, -2.0, 4.0]),
    ],
    mistakes=[
        Mistake(
            "only the diagonal of p",
            "The second part of H is missing: p times a number. Which number is pᵀ v?",
            wrong=lambda p, v: p * v,
        ),
        Mistake(
            "only the diagonal of H",
            "p (1 − p) is the diagonal. What is beside it?",
            wrong=lambda p, v: p * (1 - p) * v,
        ),
        Mistake(
            "v summed unweighted",
            "In pᵀ v each entry of v has a weight.",
            wrong=lambda p, v: p * (v - v.sum()),
        ),
        Mistake(
            "v where p should stand",
            "In p (pᵀ v) the number pᵀ v multiplies a vector. Which one?",
            wrong=lambda p, v: p * v - v * (p @ v),
        ),
        Mistake(
            "added instead of subtracted",
            "H is diag(p) minus p pᵀ: for a v of ones it gives 0.",
            wrong=lambda p, v: p * v + p * (p @ v),
        ),
        Mistake(
            "the second part alone",
            "The first part of H is missing: diag(p) v.",
            wrong=lambda p, v: -p * (p @ v),
        ),
        Mistake(
            "sign",
            "The loss is convex in the logits, so vᵀ H v is never negative. Yours is.",
            wrong=lambda p, v: -right(p, v),
        ),
    ],
    sample=lambda rng: case([0.5, 0.125, 0.375], rng.normal(size=3).round(1)),
)


def test_hessian_vector_product():
    exercise.check()
