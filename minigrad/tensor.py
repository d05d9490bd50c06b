"""`Tensor`, the node of every graph: an ndarray that remembers how it was made.

What a Tensor can *do* (`+`, `@`, `.sum()`, `np.exp(t)`, `.backward()`) is bound in `operators.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count, repeat, starmap
from operator import attrgetter, setitem
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minigrad.arrays import NDArray, as_array
from minigrad.context import recording
from minigrad.origin import Origin, note_origin

if TYPE_CHECKING:
    from minigrad.engine import Op
    from minigrad.operators import Operators
else:
    Operators = object  # operators.py puts its methods on Tensor once the ops exist

_serials = count(1)
_latest_change = 0

at_once: Callable[[Iterable[Any]], object] = partial(deque, maxlen=0)
"""Run through a `map` of C functions: no step of Python is in it, so no Ctrl-C."""

serial_number: Callable[[Tensor], int] = attrgetter("_serial")
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

    # fmt: off
    __slots__ = (
        "__weakref__", "_changed", "_data", "_grad", "_origin", "_requires_grad", "_serial",
        "name", "op", "parents",
    )
    # fmt: on
    _kept: ClassVar[tuple[str, ...]] = (
        "_data",
        "_grad",
        "name",
        "_requires_grad",
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
        self.name: str | None = name
        self._origin = note_origin()
        self._serial = next(_serials)
        self._changed = 0
        self._requires_grad = False
        self.requires_grad = requires_grad

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
        """Whether no recorded op made this Tensor, as is so of inputs, parameters and constants."""
        return self.op is None

    @property
    def label(self) -> str | None:
        """What messages call this Tensor: its name; a Parameter without one by its path."""
        return self.name

    @property
    def origin(self) -> Origin | None:
        """Which line of the user's code made this Tensor; None for a result not recorded."""
        return Origin(*self._origin) if self._origin else None

    site = origin
    """The same, as pictures and messages call it."""

    def zero_grad(self) -> None:
        """Forget the gradient: set `.grad` to None."""
        self.grad = None

    def detach(self) -> Tensor:
        """Return a leaf Tensor that shares this one's array and none of its history."""
        return wrap(self._data)

    __hash__ = object.__hash__  # by identity, although == compares entries

    def __getstate__(self) -> dict[str, Any]:
        if self.op is not None:
            raise RuntimeError(
                f"a Tensor made by {self.op.name} holds its history and can be neither pickled "
                "nor deep-copied: use .detach() first"
            )
        return {slot: getattr(self, slot) for slot in self._kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Tensor.__init__(self, state["_data"])
        self._origin = None
        for slot, value in state.items():
            setattr(self, slot, value)


def wrap(
    array: NDArray, op: Op | None = None, parents: Any = (), noted: tuple[Any, ...] | None = None
) -> Tensor:
    """Wrap an array that is known to be good: `Tensor(array)` without its checks."""
    tensor = Tensor.__new__(Tensor)
    tensor._data = array
    tensor._grad = None
    tensor.op = op
    tensor.parents = parents
    tensor.name = None
    tensor._origin = noted
    tensor._serial = next(_serials)
    tensor._changed = 0
    tensor._requires_grad = op is not None
    return tensor


def expect_tensor(x: Any) -> None:
    """Raise a TypeError if x is not a Tensor."""
    if not isinstance(x, Tensor):
        seen = type(x).__module__.startswith("torch")
        remedy = ": record it, `with minigrad.torch.watch(model) as seen`, and give seen[tensor]"
        shown = f" of PyTorch{remedy}" if seen else f": {x!r:.60}"
        raise TypeError(f"expected a Tensor, got {type(x).__name__}{shown}")


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


def change_all(tensors: Iterable[Tensor], changes: Iterable[tuple[Any, ...]]) -> None:
    """Make changes such as `(x, ..., new)`, for `x[...] = new`, and note that Tensors changed.

    It is done `at_once`: Ctrl-C finds all of it done, or none.
    """
    global _latest_change
    _latest_change = serial = next(_serials)  # no Tensor has changed yet: it only says "look"
    noted = map(_set_changed, tensors, repeat(serial))
    at_once(chain(starmap(setitem, changes), noted))


def set_gradients(tensors: Iterable[Tensor], arrays: Iterable[NDArray | None]) -> None:
    """Give Tensors their gradients, `at_once`."""
    at_once(map(_set_grad, tensors, arrays))


_slots: dict[str, Any] = dict(vars(Tensor))
_set_grad, _set_changed = _slots["_grad"].__set__, _slots["_changed"].__set__


def changed_after_use(order: list[Tensor], stop: frozenset[Tensor] = frozenset()) -> Iterator[Any]:
    """Yield what was changed in place after it was used, and the result that was made from it."""
    oldest = next((tensor for tensor in order if tensor.op is not None), None)
    if oldest is None or _latest_change < oldest._serial:
        return
    for tensor in order:
        for used in () if tensor in stop else (tensor, *tensor.parents):
            if tensor.op is not None and used._changed > tensor._serial:
                yield used, tensor


def refuse_stale(order: list[Tensor], stop: frozenset[Tensor]) -> None:
    """Raise if an array that these Tensors were made from has been changed in place since."""
    for used, tensor in changed_after_use(order, stop):
        name = repr(used.label) if used.label else f"a Tensor of shape {used._data.shape}"
        raise RuntimeError(
            f"{name} was changed in place, by an optimiser's step or an assignment, after "
            f"{tensor.op.name} had used it: the gradient would be neither of the old value nor of "
            "the new; compute the loss again before backward()"
        )
