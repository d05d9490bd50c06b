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


def right_to_5_digits_only(z):
    z = z.astype(np.float32)
    s = z - z.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def logarithm_to_another_base(z):
    s = z - z.max(axis=-1, keepdims=True)
    return s - np.log10(np.exp(s).sum(axis=-1, keepdims=True))


def log_of_softmax__2(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True))


def it_changes_its_argument_z_in_place(z):
    z -= z.max(axis=-1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return z


def no_max_subtraction__2(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def sign(z):
    s = z - z.max(axis=-1, keepdims=True)
    return np.log(np.exp(s).sum(axis=-1, keepdims=True)) - s


def probabilities_returned__2(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def exp_of_the_sum_instead_of_the_sum_of_exps(z):
    s = z - z.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s.sum(axis=-1, keepdims=True)))


def maximum_subtracted_in_the_sum_only__2(z):
    s = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def one_maximum_for_all_rows(z):
    m = np.max(z)
    return z - m - np.log(np.exp(z - m).sum(axis=-1, keepdims=True))


def sum_over_all_entries(z):
    s = z - z.max()
    return s - np.log(np.exp(s).sum())


def a_constant_instead_of_a_cure(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True) + 1e-12)


def a_constant_instead_of_a_cure__clip(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.log(np.clip(e / e.sum(axis=-1, keepdims=True), 1e-300, 1))


def a_constant_instead_of_a_cure__nan_to_num(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.nan_to_num(np.log(e / e.sum(axis=-1, keepdims=True)))
