"""Wrong softmaxes, one for each mistake that the checks name."""

import math

import numpy as np

from minigrad.nn import functional as F


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


def a_one_hot_of_the_largest(z, axis=-1):
    return (z == z.max(axis=axis, keepdims=True)).astype(float)


def wrong_axis__2(z, axis=-1):
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def a_constant_instead_of_a_cure(z, axis=-1):
    e = np.exp(np.clip(z, -700, 700))
    return e / e.sum(axis=axis, keepdims=True)


def right_to_8_digits_only(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / (e.sum(axis=axis, keepdims=True) + 1e-08)


def right__float64(z, axis=-1):
    z = z.astype(np.float64)
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def one_maximum_for_all_rows(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum(axis=axis, keepdims=True)


def sum_over_all_entries__2(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum()


def axis_ignored__2(z, axis=-1):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def it_returned_a_list_instead_of_an_array(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return (e / e.sum(axis=axis, keepdims=True)).tolist()


def it_raised_a_typeerror(z, axis=-1):
    e = math.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def right__minigrad(z, axis=-1):
    return F.softmax(z, axis=axis).numpy()


def the_mean_subtracted_instead_of_the_maximum(z, axis=-1):
    e = np.exp(z - z.mean(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def no_max_subtraction__3(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def exp_forgotten__2(z, axis=-1):
    return z / z.sum(axis=axis, keepdims=True)


def rounded(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return (e / e.sum(axis=axis, keepdims=True)).round(4)


def each_logit_on_its_own(z, axis=-1):
    return 1 / (1 + np.exp(-z))


def it_raised_a_nameerror(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / total


def the_smallest_logit_subtracted_instead_of_the_largest(z, axis=-1):
    e = np.exp(z - z.min(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def nan_from_0_0_or_inf_inf(z, axis=-1):
    e = np.exp(z - 500)
    return e / e.sum(axis=axis, keepdims=True)
