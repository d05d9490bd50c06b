"""Losses: `NLLLoss` of log-probabilities, `CrossEntropy` of logits, `SoftCrossEntropy`, `MSELoss`.

Logits and log-probabilities have shape (N, C), (N, C, d1, ...) or, for one sample, (C,). Targets
are class indices of shape (N,), (N, d1, ...) or (). The binary losses are in `binary_loss.py`.
"""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np

from minigrad.arrays import as_floats
from minigrad.engine import Array, Op
from minigrad.ops.elementwise import Weigh
from minigrad.ops.softmax import (
    Excess,
    LogSoftmax,
    Softmax,
    exponentials,
    from_rows,
    shift,
    sums_without,
    to_rows,
)
from minigrad.tensor import Tensor, constant, values

LossReduction: TypeAlias = Literal["mean", "sum", "none"]
KLDivReduction: TypeAlias = Literal["mean", "batchmean", "sum", "none"]


class Loss(Op):
    """What a loss of many samples does with them: reduction "mean", "sum" or "none"."""

    first_decides = True
    reads_result = False
    reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in self.reductions:
            choices = ", ".join(f'"{name}"' for name in self.reductions)
            raise ValueError(f"reduction must be one of {choices}, not {reduction!r}")
        self.reduction: str = reduction

    def refuse_empty(self, samples: int) -> None:
        if self.reduction == "mean" and samples == 0:
            raise ValueError(f"{self.name}: the mean loss of an empty batch is not defined")

    def reduce(self, losses: Any, total: Any) -> Any:
        """Sum the losses, for a mean divided by `total`; "none" leaves them."""
        if self.reduction == "none":
            return losses
        if self.reduction == "sum":
            return losses.sum()
        if isinstance(losses, Tensor) and total == losses.size:
            return losses.mean()
        return losses.sum() / total if total else losses.sum() * np.nan

    def spread(self, g: Array, total: Any) -> Array:
        """The upstream gradient of each loss before `reduce`, or of all of them alike."""
        if self.reduction in ("sum", "none"):
            return g
        return g / total if total else g * np.nan


class MSELoss(Loss):
    """loss = Σ (x − target)² / n; the mean squared error"""

    def forward(self, x: Array, target: Array) -> Array:
        if x.shape != target.shape:
            raise ValueError(
                f"MSELoss: the input has shape {x.shape} and the target {target.shape}: make them "
                "equal, for example with target.reshape(x.shape)"
            )
        self.refuse_empty(x.size)
        squares = np.square(as_floats(x) - as_floats(target))
        return np.asarray(self.reduce(squares, x.size), squares.dtype)

    def backward(self, g: Array, loss: Array, x: Array, target: Array) -> tuple[Array, Array]:
        grad = self.spread(2 * g, x.size) * (as_floats(x) - as_floats(target))
        return grad, -grad


class Samples(NamedTuple):
    """What the n samples of a batch are, and what each of them counts."""

    classes: Array
    """(n,): the class of each; 0 for one that is ignored."""
    counted: Array | None
    """(n,): whether it counts; None where all do."""
    weights: Array | None
    """(n,): its weight, 0 for one that is ignored; None where all count alike."""
    total: Any
    """The sum of the weights, by which a mean divides."""


class ClassLoss(Loss):
    """What the classification losses share: their options, and samples laid out in rows.

    Parameters
    ----------
    weight : (C,) array, optional
        Scales the loss of each sample by the weight of its class.
    ignore_index : int
        Samples with this class index as their target count for nothing, whatever their logits.
    reduction : "mean", "sum" or "none"
        The mean is Σ wᵢ lossᵢ / Σ wᵢ over the samples that count; NaN if none does.
    """

    samples: Samples
    """Set by `forward`."""

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: LossReduction = "mean"
    ) -> None:
        super().__init__(reduction)
        self.weight: Any = constant(weight, "the weight of a loss")
        self.ignore_index: int = ignore_index

    def read_samples(self, scores: Array, target: Array) -> Samples:
        """Check the target's class indices and tell what each of the n samples counts."""
        in_range = self.check_classes(scores, target)
        classes = target.reshape(-1).astype(np.intp, copy=False)
        if in_range and self.weight is None:
            return Samples(classes, None, None, classes.size)
        counted = classes != self.ignore_index
        classes = np.where(counted, classes, 0)
        weights = self.class_weights(scores)[classes] * counted
        return Samples(classes, None if counted.all() else counted, weights, weights.sum())

    def class_weights(self, scores: Array) -> Array:
        """The weight of each class, (C,)."""
        classes, dtype = class_count(scores), as_floats(scores[:0]).dtype
        if self.weight is None:
            return np.ones(classes, dtype)
        weights = np.asarray(self.weight, dtype)
        if weights.shape != (classes,):
            raise ValueError(
                f"{self.name}: weight must have one entry for each of the {classes} classes, "
                f"shape ({classes},), got shape {weights.shape}"
            )
        return weights

    def sample_gradients(self, g: Array, weights: Array | None = None) -> Array:
        """The upstream gradient of each sample's own loss before it is weighed: (n,), or (1,)."""
        g = np.asarray(g).reshape(-1)
        upstream = self.spread(g if weights is None else g * weights, self.samples.total)
        counted = self.samples.counted
        return upstream if counted is None else np.where(counted, upstream, 0)

    def rows(self, scores: Any) -> Any:
        """Scores as `to_rows` lays them out, with zeros for the samples that are ignored."""
        rows = to_rows(scores, class_axis(scores))
        counted = self.samples.counted
        return rows if counted is None else np.where(counted[:, None], rows, 0)

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


class NLLLoss(ClassLoss):
    """loss = −Σᵢ wᵢ · log_probs[i, targetᵢ] / Σᵢ wᵢ; the negative log-likelihood

    Takes log-probabilities, as `LogSoftmax` computes them, and class indices.
    """

    def forward(self, log_probs: Array, target: Array) -> Array:
        self.samples = self.read_samples(log_probs, target)
        losses = -as_floats(self.rows(log_probs)[self.own])
        return np.asarray(self.weighed(losses, target.shape), losses.dtype)

    def backward(self, g: Array, loss: Array, log_probs: Array, target: Array) -> Any:
        upstream = self.sample_gradients(g, self.samples.weights)
        grad = np.zeros((target.size, class_count(log_probs)), upstream.dtype)
        grad[self.own] = -upstream
        return from_rows(grad, log_probs, class_axis(log_probs)), None

    def definition(self, log_probs: Tensor, target: Tensor) -> Tensor:
        loss: Tensor = self.weighed(-self.rows(log_probs)[self.own], target.shape)
        return loss

    @property
    def own(self) -> tuple[Array, Array]:
        """The index of each sample's own class, in scores laid out in rows."""
        return np.arange(self.samples.classes.size), self.samples.classes

    def weighed(self, losses: Any, shape: tuple[int, ...]) -> Any:
        """Weigh the samples' losses (n,), unless all count alike; reduce them, or shape them."""
        if self.samples.weights is not None:
            losses = losses * self.samples.weights
        loss = self.reduce(losses, self.samples.total)
        return loss.reshape(shape) if self.reduction == "none" else loss


class CrossEntropy(NLLLoss):
    """loss = −Σᵢ wᵢ · log_softmax(logits)[i, targetᵢ] / Σᵢ wᵢ; straight from logits

    With m = max z, e_t = exp(z_t − m) of the target and s = Σ exp(z_j − m) of the others, a
    sample's loss is log1p(s + (e_t − 1)) − (z_t − m), and its gradient p − y, the probabilities
    minus the one-hot target, with p_t − 1 = −s / (s + e_t). Where the target has the largest
    logit, e_t is 1, and s alone keeps the digits that 1 + s would round away.
    """

    def forward(self, logits: Array, target: Array) -> Array:
        self.samples = self.read_samples(logits, target)
        rows = self.rows(logits)
        of = exponentials(rows)
        at_target = of.starts + self.samples.classes
        others, own = sums_without(of.exps, at_target)
        self.kept: Any = of.exps, at_target, others, others + own  # for the way back
        losses = np.log1p(others + (own - 1)) - shift(rows.take(at_target), of.peak)
        return np.asarray(self.weighed(losses, target.shape), losses.dtype)

    def backward(self, g: Array, loss: Array, logits: Array, target: Array) -> Any:
        exps, at_target, others, total = self.kept
        if exps is None:
            exps = exponentials(self.rows(logits)).exps
        # Logits (2, 0), target 0: exps (1, 0.135), s = 0.135, total 1.135, p = (0.881, 0.119), and
        # the gradient p − y = (−0.119, 0.119). Taken as 0.881 − 1 its first entry would lose
        # digits; −s / total = −0.119 keeps them, also where 1 + s rounds to 1.
        scale = self.sample_gradients(g, self.samples.weights) / total
        self.kept = None, at_target, others, total  # a second backward pass computes exps again
        exps *= scale[:, None]
        exps.reshape(-1)[at_target] = -scale * others
        return from_rows(exps, logits, class_axis(logits)), None

    def definition(self, logits: Tensor, target: Tensor) -> Tensor:
        log_probs = LogSoftmax.apply(self.rows(logits), axis=1)
        loss: Tensor = self.weighed(-log_probs[self.own], target.shape)
        return loss


class SoftCrossEntropy(ClassLoss):
    """loss = −Σᵢ Σ_c w_c · qᵢ_c · log_softmax(logits)ᵢ_c / n; for a target distribution q

    The target holds class probabilities of the logits' shape, or class indices, which stand for
    one-hot distributions. `label_smoothing` ε in [0, 1] mixes it with the uniform distribution:
    q = (1 − ε) · target + ε / C. The mean is over samples; for class indices it divides by the
    sum of the targets' weights, as in PyTorch.

    ∂loss/∂z_i = p_i · Σ_{j≠i} q_j − q_i · Σ_{j≠i} p_j, exact relative to the same sum with +: this
    keeps the digits that p_i · Σ_j q_j − q_i would cancel. ∂loss/∂q = −log_softmax(logits), also
    where q is 0, and exact.
    """

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: LossReduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index, reduction)
        if not 0.0 <= label_smoothing <= 1.0:
            raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing}")
        self.label_smoothing: float = label_smoothing

    def forward(self, logits: Array, target: Array) -> Array:
        self.read_target(logits, target)
        losses = self.losses(logits, target)
        return np.asarray(self.reduce_samples(losses, logits), as_floats(logits[:0]).dtype)

    def losses(self, logits: Any, target: Any) -> Any:
        """What the loss means: −Σ_c q_c · log_softmax(logits)_c for each sample."""
        log_probs = LogSoftmax.of(self.rows(logits), axis=1)
        return -Weigh.of(self.distribution(logits, target), log_probs).sum(axis=1)

    def read_target(self, logits: Array, target: Array) -> None:
        """Check the target, class probabilities or indices, and note what each sample counts."""
        if not self.is_distribution(logits, target):
            self.samples = self.read_samples(logits, target)
            return
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
        count = prod(sample_shape(logits))
        self.refuse_empty(count)
        self.samples = Samples(np.zeros(0, np.intp), None, None, count)

    def is_distribution(self, logits: Any, target: Any) -> bool:
        return bool(target.dtype.kind == "f" and target.shape != sample_shape(logits))

    def distribution(self, logits: Any, target: Any) -> Any:
        """The target distribution q (n, C), smoothed and weighed; of an array or a Tensor."""
        weights, smoothing = self.class_weights(values(logits)), self.label_smoothing
        classes = weights.size
        if self.is_distribution(logits, target):
            rows = to_rows(target, class_axis(target))
            return (rows * (1 - smoothing) + smoothing / classes) * weights
        count = self.samples.classes.size
        q = np.full((count, classes), smoothing / classes, weights.dtype)
        q[np.arange(count), self.samples.classes] += 1 - smoothing
        q *= weights
        if self.samples.counted is not None:
            q[~self.samples.counted] = 0
        return q

    def reduce_samples(self, losses: Any, logits: Any) -> Any:
        loss = self.reduce(losses, self.samples.total)
        return loss.reshape(sample_shape(logits)) if self.reduction == "none" else loss

    def backward(self, g: Array, loss: Array, logits: Array, target: Array) -> Any:
        rows, axis = self.rows(logits), class_axis(logits)
        upstream = self.sample_gradients(g)[:, None]
        q = self.distribution(logits, target)
        grad = -upstream * Excess.of(q, Softmax.of(rows, axis=1), axis=1)
        if not self.needs_input_grad[1]:
            return from_rows(grad, logits, axis), None
        slope = -LogSoftmax.of(rows, axis=1) * self.class_weights(logits)
        slope = upstream * slope * (1 - self.label_smoothing)
        return from_rows(grad, logits, axis), from_rows(slope, target, axis)

    def definition(self, logits: Tensor, target: Tensor) -> Tensor:
        losses = self.losses(logits, target)
        loss: Tensor = self.reduce_samples(losses, logits)
        return loss
