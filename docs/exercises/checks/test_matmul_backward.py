"""Checks of matmul_backward.py: python -m pytest checks/test_matmul_backward.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor, autograd


def right(g, A, B):
    A, B = Tensor(A, requires_grad=True), Tensor(B, requires_grad=True)
    for_A, for_B = autograd.grad(A @ B, [A, B], g)
    return for_A.data, for_B.data


def product(g, A, B):
    return Case("matmul_backward(g, A, B)", g=np.array(g), A=np.array(A), B=np.array(B))


SQUARE = [[1.0, 2.0], [3.0, 5.0]], [[7.0, 11.0], [13.0, 17.0]]

exercise = Exercise(
    "matmul_backward",
    right,
    cases=[
        product([[2.0]], [[3.0]], [[5.0]]),
        product([[1.0, 0.0], [0.0, 0.0]], *SQUARE),
        product([[1.0, 2.0], [0.0, 1.0]], *SQUARE),
        product([[1.0]], [[2.0, 3.0]], [[5.0], [7.0]]),
        product([[1.0, -1.0]], [[1.0, 2.0, 3.0]], [[1.0, 0.0], [0.0, 2.0], [4.0, 1.0]]),
    ],
    mistakes=[
        Mistake(
            "transpose forgotten",
            "For n, k, m all different, can g be multiplied by B as it is? Compare their shapes.",
            wrong=lambda g, A, B: (g @ B, A @ g),
        ),
        Mistake(
            "factors in the wrong order",
            "A matrix product changes with the order of its factors. On which side of A stands B "
            "in A B, and so on which side of g?",
            wrong=lambda g, A, B: (B.T @ g, g @ A.T),
        ),
        Mistake(
            "gradients swapped",
            "The first one belongs to A, the second to B.",
            wrong=lambda g, A, B: right(g, A, B)[::-1],
        ),
        Mistake(
            "upstream gradient left out",
            "This is what comes for a g of ones only. By the chain rule, g is one of the factors.",
            wrong=lambda g, A, B: right(np.ones_like(g), A, B),
        ),
        Mistake(
            "one gradient divided by the number of rows",
            "The loss knows its mean; g has it already. Where do you divide once more?",
            wrong=[
                lambda g, A, B: (g @ B.T, A.T @ g / len(A)),
                lambda g, A, B: (g @ B.T / len(A), A.T @ g / len(A)),
            ],
        ),
        Mistake(
            "one gradient transposed",
            "(Aᵀ g)ᵀ is gᵀ A. Which of the two has the shape of B?",
            wrong=[lambda g, A, B: (g @ B.T, g.T @ A), lambda g, A, B: (B @ g.T, A.T @ g)],
        ),
        Mistake(
            "both gradients transposed",
            "Each gradient has its factor's shape. Have yours?",
            wrong=lambda g, A, B: (B @ g.T, g.T @ A),
        ),
        Mistake(
            "entries multiplied",
            "`*` multiplies entry by entry. The rule has matrix products, `@`.",
            wrong=lambda g, A, B: (g * B.T, A.T * g),
        ),
        Mistake(
            "each gradient from its own factor",
            "In a product, the change of one factor is multiplied by the other.",
            wrong=lambda g, A, B: (g @ A.T, B.T @ g),
        ),
    ],
    sample=lambda rng: product(
        *(rng.normal(size=shape).round(1) for shape in [(2, 4), (2, 3), (3, 4)])
    ),
)


def test_matmul_backward():
    exercise.check()
