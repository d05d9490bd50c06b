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


def clipped(a):
    """Whether every step goes the right way, and too short."""
    given = a.case.arguments
    for w, g, new in zip(given["weights"], given["gradients"], a.got.result):
        step = (w - new) / given["lr"]
        if not (np.abs(step) <= np.abs(g) * (1 + 1e-9)).all() or (step * g < 0).any():
            return False
    return any([np.abs(g).max() > 10 for g in given["gradients"]])


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
        case(1e-3, ([1.0, -3.0], [1e4, 1e-4])),
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
            "gradients divided by their length",
            "Only the learning rate scales the step. What does a norm do here?",
            wrong=lambda weights, gradients, lr: [
                w - lr * g / np.linalg.norm(g) for w, g in zip(weights, gradients)
            ],
        ),
        Mistake(
            "gradients clipped",
            "A large gradient is a large step here. Which line makes it smaller?",
            when=clipped,
        ),
        Mistake(
            "averaged over the entries",
            "Every weight has its own gradient.",
            wrong=lambda weights, gradients, lr: [
                w - lr * g.mean() for w, g in zip(weights, gradients)
            ],
        ),
        Mistake(
            "only the first weights",
            "A `return` inside of a loop ends it in the first round. Where should it stand?",
            wrong=lambda weights, gradients, lr: right(weights, gradients, lr)[:1],
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
