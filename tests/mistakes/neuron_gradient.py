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
