"""Wrong backward rules of softmax, one for each mistake that the checks name."""

import numpy as np


def the_sum_term_is_missing(g, p):
    return g * p


def only_the_diagonal_of_the_jacobian(g, p):
    return g * (p - p**2)


def the_upstream_gradient_is_summed_unweighted(g, p):
    return p * (g - g.sum(-1, keepdims=True))


def summed_over_the_whole_batch(g, p):
    return p * (g - (g * p).sum())


def sign(g, p):
    return p * ((g * p).sum(axis=-1, keepdims=True) - g)


def upstream_gradient_changed_in_place(g, p):
    g -= (g * p).sum(axis=-1, keepdims=True)
    return p * g


def only_the_diagonal_of_the_jacobian__2(g, p):
    return g * p * (1 - p)


def a_matrix_product_instead_of_a_sum_for_each_row(g, p):
    return p * (g - g @ p)


def the_jacobian_of_one_row(g, p):
    J = np.diag(p) - np.outer(p, p)
    return J @ g


def the_rule_of_log_softmax(g, p):
    return g - p * g.sum(axis=-1, keepdims=True)


def upstream_gradient_changed_in_place__2(g, p):
    g -= (g * p).sum(axis=-1, keepdims=True)
    return p * g


def keepdims_forgotten(g, p):
    return p * (g - (g * p).sum(axis=-1))


def the_sum_term_is_missing__2(g, p):
    return p * g


def softmax_taken_again(g, p):
    e = np.exp(p - p.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


def g_and_p_exchanged(g, p):
    return g * (p - (g * p).sum(axis=-1, keepdims=True))
