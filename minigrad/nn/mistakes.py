"""Warnings of classic mistakes, once for each line of code that makes one."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.engine import topological_order
from minigrad.numpy_functions import tensors_in
from minigrad.origin import origin_here
from minigrad.tensor import Tensor, values
from minigrad.text import shown


def warn_of_probabilities(scores: Any) -> None:
    """Warn if what should be logits lies in [0, 1] and sums to 1, as a softmax returns it.

    The first sample tells most logits apart, so the others are seldom looked at.
    """
    array = np.asarray(values(scores))
    first = _first_sample(array)
    if first.size < 2 or not 0 <= first[0] <= 1 or abs(first.sum() - 1) > 1e-3:
        return
    sums = array.sum(axis=min(1, array.ndim - 1))
    if array.min() >= 0 and np.abs(sums - 1).max() < 1e-3:
        _warn(
            "cross_entropy got rows that lie in [0, 1] and sum to 1, as a softmax returns them: it "
            "takes logits and applies log_softmax itself, so leave the softmax out"
        )


def warn_of_positive(log_probs: Any) -> None:
    """Warn if what should be log-probabilities of the first sample has positive entries."""
    if _first_sample(np.asarray(values(log_probs))).max(initial=0) > 1e-3:
        _warn(
            "nll_loss got positive numbers, but log-probabilities are never positive: give it "
            "log_softmax(logits), or give the logits to cross_entropy"
        )


def warn_of_untrained(module: Any, inputs: Any, result: Any) -> bool:
    """Warn if a Module's result was made from leaves that its `parameters()` does not find.

    Returns whether there was a graph to look at.
    """
    given = frozenset(tensors_in(inputs))
    known = {*given, *module.parameters()}
    roots = [t for t in tensors_in(result) if t.requires_grad]
    leaves = {t: None for root in roots for t in topological_order(root, given) if t.is_leaf}
    unknown = [t for t in leaves if t not in known and not _is_made_within(t)]
    if unknown:
        names = ", ".join(
            shown(t.label or f"{type(t).__name__} of shape {t.shape}") for t in unknown
        )
        _warn(
            f"{type(module).__name__} computes with what its parameters() does not find ({names}), "
            "so an optimiser that is given them does not train it: hold it in an attribute, as an "
            "nn.Parameter; lists, tuples and dicts may hold it, too"
        )
    return bool(roots)


def _is_made_within(t: Tensor) -> bool:
    """Whether a Module made this Tensor in its forward pass, other than as a Parameter."""
    return type(t) is Tensor and t.origin is not None and t.origin.scope is not None


def _first_sample(scores: NDArray) -> NDArray:
    """The scores (C,) of the first sample, of scores (C,), (N, C) or (N, C, d1, ...)."""
    if scores.ndim < 2 or not scores.size:
        return scores.reshape(-1)
    first: NDArray = scores[(0, slice(None)) + (0,) * (scores.ndim - 2)]
    return first


_warned: set[Any] = set()


def _warn(message: str) -> None:
    origin = origin_here()
    if origin is None:
        warnings.warn(message, stacklevel=4)
    elif (place := (origin.filename, origin.line)) not in _warned:
        warnings.warn_explicit(message, UserWarning, *place)
        _warned.add(place)  # not reached under -W error, where every call shall raise
