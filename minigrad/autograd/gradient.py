"""`grad`: gradients as return values, which can themselves be differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.engine import Tensor, expect_tensor, run, seed


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
    roots: list[Any] = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    wanted: list[Any] = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    for x in wanted:
        expect_tensor(x)
    if grad_outputs is None:
        upstream = [None] * len(roots)
    else:
        upstream = list(grad_outputs) if isinstance(outputs, (list, tuple)) else [grad_outputs]
    if len(upstream) != len(roots):
        raise ValueError(
            f"{len(roots)} outputs need {len(roots)} grad_outputs, got {len(upstream)}"
        )

    totals: list[Any] = [None] * len(wanted)
    for root, given in zip(roots, upstream):
        start: Any = seed(root, given)
        if create_graph:
            start = given if isinstance(given, Tensor) else Tensor(start)
        gradients = run(root, start)
        for i, x in enumerate(wanted):
            if x in gradients:
                totals[i] = gradients[x] if totals[i] is None else totals[i] + gradients[x]

    for i, total in enumerate(totals):
        if total is None and not allow_unused:
            raise RuntimeError(
                f"the outputs do not depend on input {i} (shape {wanted[i].shape}), or it does "
                "not require a gradient: pass allow_unused=True to get None for it"
            )
    return tuple(t if t is None or isinstance(t, Tensor) else Tensor(t) for t in totals)


def backward(tensors: Tensor | Sequence[Tensor], grad_tensors: Any = None) -> None:
    """Call `backward()` on each Tensor: gradients are added to the `.grad` of all on their paths.

    Raises what `Tensor.backward` raises.
    """
    if isinstance(tensors, Tensor):
        tensors, grad_tensors = [tensors], [grad_tensors]
    for tensor, gradient in zip(tensors, grad_tensors or [None] * len(tensors)):
        tensor.backward(gradient)
