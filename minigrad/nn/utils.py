"""What training loops do to gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

import numpy as np

from minigrad.ops import Norm
from minigrad.tensor import Tensor, at_once


def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients, in place, so that their common Euclidean norm is at most `max_norm`.

    Returns the norm before, computed in float64. Parameters without a gradient count for nothing.
    Gradients whose norm is not finite are left as they are.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> x.sum().backward()
    >>> round(clip_grad_norm_(x, max_norm=1.0), 4)
    1.4142
    >>> x.grad
    array([0.70710677, 0.70710677], dtype=float32)
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm must be positive, got {max_norm}")
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not tensors:
        raise ValueError("no parameters to clip the gradients of: pass model.parameters()")
    gradients = [t.grad for t in tensors if t.grad is not None]
    norm = math.hypot(*(float(Norm().forward(g.astype(np.float64))) for g in gradients))
    if math.isfinite(norm) and norm > max_norm:
        factor = float(max_norm) / norm
        scale = partial(np.multiply, factor, dtype=np.float64)  # float16 has none below 6e-8
        at_once(map(scale, gradients, gradients))
    return norm
