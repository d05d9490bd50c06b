"""Writing files whole or not at all, and reading no more than a file can be believed to hold."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from minigrad.text import shown

HARMLESS = 2**27
"""So many bytes may come out of a file, however small it is."""

EXPANSION = 50
"""Beyond that, so many for each of its own: weights and digits shrink to a fifth at best."""


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a temporary file beside `path`; it takes that name once all is written without error.

    A file that is replaced keeps its permissions; where `path` is a link, what it leads to is
    replaced.

    Raises
    ------
    OSError
        If there is no folder to write into, or `path` is anything but a file: a folder, a pipe.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        folder, name = shown(target.parent), shown(target.name)
        raise FileNotFoundError(f"there is no folder {folder} to write {name} into")
    permissions = _permissions_of(path)
    temporary = target.with_name(f".{target.name[:40]}-{secrets.token_hex(8)}")

    def create(name: str, flags: int) -> int:
        return os.open(name, flags, 0o666 if permissions is None else permissions)

    try:
        with open(temporary, "xb", opener=create) as file:
            yield file
        if permissions is not None:
            os.chmod(temporary, permissions)  # the process's umask has been taken from them
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _permissions_of(path: str | os.PathLike[str]) -> int | None:
    """The permissions of a file; None if there is none yet."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    name = shown(path)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{name} is a folder: give the name of a file in it")
    if not stat.S_ISREG(mode):
        raise OSError(f"{name} is a pipe, a device or a socket: give the name of a file")
    return stat.S_IMODE(mode)


def refuse_bomb(promised: int, size: int) -> None:
    """Raise a ValueError if more is to come out of a file of `size` bytes than is to be believed.

    A few kilobytes can be packed so that they fill the memory when they are unpacked.
    """
    if promised > max(HARMLESS, EXPANSION * size):
        raise ValueError(f"it promises {promised:,} bytes, of a file that has {size:,}")
