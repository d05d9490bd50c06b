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


def one_maximum_and_one_sum_for_all_rows(z, T):
    s = (z - z.max()) / T
    e = np.exp(s)
    return e / e.sum()


def another_temperature_than_t(z, T):
    s = (z - z.max(axis=-1, keepdims=True)) / (T + 0.001)
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)


def the_temperature_is_not_used__2(z, T):
    e = np.exp(z - z.max(axis=-1, keepdims=True)) / T
    return e / e.sum(axis=-1, keepdims=True)


def the_temperature_is_not_used__3(z, T):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def another_temperature_than_t__2(z, T):
    T = max(T, 0.01)
    s = (z - z.max(axis=-1, keepdims=True)) / T
    e = np.exp(s)
    return e / e.sum(axis=-1, keepdims=True)


def the_maximum_not_divided_by_the_temperature(z, T):
    e = np.exp(z / T - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def multiplied_instead_of_divided__2(z, T):
    s = z * T
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def no_max_subtraction__2(z, T):
    e = np.exp(z / T)
    return e / e.sum(axis=-1, keepdims=True)


def powers_of_the_probabilities_not_divided_by_their_sum__2(z, T):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p ** (1 / T)


def powers_of_probabilities_underflow(z, T):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    q = p ** (1 / T)
    return q / q.sum(axis=-1, keepdims=True)


def divided_after_softmax__2(z, T):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) / T


def one_maximum_for_all_rows(z, T):
    e = np.exp((z - z.max()) / T)
    return e / e.sum(axis=-1, keepdims=True)
