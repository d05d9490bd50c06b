"""Checks of train_classifier.py: python -m pytest checks/test_train_classifier.py"""

import numpy as np

import minigrad as mg
from checks import Case, Exercise, Mistake
from checks.values import kind
from minigrad.nn import functional as F


def trained(loss_of=F.cross_entropy, forget=True, late=False, after=False):
    """Make a training loop, the right one or one with a mistake in it."""

    def train(W, x, targets, lr, steps):
        weight = mg.Tensor(W, requires_grad=True)
        optimizer = mg.optim.SGD([weight], lr=abs(lr))
        losses = []
        for _ in range(steps):
            if late:
                optimizer.step()
            if forget:
                optimizer.zero_grad()
            loss = loss_of(x @ weight.T, targets)
            (loss if lr > 0 else -loss).backward()
            if not late:
                optimizer.step()
            losses.append(F.cross_entropy(x @ weight.data.T, targets) if after else loss)
        return weight.data, [loss.item() for loss in losses]

    return train


def with_adam(W, x, targets, lr, steps):
    weight = mg.Tensor(W, requires_grad=True)
    optimizer = mg.optim.Adam([weight], lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        losses.append(F.cross_entropy(x @ weight.T, targets))
        losses[-1].backward()
        optimizer.step()
    return weight.data, [loss.item() for loss in losses]


def another_rate(a):
    """Whether the first losses and the direction of the first step are right, not its length."""
    given = a.case.arguments
    weights, losses = a.got.result
    if has_tensors(a) or a.changed:
        return False
    if given["steps"] != 1:
        return len(losses) == given["steps"] and np.isclose(losses[0], a.expected.result[1][0])
    step, should = weights - given["W"], a.expected.result[0] - given["W"]
    return np.allclose(step, should * (step.ravel() @ should.ravel()) / (should**2).sum())


def unchanged(W, x, targets, lr, steps):
    return W, [F.cross_entropy(x @ W.T, targets).item()] * steps


def has_tensors(a):
    weights, losses = a.got.result
    return any(kind(value) == "a Tensor" for value in [weights, *losses])


def case(W, x, targets, lr, steps):
    return Case(
        "train_classifier(W, x, targets, lr, steps)",
        W=np.array(W),
        x=np.array(x),
        targets=np.array(targets),
        lr=lr,
        steps=steps,
    )


ZEROS = [[0.0, 0.0], [0.0, 0.0]]

exercise = Exercise(
    "train_classifier",
    trained(),
    cases=[
        case([[0.0], [0.0]], [[1.0]], [0], lr=1.0, steps=1),
        case([[0.0], [0.0]], [[1.0]], [0], lr=1.0, steps=2),
        case(ZEROS, [[1.0, 0.0], [0.0, 1.0]], [0, 1], lr=0.5, steps=1),
        case(ZEROS, [[1.0, 0.0], [0.0, 1.0]], [0, 1], lr=0.5, steps=4),
        case([[0.5, -1.0], [1.0, 0.0], [0.0, 2.0]], [[1.0, 2.0], [-1.0, 0.5]], [2, 0], 0.25, 3),
        case([[1.0], [0.0]], [[1000.0]], [1], lr=0.001, steps=2),
        case([[1.0], [0.0]], [[1.0]], [1], lr=0.5, steps=0),
    ],
    mistakes=[
        Mistake(
            "gradients not forgotten between the steps",
            "`backward()` adds to the gradients that are there. What must come before it?",
            wrong=trained(forget=False),
        ),
        Mistake(
            "the step before the gradient",
            "In the first round there is no gradient yet, and the last one is never used. In which "
            "order do forward, backward and step come?",
            wrong=trained(late=True),
        ),
        Mistake(
            "the loss after the step",
            "The loss of a step is the one that its gradient was computed of.",
            wrong=trained(after=True),
        ),
        Mistake(
            "uphill instead of downhill",
            "The gradient says which way the loss grows. Which way do we want to go?",
            wrong=lambda W, x, targets, lr, steps: trained()(W, x, targets, -lr, steps),
        ),
        Mistake(
            "sum instead of mean",
            "With twice as many samples the steps would be twice as long. What is the loss of a "
            "batch?",
            wrong=trained(lambda z, targets: F.cross_entropy(z, targets, reduction="sum")),
        ),
        Mistake(
            "softmax twice",
            "`cross_entropy` takes logits, and applies log-softmax itself.",
            wrong=trained(lambda z, targets: F.cross_entropy(F.softmax(z), targets)),
        ),
        Mistake(
            "the log of a softmax",
            "With a pixel of 1000 a share is 0, and its log −inf. Which loss takes logits?",
            wrong=trained(lambda z, targets: F.nll_loss(np.log(F.softmax(z)), targets)),
        ),
        Mistake(
            "the weights never change",
            "Which line computes the gradient, and which one uses it to change the weights?",
            wrong=unchanged,
        ),
        Mistake(
            "only one step",
            "A `return` ends the loop. Where should it stand?",
            wrong=lambda W, x, targets, lr, steps: trained()(W, x, targets, lr, min(steps, 1)),
        ),
        Mistake(
            "one step too few",
            "`range(n)` has n rounds. How many losses come back?",
            wrong=lambda W, x, targets, lr, steps: trained()(W, x, targets, lr, max(steps - 1, 0)),
        ),
        Mistake(
            "one step too many",
            "`range(n)` has n rounds. How many losses come back?",
            wrong=lambda W, x, targets, lr, steps: trained()(W, x, targets, lr, steps + 1),
        ),
        Mistake(
            "another optimiser than SGD",
            "Adam's first step is as long as the learning rate, whatever the gradient. W ← W − "
            "lr · ∂L/∂W is SGD.",
            wrong=with_adam,
        ),
        Mistake(
            "another learning rate",
            "The direction of the step is right, its length is not. Which number stands where lr "
            "should?",
            when=another_rate,
        ),
        Mistake(
            "Tensors returned instead of an array and numbers",
            "The weights are a Tensor's `.data`. How does one get the number that a loss is?",
            when=has_tensors,
        ),
        Mistake(
            "weights changed in place",
            "`W -= ...` writes into the caller's array. `mg.Tensor(W, requires_grad=True)` makes a "
            "copy.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: case(
        rng.normal(size=(3, 2)).round(1), rng.normal(size=(4, 2)).round(1), [0, 2, 1, 1], 0.5, 3
    ),
)


def test_train_classifier():
    exercise.check()
