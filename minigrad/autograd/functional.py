"""Derivatives of functions: Jacobian, Hessian, and their products with a vector.

Each takes a function from a Tensor to a Tensor and a point x (a Tensor or array, of any shape),
and leaves x as it was. Where the function does not depend on x, its derivatives are zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.gradient import grad
from minigrad.context import recording
from minigrad.tensor import Tensor, expect_tensor

Function = Callable[[Tensor], Tensor]


def jacobian(f: Function, x: Any) -> Tensor:
    """Compute J with J[i, j] = ∂f(x)ᵢ/∂xⱼ, of shape `f(x).shape + x.shape`.

    One backward pass for each entry of f(x).

    Examples
    --------
    >>> jacobian(lambda z: z.softmax(), np.array([0.0, np.log(3.0)])).numpy().round(4)
    array([[ 0.1875, -0.1875],
           [-0.1875,  0.1875]])
    """
    x = _variable(x)
    y = _value(f, x)
    rows = np.zeros((y.size, *x.shape), dtype=x.dtype)
    for i, direction in enumerate(np.eye(y.size, dtype=y.dtype)):
        rows[i] = _pull_back(y, x, direction.reshape(y.shape)).data
    return Tensor(rows.reshape(y.shape + x.shape))


def hessian(f: Function, x: Any) -> Tensor:
    """Compute H with H[i, j] = ∂²f(x)/∂xᵢ∂xⱼ of a scalar function, of shape `x.shape + x.shape`.

    Examples
    --------
    >>> hessian(lambda x: (x**3).sum(), np.array([1.0, 2.0])).numpy()
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(lambda x: _value_and_slope(f, x)[1], x)


def vjp(f: Function, x: Any, v: Any = None) -> tuple[Tensor, Tensor]:
    """Compute f(x) and the vector-Jacobian product vᵀJ, of x's shape; v has the shape of f(x).

    v may be left out where f(x) has one element.

    Examples
    --------
    >>> y, product = vjp(lambda x: x * x, np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    >>> product.numpy()
    array([ 2., 40.])
    """
    x = _variable(x)
    y = _value(f, x)
    return y.detach(), _pull_back(y, x, v)


def hvp(f: Function, x: Any, v: Any) -> tuple[Tensor, Tensor]:
    """Compute f(x) and the Hessian-vector product Hv of a scalar function; v has x's shape.

    Two backward passes, whatever the size of H.

    Examples
    --------
    >>> y, product = hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    >>> product.numpy()
    array([ 6., 12.])
    """
    x = _variable(x)
    y, slope = _value_and_slope(f, x)
    return y.detach(), _pull_back(slope, x, v)


def _variable(x: Any) -> Tensor:
    """A leaf of x's value that requires a gradient."""
    if not recording.get():
        raise RuntimeError("to be differentiated, f is recorded: call this outside of no_grad()")
    return Tensor(x, requires_grad=True)


def _value(f: Function, x: Tensor) -> Tensor:
    y = f(x)
    expect_tensor(y)
    return y


def _value_and_slope(f: Function, x: Tensor) -> tuple[Tensor, Tensor]:
    y = _value(f, x)
    if y.size != 1:
        raise ValueError(f"a Hessian is of a scalar function, this one returned shape {y.shape}")
    return y, _pull_back(y, x, create_graph=True)


def _pull_back(y: Tensor, x: Tensor, v: Any = None, create_graph: bool = False) -> Tensor:
    """vᵀ ∂y/∂x; zeros where y does not depend on x."""
    if not y.requires_grad:
        y = Tensor(y, requires_grad=True, dtype=x.dtype)
    (product,) = grad(y, x, v, create_graph, allow_unused=True)
    return Tensor(np.zeros_like(x.data)) if product is None else product
