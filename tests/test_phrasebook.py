"""The phrase book: each phrase answers, and what it advises runs and is the same as there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor, nn, optim
from minigrad.nn import functional as F
from minigrad.phrasebook import PHRASES

try:
    import torch
except ImportError:
    torch = None

ROWS = [
    (library, theirs, ours)
    for library, phrases in PHRASES.items()
    for alternatives, ours in phrases.items()
    for theirs in alternatives.split(" / ")
]
NUMBERS = {
    "t": np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -2.0]], np.float32),
    "s": np.array([[1.0, 2.0, 3.0], [-1.0, 0.0, 4.0]], np.float32),
    "w": np.array([[1.0, -1.0], [0.5, 2.0], [0.0, 1.0]], np.float32),
    "i": np.array([0, 2]),
    "index": np.array([[0], [2]]),
    "mask": np.array([[True, False, True], [False, False, True]]),
    "a": np.array([1.0, 2.0]),
}


def here(folder):
    """What stands in the column "here"."""
    t, w = (Tensor(NUMBERS[name], requires_grad=True) for name in "tw")
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    given = {name: NUMBERS[name] for name in ("i", "index", "mask", "a")}
    given["layer"] = nn.Linear(3, 2)
    given |= {"t": t, "s": Tensor(NUMBERS["s"]), "w": w, "x": NUMBERS["t"], "y": NUMBERS["i"]}
    given |= {"mg": mg, "np": np, "nn": nn, "F": F, "optim": optim, "model": model}
    given |= {"optimizer": optim.SGD(model.parameters(), lr=0.1), "f": lambda t: (t * t).sum()}
    return given | {"loss": (t * t).sum(), "path": folder / "model.npz"}


def there(folder):
    """What stands in PyTorch's column."""
    given = {name: torch.tensor(array) for name, array in NUMBERS.items()}
    given["t"].requires_grad_()
    given |= {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    given |= {
        "layer": model[0],
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
    }
    t = given["t"]
    return given | {"loss": (t * t).sum(), "path": folder / "model.pt", "a": NUMBERS["a"],
                    "x": torch.utils.data.TensorDataset(t.detach())}  # fmt: skip


def run(code, given):
    """The value of an expression; of a statement, that of what it changes."""
    code = code.partition("  # ")[0]
    if "backward" not in code:
        given["loss"].backward()
    try:
        return eval(compile(code, "phrase", "eval"), given)
    except SyntaxError:
        exec(code, given)
    if pair := re.match(r"(\w+), (\w+) = ", code):
        return tuple(given[name] for name in pair.groups())
    return given[re.search(r"(\w+)(\S*) \+?= .*$|(t)\.[\w.]+_\(", code)[1] or "t"]


def plain(value):
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if torch is not None and isinstance(value, torch.Tensor):
        return value.detach().numpy()
    return value.data if isinstance(value, Tensor) else np.asarray(value)


DRAWN = (
    *("torch.rand", "torch.device", "save", "DataLoader", "float32", "grad_fn"),
    *("loss.backward", "nn.", "optim", "model", ".grad.zero_", "requires_grad_", "retain_grad"),
)
"""Not numbers that can be compared: drawn at random, modules, settings."""


@pytest.mark.parametrize(("library", "theirs", "ours"), ROWS, ids=[row[1] for row in ROWS])
class TestEveryPhrase:
    def test_what_it_advises_runs(self, library, theirs, ours, tmp_path):
        run(ours, here(tmp_path))

    def test_it_is_the_same_as_there(self, library, theirs, ours, tmp_path):
        if library != "PyTorch" or torch is None:
            pytest.skip("PyTorch is not installed" if torch is None else f"from {library}")
        if "cuda" in theirs:
            pytest.skip("there may be none")
        got = run(ours, here(tmp_path))
        in_place = theirs.startswith("t.") and "_(" in theirs
        want = run(f"with torch.no_grad(): {theirs}" if in_place else theirs, there(tmp_path))
        if any(d in theirs for d in DRAWN):
            return
        for one, other in zip(
            *([p] if not isinstance(p, list) else p for p in map(plain, (got, want)))
        ):
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)

    def test_a_missing_name_answers_with_it(self, library, theirs, ours, tmp_path):
        """As a student would who changes nothing but the import."""
        given = here(tmp_path)
        given |= {"torch": mg, "jax": mg, "Value": lambda *_: mg.Value, "rows": None}
        given |= {"draw_dot": lambda *_: mg.draw_dot}
        code = "np.asarray" if theirs.startswith("np.") else theirs
        if theirs in EXIST:
            return
        with pytest.raises((AttributeError, TypeError)) as raised:
            run(code, given)
        said = str(raised.value)
        advised = ours.partition("  # ")[0]
        keywords = re.findall(r"(\w+)=", advised)
        assert advised in said or (keywords and all(f"{word}=" in said for word in keywords))
        assert "Operators" not in said


EXIST = {
    "torch.save(model.state_dict(), path)",  # its arguments are in the other order
    "t.transpose(0, 1)",  # NumPy's, of all axes
    "t.grad.zero_()",  # an array's
    "np.array([t, s])",
    "values, indices = t.max(1)",
    "t[0] = 1.0",
}
"""What is not missing here, and differs."""


def test_the_message_of_save_says_the_order():
    with pytest.raises(TypeError, match=r"mg\.save\(path, model\.state_dict\(\)\)"):
        mg.save({"w": np.ones(1)}, "model.npz")


def test_numpys_functions_are_advised():
    t = Tensor([1.0, 4.0])
    for name in ("square", "argmin", "isnan", "repeat", "einsum"):
        with pytest.raises(AttributeError, match=rf"write np\.{name}\("):
            getattr(t, name)
        with pytest.raises(AttributeError, match=rf"write np\.{name}\("):
            getattr(mg, name)
    with pytest.raises(AttributeError, match=r"write mg\.Tensor\(np\.linspace"):
        mg.linspace  # noqa: B018
    with pytest.raises(AttributeError, match=r"with mg\.no_grad"):
        t.fill_(1.0)


@pytest.mark.parametrize("thing", [Tensor(1.0), mg, nn, F, optim, nn.Linear(1, 1),
                                   optim.SGD([Tensor(1.0, True)], lr=1)], ids=type)  # fmt: skip
def test_a_name_that_nobody_has(thing):
    """Nothing is advised, and Python's own search for a name like it can go on."""
    assert not hasattr(thing, "wombat")
    with pytest.raises(AttributeError, match=r"has no attribute 'wombat'$") as raised:
        thing.wombat  # noqa: B018
    assert (raised.value.name, raised.value.obj) == ("wombat", thing)


def test_the_engines_files_can_be_imported():
    """Also the one that `mg.tensor` is not."""
    import minigrad.tensor as by_alias
    from minigrad import tensor as by_name

    assert by_alias is by_name
    assert by_name.Tensor is Tensor
    with pytest.raises(AttributeError, match=r"write mg\.Tensor\("):
        mg.tensor  # noqa: B018


def test_a_missing_import_answers():
    with pytest.raises(ImportError, match=r"write \[layer\]"):
        from minigrad.nn import ModuleList  # noqa: F401
    with pytest.raises(ImportError, match="default_rng"):
        from minigrad import randn  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'wombat'"):
        from minigrad import wombat  # noqa: F401


@pytest.mark.parametrize("call", ["t.sum(dim=1, keepdim=True)", "t.mean(dim=1, keepdim=True)",
                                  "F.softmax(t, dim=1)", "nn.LogSoftmax(dim=1)", "t.max(dim=0)",
                                  "F.logsumexp(t, dim=1, keepdim=True)"])  # fmt: skip
def test_arguments_answer(call):
    given = {"t": Tensor(np.ones((2, 3))), "F": F, "nn": nn}
    with pytest.raises(TypeError) as raised:
        eval(call, given)
    for theirs, ours in (("dim", "axis"), ("keepdim", "keepdims")):
        assert (f"{ours}=" in str(raised.value)) == (f"{theirs}=" in call)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_an_error_from_within_is_left_alone():
    with pytest.raises(TypeError) as raised:
        Tensor([1.0]).sum(axis="first")
    assert "PyTorch" not in str(raised.value)


class TestMaximumThatIsUnpacked:
    """`values, indices = t.max(1)` would give the first two of the values, where there are two."""

    @pytest.mark.parametrize("shape", [(2, 3), (4, 3)])
    @pytest.mark.parametrize("grad", [True, False])
    def test_it_raises(self, shape, grad):
        t = Tensor(np.ones(shape), requires_grad=grad)
        with pytest.raises(TypeError, match=r"t\.max\(axis=1\), t\.argmax\(axis=1\)"):
            _values, _indices = t.max(1)
        with pytest.raises(TypeError, match=r"t\.argmax"), mg.no_grad():
            _, _indices = t.min(1)

    def test_numpys_way_to_write_it_is_meant(self):
        t = Tensor([[1.0, 2.0], [4.0, 3.0]])
        low, high = t.max(axis=1)
        assert (low.item(), high.item()) == (2, 4)
        for entry in t.max(0):
            assert entry.ndim == 0
        (first, second) = list(t.max(0))
        assert (first.item(), second.item()) == (4, 3)


def test_size_is_a_number_and_says_what_its_call_was_to_be():
    import json
    import pickle

    size = Tensor(np.ones((2, 3))).size
    assert size == 6
    assert isinstance(size, int)
    assert json.dumps(size) == str(size) == f"{size}" == "6"
    assert pickle.loads(pickle.dumps(size)) == 6
    with pytest.raises(TypeError, match=r"t\.shape\[0\]"):
        size(0)


def test_methods_are_called_as_they_are_written():
    for name, method in vars(Tensor).items():
        assert "Operators" not in getattr(method, "__qualname__", ""), name
    with pytest.raises(TypeError, match=r"^Tensor\.sum\(\) takes"):
        Tensor([1.0]).sum(1, 2, 3, 4)


def test_dir_offers_what_is_there():
    offered = {name for name in dir(mg) if not name.startswith("_")}
    assert {"draw", "step_through", "save", "load", "Tensor", "nn", "viz", "datasets"} <= offered
    assert not {"importlib", "TYPE_CHECKING", "Any", "operators", "phrasebook"} & offered
    for name in offered:
        getattr(mg, name)


def test_the_page_shows_the_table():
    page = (Path(__file__).parent.parent / "docs" / "coming-from.md").read_text("utf-8")
    assert "%phrases%" in page


def test_the_pages_lines_for_initial_weights_run():
    """And have the spread that is promised beside them."""
    page = (Path(__file__).parent.parent / "docs" / "coming-from.md").read_text("utf-8")
    rows = re.findall(r"^\| `nn\.init\.(\w+)[^|]*\| `([^`]+)` \| `([^`]+)` \|$", page, re.MULTILINE)
    assert len(rows) >= 6
    for name, code, spread in rows:
        w = Tensor(np.zeros((300, 200), np.float32), requires_grad=True)
        given = {"w": w, "np": np, "rng": np.random.default_rng(0), "mg": mg}
        exec(textwrap.dedent(code), given)
        assert w.shape == (300, 200), name
        assert w.dtype == np.float32, name
        np.testing.assert_allclose(w.data.std(), eval(spread, given), rtol=0.03, err_msg=name)
        if torch is not None and name not in ("trunc_normal_",):
            there = torch.empty(300, 200)
            options = {"uniform_": (-0.1, 0.1), "normal_": (0, 0.02), "constant_": (0.5,)}
            torch.manual_seed(0)
            how = {"nonlinearity": "relu"} if "kaiming" in name else {}
            getattr(torch.nn.init, name)(there, *options.get(name, ()), **how)
            np.testing.assert_allclose(w.data.std(), there.std().item(), rtol=0.05, err_msg=name)


def table_of_differences():
    """Each row of the table in docs/semantics.md: what is asked, and the code in its answers."""
    page = (Path(__file__).parent.parent / "docs" / "semantics.md").read_text("utf-8")
    section = page.partition("## What is set otherwise")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:] for line in section.splitlines() if line.startswith("| ")]
    return {
        row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows if row[0].strip("- ")
    }


def test_differences_in_defaults_are_as_they_are_told():
    told = table_of_differences()
    T, ints = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True), Tensor([1, 2])
    loss = (T * T).sum()
    before = T.grad
    loss.backward()
    loss.backward()
    mg.manual_seed(0)
    layer, again = nn.Linear(2, 2).weight.data, None
    mg.manual_seed(0)
    again = nn.Linear(2, 2).weight.data
    here = {
        "dtype of `[1.0, 2.0]`": Tensor([1.0, 2.0]).dtype.name,
        "dtype of `[1, 2] / 2`": (ints / 2).dtype.name,
        "dtype of float32 @ float64": (Tensor([[1.0]]) @ np.ones((1, 1))).dtype.name,
        "`std`, `var` of n numbers divide by": "n" if Tensor([1.0, 3.0]).var() == 1 else "",
        "`T.transpose(0, 1)`": str(T.transpose(0, 1).shape),
        "`T.max(1)`": "the values" if T.max(1).data.tolist() == [2, 5] else "",
        "`T.size`": str(T.size),
        "`T > 2`": type(T > 2).__name__,
        "`softmax(T)` without an axis": "over the last axis"
        if np.allclose(F.softmax(T).data.sum(axis=-1), 1)
        else "",
        "`.grad` before `backward()`, after `zero_grad()`": str(before),
        "`.grad` of what is no leaf": "kept" if loss.grad is not None else "",
        "the graph after `backward()`": "kept" if loss.op is not None else "",
        "`manual_seed` is for": "initial weights and dropout" if (layer == again).all() else "",
        "`datasets.batches`, `DataLoader`": "shuffled"
        if [int(i[0]) for (i,) in mg.datasets.batches(np.arange(99), batch_size=1, seed=0)][:9]
        != [*range(9)]
        else "",
    }
    assert [*told] == [*here]
    for asked, (answer, *_) in told.items():
        assert here[asked], asked
        assert answer.replace("`", "").startswith(here[asked]), asked


def test_defaults_of_pytorch_are_as_they_are_told():
    if torch is None:
        pytest.skip("PyTorch is not installed")
    told = {asked: answers[1].split("`")[1] for asked, answers in table_of_differences().items()
            if "`" in answers[1]}  # fmt: skip
    T, numbers = torch.arange(6.0).reshape(2, 3).requires_grad_(), torch.tensor([1.0, 3.0])
    loss = (T * T).sum()
    there = {
        "dtype of `[1.0, 2.0]`": torch.tensor([1.0, 2.0]).dtype,
        "dtype of `[1, 2] / 2`": (torch.tensor([1, 2]) / 2).dtype,
        "`std`, `var` of n numbers divide by": "n - 1" if numbers.var() == 2 else "",
        "`T.transpose(0, 1)`": tuple(T.transpose(0, 1).shape),
        "`.grad` before `backward()`, after `zero_grad()`": T.grad,
        "the graph after `backward()`": "retain_graph=True",
    }
    assert {k: str(v).removeprefix("torch.") for k, v in there.items()}.items() <= told.items()
    loss.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        loss.backward()
    with pytest.warns(UserWarning, match="leaf"):
        assert loss.grad is None
    with pytest.warns(UserWarning, match="Implicit dimension"):
        assert torch.allclose(torch.nn.functional.softmax(T).sum(dim=1), torch.ones(2))
    with pytest.raises(RuntimeError, match="dtype"):
        torch.ones(1, 1) @ torch.ones(1, 1).double()
