"""Wrong ways to the gradient's last digits, one for each mistake that the checks name."""

import numpy as np


def p_1_rounds_to_0(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    grad = exps / exps.sum(axis=1, keepdims=True)
    grad[np.arange(len(z)), targets] -= 1
    return grad


def no_max_subtraction(z, targets):
    rows = np.arange(len(z))
    exps = np.exp(z)
    total = exps.sum(axis=1)
    others = exps.copy()
    others[rows, targets] = 0
    grad = exps / total[:, None]
    grad[rows, targets] = -others.sum(axis=1) / total
    return grad


def no_max_subtraction__2(z, targets):
    probs = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    rows = np.arange(len(z))
    grad = probs.copy()
    probs[rows, targets] = 0
    grad[rows, targets] = -probs.sum(axis=1)
    return grad


def one_maximum_for_all_rows(z, targets):
    rows = np.arange(len(z))
    exps = np.exp(z - z.max())
    total = exps.sum(axis=1)
    others = exps.copy()
    others[rows, targets] = 0
    grad = exps / total[:, None]
    grad[rows, targets] = -others.sum(axis=1) / total
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


def the_largest_term_counted_twice(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    s = exps.sum(axis=1)
    grad = exps / (1 + s)[:, None]
    grad[np.arange(len(z)), targets] = -s / (1 + s)
    return grad


def the_largest_term_counted_twice__2(z, targets):
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    s = exps.sum(axis=1)
    grad = exps / s[:, None]
    grad[np.arange(len(z)), targets] = -s / (1 + s)
    return grad


def a_column_instead_of_an_entry_of_each_row(z, targets):
    rows = np.arange(len(z))
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    total = exps.sum(axis=1)
    others = exps.copy()
    others[:, targets] = 0
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


def p_1_rounds_to_0__2(z, targets):
    s = z - z.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    g = np.exp(lp)
    r = np.arange(len(z))
    g[r, targets] = np.expm1(lp[r, targets])
    return g


def right__minus_sum_p(z, targets):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    g = e / e.sum(axis=1, keepdims=True)
    r = np.arange(len(z))
    g[r, targets] = 0
    g[r, targets] = -g.sum(axis=1)
    return g


def no_max_subtraction__3(z, targets):
    e = np.exp(z)
    t = e.sum(axis=1, keepdims=True)
    g = e / t
    r = np.arange(len(z))
    o = e.copy()
    o[r, targets] = 0
    g[r, targets] = -o.sum(axis=1) / t[:, 0]
    return g


def p_1_rounds_to_0__3(z, targets):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    t = e.sum(axis=1, keepdims=True)
    g = e / t
    r = np.arange(len(z))
    g[r, targets] = -(t[:, 0] - e[r, targets]) / t[:, 0]
    return g


def p_1_rounds_to_0__4(z, targets):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(z)), targets] -= 1
    return p
