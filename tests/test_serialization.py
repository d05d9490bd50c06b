"""Any string is a key; the rest of saving and loading is tested in test_data.py."""

from __future__ import annotations

import numpy as np

import minigrad as mg


def test_every_key_finds_its_own_array(tmp_path):
    keys = ["w", "w.npy", "w.npy.npy", "", "file", "/", "../w", "a\\b", "a/b", "a\0b", "a\0c", "ü"]
    mg.save(tmp_path / "state", {key: np.full(2, i) for i, key in enumerate(keys)})
    loaded = mg.load(tmp_path / "state")
    assert list(loaded) == keys
    assert [int(array[0]) for array in loaded.values()] == list(range(len(keys)))
    assert [p.name for p in tmp_path.iterdir()] == ["state"]
