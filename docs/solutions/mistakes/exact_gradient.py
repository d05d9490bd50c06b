"""Wrong ways to the gradient's last digits, one for each mistake that the checks name."""

import numpy as np


def p_1_rounds_to_0(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    grad = exps / exps.sum(axis=1, keepdims=True)
    grad[np.arange(len(z)), targets] -= 1
    return grad


def no_max_subtraction(z, targets):
    exps = np.exp(z)
    grad = exps / exps.sum(axis=1, keepdims=True)
    grad[np.arange(len(z)), targets] -= 1
    return grad


def the_term_of_the_target_in_the_sum(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    total = exps.sum(axis=1)
    grad = exps / total[:, None]
    grad[np.arange(len(z)), targets] = -exps.sum(axis=1) / total
    return grad


def the_largest_logit_left_out_instead_of_the_target(z, targets):
    rows = np.arange(len(z))
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    total = exps.sum(axis=1)
    others = exps.copy()
    others[rows, z.argmax(axis=1)] = 0
    grad = exps / total[:, None]
    grad[rows, targets] = -others.sum(axis=1) / total
    return grad


def the_target_is_not_subtracted(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def _right(z, targets):
    rows = np.arange(len(z))
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    total = exps.sum(axis=1)
    others = exps.copy()
    others[rows, targets] = 0
    grad = exps / total[:, None]
    grad[rows, targets] = -others.sum(axis=1) / total
    return grad


def sign(z, targets):
    return -_right(z, targets)


def divided_by_the_number_of_samples(z, targets):
    return _right(z, targets) / len(z)


def only_the_entry_of_the_target(z, targets):
    grad = np.zeros_like(z)
    rows = np.arange(len(z))
    grad[rows, targets] = _right(z, targets)[rows, targets]
    return grad


def logits_changed_in_place(z, targets):
    z -= z.max(axis=1, keepdims=True)
    return _right(z, targets)
