"""Losses: `NLLLoss` of log-probabilities, `CrossEntropy` of logits, `SoftCrossEntropy`, `MSELoss`.

Logits and log-probabilities have shape (N, C), (N, C, d1, ...) or, for one sample, (C,). Targets
are class indices of shape (N,), (N, d1, ...) or ().
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.engine import Array, Op, Tensor
from minigrad.ops.softmax import (
    LogSoftmax,
    at_least_float32,
    exponentials,
    float_dtype,
    shift,
)

REDUCTIONS = ("mean", "sum", "none")


class Loss(Op):
    """What a loss of many samples does with them: reduction "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(f'reduction must be "mean", "sum" or "none", not {reduction!r}')
        self.reduction = reduction

    def refuse_empty(self, samples: int) -> None:
        if self.reduction == "mean" and samples == 0:
            raise ValueError(f"{self.name}: the mean loss of an empty batch is not defined")


class MSELoss(Loss):
    """loss = Σ (x − target)² / n, the mean squared error"""

    def forward(self, x: Array, target: Array) -> Array:
        if x.shape != target.shape:
            raise ValueError(
                f"MSELoss: the input has shape {x.shape} and the target {target.shape}: make them "
                "equal, for example with target.reshape(x.shape)"
            )
        self.refuse_empty(x.size)
        difference = x.astype(float_dtype(x), copy=False) - target.astype(
            float_dtype(target), copy=False
        )
        squares = difference**2
        return np.asarray(
            squares if self.reduction == "none" else getattr(np, self.reduction)(squares)
        )

    def backward(self, g: Array, loss: Array, x: Array, target: Array) -> tuple[Array, Array]:
        grad = 2 * g * (x - target) / (x.size if self.reduction == "mean" else 1)
        return grad, -grad


class ClassLoss(Loss):
    """What the classification losses share: their options, and samples laid out in rows.

    Parameters
    ----------
    weight : (C,) array, optional
        Scales the loss of each sample by the weight of its class.
    ignore_index : int
        Samples with this class index as their target count for nothing.
    reduction : "mean", "sum" or "none"
        The mean is Σ wᵢ lossᵢ / Σ wᵢ over the samples that count; NaN if none does.
    """

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.weight = weight
        self.ignore_index = ignore_index

    def read_classes(self, scores: Array, target: Array) -> None:
        """Check the target's class indices and note what each of the n samples counts."""
        in_range = self.check_classes(scores, target)
        self.classes = target.reshape(-1).astype(np.intp, copy=False)
        self.alike = self.weight is None and in_range
        if self.alike:
            self.total_weight = self.classes.size
            return
        self.counts = self.classes != self.ignore_index
        self.classes = np.where(self.counts, self.classes, 0)
        self.sample_weights = self.class_weights(scores)[self.classes] * self.counts
        self.total_weight = self.sample_weights.sum()

    def class_weights(self, scores: Array) -> Array:
        """The weight of each class, (C,)."""
        classes = class_count(scores)
        dtype = np.promote_types(scores.dtype, np.float32)
        if self.weight is None:
            return np.ones(classes, dtype)
        weights = np.asarray(self.weight, dtype)
        if weights.shape != (classes,):
            raise ValueError(
                f"{self.name}: weight must have one entry for each of the {classes} classes, "
                f"shape ({classes},), got shape {weights.shape}"
            )
        return weights

    def reduce(self, losses: Any, shape: tuple[int, ...]) -> Any:
        """Weigh the samples' losses (n,), unless all count alike; sum them or give them a shape."""
        if not self.alike:
            losses = np.where(self.counts, losses * self.sample_weights.astype(losses.dtype), 0)
        if self.reduction == "none":
            return losses.reshape(shape)
        if self.reduction == "sum":
            return losses.sum()
        if self.alike:
            return losses.mean()
        with np.errstate(invalid="ignore"):
            return losses.sum() / self.total_weight

    def sample_gradients(self, g: Array) -> Array:
        """The upstream gradient of each sample's own, unweighted loss: (n,), or (1,) for all."""
        upstream = at_least_float32(g).reshape(-1)
        if not self.alike:
            upstream = upstream * self.sample_weights
        if self.reduction == "mean":
            with np.errstate(invalid="ignore", divide="ignore"):
                upstream = upstream / self.total_weight
        return upstream if self.alike else np.where(self.counts, upstream, 0)

    def check_classes(self, scores: Array, target: Array) -> bool:
        """Raise if the target does not hold class indices that fit the scores.

        Returns whether every index is one of a class, so that no sample can be one to ignore.
        """
        classes, expected = class_count(scores), sample_shape(scores)
        if target.shape != expected:
            raise ValueError(
                f"{self.name}: scores of shape {scores.shape} need class indices of shape "
                f"{expected}, got a target of shape {target.shape}"
            )
        if target.dtype.kind not in "iu":
            raise TypeError(
                f"{self.name}: class indices must be integers, got a target of dtype "
                f"{target.dtype}: write target.astype(np.int64)"
            )
        self.refuse_empty(target.size)
        if target.size and target.min() >= 0 and target.max() < classes:
            return not 0 <= self.ignore_index < classes
        wrong = (target != self.ignore_index) & ((target < 0) | (target >= classes))
        if wrong.any():
            position = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise IndexError(
                f"{self.name}: the target at {position} is class {target[position]}, but scores "
                f"of shape {scores.shape} have classes 0 to {classes - 1}"
            )
        return False


def class_axis(scores: Any) -> int:
    """The axis of the classes, in scores (C,), (N, C) or (N, C, d1, ...)."""
    if scores.ndim == 0:
        raise ValueError("a classification loss needs scores of shape (N, C), got a 0-d array")
    return 0 if scores.ndim == 1 else 1


def class_count(scores: Any) -> int:
    return int(scores.shape[class_axis(scores)])


def sample_shape(scores: Array) -> tuple[int, ...]:
    """The shape of one number a sample: that of the scores without the axis of classes."""
    axis = class_axis(scores)
    return (*scores.shape[:axis], *scores.shape[axis + 1 :])


def to_rows(scores: Any) -> Any:
    """Lay scores, an array or a Tensor, out as a matrix with a row of C classes a sample."""
    if scores.ndim == 2:
        return scores
    lines = np.moveaxis(scores, class_axis(scores), -1)
    return np.reshape(lines, (lines.size // max(lines.shape[-1], 1), lines.shape[-1]))


def from_rows(rows: Array, scores: Array) -> Array:
    """Undo `to_rows`, back to the scores' shape and dtype."""
    if scores.ndim != 2:
        axis = class_axis(scores)
        lines = rows.reshape(np.moveaxis(scores, axis, -1).shape)
        rows = np.moveaxis(lines, -1, axis)
    return rows.astype(scores.dtype, copy=False)


class NLLLoss(ClassLoss):
    """loss = −Σᵢ wᵢ · log_probs[i, targetᵢ] / Σᵢ wᵢ, the negative log-likelihood

    Takes log-probabilities, as `LogSoftmax` computes them, and class indices.
    """

    def forward(self, log_probs: Array, target: Array) -> Array:
        self.read_classes(log_probs, target)
        losses = -at_least_float32(to_rows(log_probs)[self.own_classes])
        return np.asarray(self.reduce(losses, target.shape), dtype=float_dtype(log_probs))

    def backward(self, g: Array, loss: Array, log_probs: Array, target: Array) -> Any:
        upstream = self.sample_gradients(g)
        grad = np.zeros((target.size, class_count(log_probs)), upstream.dtype)
        grad[self.own_classes] = -upstream
        return from_rows(grad, log_probs), None

    def definition(self, log_probs: Tensor, target: Tensor) -> Tensor:
        losses = -to_rows(log_probs)[self.own_classes]
        loss: Tensor = self.reduce(losses, target.shape)
        return loss

    @property
    def own_classes(self) -> tuple[Array, Array]:
        """The index of each sample's own class, in scores laid out in rows."""
        return np.arange(self.classes.size), self.classes


class CrossEntropy(NLLLoss):
    """loss = −Σᵢ wᵢ · log_softmax(logits)[i, targetᵢ] / Σᵢ wᵢ, straight from logits

    With z − m and s₁ as in `minigrad.ops.softmax`, a sample's loss is log1p(s₁) − (z_t − m) and
    its gradient p − y, the probabilities minus the one-hot target. Where the target has the
    largest logit, p_t − 1 is computed as −s₁ / (1 + s₁), which keeps the digits that the
    subtraction would cancel.
    """

    def forward(self, logits: Array, target: Array) -> Array:
        self.read_classes(logits, target)
        rows = to_rows(logits)
        self.exponentials = of = exponentials(rows)
        self.at_target = of.starts + self.classes
        losses = of.log_total - shift(rows.take(self.at_target), of.peak)
        return np.asarray(self.reduce(losses, target.shape), dtype=float_dtype(logits))

    def backward(self, g: Array, loss: Array, logits: Array, target: Array) -> Any:
        of = vars(self).pop("exponentials", None) or exponentials(to_rows(logits))
        total = 1 + of.rest
        others = np.where(
            self.at_target == of.at_top, of.rest, total - of.exps.take(self.at_target)
        )
        scale = self.sample_gradients(g) / total
        grad = of.exps
        grad *= scale[:, None]  # in place: only a second backward pass computes them again
        grad.reshape(-1)[self.at_target] = -scale * others
        return from_rows(grad, logits), None

    def definition(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().definition(LogSoftmax.apply(logits, axis=class_axis(logits)), target)


class SoftCrossEntropy(ClassLoss):
    """loss = −Σᵢ Σ_c w_c · qᵢ_c · log_softmax(logits)ᵢ_c / n, for a target distribution q

    The target holds class probabilities of the logits' shape, or class indices, which stand for
    one-hot distributions. `label_smoothing` ε in [0, 1] mixes it with the uniform distribution:
    q = (1 − ε) · target + ε / C. The mean is over samples; for class indices it divides by the
    sum of the targets' weights, as in PyTorch.
    """

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index, reduction)
        if not 0.0 <= label_smoothing <= 1.0:
            raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing}")
        self.label_smoothing = label_smoothing

    def forward(self, logits: Array, target: Array) -> Array:
        rows = to_rows(logits)
        self.exponentials = of = exponentials(rows)
        self.surprise = of.log_total[:, None] - shift(rows, of.peak[:, None])
        self.read_target(logits, target)
        self.q = q = self.mix(to_rows(target) if self.by_distribution else self.one_hot)
        terms = np.multiply(q, self.surprise, where=q != 0, out=np.zeros_like(self.surprise))
        losses = terms.sum(axis=1)
        return np.asarray(self.reduce(losses, sample_shape(logits)), dtype=float_dtype(logits))

    def read_target(self, logits: Array, target: Array) -> None:
        """Check the target, class probabilities or indices, and note what each sample counts."""
        self.weights = self.class_weights(logits)
        self.by_distribution = target.dtype.kind == "f"
        if self.by_distribution:
            if self.ignore_index >= 0:
                raise ValueError(
                    f"{self.name}: ignore_index={self.ignore_index} names a class index, but the "
                    "target holds class probabilities: give such samples no weight in the target"
                )
            if target.shape != logits.shape:
                raise ValueError(
                    f"{self.name}: class probabilities must have the logits' shape "
                    f"{logits.shape}, got a target of shape {target.shape}"
                )
            samples = target.size // class_count(logits)
            self.refuse_empty(samples)
            self.total_weight = samples
            self.alike = True
            return
        self.read_classes(logits, target)
        self.one_hot = np.eye(class_count(logits), dtype=self.weights.dtype)[self.classes]
        if not self.alike:  # here the target's weights are in the distribution
            self.sample_weights = self.counts.astype(self.weights.dtype)

    def mix(self, target: Any) -> Any:
        """Smooth and weigh a target distribution, (n, C)."""
        smoothing = self.label_smoothing
        return (target * (1 - smoothing) + smoothing / target.shape[1]) * self.weights

    def backward(self, g: Array, loss: Array, logits: Array, target: Array) -> Any:
        of, q, upstream = self.exponentials, self.q, self.sample_gradients(g)[:, None]
        mass, total = q.sum(axis=1, keepdims=True), (1 + of.rest)[:, None]
        at_top = np.arange(q.size).reshape(q.shape) == of.at_top[:, None]
        others = np.where(at_top, 0, q).sum(axis=1, keepdims=True)
        # Where p and q are both near 1, p − q is the difference of what each leaves to the others.
        difference = others - mass * of.rest[:, None] / total
        sure = at_top & (q > others)
        grad = upstream * np.where(sure, difference, mass * of.exps / total - q)
        if not self.needs_input_grad[1]:
            return from_rows(grad, logits), None
        slope = self.surprise * self.weights * (1 - self.label_smoothing)
        return from_rows(grad, logits), from_rows(upstream * slope, target)

    def definition(self, logits: Tensor, target: Tensor) -> Tensor:
        log_probs = to_rows(LogSoftmax.apply(logits, axis=class_axis(logits)))
        q = self.mix(to_rows(target) if self.by_distribution else Tensor(self.one_hot))
        losses = -np.where(q == 0, 0, q * log_probs).sum(axis=1)
        loss: Tensor = self.reduce(losses, logits.shape[:1] + logits.shape[2:])
        return loss
