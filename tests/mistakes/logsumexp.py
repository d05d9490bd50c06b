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


def summed_over_everything(z):
    m = z.max()
    return m + np.log(np.exp(z - m).sum())


def one_maximum_for_all_rows__2(z):
    m = z.max()
    m = m if np.isfinite(m) else 0
    return m + np.log(np.exp(z - m).sum(axis=-1))


def one_inf_makes_all_inf(z):
    if np.isinf(z).any():
        return np.full(z.shape[:-1], -np.inf)
    m = z.max(axis=-1, keepdims=True)
    return (m + np.log(np.exp(z - m).sum(axis=-1, keepdims=True)))[..., 0]


def keepdims_left_on(z):
    m = z.max(axis=-1, keepdims=True)
    m = np.where(np.isfinite(m), m, 0)
    return m + np.log(np.exp(z - m).sum(axis=-1, keepdims=True))


def right__logaddexp(z):
    return np.logaddexp.reduce(z, axis=-1)


def the_largest_logit_returned__2(z):
    return z.max(axis=-1)


def a_number_in_place_of_inf(z):
    z = np.nan_to_num(z, neginf=-1e300)
    m = z.max(axis=-1, keepdims=True)
    return (m + np.log(np.exp(z - m).sum(axis=-1, keepdims=True)))[..., 0]


def minus_infinity_minus_minus_infinity__2(z):
    m = z.max(axis=-1, keepdims=True)
    return (m + np.log(np.exp(z - m).sum(axis=-1, keepdims=True)))[..., 0]


def the_logarithm_before_the_sum(z):
    return np.log(np.exp(z)).sum(axis=-1)
