"""What holds for the current thread or async task alone: whether ops are recorded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any

recording: ContextVar[bool] = ContextVar("minigrad_recording", default=True)


class held:  # noqa: N801  it is used as a function is
    """Hold variables at values for the current thread or async task: `with held(x, 1, y, 2):`.

    Ctrl-C can come at any moment, also when the block has ended and `__exit__` has not begun. Then
    nothing refers to the generator any more, which sets the variable back as it is closed.
    """

    def __init__(self, variable: Any, value: Any, *more: Any) -> None:
        self._holding = _hold(variable, value, *more)

    def __enter__(self) -> None:
        next(self._holding)

    def __exit__(self, *error: object) -> None:
        next(self._holding, None)


def _hold(variable: Any, value: Any, *more: Any) -> Iterator[None]:
    """Set a variable, and back: twice, as Ctrl-C may come just before the first time."""
    outer = variable.get()
    try:
        try:
            variable.set(value)
            yield from _hold(*more) if more else (None,)
        except GeneratorExit:  # closed late: others may have set it since
            outer = outer if variable.get() == value else variable.get()
            raise
        finally:
            variable.set(outer)
    finally:
        variable.set(outer)


class Within:
    """A `with` block that also decorates: functions, and generators and coroutines as they run.

    A generator that is only called, not run, in a `with` block would run outside of it.
    """

    def __init__(self, enter: Callable[[], AbstractContextManager[Any]]) -> None:
        self._enter = enter
        self._entered: list[AbstractContextManager[Any]] = []

    def __enter__(self) -> None:
        manager = self._enter()
        manager.__enter__()
        self._entered.append(manager)

    def __exit__(self, *error: Any) -> None:
        self._entered.pop().__exit__(*error)

    def __call__(self, function: Callable[..., Any]) -> Any:
        if inspect.isclass(function):
            raise TypeError(
                f"{function.__name__} is a class, whose methods would not be decorated: decorate "
                "each of them"
            )
        if inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__name__} is an asynchronous generator, which cannot be decorated so: "
                "put the `with` block into it"
            )
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def coroutine(*args: Any, **options: Any) -> Any:
                with self._enter():
                    return await function(*args, **options)

            return coroutine
        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def generator(*args: Any, **options: Any) -> Any:
                return _Resumed(function(*args, **options), self._enter)

            return generator

        @wraps(function)
        def inner(*args: Any, **options: Any) -> Any:
            with self._enter():
                return function(*args, **options)

        return inner


class _Resumed(Generator[Any, Any, Any]):
    """A generator that goes on, each time, within a context."""

    def __init__(
        self,
        generator: Generator[Any, Any, Any],
        enter: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._generator, self._enter = generator, enter

    def send(self, value: Any) -> Any:
        with self._enter():
            return self._generator.send(value)

    def throw(self, *error: Any) -> Any:
        with self._enter():
            return self._generator.throw(*error)


def no_grad() -> Within:
    """Compute without recording, in a `with` block or as a decorator `@no_grad()`.

    An in-place operator on a leaf, as in `p -= lr * p.grad`, changes its array there, where it
    would make a new Tensor while recording. Holds for the current thread or async task only, and
    in a decorated generator or coroutine whenever that runs.

    Examples
    --------
    >>> x = Tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    return Within(partial(held, recording, False))
