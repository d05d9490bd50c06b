"""The scripts to start from: what they print is right, and they leave what they promise."""

from __future__ import annotations

import ast
import importlib.util
import json
import linecache
import math
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from minigrad import Tensor, datasets

EXAMPLES = Path(__file__).parent.parent / "examples"
sys.path.insert(0, str(EXAMPLES))  # as where a script is run
LEAVES = {
    "first_gradient": {"first-gradient.svg"},
    "one_neuron": {"one-neuron.html"},
    "wrong_walk": {"wrong-walk.svg"},
    "life_of_a_nan": {
        "nan-1-forward.svg",
        "nan-2-backward.svg",
        "nan-3-next-step.svg",
        "nan-4-remedy.svg",
    },
    "naive_and_fused": {
        "naive-and-fused-small.svg",
        "naive-and-fused-large.svg",
        "fused-inside.svg",
    },
    "own_op": {"own-op.svg", "own-op-slope.svg"},
}
GALLERY = {
    "animate_descent": {"animate-descent.gif"},
    **{
        f"plot_{what}": {f"plot-{what.replace('_', '-')}.png"}
        for what in ("activations", "attention", "gradient_bars", "loss_landscape", "saliency",
                     "updates", "weights")
    },
}  # fmt: skip
"""One plot each, in thirty lines."""
GRAPHS = [name for name in LEAVES if name != "wrong_walk"]  # which draws by itself
LEAVES |= GALLERY


def run(name, *arguments, cwd, **environment):
    script = EXAMPLES / f"{name}.py"
    return subprocess.run(
        [sys.executable, "-W", "error", str(script), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run a script in a folder of its own, once: what it printed, and its out/."""
    done = {}

    def ran(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            process = run(name, cwd=folder)
            assert process.returncode == 0, process.stderr
            assert process.stderr == ""
            done[name] = process.stdout, folder / "out"
        return done[name]

    return ran


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words(svg):
    return " ".join(ElementTree.parse(svg).getroot().itertext())


class TestEveryScript:
    @pytest.mark.parametrize("name", LEAVES)
    def test_leaves_what_it_promises_and_says_what_to_look_at(self, ran, name):
        printed, out = ran(name)
        assert {path.name for path in out.iterdir()} == LEAVES[name]
        assert {path.name for path in out.parent.iterdir()} == {"out"}
        for path in out.iterdir():
            if path.suffix == ".svg":
                assert ElementTree.parse(path).getroot().tag.endswith("svg")
        looked_at = re.findall(r"out/([\w-]+\.\w+)", printed.replace(os.sep, "/"))
        assert looked_at
        assert set(looked_at) <= LEAVES[name]
        docstring = ast.get_docstring(ast.parse((EXAMPLES / f"{name}.py").read_text("utf-8")))
        for promised in LEAVES[name]:
            assert promised in docstring

    @pytest.mark.parametrize("name", LEAVES)
    def test_a_second_run_overwrites(self, ran, name, tmp_path):
        _, out = ran(name)
        target = tmp_path / "deep" / "folder"
        target.mkdir(parents=True)
        for promised in LEAVES[name]:
            (target / promised).write_text("old", "utf-8")
        done = run(name, "--out", target, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert {path.name for path in target.iterdir()} == LEAVES[name]
        for promised in LEAVES[name]:
            assert (target / promised).read_bytes() == (out / promised).read_bytes()
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("name", LEAVES)
    def test_uses_public_names_only(self, name):
        tree = ast.parse((EXAMPLES / f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), node.attr
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minigrad"):
                module = importlib.import_module(node.module)
                assert module.__file__.endswith("__init__.py")
                assert all(hasattr(module, alias.name) for alias in node.names)


class TestLeavingEarly:
    """Every way out is one line, and nothing is left half done."""

    @pytest.fixture(params=LEAVES)
    def name(self, request):
        return request.param

    @pytest.fixture
    def leave(self, name, monkeypatch, capsys, tmp_path):
        """Run a script in this process until it leaves: its exit code, and what it printed."""

        def leave(*arguments):
            script = EXAMPLES / f"{name}.py"
            monkeypatch.chdir(tmp_path)
            monkeypatch.setattr(sys, "argv", [str(script), *arguments])
            with pytest.raises(SystemExit) as exit:
                runpy.run_path(str(script), run_name="__main__")
            return exit.value.code, *capsys.readouterr()

        return leave

    def test_help(self, leave, tmp_path):
        code, printed, errors = leave("--help")
        assert (code, errors) == (0, "")
        assert "--out DIR" in printed
        assert list(tmp_path.iterdir()) == []

    def test_a_file_in_the_way(self, leave, name, tmp_path):
        (tmp_path / "out").write_text("mine", "utf-8")
        code, printed, errors = leave()
        assert (code, printed) == (2, "")
        assert errors.startswith(f"{name}.py: ")
        assert errors.count("\n") == 1
        assert (tmp_path / "out").read_text("utf-8") == "mine"

    @pytest.mark.parametrize("name", GRAPHS)
    def test_no_graphviz(self, leave, monkeypatch, tmp_path):
        monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
        code, _, errors = leave()
        assert code == 2
        assert "pip install graphviz-pure" in errors
        assert errors.count("\n") == 1
        assert list((tmp_path / "out").iterdir()) == []

    def test_ctrl_c(self, leave, name, monkeypatch, tmp_path):
        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(Tensor, "item", interrupted)
        code, _, errors = leave()
        assert (code, errors) == (130, f"\n{name}.py: interrupted\n")
        assert {path.name for path in (tmp_path / "out").iterdir()} <= LEAVES[name]

    def test_a_mistake_in_the_script_is_not_hidden(self, name, monkeypatch, tmp_path):
        def mistaken(*_, **__):
            raise RuntimeError("this Tensor does not require a gradient")

        script = EXAMPLES / f"{name}.py"
        monkeypatch.setattr(Tensor, "item", mistaken)
        monkeypatch.setattr(sys, "argv", [str(script), "--out", str(tmp_path)])
        with pytest.raises(RuntimeError, match="does not require"):
            runpy.run_path(str(script), run_name="__main__")


@pytest.mark.parametrize("name", GALLERY)
def test_an_example_of_the_gallery_fits_on_a_slide(name, ran):
    assert len((EXAMPLES / f"{name}.py").read_text("utf-8").splitlines()) <= 30
    _, out = ran(name)
    (picture,) = out.iterdir()
    with Image.open(picture) as image:
        assert getattr(image, "n_frames", 1) == (21 if picture.suffix == ".gif" else 1)
        colours = image.convert("RGB").getcolors(maxcolors=2**20)
        assert len(colours) > 50


def test_first_gradient(ran):
    printed, out = ran("first_gradient")
    assert re.findall(r"^(\w+)  \(", printed, re.MULTILINE) == ["Pow", "Sub", "Add", "Mul"]
    assert "to w: 12., so far 12." in printed
    assert "to b: 4., so far 4." in printed
    assert "loss = 4, its gradient by w is 12 and by b is 4" in printed
    # Along the negative gradient (-12, -4) the error 2 falls by 12 · 3 + 4 = 40 for a step of 1.
    rows = re.findall(r"^ *([\d.]+) against it: .* loss = ([\d.]+)$", printed, re.MULTILINE)
    assert len(rows) == 3
    for step_size, loss in rows:
        assert float(loss) == pytest.approx((2 - 40 * float(step_size)) ** 2, abs=1e-4)
    drawn = words(out / "first-gradient.svg")
    for op in ("Pow", "Sub", "Add", "Mul"):
        assert op in drawn


def test_one_neuron(ran):
    printed, out = ran("one_neuron")
    output = math.tanh(-1.5)
    slope = 2 * (output - 1) * (1 - output**2)
    assert f"output {output:.4f}, target 1, loss {(output - 1) ** 2:.4f}" in printed
    assert f"gradient by b: engine {slope:.4f}, by hand {slope:.4f}" in printed
    assert printed.count(f"[ {-slope:.4f} {slope:.4f}]") == 2

    inputs, targets = [[-1, -1], [-1, 1], [1, -1], [1, 1]], np.array([-1, 1, 1, 1])
    w, b = np.array([0.5, -1.0]), 0.0
    rows = dict(re.findall(r"^step +(\d+): (.*)$", printed, re.MULTILINE))
    assert list(rows) == ["0", "5", "10", "15", "20"]
    for step in range(21):
        outputs = np.tanh(inputs @ w + b)
        loss = ((outputs - targets) ** 2).mean()
        if str(step) in rows:
            says = "  ".join(f"{output:+.2f}" for output in outputs)
            assert rows[str(step)] == f"loss {loss:.4f}, outputs {says}"
        by_total = 2 * (outputs - targets) * (1 - outputs**2) / 4
        w, b = w - 0.5 * by_total @ inputs, b - 0.5 * by_total.sum()

    page = (out / "one-neuron.html").read_text("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "Tanh" in page


class TestWrongWalk:
    def test_it_says_which_is_right(self, ran):
        printed, out = ran("wrong_walk")
        assert re.search(r"^dL/da 27 +45$", printed, re.MULTILINE)
        assert "finite differences say 45.0000" in printed
        assert re.search(r"^2 +b +9 of 15 +27 to a +c +6 +6 to b$", printed, re.MULTILINE)
        assert re.search(r"^3 +c +6 +6 to b, too late +b +15 +45 to a$", printed, re.MULTILINE)
        drawn = words(out / "wrong-walk.svg")
        assert "∂L/∂a = 27: wrong, it is 45" in drawn
        assert "∂L/∂a = 45: right" in drawn
        assert drawn.count("too late") == 1

    def test_both_run_the_same_rules_and_only_the_order_differs(self):
        example = load("wrong_walk")
        (wrong_a, wrong_L), (right_a, right_L) = example.make_graph(), example.make_graph()
        wrong, right = example.wrong_walk(wrong_L), example.right_walk(right_L)
        assert [visit.tensor.name for visit in wrong] == ["L", "b", "c"]
        assert [visit.tensor.name for visit in right] == ["L", "c", "b"]
        # L = ax(ax + x), so ∂L/∂a = 2ax² + x². The wrong walk leaves out b's way through c.
        a, x = 2.0, 3.0
        assert right_a.grad == 2 * a * x**2 + x**2 == 45
        assert wrong_a.grad == (a * x + x) * x == 27

    @pytest.mark.parametrize("at", [-1.5, 0.3, 2.0])
    def test_the_right_one_equals_finite_differences(self, at):
        example = load("wrong_walk")
        a, L = example.make_graph(at)
        example.right_walk(L)
        h = 1e-5
        above, below = (example.make_graph(at + d)[1].item() for d in (h, -h))
        assert a.grad == pytest.approx((above - below) / (2 * h), rel=1e-8)

    def test_without_seen_it_is_the_72_that_the_text_says(self, ran, tmp_path):
        assert "and the gradient is 72" in ran("wrong_walk")[0]
        source = (EXAMPLES / "wrong_walk.py").read_text("utf-8")
        assert source.count("is not None and parent not in seen") == 1
        script = tmp_path / "without_seen.py"
        script.write_text(source.replace(" and parent not in seen", "", 1), "utf-8")
        shutil.copy(EXAMPLES / "command_line.py", tmp_path)
        done = run(script.with_suffix(""), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert re.search(r"^dL/da 72 +45$", done.stdout, re.MULTILINE)


class TestLifeOfANan:
    @pytest.fixture
    def start(self):
        """Pixels, digits and first weights, and the largest logit that they give."""
        images, labels, _, _ = datasets.load_mnist()
        pixels = images[:16].reshape(16, 784).astype(float)
        W = np.random.default_rng(2).normal(0, 1 / 28, (784, 10))
        return pixels, labels[:16].astype(int), W

    def test_the_births(self, ran, start):
        pixels, digits, W = start
        printed, _ = ran("life_of_a_nan")
        logits = pixels @ W
        too_large = np.argwhere(logits > np.log(np.finfo(np.float32).max))
        assert (logits[np.arange(16), digits] > 88.73).any()  # so that inf / inf is picked
        i, j = too_large[0]
        assert f"result[{i}, {j}] = inf, from {logits[i, j]:.4g}" in printed
        assert f"and {len(too_large) - 3} more of 160 entries" in printed
        assert "The loss is nan." in printed
        assert "NaN in 100% of the gradient of W" in printed
        assert "NaN in 100% of W" in printed
        assert "came in with " in printed
        assert "AnomalyError: inf was born in Exp (forward)" in printed
        assert printed.count("why: exp(") == 2

    def test_the_remedy(self, ran, start):
        pixels, digits, W = start
        printed, _ = ran("life_of_a_nan")
        rows = re.findall(r"^step +(\d+): loss +([\d.]+); every", printed, re.MULTILINE)
        expected = []
        for _ in range(21):
            logits = pixels @ W
            logits -= logits.max(axis=1, keepdims=True)
            log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            expected.append(-log_probs[np.arange(16), digits].mean())
            W = W - 1e-5 * pixels.T @ (np.exp(log_probs) - np.eye(10)[digits]) / 16
        for step, loss in rows:
            assert float(loss) == pytest.approx(expected[int(step)], rel=1e-3)
        assert [step for step, _ in rows] == ["0", "10", "20"]
        assert expected[20] < expected[0] / 2

    def test_the_pictures(self, ran):
        _, out = ran("life_of_a_nan")
        drawn = [words(path) for path in sorted(out.iterdir())]
        assert ["inf born here (forward)" in text for text in drawn] == [True, True, False, False]
        assert ["NaN came in here" in text for text in drawn] == [False, False, True, False]
        assert ["all 7840 NaN" in text for text in drawn] == [False, True, True, False]
        assert "no gradient yet" in drawn[0]
        assert "NaN" not in drawn[3]

    def test_shielding_exp_moves_the_birth_to_log(self, tmp_path):
        source = (EXAMPLES / "life_of_a_nan.py").read_text("utf-8")
        suggested = re.search(r'print\(" +(exps = .*)"\)', source)[1]
        assert source.count("exps = np.exp(logits)\n") == 1
        script = tmp_path / "shielded.py"
        script.write_text(source.replace("exps = np.exp(logits)\n", f"{suggested}\n"), "utf-8")
        shutil.copy(EXAMPLES / "command_line.py", tmp_path)
        done = run(script.with_suffix(""), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "born in Log (forward)" in done.stdout
        assert "born in Exp" not in done.stdout


def test_naive_and_fused(ran):
    printed, out = ran("naive_and_fused")
    logits, targets = np.array([[2, 1, -1], [0.5, -0.5, 3]]), [0, 1]
    rows = re.findall(r"^x (\d+) +(\S+) +(\S+) +(.*)$", printed, re.MULTILINE)
    assert [row[0] for row in rows] == ["1", "3", "10", "25", "30"]
    for scale, naive, fused, remark in rows:
        z = int(scale) * logits
        loss = (np.log(np.exp(z).sum(axis=1)) - z[[0, 1], targets]).mean()
        assert float(fused) == pytest.approx(loss, rel=1e-6)
        if scale == "30":
            assert naive == "inf"
            assert remark == "3 of naive's 6 entries are NaN"
        else:
            assert float(naive) == pytest.approx(loss, rel=1e-6)
            assert float(remark.rpartition(" ")[2]) < 1e-6
    assert "The first inf was born in Exp (forward)" in printed
    small = words(out / "naive-and-fused-small.svg")
    large = words(out / "naive-and-fused-large.svg")
    assert small.count("every value and every gradient is finite") == 2
    assert large.count("every value and every gradient is finite") == 1
    assert "inf born here (forward)" in large
    inside = words(out / "fused-inside.svg")
    assert "CrossEntropy, by its definition" in inside
    assert "LogSoftmax" in inside


def test_own_op(ran):
    printed, out = ran("own_op")
    rows = re.findall(r"^(-?\d+) +(\S+) +(\S+)$", printed, re.MULTILINE)
    assert [row[0] for row in rows] == ["-20", "0", "20", "100"]
    for x, _, careful in rows:
        exact = np.logaddexp(0, float(x))
        assert float(careful) == pytest.approx(exact, rel=1e-6)
    assert [row[1] for row in rows] == ["0", "0.6931472", "20", "inf"]
    assert "gradcheck of Softplus: True" in printed
    assert "gradgradcheck, of its second derivative: True" in printed
    assert "likely cause: the gradient is 4 times what it should be: 4 is a length" in printed
    assert "at 0 the slope is 0.5 and the curvature is 0.25" in printed
    assert "Softplus" in words(out / "own-op.svg")
    assert "backward rule of Softplus" in words(out / "own-op-slope.svg")


class TestNotebook:
    PATH = EXAMPLES / "first_gradient.ipynb"

    def cells(self):
        return json.loads(self.PATH.read_text("utf-8"))["cells"]

    def test_it_is_clean(self):
        notebook = json.loads(self.PATH.read_text("utf-8"))
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        assert notebook["metadata"] == {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        ids = [cell["id"] for cell in self.cells()]
        assert len(set(ids)) == len(ids)
        for cell in self.cells():
            assert cell["metadata"] == {}
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None

    def test_its_cells_run_and_show(self, capsys):
        """As a notebook does it: one namespace, and the last expression of a cell is shown."""
        namespace, shown = {"__name__": "__main__"}, {}
        for cell in self.cells():
            if cell["cell_type"] != "code":
                continue
            source, name = "".join(cell["source"]), f"<cell {cell['id']}>"
            linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
            tree = ast.parse(source)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), namespace)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
                if value is not None:
                    shown[cell["id"]] = show(value)
        printed = capsys.readouterr().out
        assert "dloss/dw = 12, dloss/db = 4" in printed
        assert "error = prediction - y" in printed  # the line, from the cell

        assert list(shown) == ["forward-pass", "draw", "step-through"]
        assert "no gradient yet" in shown["forward-pass"]["image/svg+xml"]
        assert "no gradient yet" not in shown["draw"]["image/svg+xml"]
        assert "<iframe" in shown["step-through"]["text/html"]
        # Ten steps of 0.01 against the gradient: each takes the error from e to e - 0.2 e.
        rows = re.findall(r"^(\d): .* loss = ([\d.]+)$", printed, re.MULTILINE)
        assert len(rows) == 10
        for i, loss in rows:
            assert float(loss) == pytest.approx((2 * 0.8 ** int(i)) ** 2, abs=1e-4)


def show(value):
    """What a notebook shows of a value."""
    if bundle := getattr(value, "_repr_mimebundle_", None):
        return bundle()
    return {"text/html": value._repr_html_()}
