"""Checks of mend_loop.py: python -m pytest checks/test_mend_loop.py"""

import numpy as np

import minigrad as mg
from checks import Case, Exercise, Mistake
from minigrad.nn import functional as F


def trained(head=F.cross_entropy, forgets="WV", late=False, factor=1.0):
    """Make a training loop, the right one or one with a mistake in it."""

    def train(W, V, x, targets, lr, steps):
        layers = {"W": mg.Tensor(W, requires_grad=True), "V": mg.Tensor(V, requires_grad=True)}
        optimizer = mg.optim.SGD(list(layers.values()), lr=lr * factor)
        losses = []
        for _ in range(steps):
            for name in forgets:
                layers[name].zero_grad()
            loss = head(F.relu(x @ layers["W"].T) @ layers["V"].T, targets)
            loss.backward()
            if late:
                optimizer.zero_grad()
            optimizer.step()
            losses.append(loss.item())
        return layers["W"].data, layers["V"].data, losses

    return train


def twice(logits, targets):
    return F.cross_entropy(F.softmax(logits), targets)


def log_of_softmax(logits, targets):
    return F.nll_loss(np.log(F.softmax(logits)), targets)


def case(W, V, x, targets, lr, steps):
    return Case(
        "mend_loop(W, V, x, targets, lr, steps)",
        **{"W": np.array(W), "V": np.array(V), "x": np.array(x), "targets": np.array(targets)},
        **{"lr": lr, "steps": steps},
    )


ONE = [[1.0]], [[0.0], [0.0]], [[1.0]], [0]
CROSS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
KINKS = [[1.0, 1.0], [1.0, -0.5]], [[0.5, -0.5], [-0.5, 0.5]]

exercise = Exercise(
    "mend_loop",
    trained(),
    cases=[
        case(*ONE, lr=1.0, steps=1),
        case(*ONE, lr=1.0, steps=2),
        case(*ONE, lr=1.0, steps=5),
        case(*KINKS, CROSS, [0, 1, 1, 0], lr=0.5, steps=4),
        case([[1.0]], [[1.0], [0.0]], [[1000.0]], [1], lr=1e-7, steps=2),
    ],
    mistakes=[
        Mistake(
            "softmax twice, and gradients that add up",
            "`python mend_loop.py` comes to no loss below 1.46, which is −log(e / (e + 9)). Which "
            "ten logits have that loss? And how do the norms of the gradients go?",
            wrong=trained(twice, ""),
        ),
        Mistake(
            "gradients that add up",
            "`zero_grad` once, before the loop, is good for one step. What does `backward()` do to "
            "a gradient that is there?",
            wrong=trained(forgets=""),
        ),
        Mistake(
            "softmax twice",
            "`cross_entropy` takes logits, and applies log-softmax itself. What does it get here, "
            "and between which numbers does that lie?",
            wrong=trained(twice),
        ),
        Mistake(
            "gradients forgotten before the step",
            "Between `backward()` and `step()` they are needed. When are they not needed any more?",
            wrong=[trained(late=True), trained(twice, late=True)],
        ),
        Mistake(
            "the gradients of one layer add up",
            "Both matrices are trained. Whose gradient is it that is never forgotten?",
            wrong=[trained(forgets="W"), trained(forgets="V")],
        ),
        Mistake(
            "the log of a softmax",
            "With a logit of 1000 a share is 0, and its log −inf. Which loss takes logits?",
            wrong=trained(log_of_softmax),
        ),
        Mistake(
            "another learning rate",
            "Another step hides what is wrong with its direction. lr is given; which lines are to "
            "blame?",
            wrong=[
                trained(head, "", factor=factor)
                for factor in (0.5, 0.1, 0.01, 0.001, 10)
                for head in (twice, F.cross_entropy)
            ],
        ),
    ],
    sample=lambda rng: case(
        *(rng.normal(size=shape).round(1) for shape in ((4, 3), (3, 4), (5, 3))),
        **{"targets": rng.integers(3, size=5), "lr": 0.1, "steps": 3},
    ),
)


def test_mend_loop():
    exercise.check()
