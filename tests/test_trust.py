"""What goes wrong outside of minigrad: files, permissions, threads, packed bombs."""

from __future__ import annotations

import concurrent.futures
import copy
import gzip
import io
import os
import pickle
import stat
import struct
import subprocess
import sys
import threading
import tracemalloc
import zipfile

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, serialization
from minigrad.datasets import load_mnist
from minigrad.files import HARMLESS

posix = pytest.mark.skipif(os.name == "nt", reason="permissions, links and pipes of POSIX")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def a_drawing():
    return mg.draw(Tensor([1.0], requires_grad=True) * 2)


WRITERS = {
    "state.npz": lambda path: mg.save(path, {"w": np.ones(3)}),
    "picture.svg": lambda path: a_drawing().save(path),
    "picture.dot": lambda path: a_drawing().save(path),
    "snapshot.json": lambda path: a_drawing().save(path),
    "steps.html": lambda path: mg.step_through(Tensor(1.0, requires_grad=True) * 2).save(path),
}
every_writer = pytest.mark.parametrize("name", WRITERS)


# ---------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------


@pytest.fixture
def umask():
    """Set the umask for a test, and set it back."""
    before = os.umask(0o077)
    os.umask(before)
    yield os.umask
    os.umask(before)


@posix
class TestPermissions:
    @every_writer
    @pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
    def test_a_new_file_has_those_of_any_other(self, tmp_path, umask, name, mask):
        umask(mask)
        WRITERS[name](tmp_path / name)
        assert mode(tmp_path / name) == 0o666 & ~mask

    @every_writer
    @pytest.mark.parametrize("kept", [0o600, 0o640, 0o666, 0o444])
    def test_a_file_that_is_replaced_keeps_its_own(self, tmp_path, umask, name, kept):
        umask(0o022)
        (tmp_path / name).write_text("old", "utf-8")
        (tmp_path / name).chmod(kept)
        WRITERS[name](tmp_path / name)
        assert mode(tmp_path / name) == kept
        assert (tmp_path / name).read_bytes()[:3] != b"old"

    def test_the_umask_of_the_process_is_never_touched(self, tmp_path, monkeypatch):
        """It is one for all threads: what they write meanwhile would be open to everybody."""

        def touched(mask):
            raise AssertionError("os.umask was called")

        monkeypatch.setattr(os, "umask", touched)
        for name, write in WRITERS.items():
            write(tmp_path / name)

    def test_no_moment_in_which_more_may_read_it_than_in_the_end(self, tmp_path, umask):
        umask(0o022)
        path = tmp_path / "state.npz"
        path.write_text("secret", "utf-8")
        path.chmod(0o600)
        seen = []

        real = serialization.np.lib.format.write_array

        def write_array(*given, **options):
            seen.extend(mode(p) for p in tmp_path.iterdir())
            return real(*given, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(serialization.np.lib.format, "write_array", write_array)
            mg.save(path, {"w": np.ones(3)})
        assert seen == [0o600, 0o600]

    def test_threads_that_save_at_once(self, tmp_path, umask):
        umask(0o077)
        wrong = []

        def save(i):
            for k in range(30):
                path = tmp_path / f"{i}-{k}.npz"
                mg.save(path, {})
                wrong.extend([path] if mode(path) != 0o600 else [])

        threads = [threading.Thread(target=save, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert umask(0o077) == 0o077


@posix
class TestOddPlaces:
    @every_writer
    def test_a_link_is_written_through(self, tmp_path, name):
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        target, link = folder / "target", tmp_path / name
        target.write_text("old", "utf-8")
        target.chmod(0o640)
        link.symlink_to(target)
        WRITERS[name](link)
        assert link.is_symlink()
        assert target.read_bytes()[:3] != b"old"
        assert mode(target) == 0o640
        assert [p.name for p in folder.iterdir()] == ["target"]

    def test_a_link_to_what_is_not_there_yet(self, tmp_path):
        link = tmp_path / "state.npz"
        link.symlink_to("target.npz")
        mg.save(link, {"w": np.ones(1)})
        assert link.is_symlink()
        assert not (tmp_path / "target.npz").is_symlink()
        assert [*mg.load(link)] == ["w"]

    def test_links_that_lead_nowhere(self, tmp_path):
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        (tmp_path / "c").symlink_to("missing/file")
        for name in "ac":
            with pytest.raises(OSError, match=r"links|no folder"):
                mg.save(tmp_path / name, {})
        assert {p.name for p in tmp_path.iterdir()} == {*"abc"}

    @every_writer
    def test_what_is_no_file_is_refused_and_stays(self, tmp_path, name):
        path = tmp_path / name
        os.mkfifo(path)
        with pytest.raises(OSError, match="pipe, a device or a socket"):
            WRITERS[name](path)
        assert stat.S_ISFIFO(path.stat().st_mode)
        path.unlink()
        path.mkdir()
        with pytest.raises(IsADirectoryError, match="is a folder"):
            WRITERS[name](path)
        assert [*tmp_path.iterdir()] == [path]
        assert [*path.iterdir()] == []

    def test_devices(self):
        for device in ("/dev/null", "/dev/full"):
            with pytest.raises(OSError, match="pipe, a device or a socket"):
                mg.save(device, {})
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)

    def test_loading_from_a_pipe_does_not_wait_for_ever(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        for odd in (tmp_path / "pipe", tmp_path):
            with pytest.raises(ValueError, match="it is a folder, a pipe or a device"):
                mg.load(odd)


@pytest.mark.parametrize("name", ["n" * 251 + ".npz", "é" * 100 + ".npz", "😀" * 60])
def test_a_name_as_long_as_the_system_allows(tmp_path, name):
    mg.save(tmp_path / name, {"w": np.ones(1)})
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """The system's own limit on the size of a file stands for the disk."""
    pytest.importorskip("resource")
    code = """if True:
        import resource, signal, sys, numpy as np, minigrad as mg
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            mg.save("state.npz", {"w": np.ones(100_000)})
        except OSError as error:
            print(error)
    """
    mg.save(tmp_path / "state.npz", {"w": np.zeros(2)})
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert "too large" in ran.stdout, ran.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]
    np.testing.assert_array_equal(mg.load(tmp_path / "state.npz")["w"], [0, 0])


# ---------------------------------------------------------------------------------------------
# Files from elsewhere
# ---------------------------------------------------------------------------------------------


def peak(call):
    """The most memory that a call held, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def idx(shape, content, pack=gzip.compress):
    return pack(struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + content)


class TestIdxFromElsewhere:
    def refused(self, tmp_path, images, labels=None, says="train-images"):
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(images)
        (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(labels or idx((1,), b"\0"))

        def load():
            with pytest.raises(ValueError, match=says):
                load_mnist(tmp_path)

        assert peak(load) < 40_000_000

    def test_a_bomb_that_keeps_its_promise(self, tmp_path):
        bomb = io.BytesIO()
        with gzip.open(bomb, "wb") as file:
            file.write(idx((300_000, 28, 28), b"", bytes))
            for _ in range(300):
                file.write(bytes(784_000))
        self.refused(tmp_path, bomb.getvalue(), says="promises 235,200,000 bytes, of a file")

    def test_a_bomb_behind_a_small_promise(self, tmp_path):
        self.refused(tmp_path, idx((1, 28, 28), bytes(10**8)), says="promises 784 .* 785 or more")

    def test_a_promise_that_is_not_kept(self, tmp_path):
        self.refused(tmp_path, idx((2**32 - 1, 28, 28), b""), says="promises 3,367,254,359,2")

    @pytest.mark.parametrize("shape", [(2**32 - 1,) * 3, (2**16, 2**16, 2**32 - 1), (0, 2**31, 8)])
    def test_a_product_does_not_wrap(self, tmp_path, shape):
        self.refused(tmp_path, idx(shape, b""), says=r"not \(28, 28\)")

    @pytest.mark.parametrize("count", [2**32 - 1, 2**31, 2**28])
    def test_labels_too(self, tmp_path, count):
        self.refused(
            tmp_path, idx((1, 28, 28), bytes(784)), idx((count,), b""), says="train-labels.*promise"
        )

    def test_a_bomb_that_is_not_packed_is_no_larger_than_its_file(self, tmp_path):
        self.refused(tmp_path, idx((170_000, 28, 28), b"x", bytes), says="it has 1")

    def test_the_full_set_is_no_bomb_even_if_it_is_all_white(self, tmp_path):
        for split, n in (("train", 60_000), ("t10k", 10)):
            (tmp_path / f"{split}-images-idx3-ubyte.gz").write_bytes(
                idx((n, 28, 28), bytes(n * 784))
            )
            (tmp_path / f"{split}-labels-idx1-ubyte").write_bytes(idx((n,), bytes(n), bytes))
        assert load_mnist(tmp_path)[0].shape == (60_000, 28, 28)


def npy(shape, content=b"", dtype="<f4"):
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def zipped(path, *entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)


class TestNpzFromElsewhere:
    def refused(self, path, says):
        def load():
            with pytest.raises(ValueError, match=rf"is not a readable \.npz file: .*{says}"):
                mg.load(path)

        assert peak(load) < 40_000_000

    def test_a_bomb(self, tmp_path):
        content = npy((2**26,), bytes(2**28))
        zipped(tmp_path / "x", ("w.npy", content), compression=zipfile.ZIP_DEFLATED)
        self.refused(tmp_path / "x", "promises 268,435,")

    def test_many_small_bombs(self, tmp_path):
        entries = [(f"w{i}.npy", npy((2**22,), bytes(2**24))) for i in range(12)]
        zipped(tmp_path / "x", *entries, compression=zipfile.ZIP_DEFLATED)
        self.refused(tmp_path / "x", "promises 201,")

    @pytest.mark.parametrize(
        "shape", [(2**32, 2**32), (2**63, 2), (3,), (1,), (10**30,), (-1,), (2**40,)]
    )
    def test_a_header_that_promises_something_else(self, tmp_path, shape):
        zipped(tmp_path / "x", ("w.npy", npy(shape, bytes(8))))
        self.refused(tmp_path / "x", "promises")

    def test_the_size_of_an_entry_is_not_believed_either(self, tmp_path):
        """The directory of the archive says that there are 8 bytes where 2**28 come out."""
        path = tmp_path / "x"
        content = npy((2**26,), bytes(2**28))
        zipped(path, ("w.npy", content), compression=zipfile.ZIP_DEFLATED)
        small = len(content) - 2**28 + 8
        raw = path.read_bytes().replace(struct.pack("<I", len(content)), struct.pack("<I", small))
        path.write_bytes(raw)
        self.refused(path, "(Bad CRC|promises 268)")

    def test_packed_files_of_an_honest_size_are_read(self, tmp_path):
        np.savez_compressed(tmp_path / "x.npz", w=np.zeros(HARMLESS // 9), v=np.ones((2, 3)).T)
        loaded = mg.load(tmp_path / "x.npz")
        assert loaded["w"].size == HARMLESS // 9
        assert loaded["v"].shape == (3, 2)

    def test_two_arrays_of_one_name(self, tmp_path):
        zipped(tmp_path / "x", ("w", npy((1,), bytes(4))), ("w.npy", npy((1,), b"\1" * 4)))
        self.refused(tmp_path / "x", "the same name")

    def test_pickled_objects(self, tmp_path):
        zipped(tmp_path / "x", ("w.npy", npy((1,), b"cos\nsystem\n", "|O")))
        self.refused(tmp_path / "x", "Object arrays cannot be loaded")

    @pytest.mark.parametrize("key", ["k" * 70_000, "é" * 40_000, "k" * 65_532])
    def test_a_key_that_is_too_long(self, tmp_path, key):
        with pytest.raises(
            ValueError, match=r"bytes, and a \.npz file has room for 65,531"
        ) as info:
            mg.save(tmp_path / "x", {"w": np.ones(1), key: np.ones(1)})
        assert len(str(info.value)) < 200
        assert [*tmp_path.iterdir()] == []

    def test_the_longest_key(self, tmp_path):
        mg.save(tmp_path / "x", {"k" * 65_531: np.ones(1)})
        assert [*mg.load(tmp_path / "x")] == ["k" * 65_531]

    def test_a_key_that_is_no_text(self, tmp_path):
        with pytest.raises(ValueError, match=r"'a\\udcff' is no text"):
            mg.save(tmp_path / "x", {"a\udcff": np.ones(1)})
        assert [*tmp_path.iterdir()] == []


# ---------------------------------------------------------------------------------------------
# Errors that travel
# ---------------------------------------------------------------------------------------------


def raise_anomaly(name):
    with np.errstate(all="ignore"), mg.autograd.detect_anomaly():
        np.log(Tensor([0.0], requires_grad=True, name=name))


def anomaly():
    with pytest.raises(mg.autograd.AnomalyError) as info:
        raise_anomaly("x")
    return info.value


def same(error, other):
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert (other.op, other.in_pass, other.explanation) == (
        error.op, error.in_pass, error.explanation
    )  # fmt: skip
    for name in ("filename", "function", "line", "source", "in_notebook", "with_source"):
        assert getattr(other.site, name) == getattr(error.site, name)
    assert str(other.site) == str(error.site)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_anomaly_is_pickled_whole(protocol):
    error = anomaly()
    error.note = "of its own"
    once = pickle.loads(pickle.dumps(error, protocol))
    same(error, once)
    assert once.note == "of its own"
    same(error, pickle.loads(pickle.dumps(once, protocol)))


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_an_anomaly_is_copied_whole(make):
    error = anomaly()
    same(error, make(error))


def test_a_subclass_of_it_with_arguments_of_its_own():
    class OwnError(mg.autograd.AnomalyError):
        def __init__(self):
            super().__init__("own", mg.ops.Exp(), "forward", None)

    again = copy.copy(OwnError())
    assert (type(again), str(again), again.op) == (OwnError, "own", "Exp")


@pytest.mark.parametrize(
    "raises",
    [
        lambda: mg.autograd.gradcheck(lambda x: x * x.data, Tensor([1.0], True, dtype=float)),
        lambda: Tensor([1.0]).backward(),
        lambda: mg.viz.Snapshot.from_json("[]"),
        lambda: nn_linear().load_state_dict({}),
        lambda: np.ones(3) @ Tensor(np.ones((2, 2)), True),
        lambda: mg.load("nowhere.npz"),
    ],
)
def test_every_error_is_pickled(raises):
    with pytest.raises((ValueError, TypeError, RuntimeError, KeyError, OSError, AssertionError),
                       match=r"\w") as info:  # fmt: skip
        raises()
    again = pickle.loads(pickle.dumps(info.value))
    assert (type(again), str(again)) == (type(info.value), str(info.value))


def nn_linear():
    return mg.nn.Linear(2, 2)


def test_through_a_pool_of_processes():
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        with pytest.raises(mg.autograd.AnomalyError, match="-inf was born in Log") as info:
            pool.submit(raise_anomaly, "x").result()
        assert "np.log(Tensor" in info.value.site.source
        assert pool.submit(len, "pool").result() == 4  # it still works
