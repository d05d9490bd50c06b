"""`grad`: gradients as return values, which can themselves be differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.arrays import widened
from minigrad.engine import accumulate, run, seed
from minigrad.tensor import Tensor, expect_tensor


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """Compute Σ ∂outputs/∂input for each input and return it; no `.grad` is touched.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What to differentiate.
    inputs : Tensor or sequence of Tensor
        With respect to what: leaves or intermediate Tensors.
    grad_outputs : array_like or sequence of array_like, optional
        The upstream gradient of each output, of its shape; 1 for an output of one element. As a
        Tensor that requires a gradient, with `create_graph`, it can be differentiated through.
    create_graph : bool
        Record the backward pass, so that the result can be differentiated again.
    allow_unused : bool
        Return None for an input that the outputs do not depend on, instead of raising.

    Returns
    -------
    tuple of Tensor
        One for each input, of its shape and dtype.

    Raises
    ------
    RuntimeError
        If an output requires no gradient, has more than one element and no upstream gradient, or
        does not depend on an input.
    ValueError
        If an upstream gradient has another shape than its output.

    Examples
    --------
    >>> from minigrad import Tensor
    >>> x = Tensor(3.0, requires_grad=True)
    >>> (slope,) = grad(x**3, x, create_graph=True)
    >>> (curvature,) = grad(slope, x)
    >>> slope.item(), curvature.item()
    (27.0, 18.0)
    """
    wanted: list[Any] = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    for x in wanted:
        expect_tensor(x)

    starts: list[tuple[Tensor, Any]] = []
    for root, given in _pairs(outputs, grad_outputs, "outputs"):
        start: Any = seed(root, given)
        if create_graph:
            start = given if isinstance(given, Tensor) else Tensor(start)
        starts.append((root, start))
    gradients = _summed_gradients(starts)
    totals = [gradients.get(x) for x in wanted]

    for i, total in enumerate(totals):
        if total is None and not allow_unused:
            raise RuntimeError(
                f"the outputs do not depend on input {i} (shape {wanted[i].shape}), or it does "
                "not require a gradient: pass allow_unused=True to get None for it"
            )
    return tuple(t if t is None or isinstance(t, Tensor) else Tensor(t) for t in totals)


def backward(tensors: Tensor | Sequence[Tensor], grad_tensors: Any = None) -> None:
    """Call `backward()` on each Tensor: gradients are added to the `.grad` of all on their paths.

    All or nothing: if one of the Tensors or gradients does not fit, every `.grad` stays as it was.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        Where to start.
    grad_tensors : array_like or sequence of array_like, optional
        The upstream gradient of each, of its shape; None in the sequence, or no sequence, stands
        for 1, for Tensors of one element.

    Raises
    ------
    RuntimeError, ValueError
        As `Tensor.backward` does, and if there are not as many gradients as Tensors.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> backward([x * x, x.sum()], [[1.0, 10.0], None])
    >>> x.grad
    array([ 3., 41.], dtype=float32)
    """
    starts = [(root, seed(root, given)) for root, given in _pairs(tensors, grad_tensors, "tensors")]
    accumulate(_summed_gradients(starts))


def _summed_gradients(starts: Sequence[tuple[Tensor, Any]]) -> dict[Tensor, Any]:
    """The gradient of every Tensor on the paths from several roots, summed over the roots."""
    totals: dict[Tensor, Any] = {}
    for root, start in starts:
        for x, gradient in run(root, start).items():
            totals[x] = widened(totals[x]) + gradient if x in totals else gradient
    return {x: g if g.dtype == x.dtype else g.astype(x.dtype) for x, g in totals.items()}


def _pairs(roots: Any, given: Any, role: str) -> list[tuple[Any, Any]]:
    """Pair Tensors with the upstream gradients given for them; None where none is given."""
    if not isinstance(roots, (list, tuple)):
        return [(roots, given)]
    for root in roots:
        expect_tensor(root)
    if given is None:
        return [(root, None) for root in roots]
    alone = len(roots) == 1 and isinstance(given, (np.ndarray, Tensor))
    whole = np.isscalar(given) or (alone and given.shape == roots[0].shape)
    gradients = [given] if whole else list(given)
    if len(gradients) != len(roots):
        raise ValueError(
            f"{len(roots)} {role} need {len(roots)} grad_{role}, got {len(gradients)}: give one "
            "for each, None where it is 1"
        )
    return [*zip(roots, gradients)]
