"""Checks of unbroadcast.py: python -m pytest checks/test_unbroadcast.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor


def right(g, shape):
    x = Tensor(np.zeros(shape), requires_grad=True)
    np.broadcast_to(x, g.shape).backward(g)
    return x.grad


def new_axes(g, shape):
    return tuple(range(g.ndim - len(shape)))


def keepdims_forgotten(g, shape):
    g = g.sum(axis=new_axes(g, shape))
    return g.sum(axis=tuple(i for i, length in enumerate(shape) if length == 1))


def only_stretched(g, shape):
    return right(g, (*g.shape[: g.ndim - len(shape)], *shape))


def first_entries(g, shape):
    stretched = tuple(slice(1) if n == 1 else slice(None) for n in shape)
    return g[(0,) * (g.ndim - len(shape))][stretched]


def back(g, shape):
    return Case("unbroadcast(g, shape)", g=np.array(g), shape=shape)


NUMBERS = np.arange(1.0, 25.0).reshape(2, 3, 4)

exercise = Exercise(
    "unbroadcast",
    right,
    cases=[
        back([1.0, 2.0], (2,)),
        back([1.0, 2.0], (1,)),
        back([[1.0, 2.0], [3.0, 5.0]], (2,)),
        back([[1.0, 2.0], [3.0, 5.0]], (2, 1)),
        back([[1.0, 2.0], [3.0, 5.0]], (1, 2)),
        back([1.0, 2.0], ()),
        back([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], (3,)),
        back([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], (2, 1)),
        back([[1.0, 2.0, 3.0]], (1, 3)),
        Case("unbroadcast(g, shape)", g=NUMBERS, shape=(3, 1)),
        Case("unbroadcast(g, shape)", g=NUMBERS, shape=(2, 1, 4)),
    ],
    mistakes=[
        Mistake(
            "broadcast axes not summed",
            "Your result has the shape of g. Each entry was used more than once; what happens to "
            "the gradients of its uses?",
            wrong=lambda g, shape: g,
        ),
        Mistake(
            "only the new axes summed",
            "An axis of length 1 was stretched, and is still long in your result.",
            wrong=lambda g, shape: g.sum(axis=new_axes(g, shape)),
        ),
        Mistake(
            "only the stretched axes summed",
            "Your result still has the axes that broadcasting put in front.",
            wrong=[
                only_stretched,
                lambda g, shape: g.sum(
                    axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True
                ),
            ],
        ),
        Mistake(
            "always the first axis summed",
            "Which axes were put in front, and which were stretched? It is not always axis 0.",
            wrong=lambda g, shape: g.sum(axis=0),
        ),
        Mistake(
            "axes told apart by their lengths",
            "Two axes may have the same length. Broadcasting lines up shapes at the last axis: "
            "compare them position by position, from there.",
            wrong=lambda g, shape: g.sum(
                axis=tuple(i for i, n in enumerate(g.shape) if n not in shape)
            ).reshape(shape),
        ),
        Mistake(
            "broadcast once more",
            "That is the way forward, from few entries to many. Backwards many become few.",
            wrong=lambda g, shape: np.broadcast_to(g, shape),
        ),
        Mistake(
            "keepdims forgotten",
            "The sum was right, but the axis is gone. In `shape` it is there, with length 1.",
            wrong=keepdims_forgotten,
        ),
        Mistake(
            "averaged instead of summed",
            "The chain rule adds the uses up. It does not divide by their number.",
            wrong=lambda g, shape: right(g, shape) * max(np.prod(shape), 1) / g.size,
        ),
        Mistake(
            "one use taken instead of the sum",
            "This is the gradient of the first use alone. There were more.",
            wrong=first_entries,
        ),
        Mistake(
            "everything summed",
            "This is one total for all. Which entries of g came from which entry of x?",
            wrong=[
                lambda g, shape: np.full(shape, g.sum()),
                lambda g, shape: g.sum().reshape(shape),
                lambda g, shape: g.sum(),
            ],
        ),
    ],
    sample=lambda rng: back(rng.normal(size=(3, 2, 4)).round(1), (2, int(rng.choice([1, 4])))),
)


def test_unbroadcast():
    exercise.check()
