"""Wrong log-softmaxes, one for each mistake that the checks name."""

import numpy as np


def log_of_softmax(z):
    exps = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.log(exps / exps.sum(axis=-1, keepdims=True))


def no_max_subtraction(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def maximum_subtracted_in_the_sum_only(z):
    largest = z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z - largest).sum(axis=-1, keepdims=True))


def log_forgotten(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.exp(z).sum(axis=-1, keepdims=True)


def wrong_axis(z):
    z = z - z.max(axis=0)
    return z - np.log(np.exp(z).sum(axis=0))


def probabilities_returned(z):
    exps = np.exp(z - z.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)
