"""The softmax family, from one shared forward computation that keeps every digit.

Textbooks compute log Σ exp z as m + log Σ exp(z − m) with m = max z. That cannot overflow, but
where one class dominates the sum rounds to 1, its logarithm to 0, and every digit of a small loss
is gone. Here the maximum's own term, exp(0) = 1, is left out of the sum,

    s₁ = Σ_{j ≠ argmax} exp(z_j − m),        log Σ exp z = m + log1p(s₁),

and log1p keeps what the sum with 1 would have rounded away.

Accuracy: each result has a relative error of at most (8 + max_j |z_j − m|) · eps wherever the exact
result is a normal number of the dtype, for float16, float32 and float64; float16 is computed in
float32 and rounded at the end. `LogSumExp` has this error relative to max(|result|, 1).

References: P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
softmax functions", IMA J. Numer. Anal. 41 (2021); PyTorch issue 113708.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minigrad.engine import Array, Op, Tensor


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
    rest: Array
    """(n,): s₁, the sum of exps without the largest."""

    @property
    def log_total(self) -> Array:
        """(n,): log Σ exp(z − m)."""
        return np.log1p(self.rest)


def exponentials(logits: Array) -> Exponentials:
    """Compute exp(z − m) and its sum without the largest term, for logits of shape (n, C)."""
    classes = logits.shape[1]
    if classes == 0:
        raise ValueError("softmax needs at least one class, these logits have none")
    logits = at_least_float32(logits)
    starts = np.arange(0, logits.size, classes)
    at_top = starts + logits.argmax(axis=1)
    peak = logits.take(at_top)
    exps = np.ascontiguousarray(shift(logits, peak[:, None]))
    np.exp(exps, out=exps)
    entries = exps.reshape(-1)
    largest = entries[at_top]
    entries[at_top] = 0
    rest = row_sums(exps) + (largest - 1)  # adds 0, or NaN where the largest logit is infinite
    entries[at_top] = largest
    return Exponentials(starts, at_top, peak, exps, rest)


def row_sums(rows: Array) -> Array:
    """Sum each row; `sum` is pairwise, so exact for long rows, but slow to begin a row."""
    return np.einsum("ij->i", rows) if rows.shape[1] <= 32 else rows.sum(axis=1)


def shift(logits: Array, peak: Array) -> Array:
    """Compute z − m: −inf where that is below every number, as −3e38 − 3e38 is; its exp is 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        return at_least_float32(logits) - peak


def at_least_float32(x: Array) -> Array:
    """Float16 is computed in float32, integers as the floats they stand for."""
    if x.dtype.char in "fd":
        return x
    return x.astype(np.promote_types(x.dtype, np.float32))


def float_dtype(x: Array) -> Any:
    """The dtype of a result: that of x, or for integers the float that holds them."""
    return x.dtype if x.dtype.kind == "f" else np.promote_types(x.dtype, np.float32)


class AlongAxis(Op):
    """An op on each line of entries along one axis."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def to_rows(self, x: Array) -> Array:
        """Lay the lines along the axis out as the rows of a matrix."""
        if x.ndim == 0:
            raise ValueError(f"{self.name} needs an axis of classes, a 0-d array has none")
        lines = np.moveaxis(x, self.axis, -1)
        classes = lines.shape[-1]
        return lines.reshape(x.size // max(classes, 1), classes)

    def from_rows(self, rows: Array, x: Array) -> Array:
        """Undo `to_rows`, back to the shape and dtype of x."""
        lines = rows.reshape(np.moveaxis(x, self.axis, -1).shape)
        return np.moveaxis(lines, -1, self.axis).astype(float_dtype(x), copy=False)


class Softmax(AlongAxis):
    """y_i = exp(z_i) / Σ_j exp(z_j), the probabilities of logits z

    ∂loss/∂z = y · (g − Σ_j g_j y_j)
    """

    def forward(self, z: Array) -> Array:
        of = exponentials(self.to_rows(z))
        return self.from_rows(of.exps / (1 + of.rest)[:, None], z)

    def backward(self, g: Array, y: Array, z: Array) -> Array:
        return y * (g - np.sum(g * y, axis=self.axis, keepdims=True))


class LogSoftmax(AlongAxis):
    """y_i = z_i − max z − log Σ_j exp(z_j − max z), the log-probabilities of logits z

    ∂loss/∂z_i = g_i − p_i · Σ_j g_j, with p = exp(y). For the largest logit that is computed as
    g_i · Σ_{j≠i} p_j − p_i · Σ_{j≠i} g_j, which keeps the digits that 1 − p_i would cancel.
    """

    def forward(self, z: Array) -> Array:
        rows = self.to_rows(z)
        of = exponentials(rows)
        return self.from_rows(shift(rows, of.peak[:, None]) - of.log_total[:, None], z)

    def backward(self, g: Array, y: Array, z: Array) -> Array:
        p = np.exp(at_least_float32(self.to_rows(y)))
        grad = at_least_float32(self.to_rows(g)).copy()
        at_top = np.arange(len(p)), p.argmax(axis=1)
        top_p, top_g = p[at_top], grad[at_top]
        p[at_top] = grad[at_top] = 0
        rest_p, rest_g = p.sum(axis=1), grad.sum(axis=1)
        p *= (top_g + rest_g)[:, None]
        grad -= p
        grad[at_top] = top_g * rest_p - top_p * rest_g
        return self.from_rows(grad, z)

    def definition(self, z: Tensor) -> Tensor:
        return z - LogSumExp.apply(z, axis=self.axis, keepdims=True)


class LogSumExp(AlongAxis):
    """y = log Σ_j exp(z_j) along an axis; −inf where all z_j are

    ∂loss/∂z = g · softmax(z)
    """

    def __init__(self, axis: int = -1, keepdims: bool = False) -> None:
        super().__init__(axis)
        self.keepdims = keepdims

    def forward(self, z: Array) -> Array:
        of = exponentials(self.to_rows(z))
        y = np.where(np.isinf(of.peak), of.peak, of.peak + of.log_total)
        lines = np.moveaxis(z, self.axis, -1).shape[:-1]
        y = y.reshape(lines).astype(float_dtype(z), copy=False)
        return np.expand_dims(y, self.axis) if self.keepdims else y

    def backward(self, g: Array, y: Array, z: Array) -> Any:
        return (g if self.keepdims else np.expand_dims(g, self.axis)) * Softmax.of(
            z, axis=self.axis
        )
