"""Wrong softmaxes, one for each mistake that the checks name."""

import numpy as np


def no_max_subtraction(z, axis=-1):
    return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)


def no_max_subtraction__2(z, axis=-1):
    exps = [np.exp(row) for row in np.moveaxis(z, axis, 0)]
    return np.moveaxis(np.array([e / sum(exps) for e in exps]), 0, axis)


def wrong_axis(z, axis=-1):
    exps = np.exp(z - z.max(axis=0))
    return exps / exps.sum(axis=0)


def sum_over_all_entries(z, axis=-1):
    exps = np.exp(z - z.max())
    return exps / exps.sum()


def axis_ignored(z, axis=-1):
    exps = np.exp(z - z.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def keepdims_forgotten(z, axis=-1):
    exps = np.exp(z - z.max(axis=axis, keepdims=True))
    return exps / np.sum(exps, axis)


def exp_forgotten(z, axis=-1):
    return z / np.sum(z, axis=axis, keepdims=True)


def not_divided_by_the_sum(z, axis=-1):
    largest = z.max(axis=axis, keepdims=True)
    return np.exp(z - largest)


def log_probabilities_returned(z, axis=-1):
    z = z - z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def argument_changed_in_place(z, axis=-1):
    z -= z.max(axis=axis, keepdims=True)
    np.exp(z, out=z)
    return z / z.sum(axis=axis, keepdims=True)
