"""The softmax family, from one shared forward computation that keeps every digit.

Textbooks compute log Σ exp z as m + log Σ exp(z − m) with m = max z. That cannot overflow, but
where one class dominates the sum rounds to 1, its logarithm to 0, and every digit of a small loss
is gone. Here the maximum's own term, exp(0) = 1, is left out of the sum,

    s₁ = Σ_{j ≠ argmax} exp(z_j − m),        log Σ exp z = m + log1p(s₁),

and log1p keeps what the sum with 1 would have rounded away.

Accuracy, in float16, float32 and float64, wherever the exact result and the probabilities that it
is made of are normal numbers of the dtype: with B = (8 + log₂ C + max_j |z_j − m|) · eps for C
classes (up to 5,000 also without log₂ C),

- each result has a relative error of at most B, `LogSumExp` relative to max(|result|, 1);
- so has each vector-Jacobian product, also with `create_graph=True`, relative to the sum of the
  sizes of its terms, which stands with each op: to the result itself where no terms cancel, as in
  the gradient of a loss of class indices;
- a Hessian-vector product has at most 2 B, relative to the sum of the sizes of its terms, so that
  an entry of the Hessian of a loss has it relative to itself.

References: P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
softmax functions", IMA J. Numer. Anal. 41 (2021); PyTorch issue 113708.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from minigrad.arrays import Axis, as_floats
from minigrad.engine import Array, Op
from minigrad.tensor import Tensor, values


class Exponentials(NamedTuple):
    """What the softmax family shares, of logits laid out in rows of C classes."""

    starts: Array
    """(n,): where each row starts, counted through all rows: of class c, `exps.take(starts + c)`.

    NumPy's fastest index."""
    at_top: Array
    """(n,): where each row's largest logit is, counted so."""
    peak: Array
    """(n,): the largest logit m."""
    exps: Array
    """(n, C): exp(z − m)."""

    def rest(self) -> Array:
        """(n,): s₁, the sum of exps without the largest."""
        others, largest = sums_without(self.exps, self.at_top)
        return others + (largest - 1)  # adds 0, or NaN where the largest logit is infinite


def exponentials(logits: Array) -> Exponentials:
    """Compute exp(z − m) for logits of shape (n, C)."""
    classes = logits.shape[1]
    if classes == 0:
        raise ValueError("softmax needs at least one class, these logits have none")
    logits = as_floats(logits)
    starts = np.arange(0, logits.size, classes)
    at_top = starts + logits.argmax(axis=1)
    peak = logits.take(at_top)
    exps = np.ascontiguousarray(shift(logits, peak[:, None]))
    np.exp(exps, out=exps)
    return Exponentials(starts, at_top, peak, exps)


def sums_without(rows: Array, at: Array) -> tuple[Array, Array]:
    """Sum each row without its entry at `at`, counted through all rows; return that entry, too."""
    entries = rows.reshape(-1)
    own = entries.take(at)
    entries[at] = 0
    others = row_sums(rows)
    entries[at] = own
    return others, own


def largest(rows: Array) -> Array:
    """(n,): where the largest entry of each row is, counted through all rows."""
    return np.arange(0, rows.size, rows.shape[1]) + rows.argmax(axis=1)


def row_sums(rows: Array) -> Array:
    """Sum each row; `sum` is pairwise, so exact for long rows, but slow to begin a row."""
    return np.einsum("ij->i", rows) if rows.shape[1] <= 32 else rows.sum(axis=1)


def shift(logits: Array, peak: Array) -> Array:
    """Compute z − m: −inf where that is below every number, as −3e38 − 3e38 is; its exp is 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        return as_floats(logits) - peak


class AlongAxis(Op):
    """An op on each line of entries along an axis; several axes, or None for all, are one line."""

    def __init__(self, axis: Axis = -1) -> None:
        self.axis = axis

    def to_rows(self, x: Array) -> Array:
        if x.ndim == 0:
            raise ValueError(f"{self.name} needs an axis of classes, a 0-d array has none")
        return to_rows(x, self.axis)

    def from_rows(self, rows: Array, x: Array) -> Array:
        return from_rows(rows, x, self.axis)


def axes_of(x: Any, axis: Axis) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def axes_last(x: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """Return x with the axes of a line last, and the shape of what has one number a line."""
    axes = axes_of(x, axis)
    lines = np.moveaxis(x, axes, range(-len(axes), 0))
    return lines, lines.shape[: x.ndim - len(axes)]


def to_rows(x: Any, axis: Axis) -> Any:
    """Lay the lines along an axis, of an array or a Tensor, out as the rows of a matrix."""
    if x.ndim == 2 and axis in (-1, 1):
        return x
    lines, outer = axes_last(x, axis)
    classes = prod(lines.shape[len(outer) :])
    return lines.reshape(x.size // max(classes, 1), classes)


def from_rows(rows: Array, x: Array, axis: Axis) -> Array:
    """Undo `to_rows`, back to the shape of x."""
    if x.ndim == 2 and axis in (-1, 1):
        return rows
    lines, outer = axes_last(x, axis)
    return np.moveaxis(rows.reshape(lines.shape), range(len(outer), x.ndim), axes_of(x, axis))


class Centred(AlongAxis):
    """d_i = Σ_j p_j (g_i − g_j) = g_i − Σ_j p_j g_j; what g is beyond its mean under p

    For probabilities p, which sum to 1: of a gradient with respect to them only differences count.
    Exact relative to Σ_j p_j (|g_i − g_j| + eps · |g_j|).
    """

    def forward(self, g: Array, p: Array) -> Array:
        rows, probs = self.to_rows(g), self.to_rows(p)
        mean, likeliest = row_sums(rows * probs), rows.take(largest(probs))
        # The mean is rounded, so centre twice. If the likeliest g is the mean but for rounding,
        # take that, which leaves exactly 0: its digits are to come from the g of the others.
        near = np.abs(likeliest - mean) <= 16 * np.finfo(mean.dtype).eps * np.abs(mean)
        rows = rows - np.where(near, likeliest, mean)[:, None]
        rows -= row_sums(rows * probs)[:, None]
        return self.from_rows(rows, g)

    def backward(self, w: Array, d: Array, g: Array, p: Array) -> tuple[Array, Array]:
        return Excess.of(w, p, axis=self.axis), -d * np.sum(w, axis=self.axis, keepdims=True)


class Excess(AlongAxis):
    """r_i = Σ_j (w_i p_j − p_i w_j) = w_i − p_i Σ_j w_j; what w is beyond its share p of the sum

    The transpose of `Centred`, for probabilities p as there. Exact relative to
    |w_i| Σ_{j≠i} p_j + p_i Σ_{j≠i} |w_j|: for the likeliest class computed so, term by term, as
    w_i (1 − p_i) would have lost the digits of the others.
    """

    reads_result = False

    def forward(self, w: Array, p: Array) -> Array:
        rows, probs = (np.array(self.to_rows(x), order="C") for x in (w, p))
        top = largest(probs)
        other_w, own_w = sums_without(rows, top)
        other_p, own_p = sums_without(probs, top)
        probs *= (own_w + other_w)[:, None]
        rows -= probs
        rows.reshape(-1)[top] = own_w * other_p - own_p * other_w
        return self.from_rows(rows, w)

    def backward(self, v: Array, r: Array, w: Array, p: Array) -> tuple[Array, Array]:
        d = Centred.of(v, p, axis=self.axis)
        return d, -d * np.sum(w, axis=self.axis, keepdims=True)


class Softmax(AlongAxis):
    """y_i = exp(z_i) / Σ_j exp(z_j); the probabilities of logits z

    ∂loss/∂z_i = y_i · (g_i − Σ_j y_j g_j), exact relative to y_i times what stands with `Centred`
    """

    def forward(self, z: Array) -> Array:
        of = exponentials(self.to_rows(z))
        probs = of.exps
        probs /= (1 + of.rest())[:, None]
        return self.from_rows(probs, z)

    def backward(self, g: Array, y: Array, z: Array) -> Array:
        return y * Centred.of(g, y, axis=self.axis)


class LogSoftmax(AlongAxis):
    """y_i = z_i − max z − log Σ_j exp(z_j − max z); the log-probabilities of logits z

    ∂loss/∂z_i = g_i − p_i · Σ_j g_j with p = softmax(z), exact relative to
    |g_i| · Σ_{j≠i} p_j + p_i · Σ_{j≠i} |g_j|.
    """

    any_order = True
    reads_result = False

    def forward(self, z: Array) -> Array:
        rows = self.to_rows(z)
        of = exponentials(rows)
        return self.from_rows(shift(rows, of.peak[:, None]) - np.log1p(of.rest())[:, None], z)

    def backward(self, g: Array, y: Array, z: Array) -> Array:
        if not np.isfinite(values(z)).all():  # a sample that is ignored, g = 0, may hold anything
            z = np.where(np.any(g != 0, axis=self.axis, keepdims=True), z, 0)
        return Excess.of(g, Softmax.of(z, axis=self.axis), axis=self.axis)

    def definition(self, z: Tensor) -> Tensor:
        return z - LogSumExp.apply(z, axis=self.axis, keepdims=True)


class LogSumExp(AlongAxis):
    """y = log Σ_j exp(z_j) along an axis; −inf where all z_j are

    ∂loss/∂z = g · softmax(z), exact
    """

    reads_result = False

    def __init__(self, axis: Axis = -1, keepdims: bool = False) -> None:
        super().__init__(axis)
        self.keepdims = keepdims

    def forward(self, z: Array) -> Array:
        of = exponentials(self.to_rows(z))
        y = np.where(np.isinf(of.peak), of.peak, of.peak + np.log1p(of.rest()))
        y = y.reshape(axes_last(z, self.axis)[1])
        return np.expand_dims(y, axes_of(z, self.axis)) if self.keepdims else y

    def backward(self, g: Array, y: Array, z: Array) -> Any:
        if not self.keepdims:
            g = np.expand_dims(g, axes_of(z, self.axis))
        return g * Softmax.of(z, axis=self.axis)
