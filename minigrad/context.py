"""What holds for the current thread or async task alone: recording on or off, and who watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from minigrad.engine import Op, Tensor

recording: ContextVar[bool] = ContextVar("minigrad_recording", default=True)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording, in a `with` block or as a decorator `@no_grad()`.

    Holds for the current thread or async task only.

    Examples
    --------
    >>> x = Tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    token = recording.set(False)
    try:
        yield
    finally:
        recording.reset(token)


class Scope:
    """What groups the ops recorded in it: `with Scope("module", module): ...`.

    Its kind: "module" (one call of a Module), "definition" (of a fused op), or "backward" (the
    rule of an op, run on Tensors).
    """

    __slots__ = ("_token", "kind", "of", "outer")

    def __init__(self, kind: Literal["module", "definition", "backward"], of: Any) -> None:
        self.kind = kind
        self.of = of
        self.outer = scope.get()

    def __enter__(self) -> None:
        self._token = scope.set(self)

    def __exit__(self, *error: object) -> None:
        scope.reset(self._token)
        del self._token  # it would keep the outer context alive


scope: ContextVar[Scope | None] = ContextVar("minigrad_scope", default=None)


class Watcher:
    """Sees every op as it is computed and every backward rule as it runs: `detect_anomaly`."""

    def computed(self, op: Op, parents: tuple[Tensor, ...], result: Tensor) -> None:
        """Look at an op's result."""

    def around_rule(self, tensor: Tensor, upstream: Any, rule: Callable[[], Any]) -> Any:
        """Run the backward rule of a Tensor's op, and return what it returns."""
        return rule()


watcher: ContextVar[Watcher | None] = ContextVar("minigrad_watcher", default=None)


@contextmanager
def watched_by(observer: Watcher) -> Iterator[None]:
    """Let a watcher see what the current thread or async task computes."""
    token = watcher.set(observer)
    try:
        yield
    finally:
        watcher.reset(token)
