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


def divided_by_the_number_of_classes__2(p, targets):
    return (p - np.eye(p.shape[1])[targets]) / p.shape[1]


def divided_by_the_number_of_all_entries(p, targets):
    return (p - np.eye(p.shape[1])[targets]) / p.size


def averaged_over_the_samples(p, targets):
    return (p - np.eye(p.shape[1])[targets]).mean(axis=0)


def the_gradient_for_the_probabilities(p, targets):
    y = np.eye(p.shape[1])[targets]
    return -y / p / len(p)


def forgot_1_n__2(p, targets):
    g = p.copy()
    g[np.arange(len(p)), targets] -= 1
    return g


def only_the_one_hot_divided_by_n(p, targets):
    return p - np.eye(p.shape[1])[targets] / len(p)


def sign__2(p, targets):
    return (np.eye(p.shape[1])[targets] - p) / len(p)


def a_column_instead_of_an_entry_of_each_row__2(p, targets):
    g = p.copy()
    g[:, targets] -= 1
    return g / len(p)


def softmax_taken_again(p, targets):
    e = np.exp(p)
    q = e / e.sum(axis=1, keepdims=True)
    return (q - np.eye(p.shape[1])[targets]) / len(p)


def only_the_probabilities_divided_by_n(p, targets):
    g = p / len(p)
    g[np.arange(len(p)), targets] -= 1
    return g


def class_numbers_used_as_one_hots(p, targets):
    return (p - targets[:, np.newaxis]) / len(targets)
