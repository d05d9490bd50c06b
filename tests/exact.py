"""The softmax family and its binary sibling in 60 digits, to compare with."""

from __future__ import annotations

import mpmath
from mpmath import mpf

mpmath.mp.dps = 60


class Exact:
    """What comes of one row of logits and its target class.

    A product is given as two lists: its entries, and the sum of the sizes of each entry's terms.
    """

    def __init__(self, z, target=0):
        zs = numbers(z)
        m = max(zs)
        exps = [mpmath.exp(v - m) for v in zs]
        rest = mpmath.fsum(without(exps, zs.index(m)))
        log_total = mpmath.log1p(rest)
        self.logsumexp = m + log_total
        self.probs = [e / (1 + rest) for e in exps]
        self.other_probs = [1 - p for p in self.probs]
        self.other_probs[zs.index(m)] = rest / (1 + rest)
        self.log_probs = [v - m - log_total for v in zs]
        self.loss = -self.log_probs[target]
        self.gradient = list(self.probs)
        self.gradient[target] = -self.other_probs[target]

    def softmax_vjp(self, g):
        """y_i Σ_j y_j (g_i − g_j); also the Hessian of logsumexp and of the losses, times g"""
        entries, sizes = self.centred(g)
        return times(self.probs, entries), times(self.probs, sizes)

    def log_softmax_vjp(self, g):
        """Σ_{j≠i} (g_i p_j − p_i g_j); of g = −q the gradient for a target distribution q"""
        g = numbers(g)
        terms = [
            (g_i * others, p * mpmath.fsum(without(g, i)), p * mpmath.fsum(map(abs, without(g, i))))
            for i, (g_i, p, others) in enumerate(zip(g, self.probs, self.other_probs))
        ]
        return [a - b for a, b, _ in terms], [abs(a) + size for a, _, size in terms]

    def centred(self, g):
        """Σ_j p_j (g_i − g_j)"""
        differences = [[g_i - g_j for g_j in numbers(g)] for g_i in numbers(g)]
        return (
            [dot(self.probs, of_i) for of_i in differences],
            [dot(self.probs, map(abs, of_i)) for of_i in differences],
        )

    def softmax_hvp(self, g, v):
        """y_i ((v_i − v̄) d_i − Σ_j y_j (v_j − v̄) d_j) with d_i = Σ_j y_j (g_i − g_j)"""
        (d, sizes), (of_v, _), v = self.centred(g), self.centred(v), numbers(v)
        sizes_of_v = [abs(v_i) + dot(self.probs, map(abs, v)) for v_i in v]
        products, sizes = times(of_v, d), times(sizes_of_v, sizes)
        mean, size = dot(self.probs, products), dot(self.probs, sizes)
        return (
            times(self.probs, [x - mean for x in products]),
            times(self.probs, [x + size for x in sizes]),
        )


class ExactBinary:
    """What comes of one logit."""

    def __init__(self, x):
        x = mpf(float(x))
        self.sigmoid, self.sigmoid_of_minus = (1 / (1 + mpmath.exp(v)) for v in (-x, x))
        self.softplus, self.softplus_of_minus = (mpmath.log1p(mpmath.exp(v)) for v in (x, -x))
        self.slope = self.sigmoid * self.sigmoid_of_minus
        self.curvature = -self.slope * mpmath.tanh(x / 2)
        self.tanh, self.tanh_slope = mpmath.tanh(x), 1 / mpmath.cosh(x) ** 2
        self.tanh_curvature = -2 * self.tanh * self.tanh_slope


def numbers(array):
    return [mpf(float(v)) for v in array]


def without(numbers, i):
    return numbers[:i] + numbers[i + 1 :]


def times(a, b):
    return [x * y for x, y in zip(a, b)]


def dot(a, b):
    return mpmath.fsum(x * y for x, y in zip(a, b))
