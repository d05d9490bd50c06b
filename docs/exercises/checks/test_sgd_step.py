"""Checks of sgd_step.py: python -m pytest checks/test_sgd_step.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor, optim


def right(weights, gradients, lr):
    tensors = [Tensor(w, requires_grad=True) for w in weights]
    for tensor, g in zip(tensors, gradients):
        tensor.grad = g.copy()
    optim.SGD(tensors, lr=lr).step()
    return [tensor.data for tensor in tensors]


def case(lr, *pairs):
    return Case(
        "sgd_step(weights, gradients, lr)",
        weights=[np.array(w) for w, _ in pairs],
        gradients=[np.array(g) for _, g in pairs],
        lr=lr,
    )


exercise = Exercise(
    "sgd_step",
    right,
    cases=[
        case(0.5, ([1.0], [2.0])),
        case(0.5, ([1.0, 2.0], [2.0, -4.0])),
        case(0.25, ([[1.0, 2.0]], [[3.0, -4.0]]), ([1.0], [2.0])),
        case(0.1, ([1.0], [0.0]), ([5.0, 6.0], [10.0, 20.0])),
    ],
    mistakes=[
        Mistake(
            "uphill instead of downhill",
            "The gradient says which way the loss grows. Which way do we want to go?",
            wrong=lambda weights, gradients, lr: [w + lr * g for w, g in zip(weights, gradients)],
        ),
        Mistake(
            "the learning rate is not used",
            "The step is as long as the gradient. What should make it shorter?",
            wrong=lambda weights, gradients, lr: right(weights, gradients, 1.0),
        ),
        Mistake(
            "divided by the learning rate",
            "A small learning rate should make small steps.",
            wrong=lambda weights, gradients, lr: right(weights, gradients, 1 / lr),
        ),
        Mistake(
            "the step returned instead of the weights",
            "This is what is to be subtracted. From what?",
            wrong=lambda weights, gradients, lr: [lr * g for g in gradients],
        ),
        Mistake(
            "only the sign of the gradient used",
            "A steep slope gives a long step, a gentle one a short step.",
            wrong=lambda weights, gradients, lr: [
                w - lr * np.sign(g) for w, g in zip(weights, gradients)
            ],
        ),
        Mistake(
            "weights changed in place",
            "`w -= ...` writes into the caller's array. An optimiser may; here, make new ones.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: case(0.3, (rng.normal(size=2).round(1), rng.normal(size=2).round(1))),
)


def test_sgd_step():
    exercise.check()
