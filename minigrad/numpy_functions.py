"""What NumPy's functions do when they meet a Tensor: its phrase book.

Functions that a Tensor has a method or an operator for are entered there, in `operators.py`; those
that only NumPy has a name for are written here, in terms of ops. They come here by the protocols
`__array_ufunc__` and `__array_function__` (NumPy enhancement proposals 13 and 18).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from minigrad import ops
from minigrad.arrays import Axis, NDArray, as_arrays, is_number
from minigrad.context import recording
from minigrad.reading import is_read
from minigrad.tensor import Tensor, constant, values

Axes = int | Sequence[int]
Implementation = TypeVar("Implementation", bound=Callable[..., Any])

IMPLEMENTATIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy's functions, and what computes them where a Tensor is among their arguments."""


def implements(*functions: Callable[..., Any]) -> Callable[[Implementation], Implementation]:
    """Enter what is decorated as the implementation of NumPy's functions for Tensors."""

    def enter(implementation: Implementation) -> Implementation:
        IMPLEMENTATIONS.update(dict.fromkeys(functions, implementation))
        return implementation

    return enter


# fmt: off
PLAIN: set[Callable[..., Any]] = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.sign,
    np.signbit, np.floor, np.ceil, np.rint, np.trunc, np.isfinite, np.isinf, np.isnan, np.round,
    np.around, np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.any, np.all,
    np.nonzero, np.count_nonzero, np.zeros_like, np.ones_like, np.empty_like, np.histogram,
    np.isclose, np.allclose, np.array_equiv, np.array_equal, np.array2string, np.array_repr,
    np.array_str, np.save, np.savez, np.savez_compressed, np.savetxt, np.result_type, np.can_cast,
    np.may_share_memory, np.shares_memory,
}
# fmt: on
"""Functions whose results are piecewise constant or no numbers: what NumPy gives for the array.

What stands in neither table NumPy computes, too, of Tensors without a gradient."""


def compute_plainly(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call a NumPy function on plain arrays, if it is piecewise constant or no gradient ends."""
    if function not in PLAIN and any(map(would_end, tensors_in([args, kwargs]))) and not is_read():
        raise TypeError(
            f"minigrad has no rule for np.{function.__name__} of a Tensor: write it with "
            "operations that have one, add an Op of your own, or pass tensor.data where no "
            "gradient is needed"
        )
    return function(*plain(args), **plain(kwargs))


def plain(x: Any) -> Any:
    """Arrays for Tensors, also for those in a tuple, list or dict."""
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        items = [plain(item) for item in x]
        return items if isinstance(x, list) else tuple(items)
    return values(x)


def tensors_in(x: Any) -> Iterator[Tensor]:
    """A Tensor, or those in a tuple, list or dict."""
    if isinstance(x, Tensor):
        yield x
    elif isinstance(x, (list, tuple, dict)):
        for item in x.values() if isinstance(x, dict) else x:
            yield from tensors_in(item)


def would_end(x: Any) -> bool:
    """Whether x is a Tensor with a gradient that would end where x becomes plain."""
    return isinstance(x, Tensor) and x.requires_grad and recording.get()


def one_or_many(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Let `t.reshape(2, 3)` and `t.reshape((2, 3))` mean the same, as in NumPy."""
    return tuple(given[0]) if len(given) == 1 and not np.isscalar(given[0]) else given


@implements(np.where)
def where(condition: Any, a: Any, b: Any) -> Tensor:
    return ops.Where.apply(a, b, condition=condition)


@implements(np.concatenate)
def concatenate(tensors: Sequence[Any], axis: int | None = 0) -> Tensor:
    if axis is None:
        return ops.Concatenate.apply(*[np.ravel(t) for t in tensors])
    return ops.Concatenate.apply(*tensors, axis=axis)


@implements(np.stack)
def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    return ops.Stack.apply(*tensors, axis=axis)


@implements(np.einsum)
def einsum(subscripts: str, *tensors: Any, optimize: Any = True) -> Tensor:
    if not isinstance(subscripts, str):
        raise TypeError('write the subscripts as a string, as in np.einsum("ij,jk->ik", a, b)')
    return ops.Einsum.apply(*tensors, subscripts=subscripts)


@implements(np.clip)
def clip(
    x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Tensor:
    low, high = a_min if min is None else min, a_max if max is None else max
    low, high = (b.item() if isinstance(b, np.generic) else b for b in (low, high))
    bounds = [bound for bound in (low, high) if isinstance(bound, Tensor)]
    if not any(bound.requires_grad for bound in bounds):
        return ops.Clip.apply(x, low=values(low), high=values(high))
    if low is not None:
        x = np.where(x < low, low, x)
    clipped: Tensor = x if high is None else np.where(x > high, high, x)
    return clipped


@implements(np.hstack)
def hstack(tensors: Sequence[Any]) -> Tensor:
    parts = _with_axes(tensors, 1)
    return concatenate(parts, axis=0 if parts[0].ndim == 1 else 1)


@implements(np.vstack)
def vstack(tensors: Sequence[Any]) -> Tensor:
    return concatenate(_with_axes(tensors, 2))


def _with_axes(tensors: Sequence[Any], n: int) -> list[Any]:
    """Give each part n axes or more; a number among Tensors has their dtype."""
    arrays, _ = as_arrays([values(t) for t in tensors])
    parts = [t if isinstance(t, Tensor) else a for t, a in zip(tensors, arrays)]
    return [np.reshape(t, (1,) * (n - t.ndim) + t.shape) if t.ndim < n else t for t in parts]


@implements(np.repeat)
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    places = np.arange(np.size(x)).reshape(np.shape(x))
    repeated: Tensor = np.ravel(x)[np.repeat(places, constant(repeats, "its repeats"), axis)]
    return repeated


@implements(np.full_like)
def full_like(x: Any, fill_value: Any, **options: Any) -> NDArray:
    return np.full_like(values(x), constant(fill_value, "its fill_value"), **options)


@implements(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    """Sum over pairs of axes: the last `axes` of a with the first of b, or two lists of axes."""
    a, b = _with_axes([a, b], 0)
    if isinstance(axes, (int, np.integer)):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ValueError(
                f"tensordot of shapes {a.shape} and {b.shape} has no {axes} axes to sum"
            )
        axes = range(a.ndim - axes, a.ndim), range(axes)
    of_a, of_b = (np.atleast_1d(n).tolist() for n in axes)
    letters = iter("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    names_a = [next(letters) for _ in range(a.ndim)]
    names_b = [next(letters) for _ in range(b.ndim)]
    if len(of_a) != len(of_b) or any(a.shape[i] != b.shape[j] for i, j in zip(of_a, of_b)):
        raise ValueError(
            f"tensordot of shapes {a.shape} and {b.shape} cannot sum over axes {of_a} and "
            f"{of_b}: they differ in number or length"
        )
    for i, j in zip(of_a, of_b):
        names_b[j] = names_a[i]
    result = [n for n in names_a if n not in names_b] + [n for n in names_b if n not in names_a]
    return einsum(f"{''.join(names_a)},{''.join(names_b)}->{''.join(result)}", a, b)


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The norm of all entries or of matrices (Frobenius), or with `ord` the p-norm of vectors."""
    axes = np.ndim(x) if axis is None else np.size(axis)
    if (ord is None and (axis is None or axes in (1, 2))) or (ord == "fro" and axes == 2):
        return ops.Norm.apply(x, axis=axis, keepdims=keepdims)
    if axes != 1 or not is_number(ord) or ord == 0 or ord != ord:
        raise TypeError(
            f"ord={ord!r} has no rule here: the Euclidean norm (ord=None) has one, and of vectors "
            "(a 1-d Tensor, or one axis) every p-norm, ord=1, 2, np.inf or another number"
        )
    if np.isinf(ord):
        extreme = ops.Max if ord > 0 else ops.Min
        return extreme.apply(ops.Abs.apply(x), axis=axis, keepdims=keepdims)
    return ops.Norm.apply(x, axis=axis, keepdims=keepdims, p=float(ord))


@implements(np.moveaxis)
def moveaxis(x: Any, source: Axes, destination: Axes) -> Tensor:
    axes_as_lengths = np.empty(range(x.ndim))
    return ops.Transpose.apply(x, axes=np.moveaxis(axes_as_lengths, source, destination).shape)


@implements(np.square)
def square(x: Any) -> Tensor:
    return ops.Mul.apply(x, x)


@implements(np.reshape)
def reshape(x: Any, shape: Any) -> Tensor:
    return ops.Reshape.apply(x, shape=one_or_many((shape,)))


@implements(np.broadcast_to)
def broadcast_to(x: Any, shape: Any) -> Tensor:
    return ops.BroadcastTo.apply(x, shape=one_or_many((shape,)))


@implements(np.transpose)
def transpose(x: Any, axes: Any = None) -> Tensor:
    return ops.Transpose.apply(x, axes=axes)
