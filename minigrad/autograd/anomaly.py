"""`detect_anomaly`: stop at the op in which the first non-finite number is born."""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.autograd.explain import (
    Explanation,
    explain_gradient,
    explain_value,
    is_finite,
    kind_of,
)
from minigrad.callsite import CallSite, find_call_site
from minigrad.context import Watcher, watched_by
from minigrad.engine import Op, Tensor


class AnomalyError(ArithmeticError):
    """A non-finite number has just been born, or an array was changed behind the graph's back.

    Attributes
    ----------
    op : str
        The name of the op.
    in_pass : "forward" or "backward"
    site : CallSite or None
        The user's line that called the op.
    explanation : Explanation or None
        Entries, reason and remedy of a birth; None for a changed array.
    """

    def __init__(
        self,
        message: str,
        op: Op,
        in_pass: str,
        site: CallSite | None,
        explanation: Explanation | None = None,
    ) -> None:
        self.op, self.in_pass, self.site, self.explanation = op.name, in_pass, site, explanation
        where = f"\n{site}: {site.source}" if site else ""
        super().__init__(message + where + (f"\n{explanation}" if explanation else ""))


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise where the first non-finite number is born, in the forward or the backward pass.

    A birth is an op that makes a non-finite result of finite inputs, or whose backward rule makes
    a non-finite gradient of a finite upstream gradient. What came in non-finite is not blamed on
    the op that meets it. Also found: an array that was changed between its use in the forward
    pass and the backward pass, which gives wrong gradients silently.

    Holds for the current thread or async task. Every array is looked at, so training is slower.

    Raises
    ------
    AnomalyError
        Names the op, the line, the entries and the reason, and says what to write instead.

    Examples
    --------
    >>> p = Tensor([1.0, 0.0], requires_grad=True)
    >>> with np.errstate(divide="ignore"), mg.autograd.detect_anomaly():
    ...     np.log(p)
    Traceback (most recent call last):
    minigrad.autograd.anomaly.AnomalyError: -inf was born in Log (forward)
    ...
    result[1] = -inf, from 0
    why: log(0): a probability that underflowed to 0
    instead: log_softmax(logits), not log of softmax; or cross_entropy(logits, target)
    """
    with watched_by(_Detector()), np.errstate(all="ignore"):
        yield


class _Detector(Watcher):
    def __init__(self) -> None:
        self.fingerprints: weakref.WeakKeyDictionary[Op, list[int]] = weakref.WeakKeyDictionary()
        self.rules_running = 0  # a rule on Tensors computes ops of its own, and may walk

    def computed(self, op: Op, parents: tuple[Tensor, ...], result: Tensor) -> None:
        if self.rules_running:
            return
        if not is_finite(result.data) and all(is_finite(parent.data) for parent in parents):
            raise AnomalyError(
                f"{kind_of(result.data)} was born in {op.name} (forward)",
                op,
                "forward",
                find_call_site(),
                explain_value(op, parents, result.data),
            )
        if result.op is not None:
            self.fingerprints[op] = _fingerprints(result)

    def around_rule(self, tensor: Tensor, upstream: Any, rule: Callable[[], Any]) -> Any:
        op = tensor.op
        assert op is not None
        if op in self.fingerprints:
            self.look_for_changes(op, tensor)
        self.rules_running += 1
        try:
            contributions = rule()
        finally:
            self.rules_running -= 1
        made = [_array(c) for c in contributions if c is not None]
        known = [_array(upstream), *(parent.data for parent in tensor.parents)]
        if not self.rules_running and not all(map(is_finite, made)) and all(map(is_finite, known)):
            raise AnomalyError(
                f"{kind_of(*made)} was born in {op.name} (backward)",
                op,
                "backward",
                tensor.site,
                explain_gradient(op, tensor.parents, tensor.data, _array(upstream)),
            )
        return contributions

    def look_for_changes(self, op: Op, tensor: Tensor) -> None:
        for i, (before, now) in enumerate(zip(self.fingerprints[op], _fingerprints(tensor))):
            if before != now:
                changed = (tensor, *tensor.parents)[i]
                raise AnomalyError(
                    f"{_name(changed, i)} was changed in place after {op.name} used it: its "
                    "gradient would be wrong; change a copy, or after backward()",
                    op,
                    "backward",
                    tensor.site,
                )


def _array(x: NDArray | Tensor) -> NDArray:
    return x.data if isinstance(x, Tensor) else x


def _fingerprints(tensor: Tensor) -> list[int]:
    """A checksum of a Tensor's array and of those of its parents."""
    return [zlib.crc32(t.data.tobytes()) for t in (tensor, *tensor.parents)]


def _name(tensor: Tensor, i: int) -> str:
    name = tensor.label
    what = "the result" if i == 0 else f"input {i - 1}"
    return f"{name!r}" if name else f"{what}, of shape {tensor.shape},"
