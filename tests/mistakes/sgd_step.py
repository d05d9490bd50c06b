"""Wrong steps, one for each mistake that the checks name."""

import numpy as np


def uphill_instead_of_downhill(weights, gradients, lr):
    return [w + lr * g for w, g in zip(weights, gradients)]


def the_learning_rate_is_not_used(weights, gradients, lr):
    return [w - g for w, g in zip(weights, gradients)]


def divided_by_the_learning_rate(weights, gradients, lr):
    return [w - g / lr for w, g in zip(weights, gradients)]


def the_step_returned_instead_of_the_weights(weights, gradients, lr):
    return [g * lr for g in gradients]


def only_the_sign_of_the_gradient_used(weights, gradients, lr):
    return [w - lr * np.sign(g) for w, g in zip(weights, gradients)]


def weights_changed_in_place(weights, gradients, lr):
    for w, g in zip(weights, gradients):
        w -= lr * g
    return weights
