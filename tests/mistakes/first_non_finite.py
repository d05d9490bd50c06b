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
