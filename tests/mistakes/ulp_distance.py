"""Wrong distances, one for each mistake that the checks name."""

import numpy as np


def _place(x):
    bits = int(np.abs(np.float64(x)).view(np.int64))
    return -bits if x < 0 else bits


def sign_ignored(a, b):
    return abs(_place(abs(a)) - _place(abs(b)))


def the_sign_bit_counted_as_a_number(a, b):
    return abs(int(np.float64(a).view(np.int64)) - int(np.float64(b).view(np.int64)))


def difference_in_eps(a, b):
    return round(abs(a - b) / np.finfo(float).eps)


def direction_kept(a, b):
    return _place(b) - _place(a)


def direction_kept_from_b_to_a(a, b):
    return _place(a) - _place(b)
