"""The engine: what an op is, how a computation is recorded, and the walk back along the record.

Everything else in minigrad is built on `Tensor`, the node (in `tensor.py`), and on three things
of this file:

- `Op`, the base class of every operation: a forward rule and a backward rule, side by side;
- `record`, the one place where a computation is remembered;
- `walk`, the one loop that goes back over it, in reverse topological order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from copy import copy
from functools import partial
from typing import Any, ClassVar, TypeAlias

import numpy as np

from minigrad.arrays import NDArray, as_array, as_arrays, unbroadcast, widened
from minigrad.context import recording
from minigrad.origin import Scope, is_ours, note_origin
from minigrad.tensor import (
    Tensor,
    expect_tensor,
    refuse_stale,
    serial_number,
    set_gradients,
    values,
    wrap,
)

Array: TypeAlias = Any
"""What a rule computes with: ndarrays, or Tensors when a gradient is itself differentiated."""


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

    The first line of its docstring is its formula, `y = ...`, with a remark after a semicolon:
    pictures and pages show them.

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


class Watcher:
    """Sees every op as it is computed and every backward rule as it runs: `detect_anomaly`."""

    def computed(self, op: Op, parents: tuple[Tensor, ...], result: Tensor) -> None:
        """Look at an op's result."""

    def around_rule(self, tensor: Tensor, upstream: Any, rule: Callable[[], Any]) -> Any:
        """Run the backward rule of a Tensor's op, and return what it returns."""
        return rule()


watcher: ContextVar[Watcher | None] = ContextVar("minigrad_watcher", default=None)


# ---------------------------------------------------------------------------------------------
# Recording
# ---------------------------------------------------------------------------------------------


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
        cause = None if is_ours[op.forward.__code__.co_filename] else error  # a user's own: where
        raise type(error)(_with_shapes(op, parents, str(error))) from cause
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    if True in needs and recording.get() and array.dtype.kind == "f":
        op.needs_input_grad = tuple(needs)
        result = wrap(array, op, parents, note_origin(3))
    else:
        result = wrap(array)
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
    tensors = [x if isinstance(x, Tensor) else wrap(a) for x, a in zip(inputs, arrays)]
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
    array = as_array(values(gradient))
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
    refuse_stale(order, stop)
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
        return _fit(op.backward(upstream, y, *arrays), parents, op)
    return Scope("backward", op).run(_pull_back_on_tensors, op, upstream, tensor, parents, float16)


def _pull_back_on_tensors(
    op: Op, upstream: Tensor, result: Any, parents: tuple[Tensor, ...], float16: bool
) -> tuple[Any, ...]:
    inputs: Any = parents
    if float16:
        upstream, result, inputs = _widened_for_rule(op, upstream, result, parents)
    if op.definition is None or op.any_order:
        return _fit(op.backward(upstream, result, *inputs), parents, op)
    return _fit(_pull_back_definition(op, upstream, inputs), parents, op)


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
    meaning = Scope("definition", op).run(op.definition, *inputs)
    gradients = run(meaning, upstream, stop=frozenset(inputs)) if meaning._requires_grad else {}
    return tuple(gradients.get(x, np.zeros_like(x)) for x in inputs)


def _fit(returned: Any, parents: tuple[Tensor, ...], op: Op) -> tuple[Any, ...]:
    """Give what a backward rule returned its inputs' shapes and dtypes, or say what is wrong."""
    contributions = returned if isinstance(returned, tuple) else (returned,)
    if len(contributions) != len(parents):
        raise ValueError(
            f"{op.name}.backward returned {len(contributions)} gradients for {len(parents)} "
            "inputs: return a tuple with one entry an input, None where there is no gradient"
        )
    fitted: list[Any] = []
    for c, parent in zip(contributions, parents):
        x = parent._data
        if c is None or not parent._requires_grad:
            fitted.append(None)
            continue
        if c.shape != x.shape:
            c = unbroadcast(c, x.shape) if op.broadcasts else c
            if c.shape != x.shape:
                raise ValueError(
                    f"{op.name}.backward returned a gradient of shape {c.shape} for an input of "
                    f"shape {x.shape}: the two must be equal"
                )
        if c.dtype != x.dtype and x.dtype.char != "e":
            c = c.astype(x.dtype)
        fitted.append(c)
    return tuple(fitted)


def accumulate(gradients: dict[Tensor, Any]) -> None:
    """Add each gradient to its Tensor's `.grad`: first compute all of them, then set all.

    A rule may hand on the array it got, or a view of it. What a leaf keeps is its own, so that
    clipping one parameter's gradient in place never changes another's.
    """
    # y = x + x, back from 1: Add hands its 1 on twice, they are added to 2 = ∂y/∂x. If x.grad was 5
    # from a pass before, it becomes 7. In y = a + b the same 1 would be both a.grad and b.grad.
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
    set_gradients(updated.keys(), updated.values())
