"""Wrong gradients of cross-entropy, one for each mistake that the checks name."""

import numpy as np


def _p_minus_y(p, targets):
    return p - np.eye(p.shape[1])[targets]


def forgot_1_n(p, targets):
    return _p_minus_y(p, targets)


def divided_by_the_number_of_classes(p, targets):
    return _p_minus_y(p, targets) / p.shape[1]


def sign(p, targets):
    return -_p_minus_y(p, targets) / len(p)


def the_target_is_not_subtracted(p, targets):
    return p / len(p)


def only_the_target_s_entry(p, targets):
    grad = np.zeros_like(p)
    rows = np.arange(len(p))
    grad[rows, targets] = (p[rows, targets] - 1) / len(p)
    return grad


def a_column_instead_of_an_entry_of_each_row(p, targets):
    grad = p.copy()
    grad[:, targets] -= 1
    return grad / len(p)


def probabilities_changed_in_place(p, targets):
    p[np.arange(len(p)), targets] -= 1
    return p / len(p)
