"""Exported notebooks in nbgrader and otter-grader themselves: made, handed in, graded, read back.

Needs the extra "graders".
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
SOLUTIONS = DOCS / "teacher" / "solutions"
NAMES = ["softmax", "softplus", "walk_order"]

WRONG = {
    "softmax": "import numpy as np\ndef softmax(z, axis=-1):\n    return np.exp(z)",
    "softplus": "class Softplus:\n    def forward(self, x):\n        return x",
    "walk_order": "def walk_order(parents, root):\n    return list(parents)",
}
"""Each right in some cases, or none."""


def run(*command, folder):
    """Run a module of this Python's in a folder; return what it said."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # alembic
    environment = os.environ | {"PATH": programs, "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        **{"capture_output": True, "text": True, "cwd": folder, "env": environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def export(out, *options):
    command = [sys.executable, str(DOCS / "teacher" / "export.py"), "--out", str(out), *options]
    done = subprocess.run([*command, "--exercises", *NAMES], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def hand_in(notebook, to, code=None, last_cell=None):
    """Write a notebook as a student hands it in, with their code in its gap."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    gap = next(cell for cell in cells if "def " in "".join(cell["source"]))
    check = next(cell for cell in cells if "check(" in "".join(cell["source"]))
    if code is not None:
        gap["source"] = code
    if last_cell is not None:
        check["source"] = last_cell
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(content), encoding="utf-8")


def solution(name):
    return (SOLUTIONS / f"{name}.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def nbgraded(tmp_path_factory):
    """A course graded by nbgrader: points by student and exercise, and the released notebooks."""
    pytest.importorskip("nbgrader", reason='needs the extra "graders"')
    course = tmp_path_factory.mktemp("course")
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'minigrad'\n", encoding="utf-8"
    )
    export(course / "source" / "week1", "--to", "ipynb", "--solutions")
    run("nbgrader", "generate_assignment", "week1", folder=course)
    release, students = course / "release" / "week1", course / "submitted"
    plain = course / "plain"
    export(plain, "--to", "ipynb")
    for name in NAMES:
        file = Path("week1") / f"{name}.ipynb"
        hand_in(release / file.name, students / "right" / file, solution(name))
        hand_in(release / file.name, students / "wrong" / file, WRONG[name])
        hand_in(release / file.name, students / "untouched" / file)
        hand_in(release / file.name, students / "cheat" / file, WRONG[name], "print('right')")
        hand_in(plain / file.name, students / "from-plain" / file, solution(name))
    run("nbgrader", "autograde", "week1", folder=course)
    read_back = (
        "from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///gradebook.db') as book:\n"
        "    for handed_in in book.assignment_submissions('week1'):\n"
        "        for notebook in handed_in.notebooks:\n"
        "            print(handed_in.student_id, notebook.name, notebook.score, notebook.max_score,"
        " handed_in.needs_manual_grade, sep=',')\n"
    )
    (course / "read_back.py").write_text(read_back, encoding="utf-8")
    rows = csv.reader(run("read_back", folder=course).splitlines())
    return {(row[0], row[1]): row[2:] for row in rows if len(row) == 5}, release


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("student", "points"),
    [
        ("right", "1.0"),
        ("from-plain", "1.0"),
        ("wrong", "0.0"),
        ("untouched", "0.0"),
        ("cheat", "0.0"),
    ],
)
def test_nbgrader_gives_points_to_what_is_right_alone(nbgraded, student, points, name):
    assert nbgraded[0][student, name] == [points, "1.0", "False"]


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_releases_no_solution(nbgraded, name):
    released = json.loads((nbgraded[1] / f"{name}.ipynb").read_text(encoding="utf-8"))
    text, code, check = ["".join(cell["source"]) for cell in released["cells"]]
    assert text.startswith("# ")
    assert "raise NotImplementedError" in code
    assert "SOLUTION" not in code
    assert "return" not in code
    compile(code, name, "exec")
    assert check.startswith("from checks import check")


@pytest.fixture(scope="module")
def masters(tmp_path_factory):
    pytest.importorskip("otter", reason='needs the extra "graders"')
    folder = tmp_path_factory.mktemp("otter")
    export(folder, "--to", "otter")
    return folder


@pytest.mark.parametrize("name", ["softmax", "softplus"])
def test_otter_gives_points_to_what_is_right_alone(masters, name):
    dist = masters / f"dist-{name}"
    run("otter", "assign", "--no-pdfs", f"{name}.ipynb", dist.name, folder=masters)
    student = dist / "student" / f"{name}.ipynb"
    released = student.read_text(encoding="utf-8")
    assert solution(name).strip().splitlines()[-1].strip() not in released, "no solution"
    [archive] = (dist / "autograder").glob("*.zip")
    for kind, code in {"right": solution(name), "wrong": WRONG[name], "untouched": None}.items():
        submission = masters / kind / f"{name}.ipynb"
        hand_in(student, submission, code)
        out = masters / "results" / kind / name
        out.mkdir(parents=True)
        run("otter", "run", "-a", archive, "-o", out, submission, folder=masters)
        [results] = out.glob("*.json")
        tests = json.loads(results.read_text(encoding="utf-8"))["tests"]
        scores = {test["name"]: test.get("score") for test in tests if "max_score" in test}
        assert scores == {name: float(kind == "right")}
