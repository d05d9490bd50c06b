"""Checks of read_digits.py: python -m pytest checks/test_read_digits.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor, nn
from minigrad.nn import functional as F


def right(weights, images):
    (hidden, inputs), classes = weights["0.weight"].shape, len(weights["2.bias"])
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, classes))
    model.load_state_dict(weights)
    return F.softmax(model(images)).numpy()


def relu(h):
    return np.maximum(h, 0)


def logits(weights, images, activation=relu):
    h = activation(images @ weights["0.weight"].T + weights["0.bias"])
    return h @ weights["2.weight"].T + weights["2.bias"]


def softmax(z, axis=1, keepdims=True):
    exps = np.exp(z - z.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=keepdims)


def one_maximum(z):
    exps = np.exp(z - z.max())
    return exps / exps.sum(axis=1, keepdims=True)


def transposed(weights):
    return {name: array.T for name, array in weights.items()}


def without_bias(weights):
    return {name: array * (array.ndim > 1) for name, array in weights.items()}


def case(images, *arrays):
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    weights = {name: np.array(array, np.float32) for name, array in zip(names, arrays)}
    images = np.array(images, np.float32)
    return Case("read_digits(weights, images)", weights=weights, images=images)


def sample(rng):
    shapes = [(3, 4), (5, 4), (5,), (3, 5), (3,)]
    return case(*[rng.integers(-4, 5, size=shape) / 4 for shape in shapes])


FIRST, NO_BIAS = [[1, 2], [0, 1]], [0, 0]

exercise = Exercise(
    "read_digits",
    right,
    cases=[
        case([[1, 1]], FIRST, NO_BIAS, [[1, 0], [1, 1]], NO_BIAS),
        case([[1, 1]], FIRST, [1, -1], [[1, 0], [1, 1]], [0, 2]),
        case([[2, -1]], FIRST, NO_BIAS, [[1, 0], [1, 1]], NO_BIAS),
        case([[1, 1]], FIRST, NO_BIAS, [[-1, 0], [1, -2]], NO_BIAS),
        case([[1, 1], [0, 1]], FIRST, NO_BIAS, [[1, 0], [1, 1]], NO_BIAS),
        case([[1], [-2]], [[1], [-1]], [0, 1], [[1, 0], [0, 1], [-1, 2]], [0, 1, -1]),
        case([[1, 0], [0, 1]], [[1000, 0], [0, 1]], NO_BIAS, [[1, 0], [-1, 1]], NO_BIAS),
        case([[1, 0]], [[1, 0], [0, 1]], NO_BIAS, [[-1000, 0], [-1001, 0]], NO_BIAS),
        case([[1, 0], [0, 1]], FIRST, NO_BIAS, [[1000, -900], [999, -900]], NO_BIAS),
        case([[255, 0]], [[1, 0], [0, 1]], NO_BIAS, [[1, 0], [0, 1]], NO_BIAS),
    ],
    mistakes=[
        Mistake(
            "weights not transposed",
            "A weight of shape (128, 784) belongs to 784 inputs. Here all sizes are equal, and the "
            "product runs either way: along which axis of the weight are the inputs?",
            wrong=lambda weights, images: softmax(logits(transposed(weights), images)),
        ),
        Mistake(
            "bias forgotten",
            "There are four arrays in the dict. Which of them does your code use?",
            wrong=lambda weights, images: softmax(logits(without_bias(weights), images)),
        ),
        Mistake(
            "ReLU forgotten",
            "What stands at position 1 of the Sequential, between 0 and 2?",
            wrong=lambda weights, images: softmax(logits(weights, images, lambda h: h)),
        ),
        Mistake(
            "ReLU after the last layer, too",
            "Logits may be negative. After which layers does this network have a ReLU?",
            wrong=lambda weights, images: softmax(relu(logits(weights, images))),
        ),
        Mistake(
            "another activation than ReLU",
            "ReLU is max(h, 0), entry by entry. Which function is yours?",
            wrong=[
                lambda weights, images: softmax(logits(weights, images, np.tanh)),
                lambda weights, images: softmax(
                    logits(weights, images, lambda h: 1 / (1 + np.exp(-h)))
                ),
                lambda weights, images: softmax(logits(weights, images, np.abs)),
            ],
        ),
        Mistake(
            "pixels divided by 255",
            "The network takes the images as they come. Who knows how they were scaled for the "
            "training?",
            wrong=lambda weights, images: softmax(logits(weights, images / 255)),
        ),
        Mistake(
            "class numbers returned",
            "The class is the place of the largest. The probabilities of all are asked for.",
            wrong=lambda weights, images: logits(weights, images).argmax(axis=1),
        ),
        Mistake(
            "one maximum for all images",
            "Beside an image with a logit of 1000, all terms of another may be 0. Whose maximum "
            "does an image need?",
            wrong=lambda weights, images: one_maximum(logits(weights, images)),
        ),
        Mistake(
            "no max subtraction",
            "exp(1000) is inf and exp(-1000) is 0. Which number can you subtract from an image's "
            "logits without changing its probabilities?",
            when=lambda a: a.has_nan,
        ),
        Mistake(
            "softmax along the images",
            "The probabilities of one image sum to 1. Along which axis do yours?",
            wrong=lambda weights, images: softmax(logits(weights, images), axis=0),
        ),
        Mistake(
            "sum over all images",
            "Each image has probabilities of its own. Over which axis does your sum go?",
            wrong=lambda weights, images: softmax(logits(weights, images), axis=None),
        ),
        Mistake(
            "keepdims forgotten",
            "For n images and as many classes, which shape has the total of each image, and how "
            "does it broadcast against (n, n)?",
            wrong=lambda weights, images: softmax(logits(weights, images), keepdims=False),
        ),
        Mistake(
            "softmax applied twice",
            "These are too much alike. How often has it been through a softmax?",
            wrong=lambda weights, images: softmax(softmax(logits(weights, images))),
        ),
        Mistake(
            "logits returned",
            "The results of an image have to be positive and sum to 1. What is still missing?",
            wrong=logits,
        ),
        Mistake(
            "log-probabilities returned",
            "Log-probabilities to train, probabilities to read.",
            wrong=lambda weights, images: F.log_softmax(Tensor(logits(weights, images))).numpy(),
        ),
        Mistake(
            "an argument changed in place",
            "The next call gets the same dict and arrays. Which line writes into one of them?",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=sample,
    rtol=1e-5,
)


def test_read_digits():
    exercise.check()
