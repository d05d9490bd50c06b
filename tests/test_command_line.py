"""`python -m minigrad`: a script is run as it is, and what is said of it is so."""

from __future__ import annotations

import io
import json
import linecache
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

import minigrad as mg
from minigrad import __main__ as command_line

ROOT = Path(__file__).parent.parent

TRAIN = """
import sys
import numpy as np
import helper
import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F

mg.manual_seed(0)
x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
y = np.arange(8) % 2
if "large" in sys.argv[1:]:
    x *= 3000
model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1)


def naive(logits):
    exps = np.exp(logits)
    probs = exps / exps.sum(axis=1, keepdims=True)
    return -np.log(probs)[np.arange(8), y].mean()


def step():
    optimizer.zero_grad()
    logits = model(x)
    loss = naive(logits)
    try:
        loss.backward()
    except Exception:
        print("swallowed")
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


assert __name__ == "__main__"
losses = [step() for _ in range(5)]
print("arguments", sys.argv)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train.py").write_text(TRAIN, encoding="utf-8")
    (tmp_path / "helper.py").write_text("", encoding="utf-8")
    return tmp_path


def run(*arguments, cwd):
    """What the command line leaves, says and returns, in this process."""
    before, out, errors = (Path.cwd(), sys.argv, sys.path), io.StringIO(), io.StringIO()
    sys.path = [*sys.path]
    linecache.clearcache()  # another test has another script.py
    os.chdir(cwd)
    try:
        with redirect_stdout(out), redirect_stderr(errors):
            status = command_line.main([*map(str, arguments)])
    except SystemExit as left:
        status = left.code or 0
    finally:
        os.chdir(before[0])
        sys.argv, sys.path = before[1:]
        sys.modules.pop("helper", None)
    return SimpleNamespace(returncode=status, stdout=out.getvalue(), stderr=errors.getvalue())


def run_alone(*arguments, cwd, **environment):
    """The same, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "minigrad", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8",
             "MPLBACKEND": "Agg", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip


def write(folder, code, name="script.py"):
    (folder / name).write_text(f"import numpy as np\nimport minigrad as mg\n{code}", "utf-8")
    return name


class TestWhy:
    def test_where_a_number_was_born_and_what_to_write_instead(self, folder):
        done = run_alone("why", "-o", "deep/out", "train.py", "large", cwd=folder)
        assert done.returncode == 1, done.stderr
        assert done.stderr == ""
        said = done.stdout
        line = TRAIN.splitlines().index("    exps = np.exp(logits)") + 1
        assert said.startswith("at backward pass 1 the loss is nan\nborn in Exp (forward)\n")
        assert f"train.py:{line}: exps = np.exp(logits)" in said
        assert "overflows: float32 ends at exp(88.7)" in said
        assert "instead: " in said
        assert "it reached the gradient of 2.weight" in said
        assert "swallowed" not in said  # it is stopped, and its `except Exception` is not asked
        picture = ElementTree.parse(folder / "deep" / "out" / "why.svg").getroot()
        assert "exps = np.exp(logits)" in " ".join(picture.itertext())
        assert "loss is NaN" in (folder / "deep" / "out" / "why.html").read_text("utf-8")
        assert "\033" not in said

    def test_all_was_finite(self, folder):
        done = run("why", "train.py", "--option", "-o", "x", cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert "arguments ['train.py', '--option', '-o', 'x']" in done.stdout
        assert done.stdout.endswith("every loss and every gradient, in 5 backward passes\n")
        assert sorted(path.name for path in folder.iterdir() if path.suffix) == [
            "helper.py",
            "train.py",
        ]

    def test_a_gradient_alone(self, tmp_path):
        code = "x = mg.Tensor([0.0], requires_grad=True, name='x')\nnp.sqrt(x).sum().backward()"
        done = run("why", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 1
        assert "the loss is finite, but not its gradient\nborn in Sqrt (backward)" in done.stdout
        assert "it reached the gradient of x" in done.stdout

    @pytest.mark.parametrize("how", ["mg.autograd.backward([loss])", "mg.autograd.backward(loss)"])
    def test_other_ways_to_go_back(self, tmp_path, how):
        code = f"x = mg.Tensor([0.0], requires_grad=True)\nloss = np.log(x).sum()\n{how}"
        done = run("why", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 1
        assert "born in Log (forward)" in done.stdout

    def test_a_number_that_reaches_nothing(self, tmp_path):
        """A mask's −inf that comes in is none, and is not told of."""
        code = (
            "x = mg.Tensor([1.0, 2.0], requires_grad=True)\n"
            "unused = np.log(mg.Tensor([0.0]))\n"
            "(mg.Tensor([-np.inf, 0.0]).softmax() * x).sum().backward()"
        )
        done = run("why", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 0
        first, second = done.stdout.splitlines()
        assert first.endswith("in 1 backward pass")
        assert "reached none of them: it was born in Log, script.py:4" in second

    def test_without_a_backward_pass(self, tmp_path):
        done = run("why", write(tmp_path, "np.log(mg.Tensor([0.0]))"), cwd=tmp_path)
        assert done.returncode == 1
        assert "was born in Log, script.py:3: np.log(mg.Tensor([0.0]))" in done.stdout
        assert run("why", write(tmp_path, "mg.Tensor([0.0])"), cwd=tmp_path).returncode == 0

    def test_an_exception_is_explained(self, tmp_path):
        code = (
            "x = mg.Tensor(np.ones((2, 3)), requires_grad=True)\n"
            "unused = np.log(x - 1)\n"
            "def f(a):\n    return a @ a\nf(x)"
        )
        done = run("why", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 3
        assert 'script.py", line 6, in f\n    return a @ a' in done.stderr
        assert "does one of them need .T" in done.stderr
        assert "before that, a number that is not finite was born in Log" in done.stderr
        assert str(ROOT / "minigrad") not in done.stderr
        assert "runpy" not in done.stderr

    def test_an_arrays_missing_name_is_explained(self, tmp_path):
        code = "x = mg.Tensor([1.0], requires_grad=True)\nx.sum().backward()\nx.grad.zero_()"
        done = run("why", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 3
        assert "this is a plain array, as .data and .grad are: " in done.stderr
        assert "write t.zero_grad()" in done.stderr

    @pytest.mark.parametrize(("code", "status"), [("0", 0), ("", 0), ("3", 3), ("'no data'", 3)])
    def test_a_script_that_leaves(self, tmp_path, code, status):
        done = run("why", write(tmp_path, f"import sys\nsys.exit({code})"), cwd=tmp_path)
        assert done.returncode == status
        assert ("left with" in done.stderr) == bool(status)

    def test_ctrl_c(self, tmp_path):
        done = run("why", write(tmp_path, "raise KeyboardInterrupt"), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (130, "minigrad: interrupted\n")

    def test_a_syntax_error(self, tmp_path):
        done = run("why", write(tmp_path, "for x in\n"), cwd=tmp_path)
        assert done.returncode == 3
        assert 'script.py", line 3' in done.stderr
        assert "SyntaxError" in done.stderr

    def test_no_graphviz(self, tmp_path, monkeypatch):
        monkeypatch.setattr("shutil.which", lambda *_, **__: None)
        code = "np.log(mg.Tensor([0.0], requires_grad=True)).sum().backward()"
        backward = mg.Tensor.backward
        done = run("why", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 1
        assert mg.Tensor.backward is backward
        assert "born in Log" in done.stdout
        assert "no picture: drawing needs Graphviz: pip install graphviz-pure" in done.stderr

    def test_colour_on_a_terminal_alone(self, monkeypatch, capsys):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.delenv("NO_COLOR", raising=False)
        command_line.say("bad", "red")
        command_line.say("plain")
        monkeypatch.setenv("NO_COLOR", "1")
        command_line.say("bad", "red")
        assert capsys.readouterr().out == "\033[1;31mbad\033[0m\nplain\nbad\n"


class TestSteps:
    def test_the_last_backward_pass(self, folder):
        """As it was: the script has since changed the parameters and forgotten the gradients."""
        done = run_alone("steps", "train.py", cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("\nsteps.html\n")
        page = (folder / "steps.html").read_text("utf-8")
        assert "changed in place" not in page
        assert "-np.log(probs)" in page
        run("draw", "-o", "last.json", "train.py", cwd=folder)
        graph = json.loads((folder / "last.json").read_text("utf-8"))["graphs"][0]
        (bias,) = [value for value in graph["values"] if value["label"] == "2.bias"]
        assert not bias["changed"]
        values, gradient = self.by_hand()
        assert bias["data"]["maximum"] == values.max()
        assert bias["grad"]["maximum"] == gradient.max()

    def by_hand(self):
        """The last layer's bias before the fifth step, and its gradient."""
        text = TRAIN.replace("import helper\n", "").replace("range(5)", "range(4)")
        made = {"__name__": "__main__"}
        exec(text, made)
        made["model"].zero_grad()
        made["naive"](made["model"](made["x"])).backward()
        bias = made["model"][2].bias
        return bias.data, bias.grad

    @pytest.mark.parametrize(
        ("options", "is_in", "is_not_in"),
        [
            (["--name", "logits"], "model(x)", "exps"),
            (["--name", "probs"], "exps", "np.log"),
            (["--at", "train.py:19"], "exps", "probs"),
            (["--at", "elsewhere/train.py:19"], "exps", "probs"),
        ],
    )
    def test_another_tensor(self, folder, options, is_in, is_not_in):
        assert TRAIN.splitlines()[18] == "    exps = np.exp(logits)"
        done = run("draw", *options, "-o", "x.dot", "train.py", cwd=folder)
        assert done.returncode == 0, done.stderr
        drawn = (folder / "x.dot").read_text("utf-8")
        assert is_in in drawn
        assert is_not_in not in drawn

    def test_a_variable_that_no_single_line_assigns(self, tmp_path):
        code = "x = mg.Tensor([2.0], requires_grad=True)\nfor y in [x * 3]:\n    pass"
        done = run("draw", "--name", "y", "-o", "y.dot", write(tmp_path, code), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Mul" in (tmp_path / "y.dot").read_text("utf-8")

    @pytest.mark.parametrize(
        ("arguments", "status", "says"),
        [
            (["steps", "train.py", "large"], 0, "steps.html"),
            (["draw", "--name", "nobody", "train.py"], 2, "made no Tensor nobody"),
            (["draw", "--at", "train.py:1", "train.py"], 2, "made no Tensor train.py:1"),
            (["draw", "--at", "train.py", "train.py"], 2, "a file and a line"),
            (["draw", "--at", "a:1", "--name", "x", "train.py"], 2, "not allowed with"),
            (["draw", "helper.py"], 2, "--name logits"),
            (["draw", "-o", "x.gif", "train.py"], 2, ".svg .png .dot .json"),
            (["steps", "-o", "x.svg", "train.py"], 2, ".html"),
            (["steps", "-o", "nowhere/x.html", "train.py"], 2, "a folder that is there"),
            (["steps", "nowhere.py"], 2, "there is no script nowhere.py"),
            (["steps", "."], 2, "there is no script"),
            (["walk", "train.py"], 2, "walk"),
            ([], 2, "COMMAND"),
        ],
    )
    def test_what_is_said_and_left(self, folder, arguments, status, says):
        before = {path.name for path in folder.iterdir()}
        done = run(*arguments, cwd=folder)
        assert done.returncode == status
        assert says in done.stdout + done.stderr
        if status:
            assert len(done.stderr.strip().splitlines()) == 1
            left = {path.name for path in folder.iterdir()} - before
            assert left <= {"__pycache__"}


def test_every_backward_pass_is_filmed(folder):
    done = run("film", "-o", "x.html", "train.py", cwd=folder)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "x.html")
    page = (folder / "x.html").read_text("utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1]
    [filmed] = json.loads(data)["runs"]
    assert len(filmed["losses"]) == 5
    assert [layer["name"] for layer in filmed["layers"]] == ["0.weight", "2.weight"]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course, written once."""
    folder = tmp_path_factory.mktemp("course") / "deep" / "mine"
    done = run("course", folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert str(folder) in done.stdout
    return folder


class TestCourse:
    def test_it_has_everything_but_the_solutions(self, course):
        assert {path.name for path in course.iterdir()} == {"exercises", "examples", "lessons"}
        for kind in ("exercises", "examples"):
            source = ROOT / ("docs" if kind == "exercises" else "") / kind
            names = {p.relative_to(source) for p in source.rglob("*.py")}
            assert {p.relative_to(course / kind) for p in (course / kind).rglob("*.py")} == names
        assert not list(course.rglob("__pycache__"))
        assert not list(course.rglob("solutions"))
        assert not list(course.parent.glob(".*"))

    def test_a_lessons_notebook_is_the_lesson(self, course):
        nbformat = pytest.importorskip("nbformat")
        lessons = sorted((ROOT / "docs" / "lessons").glob("[0-9]*.md"))
        assert [p.stem for p in lessons] == sorted(p.stem for p in course.glob("lessons/*"))
        for lesson in lessons:
            made = nbformat.read(course / "lessons" / f"{lesson.stem}.ipynb", as_version=4)
            nbformat.validate(made)
            text = lesson.read_text("utf-8")
            code = [cell.source for cell in made.cells if cell.cell_type == "code"]
            assert len(code) == text.count("```{code-cell}")
            prose = "\n".join(c.source for c in made.cells if c.cell_type == "markdown")
            assert "{code-cell}" not in prose
            for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", prose):
                assert (course / "lessons" / target).is_file(), target
            assert sum(map(len, [*code, prose])) > 0.9 * len(text) - 600
            tagged = [c.metadata.get("tags") for c in made.cells if c.metadata.get("tags")]
            assert len(tagged) == text.count(":tags:")

    def test_a_prediction_folds_its_answer(self, course):
        """What is said to an answer and what it opens: details, and cells with a hidden source."""
        cells = json.loads((course / "lessons" / "02-the-graph.ipynb").read_text("utf-8"))["cells"]
        asked = [i for i, cell in enumerate(cells) if "**Predict.** y = x²" in cell["source"]]
        question, answer, told = cells[asked[0] :][:3]
        assert question["source"].endswith("</details>")
        plain, _, folded = question["source"].partition("<details>")
        assert "- 12 ✓ →" in folded
        assert "12" not in plain.partition("**Predict.**")[2]
        assert "- [" not in question["source"]
        assert (answer["cell_type"], answer["metadata"]) == (
            "code",
            {"jupyter": {"source_hidden": True}},
        )
        assert told["source"].startswith("<details><summary>What it shows</summary>\n\nA training")
        assert "## Not remembering" in told["source"].partition("</details>")[2]
        for path in course.glob("lessons/*.ipynb"):
            text = path.read_text("utf-8")
            assert not re.search(r"{predict}|% seen|:folded:|:answer:", text)
            assert text.count("<details>") == text.count("</details>")
        choices = json.loads((course / "lessons" / "01-a-gradient.ipynb").read_text("utf-8"))[
            "cells"
        ]
        assert any("\n- positive\n- negative\n- zero\n" in cell["source"] for cell in choices)

    def test_a_notebook_runs(self, course, monkeypatch):
        """The first lesson, cell by cell."""
        monkeypatch.setenv("MPLBACKEND", "Agg")
        cells = json.loads((course / "lessons" / "01-a-gradient.ipynb").read_text("utf-8"))["cells"]
        made = {"__name__": "__main__"}
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile(cell["source"], "<string>", "exec"), made)

    def test_an_exercise_checks_itself(self, course):
        command = [sys.executable, "-m", "pytest", "-q", "checks/test_softmax.py"]
        options = {"capture_output": True, "encoding": "utf-8", "cwd": course / "exercises",
                   "env": {**os.environ, "PYTHONPATH": str(ROOT)}}  # fmt: skip
        assert subprocess.run(command, **options).returncode == 1
        solution = ROOT / "docs" / "teacher" / "solutions" / "softmax.py"
        stub = course / "exercises" / "softmax.py"
        old = stub.read_text("utf-8")
        stub.write_text(solution.read_text("utf-8"), "utf-8")
        done = subprocess.run(command, **options)
        stub.write_text(old, "utf-8")
        assert done.returncode == 0, done.stdout

    def test_for_the_teacher_with_solutions(self, tmp_path):
        assert run("course", "--teacher", tmp_path / "c", cwd=tmp_path).returncode == 0
        assert (tmp_path / "c" / "teacher" / "solutions" / "softmax.py").is_file()

    def test_nothing_is_overwritten(self, tmp_path):
        (tmp_path / "mine").mkdir()
        work = tmp_path / "mine" / "softmax.py"
        work.write_text("my work", encoding="utf-8")
        for name in ("mine", "mine/softmax.py"):
            done = run("course", name, cwd=tmp_path)
            assert done.returncode == 2
            assert "nothing is overwritten" in done.stderr
        assert list((tmp_path / "mine").iterdir()) == [work]
        (tmp_path / "empty").mkdir()
        assert run("course", "empty", cwd=tmp_path).returncode == 0

    def test_all_or_nothing(self, tmp_path, monkeypatch, capsys):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        assert command_line.main(["course", str(tmp_path / "c")]) == 2
        assert "No space left" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []


class TestExample:
    def test_it_runs_as_the_script_does(self, tmp_path):
        done = run("example", "naive_and_fused", "--out", "pictures", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        script = [
            sys.executable,
            str(ROOT / "examples" / "naive_and_fused.py"),
            "--out",
            "pictures",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        alone = subprocess.run(
            script, capture_output=True, encoding="utf-8", cwd=tmp_path, env=environment, check=True
        )
        assert done.stdout == alone.stdout
        assert len(list((tmp_path / "pictures").iterdir())) == 3

    def test_help_is_the_examples(self, tmp_path):
        done = run("example", "mnist_mlp", "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "--heads" in done.stdout

    def test_all_are_listed(self, tmp_path):
        done = run("example", cwd=tmp_path)
        names = [line.split()[0] for line in done.stdout.splitlines()]
        assert names == sorted(p.stem for p in (ROOT / "examples").glob("*.py")
                               if p.stem != "command_line")  # fmt: skip
        assert run("example", "nobody", cwd=tmp_path).stderr.startswith(
            "minigrad: there is no exam"
        )

    def test_it_is_in_the_package(self):
        project = (ROOT / "pyproject.toml").read_text("utf-8")
        for kind in ("lessons", "exercises", "teacher", "examples"):
            assert f'"minigrad/_course/{kind}"' in project


@pytest.mark.parametrize("arguments", [["--help"], ["why", "--help"], ["draw", "--help"],
                                       ["course", "--help"], ["--version"]])  # fmt: skip
def test_help(arguments, tmp_path):
    done = run_alone(*arguments, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert mg.__version__ in done.stdout or "usage: python -m minigrad" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_standard_output(tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "minigrad", "example"], stdout=full,
                              stderr=subprocess.PIPE, encoding="utf-8", cwd=tmp_path,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr
