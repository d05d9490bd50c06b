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


def always_the_first_axis_summed(g, shape):
    return g.sum(axis=0)


def axes_told_apart_by_their_lengths(g, shape):
    ax = tuple((i for i, n in enumerate(g.shape) if n not in shape))
    return g.sum(axis=ax).reshape(shape)


def broadcast_once_more(g, shape):
    return np.broadcast_to(g, shape)


def right__loops(g, shape):
    out = np.zeros(shape)
    for i in np.ndindex(*g.shape):
        j = i[g.ndim - len(shape) :]
        j = tuple((0 if n == 1 else k for k, n in zip(j, shape)))
        out[j] += g[i]
    return out


def averaged_instead_of_summed__2(g, shape):
    g = g.mean(axis=tuple(range(g.ndim - len(shape))))
    return g.mean(axis=tuple((i for i, n in enumerate(shape) if n == 1)), keepdims=True)


def keepdims_forgotten__2(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple((i for i, n in enumerate(shape) if n == 1)))


def only_the_stretched_axes_summed__2(g, shape):
    return g.sum(axis=tuple((i for i, n in enumerate(shape) if n == 1)), keepdims=True)


def everything_summed__2(g, shape):
    return g.sum().reshape(shape)


def one_use_taken_instead_of_the_sum__2(g, shape):
    while g.ndim > len(shape):
        g = g[0]
    return g[tuple(slice(0, n) for n in shape)]
