"""Wrong gradients of a neuron, one for each mistake that the checks name."""

import numpy as np


def tanh_left_out(x, w, b):
    return w, x, 1.0


def square_forgotten(x, w, b):
    y = np.tanh(w @ x + b)
    return (1 - y) * w, (1 - y) * x, 1 - y


def tanh_taken_twice(x, w, b):
    y = np.tanh(np.dot(w, x) + b)
    dy = 1 - np.tanh(y) ** 2
    return dy * w, dy * x, dy


def tanh_of_s_forgotten_in_its_derivative(x, w, b):
    s = w @ x + b
    return (1 - s**2) * w, (1 - s**2) * x, 1 - s**2


def x_and_w_swapped(x, w, b):
    dy = 1 - np.tanh(w @ x + b) ** 2
    return dy * x, dy * w, dy


def gradient_of_the_bias_taken_as_1(x, w, b):
    dy = 1 - np.tanh(w @ x + b) ** 2
    return dy * w, dy * x, 1.0


def sign(x, w, b):
    dy = np.tanh(w @ x + b) ** 2 - 1
    return dy * w, dy * x, dy
