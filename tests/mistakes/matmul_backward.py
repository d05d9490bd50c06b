"""Wrong gradients of a matrix product, one for each mistake that the checks name."""

import numpy as np


def transpose_forgotten(g, A, B):
    return np.matmul(g, B), np.matmul(A, g)


def factors_in_the_wrong_order(g, A, B):
    return B.T @ g, g @ A.T


def gradients_swapped(g, A, B):
    return A.T @ g, g @ B.T


def upstream_gradient_left_out(g, A, B):
    ones = np.ones((len(A), B.shape[1]))
    return ones @ B.T, A.T @ ones


def entries_multiplied(g, A, B):
    return np.multiply(g, B.T), np.multiply(A.T, g)


def each_gradient_from_its_own_factor(g, A, B):
    return g @ A.T, B.T @ g


def entries_multiplied__2(g, A, B):
    return (g * B.T, A.T * g)


def upstream_gradient_left_out__2(g, A, B):
    return (np.ones_like(g) @ B.T, A.T @ np.ones_like(g))


def right__list(g, A, B):
    return [g @ B.T, A.T @ g]


def one_gradient_divided_by_the_number_of_rows(g, A, B):
    return (g @ B.T, A.T @ g / len(A))


def transpose_forgotten__2(g, A, B):
    return (g @ B, A @ g)


def gradients_swapped__2(g, A, B):
    return (A.T @ g, g @ B.T)


def one_gradient_transposed(g, A, B):
    return (g @ B.T, g.T @ A)


def both_gradients_transposed(g, A, B):
    return (g @ B.T).T, (A.T @ g).T
