"""Wrong Hessian-vector products, one for each mistake that the checks name."""

import numpy as np


def only_the_diagonal_of_p(p, v):
    return v * p


def only_the_diagonal_of_h(p, v):
    return (p - p**2) * v


def v_summed_unweighted(p, v):
    return p * (v - v.sum())


def sign(p, v):
    return p * ((p * v).sum() - v)


def only_the_diagonal_of_h__2(p, v):
    return p * v - p * (p * v)


def right__matrix(p, v):
    return (np.diag(p) - np.outer(p, p)) @ v


def only_the_diagonal_of_p__2(p, v):
    return p * v


def v_summed_unweighted__2(p, v):
    return p * v - p * v.sum()


def v_where_p_should_stand(p, v):
    return p * v - v * (p @ v)


def added_instead_of_subtracted(p, v):
    return p * (v + p @ v)


def the_second_part_alone(p, v):
    return -np.outer(p, p) @ v
