"""Data to train on, and batches of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.datasets.mnist import load_mnist as load_mnist


class Batches:
    """What `batches` returns: a loop over it is an epoch; `next(data)` is a batch of a running one.

    Going through it again gives the rows in another order, if they are shuffled.
    """

    def __init__(
        self,
        arrays: tuple[Any, ...],
        batch_size: int,
        generator: np.random.Generator | None,
        drop_last: bool,
    ) -> None:
        self.arrays, self.batch_size = arrays, batch_size
        self._generator = generator
        self._rows: int = len(arrays[0])
        self._end: int = self._rows - self._rows % batch_size if drop_last else self._rows
        self._epoch: Iterator[tuple[Any, ...]] | None = None

    def __len__(self) -> int:
        return -(-self._end // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        order = np.arange(self._rows)
        if self._generator is not None:
            order = self._generator.permutation(self._rows)
        parts = (order[i : i + self.batch_size] for i in range(0, self._end, self.batch_size))
        return (tuple(array[part] for array in self.arrays) for part in parts)

    def __next__(self) -> tuple[Any, ...]:
        self._epoch = self._epoch or iter(self)
        try:
            return next(self._epoch)
        except StopIteration:
            self._epoch = None
            raise

    def __repr__(self) -> str:
        return f"<{len(self)} batches of {self.batch_size} of {self._rows} rows>"


def batches(
    *arrays: NDArray,
    batch_size: int,
    shuffle: bool = True,
    seed: int | np.random.Generator | None = None,
    drop_last: bool = False,
) -> Batches:
    """Cut arrays of the same length into batches, the same rows of each in every batch.

    Parameters
    ----------
    *arrays : arrays of N rows
    batch_size : int
        Rows in a batch; the last one has what is left.
    shuffle : bool
        Whether to go through the rows in random order.
    seed : int or numpy Generator, optional
        Where the random orders come from: each time the batches are gone through, the rows have
        another one.
    drop_last : bool
        Whether to leave out a last batch that is not full.

    Returns
    -------
    Batches
        To be gone through once an epoch; `len` says how many batches that are.

    Raises
    ------
    ValueError
        If the arrays differ in length, or `batch_size` is not positive.

    Examples
    --------
    >>> x, y = np.arange(5), np.arange(5) * 10
    >>> data = batches(x, y, batch_size=2, shuffle=False)
    >>> len(data)
    3
    >>> for xs, ys in data:
    ...     print(xs, ys)
    [0 1] [ 0 10]
    [2 3] [20 30]
    [4] [40]
    """
    arrays = tuple(array if hasattr(array, "shape") else np.asarray(array) for array in arrays)
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        raise ValueError(f"batches needs arrays of one length, got lengths {lengths}")
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, got {batch_size}")
    generator = np.random.default_rng(seed) if shuffle else None
    return Batches(arrays, int(batch_size), generator, drop_last)
