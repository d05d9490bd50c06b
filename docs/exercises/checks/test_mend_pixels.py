"""Checks of mend_pixels.py: python -m pytest checks/test_mend_pixels.py"""

import numpy as np

import minigrad as mg
from checks import Case, Exercise, Mistake
from minigrad.nn import functional as F


def prepared(x, unseen):
    constant = (x == x[0]).all(axis=0)
    mean, std = x.mean(axis=0), np.where(constant, 1, x.std(axis=0))
    return [np.where(constant, 0, (pixels - mean) / std) for pixels in (x, unseen)]


def by(spread, cleaned=lambda pixels: pixels):
    """Make a preparation that divides by spread(x), and cleans what comes of it."""
    return lambda x, unseen: [
        cleaned((pixels - x.mean(axis=0)) / spread(x)) for pixels in (x, unseen)
    ]


def trained(prepare):
    def train(W, x, targets, unseen, lr, steps):
        x, unseen = prepare(x, unseen)
        weight = mg.Tensor(W, requires_grad=True)
        optimizer = mg.optim.SGD([weight], lr=lr)
        losses = []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = F.cross_entropy(x @ weight.T, targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, unseen @ weight.data.T

    return train


def exactly_0(x, unseen):
    """The same, but constant is what has a standard deviation of exactly 0."""
    std = x.std(axis=0)
    return [
        np.where(std == 0, 0, (pixels - x.mean(axis=0)) / np.where(std == 0, 1, std))
        for pixels in (x, unseen)
    ]


def kept_away(a):
    """Whether training is right, nearly, and a constant pixel is divided by next to nothing."""
    losses, logits = a.got.result
    off = np.abs(logits - a.expected.result[1]).max()
    nearly = np.allclose(losses, a.expected.result[0], rtol=0.01, atol=0.01)
    return nearly and np.isfinite(off) and (off > 100 or off < 0.01)


def case(W, x, targets, unseen, lr, steps):
    return Case(
        "mend_pixels(W, x, targets, unseen, lr, steps)",
        **{"W": np.array(W), "x": np.array(x), "targets": np.array(targets)},
        **{"unseen": np.array(unseen), "lr": lr, "steps": steps},
    )


W = [[1.0, 0.5], [0.0, -0.5]]

exercise = Exercise(
    "mend_pixels",
    trained(prepared),
    cases=[
        case(W, [[1.0, 3.0], [0.0, 5.0]], [0, 1], [[1.0, 5.0]], lr=0.5, steps=2),
        case(W, [[0.0, 3.0], [0.0, 5.0]], [0, 1], [[0.0, 5.0]], lr=0.5, steps=2),
        case(W, [[0.0, 3.0], [0.0, 5.0]], [0, 1], [[1.0, 5.0]], lr=0.5, steps=2),
        case(W, [[0.1, 3.0], [0.1, 5.0], [0.1, 1.0]], [0, 1, 0], [[0.1, 2.0]], lr=0.5, steps=2),
    ],
    mistakes=[
        Mistake(
            "NaN from the first step on",
            "`mg.diagnose(loss).first` says with what the NaN came in. Nothing that is done to the "
            "gradient or the step helps then. Which pixels are NaN, and what is their std?",
            wrong=trained(by(lambda x: x.std(axis=0))),
        ),
        Mistake(
            "the spread kept away from 0",
            "Training looks well. But an unseen image with ink where no other had any gets "
            "1 / 1e-9 there. What should it get?",
            when=kept_away,
        ),
        Mistake(
            "NaN and inf replaced afterwards",
            "0 / 0 is a 0 now. And 1 / 0, in an unseen image, has become 1.8e308. Can you see to "
            "it that nothing is divided by 0 at all?",
            wrong=trained(by(lambda x: x.std(axis=0), np.nan_to_num)),
        ),
        Mistake(
            "a constant pixel counts in what is unseen",
            "In x the pixel is 0, as it should be. What is it in an unseen image with another "
            "value there, and what do its weights know of it?",
            wrong=trained(
                by(lambda x: np.where((x == x[0]).all(axis=0), 1, x.std(axis=0))),
            ),
        ),
        Mistake(
            "a constant pixel whose std is not quite 0",
            "`np.std([0.1, 0.1, 0.1])` is 1.4e-17: the mean was rounded. Which question to the "
            "pixel has an exact answer?",
            wrong=[
                trained(exactly_0),
                trained(by(lambda x: np.where(x.std(axis=0) == 0, 1, x.std(axis=0)))),
            ],
        ),
        Mistake(
            "unseen samples measured by themselves",
            "By what should an unseen sample be moved and scaled: by numbers of its own, or by "
            "those that the weights were trained with?",
            wrong=trained(lambda x, unseen: [prepared(x, x)[0], prepared(unseen, unseen)[0]]),
        ),
        Mistake(
            "moved, and not scaled",
            "That does away with the division, and with the spread of 1. Which pixels have a "
            "spread that can be divided by?",
            wrong=trained(by(lambda x: 1.0)),
        ),
    ],
    sample=lambda rng: case(
        rng.normal(size=(3, 4)).round(1),
        np.column_stack([rng.normal(size=(5, 3)).round(1), np.full(5, 0.5)]),
        **{"targets": [0, 2, 1, 1, 0], "unseen": rng.normal(size=(2, 4)).round(1)},
        **{"lr": 0.1, "steps": 3},
    ),
)


def test_mend_pixels():
    exercise.check()
