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


def it_returned_a_generator_instead_of_a_list(weights, gradients, lr):
    for w, g in zip(weights, gradients):
        yield (w - lr * g)


def weights_changed_in_place__2(weights, gradients, lr):
    for w, g in zip(weights, gradients):
        w -= lr * g
    return weights


def the_learning_rate_is_not_used__2(weights, gradients, lr):
    return [w - g for w, g in zip(weights, gradients)]


def gradients_divided_by_their_length(weights, gradients, lr):
    return [w - lr * g / np.linalg.norm(g) for w, g in zip(weights, gradients)]


def it_returned_an_array_instead_of_a_list(weights, gradients, lr):
    return np.array(weights) - lr * np.array(gradients)


def only_the_first_weights(weights, gradients, lr):
    new = []
    for w, g in zip(weights, gradients):
        new.append(w - lr * g)
        return new


def right__tuple(weights, gradients, lr):
    return tuple((w - lr * g for w, g in zip(weights, gradients)))


def gradients_clipped(weights, gradients, lr):
    return [w - lr * np.clip(g, -5, 5) for w, g in zip(weights, gradients)]


def averaged_over_the_entries(weights, gradients, lr):
    return [w - lr * np.mean(g) for w, g in zip(weights, gradients)]
