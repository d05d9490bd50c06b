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


def sign_ignored__2(a, b):
    return abs(
        int(np.abs(np.float64(a)).view(np.int64)) - int(np.abs(np.float64(b)).view(np.int64))
    )


def cut_off_to_whole_numbers(a, b):
    return abs(int(np.float64(a).astype(np.int64)) - int(np.float64(b).astype(np.int64)))


def difference_in_eps__2(a, b):
    return int(abs(a - b) / np.finfo(float).eps)


def counted_among_the_floats_of_float32(a, b):

    def key(x):
        u = int(np.abs(np.float32(x)).view(np.int32))
        return -u if x < 0 else u

    return abs(key(a) - key(b))


def right__float_result(a, b):

    def key(x):
        u = int(np.abs(np.float64(x)).view(np.int64))
        return -u if x < 0 else u

    return float(abs(key(a) - key(b)))


def an_integer_that_overflows(a, b):

    def key(x):
        u = np.abs(np.float64(x)).view(np.int64)
        return -u if x < 0 else u

    return abs(key(a) - key(b))


def it_does_not_come_to_an_end(a, b):
    n = 0
    while a != b:
        a = np.nextafter(a, b)
        n += 1
    return n


def direction_kept__2(a, b):

    def key(x):
        u = int(np.abs(np.float64(x)).view(np.int64))
        return -u if x < 0 else u

    return key(b) - key(a)


def spacing_of_one_of_the_two(a, b):
    return int(round(abs(a - b) / np.spacing(a)))
