"""The engine: an ndarray that remembers how it was made, and a walk back along that memory.

Everything else in minigrad is built on the four things of this file:

- `Tensor`, the node: an array, its gradient, the op that made it and the Tensors it was made from;
- `Op`, the base class of every operation: a forward rule and a backward rule, side by side;
- `record`, the one place where a computation is remembered;
- `walk`, the one loop that goes back over it, in reverse topological order.

What a Tensor can *do* (`+`, `@`, `.sum()`, `np.exp(t)`) is bound to ops in `operators.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import partial
from itertools import count
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from minigrad.arrays import NDArray, as_array, as_arrays, total, widened
from minigrad.callsite import CallSite, Note, Origin, note_origin
from minigrad.context import Scope, recording, watcher

if TYPE_CHECKING:
    from minigrad.operators import Operators
else:
    Operators = object  # operators.py puts its methods on Tensor once the ops exist

Array: TypeAlias = Any
"""What a rule computes with: ndarrays, or Tensors when a gradient is itself differentiated."""

# ---------------------------------------------------------------------------------------------
# The node
# ---------------------------------------------------------------------------------------------


_serials = count(1)
_latest_change = 0

serial_number = attrgetter("_serial")
"""Which Tensor this is, counted in the order of making: an op's inputs come before its result."""


class Tensor(Operators):
    """An ndarray that remembers how it was made.

    Parameters
    ----------
    data : array_like
        An ndarray keeps its dtype (float16, float32, float64, integers or bool); Python numbers
        and lists of floats become float32. The array itself is used, not a copy, unless
        `requires_grad` is true: then it is copied, as an optimiser will change it in place.
    requires_grad : bool
        Whether `backward()` shall compute a gradient for this Tensor.
    dtype : dtype, optional
        Converts `data` to this dtype.
    name : str, optional
        How pictures and messages call this Tensor.

    Attributes
    ----------
    data : ndarray
        The value. What is assigned becomes an array as in the constructor; of a Tensor that
        requires a gradient it must have the same shape, and is copied.
    grad : ndarray or None
        After `loss.backward()`: ∂loss/∂self, of this Tensor's shape and dtype. Every Tensor
        between the leaves and the loss keeps its gradient, not only the leaves. A leaf's gradient
        is an array of its own; treat that of an intermediate Tensor as read-only. What is assigned
        must have this Tensor's shape, and takes its dtype.
    op : Op or None
        The op that made this Tensor; None for a leaf.
    parents : tuple of Tensor
        The Tensors it was made from; () for a leaf.

    Raises
    ------
    TypeError
        If `data` holds no real numbers, or Tensors that require a gradient, which would end there;
        or an integer or boolean Tensor is asked to require a gradient.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> loss = (x * x).sum()
    >>> loss.backward()
    >>> x.grad
    array([2., 4., 6.], dtype=float32)
    """

    __slots__ = (
        "__weakref__",
        "_changed",
        "_data",
        "_grad",
        "_origin",
        "_requires_grad",
        "_serial",
        "name",
        "op",
        "parents",
    )

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        *,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if isinstance(data, Tensor) and not (requires_grad and data.is_leaf):
            data = constant(data, "what Tensor() is made of")
        self._data: NDArray = as_array(values(data), dtype)
        self._grad: NDArray | None = None
        self.op: Op | None = None
        self.parents: tuple[Tensor, ...] = ()
        self.name = name
        self._origin: Note | None = note_origin()
        self._serial = next(_serials)
        self._changed = 0
        self._requires_grad = False
        if requires_grad:
            self.requires_grad = True

    @property
    def data(self) -> NDArray:
        """The value."""
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        plain = values(value)
        array = as_array(plain)
        if self._requires_grad:
            if array.shape != self._data.shape:
                raise ValueError(
                    f"data of shape {array.shape} does not fit this Tensor, which requires a "
                    f"gradient of shape {self._data.shape}: make a new Tensor of it"
                )
            if array.dtype.kind != "f" or not isinstance(plain, (np.ndarray, np.generic)):
                array = np.array(plain, dtype=self._data.dtype)
            elif array is not self._data:
                array = array.copy()
        self._data = array
        note_change(self)

    @property
    def grad(self) -> NDArray | None:
        """∂loss/∂self after `loss.backward()`."""
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:
            self._grad = None
            return
        array = as_array(values(value))
        if array.shape != self._data.shape:
            raise ValueError(
                f"a gradient of shape {array.shape} does not fit its Tensor, which has shape "
                f"{self._data.shape}"
            )
        self._grad = array.astype(self._data.dtype, copy=False)

    @property
    def requires_grad(self) -> bool:
        """Whether `backward()` computes a gradient for this Tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self._data.dtype.kind != "f":
            raise TypeError(
                f"a Tensor of dtype {self._data.dtype} cannot require a gradient, only float16, "
                "float32 and float64 can: write Tensor(data, requires_grad=True, dtype=np.float32)"
            )
        if self.op is not None and not value:
            raise RuntimeError(
                f"this Tensor is the result of {self.op.name}, so it requires a gradient because "
                "its inputs do: use .detach() for a Tensor without history"
            )
        if value and not self._requires_grad:
            self._data = self._data.copy()
        self._requires_grad = bool(value)

    @property
    def is_leaf(self) -> bool:
        """True for a Tensor that no recorded op made: inputs, parameters, constants."""
        return self.op is None

    @property
    def label(self) -> str | None:
        """What messages call this Tensor: its name; a Parameter without one by its path."""
        return self.name

    @property
    def site(self) -> CallSite | None:
        """Where in the user's code this Tensor was made, or None where that is unknown."""
        return self.origin.site if self.origin else None

    @property
    def origin(self) -> Origin | None:
        """Where this Tensor was made; None for a result that was not recorded."""
        return Origin(*self._origin) if self._origin else None

    def backward(self, gradient: Any = None) -> None:
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

    def zero_grad(self) -> None:
        """Forget the gradient: set `.grad` to None."""
        self.grad = None

    def detach(self) -> Tensor:
        """Return a leaf Tensor that shares this one's array and none of its history."""
        return _wrap(self._data)

    def __copy__(self) -> Tensor:
        if self.op is not None:
            return Identity.apply(self)
        own = {"_data": self._data.copy(), "_grad": copy(self._grad)}
        return _restore(type(self), self._state() | own)

    __hash__ = object.__hash__  # by identity, although == compares entries

    def __reduce__(self) -> tuple[Any, ...]:
        if self.op is not None:
            raise RuntimeError(
                f"a Tensor made by {self.op.name} holds its history and can be neither pickled "
                "nor deep-copied: use .detach() first"
            )
        return _restore, (type(self), self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "_data": self._data,
            "_grad": self._grad,
            "name": self.name,
            "_requires_grad": self._requires_grad,
        }


def _restore(cls: type[Tensor], state: dict[str, Any]) -> Tensor:
    tensor = cls.__new__(cls)
    tensor.op, tensor.parents, tensor._origin = None, (), None
    tensor._serial, tensor._changed = next(_serials), 0
    for slot, value in state.items():
        setattr(tensor, slot, value)
    return tensor


def _wrap(
    array: NDArray,
    op: Op | None = None,
    parents: tuple[Tensor, ...] = (),
    note: Note | None = None,
) -> Tensor:
    """Wrap an array that is known to be good: `Tensor(array)` without its checks."""
    tensor = Tensor.__new__(Tensor)
    tensor._data = array
    tensor._grad = None
    tensor.op = op
    tensor.parents = parents
    tensor.name = None
    tensor._origin = note
    tensor._serial = next(_serials)
    tensor._changed = 0
    tensor._requires_grad = op is not None
    return tensor


def values(x: Any) -> Any:
    """The plain array of a Tensor; anything else as it is."""
    return x._data if isinstance(x, Tensor) else x


def constant(x: Any, role: str) -> Any:
    """`values` of what no gradient reaches in its role: a TypeError if x requires one."""
    if isinstance(x, Tensor) and x._requires_grad and recording.get():
        raise TypeError(
            f"{role} got a Tensor that requires a gradient, and no gradient would reach it: write "
            ".detach() if that is meant"
        )
    return values(x)


def note_change(tensor: Tensor) -> None:
    """Note that a Tensor's array was changed in place: graphs recorded before are stale."""
    global _latest_change
    tensor._changed = _latest_change = next(_serials)


# ---------------------------------------------------------------------------------------------
# The op
# ---------------------------------------------------------------------------------------------


class Op:
    """One operation: subclass it, write `forward` and `backward`, call `MyOp.apply(x, ...)`.

    `forward(*arrays)` gets one ndarray for each input and returns the result. `backward(g, out,
    *inputs)` gets the upstream gradient g = ∂loss/∂out, the result and the inputs, and returns the
    vector-Jacobian product for each input: g · ∂out/∂input, of the input's shape (one array, or a
    tuple with one entry an input; None where there is no gradient). What is not an input, such as
    an axis, comes in through `__init__` and is given to `apply` by keyword.

    In the normal case `backward` gets ndarrays. When the gradient is itself to be differentiated
    the same text is run on Tensors: write it with operators and NumPy functions. An op that cannot
    (because it keeps arrays of its forward pass on `self`) states in `definition` what it means
    in terms of other ops, and derivatives of its derivative go through that.

    Float16 is a storage format: both rules get float32 in its place, and what they return is
    rounded once.

    Examples
    --------
    >>> class Cube(Op):
    ...     '''y = x³'''
    ...     def forward(self, x):
    ...         return x ** 3
    ...     def backward(self, g, y, x):
    ...         return g * 3 * x ** 2
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> Cube.apply(x).backward([1.0, 1.0])
    >>> x.grad
    array([ 3., 12.], dtype=float32)
    """

    broadcasts: ClassVar[bool] = False
    """True where inputs are broadcast against each other; the engine sums their gradients back."""

    needs_input_grad: tuple[bool, ...] = ()
    """For each input, whether its gradient is wanted; a rule may return None where it is not."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    definition: Callable[..., Tensor] | None = None

    any_order: ClassVar[bool] = False
    """True where the backward rule runs on Tensors, too, although there is a definition."""

    widens: ClassVar[bool] = True
    """False where `forward` only moves entries or casts them: it gets float16 as it is."""

    first_decides: ClassVar[bool] = False
    """True where the result has the first input's dtype, as a loss has that of its scores."""

    reads_result: ClassVar[bool] = True
    """False where `backward` does not look at `out`: of float16, it is not computed anew."""

    reason: ClassVar[str] = ""
    """Why a result can be non-finite though the inputs are not: what `diagnose` says of it."""

    @property
    def name(self) -> str:
        """The name of the op's class."""
        return type(self).__name__

    @classmethod
    def apply(cls, *inputs: Any, **parameters: Any) -> Tensor:
        """Compute this op of the inputs and, if one of them requires a gradient, record it."""
        return record(cls(**parameters), inputs)

    @classmethod
    def of(cls, *inputs: Any, **parameters: Any) -> Any:
        """Compute this op as a part of another op's rule: on Tensors `apply`, on arrays `forward`.

        So a rule can use what NumPy has no function for and still serve derivatives of any order.
        """
        if any([isinstance(x, Tensor) for x in inputs]):
            return cls.apply(*inputs, **parameters)
        return cls(**parameters).forward(*inputs)


class Identity(Op):
    """y = x"""

    widens = reads_result = False

    def forward(self, x: Array) -> Array:
        return x

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g


# ---------------------------------------------------------------------------------------------
# Recording
# ---------------------------------------------------------------------------------------------


def expect_tensor(x: Any) -> None:
    """Raise a TypeError if x is not a Tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"expected a Tensor, got {type(x).__name__}: {x!r:.60}")


def record(op: Op, inputs: tuple[Any, ...], company: list[NDArray] | None = None) -> Tensor:
    """Compute `op` of the inputs; if a gradient can be asked for, remember op and inputs.

    `company` is the arrays among the inputs, where some are numbers and take their dtype.
    """
    parents, arrays, needs, float16 = inputs, [], [], False
    for x in inputs:
        if not isinstance(x, Tensor):
            return record(op, *_as_tensors(inputs))
        array = x._data
        arrays.append(array)
        needs.append(x._requires_grad)
        float16 |= array.dtype.char == "e"
    try:
        if float16 and op.widens:
            value = _in_float32(op, arrays, company or arrays)
        else:
            value = op.forward(*arrays)
    except (ValueError, IndexError) as error:
        raise type(error)(_with_shapes(op, parents, str(error))) from error
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    if True in needs and recording.get() and array.dtype.kind == "f":
        op.needs_input_grad = tuple(needs)
        result = _wrap(array, op, parents, note_origin(3))
    else:
        result = _wrap(array)
    if (watching := watcher.get()) is not None:
        watching.computed(op, parents, result)
    return result


def _in_float32(op: Op, arrays: list[NDArray], company: list[NDArray]) -> Any:
    """Compute an op of float16 in float32; round the result unless one of the company is wider."""
    value = op.forward(*map(widened, arrays))
    deciding = arrays[:1] if op.first_decides else company
    dtypes = [array.dtype for array in deciding if op.broadcasts or array.dtype.kind == "f"]
    rounds = value.dtype.kind == "f" and np.result_type(*dtypes) == np.float16
    return value.astype(np.float16) if rounds else value


def _with_shapes(op: Op, parents: tuple[Tensor, ...], message: str) -> str:
    """Say of which op and shapes an error is, unless it says so itself."""
    if message.startswith(op.name):
        return message
    shapes = " and ".join(str(parent.data.shape) for parent in parents)
    if op.broadcasts and "broadcast" in message:
        message = "they do not broadcast; from the last axis on, lengths must be equal or 1"
    return f"{op.name} of {'shapes' if len(parents) > 1 else 'shape'} {shapes}: {message}"


def _as_tensors(inputs: tuple[Any, ...]) -> tuple[tuple[Tensor, ...], list[NDArray]]:
    """Make every input a Tensor; return them and the company that numbers among them are in."""
    arrays, company = as_arrays([values(x) for x in inputs])
    tensors = [x if isinstance(x, Tensor) else _wrap(a) for x, a in zip(inputs, arrays)]
    return tuple(tensors), company


# ---------------------------------------------------------------------------------------------
# The walk back
# ---------------------------------------------------------------------------------------------


def seed(root: Tensor, gradient: Any = None) -> NDArray:
    """Return the upstream gradient that a walk from `root` starts with, checked."""
    expect_tensor(root)
    if not root._requires_grad:
        raise RuntimeError(
            "this Tensor does not require a gradient: nothing it was made from was created with "
            "requires_grad=True, or it was computed under no_grad()"
        )
    if gradient is None:
        if root.data.size != 1:
            raise RuntimeError(
                f"backward() of a Tensor of shape {root.data.shape} needs to know which scalar to "
                "differentiate: reduce it first (loss.sum().backward() or loss.mean()), or give "
                "the upstream gradient, an array of that shape"
            )
        return np.ones_like(root.data)[()]  # of a number NumPy's scalar, faster to compute with
    array = as_array(gradient.data if isinstance(gradient, Tensor) else gradient)
    if array.shape != root.data.shape:
        raise ValueError(
            f"the upstream gradient has shape {array.shape}, "
            f"but the Tensor it belongs to has shape {root.data.shape}"
        )
    return array.astype(root.data.dtype)


def walk(
    root: Tensor, gradients: dict[Tensor, Any], stop: frozenset[Tensor] = frozenset()
) -> Iterator[tuple[Tensor, Any, tuple[Any, ...]]]:
    """Walk back from `root` in reverse topological order, one op's backward rule a step.

    A Tensor is visited after everything that was made from it, so its gradient is complete by
    then: the sum of what each use of it contributed.

    Parameters
    ----------
    root : Tensor
        Where to start.
    gradients : dict
        Holds the upstream gradient of `root`, and is filled with that of every Tensor on the path.
        Where it holds a Tensor, the walk is done on Tensors and is itself recorded, so that its
        results can be differentiated again.
    stop : frozenset of Tensor, optional
        Tensors to treat as leaves.

    Yields
    ------
    tuple
        The Tensor whose op's rule ran, its upstream gradient, and the contribution to each parent.
    """
    watching = watcher.get()
    order = topological_order(root, stop)
    _refuse_stale(order, stop)
    for tensor in reversed(order):
        if tensor not in gradients:
            continue
        upstream = gradients[tensor]
        if (dtype := tensor._data.dtype).char == "e":  # all contributions are added up
            gradients[tensor] = upstream = upstream.astype(dtype)
        if tensor.op is None or tensor in stop:
            continue
        if watching is None:
            contributions = pull_back(tensor, upstream)
        else:
            contributions = watching.around_rule(
                tensor, upstream, partial(pull_back, tensor, upstream)
            )
        for parent, contribution in zip(tensor.parents, contributions):
            if contribution is not None:
                so_far = gradients.get(parent)
                gradients[parent] = contribution if so_far is None else so_far + contribution
        yield tensor, upstream, contributions


def run(root: Tensor, gradient: Any, stop: frozenset[Tensor] = frozenset()) -> dict[Tensor, Any]:
    """Walk from `root` to the end; return the gradient of every Tensor on the path."""
    gradients = {root: gradient}
    for _ in walk(root, gradients, stop):
        pass
    return gradients


def topological_order(root: Tensor, stop: frozenset[Tensor] = frozenset()) -> list[Tensor]:
    """List the Tensors that `root` depends on and that need a gradient, parents before children.

    A Tensor is made after its parents, so the order of making is such an order.
    """
    found = [root]
    seen = {root}
    for tensor in found:  # which grows meanwhile
        for parent in () if tensor in stop else tensor.parents:
            if parent._requires_grad and parent not in seen:
                seen.add(parent)
                found.append(parent)
    return sorted(found, key=serial_number)


def _refuse_stale(order: list[Tensor], stop: frozenset[Tensor]) -> None:
    """Raise if an array that these Tensors were made from has been changed in place since."""
    oldest = next((tensor for tensor in order if tensor.op is not None), None)
    if oldest is None or _latest_change < oldest._serial:
        return
    for tensor in order:
        for used in () if tensor in stop else (tensor, *tensor.parents):
            if tensor.op is not None and used._changed > tensor._serial:
                name = repr(used.label) if used.label else f"a Tensor of shape {used._data.shape}"
                raise RuntimeError(
                    f"{name} was changed in place, by an optimiser's step or an assignment, after "
                    f"{tensor.op.name} had used it: the gradient would be neither of the old value "
                    "nor of the new; compute the loss again before backward()"
                )


def pull_back(tensor: Tensor, upstream: Any) -> tuple[Any, ...]:
    """Run the backward rule of a Tensor's op: on arrays, or on Tensors if `upstream` is one.

    Contributions to a float16 parent are float32: they are rounded when all are added up.
    """
    op, parents, y = tensor.op, tensor.parents, tensor._data
    assert op is not None
    arrays: Any = []
    float16 = y.dtype.char == "e"
    for parent in parents:
        arrays.append(array := parent._data)
        float16 |= array.dtype.char == "e"
    if not isinstance(upstream, Tensor):
        if float16:
            upstream, y, arrays = _widened_for_rule(op, upstream, y, arrays)
        return _fit_all(op.backward(upstream, y, *arrays), parents, op)
    with Scope("backward", op):
        result, inputs = tensor, parents
        if float16:
            upstream, result, inputs = _widened_for_rule(op, upstream, result, parents)
        if op.definition is None or op.any_order:
            return _fit_all(op.backward(upstream, result, *inputs), parents, op)
        return _fit_all(_pull_back_definition(op, upstream, inputs), parents, op)


def _widened_for_rule(op: Op, upstream: Any, y: Any, inputs: Sequence[Any]) -> tuple[Any, Any, Any]:
    """What a rule gets for float16: all in float32, and the result as it was before rounding."""
    wide = tuple(map(widened, inputs))
    if not op.reads_result or y.dtype.char != "e":
        y = widened(y)
    elif isinstance(y, Tensor):
        y = record(copy(op), wide)
    else:
        with np.errstate(all="ignore"):  # the forward pass has warned
            y = np.asarray(op.forward(*wide))
    return widened(upstream), y, wide


def _pull_back_definition(op: Op, upstream: Tensor, parents: Sequence[Tensor]) -> tuple[Any, ...]:
    """Differentiate what a fused op means: the walk over its definition in smaller ops."""
    assert op.definition is not None
    inputs = [Identity.apply(parent) for parent in parents]
    with Scope("definition", op):
        meaning = op.definition(*inputs)
    gradients = run(meaning, upstream, stop=frozenset(inputs)) if meaning._requires_grad else {}
    return tuple(gradients.get(x, np.zeros_like(x)) for x in inputs)


def _fit_all(returned: Any, parents: tuple[Tensor, ...], op: Op) -> tuple[Any, ...]:
    """Give what a backward rule returned the form that its inputs ask for."""
    contributions = returned if isinstance(returned, tuple) else (returned,)
    if len(contributions) != len(parents):
        raise ValueError(
            f"{op.name}.backward returned {len(contributions)} gradients for {len(parents)} "
            "inputs: return a tuple with one entry an input, None where there is no gradient"
        )
    for c, parent in zip(contributions, parents):
        if c is None:
            continue
        x = parent._data
        if not parent._requires_grad or c.shape != x.shape or c.dtype != x.dtype:
            return tuple([_fit(c, parent, op) for c, parent in zip(contributions, parents)])
    return contributions  # most fit as they are


def _fit(contribution: Any, parent: Tensor, op: Op) -> Any:
    """Give a contribution its parent's shape and dtype, or say what is wrong with it."""
    if contribution is None or not parent._requires_grad:
        return None
    if op.broadcasts:
        contribution = unbroadcast(contribution, parent.data.shape)
    if contribution.shape != parent.data.shape:
        raise ValueError(
            f"{op.name}.backward returned a gradient of shape {contribution.shape} for an "
            f"input of shape {parent.data.shape}: the two must be equal"
        )
    dtype = parent._data.dtype
    return contribution if dtype.char == "e" else contribution.astype(dtype)


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum over the axes along which an input of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    added = tuple(range(gradient.ndim - len(shape)))
    if added:
        gradient = total(gradient, axis=added)
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1)
    if stretched:
        gradient = total(gradient, axis=stretched, keepdims=True)
    return gradient


def accumulate(gradients: dict[Tensor, Any]) -> None:
    """Add each gradient to its Tensor's `.grad`: first compute all of them, then set all.

    A rule may hand on the array it got, or a view of it. What a leaf keeps is its own, so that
    clipping one parameter's gradient in place never changes another's.
    """
    handed_on = {id(g) for tensor, g in gradients.items() if tensor.op is not None}
    updated = {}
    for tensor, g in gradients.items():
        if tensor._grad is not None:
            g = tensor._grad + g
        elif tensor.op is None:
            if id(g) in handed_on or not g.flags.owndata:
                g = np.array(g)
            handed_on.add(id(g))
        updated[tensor] = np.asarray(g)
    for tensor, array in updated.items():
        tensor._grad = array
