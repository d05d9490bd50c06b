"""Data to train on, and batches of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.arrays import NDArray
from minigrad.datasets.mnist import load_mnist as load_mnist


def batches(
    *arrays: NDArray,
    batch_size: int,
    shuffle: bool = True,
    seed: int | np.random.Generator | None = None,
    drop_last: bool = False,
) -> Iterator[tuple[Any, ...]]:
    """Cut arrays of the same length into batches, the same rows of each in every batch.

    Parameters
    ----------
    *arrays : arrays of N rows
    batch_size : int
        Rows in a batch; the last one has what is left.
    shuffle : bool
        Whether to go through the rows in random order.
    seed : int or numpy Generator, optional
        Where the random order comes from. A Generator goes on with every call, so that each epoch
        has an order of its own.
    drop_last : bool
        Whether to leave out a last batch that is not full.

    Raises
    ------
    ValueError
        If the arrays differ in length, or `batch_size` is not positive.

    Examples
    --------
    >>> x, y = np.arange(5), np.arange(5) * 10
    >>> for xs, ys in batches(x, y, batch_size=2, shuffle=False):
    ...     print(xs, ys)
    [0 1] [ 0 10]
    [2 3] [20 30]
    [4] [40]
    """
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        raise ValueError(f"batches needs arrays of one length, got lengths {lengths}")
    if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be an integer of at least 1, got {batch_size}")
    count = lengths[0]
    order = np.random.default_rng(seed).permutation(count) if shuffle else np.arange(count)
    starts = range(0, count - count % batch_size if drop_last else count, batch_size)
    return (tuple(array[order[i : i + batch_size]] for array in arrays) for i in starts)
