"""Checks of neuron_gradient.py: python -m pytest checks/test_neuron_gradient.py"""

import numpy as np

from checks import Case, Exercise, Mistake
from minigrad import Tensor, autograd


def right(x, w, b):
    leaves = [Tensor(value, dtype=np.float64, requires_grad=True) for value in (x, w, b)]
    x, w, b = leaves
    gradients = autograd.grad(np.tanh((w * x).sum() + b), leaves)
    return gradients[0].data, gradients[1].data, float(gradients[2])


def with_slope(slope):
    """Make the gradient with another number for the derivative of tanh at u."""

    def gradients(x, w, b):
        factor = slope(np.sum(w * x) + b)
        return factor * w, factor * x, factor

    return gradients


def swapped(x, w, b):
    for_x, for_w, for_b = right(x, w, b)
    return for_w, for_x, for_b


def one_for_the_bias(x, w, b):
    return (*right(x, w, b)[:2], 1.0)


def another_slope(a):
    """Whether the three gradients are a number times (w, x, 1), and the number is wrong."""
    (for_x, for_w, slope), given = a.got.result, a.case.arguments
    return np.allclose(for_x, slope * given["w"]) and np.allclose(for_w, slope * given["x"])


def neuron(x, w, b):
    return Case("neuron_gradient(x, w, b)", x=np.array(x), w=np.array(w), b=b)


exercise = Exercise(
    "neuron_gradient",
    right,
    cases=[
        neuron([2.0], [0.5], -1.0),
        neuron([2.0], [0.5], 0.0),
        neuron([1.0], [-0.5], 1.0),
        neuron([1.0, 2.0], [0.5, -0.25], 0.5),
        neuron([3.0, 0.0, -1.0], [0.1, 0.2, 0.3], -0.4),
    ],
    mistakes=[
        Mistake(
            "tanh left out",
            "This is the gradient of w · x + b. By the chain rule, what does tanh multiply it by?",
            wrong=with_slope(lambda u: 1.0),
        ),
        Mistake(
            "square forgotten",
            "The derivative of tanh is 1 − a², with a = tanh(u). Is yours?",
            wrong=with_slope(lambda u: 1 - np.tanh(u)),
        ),
        Mistake(
            "tanh taken twice",
            "a is already the tanh. Of what do you take it in 1 − tanh(...)²?",
            wrong=with_slope(lambda u: 1 - np.tanh(np.tanh(u)) ** 2),
        ),
        Mistake(
            "tanh of u forgotten in its derivative",
            "Yours is 1 − u², with u = w · x + b. The square is that of another number.",
            wrong=with_slope(lambda u: 1 - u**2),
        ),
        Mistake(
            "x and w swapped",
            "In w · x, how much does the product change when x changes by 1?",
            wrong=swapped,
        ),
        Mistake(
            "bias left out",
            "u is w · x + b. Is your a the tanh of all of it?",
            wrong=lambda x, w, b: right(x, w, 0.0),
        ),
        Mistake(
            "gradient of the bias left out",
            "Three numbers or arrays are asked for. How does a move with b?",
            wrong=lambda x, w, b: right(x, w, b)[:2],
        ),
        Mistake(
            "gradient of the bias taken as 1",
            "1 is ∂u/∂b. From u to a there is one more step.",
            wrong=one_for_the_bias,
        ),
        Mistake(
            "sign",
            "The sizes are right, the signs are not. Is it 1 − a² or a² − 1?",
            wrong=lambda x, w, b: tuple(-gradient for gradient in right(x, w, b)),
        ),
        Mistake(
            "another slope than that of tanh",
            "All three are off by the same number. Of which function of a is your slope the "
            "derivative: of a itself, or of a loss made of it?",
            when=another_slope,
        ),
    ],
    sample=lambda rng: neuron(*rng.normal(size=(2, 3)).round(1), round(rng.normal(), 1)),
)


def test_neuron_gradient():
    exercise.check()
