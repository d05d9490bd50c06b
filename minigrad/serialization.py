"""Saving and loading the arrays of a model, as .npz files without pickled objects."""

from __future__ import annotations

import math
import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from typing import IO, Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.files import refuse_bomb, whole_file
from minigrad.tensor import values
from minigrad.text import shown

LONGEST_KEY = 2**16 - 1 - len(".npy")
_HEADERS: dict[Any, Callable[[IO[bytes]], Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def save(path: str | os.PathLike[str], state_dict: Mapping[str, Any]) -> None:
    """Write named arrays to a file: whole, or not at all.

    Parameters
    ----------
    path : path
        Where to, exactly; an existing file is replaced only once the new one is complete.
    state_dict : mapping of str to array or Tensor
        As `Module.state_dict()` returns it.

    Raises
    ------
    TypeError
        If a key is not a string or a value holds Python objects.
    ValueError
        If a key is too long for the file, or is no text that can be written.
    OSError
        If the file cannot be written, or there is something else than a file at that place.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
    >>> mg.save(path, {"weight": np.ones((2, 1))})
    >>> mg.load(path)
    {'weight': array([[1.],
           [1.]])}
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"a state dict maps strings to arrays, got {type(state_dict).__name__}: write "
            "mg.save(path, model.state_dict())"
        )
    arrays = {key: np.asarray(values(value)) for key, value in state_dict.items()}
    for key, array in arrays.items():
        if not isinstance(key, str) or array.dtype.hasobject:
            raise TypeError(
                f"a state dict maps strings to numeric arrays, but {key!r} has dtype {array.dtype}"
            )
        _expect_writable(key)
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo()
            entry.filename = f"{key}.npy"  # set afterwards, or ZipInfo would rewrite odd keys
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _expect_writable(key: str) -> None:
    try:
        length = len(key.encode())
    except UnicodeEncodeError as error:
        raise ValueError(f"the key {key[:40]!r} is no text that can be written: {error}") from error
    if length > LONGEST_KEY:
        raise ValueError(
            f"the key {key[:40]!r}... has {length:,} bytes, and a .npz file has room for "
            f"{LONGEST_KEY:,}: give the array a shorter name"
        )


def load(path: str | os.PathLike[str]) -> dict[str, NDArray]:
    """Read the named arrays that `save` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, is no .npz file, holds pickled objects, or is a few bytes that would
        fill the memory.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ValueError("it is a folder, a pipe or a device")
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            refuse_bomb(sum(e.file_size for e in entries), os.fstat(file.fileno()).st_size)
            arrays = {e.orig_filename.removesuffix(".npy"): _read(archive, e) for e in entries}
            if len(arrays) < len(entries):
                raise ValueError("two of its arrays have the same name")
            return arrays
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{shown(path)} is not a readable .npz file: {error}") from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray:
    with archive.open(entry) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = _HEADERS[version]
        shape, _, dtype = read_header(stream)
        promised, there = math.prod(shape) * dtype.itemsize, entry.file_size - stream.tell()
        if promised != there and not dtype.hasobject:
            raise ValueError(
                f"the header of {entry.orig_filename[:40]!r} promises {promised:,} bytes, of shape "
                f"{shape}, but there are {there:,}"
            )
        stream.seek(0)
        array: NDArray = np.lib.format.read_array(stream, allow_pickle=False)
        return array
