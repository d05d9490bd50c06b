"""`detect_anomaly`: stop at the op in which the first non-finite number is born."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.explain import (
    Explanation,
    as_added,
    explain_gradient,
    explain_value,
    is_finite,
    kind_of,
)
from minigrad.context import Within, held
from minigrad.engine import Op, Watcher, watcher
from minigrad.origin import Origin, origin_here
from minigrad.tensor import Tensor, values
from minigrad.text import printable

USED = "_used"
"""Under which name an op that was watched keeps copies of the arrays that it used."""


class AnomalyError(ArithmeticError):
    """A non-finite number has just been born, or an array was changed behind the graph's back.

    Attributes
    ----------
    op : str
        The name of the op.
    in_pass : "forward" or "backward"
    site : Origin or None
        The user's line that called the op. Of an error that came from another process: what is
        remembered of it, `filename`, `line` and `source` among it.
    explanation : Explanation or None
        Entries, reason and remedy of a birth; None for a changed array.
    """

    def __init__(
        self,
        message: str,
        op: Op,
        in_pass: str,
        site: Origin | None,
        explanation: Explanation | None = None,
    ) -> None:
        self.op: str = op.name
        self.in_pass: str = in_pass
        self.site: Origin | None = site
        self.explanation: Explanation | None = explanation
        where = f"\n{site.with_source}" if site else ""
        why = f"\n{explanation}" if explanation else ""
        super().__init__(printable(message + where + why))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle it with its attributes, as a pool of processes does with what went wrong."""
        return _made_again, (type(self), self.args, vars(self))


def _made_again(
    kind: type[AnomalyError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> AnomalyError:
    error = kind.__new__(kind, *args)
    vars(error).update(attributes)
    return error


def detect_anomaly() -> Within:
    """Raise where the first non-finite number is born, in the forward or the backward pass.

    A birth is an op that makes a non-finite result of finite inputs, or whose backward rule makes
    a non-finite gradient of a finite upstream gradient. What came in non-finite is not blamed on
    the op that meets it. Also found: an array that was changed between its use in the forward
    pass and the backward pass, which gives wrong gradients silently. It may be an input or a result
    of an op, or what the op was given besides: an index, a condition, class weights.

    Holds for the current thread or async task. Every array is looked at and copied, so training is
    slower and needs more memory.

    Raises
    ------
    AnomalyError
        Names the op, the line, the entries and the reason, and says what to write instead.

    Examples
    --------
    >>> z = Tensor([0.0, 200.0], requires_grad=True)
    >>> with np.errstate(divide="ignore"), mg.autograd.detect_anomaly():
    ...     np.log(z.softmax())
    Traceback (most recent call last):
    minigrad.autograd.anomaly.AnomalyError: -inf was born in Log (forward)
    ...
    result[0] = -inf, from 0
    why: log(0): a probability that underflowed to 0
    instead: log_softmax(logits), not log of softmax; or cross_entropy(logits, target)
    """
    return Within(partial(held, watcher, _Detector(), _Warnings, QUIET))


class _Warnings:
    """NumPy's warnings of overflow and the like, as a variable to be held."""

    get = staticmethod(np.geterr)

    @staticmethod
    def set(kinds: Any) -> None:
        np.seterr(**kinds)


QUIET = dict.fromkeys(np.geterr(), "ignore")


class _Detector(Watcher):
    def __init__(self) -> None:
        self.rules_running = 0  # a rule on Tensors computes ops of its own, and may walk

    def computed(self, op: Op, parents: tuple[Tensor, ...], result: Tensor) -> None:
        if self.rules_running:
            return
        if not is_finite(result.data) and all(is_finite(parent.data) for parent in parents):
            raise AnomalyError(
                f"{kind_of(result.data)} was born in {op.name} (forward)",
                op,
                "forward",
                origin_here(),
                explain_value(op, parents, result.data),
            )
        if result.op is not None:
            vars(op)[USED] = [array.tobytes() for _, array in _used_by(op, result)]

    def around_rule(self, tensor: Tensor, upstream: Any, rule: Callable[[], Any]) -> Any:
        op = tensor.op
        assert op is not None
        if USED in vars(op):
            self.look_for_changes(op, tensor)
        running = self.rules_running
        try:
            self.rules_running = running + 1
            contributions = rule()
        finally:
            self.rules_running = running
        made = tuple(map(values, contributions))
        added = [as_added(c, p) for c, p in zip(made, tensor.parents) if c is not None]
        known = [values(upstream), *(parent.data for parent in tensor.parents)]
        if not self.rules_running and not all(map(is_finite, added)) and all(map(is_finite, known)):
            raise AnomalyError(
                f"{kind_of(*added)} was born in {op.name} (backward)",
                op,
                "backward",
                tensor.site,
                explain_gradient(tensor, values(upstream), made),
            )
        return contributions

    def look_for_changes(self, op: Op, tensor: Tensor) -> None:
        for i, (before, (used, now)) in enumerate(zip(vars(op)[USED], _used_by(op, tensor))):
            if before != now.tobytes():
                raise AnomalyError(
                    f"{_name(used, i)} was changed in place after {op.name} used it: its "
                    "gradient would be wrong; change a copy, or after backward()",
                    op,
                    "backward",
                    tensor.site,
                )


def _used_by(op: Op, result: Tensor) -> Iterator[tuple[Tensor | str, NDArray]]:
    """What the backward rule of an op relies on: result, inputs, and arrays among its options."""
    for tensor in (result, *result.parents):
        yield tensor, tensor.data
    kind: Any = type(op)
    for name in _options(kind):
        for array in _arrays_in(vars(op).get(name)):
            yield name, array


@cache
def _options(op: type[Any]) -> tuple[str, ...]:
    """What an op keeps of what it was given: `self.index` or `self._index` of an `index`."""
    inits = [vars(base)["__init__"] for base in op.__mro__[:-1] if "__init__" in vars(base)]
    names = dict.fromkeys(name for init in inits for name in inspect.signature(init).parameters)
    return tuple(kept for name in names for kept in (name, f"_{name}"))


def _arrays_in(option: Any) -> Iterator[NDArray]:
    """The arrays in an option of an op: itself, or in it, as an index is a tuple of them."""
    if isinstance(option, (tuple, list)):
        for part in option:
            yield from _arrays_in(part)
    elif isinstance(array := values(option), np.ndarray):
        yield array


def _name(used: Tensor | str, i: int) -> str:
    if isinstance(used, str):
        return f"the {used.lstrip('_')}"
    what = "the result" if i == 0 else f"input {i - 1}"
    return f"{used.label!r}" if used.label else f"{what}, of shape {used.shape},"
