"""`gradcheck`: hold backward rules against finite differences of the forward rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.gradient import grad
from minigrad.ops import Concatenate
from minigrad.tensor import Tensor, expect_tensor

Function = Callable[..., Tensor]


class GradcheckError(AssertionError):
    """A gradient that differs from finite differences; the message shows where, and hints why."""


def gradcheck(
    f: Function,
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
) -> bool:
    """Compare the Jacobian that backward rules give with central finite differences.

    For each input x and each output y: ∂yᵢ/∂xⱼ from the rules must equal
    (yᵢ(xⱼ + eps) − yᵢ(xⱼ − eps)) / 2eps within atol + rtol · |difference quotient|.

    Parameters
    ----------
    f : callable
        Takes the inputs and returns a Tensor.
    inputs : Tensor or sequence of Tensor
        float64. Those that do not require a gradient are passed on as they are.

    Returns
    -------
    bool
        True.

    Raises
    ------
    GradcheckError
        Names the input, lists the entries where the two differ most, and says what mistake gives
        such a difference where it has a known pattern. Also where there is nothing to compare with,
        because f is NaN or infinite there.
    TypeError
        If an input that requires a gradient is not float64, in which the quotient has no digits.

    Examples
    --------
    >>> gradcheck(lambda x: (x * x).sum(), Tensor([1.0, 2.0], requires_grad=True, dtype=float))
    True
    """
    tensors = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
    for x in tensors:
        expect_tensor(x)
    checked = [i for i, x in enumerate(tensors) if x.requires_grad]
    if not checked:
        raise ValueError("gradcheck needs at least one input with requires_grad=True")
    for i in checked:
        if tensors[i].dtype != np.float64:
            raise TypeError(
                f"input {i} is {tensors[i].dtype}, in which a difference quotient has hardly a "
                "right digit: make it float64, with Tensor(data, requires_grad=True, dtype=float)"
            )
    analytic, y_shape = _analytic_jacobians(f, tensors, checked)
    numeric = [_numeric_jacobian(f, tensors, i, eps) for i in checked]
    if not all(np.isfinite(jacobian).all() for jacobian in numeric):
        places = [
            f"entry {_entries(ours, theirs, tensors[i].shape)} of input {i}"
            for i, ours, theirs in zip(checked, analytic, numeric)
            if not np.isfinite(theirs).all()
        ]
        raise GradcheckError(
            "nothing to compare with: what is checked is NaN or infinite at, or next to, "
            f"{' and '.join(places)}; choose a point where it is defined"
        )
    for i, ours, theirs in zip(checked, analytic, numeric):
        wrong = ~np.isclose(ours, theirs, rtol=rtol, atol=atol)
        if wrong.any():
            raise GradcheckError(_report(i, tensors[i].shape, y_shape, ours, theirs, wrong))
    return True


def gradgradcheck(
    f: Function,
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
) -> bool:
    """Check second derivatives: `gradcheck` of the gradient of f, in a fixed random direction.

    Raises what `gradcheck` raises.

    Examples
    --------
    >>> gradgradcheck(lambda x: (x**3).sum(), Tensor([1.0, 2.0], requires_grad=True, dtype=float))
    True
    """

    def slope(*xs: Tensor) -> Tensor:
        y = f(*xs)
        expect_tensor(y)
        upstream = np.random.default_rng(0).uniform(0.5, 1.5, y.shape)
        wanted = [x for x in xs if x.requires_grad]
        slopes: Sequence[Any] = [None] * len(wanted)
        if y.requires_grad:
            slopes = grad(y, wanted, upstream, create_graph=True, allow_unused=True)
        flat = [np.zeros(x.size) if g is None else g.flatten() for x, g in zip(wanted, slopes)]
        return Concatenate.apply(*flat)

    return gradcheck(slope, inputs, eps, rtol, atol)


def _analytic_jacobians(
    f: Function, inputs: tuple[Tensor, ...], checked: list[int]
) -> tuple[list[NDArray], tuple[int, ...]]:
    """∂yⱼ/∂xₖ from the backward rules, as a matrix for each input checked, and the shape of y."""
    xs = _copies(inputs)
    y = f(*xs)
    expect_tensor(y)
    wanted = [xs[i] for i in checked]
    jacobians = [np.zeros((y.size, x.size)) for x in wanted]
    if y.requires_grad:
        for j, direction in enumerate(np.eye(y.size)):
            slopes = grad(y, wanted, direction.reshape(y.shape), allow_unused=True)
            for jacobian, slope in zip(jacobians, slopes):
                jacobian[j] = 0 if slope is None else slope.data.reshape(-1)
    return jacobians, y.shape


def _numeric_jacobian(f: Function, inputs: tuple[Tensor, ...], i: int, eps: float) -> NDArray:
    """∂yⱼ/∂xₖ from central differences of f, as a matrix."""
    columns = []
    for k in range(inputs[i].size):
        above, below = _copies(inputs), _copies(inputs)
        above[i].data.reshape(-1)[k] += eps
        below[i].data.reshape(-1)[k] -= eps
        columns.append((f(*above).data - f(*below).data).reshape(-1) / (2 * eps))
    return np.stack(columns, axis=1) if columns else np.zeros((f(*inputs).size, 0))


def _copies(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The inputs as leaves of their own, in C order, so that reshape(-1) is a view."""
    return tuple(Tensor(np.array(x.data, order="C"), requires_grad=x.requires_grad) for x in inputs)


def _entries(analytic: NDArray, numeric: NDArray, x_shape: tuple[int, ...]) -> str:
    """At which entries of an input the difference quotient is no number."""
    undefined = ~np.isfinite(numeric)
    own = undefined & (analytic != 0)  # not where another entry alone makes f so
    places = np.flatnonzero((own if own.any() else undefined).any(axis=0))
    listed = ", ".join(_index(np.unravel_index(k, x_shape)) for k in places[:5])
    return listed + (f" and {len(places) - 5} more" if len(places) > 5 else "")


def _report(
    i: int,
    x_shape: tuple[int, ...],
    y_shape: tuple[int, ...],
    analytic: NDArray,
    numeric: NDArray,
    wrong: NDArray,
) -> str:
    difference = np.where(np.isfinite(analytic), np.abs(analytic - numeric), np.inf)
    worst = np.argsort(-difference, axis=None, kind="stable")[:5]
    lines = [
        f"the gradient for input {i}, of shape {x_shape}, differs from finite differences:",
        f"  {'output entry':<16}{'input entry':<16}{'backward rule':>16}{'difference':>16}",
    ]
    for j, k in zip(*np.unravel_index(worst, difference.shape)):
        if not wrong[j, k]:
            break
        row, column = np.unravel_index(j, y_shape), np.unravel_index(k, x_shape)
        lines.append(
            f"  {_index(row):<16}{_index(column):<16}{analytic[j, k]:>16.6g}{numeric[j, k]:>16.6g}"
        )
    cause = _likely_cause(x_shape, y_shape, analytic, numeric)
    return "\n".join([*lines, f"likely cause: {cause}"] if cause else lines)


def _index(position: tuple[Any, ...]) -> str:
    return f"[{', '.join(str(int(n)) for n in position)}]"


def _likely_cause(
    x_shape: tuple[int, ...], y_shape: tuple[int, ...], analytic: NDArray, numeric: NDArray
) -> str | None:
    """Name the mistake that turns the numeric Jacobian into the analytic one, if one does."""

    def same(a: NDArray) -> bool:
        return np.allclose(a, numeric, rtol=1e-4, atol=1e-6)

    def swapped(first: int, ndim: int) -> Any:
        """The analytic Jacobian with two axes of y (first = 0) or of x exchanged."""
        shape = y_shape if first == 0 else x_shape
        if ndim != 2 or shape[0] != shape[1]:
            return None
        return analytic.reshape(y_shape + x_shape).swapaxes(first, first + 1).reshape(numeric.shape)

    if not np.isfinite(analytic).all():
        return "the rule divides by zero or takes the logarithm of a number that is not positive"
    if not analytic.any():
        return "the rule passes no gradient on: it returns None or zeros for this input"
    if same(-analytic):
        return "the sign"
    if len(analytic) > 1 and np.allclose(analytic, numeric.sum(axis=0), rtol=1e-4, atol=1e-6):
        return "the rule does not use the upstream gradient: multiply by g"
    transposed = swapped(len(y_shape), len(x_shape))
    if transposed is not None and same(transposed):
        return "the gradient is transposed"
    crossed = swapped(0, len(y_shape))
    if crossed is not None and same(crossed):
        return "the sum goes over the wrong axis, or the upstream gradient is transposed"
    ratio = float((analytic * numeric).sum() / (analytic * analytic).sum())
    if ratio and same(ratio * analytic):
        factor = 1 / ratio
        n = max(factor, ratio)
        hint = ""
        if abs(n - round(n)) < 1e-3 and round(n) in {*x_shape, *y_shape, int(np.prod(x_shape))}:
            hint = f": {round(n)} is a length of the input, so a mean's 1/N is missing or too much"
        return f"the gradient is {factor:.4g} times what it should be{hint}"
    return None
