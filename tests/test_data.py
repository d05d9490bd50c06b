"""The digits, their files, batches, and saving and loading arrays."""

from __future__ import annotations

import gzip
import pickle
import struct
import zipfile

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, serialization
from minigrad.datasets import batches, load_mnist
from minigrad.tensor import values


class TestBundledDigits:
    def test_shapes_and_classes(self):
        train_images, train_labels, test_images, test_labels = load_mnist()
        assert train_images.shape == (4000, 28, 28)
        assert test_images.shape == (1000, 28, 28)
        for images, labels, each in (
            (train_images, train_labels, 400),
            (test_images, test_labels, 100),
        ):
            assert images.dtype == labels.dtype == np.uint8
            assert images.min() == 0
            assert images.max() == 255
            np.testing.assert_array_equal(np.bincount(labels), [each] * 10)


def idx(array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def write_set(folder, images="{}-images-idx3-ubyte", labels="{}-labels-idx1-ubyte", pack=None):
    rng = np.random.default_rng(0)
    written = []
    for split, n in (("train", 6), ("t10k", 3)):
        xs = rng.integers(0, 256, (n, 28, 28), np.uint8)
        ys = rng.integers(0, 10, n).astype(np.uint8)
        for name, array in ((images, xs), (labels, ys)):
            path = folder / name.format(split)
            path.write_bytes((pack or (lambda b: b))(idx(array)))
        written += [xs, ys]
    return written


class TestIdxFiles:
    @pytest.mark.parametrize(
        "names",
        [
            {},
            {"images": "{}-images.idx3-ubyte", "labels": "{}-labels.idx1-ubyte"},
            {
                "images": "{}-images-idx3-ubyte.gz",
                "labels": "{}-labels-idx1-ubyte.gz",
                "pack": gzip.compress,
            },
            {"pack": gzip.compress},
            {"images": "{}-images-idx3-ubyte.gz"},
        ],
    )
    def test_round_trip(self, tmp_path, names):
        written = write_set(tmp_path, **names)
        for got, expected in zip(load_mnist(tmp_path), written):
            np.testing.assert_array_equal(got, expected)
            assert got.flags.writeable

    @pytest.mark.parametrize(
        ("name", "damage", "says"),
        [
            ("train-images-idx3-ubyte", lambda b: b[:-1], "promises 4704 bytes"),
            ("train-images-idx3-ubyte", lambda b: b + b"!", "it has 4705"),
            ("train-images-idx3-ubyte", lambda b: b[:6], "bad header"),
            ("train-images-idx3-ubyte", lambda b: b"", "bad header"),
            ("train-images-idx3-ubyte", lambda b: b[:2] + b"\x0d" + b[3:], "bad header"),
            ("train-images-idx3-ubyte", lambda b: idx(np.zeros((6, 27, 28), "u1")), "28, 28"),
            ("t10k-labels-idx1-ubyte", lambda b: idx(np.zeros(2, "u1")), "2 labels"),
            ("t10k-labels-idx1-ubyte", lambda b: idx(np.full(3, 10, "u1")), "label 10"),
            ("t10k-labels-idx1-ubyte", lambda b: idx(np.zeros((3, 28, 28), "u1")), "bad header"),
        ],
    )
    def test_damage_is_named(self, tmp_path, name, damage, says):
        write_set(tmp_path)
        path = tmp_path / name
        path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(ValueError, match=rf"{name}(.|\n)*{says}"):
            load_mnist(tmp_path)

    @pytest.mark.parametrize(
        "damage",
        [lambda b: b[:-8], lambda b: b"no gzip", lambda b: b[:20] + b"\xff" * 40 + b[60:]],
    )
    def test_damaged_gzip(self, tmp_path, damage):
        write_set(tmp_path, images="{}-images-idx3-ubyte.gz", pack=gzip.compress)
        path = tmp_path / "train-images-idx3-ubyte.gz"
        path.write_bytes(damage(path.read_bytes()))
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"")
        with pytest.raises(ValueError, match="cannot be read"):
            load_mnist(tmp_path)

    def test_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no folder"):
            load_mnist(tmp_path / "nowhere")
        write_set(tmp_path)
        (tmp_path / "t10k-labels-idx1-ubyte").unlink()
        with pytest.raises(FileNotFoundError, match=r"t10k-labels-idx1-ubyte.*\.gz"):
            load_mnist(tmp_path)


class TestBatches:
    def test_every_row_once_and_rows_stay_together(self):
        x = np.arange(10)
        got = list(batches(x, x * 10, batch_size=4, seed=0))
        assert [len(xs) for xs, _ in got] == [4, 4, 2]
        for xs, ys in got:
            np.testing.assert_array_equal(xs * 10, ys)
        together = np.concatenate([xs for xs, _ in got])
        assert sorted(together) == list(range(10))
        assert list(together) != list(range(10))

    def test_seeds(self):
        x = np.arange(50)

        def order(seed):
            return [int(i) for (xs,) in batches(x, batch_size=7, seed=seed) for i in xs]

        assert order(3) == order(3)
        assert order(3) != order(4)
        going_on = np.random.default_rng(3)
        assert order(going_on) != order(going_on)

    def test_they_can_be_gone_through_again(self):
        """Each time in another order, the same ones for the same seed; unshuffled in their own."""
        x = np.arange(50)

        def epochs(**options):
            data = batches(x, batch_size=7, **options)
            return [[int(i) for (xs,) in data for i in xs] for _ in range(3)]

        first, second, third = epochs(seed=3)
        assert sorted(first) == sorted(second) == sorted(third) == list(x)
        assert first != second != third != first
        assert epochs(seed=3) == [first, second, third]
        assert epochs(seed=np.random.default_rng(3)) == [first, second, third]
        assert epochs(shuffle=False) == [list(x)] * 3

    def test_loops_within_loops_have_orders_of_their_own(self):
        data = batches(np.arange(4), batch_size=1, shuffle=False)
        assert [(a.item(), b.item()) for (a,) in data for (b,) in data] == [
            (a, b) for a in range(4) for b in range(4)
        ]

    @pytest.mark.parametrize("drop_last", [False, True])
    @pytest.mark.parametrize("rows", [0, 1, 6, 7, 8])
    def test_they_have_a_length(self, rows, drop_last):
        data = batches(np.arange(rows), batch_size=3, drop_last=drop_last)
        assert len(data) == len(list(data))
        assert repr(data) == f"<{len(data)} batches of 3 of {rows} rows>"

    def test_the_next_one(self):
        """Of an epoch that goes on from call to call; after its last, another one begins."""
        data = batches(np.arange(4), batch_size=2, shuffle=False)
        assert [next(data)[0].tolist(), next(data)[0].tolist()] == [[0, 1], [2, 3]]
        with pytest.raises(StopIteration):
            next(data)
        assert next(data)[0].tolist() == [0, 1]

    def test_rows_of_lists_and_tensors(self):
        data = batches([[1], [2], [3]], Tensor([1.0, 2.0, 3.0]), batch_size=2, shuffle=False)
        (xs, ts), _ = data
        np.testing.assert_array_equal(xs, [[1], [2]])
        np.testing.assert_array_equal(ts.data, [1, 2])

    def test_bad_calls_raise_at_the_call(self):
        with pytest.raises(ValueError, match=r"\[3, 2\]"):
            batches(np.ones(3), np.ones(2), batch_size=1)
        with pytest.raises(ValueError, match="at least 1"):
            batches(np.ones(3), batch_size=0)
        with pytest.raises(ValueError, match=r"\[\]"):
            batches(batch_size=1)

    @pytest.mark.parametrize(("rows", "expected"), [(7, [3, 3]), (6, [3, 3]), (2, []), (0, [])])
    @pytest.mark.parametrize("shuffle", [False, True])
    def test_drop_last_leaves_out_what_is_not_full(self, rows, expected, shuffle):
        got = batches(np.arange(rows), batch_size=3, shuffle=shuffle, seed=0, drop_last=True)
        assert [len(xs) for (xs,) in got] == expected


class TestSaveAndLoad:
    def test_round_trip(self, tmp_path):
        state = {
            "0.weight": np.asfortranarray(np.random.default_rng(0).normal(size=(3, 2))),
            "file": np.float16([1, 2]),
            "a/b ü": np.array(3, np.int64),
            "empty": np.zeros((0, 4), np.float32),
            "tensor": Tensor([1.0], requires_grad=True),
        }
        path = tmp_path / "model.state"
        mg.save(path, state)
        assert [p.name for p in tmp_path.iterdir()] == ["model.state"]
        loaded = mg.load(path)
        assert list(loaded) == list(state)
        for key, array in loaded.items():
            expected = np.asarray(values(state[key]))
            assert array.dtype == expected.dtype
            np.testing.assert_array_equal(array, expected)

    def test_numpy_reads_it(self, tmp_path):
        mg.save(tmp_path / "x.npz", {"w": np.ones(2)})
        with np.load(tmp_path / "x.npz") as archive:
            assert archive.files == ["w"]

    def test_a_failed_save_leaves_the_old_file(self, tmp_path, monkeypatch):
        path = tmp_path / "model.npz"
        mg.save(path, {"w": np.ones(2)})

        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(serialization.np.lib.format, "write_array", interrupted)
        with pytest.raises(KeyboardInterrupt):
            mg.save(path, {"w": np.zeros(2)})
        monkeypatch.undo()
        assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]
        np.testing.assert_array_equal(mg.load(path)["w"], [1, 1])

    @pytest.mark.parametrize("state", [{"w": [None]}, {"w": np.array([{}])}, {1: np.ones(1)}])
    def test_only_named_numbers(self, tmp_path, state):
        with pytest.raises(TypeError, match="strings to numeric arrays"):
            mg.save(tmp_path / "x.npz", state)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("content", [b"", b"not a zip", pickle.dumps([1]), "cut", "object"])
    def test_damaged_files_are_named(self, tmp_path, content):
        path = tmp_path / "x.npz"
        if content == "cut":
            mg.save(path, {"w": np.ones(1000)})
            content = path.read_bytes()[:-500]
        if content == "object":
            np.savez(path, w=np.array([{}], object))
        else:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.npz is not a readable"):
            mg.load(path)

    def test_flipped_bits_are_noticed(self, tmp_path):
        path = tmp_path / "x.npz"
        mg.save(path, {"w": np.ones(1000)})
        content = bytearray(path.read_bytes())
        content[2000] ^= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.npz"):
            mg.load(path)

    def test_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            mg.load(tmp_path / "nowhere.npz")

    def test_permissions_are_those_of_any_new_file(self, tmp_path):
        mg.save(tmp_path / "x.npz", {"w": np.ones(1)})
        (tmp_path / "y").write_text("", "utf-8")
        assert (tmp_path / "x.npz").stat().st_mode == (tmp_path / "y").stat().st_mode
        assert zipfile.is_zipfile(tmp_path / "x.npz")

    def test_every_key_finds_its_own_array(self, tmp_path):
        keys = [
            "w",
            "w.npy",
            "w.npy.npy",
            "",
            "file",
            "/",
            "../w",
            "a\\b",
            "a/b",
            "a\0b",
            "a\0c",
            "ü",
        ]
        mg.save(tmp_path / "state", {key: np.full(2, i) for i, key in enumerate(keys)})
        loaded = mg.load(tmp_path / "state")
        assert list(loaded) == keys
        assert [int(array[0]) for array in loaded.values()] == list(range(len(keys)))
        assert [p.name for p in tmp_path.iterdir()] == ["state"]
