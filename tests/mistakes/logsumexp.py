"""Wrong log-sum-exps, one for each mistake that the checks name."""

import numpy as np


def no_max_subtraction(z):
    return np.log(np.sum(np.exp(z), axis=-1))


def maximum_not_added_back(z):
    z = z - z.max(axis=-1, keepdims=True)
    return np.log(np.exp(z).sum(axis=-1))


def one_maximum_for_all_rows(z):
    return np.log(np.exp(z - np.max(z)).sum(axis=-1)) + np.max(z)


def wrong_axis(z):
    largest = z.max(axis=0)
    return largest + np.log(np.exp(z - largest).sum(axis=0))


def the_largest_logit_returned(z):
    return np.max(z, axis=-1)


def minus_infinity_minus_minus_infinity(z):
    largest = z.max(axis=-1)
    return largest + np.log(np.exp(z - largest[..., None]).sum(axis=-1))
