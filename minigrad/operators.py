"""What a Tensor can do, and which op does it: operators, methods and NumPy functions in one table.

An entry has up to four names: NumPy's function, which `@implements` lists, the operator or method,
its formula, and the op that computes it. So `np.exp(t)` is `t.exp()`, and a backward rule written
with NumPy functions runs on Tensors as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import ops
from minigrad.arrays import DEFAULT_DTYPE, Axis, NDArray
from minigrad.context import recording
from minigrad.engine import accumulate, record, run, seed
from minigrad.numpy_functions import (
    IMPLEMENTATIONS,
    clip,
    compute_plainly,
    implements,
    one_or_many,
    plain,
    tensordot,
    would_end,
)
from minigrad.phrasebook import PHRASES, Count, answering, missing
from minigrad.reading import cut_by, is_read, rebinds_loop_variable, unpacks_extreme
from minigrad.tensor import Tensor, note_change, values
from minigrad.text import printable


class Operators:
    """The methods of `Tensor`. Each computes one op, in whose class its rules stand."""

    if TYPE_CHECKING:
        data: NDArray
        name: str | None
        op: ops.Op | None
        requires_grad: bool

    # arithmetic, recorded at once: in chains of numbers the way over `Op.apply` would be felt

    @implements(np.add)
    def __add__(self, other: Any) -> Tensor:
        """y = a + b"""
        return record(ops.Add(), (self, other))

    def __radd__(self, other: Any) -> Tensor:
        """y = a + b"""
        return record(ops.Add(), (other, self))

    @implements(np.subtract)
    def __sub__(self, other: Any) -> Tensor:
        """y = a − b"""
        return record(ops.Sub(), (self, other))

    def __rsub__(self, other: Any) -> Tensor:
        """y = a − b"""
        return record(ops.Sub(), (other, self))

    @implements(np.multiply)
    def __mul__(self, other: Any) -> Tensor:
        """y = a · b"""
        return record(ops.Mul(), (self, other))

    def __rmul__(self, other: Any) -> Tensor:
        """y = a · b"""
        return record(ops.Mul(), (other, self))

    @implements(np.divide)
    def __truediv__(self, other: Any) -> Tensor:
        """y = a / b"""
        return record(ops.Div(), (self, other))

    def __rtruediv__(self, other: Any) -> Tensor:
        """y = a / b"""
        return record(ops.Div(), (other, self))

    @implements(np.power)
    def __pow__(self, other: Any) -> Tensor:
        """y = aᵇ"""
        return record(ops.Pow(), (self, other))

    def __rpow__(self, other: Any) -> Tensor:
        """y = aᵇ"""
        return record(ops.Pow(), (other, self))

    @implements(np.matmul)
    def __matmul__(self, other: Any) -> Tensor:
        """y = a @ b; over leading axes that broadcast"""
        return record(ops.MatMul(), (self, other))

    def __rmatmul__(self, other: Any) -> Tensor:
        """y = a @ b; over leading axes that broadcast"""
        return record(ops.MatMul(), (other, self))

    # in place: a leaf under no_grad() changes, as every update rule needs it; else a new Tensor

    def __iadd__(self, other: Any) -> Tensor:
        """y = a + b"""
        return _in_place(self, record(ops.Add(), (self, other)))

    def __isub__(self, other: Any) -> Tensor:
        """y = a − b"""
        return _in_place(self, record(ops.Sub(), (self, other)))

    def __imul__(self, other: Any) -> Tensor:
        """y = a · b"""
        return _in_place(self, record(ops.Mul(), (self, other)))

    def __itruediv__(self, other: Any) -> Tensor:
        """y = a / b"""
        return _in_place(self, record(ops.Div(), (self, other)))

    def __ipow__(self, other: Any) -> Tensor:
        """y = aᵇ"""
        return _in_place(self, record(ops.Pow(), (self, other)))

    def __imatmul__(self, other: Any) -> Tensor:
        """y = a @ b; over leading axes that broadcast"""
        return _in_place(self, record(ops.MatMul(), (self, other)))

    @implements(np.dot)
    def dot(self, other: Any) -> Tensor:
        """y = a @ b of vectors and matrices; beyond them over a's last axis and b's last but one"""
        if np.ndim(self) == 0 or np.ndim(other) == 0:
            return ops.Mul.apply(self, other)
        if np.ndim(other) <= 2:
            return ops.MatMul.apply(self, other)
        return tensordot(self, other, axes=([-1], [-2]))

    @implements(np.negative)
    def __neg__(self) -> Tensor:
        """y = −x"""
        return record(ops.Neg(), (self,))

    @implements(np.positive)
    def __pos__(self) -> Tensor:
        """y = x"""
        return record(ops.Identity(), (self,))

    @implements(np.absolute)
    def __abs__(self) -> Tensor:
        """y = |x|; the gradient at 0 is 0"""
        return record(ops.Abs(), (self,))

    # comparisons: plain boolean arrays, as nothing can be differentiated there

    def __eq__(self, other: object) -> Any:
        """Compare entries, a == b: a plain boolean array."""
        return self.data == values(other)

    def __ne__(self, other: object) -> Any:
        """Compare entries, a != b: a plain boolean array."""
        return self.data != values(other)

    def __lt__(self, other: Any) -> Any:
        """Compare entries, a < b: a plain boolean array."""
        return self.data < values(other)

    def __le__(self, other: Any) -> Any:
        """Compare entries, a <= b: a plain boolean array."""
        return self.data <= values(other)

    def __gt__(self, other: Any) -> Any:
        """Compare entries, a > b: a plain boolean array."""
        return self.data > values(other)

    def __ge__(self, other: Any) -> Any:
        """Compare entries, a >= b: a plain boolean array."""
        return self.data >= values(other)

    # entry by entry

    @implements(np.exp)
    def exp(self) -> Tensor:
        """y = exp(x); inf beyond x = 11.0 in float16, 88.7 in float32, 709.7 in float64"""
        return ops.Exp.apply(self)

    @implements(np.log)
    def log(self) -> Tensor:
        """y = log(x); −inf at 0, NaN below"""
        return ops.Log.apply(self)

    @implements(np.log1p)
    def log1p(self) -> Tensor:
        """y = log(1 + x); exact to the last digits near x = 0"""
        return ops.Log1p.apply(self)

    @implements(np.expm1)
    def expm1(self) -> Tensor:
        """y = exp(x) − 1; exact to the last digits near x = 0"""
        return ops.Expm1.apply(self)

    @implements(np.sqrt)
    def sqrt(self) -> Tensor:
        """y = √x; the gradient at 0 is inf"""
        return ops.Sqrt.apply(self)

    def abs(self) -> Tensor:
        """y = |x|; the gradient at 0 is 0"""
        return record(ops.Abs(), (self,))

    @implements(np.sin)
    def sin(self) -> Tensor:
        """y = sin(x)"""
        return ops.Sin.apply(self)

    @implements(np.cos)
    def cos(self) -> Tensor:
        """y = cos(x)"""
        return ops.Cos.apply(self)

    @implements(np.tanh)
    def tanh(self) -> Tensor:
        """y = tanh(x)"""
        return ops.Tanh.apply(self)

    def sigmoid(self) -> Tensor:
        """y = σ(x) = 1 / (1 + exp(−x)); the probability of the logit x"""
        return ops.Sigmoid.apply(self)

    def relu(self) -> Tensor:
        """y = max(x, 0); the gradient at 0 is 0"""
        return ops.Relu.apply(self)

    def clip(
        self, low: Any = None, high: Any = None, *, min: Any = None, max: Any = None
    ) -> Tensor:
        """y = min(max(x, low), high); the gradient is 1 from bound to bound, included, else 0"""
        return clip(self, low, high, min=min, max=max)

    def pow(self, exponent: Any) -> Tensor:
        """y = aᵇ"""
        return ops.Pow.apply(self, exponent)

    @implements(np.maximum)
    def maximum(self, other: Any) -> Tensor:
        """y = max(a, b); where a = b, each gets half of the gradient"""
        return ops.Maximum.apply(self, other)

    @implements(np.minimum)
    def minimum(self, other: Any) -> Tensor:
        """y = min(a, b); where a = b, each gets half of the gradient"""
        return ops.Minimum.apply(self, other)

    def astype(self, dtype: Any) -> Tensor:
        """y = x in another dtype; integers and booleans have no gradient"""
        return ops.Astype.apply(self, dtype=dtype)

    # reductions

    @implements(np.sum)
    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """y = Σ x; 0 for no entries"""
        return ops.Sum.apply(self, axis=axis, keepdims=keepdims)

    @implements(np.mean)
    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """y = Σ x / n; NaN for no entries"""
        return ops.Mean.apply(self, axis=axis, keepdims=keepdims)

    @implements(np.prod)
    def prod(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """y = Π x; 1 for no entries"""
        return ops.Prod.apply(self, axis=axis, keepdims=keepdims)

    @implements(np.var)
    def var(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
        """y = Σ (x − mean x)² / (n − ddof)"""
        return ops.Var.apply(self, axis=axis, keepdims=keepdims, ddof=ddof)

    @implements(np.std)
    def std(self, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Tensor:
        """y = √var(x); the gradient where all entries are equal is 0"""
        return ops.Std.apply(self, axis=axis, keepdims=keepdims, ddof=ddof)

    @implements(np.max, np.amax)
    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """y = max x; entries that tie for it share the gradient evenly"""
        return ops.Max.apply(self, axis=axis, keepdims=keepdims)

    @implements(np.min, np.amin)
    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """y = min x; entries that tie for it share the gradient evenly"""
        return ops.Min.apply(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """The index of the largest entry: a plain integer or integer array."""
        return np.argmax(self.data, axis=axis, keepdims=keepdims)

    # softmax

    def softmax(self, axis: Axis = -1) -> Tensor:
        """y_i = exp(z_i) / Σ_j exp(z_j); the probabilities of logits z"""
        return ops.Softmax.apply(self, axis=axis)

    def log_softmax(self, axis: Axis = -1) -> Tensor:
        """y_i = z_i − max z − log Σ_j exp(z_j − max z); the log-probabilities of logits z"""
        return ops.LogSoftmax.apply(self, axis=axis)

    def logsumexp(self, axis: Axis = -1, keepdims: bool = False) -> Tensor:
        """y = log Σ_j exp(z_j) along an axis; −inf where all z_j are"""
        return ops.LogSumExp.apply(self, axis=axis, keepdims=keepdims)

    # shape and indexing

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        shape: tuple[int, ...] = self.data.shape
        return shape

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """How many entries there are."""
        return Count(self.data.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the entries: float16, float32, float64, an integer or bool."""
        return self.data.dtype

    @property
    def T(self) -> Tensor:
        """y = x with its axes in another order; in reverse order by default"""
        return ops.Transpose.apply(self)

    def reshape(self, *shape: Any) -> Tensor:
        """y = the entries of x, in the same order, in another shape"""
        return ops.Reshape.apply(self, shape=one_or_many(shape))

    @implements(np.ravel)
    def flatten(self) -> Tensor:
        """y = the entries of x, in the same order, in another shape"""
        return ops.Reshape.apply(self, shape=(-1,))

    def transpose(self, *axes: Any) -> Tensor:
        """y = x with its axes in another order; in reverse order by default"""
        given = axes and axes[0] is not None
        return ops.Transpose.apply(self, axes=one_or_many(axes) if given else None)

    @implements(np.swapaxes)
    def swapaxes(self, a: int, b: int) -> Tensor:
        """y = x with two of its axes exchanged"""
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return ops.Transpose.apply(self, axes=tuple(order))

    @implements(np.squeeze)
    def squeeze(self, axis: Axis = None) -> Tensor:
        """y = x without axes of length 1"""
        return ops.Squeeze.apply(self, axis=axis)

    @implements(np.expand_dims)
    def expand_dims(self, axis: int | tuple[int, ...]) -> Tensor:
        """y = x with new axes of length 1"""
        return ops.ExpandDims.apply(self, axis=axis)

    def broadcast_to(self, *shape: Any) -> Tensor:
        """y = x repeated to a larger shape; the gradient is the sum over the repetitions"""
        return ops.BroadcastTo.apply(self, shape=one_or_many(shape))

    def __getitem__(self, index: Any) -> Tensor:
        """y = x[index]; an entry taken several times gets the sum of their gradients"""
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
        if unpacks_extreme():
            pair = PHRASES["PyTorch"]["values, indices = t.max(1)"]
            raise TypeError(f"max and min return the values alone: write {pair}")
        return iter([self[i] for i in range(len(self))])

    # the way back, and copies

    def backward(self: Any, gradient: Any = None) -> None:
        """Compute ∂self/∂t for every Tensor t on the path to self and add it to `t.grad`.

        All or nothing: if a rule raises, every `.grad` stays as it was.

        Parameters
        ----------
        gradient : array_like, optional
            The upstream gradient, of self's shape. May be left out for a Tensor of one element,
            where it is 1.

        Raises
        ------
        RuntimeError
            If self does not require a gradient, has more than one element and no `gradient` was
            given, or was made from a Tensor that has been changed in place since, by an optimiser's
            step, say.
        ValueError
            If `gradient` has another shape than self.
        """
        accumulate(run(self, seed(self, gradient)))

    def __copy__(self) -> Any:
        """A leaf with arrays of its own; of a result, y = x, so that its gradient goes on."""
        return deepcopy(self) if self.op is None else ops.Identity.apply(self)

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
        if would_end(self) and not is_read() and (use := cut_by(would_end)):
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
        if would_end(self) and not is_read():
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
        return printable(f"Tensor({', '.join(notes)})")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise missing(self, "Tensor", name)

    # NumPy's functions

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            written = [x for x in options.get("out", ()) if isinstance(x, Tensor)]
            if written or (any(map(would_end, inputs)) and not is_read()):
                extra = f".{method}" if method != "__call__" else f" with {', '.join(options)}="
                raise TypeError(
                    f"np.{ufunc.__name__}{extra} has no rule for Tensors: a result is recorded, so "
                    "it cannot be written into an array or computed in part; call "
                    f"np.{ufunc.__name__}(...) alone, or pass tensor.data"
                )
            return getattr(ufunc, method)(*plain(inputs), **plain(options))
        if ufunc in IMPLEMENTATIONS:
            return IMPLEMENTATIONS[ufunc](*inputs)
        return compute_plainly(ufunc, inputs, {})

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        if function not in IMPLEMENTATIONS:
            return compute_plainly(function, args, kwargs)
        try:
            return IMPLEMENTATIONS[function](*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"np.{function.__name__} of a Tensor: {error}") from error


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
        note_change(tensor)
    changed: Tensor = tensor
    return changed


for _name, _method in vars(Operators).items():
    if isinstance(_method, FunctionType):
        _method.__qualname__ = f"Tensor.{_name}"  # as errors are to call it
        setattr(Tensor, _name, _method if _name.startswith("_") else answering(_method))
    elif isinstance(_method, property):
        setattr(Tensor, _name, _method)
