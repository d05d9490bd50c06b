"""Grades as tables: for spreadsheets, Gradescope, Canvas and Moodle."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
TEACHER = DOCS / "teacher"

sys.path[:0] = [str(DOCS / "exercises"), str(TEACHER)]
import tables  # noqa: E402
from tables import Grade  # noqa: E402

pytestmark = pytest.mark.skipif(os.name != "posix", reason="grading needs a POSIX system")

GRADES = [
    Grade("ben", "softmax", "no", 3, 12, "wrong axis", "softmax is not right yet.", 0.5),
    Grade("anna", "softmax", "yes", 12, 12, "", "softmax: right.", 0.25, "softmax.py"),
    Grade("anna", "logsumexp", "no", 4, 8, "", "not yet", 0.75),
    Grade("ben", "logsumexp", "no", 0, 8, "it was not handed in", "Hand in ...", 0.0),
]


def read(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file, delimiter=delimiter)]


def test_the_long_table_has_a_row_for_each_student_and_exercise(tmp_path):
    tables.write_long(GRADES, tmp_path / "grades.csv")
    rows = read(tmp_path / "grades.csv")
    order = [("anna", "logsumexp"), ("anna", "softmax"), ("ben", "logsumexp"), ("ben", "softmax")]
    assert [(row["student"], row["exercise"]) for row in rows] == order
    assert rows[1] == {
        **{"student": "anna", "exercise": "softmax", "passed": "yes", "points": "12", "of": "12"},
        **{"mistake": "", "message": "softmax: right.", "seconds": "0.25", "file": "softmax.py"},
    }


@pytest.mark.parametrize(
    ("weights", "totals"),
    [
        ({}, {"anna": ("1.5", "2.0", "75.0"), "ben": ("0.25", "2.0", "12.5")}),
        ({"softmax": 3.0}, {"anna": ("3.5", "4.0", "87.5"), "ben": ("0.75", "4.0", "18.75")}),
        ({"logsumexp": 0.0}, {"anna": ("1.0", "1.0", "100.0"), "ben": ("0.25", "1.0", "25.0")}),
        ({"logsumexp": 0.0, "softmax": 0.0}, dict.fromkeys(["anna", "ben"], ("0.0", "0.0", "0.0"))),
    ],
)
def test_one_row_a_student_with_weighed_totals(tmp_path, weights, totals):
    tables.write_students(GRADES, weights, tmp_path / "students.csv")
    rows = read(tmp_path / "students.csv")
    assert [row["student"] for row in rows] == ["anna", "ben"]
    assert {r["student"]: (r["total"], r["of"], r["percent"]) for r in rows} == totals
    assert [(row["softmax"], row["logsumexp"]) for row in rows] == [("12", "4"), ("3", "0")]


def test_results_for_gradescope(tmp_path):
    tables.write_gradescope(GRADES[1:3], {"softmax": 3.0}, tmp_path / "results.json")
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["score"] == 3.5
    by_name = {test["name"]: test for test in results["tests"]}
    assert by_name["logsumexp"]["score"] == 0.5
    assert by_name["softmax"] == {
        **{"name": "softmax", "score": 3.0, "max_score": 3.0, "status": "passed"},
        "output": "softmax: right.",
    }
    assert sum(test["score"] for test in results["tests"]) == results["score"]


def test_several_students_for_gradescope_get_a_folder_each(tmp_path):
    tables.write_gradescope(GRADES, {}, tmp_path / "results.json")
    scores = {
        path.parent.name: json.loads(path.read_text("utf-8"))["score"]
        for path in tmp_path.rglob("results.json")
    }
    assert scores == {"anna": 1.5, "ben": 0.25}


def test_a_gradebook_for_canvas(tmp_path):
    named = [Grade("doejane_123", "softmax", "yes", 12, 12, "", "", 0.1)]
    named += [Grade("roejo_LATE_7", "softmax", "no", 3, 12, "", "", 0.1)]
    tables.write_canvas([*named, *GRADES[:1]], {}, tmp_path / "canvas.csv")
    points, *rows = read(tmp_path / "canvas.csv")
    assert (points["Student"], points["softmax"]) == ("    Points Possible", "12")
    assert [(r["Student"], r["ID"], r["SIS Login ID"], r["softmax"]) for r in rows] == [
        *[("ben", "", "ben", "3"), ("doejane", "123", "", "12"), ("roejo", "7", "", "3")],
    ]
    assert [*points][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def test_a_worksheet_for_moodle(tmp_path):
    name = "Anna Müller_4711_assignsubmission_file_"
    mine = [Grade(name, "softmax", "no", 9, 12, "", "", 0.1), *GRADES[:1]]
    tables.write_moodle(mine, {}, tmp_path / "moodle.csv")
    anna, ben = read(tmp_path / "moodle.csv")
    assert (anna["Identifier"], anna["Full name"]) == ("Participant 4711", "Anna Müller")
    assert (anna["Grade"], anna["Maximum Grade"]) == ("75.0", "100")
    assert anna["Feedback comments"] == "softmax: 9 of 12"
    assert (ben["Identifier"], ben["Username"], ben["Grade"]) == ("", "ben", "25.0")


# ---------------------------------------------------------------------------------------------
# Cells that a spreadsheet would compute
# ---------------------------------------------------------------------------------------------

FORMULAS = [
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A1", '=HYPERLINK("http://x","y")'),
    *(" =1+1", "   +1", "\t=1+1", "\r=1+1", "\n=1+1", "x\n=1+1", "x\r\n  @SUM(1)"),
    *("＝1+1", "＋1", "－1", "＠SUM(1)", "﹦1", "﹢1", "﹣1", "﹫SUM(1)"),
    *("\ufeff=1+1", "\u200b=1+1", "\xa0=1+1", "\u3000=1+1", "\x00=1+1", "\u202e=1+1", "\x1c=1"),
    *("x;=1+1", "x; @SUM(1)", "x\t=1+1", 'x";=1+1', "x|=1+1"),
]


def cells_as_read(path):
    """Every cell that a program may see, whatever it takes for a separator and for a quote."""
    text = path.read_bytes().decode("utf-8")
    for delimiter in ",;\t|":
        for quoting in csv.QUOTE_MINIMAL, csv.QUOTE_NONE:
            for row in csv.reader(text.splitlines(True), delimiter=delimiter, quoting=quoting):
                if delimiter == "," and quoting == csv.QUOTE_NONE:
                    continue  # a comma is in quotes here, and who reads commas reads quotes
                yield from row


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("column", ["student", "mistake", "message", "file"])
def test_no_cell_begins_as_a_formula(tmp_path, formula, column):
    grade = {"student": "s", "exercise": "softmax", "passed": "no", "points": 1, "of": 2}
    grade |= {"mistake": "m", "message": "text", "seconds": 0.1, "file": "f"}
    grades = [Grade(**grade | {column: formula})]
    for number, write in enumerate(
        [tables.write_students, tables.write_canvas, tables.write_moodle, None]
    ):
        path = tmp_path / f"{number}.csv"
        write(grades, {}, path) if write else tables.write_long(grades, path)
        for cell in cells_as_read(path):
            shown = cell.strip().strip('"').strip()
            assert not shown.startswith(tuple("=+-@＝＋－＠﹦﹢﹣﹫")), repr(cell)


@pytest.mark.parametrize("text", ["a = b", "1 - 2", "x@y", "anna-lena", "", "é ∂L/∂x", "[0.5 -1.]"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert tables.as_cell(text) == text


# ---------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------


def run(folder, *options):
    command = [sys.executable, str(TEACHER / "grade.py"), str(folder), "--trust", *options]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder.parent)


@pytest.fixture
def submissions(tmp_path):
    for student in ("anna", "ben"):
        (tmp_path / "all" / student).mkdir(parents=True)
    solution = (TEACHER / "solutions" / "softmax.py").read_text("utf-8")
    (tmp_path / "all" / "anna" / "softmax.py").write_text(solution, encoding="utf-8")
    return tmp_path / "all"


def test_both_tables_are_written_side_by_side(submissions):
    options = ["--exercises", "softmax", "logsumexp", "--weights", "softmax=3", "logsumexp=1"]
    done = run(submissions, *options)
    assert done.returncode == 0, done.stderr
    assert len(read(submissions.parent / "grades.csv")) == 4
    anna, ben = read(submissions.parent / "grades-students.csv")
    assert (anna["total"], anna["of"], anna["percent"]) == ("3.0", "4.0", "75.0")
    assert (ben["total"], ben["of"], ben["percent"]) == ("0.0", "4.0", "0.0")


def test_the_grades_of_last_time_are_no_students(submissions):
    for _ in range(2):
        done = run(submissions, "--to", "all/grades.csv", "--exercises", "softmax")
        assert done.returncode == 0, done.stderr
    assert [row["student"] for row in read(submissions / "grades.csv")] == ["anna", "ben"]


@pytest.mark.parametrize("kind", ["canvas", "moodle", "gradescope"])
def test_a_format_writes_its_file_alone(submissions, kind):
    done = run(submissions, "--format", kind, "--to", "out.file")
    assert done.returncode == 0, done.stderr
    written = sorted(path.name for path in submissions.parent.rglob("*.file"))
    assert written == ["out.file"] * (2 if kind == "gradescope" else 1)


def test_gradescope_hands_over_one_students_folder(submissions):
    done = run(submissions / "anna", "--format", "gradescope")
    assert done.returncode == 0, done.stderr
    results = json.loads((submissions / "results.json").read_text("utf-8"))
    assert results["score"] == 1.0
    assert [test["name"] for test in results["tests"]] == ["softmax"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--weights", "softmax"], "NAME=NUMBER"),
        (["--weights", "softmax=nan"], "NAME=NUMBER"),
        (["--weights", "softmax=-1"], "NAME=NUMBER"),
        (["--weights", "sotfmax=1"], "there is no exercise sotfmax"),
        (["--seconds", "0"], "--seconds"),
        (["--jobs", "-1"], "--jobs"),
        (["--megabytes", "many"], "--megabytes"),
        (["--format", "blackboard"], "--format"),
        (["--to", "nowhere/grades.csv"], "there is no folder nowhere"),
        (["--to", "."], "is a folder"),
    ],
)
def test_a_wrong_command_line_is_one_clear_message(submissions, options, words):
    done = run(submissions, *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (submissions.parent / "grades.csv").exists()
