"""Batches whose last one is not full; the rest of the data is tested in test_data.py."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.datasets import batches


@pytest.mark.parametrize(("rows", "expected"), [(7, [3, 3]), (6, [3, 3]), (2, []), (0, [])])
@pytest.mark.parametrize("shuffle", [False, True])
def test_drop_last_leaves_out_what_is_not_full(rows, expected, shuffle):
    got = batches(np.arange(rows), batch_size=3, shuffle=shuffle, seed=0, drop_last=True)
    assert [len(xs) for (xs,) in got] == expected
