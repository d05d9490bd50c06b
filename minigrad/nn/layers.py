"""Layers: Modules around one op each."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import random
from minigrad.arrays import Axis
from minigrad.nn import functional as F
from minigrad.nn.module import Module, Parameter
from minigrad.phrasebook import answering
from minigrad.tensor import Tensor


class Linear(Module):
    """y = x Wᵀ + b. x: (..., in_features), y: (..., out_features).

    Weight (out_features, in_features) and bias (out_features,) start uniform in
    ±1/√in_features, as in PyTorch.

    Raises
    ------
    ValueError
        If the last axis of x is not in_features long.

    Examples
    --------
    >>> mg.nn.Linear(3, 2)(np.zeros((4, 3), np.float32)).shape
    (4, 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, dtype: Any = np.float32
    ) -> None:
        for count in (in_features, out_features):
            if not isinstance(count, (int, np.integer)) or count < 1:
                raise ValueError(f"Linear maps a number of features to another, not {count!r}")
        bound = 1 / np.sqrt(in_features)

        def uniform(*shape: int) -> Parameter:
            return Parameter(random.generator().uniform(-bound, bound, shape), dtype=dtype)

        self.in_features: int = in_features
        self.out_features: int = out_features
        self.weight: Parameter = uniform(out_features, in_features)
        self.bias: Parameter | None = uniform(out_features) if bias else None

    def forward(self, x: Any) -> Tensor:
        shape = x.shape if isinstance(x, Tensor) else np.shape(x)
        if not shape or shape[-1] != self.in_features:
            remedy = ""
            if int(np.prod(shape[1:])) == self.in_features:
                remedy = ": flatten each sample first, with nn.Flatten()"
            raise ValueError(
                f"{self!r} got an input of shape {shape}, whose last axis should be "
                f"{self.in_features}{remedy}"
            )
        return F.linear(x, self.weight, self.bias)

    def options(self) -> str:
        return (
            f"{self.in_features}, {self.out_features}{', bias=False' if self.bias is None else ''}"
        )


class Embedding(Module):
    """A table of rows to be looked up by their indices. indices: (...), y: (..., embedding_dim).

    Weight (num_embeddings, embedding_dim) starts normally distributed, as in PyTorch.

    Raises
    ------
    TypeError, IndexError
        As `functional.embedding` does.

    Examples
    --------
    >>> letters = mg.nn.Embedding(26, 4)
    >>> letters(np.array([[0, 1, 25]])).shape
    (1, 3, 4)
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, dtype: Any = np.float32) -> None:
        shape = num_embeddings, embedding_dim
        if not all(isinstance(n, (int, np.integer)) and n > 0 for n in shape):
            raise ValueError(f"Embedding has a number of rows of a number of entries, not {shape}")
        self.weight: Parameter = Parameter(random.generator().normal(size=shape), dtype=dtype)

    def forward(self, indices: Any) -> Tensor:
        return F.embedding(indices, self.weight)

    def options(self) -> str:
        return ", ".join(map(str, self.weight.shape))


class LayerNorm(Module):
    """y = (x − mean) / √(var + eps) · weight + bias, over the last axes of each sample.

    Weight and bias, of `normalized_shape`, an int or a tuple, start as ones and zeros.

    Examples
    --------
    >>> mg.nn.LayerNorm(2)(np.array([[0.0, 4.0]], np.float32)).numpy().round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        self.normalized_shape: tuple[int, ...] = tuple(np.atleast_1d(normalized_shape).tolist())
        self.eps = eps
        self.weight: Parameter = Parameter(np.ones(self.normalized_shape), dtype=dtype)
        self.bias: Parameter = Parameter(np.zeros(self.normalized_shape), dtype=dtype)

    def forward(self, x: Any) -> Tensor:
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def options(self) -> str:
        return f"{self.normalized_shape}{'' if self.eps == 1e-5 else f', eps={self.eps}'}"


class Flatten(Module):
    """(N, d1, d2, ...) to (N, d1·d2·...): make one axis of those from `start_axis` on."""

    @answering
    def __init__(self, start_axis: int = 1) -> None:
        self.start_axis = start_axis

    def forward(self, x: Any) -> Any:
        if x.ndim == 0:
            raise ValueError("Flatten needs an input of shape (N, ...), got a 0-d one")
        kept = x.shape[: self.start_axis]
        return x.reshape(*kept, int(np.prod(x.shape[self.start_axis :])))

    def options(self) -> str:
        return "" if self.start_axis == 1 else f"start_axis={self.start_axis}"


class Dropout(Module):
    """In training, set entries to 0 with probability p and divide the others by 1 − p."""

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"the dropout probability must lie in [0, 1), got {p}")
        self.p = p

    def forward(self, x: Any) -> Tensor:
        return F.dropout(x, self.p, self.training)

    def options(self) -> str:
        return f"p={self.p}"


class ReLU(Module):
    """y = max(x, 0)"""

    def forward(self, x: Any) -> Tensor:
        return F.relu(x)


class Tanh(Module):
    """y = tanh(x)"""

    def forward(self, x: Any) -> Tensor:
        return F.tanh(x)


class Sigmoid(Module):
    """y = 1 / (1 + exp(−x))"""

    def forward(self, x: Any) -> Tensor:
        return F.sigmoid(x)


class LogSigmoid(Module):
    """y = log(1 / (1 + exp(−x))), the log-probability of a logit"""

    def forward(self, x: Any) -> Tensor:
        return F.log_sigmoid(x)


class Softplus(Module):
    """y = log(1 + exp(x))"""

    def forward(self, x: Any) -> Tensor:
        return F.softplus(x)


class Softmax(Module):
    """Probabilities of logits along an axis, for inference; train on `CrossEntropyLoss`."""

    @answering
    def __init__(self, axis: Axis = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Tensor:
        return F.softmax(x, self.axis)

    def options(self) -> str:
        return f"axis={self.axis}"


class LogSoftmax(Softmax):
    """Log-probabilities of logits along an axis; the input that `NLLLoss` expects."""

    def forward(self, x: Any) -> Tensor:
        return F.log_softmax(x, self.axis)
