"""Wrong ways back from a broadcast, one for each mistake that the checks name."""

import numpy as np


def broadcast_axes_not_summed(g, shape):
    return g.copy()


def only_the_new_axes_summed(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    return g


def only_the_stretched_axes_summed(g, shape):
    offset = g.ndim - len(shape)
    for axis, length in enumerate(shape):
        if length == 1:
            g = g.sum(axis=axis + offset, keepdims=True)
    return g


def keepdims_forgotten(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    return g.sum(axis=tuple(np.flatnonzero(np.array(shape) == 1)))


def averaged_instead_of_summed(g, shape):
    g = g.mean(axis=tuple(range(g.ndim - len(shape))))
    for axis, length in enumerate(shape):
        if length == 1:
            g = g.mean(axis=axis, keepdims=True)
    return np.asarray(g)


def one_use_taken_instead_of_the_sum(g, shape):
    while g.ndim > len(shape):
        g = np.asarray(g[0])
    for axis, length in enumerate(shape):
        if length == 1:
            g = g.take([0], axis=axis)
    return g


def everything_summed(g, shape):
    return np.ones(shape) * np.sum(g)
