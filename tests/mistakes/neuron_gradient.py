"""Wrong gradients of a neuron, one for each mistake that the checks name."""

import numpy as np


def tanh_left_out(x, w, b):
    return w, x, 1.0


def square_forgotten(x, w, b):
    a = np.tanh(w @ x + b)
    return (1 - a) * w, (1 - a) * x, 1 - a


def tanh_taken_twice(x, w, b):
    a = np.tanh(np.dot(w, x) + b)
    du = 1 - np.tanh(a) ** 2
    return du * w, du * x, du


def tanh_of_u_forgotten_in_its_derivative(x, w, b):
    u = w @ x + b
    return (1 - u**2) * w, (1 - u**2) * x, 1 - u**2


def x_and_w_swapped(x, w, b):
    du = 1 - np.tanh(w @ x + b) ** 2
    return du * x, du * w, du


def gradient_of_the_bias_taken_as_1(x, w, b):
    du = 1 - np.tanh(w @ x + b) ** 2
    return du * w, du * x, 1.0


def sign(x, w, b):
    du = np.tanh(w @ x + b) ** 2 - 1
    return du * w, du * x, du


def right__list(x, w, b):
    a = np.tanh(w @ x + b)
    d = 1 - a**2
    return [d * w, d * x, d]


def another_slope_than_that_of_tanh(x, w, b):
    a = np.tanh(w @ x + b)
    d = 2 * (a - 1) * (1 - a**2)
    return (d * w, d * x, d)


def bias_left_out(x, w, b):
    a = np.tanh(w @ x)
    d = 1 - a**2
    return (d * w, d * x, d)


def right__numeric(x, w, b):
    f = lambda x, w, b: np.tanh(w @ x + b)
    h = 1e-06
    I = np.eye(len(x)) * h
    gx = np.array([(f(x + i, w, b) - f(x - i, w, b)) / (2 * h) for i in I])
    gw = np.array([(f(x, w + i, b) - f(x, w - i, b)) / (2 * h) for i in I])
    return (gx, gw, (f(x, w, b + h) - f(x, w, b - h)) / (2 * h))


def x_and_w_swapped__2(x, w, b):
    a = np.tanh(w @ x + b)
    d = 1 - a**2
    return (d * x, d * w, d)


def gradient_of_the_bias_left_out(x, w, b):
    a = np.tanh(w @ x + b)
    d = 1 - a**2
    return (d * w, d * x)


def tanh_of_u_forgotten_in_its_derivative__2(x, w, b):
    u = w @ x + b
    d = 1 - u**2
    return (d * w, d * x, d)
