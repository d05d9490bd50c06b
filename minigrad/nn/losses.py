"""Losses as Modules: `loss = CrossEntropyLoss()(logits, target)`; see `minigrad.nn.functional`."""

from __future__ import annotations

from typing import Any

from minigrad.nn import functional as F
from minigrad.nn.module import Module
from minigrad.ops.loss import KLDivReduction, LossReduction
from minigrad.tensor import Tensor


class NLLLoss(Module):
    """`functional.nll_loss` of log-probabilities, with its options."""

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: LossReduction = "mean"
    ) -> None:
        self.weight: Any = weight
        self.ignore_index: int = ignore_index
        self.reduction: LossReduction = reduction

    def forward(self, log_probs: Any, target: Any) -> Tensor:
        return F.nll_loss(log_probs, target, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(Module):
    """`functional.cross_entropy` of logits, with its options."""

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: LossReduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        self.weight: Any = weight
        self.ignore_index: int = ignore_index
        self.reduction: LossReduction = reduction
        self.label_smoothing: float = label_smoothing

    def forward(self, logits: Any, target: Any) -> Tensor:
        return F.cross_entropy(
            logits,
            target,
            self.weight,
            self.ignore_index,
            self.reduction,
            self.label_smoothing,
        )


class BCEWithLogitsLoss(Module):
    """`functional.binary_cross_entropy_with_logits`, with its options."""

    def __init__(
        self, weight: Any = None, reduction: LossReduction = "mean", pos_weight: Any = None
    ) -> None:
        self.weight: Any = weight
        self.reduction: LossReduction = reduction
        self.pos_weight: Any = pos_weight

    def forward(self, logits: Any, target: Any) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            logits, target, self.weight, self.reduction, self.pos_weight
        )


class BCELoss(Module):
    """`functional.binary_cross_entropy` of probabilities, with its options; not to train with."""

    def __init__(self, weight: Any = None, reduction: LossReduction = "mean") -> None:
        self.weight: Any = weight
        self.reduction: LossReduction = reduction

    def forward(self, probs: Any, target: Any) -> Tensor:
        return F.binary_cross_entropy(probs, target, self.weight, self.reduction)


class KLDivLoss(Module):
    """`functional.kl_div` of log-probabilities, with its options."""

    def __init__(self, reduction: KLDivReduction = "mean", log_target: bool = False) -> None:
        self.reduction: KLDivReduction = reduction
        self.log_target: bool = log_target

    def forward(self, log_probs: Any, target: Any) -> Tensor:
        return F.kl_div(log_probs, target, self.reduction, self.log_target)


class MSELoss(Module):
    """`functional.mse_loss`, with its reduction."""

    def __init__(self, reduction: LossReduction = "mean") -> None:
        self.reduction = reduction

    def forward(self, x: Any, target: Any) -> Tensor:
        return F.mse_loss(x, target, self.reduction)
