"""Grades as files: CSV for a spreadsheet, and what Gradescope, Canvas and Moodle read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minigrad.files import whole_file


@dataclass
class Grade:
    """One student's result in one exercise: a row of the long table."""

    student: str
    exercise: str
    passed: str
    points: int
    of: int
    mistake: str
    message: str
    seconds: float
    file: str = ""


@dataclass
class Total:
    """One student's results in all exercises."""

    student: str
    grades: dict[str, Grade]
    total: float
    of: float


Rows = Iterable[Mapping[str, Any]]


def totals(grades: list[Grade], weights: Mapping[str, float]) -> list[Total]:
    """Return a total for each student: the share of points in each exercise, times its weight."""
    exercises = sorted({grade.exercise for grade in grades})
    by_student: dict[str, dict[str, Grade]] = {}
    for grade in sorted(grades, key=lambda grade: (grade.student, grade.exercise)):
        by_student.setdefault(grade.student, {})[grade.exercise] = grade
    of = sum([weights.get(name, 1.0) for name in exercises])
    return [
        Total(
            student, own, sum([weights.get(g.exercise, 1.0) * share(g) for g in own.values()]), of
        )
        for student, own in by_student.items()
    ]


def share(grade: Grade) -> float:
    return grade.points / grade.of if grade.of else 0.0


def write_long(grades: list[Grade], path: Path) -> None:
    """Write a row for each student and exercise."""
    ordered = sorted(grades, key=lambda grade: (grade.student, grade.exercise))
    write_csv(path, [column.name for column in fields(Grade)], map(asdict, ordered))


def write_students(grades: list[Grade], weights: Mapping[str, float], path: Path) -> None:
    """Write a row for each student: the points in each exercise, and their weighed total."""
    rows: list[dict[str, Any]] = [
        {"student": one.student}
        | {name: grade.points for name, grade in one.grades.items()}
        | {"total": number(one.total), "of": number(one.of), "percent": percent(one)}
        for one in totals(grades, weights)
    ]
    exercises = sorted({grade.exercise for grade in grades})
    write_csv(path, ["student", *exercises, "total", "of", "percent"], rows)


def percent(one: Total) -> float:
    return number(100 * one.total / one.of) if one.of else 0.0


def number(value: float) -> float:
    """Round for reading: 2.0 and not 1.9999999999999998."""
    return round(value, 4)


# ---------------------------------------------------------------------------------------------
# What courses are run on
# ---------------------------------------------------------------------------------------------


def write_gradescope(grades: list[Grade], weights: Mapping[str, float], path: Path) -> None:
    """Write results.json, https://gradescope-autograders.readthedocs.io/en/latest/specs

    Gradescope has each student graded by themselves. Where there are several, each gets a folder.
    """
    everyone = totals(grades, weights)
    for one in everyone:
        tests = [
            {
                "name": name,
                "score": number(weights.get(name, 1.0) * share(grade)),
                "max_score": number(weights.get(name, 1.0)),
                "status": "passed" if grade.passed == "yes" else "failed",
                "output": grade.message,
            }
            for name, grade in one.grades.items()
        ]
        seconds = sum([grade.seconds for grade in one.grades.values()])
        results = {"score": number(one.total), "execution_time": round(seconds), "tests": tests}
        target = path if len(everyone) == 1 else path.parent / one.student / path.name
        target.parent.mkdir(exist_ok=True)
        with whole_file(target) as file:
            file.write(json.dumps(results, indent=1).encode())


def write_canvas(grades: list[Grade], weights: Mapping[str, float], path: Path) -> None:
    """Write a gradebook that Canvas imports.

    https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807
    """
    exercises = sorted({grade.exercise for grade in grades})
    rows: list[dict[str, Any]] = [
        {"Student": "    Points Possible"} | {g.exercise: g.of for g in grades}
    ]
    for one in totals(grades, weights):
        named = re.fullmatch(r"(.+?)(?:_LATE)?_(\d+)", one.student)
        who = {"Student": named[1], "ID": named[2]} if named else {"Student": one.student}
        who |= {} if named else {"SIS Login ID": one.student}
        rows.append(who | {name: grade.points for name, grade in one.grades.items()})
    columns = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *exercises]
    write_csv(path, columns, rows)


def write_moodle(grades: list[Grade], weights: Mapping[str, float], path: Path) -> None:
    """Write a grading worksheet that Moodle imports, the grade in percent.

    https://docs.moodle.org/en/Assignment_activity, "Offline marking worksheet"
    """
    rows = []
    for one in totals(grades, weights):
        named = re.fullmatch(r"(.+)_(\d+)_assignsubmission_.*", one.student)
        who = {"Full name": one.student, "Username": one.student}
        if named:
            who = {"Identifier": f"Participant {named[2]}", "Full name": named[1]}
        right = [f"{name}: {g.points} of {g.of}" for name, g in one.grades.items()]
        marks: dict[str, Any] = {"Grade": percent(one), "Maximum Grade": 100}
        rows.append(who | marks | {"Feedback comments": "\n".join(right)})
    columns = ["Identifier", "Full name", "Username", "Grade", "Maximum Grade"]
    write_csv(path, [*columns, "Feedback comments"], rows)


# ---------------------------------------------------------------------------------------------
# Cells
# ---------------------------------------------------------------------------------------------


def write_csv(path: Path, columns: list[str], rows: Rows) -> None:
    """Write a CSV in one go: whoever reads it finds the old one or the new one, whole."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row in rows:
        writer.writerow({k: as_cell(v) if isinstance(v, str) else v for k, v in row.items()})
    with whole_file(path) as file:
        file.write(text.getvalue().encode())


SIGNS = r"=+\-@＝＋－＠﹦﹢﹣﹫"
"""What begins a formula, also in its full-width and small spellings."""


def as_cell(text: str) -> str:
    """Return what a spreadsheet shows and does not compute, whatever it takes for a separator."""
    return re.sub(rf"(^|[;|\n])( *)([{SIGNS}])", r"\1\2'\3", printable(text))


def printable(text: str) -> str:
    """Return text without characters that do something to whoever reads it."""
    return "".join([c if c.isprintable() or c == "\n" else as_escape(c) for c in text])


def as_escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
