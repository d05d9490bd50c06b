"""Where the running program holds a Tensor: in which variable, attribute or element of a list."""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from types import CodeType, FrameType, ModuleType
from typing import Any

from minigrad.nn import Module
from minigrad.origin import is_ours
from minigrad.tensor import Tensor

MOST = 20_000  # objects that are looked at
DEPTH = 8  # parts of a path such as `model.layers[0].neurons[1].w[2]`
PATHS = 4  # that lead to one object
NOT_THE_USERS = {"In", "Out"}  # what IPython keeps


def paths_of(tensors: Iterable[Tensor]) -> dict[Tensor, list[str]]:
    """Find the variables that hold Tensors, or the arrays they were made of, shortest path first.

    Searched are the variables of the running functions, and what those hold: from the outermost
    one in to the user's call, as far as they belong to it or to a file that made one of the
    Tensors. An argument is no name of its own, but its parts are found through it.

    Examples
    --------
    >>> heads = [Tensor([1.0]), Tensor([2.0])]
    >>> paths_of(heads[1:])
    {Tensor([2.]): ['heads[1]']}
    """
    wanted = {id(tensor): tensor for tensor in tensors}
    wanted |= {id(t._data): t for t in wanted.values() if t.op is None}
    files = {t._origin[0].co_filename for t in wanted.values() if t._origin}
    found: dict[Tensor, list[str]] = defaultdict(list)
    seen: dict[int, int] = defaultdict(int)
    queue = deque(_variables(files))
    for _ in range(MOST):
        if not queue:
            break
        path, value, depth = queue.popleft()
        if seen[id(value)] == PATHS:
            continue
        seen[id(value)] += 1
        if id(value) in wanted and depth:
            found[wanted[id(value)]].append(path)
        elif depth < DEPTH:
            queue.extend((f"{path}{step}", part, depth + 1) for step, part in _parts(value))
    return dict(found)


def _variables(files: set[str]) -> Iterator[tuple[str, Any, int]]:
    """Yield each variable with its name, and how deep it is: 0 for an argument."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours[frame.f_code.co_filename]:
        frame = frame.f_back
    here = frame and frame.f_globals
    frames = []
    while frame is not None:
        if frame.f_globals is here or frame.f_code.co_filename in files:
            frames.append(frame)
        frame = frame.f_back
    modules = {id(frame.f_globals): frame.f_globals for frame in reversed(frames)}
    spaces: list[tuple[Mapping[str, Any], tuple[str, ...]]] = [(m, ()) for m in modules.values()]
    for frame in reversed(frames):
        code = frame.f_code
        arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        spaces += [(frame.f_locals, arguments)] if frame.f_locals is not frame.f_globals else []
    for space, arguments in spaces:
        for name, value in list(space.items()):
            if not name.startswith(("_", "@")) and name not in NOT_THE_USERS:
                yield name, value, 0 if name in arguments else 1


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a container or of an object of the user's, each with the code that gets it."""
    if isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", None)
        if value and not isinstance(value[0], (int, float, complex, str, bytes)):
            yield from ((f".{n}", v) for n, v in zip(names or (), value))
            yield from ((f"[{i}]", v) for i, v in enumerate(value) if not names)
    elif isinstance(value, dict):
        yield from ((f'["{k}"]' if isinstance(k, str) else f"[{k!r}]", v) for k, v in value.items())
    elif isinstance(value, (type, ModuleType, CodeType)) or _is_a_librarys(value):
        return
    else:
        if isinstance(value, Module):
            yield from ((f".{path}", p) for path, p in value.named_parameters())
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        yield from ((f".{name}", part) for name, part in attributes.items())


def _is_a_librarys(value: Any) -> bool:
    room = type(value).__module__.partition(".")[0]
    ours = room == "minigrad" and not isinstance(value, Module)
    return ours or room in sys.stdlib_module_names or room in ("numpy", "matplotlib", "IPython")
