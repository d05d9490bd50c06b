"""What a Tensor can do, and which op does it: operators, methods and NumPy functions in one table.

The methods of `Operators` become methods of `Tensor`; `UFUNCS` and `FUNCTIONS` say what NumPy's
own functions do when they meet a Tensor, through the protocols `__array_ufunc__` and
`__array_function__` (NumPy enhancement proposals 13 and 18). So `np.exp(t)` is `t.exp()`, and a
backward rule written with NumPy functions runs on Tensors as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import engine, ops
from minigrad.arrays import DEFAULT_DTYPE, NDArray, as_arrays, is_number
from minigrad.context import recording
from minigrad.engine import constant, values
from minigrad.reading import cut_by, is_read, rebinds_loop_variable

if TYPE_CHECKING:
    from minigrad.engine import Tensor

Axis = int | tuple[int, ...] | None
Axes = int | Sequence[int]


class Operators:
    """The methods of `Tensor`. Each computes one op; its formula stands in the op's class."""

    if TYPE_CHECKING:
        data: NDArray
        name: str | None
        op: ops.Op | None
        requires_grad: bool

    # arithmetic

    def __add__(self, other: Any) -> Tensor:
        return ops.Add.apply(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.Add.apply(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.Sub.apply(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.Sub.apply(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.Mul.apply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.Mul.apply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.Div.apply(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.Div.apply(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return ops.Pow.apply(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return ops.Pow.apply(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return ops.MatMul.apply(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.MatMul.apply(other, self)

    # in place: a leaf under no_grad() changes, as every update rule needs it; else a new Tensor

    def __iadd__(self, other: Any) -> Tensor:
        return _in_place(self, ops.Add.apply(self, other))

    def __isub__(self, other: Any) -> Tensor:
        return _in_place(self, ops.Sub.apply(self, other))

    def __imul__(self, other: Any) -> Tensor:
        return _in_place(self, ops.Mul.apply(self, other))

    def __itruediv__(self, other: Any) -> Tensor:
        return _in_place(self, ops.Div.apply(self, other))

    def __ipow__(self, other: Any) -> Tensor:
        return _in_place(self, ops.Pow.apply(self, other))

    def __imatmul__(self, other: Any) -> Tensor:
        return _in_place(self, ops.MatMul.apply(self, other))

    def dot(self, other: Any) -> Tensor:
        return dot(self, other)

    def __neg__(self) -> Tensor:
        return ops.Neg.apply(self)

    def __pos__(self) -> Tensor:
        return ops.Identity.apply(self)

    def __abs__(self) -> Tensor:
        return ops.Abs.apply(self)

    # comparisons: plain boolean arrays, as nothing can be differentiated there

    def __eq__(self, other: object) -> Any:
        return self.data == values(other)

    def __ne__(self, other: object) -> Any:
        return self.data != values(other)

    def __lt__(self, other: Any) -> Any:
        return self.data < values(other)

    def __le__(self, other: Any) -> Any:
        return self.data <= values(other)

    def __gt__(self, other: Any) -> Any:
        return self.data > values(other)

    def __ge__(self, other: Any) -> Any:
        return self.data >= values(other)

    # entry by entry

    def exp(self) -> Tensor:
        return ops.Exp.apply(self)

    def log(self) -> Tensor:
        return ops.Log.apply(self)

    def log1p(self) -> Tensor:
        return ops.Log1p.apply(self)

    def expm1(self) -> Tensor:
        return ops.Expm1.apply(self)

    def sqrt(self) -> Tensor:
        return ops.Sqrt.apply(self)

    def abs(self) -> Tensor:
        return ops.Abs.apply(self)

    def sin(self) -> Tensor:
        return ops.Sin.apply(self)

    def cos(self) -> Tensor:
        return ops.Cos.apply(self)

    def tanh(self) -> Tensor:
        return ops.Tanh.apply(self)

    def sigmoid(self) -> Tensor:
        return ops.Sigmoid.apply(self)

    def relu(self) -> Tensor:
        return ops.Relu.apply(self)

    def clip(
        self, low: Any = None, high: Any = None, *, min: Any = None, max: Any = None
    ) -> Tensor:
        return clip(self, low, high, min=min, max=max)

    def pow(self, exponent: Any) -> Tensor:
        return ops.Pow.apply(self, exponent)

    def maximum(self, other: Any) -> Tensor:
        return ops.Maximum.apply(self, other)

    def minimum(self, other: Any) -> Tensor:
        return ops.Minimum.apply(self, other)

    def astype(self, dtype: Any) -> Tensor:
        return ops.Astype.apply(self, dtype=dtype)

    # reductions

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return ops.Sum.apply(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return ops.Mean.apply(self, axis=axis, keepdims=keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return ops.Prod.apply(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
        return ops.Var.apply(self, axis=axis, keepdims=keepdims, ddof=ddof)

    def std(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
        return ops.Std.apply(self, axis=axis, keepdims=keepdims, ddof=ddof)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return ops.Max.apply(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return ops.Min.apply(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """The index of the largest entry: a plain integer or integer array."""
        return np.argmax(self.data, axis=axis, keepdims=keepdims)

    # softmax

    def softmax(self, axis: Axis = -1) -> Tensor:
        return ops.Softmax.apply(self, axis=axis)

    def log_softmax(self, axis: Axis = -1) -> Tensor:
        return ops.LogSoftmax.apply(self, axis=axis)

    def logsumexp(self, axis: Axis = -1, keepdims: bool = False) -> Tensor:
        return ops.LogSumExp.apply(self, axis=axis, keepdims=keepdims)

    # shape and indexing

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.data.shape
        return shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype

    @property
    def T(self) -> Tensor:
        return ops.Transpose.apply(self)

    def reshape(self, *shape: Any) -> Tensor:
        return ops.Reshape.apply(self, shape=_one_or_many(shape))

    def flatten(self) -> Tensor:
        return ops.Reshape.apply(self, shape=(-1,))

    def transpose(self, *axes: Any) -> Tensor:
        given = axes and axes[0] is not None
        return ops.Transpose.apply(self, axes=_one_or_many(axes) if given else None)

    def swapaxes(self, a: int, b: int) -> Tensor:
        return swapaxes(self, a, b)

    def squeeze(self, axis: Axis = None) -> Tensor:
        return ops.Squeeze.apply(self, axis=axis)

    def expand_dims(self, axis: int | tuple[int, ...]) -> Tensor:
        return ops.ExpandDims.apply(self, axis=axis)

    def broadcast_to(self, *shape: Any) -> Tensor:
        return ops.BroadcastTo.apply(self, shape=_one_or_many(shape))

    def __getitem__(self, index: Any) -> Tensor:
        return ops.GetItem.apply(self, index=index)

    def __setitem__(self, index: Any, value: Any) -> None:
        if recording.get() or self.op is not None:
            raise TypeError(
                "the entries of a Tensor cannot be assigned while recording: make a new one, with "
                "np.where(mask, value, t) or np.stack, or change a leaf under no_grad()"
            )
        array = self.data.copy()
        array[index] = values(value)
        self.data = array

    def __len__(self) -> int:
        if not self.data.ndim:
            raise TypeError("a 0-d Tensor has no length and cannot be iterated over")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return iter([self[i] for i in range(len(self))])

    # to plain values

    def numpy(self) -> NDArray:
        """Return the value as an ndarray (the array itself, not a copy)."""
        return self.data

    def item(self) -> Any:
        """Return the value of a one-element Tensor as a Python number."""
        if self.data.size != 1:
            raise ValueError(
                f"item() needs a Tensor of one element, this one has shape {self.data.shape}"
            )
        return self.data.item()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def _number(self) -> Any:
        """The value of a one-element Tensor, unless its gradient would end unseen."""
        if _would_end(self) and not is_read() and (use := cut_by(_would_end)):
            raise TypeError(
                f"{use} computes with the plain number of a Tensor that requires a gradient, which "
                "would end there: write it with operators and NumPy functions, as np.exp(t), 2 * t "
                "and np.stack([s, t]), or t.item() where a plain number is meant"
            )
        return self.item()

    def __index__(self) -> int:
        return self.data.__index__()

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        if _would_end(self) and not is_read():
            raise TypeError(
                "this Tensor requires a gradient, which would end where it becomes a plain array. "
                "Write np.stack([s, t]) for np.array([s, t]), Tensor([s, t]) or y[i] = t; a @ t "
                "or np.dot(a, t) for a.dot(t); np.mean(np.stack([s, t])) for np.mean([s, t]); and "
                "t.numpy() where plain values are meant"
            )
        return np.array(self.data, dtype=dtype) if copy else np.asarray(self.data, dtype=dtype)

    def __repr__(self) -> str:
        values = np.array2string(self.data, separator=", ", prefix="Tensor(")
        notes = [values]
        if self.data.dtype != DEFAULT_DTYPE:
            notes.append(f"dtype={self.data.dtype}")
        if self.name is not None:
            notes.append(f"name={self.name!r}")
        if self.op is not None:
            notes.append(f"op={self.op.name}")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"Tensor({', '.join(notes)})"

    # NumPy's functions

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            written = [x for x in options.get("out", ()) if isinstance(x, engine.Tensor)]
            if written or (any(map(_would_end, inputs)) and not is_read()):
                extra = f".{method}" if method != "__call__" else f" with {', '.join(options)}="
                raise TypeError(
                    f"np.{ufunc.__name__}{extra} has no rule for Tensors: a result is recorded, so "
                    "it cannot be written into an array or computed in part; call "
                    f"np.{ufunc.__name__}(...) alone, or pass tensor.data"
                )
            return getattr(ufunc, method)(*_plain(inputs), **_plain(options))
        if ufunc in UFUNCS:
            return UFUNCS[ufunc](*inputs)
        return _compute_plainly(ufunc, ufunc in PLAIN_UFUNCS, inputs, {})

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        if function not in FUNCTIONS:
            return _compute_plainly(function, function in PLAIN_FUNCTIONS, args, kwargs)
        try:
            return FUNCTIONS[function](*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"np.{function.__name__} of a Tensor: {error}") from error


def _compute_plainly(function: Any, constant: bool, args: Any, kwargs: dict[str, Any]) -> Any:
    """Call a NumPy function on plain arrays, if it is piecewise constant or no gradient ends."""
    if not constant and any(map(_would_end, tensors_in([args, kwargs]))) and not is_read():
        raise TypeError(
            f"minigrad has no rule for np.{function.__name__} of a Tensor: write it with "
            "operations that have one, add an Op of your own, or pass tensor.data where no "
            "gradient is needed"
        )
    return function(*_plain(args), **_plain(kwargs))


def _plain(x: Any) -> Any:
    """Arrays for Tensors, also for those in a tuple, list or dict."""
    if isinstance(x, dict):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        plain = [_plain(item) for item in x]
        return plain if isinstance(x, list) else tuple(plain)
    return values(x)


def tensors_in(x: Any) -> Iterator[Tensor]:
    """A Tensor, or those in a tuple, list or dict."""
    if isinstance(x, engine.Tensor):
        yield x
    elif isinstance(x, (list, tuple, dict)):
        for item in x.values() if isinstance(x, dict) else x:
            yield from tensors_in(item)


def _would_end(x: Any) -> bool:
    """Whether x is a Tensor with a gradient that would end where x becomes plain."""
    return isinstance(x, engine.Tensor) and x.requires_grad and recording.get()


def _in_place(tensor: Any, result: Tensor) -> Tensor:
    """Under no_grad() change the leaf that a result is to replace; else return the result."""
    if recording.get() or tensor.op is not None:
        if tensor.op is None and tensor.requires_grad and rebinds_loop_variable():
            raise RuntimeError(
                "in place, a Tensor changes under no_grad() alone; here the loop's variable would "
                "become a new Tensor, and the one it stood for stay as it was: put the loop into "
                "`with no_grad():`"
            )
        return result
    if not tensor.requires_grad:  # it may share its array: with a user's, or as a view
        tensor.data = result.data
    elif result.shape != tensor.shape:
        raise ValueError(
            f"a Tensor of shape {tensor.shape} cannot be changed in place to a result of shape "
            f"{result.shape}"
        )
    else:
        np.copyto(tensor.data, result.data, casting="same_kind")
        engine.note_change(tensor)
    changed: Tensor = tensor
    return changed


def _one_or_many(values: tuple[Any, ...]) -> tuple[int, ...]:
    """Let `t.reshape(2, 3)` and `t.reshape((2, 3))` mean the same, as in NumPy."""
    return tuple(values[0]) if len(values) == 1 and not np.isscalar(values[0]) else values


# ---------------------------------------------------------------------------------------------
# Functions that only NumPy has a name for
# ---------------------------------------------------------------------------------------------


def where(condition: Any, a: Any, b: Any) -> Tensor:
    return ops.Where.apply(a, b, condition=condition)


def concatenate(tensors: Sequence[Any], axis: int | None = 0) -> Tensor:
    if axis is None:
        return ops.Concatenate.apply(*[np.ravel(t) for t in tensors])
    return ops.Concatenate.apply(*tensors, axis=axis)


def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    return ops.Stack.apply(*tensors, axis=axis)


def einsum(subscripts: str, *tensors: Any, optimize: Any = True) -> Tensor:
    if not isinstance(subscripts, str):
        raise TypeError('write the subscripts as a string, as in np.einsum("ij,jk->ik", a, b)')
    return ops.Einsum.apply(*tensors, subscripts=subscripts)


def clip(
    x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Tensor:
    low, high = a_min if min is None else min, a_max if max is None else max
    low, high = (b.item() if isinstance(b, np.generic) else b for b in (low, high))
    bounds = [bound for bound in (low, high) if isinstance(bound, engine.Tensor)]
    if not any(bound.requires_grad for bound in bounds):
        return ops.Clip.apply(x, low=values(low), high=values(high))
    if low is not None:
        x = np.where(x < low, low, x)
    clipped: Tensor = x if high is None else np.where(x > high, high, x)
    return clipped


def hstack(tensors: Sequence[Any]) -> Tensor:
    parts = _with_axes(tensors, 1)
    return concatenate(parts, axis=0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Any]) -> Tensor:
    return concatenate(_with_axes(tensors, 2))


def _with_axes(tensors: Sequence[Any], n: int) -> list[Any]:
    """Give each part n axes or more; a number among Tensors has their dtype."""
    arrays, _ = as_arrays([values(t) for t in tensors])
    parts = [t if isinstance(t, engine.Tensor) else a for t, a in zip(tensors, arrays)]
    return [np.reshape(t, (1,) * (n - t.ndim) + t.shape) if t.ndim < n else t for t in parts]


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    places = np.arange(np.size(x)).reshape(np.shape(x))
    repeated: Tensor = np.ravel(x)[np.repeat(places, constant(repeats, "its repeats"), axis)]
    return repeated


def full_like(x: Any, fill_value: Any, **options: Any) -> NDArray:
    return np.full_like(values(x), constant(fill_value, "its fill_value"), **options)


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


def dot(a: Any, b: Any) -> Tensor:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return ops.Mul.apply(a, b)
    if np.ndim(b) <= 2:
        return ops.MatMul.apply(a, b)
    return tensordot(a, b, axes=([-1], [-2]))


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


def swapaxes(x: Any, a: int, b: int) -> Tensor:
    order = list(range(x.ndim))
    order[a], order[b] = order[b], order[a]
    return ops.Transpose.apply(x, axes=tuple(order))


def moveaxis(x: Any, source: Axes, destination: Axes) -> Tensor:
    axes_as_lengths = np.empty(range(x.ndim))
    return ops.Transpose.apply(x, axes=np.moveaxis(axes_as_lengths, source, destination).shape)


# ---------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------

UFUNCS: dict[np.ufunc, Callable[..., Tensor]] = {
    np.add: ops.Add.apply,
    np.subtract: ops.Sub.apply,
    np.multiply: ops.Mul.apply,
    np.divide: ops.Div.apply,
    np.power: ops.Pow.apply,
    np.matmul: ops.MatMul.apply,
    np.negative: ops.Neg.apply,
    np.positive: ops.Identity.apply,
    np.absolute: ops.Abs.apply,
    np.exp: ops.Exp.apply,
    np.expm1: ops.Expm1.apply,
    np.log: ops.Log.apply,
    np.log1p: ops.Log1p.apply,
    np.sqrt: ops.Sqrt.apply,
    np.square: lambda x: ops.Mul.apply(x, x),
    np.sin: ops.Sin.apply,
    np.cos: ops.Cos.apply,
    np.tanh: ops.Tanh.apply,
    np.maximum: ops.Maximum.apply,
    np.minimum: ops.Minimum.apply,
}

PLAIN_UFUNCS = {
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.sign,
    np.signbit,
    np.floor,
    np.ceil,
    np.rint,
    np.trunc,
    np.isfinite,
    np.isinf,
    np.isnan,
}
"""Ufuncs whose results are piecewise constant: they give plain arrays."""

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: Operators.sum,
    np.mean: Operators.mean,
    np.prod: Operators.prod,
    np.var: Operators.var,
    np.std: Operators.std,
    np.max: Operators.max,
    np.min: Operators.min,
    np.amax: Operators.max,
    np.amin: Operators.min,
    np.clip: clip,
    np.reshape: lambda x, shape: Operators.reshape(x, shape),
    np.ravel: Operators.flatten,
    np.transpose: lambda x, axes=None: ops.Transpose.apply(x, axes=axes),
    np.swapaxes: swapaxes,
    np.moveaxis: moveaxis,
    np.squeeze: Operators.squeeze,
    np.expand_dims: Operators.expand_dims,
    np.broadcast_to: lambda x, shape: Operators.broadcast_to(x, shape),
    np.concatenate: concatenate,
    np.stack: stack,
    np.hstack: hstack,
    np.vstack: vstack,
    np.repeat: repeat,
    np.full_like: full_like,
    np.where: where,
    np.dot: dot,
    np.einsum: einsum,
    np.tensordot: tensordot,
    np.linalg.norm: norm,
}

PLAIN_FUNCTIONS = {
    np.shape,
    np.ndim,
    np.size,
    np.argmax,
    np.argmin,
    np.argsort,
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.any,
    np.all,
    np.nonzero,
    np.count_nonzero,
    np.round,
    np.around,
    np.histogram,
    np.isclose,
    np.allclose,
    np.array_equiv,
    np.array_equal,
    np.array2string,
    np.array_repr,
    np.array_str,
    np.save,
    np.savez,
    np.savez_compressed,
    np.savetxt,
    np.result_type,
    np.can_cast,
    np.may_share_memory,
    np.shares_memory,
}
"""Functions whose results are not differentiable: they give what NumPy gives for the array.

What is not in these tables NumPy computes, too, of Tensors without a gradient."""

for _name, _method in vars(Operators).items():
    if callable(_method) or isinstance(_method, property):
        setattr(engine.Tensor, _name, _method)
