"""Matmul backward: the gradients of a matrix product."""


def matmul_backward(g, A, B):
    return g @ B.T, A.T @ g
