"""Grade a folder of submissions into a CSV, without trusting any of them.

    python docs/teacher/grade.py submissions/ --to grades.csv

`submissions/` holds for each student a folder with `softmax.py` or `softmax.ipynb` and so on, or
one file `student.py` or `student.ipynb` that defines `softmax` and so on.

Each submission runs in a process of its own with limits on time and memory. That process only
answers calls; the checks run here, on what it answered, so nothing that a submission prints,
patches or claims counts. `confine.py` says what the process may not do.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import select
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

TEACHER = Path(__file__).resolve().parent
EXERCISES = TEACHER.parent / "exercises"
sys.path[:0] = [str(EXERCISES), str(TEACHER)]

from checks.calls import Formula, Outcome  # noqa: E402
from checks.teaching import Exercise, Report  # noqa: E402
from wire import dump, load  # noqa: E402

WORKER = TEACHER / "worker.py"
LARGEST_FILE = 2**20
LARGEST_ANSWER = 2**22
SECONDS_TO_START = 60


@dataclass
class Grade:
    """One row of the CSV."""

    student: str
    exercise: str
    passed: str
    points: int
    of: int
    mistake: str
    message: str
    seconds: float


@dataclass
class Submission:
    """What one student handed in for one exercise."""

    student: str
    exercise: Exercise
    file: Path | None
    others: list[Path] = field(default_factory=list)
    """The student's other files, which this one may import."""


@dataclass
class Limits:
    seconds: int = 10
    megabytes: int = 1024
    unconfined: bool = False


class StoppedError(Exception):
    """A submission's process does not answer as it should; the text says why."""


class CannotGradeError(Exception):
    """It is not a submission's fault: no submission can be graded here; the text says why."""


# ---------------------------------------------------------------------------------------------
# What was handed in
# ---------------------------------------------------------------------------------------------


def exercises() -> dict[str, Exercise]:
    """Return every exercise by its name."""
    names = sorted(path.stem.removeprefix("test_") for path in EXERCISES.glob("checks/test_*.py"))
    return {name: import_module(f"checks.test_{name}").exercise for name in names}


def find(folder: Path, chosen: list[Exercise], all_of_them: bool) -> list[Submission]:
    """Return a submission for each student and exercise; without a file where it is missing."""
    students: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            students[path.name] = sorted(filter(readable, path.iterdir()))
        elif readable(path):
            students.setdefault(path.stem, []).append(path)
    found = [
        Submission(student, exercise, file_of(exercise, files), files)
        for student, files in students.items()
        for exercise in chosen
    ]
    handed_in = {s.exercise.name for s in found if s.file}
    return [s for s in found if all_of_them or s.exercise.name in handed_in]


def readable(path: Path) -> bool:
    """Whether this is a plain file of code: no link, no pipe, nothing large."""
    status = path.lstat()
    fits = stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_FILE
    return fits and path.suffix in (".py", ".ipynb")


def file_of(exercise: Exercise, files: list[Path]) -> Path | None:
    """Return the file that is called as the exercise, else one that seems to define it."""
    named = [file for file in files if file.stem == exercise.name]
    definition = re.compile(rf"(def|class) {exercise.defines}\b")
    others = (file for file in files if definition.search(text_of(file)))
    return named[0] if named else next(others, None)


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def cells_of(file: Path) -> list[tuple[str, str]]:
    """Return a file's code as pairs of a name and a source: one, or one for each cell."""
    if file.suffix == ".py":
        return [(file.name, text_of(file))]
    try:
        cells = [cell for cell in json.loads(text_of(file))["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    python = [re.sub(r"(?m)^\s*[%!].*$", "", source) for source in sources]
    return [(f"cell {number}", source) for number, source in enumerate(python, 1)]


# ---------------------------------------------------------------------------------------------
# A submission's process
# ---------------------------------------------------------------------------------------------


class Process:
    """A submission in a process of its own, which answers calls and is not believed."""

    running: ClassVar[set[Process]] = set()
    closing = threading.Event()
    """Set when grading stops early: no process may run on."""

    def __init__(self, limits: Limits, folder: str) -> None:
        self.limits, self.pending = limits, b""
        its_questions, self.questions = os.pipe()
        self.answers, its_answers = os.pipe()
        os.set_blocking(self.questions, False)
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(WORKER), str(its_questions), str(its_answers)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            pass_fds=(its_questions, its_answers),
            start_new_session=True,
        )
        os.close(its_questions)
        os.close(its_answers)
        Process.running.add(self)
        if Process.closing.is_set():
            self.process.kill()

    def load(self, submission: Submission) -> None:
        """Confine the process and let it run the submission's code."""
        self.deadline = time.monotonic() + SECONDS_TO_START
        limits = {"seconds": self.limits.seconds + 5, "megabytes": self.limits.megabytes}
        try:
            missing = self.ask(limits)
        except StoppedError as stopped:
            raise CannotGradeError(
                f"no process for a submission can be started ({stopped}): does "
                f"`{sys.executable} -I -c 'import minigrad'` work?"
            ) from None
        if missing and not self.limits.unconfined:
            raise CannotGradeError(
                f"this system cannot confine submissions ({', '.join(missing)}); in a container "
                "that holds nothing else, use --unconfined"
            )
        self.deadline = time.monotonic() + self.limits.seconds
        cells = cells_of(submission.file) if submission.file else []
        others = {file.stem: text_of(file) for file in submission.others if file.suffix == ".py"}
        task = {"name": submission.exercise.defines, "cells": cells, "others": others}
        problem = self.ask(task)
        if problem is not None:
            raise StoppedError(f"it cannot be imported: {problem}")

    def ask(self, question: Any) -> Any:
        """Send a message and return the answer, or raise StoppedError."""
        self.write(dump(question))
        try:
            return load(self.read_line())
        except ValueError:
            raise StoppedError("it meddled with the grader's messages") from None

    def call(self, call: str, arguments: dict[str, Any]) -> Outcome:
        """Have the submission evaluate a call."""
        answer = self.ask((call, arguments))
        formulas = {name: value for name, value in arguments.items() if isinstance(value, Formula)}
        try:
            left = {name: answer["arguments"].get(name) for name in arguments} | formulas
            error = answer["error"] and str(answer["error"])[:100]
            line = answer["line"] if isinstance(answer["line"], int) else None
            return Outcome(left, answer["result"], error, str(answer["message"])[:500], line)
        except (TypeError, AttributeError, KeyError):
            raise StoppedError("it meddled with the grader's messages") from None

    def write(self, message: bytes) -> None:
        while message:
            self.wait_for([], [self.questions])
            try:
                message = message[os.write(self.questions, message) :]
            except BrokenPipeError:
                raise StoppedError(self.epitaph()) from None

    def read_line(self) -> bytes:
        while b"\n" not in self.pending:
            self.wait_for([self.answers], [])
            more = os.read(self.answers, 2**16)
            if not more:
                raise StoppedError(self.epitaph())
            self.pending += more
            if len(self.pending) > LARGEST_ANSWER:
                raise StoppedError(f"its answer is larger than {LARGEST_ANSWER // 2**20} MB")
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def wait_for(self, readers: list[int], writers: list[int]) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0 or not any(select.select(readers, writers, [], left)):
            raise StoppedError(f"it took longer than {self.limits.seconds} s")

    def epitaph(self) -> str:
        """Say how the process ended."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it closed the line to the grader"
        if code == -signal.SIGXCPU:
            return f"it took longer than {self.limits.seconds} s"
        if code < 0:
            return f"it crashed with {signal.Signals(-code).name}"
        return "it ended the process"

    def end(self) -> None:
        """Kill the process, and whatever it started and left in its session."""
        Process.running.discard(self)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.process.kill()
        self.process.wait()
        for end in (self.questions, self.answers):
            os.close(end)


def judge(submission: Submission, limits: Limits, seed: int) -> Grade:
    """Grade one submission."""
    exercise, start = submission.exercise, time.monotonic()
    if submission.file is None:
        report = exercise.unreadable("it was not handed in", "")
    else:
        report = report_on(submission, limits, seed)
    return Grade(
        student=as_text(submission.student),
        exercise=exercise.name,
        passed="yes" if report.passed else "no",
        points=report.right_cases,
        of=report.cases,
        mistake=as_text(report.mistake),
        message=as_text(str(report)),
        seconds=round(time.monotonic() - start, 2),
    )


def report_on(submission: Submission, limits: Limits, seed: int) -> Report:
    """Start a submission's process, check what it answers, and end it."""
    with tempfile.TemporaryDirectory() as folder:
        process = Process(limits, folder)
        try:
            process.load(submission)
            return submission.exercise.judge(process.call, seed)
        except StoppedError as stopped:
            name, _, detail = str(stopped).partition(": ")
            return submission.exercise.unreadable(name, detail)
        except CannotGradeError:
            raise
        except Exception as error:  # an answer that a check was not ready for
            return submission.exercise.unreadable("the checks stumbled over it", repr(error)[:500])
        finally:
            process.end()


def as_text(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not compute."""
    printable = "".join(c if c.isprintable() or c == "\n" else "?" for c in cell)
    return f"'{printable}" if printable.startswith(("=", "+", "-", "@")) else printable


# ---------------------------------------------------------------------------------------------
# All of them
# ---------------------------------------------------------------------------------------------


def grade_all(submissions: list[Submission], limits: Limits, jobs: int) -> Iterator[Grade]:
    """Grade submissions side by side and yield each grade when it is there."""
    seed = int.from_bytes(os.urandom(4), "big")
    Process.closing.clear()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            futures: list[Future[Grade]] = [
                pool.submit(judge, submission, limits, seed) for submission in submissions
            ]
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            Process.closing.set()
            for process in list(Process.running):
                process.process.kill()
            raise


def write(grades: list[Grade], path: Path) -> None:
    """Write the CSV in one go: whoever reads it finds the old one or the new one, whole."""
    ordered = sorted(grades, key=lambda grade: (grade.student, grade.exercise))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in fields(Grade)])
        writer.writeheader()
        writer.writerows(map(asdict, ordered))
    os.chmod(name, 0o644)
    os.replace(name, path)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    known = exercises()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions", type=Path, help="the folder")
    parser.add_argument("--to", type=Path, default=Path("grades.csv"), help="default: %(default)s")
    parser.add_argument(
        "--exercises", nargs="+", choices=known, help="default: those that anyone handed in"
    )
    parser.add_argument("--seconds", type=int, default=10, help="for one submission")
    parser.add_argument("--megabytes", type=int, default=1024, help="of memory for one submission")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="default: one a core")
    parser.add_argument(
        "--unconfined",
        action="store_true",
        help="go on where the system cannot confine submissions; then run this in a container",
    )
    options = parser.parse_args(arguments)
    if not options.submissions.is_dir():
        parser.error(f"{options.submissions} is not a folder")
    chosen = [known[name] for name in options.exercises or known]
    submissions = find(options.submissions, chosen, all_of_them=bool(options.exercises))
    limits = Limits(options.seconds, options.megabytes, options.unconfined)

    grades: list[Grade] = []
    grading = grade_all(submissions, limits, options.jobs)
    try:
        for grade in grading:
            grades.append(grade)
            verdict = "passed" if grade.passed == "yes" else grade.mistake or "not right"
            print(
                f"[{len(grades)}/{len(submissions)}] {grade.student}, {grade.exercise}: {verdict}"
                f" ({grade.seconds} s)",
                flush=True,
            )
    except KeyboardInterrupt:
        print("stopped: what was graded so far is kept", file=sys.stderr)
        return 130
    except CannotGradeError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        grading.close()
        if not submissions:
            print(f"nothing to grade in {options.submissions}", file=sys.stderr)
        if grades:
            write(grades, options.to)
            print(f"{len(grades)} grades in {options.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
