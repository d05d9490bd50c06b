"""MNIST: the 5,000 digits that come with minigrad, or the full set from its IDX files."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.files import refuse_bomb
from minigrad.text import shown

Mnist = tuple[NDArray, NDArray, NDArray, NDArray]

_BUNDLED = Path(__file__).with_name("mnist5k.npz")


def load_mnist(root: str | os.PathLike[str] | None = None) -> Mnist:
    """Load handwritten digits: train images and labels, test images and labels.

    Parameters
    ----------
    root : path, optional
        A folder with the full set as IDX files, plain or gzipped, with .gz after the name or
        without: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
        t10k-labels-idx1-ubyte. Left out, the bundled subset is loaded: 4,000 training and 1,000
        test digits, as many of each class (source and licence in minigrad/datasets/README.md).

    Returns
    -------
    tuple of four uint8 arrays
        Images of shape (N, 28, 28), ink from 0 to 255, and labels of shape (N,), 0 to 9.

    Raises
    ------
    FileNotFoundError
        If the folder or one of the files is missing.
    ValueError
        If a file is damaged, does not hold what its name says, or is a few bytes that would fill
        the memory.

    Examples
    --------
    >>> images, labels, _, _ = load_mnist()
    >>> images.shape, labels[:5]
    ((4000, 28, 28), array([4, 3, 9, 9, 0], dtype=uint8))
    """
    if root is None:
        with np.load(_BUNDLED, allow_pickle=False) as archive:
            train = archive["train_images"], archive["train_labels"]
            return *train, archive["test_images"], archive["test_labels"]
    folder = Path(root)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {shown(folder)} to load MNIST from")
    return *_load_split(folder, "train"), *_load_split(folder, "t10k")


def _load_split(folder: Path, split: str) -> tuple[NDArray, NDArray]:
    image_file = _find(folder, f"{split}-images", "idx3-ubyte")
    label_file = _find(folder, f"{split}-labels", "idx1-ubyte")
    image_name, label_name = shown(image_file), shown(label_file)
    images, labels = _read_idx(image_file, (28, 28)), _read_idx(label_file, ())
    if len(images) != len(labels):
        raise ValueError(
            f"{image_name} holds {len(images)} images, but {label_name} {len(labels)} labels"
        )
    if labels.size and labels.max() > 9:
        raise ValueError(f"{label_name} holds the label {labels.max()}: digits go from 0 to 9")
    return images, labels


def _find(folder: Path, stem: str, kind: str) -> Path:
    names = [f"{stem}{dash}{kind}{suffix}" for dash in "-." for suffix in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    looked = ", ".join(names)
    raise FileNotFoundError(f"{shown(folder)} has no file {names[0]} (looked for {looked})")


def _read_idx(path: Path, item: tuple[int, ...]) -> NDArray:
    """Read an IDX file of bytes: two zeros, type 8, the number of axes, their lengths, the data.

    Whether it is gzipped is told by how it begins: browsers unpack files and keep the name. What
    the header promises is looked at before anything is read; `item` is the shape of one.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            with gzip.open(file) if packed else nullcontext(file) as stream:
                shape = _read_header(stream, 1 + len(item))
                if shape[1:] != item:
                    raise ValueError(f"it holds images of shape {shape[1:]}, not {item}")
                promised = math.prod(shape)
                refuse_bomb(promised, os.fstat(file.fileno()).st_size)
                content = bytearray()
                while more := stream.read(min(promised + 1 - len(content), 2**20)):
                    content += more
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(f"{shown(path)} cannot be read: {error}") from error
    if len(content) != promised:
        has = f"{len(content)}{' or more' if len(content) > promised else ''}"
        raise ValueError(
            f"{shown(path)} is damaged: its header promises {promised} bytes of shape {shape}, it "
            f"has {has}"
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_header(stream: Any, ndim: int) -> tuple[int, ...]:
    header = stream.read(4 + 4 * ndim)
    if len(header) < 4 + 4 * ndim or header[:4] != bytes([0, 0, 8, ndim]):
        raise ValueError(
            f"it should be an IDX file of bytes with {ndim} axes, plain or gzipped, but has a bad "
            f"header, {header[:4]!r}"
        )
    return struct.unpack(f">{ndim}I", header[4:])
