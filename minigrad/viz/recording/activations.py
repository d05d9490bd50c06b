"""What the activation functions of a network gave, and where they are saturated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minigrad import ops
from minigrad.arrays import NDArray
from minigrad.engine import Op, pull_back, topological_order
from minigrad.nn import Module
from minigrad.tensor import Tensor, expect_tensor

LARGEST_SLOPES: dict[type[Op], float] = {
    ops.Relu: 1.0,
    ops.Tanh: 1.0,
    ops.Sigmoid: 0.25,
    ops.Softplus: 1.0,
    ops.LogSigmoid: 1.0,
}
FLAT = 0.05  # of the largest slope: below, hardly a gradient comes through


@dataclass(frozen=True)
class Activation:
    """The result of an activation function: its entries, and which of them are saturated.

    An entry is saturated where the slope, as the op's own backward rule computes it, is less than
    5 % of the largest that the function has: |tanh x| > 0.975, σ(x) < 0.013 or > 0.987, ReLU at 0.
    """

    name: str
    data: NDArray
    saturated: NDArray


def activations(loss: Tensor) -> Iterator[Activation]:
    """Find the activation functions in a graph, in the order of computing.

    These are ReLU, tanh, sigmoid, softplus, log-sigmoid, and ops of the user's own that have one
    input of the result's shape.
    """
    expect_tensor(loss)
    names: dict[str, int] = {}
    for tensor in topological_order(loss):
        if not _is_activation(tensor):
            continue
        assert tensor.op is not None
        name = _name(tensor, tensor.op)
        names[name] = names.get(name, 0) + 1
        with np.errstate(all="ignore"):
            slopes = np.abs(pull_back(tensor, np.ones_like(tensor.data))[0])
            largest = LARGEST_SLOPES.get(type(tensor.op)) or slopes.max(initial=0.0)
            saturated = slopes < FLAT * largest if largest else np.ones(slopes.shape, bool)
        nth = f" ({names[name]})" if names[name] > 1 else ""
        yield Activation(name + nth, tensor.data, saturated)


def _is_activation(tensor: Tensor) -> bool:
    if type(tensor.op) in LARGEST_SLOPES:
        return True
    own = tensor.op is not None and not type(tensor.op).__module__.startswith("minigrad.")
    return own and len(tensor.parents) == 1 and tensor.parents[0].shape == tensor.shape != ()


def _name(tensor: Tensor, op: Op) -> str:
    """What it was called, or the path of the Module that computed it, and the op."""
    inner = outer = tensor.origin.scope if tensor.origin else None
    while outer is not None and outer.outer is not None:
        outer = outer.outer
    path = ""
    if inner and outer and isinstance(outer.of, Module):
        path = next((path for path, part in outer.of.named_modules() if part is inner.of), "")
    return tensor.name or f"{path} {op.name}".strip()
