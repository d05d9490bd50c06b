"""Grade a folder of submissions into tables, without trusting any of them.

    python docs/teacher/grade.py submissions/ --to grades.csv

`submissions/` holds for each student a folder or a zip with `softmax.py` or `softmax.ipynb` and so
on, or one file `student.py` or `student.ipynb` that defines `softmax` and so on.

Each submission runs in a process of its own, which cannot reach anything (`process.py`,
`confine.py`). That process only answers calls; the checks judge what it answered, so nothing that a
submission prints, patches or claims counts. They judge in a process of their own, too, one for each
submission: an answer made to keep them busy for ever costs its author alone.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: threads do not survive a fork

import argparse
import io
import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path

TEACHER = Path(__file__).resolve().parent
EXERCISES = TEACHER.parent / "exercises"
sys.path[:0] = [str(EXERCISES), str(TEACHER)]

from checks.calls import Outcome  # noqa: E402
from checks.teaching import Case, Exercise, Report  # noqa: E402
from handed_in import LARGEST, File, HandedIn, Submission, handed_in, submissions_of  # noqa: E402
from process import CannotGradeError, Limits, Process, StoppedError, bubblewrap  # noqa: E402
from tables import (  # noqa: E402
    Grade,
    printable,
    write_canvas,
    write_gradescope,
    write_long,
    write_moodle,
    write_students,
)

FORMATS = {"gradescope": write_gradescope, "canvas": write_canvas, "moodle": write_moodle}
MOMENT = 0.2  # seconds between two looks for Ctrl-C
SECONDS_TO_JUDGE, BYTES_TO_JUDGE = 60, 2**32
"""What the checks may use over the answers of one submission; the honest take less than one."""
LONGEST_TEXT = 5000


def exercises() -> dict[str, Exercise]:
    """Return every exercise by its name."""
    names = sorted(path.stem.removeprefix("test_") for path in EXERCISES.glob("checks/test_*.py"))
    return {name: import_module(f"checks.test_{name}").exercise for name in names}


# ---------------------------------------------------------------------------------------------
# One submission
# ---------------------------------------------------------------------------------------------


def judge(submission: Submission, limits: Limits, seed: int) -> Grade:
    """Grade one submission: by the best of the files that may define it."""
    start, exercise, best, counts = time.monotonic(), submission.exercise, None, ""
    for file in submission.candidates:
        report = report_on(file, submission, limits, seed)
        if best is None or (report.passed, report.right_cases) > (best.passed, best.right_cases):
            best, counts = report, file.name
        if report.passed:
            break
    report = best or not_handed_in(submission)
    message = str(report)
    if best is not None and not best.passed and submission.problems:
        message += "\n\nNot read: " + "; ".join(submission.problems[:5])
    grade = Grade(
        submission.student, exercise.name, "yes" if report.passed else "no", 0, 0, "", "", 0
    )
    return replace(
        grade,
        points=report.right_cases,
        of=report.cases,
        mistake=report.mistake[:LONGEST_TEXT],
        message=message[:LONGEST_TEXT],
        seconds=round(time.monotonic() - start, 2),
        file=counts,
    )


def not_handed_in(submission: Submission) -> Report:
    """Say what is missing, what there is instead, and what to hand in."""
    name, defines = submission.exercise.name, submission.exercise.defines
    wanted = f"Hand in {name}.py or {name}.ipynb, with a {defines} in it."
    found = [*submission.problems, *submission.elsewhere][:5]
    mistake = "it cannot be read" if submission.problems else "it was not handed in"
    return submission.exercise.unreadable(mistake, ". ".join([*found, wanted]))


def report_on(file: File, submission: Submission, limits: Limits, seed: int) -> Report:
    """Start a process for a file, check what it answers, and end it."""
    exercise, process = submission.exercise, Process(limits)
    stopped: list[tuple[StoppedError, Case]] = []

    def call(source: str, arguments: dict[str, object]) -> Outcome:
        """Ask the process, unless it has stopped: the cases before count, the others do not."""
        if not stopped:
            try:
                return process.call(source, arguments)
            except StoppedError as error:
                stopped.append((error, Case(source, **arguments)))
        return Outcome(arguments, error="StoppedError", message=str(stopped[0][0]))

    try:
        process.confine()
        process.load(file, submission.others, exercise.defines)
        report = exercise.judge(call, seed)
    except StoppedError as error:
        name, _, detail = str(error).partition(": ")
        return exercise.unreadable(name, detail)
    finally:
        process.end()
    for error, case in stopped:
        got = Outcome(case.arguments, error="StoppedError", message=str(error))
        name, _, detail = str(error).partition(": ")
        attempt = exercise.attempt(case, got)
        report = replace(report, mistake=name, hint=detail, attempt=attempt)
    return report


# ---------------------------------------------------------------------------------------------
# All of them
# ---------------------------------------------------------------------------------------------


def grade_all(submissions: list[Submission], limits: Limits, jobs: int) -> Iterator[Grade]:
    """Grade submissions side by side and yield each grade when it is there."""
    seed = int.from_bytes(os.urandom(4), "big")
    bubblewrap()  # found once, for all
    fork = multiprocessing.get_context("fork")
    waiting = submissions[::-1]
    running: dict[Connection, tuple[multiprocessing.process.BaseProcess, Submission]] = {}
    with interrupt_noted() as raise_interrupt:
        try:
            while waiting or running:
                raise_interrupt()
                while waiting and len(running) < jobs:
                    receiver, sender = fork.Pipe(duplex=False)
                    task = waiting.pop()
                    judging = fork.Process(target=judge_apart, args=(sender, task, limits, seed))
                    judging.start()
                    sender.close()
                    running[receiver] = judging, task
                for receiver in wait(list(running), timeout=MOMENT):
                    assert isinstance(receiver, Connection)
                    judging, task = running.pop(receiver)
                    yield received(receiver, task)
                    judging.join()
        finally:
            for judging, _ in running.values():
                judging.kill()
                judging.join()


@contextmanager
def interrupt_noted() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C wait until the function that is handed over is called, which raises it.

    Raised at any moment it could be lost, where Python ignores exceptions, as in a `__del__`; or
    come when a process has been started and nobody has noted that it runs.
    """
    noted = False

    def note(*_: object) -> None:
        nonlocal noted
        noted = True

    def raise_it() -> None:
        if noted:
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before != signal.SIG_IGN:  # as in the background
        signal.signal(signal.SIGINT, note)
    try:
        yield raise_it
    finally:
        signal.signal(signal.SIGINT, before)


def judge_apart(sender: Connection, task: Submission, limits: Limits, seed: int) -> None:
    """Judge in this process, made for it, and send the grade."""
    import resource

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits for this
    for kind, most in (resource.RLIMIT_CPU, SECONDS_TO_JUDGE), (resource.RLIMIT_AS, BYTES_TO_JUDGE):
        _, hardest = resource.getrlimit(kind)
        least = most if hardest == resource.RLIM_INFINITY else min(most, hardest)
        with suppress(OSError, ValueError):  # macOS has no limit on memory
            resource.setrlimit(kind, (least, hardest))  # the submission's process sets its own
    try:
        message = {"grade": asdict(judge(task, limits, seed))}
    except CannotGradeError as error:
        message = {"cannot": str(error)}
    except Exception as error:  # an answer that a check was not ready for
        message = {"stumbled": repr(error)[:500]}
    sender.send_bytes(json.dumps(message).encode())


def received(receiver: Connection, task: Submission) -> Grade:
    """Return the grade that a judging process sent, or say that it could not."""
    try:
        message = json.loads(receiver.recv_bytes())
    except EOFError:
        message = {"stumbled": "they took too much time or memory over its answers"}
    if "cannot" in message:
        raise CannotGradeError(message["cannot"])
    if "grade" in message:
        return Grade(**message["grade"])
    report = task.exercise.unreadable("the checks stumbled over it", message["stumbled"])
    name = task.exercise.name
    return Grade(task.student, name, "no", 0, report.cases, report.mistake, str(report), 0.0)


# ---------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------


def options_of(arguments: list[str] | None, known: dict[str, Exercise]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions", type=Path, help="the folder")
    parser.add_argument("--to", type=Path, help="default: grades.csv; results.json for Gradescope")
    parser.add_argument("--format", choices=FORMATS, help="default: tables for a spreadsheet")
    parser.add_argument(
        "--exercises", nargs="+", choices=known, help="default: those that anyone handed in"
    )
    parser.add_argument(
        "--weights", nargs="+", type=weight, default=[], metavar="NAME=NUMBER", help="default: 1"
    )
    parser.add_argument("--seconds", type=positive, default=10, help="for one submission")
    parser.add_argument("--megabytes", type=positive, default=1024, help="for one submission")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count(), help="default: all cores")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run submissions even where this system cannot confine them: they may do what you may",
    )
    options = parser.parse_args(arguments)
    options.to = options.to or Path(
        "results.json" if options.format == "gradescope" else "grades.csv"
    )
    if os.name != "posix":
        parser.error("grading needs Linux, or, with --trust, macOS")
    if not options.submissions.is_dir():
        parser.error(f"{options.submissions} is not a folder")
    if not options.to.absolute().parent.is_dir():
        parser.error(f"there is no folder {options.to.parent} to write {options.to.name} into")
    if options.to.is_dir() or not os.access(options.to.absolute().parent, os.W_OK):
        parser.error(f"{options.to} is a folder, or cannot be written")
    if strangers := [name for name, _ in options.weights if name not in known]:
        parser.error(f"--weights: there is no exercise {strangers[0]}")
    return options


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def weight(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    if not 0 <= float(number) < 1e6:
        raise ValueError
    return name, float(number)


def write(grades: list[Grade], options: argparse.Namespace) -> None:
    """Write the table that was asked for, or both for a spreadsheet, and say so."""
    to, weights = options.to, dict(options.weights)
    if options.format:
        FORMATS[options.format](grades, weights, to)
        print(f"{len(grades)} grades for {options.format} in {to}")
        return
    write_long(grades, to)
    write_students(grades, weights, by_student(to))
    print(f"{len(grades)} grades in {to}, a row for each student in {by_student(to)}")


def by_student(to: Path) -> Path:
    return to.with_name(f"{to.stem}-students{to.suffix}")


def say_how(limits: Limits) -> None:
    """Say what holds submissions here; a CannotGradeError where nothing does."""
    process = Process(limits)
    try:
        missing = process.confine()
    finally:
        process.end()
    if missing:
        print(
            f"WARNING: --trust: this system cannot confine submissions ({', '.join(missing)}): "
            "they may do what you may, read, change and delete your files and grades, use the "
            "network.",
            file=sys.stderr,
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    known = exercises()
    options = options_of(arguments, known)
    for stream in sys.stdout, sys.stderr:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    chosen = [known[name] for name in options.exercises or known]
    one = options.format == "gradescope" and any(
        path.suffix in LARGEST for path in options.submissions.iterdir()
    )
    ours = [os.path.realpath(path) for path in (options.to, by_student(options.to))]
    students = handed_in(options.submissions, one, ours)
    submissions = submissions_of(students, chosen, bool(options.exercises))
    if not submissions:
        return say_what_there_is(students, options.submissions)
    limits = Limits(options.seconds, options.megabytes, options.trust)

    grades: list[Grade] = []
    try:
        say_how(limits)
        grading = grade_all(submissions, limits, options.jobs)
        with closing(grading):
            for grade in grading:
                grades.append(grade)
                say(grade, f"{len(grades)}/{len(submissions)}")
    except KeyboardInterrupt:
        print("stopped: what was graded so far is kept", file=sys.stderr)
        return 130
    except CannotGradeError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if grades:
            write(grades, options)
    return 0


def say_what_there_is(students: list[HandedIn], folder: Path) -> int:
    """Where no exercise is recognised, say what each student handed in instead."""
    print(f"nothing to grade in {folder}", file=sys.stderr)
    for one in students:
        read = [f"{file.name}, which defines no exercise" for file in one.files]
        found = [*read, *(f"{name}: {why}" for name, why in one.problems)] or ["nothing"]
        print(printable(f"{one.student}: {'; '.join(found[:5])}"), file=sys.stderr)
    if not students:
        return 0
    print("say with --exercises which were to be handed in, and all get a row", file=sys.stderr)
    return 2


def say(grade: Grade, place: str) -> None:
    """Print a line about a grade."""
    verdict = "passed" if grade.passed == "yes" else grade.mistake or "not right"
    line = f"[{place}] {grade.student}, {grade.exercise}: {verdict} ({grade.seconds} s)"
    print(printable(line.replace("\n", " ")), flush=True)


if __name__ == "__main__":
    sys.exit(main())
