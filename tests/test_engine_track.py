"""The engine track: its stub fails kindly, its reference passes, mistakes get their names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minigrad import viz

EXERCISES = Path(__file__).parent.parent / "docs" / "exercises"
sys.path.insert(0, str(EXERCISES))
from checks.engine import MINE, REFERENCE, Run, broken, check, engine_of, stages_of  # noqa: E402
from checks.stages import STAGES, random_program  # noqa: E402

MISTAKES = [
    pytest.param(n, mistake, way.wrong, id=f"{n}-{mistake.name}-{i}")
    for n, exercise in STAGES.items()
    for mistake in exercise.mistakes
    for i, way in enumerate(mistake.ways())
    if way.wrong is not None
]


def student(*sources):
    """The reference, with functions as a student has written them."""
    engine = broken(*sources)
    engine.__module__ = engine.names["__name__"] = "my_engine"
    return engine


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("alone", [False, True], ids=["from 1", "from itself"])
def test_the_reference_passes(stage, alone):
    report = check(stage, stage if alone else 1, REFERENCE)
    assert report.passed, str(report)


@pytest.mark.parametrize("stage", STAGES)
def test_the_stub_fails_kindly(stage):
    report = check(stage, stage, MINE)
    assert report.mistake == "it has not been written yet"
    assert report.right_cases <= 3, "add is there"


@pytest.mark.parametrize(("stage", "mistake", "wrong"), MISTAKES)
def test_a_mistake_gets_its_name(stage, mistake, wrong):
    wrong.__module__ = "my_engine"
    report = STAGES[stage].report(wrong)
    assert report.mistake == mistake.name, str(report)
    assert mistake.hint.endswith((".", "?"))


STUDENTS = [
    (
        2,
        "a value visited twice",
        """
def order(root):
    walk = [root]
    for node in walk:
        walk += node.parents
    return walk
""",
    ),
    (
        2,
        "a value before something that was made of it",
        """
def order(root):
    walk, todo = [], [root]
    while todo:
        node = todo.pop(0)
        if node not in walk:
            walk.append(node)
            todo += node.parents
    return walk
""",
    ),
    (
        2,
        "recursion too deep",
        """
def order(root):
    seen, walk = set(), []
    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            walk.append(node)
    visit(root)
    return walk[::-1]
""",
    ),
    (
        2,
        "forward order",
        """
right = order
def order(root):
    return right(root)[::-1]
""",
    ),
    (
        2,
        "a value left out",
        """
right = order
def order(root):
    return [node for node in right(root) if node.parents]
""",
    ),
    (2, "it does not come to an end", "def order(root):\n    while True:\n        pass"),
    (
        3,
        "assigned instead of accumulated",
        """
def backward(root):
    grads = {root: np.ones_like(root.data)}
    for node in order(root):
        node.grad = grads[node] + (0 if node.grad is None else node.grad)
        if node.parents:
            grads.update(zip(node.parents, node.pull(grads[node])))
""",
    ),
    (
        7,
        "sign",
        """
right = cross_entropy
def cross_entropy(z, targets):
    loss = right(z, targets)
    return Value(-loss.data, (z,), lambda g: (-loss.pull(g)[0],), "cross_entropy")
""",
    ),
    (
        10,
        "a value becomes several",
        """
import minigrad as mg
class Theirs(mg.ops.Op):
    def __init__(self, made): self.made = made
    def forward(self, *arrays): return self.made.data
    def backward(self, g, y, *arrays): return self.made.pull(g)
def tensor(node):
    if node.pull is None:
        return mg.Tensor(node.data, requires_grad=True, name=node.name)
    return Theirs.apply(*[tensor(p) for p in node.parents], made=node)
def snapshot(root):
    return mg.viz.snapshot(tensor(root))
""",
    ),
    (10, "no names", "right = snapshot\ndef snapshot(root):\n"
        "    for node in order(root):\n        node.name = None\n    return right(root)"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "mistake", "source"), STUDENTS)
def test_what_a_student_writes_gets_its_name(stage, mistake, source):
    report = STAGES[stage].report(student(source))
    assert report.mistake == mistake, str(report)


def test_stages_before_one_come_from_the_reference(tmp_path):
    """A file with stage 3 alone, and a wrong stage 1 that is not to be used."""
    mine = tmp_path / "my_engine.py"
    third = REFERENCE.read_text("utf-8").partition("# Stage 3")[2].partition("# Stage 4")[0]
    mine.write_text(f"# Stage 1\ndef mul(a, b): return 1 / 0\n\n# Stage 3{third}", "utf-8")
    assert check(3, 3, mine).passed
    report = check(1, 1, mine)
    assert not report.passed


def test_a_mistake_in_an_early_stage_shows_in_the_line_of_the_file(tmp_path):
    mine = tmp_path / "my_engine.py"
    source = REFERENCE.read_text("utf-8").replace("y = np.tanh(a.data)", "y = np.tanh(a.dta)")
    mine.write_text(source, "utf-8")
    line = source[: source.index("a.dta")].count("\n") + 1
    assert f"Line {line} of your code" in check(1, 1, mine).hint
    mine.write_text("def add(:\n", "utf-8")
    assert "Line 1: SyntaxError" in str(check(1, 1, mine))


def test_stub_and_reference_define_the_same():
    def names(path):
        stages = stages_of(path.read_text(encoding="utf-8"), str(path))
        return {n: {getattr(d, "name", None) for d in nodes} for n, nodes in stages.items()}

    stub, reference = names(MINE), names(REFERENCE)
    assert stub.keys() == reference.keys() == {0, *range(1, 11)}
    for stage in range(1, 11):
        assert stub[stage] <= reference[stage]


def test_programs_are_random_and_the_same_every_time():
    shapes = [(2, 3), (3,), (2, 1), ()]
    one, again = (str(random_program(5, ["add", "mul", "tanh"], shapes, 6)) for _ in range(2))
    assert one == again
    programs = [c.arguments["program"] for c in STAGES[4].cases if isinstance(c, Run)]
    assert len(set(programs)) > 20


@pytest.mark.parametrize("stage", [3, 4, 5, 6, 7])
def test_minigrad_agrees_with_finite_differences_on_every_program(stage):
    for case in STAGES[stage].cases:
        STAGES[stage].right.gradients(**case.arguments)


def test_finite_differences_would_notice():
    right = STAGES[3].right
    wrong = type(right)()
    wrong.names["mul"] = lambda a, b: a * b.detach()
    with pytest.raises(AssertionError, match="disagree"):
        wrong.gradients("c = mul(a, b)", {"a": 2.0, "b": 3.0})


def test_a_program_that_is_shown_can_be_pasted():
    for exercise in STAGES.values():
        for case in exercise.cases[:4]:
            if isinstance(case, Run):
                exec(str(case), dict(engine_of(REFERENCE).names))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_naive_loss_dies_where_minigrads_does():
    deaths = []
    for case in STAGES[9].cases:
        mine, minigrads = (
            e.trained(**case.arguments) for e in (engine_of(REFERENCE), STAGES[9].right)
        )
        np.testing.assert_allclose(mine, minigrads, rtol=1e-7)
        deaths.append(sum(np.isfinite(mine)) < case.arguments["steps"])
    assert any(deaths)
    assert not all(deaths)
    losses = engine_of(REFERENCE).trained("unit", "cross_entropy", 0.5, 60)
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:3]), "it learns"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_their_graph_is_drawn_and_stepped_through(tmp_path):
    engine = engine_of(REFERENCE)
    made = engine.run("y = log(softmax(z))\nloss = sum_of(y)", {"z": np.array([[0.0, 1000.0]])})
    taken = engine.names["snapshot"](made["loss"])
    assert isinstance(taken, viz.Snapshot)
    source = viz.Drawing(taken).source
    assert "softmax" in source
    assert "sum_of" in source
    viz.Player(taken).save(tmp_path / "mine.html")
    assert "log" in (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert [birth.what for birth in taken.graphs[0].births][:1] == ["-inf"]


def run(*arguments):
    command = [sys.executable, "-m", "checks.engine", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=EXERCISES)


def test_the_command():
    first = run("1")
    assert first.returncode == 1
    assert "stage 1 is not right yet: it has not been written yet" in first.stdout
    passed = run("3", "--file", str(REFERENCE))
    assert passed.returncode == 0
    assert passed.stdout == "stage 3: right in all 26 cases.\n"


def test_what_the_page_shows_is_so():
    page = (EXERCISES / "engine.md").read_text(encoding="utf-8")
    report = STAGES[3].report(STAGES[3].mistakes[0].wrong[0])
    assert str(report) in page
    stub = MINE.read_text(encoding="utf-8")
    for names in re.findall(r"^\| \[\d+\]\(.*?\) \| (.*?) \|", page, re.M):
        for name in re.findall(r"`(\w+)`", names):
            assert f"def {name}(" in stub
    assert len(re.findall(r"^## Stage \d+", page, re.M)) == len(STAGES)
    example = re.search(r"```python\n(x = Value.*?)```", page, re.S)[1]
    exec(example, dict(engine_of(REFERENCE).names))
