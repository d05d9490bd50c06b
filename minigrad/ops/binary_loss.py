"""Losses of probabilities entry by entry: the binary cross-entropies, and the divergence `KLDiv`.

`BCEWithLogits` takes logits and is the one to train with; `BinaryCrossEntropy` takes probabilities.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from minigrad.arrays import as_floats
from minigrad.engine import Array
from minigrad.ops.elementwise import Weigh
from minigrad.ops.loss import KLDivReduction, Loss, LossReduction
from minigrad.ops.sigmoid import LogSigmoid, Sigmoid, Softplus
from minigrad.tensor import Tensor, constant


class EntryLoss(Loss):
    """A loss of each entry, with a `weight` that broadcasts to them; the mean is over entries."""

    any_order = True

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight: Any = constant(weight, "the weight of a loss")

    def check(self, x: Array, target: Array) -> None:
        if x.shape != target.shape:
            raise ValueError(
                f"{self.name}: the input has shape {x.shape} and the target {target.shape}: make "
                "them equal, for example with target.reshape(x.shape)"
            )
        if target.size and not (target.min() >= 0 and target.max() <= 1):
            raise ValueError(
                f"{self.name}: targets lie in [0, 1], got {target.min():.4g} to {target.max():.4g}"
            )
        self.refuse_empty(x.size)

    def fitting(self, role: str, factor: Any, x: Array) -> Array:
        """A factor as an array of x's dtype, which must broadcast to x."""
        array = np.asarray(factor, as_floats(x).dtype)
        lengths = zip(array.shape[::-1], x.shape[::-1])
        if array.ndim > x.ndim or any(n not in (1, wanted) for n, wanted in lengths):
            raise ValueError(
                f"{self.name}: {role} of shape {array.shape} does not broadcast to the input's "
                f"shape {x.shape}"
            )
        return array

    def reduce_entries(self, losses: Any) -> Any:
        if self.weight is not None:
            losses = losses * self.fitting("weight", self.weight, losses)
        return self.reduce(losses, self.divisor(losses))

    def spread_entries(self, g: Array, x: Array) -> Array:
        g = self.spread(g, self.divisor(x))
        return g if self.weight is None else g * self.fitting("weight", self.weight, x)

    def divisor(self, losses: Any) -> int:
        """What a mean divides the sum of the losses by."""
        return int(losses.size)


class BCEWithLogits(EntryLoss):
    """loss = −w · (c · t · log σ(z) + (1 − t) · log σ(−z)); the mean over entries

    For logits z and targets t in [0, 1], with a weight w and a weight c of positive entries, both
    1 by default. ∂loss/∂z = w · ((1 − t) · σ(z) − c · t · σ(−z)). A loss, its first and its second
    derivatives, also with respect to t, have a relative error of at most 8 eps, relative to the sum
    of the sizes of their two terms: for t = 0 or 1 the loss and ∂loss/∂z have only one.
    """

    def __init__(
        self, weight: Any = None, pos_weight: Any = None, reduction: LossReduction = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.pos_weight: Any = constant(pos_weight, "pos_weight")

    def forward(self, z: Array, t: Array) -> Array:
        self.check(z, t)
        z = as_floats(z)
        t = t.astype(z.dtype, copy=False)
        losses = Weigh.of(self.positive(t), Softplus.of(-z)) + Weigh.of(1 - t, Softplus.of(z))
        return np.asarray(self.reduce_entries(losses), z.dtype)

    def positive(self, t: Any) -> Any:
        """The targets times pos_weight."""
        if self.pos_weight is None:
            return t
        return t * self.fitting("pos_weight", self.pos_weight, t)

    def backward(self, g: Array, loss: Array, z: Array, t: Array) -> tuple[Array, Any]:
        g = self.spread_entries(g, z)
        to_z = g * ((1 - t) * Sigmoid.of(z) - self.positive(t) * Sigmoid.of(-z))
        if not self.needs_input_grad[1]:
            return to_z, None
        slope = -z
        if self.pos_weight is not None:
            slope = slope + (self.fitting("pos_weight", self.pos_weight, t) - 1) * Softplus.of(-z)
        return to_z, g * slope

    def definition(self, z: Tensor, t: Tensor) -> Tensor:
        positive = Weigh.apply(self.positive(t), LogSigmoid.apply(z))
        loss: Tensor = self.reduce_entries(-positive - Weigh.apply(1 - t, LogSigmoid.apply(-z)))
        return loss


class BinaryCrossEntropy(EntryLoss):
    """loss = −w · (t · log p + (1 − t) · log(1 − p)); the mean over entries

    For probabilities p and targets t in [0, 1]; infinite where a certain p is wrong.
    """

    def forward(self, p: Array, t: Array) -> Array:
        self.check(p, t)
        p = as_floats(p)
        t = t.astype(p.dtype, copy=False)
        if p.size and not (p.min() >= 0 and p.max() <= 1):
            raise ValueError(
                f"{self.name}: probabilities lie in [0, 1], got {p.min():.4g} to {p.max():.4g}: "
                "give logits to BCEWithLogits (binary_cross_entropy_with_logits)"
            )
        losses = -Weigh.of(t, np.log(p)) - Weigh.of(1 - t, np.log1p(-p))
        return np.asarray(self.reduce_entries(losses), p.dtype)

    def backward(self, g: Array, loss: Array, p: Array, t: Array) -> tuple[Array, Any]:
        g = self.spread_entries(g, p)
        # Where t is 0 or 1 only one term is left, and the other must not divide by 0.
        to_p = g * ((1 - t) / np.where(t == 1, 1, 1 - p) - t / np.where(t == 0, 1, p))
        if not self.needs_input_grad[1]:
            return to_p, None
        return to_p, g * (np.log1p(-p) - np.log(p))

    def definition(self, p: Tensor, t: Tensor) -> Tensor:
        positive, negative = Weigh.apply(t, np.log(p)), Weigh.apply(1 - t, np.log1p(-p))
        loss: Tensor = self.reduce_entries(-positive - negative)
        return loss


class KLDiv(EntryLoss):
    """loss = Σ t · (log t − x); the divergence KL(t ‖ exp x) of log-probabilities x from t

    `log_target` says that the target holds log t. The reduction "batchmean" divides the sum by the
    number of samples, "mean" by that of entries.
    """

    reductions: ClassVar[tuple[str, ...]] = ("mean", "batchmean", "sum", "none")

    def __init__(self, reduction: KLDivReduction = "mean", log_target: bool = False) -> None:
        super().__init__(None, reduction)
        self.log_target: bool = log_target

    def check(self, x: Array, target: Array) -> None:
        super().check(x, np.exp(target) if self.log_target else target)

    def forward(self, x: Array, target: Array) -> Array:
        self.check(x, target)
        x = as_floats(x)
        t, log_t = self.both(target.astype(x.dtype, copy=False))
        with np.errstate(invalid="ignore"):
            losses = Weigh.of(t, log_t - x)
        return np.asarray(self.reduce_entries(losses), x.dtype)

    def divisor(self, losses: Any) -> int:
        if self.reduction == "batchmean" and losses.ndim:
            return int(losses.shape[0])
        return super().divisor(losses)

    def both(self, target: Any) -> tuple[Any, Any]:
        """The probabilities t of the target and their logarithms."""
        if self.log_target:
            return np.exp(target), target
        with np.errstate(divide="ignore"):
            return target, np.log(target)

    def backward(self, g: Array, loss: Array, x: Array, target: Array) -> tuple[Array, Any]:
        g = self.spread_entries(g, x)
        t, log_t = self.both(target)
        if not self.needs_input_grad[1]:
            return -g * t, None
        slope = log_t - x + 1
        return -g * t, g * (Weigh.of(t, slope) if self.log_target else slope)

    def definition(self, x: Tensor, target: Tensor) -> Tensor:
        t, log_t = self.both(target)
        loss: Tensor = self.reduce_entries(Weigh.apply(t, log_t - x))
        return loss
