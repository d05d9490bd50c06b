"""Saving and loading the arrays of a model, as .npz files without pickled objects."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.files import whole_file
from minigrad.tensor import values


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
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo()
            entry.filename = f"{key}.npy"  # set afterwards, or ZipInfo would rewrite odd keys
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def load(path: str | os.PathLike[str]) -> dict[str, NDArray]:
    """Read the named arrays that `save` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, is no .npz file or holds pickled objects.
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            return {
                entry.orig_filename.removesuffix(".npy"): _read(archive, entry)
                for entry in archive.infolist()
            }
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{os.fspath(path)} is not a readable .npz file: {error}") from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray:
    with archive.open(entry) as stream:
        array: NDArray = np.lib.format.read_array(stream, allow_pickle=False)
        return array
