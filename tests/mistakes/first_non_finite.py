"""Wrong searches for a NaN, one for each mistake that the checks name."""

import numpy as np


def nan_missed(steps):
    for name, result in steps:
        if (result == np.nan).any() or (np.abs(result) == np.inf).any():
            return name


def inf_missed(steps):
    for name, result in steps:
        if np.isnan(result).any():
            return name


def minus_infinity_missed(steps):
    for name, result in steps:
        if (result == np.inf).any() or np.isnan(result).any():
            return name


def all_numbers_have_to_be_bad(steps):
    for name, result in steps:
        if not np.isfinite(result).any():
            return name


def last_instead_of_first(steps):
    culprit = None
    for name, result in steps:
        if not np.isfinite(result).all():
            culprit = name
    return culprit


def position_instead_of_name(steps):
    for i, (_, result) in enumerate(steps):
        if not np.isfinite(result).all():
            return i


def only_the_first_step_looked_at(steps):
    for name, result in steps:
        if not np.isfinite(result).all():
            return name
        else:
            return None


def all_numbers_have_to_be_bad__2(steps):
    for n, r in steps:
        if (~np.isfinite(r)).all():
            return n


def the_step_before(steps):
    prev = None
    for n, r in steps:
        if not np.isfinite(r).all():
            return prev
        prev = n


def nan_missed__2(steps):
    for n, r in steps:
        if (r == np.nan).any() or (r == np.inf).any():
            return n


def position_instead_of_name__2(steps):
    for i, (n, r) in enumerate(steps):
        if not np.isfinite(r).all():
            return i


def last_instead_of_first__2(steps):
    out = None
    for n, r in steps:
        if not np.isfinite(r).all():
            out = n
    return out


def minus_infinity_missed__2(steps):
    for n, r in steps:
        if np.isnan(r).any() or (r == np.inf).any():
            return n


def it_returned_a_string_instead_of_none(steps):
    for n, r in steps:
        if not np.isfinite(r).all():
            return n
    return "None"


def the_sum_looked_at(steps):
    for n, r in steps:
        if not np.isfinite(np.sum(r)):
            return n
