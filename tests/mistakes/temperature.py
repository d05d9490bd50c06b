"""Wrong temperatures, one for each mistake that the checks name."""

import numpy as np


def _softmax(z):
    exps = np.exp(z - z.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def multiplied_instead_of_divided(z, T):
    return _softmax(T * z)


def divided_after_softmax(z, T):
    return _softmax(z) / T


def the_temperature_is_not_used(z, T):
    return _softmax(z)


def no_max_subtraction(z, T):
    exps = np.exp(z / T)
    return exps / exps.sum(axis=-1, keepdims=True)


def powers_of_the_probabilities_not_divided_by_their_sum(z, T):
    return _softmax(z) ** (1 / T)
