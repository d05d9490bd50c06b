"""From DOT to SVG, PNG and PDF: find a Graphviz that works, and run it, for so long."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

OLDEST = (2, 30)  # rounded tables with bold text
PROBE = 'digraph { a [label=<<table style="rounded"><tr><td><b>x</b></td></tr></table>>] }'
SIGNS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}
HOW_TO_GET_IT = (
    "drawing needs Graphviz: pip install graphviz-pure, or install Graphviz from your system's "
    'package manager; .save("x.dot") works without'
)

seconds: ContextVar[float] = ContextVar("seconds", default=120.0)
"""How long a graph may take to be laid out."""


@contextmanager
def within(limit: float) -> Iterator[None]:
    """Lay out in at most so many seconds, or raise."""
    token = seconds.set(limit)
    try:
        yield
    finally:
        seconds.reset(token)


def find_renderer() -> str | None:
    """Find Graphviz's `dot`, or the `graphviz-pure` that pip installs, also beside this Python.

    A program of that name that is no Graphviz, an old one, or does not work, is passed over.
    """
    return next((program for program in _programs() if _fault(program) is None), None)


def render(source: str, form: str, *options: str) -> bytes:
    """Lay out DOT text and return the bytes of a picture.

    Parameters
    ----------
    source : str
        DOT text.
    form : str
        "svg", "png" or "pdf".
    *options : str
        More of the program's options.

    Raises
    ------
    RuntimeError
        If there is no program to do it, it fails, takes too long, or what it writes is no picture.

    Examples
    --------
    >>> render("digraph { x -> y }", "svg").startswith(b"<?xml")
    True
    """
    faults = []
    for program in _programs():
        if fault := _fault(program):
            faults.append(f"{program} {fault}")
            continue
        try:
            ran = _run(program, source, f"-T{form}", *options)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"{program} took more than {error.timeout:g} seconds to lay the graph out, and was "
                'stopped: draw less of it (max_nodes=, depth=), or .save("x.dot") and give it time'
            ) from None
        if not ran.returncode and SIGNS[form] in ran.stdout:
            return ran.stdout
        complaint = ran.stderr.decode(errors="replace").strip() or "what it wrote is no picture"
        faults.append(f"{program} failed with exit code {ran.returncode}: {complaint}")
    raise RuntimeError("; ".join(faults if find_renderer() else [*faults, HOW_TO_GET_IT]))


def _programs() -> list[str]:
    beside_this_python = sysconfig.get_path("scripts")
    found = (
        shutil.which("dot"),
        shutil.which("graphviz-pure"),
        shutil.which("graphviz-pure", path=beside_this_python),
    )
    return [*dict.fromkeys(filter(None, found))]


def _fault(program: str) -> str | None:
    """What is wrong with a program, if it does not draw a small graph as Graphviz does."""
    try:
        return _fault_of(program)
    except subprocess.TimeoutExpired:  # not kept: perhaps the machine was busy
        return "does not answer"


@lru_cache
def _fault_of(program: str) -> str | None:
    with within(min(10.0, seconds.get())):
        try:
            ran = _run(program, PROBE, "-Tsvg")
        except OSError as error:
            return f"cannot be run: {error.strerror}"
    version = re.search(rb"graphviz version (\d+)\.(\d+)", ran.stdout)
    if ran.returncode or SIGNS["svg"] not in ran.stdout or version is None:
        complaint = ran.stderr.decode(errors="replace").strip()
        return "is not a working Graphviz" + f": {complaint}" * bool(complaint)
    if tuple(map(int, version.groups())) < OLDEST:
        return f"is too old a Graphviz: {version[1].decode()}.{version[2].decode()}"
    return None


def _run(program: str, source: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program; what it writes is collected in memory, and it is stopped in time."""
    return subprocess.run(
        [program, *options],
        input=source.encode(errors="backslashreplace"),
        capture_output=True,
        check=False,
        timeout=seconds.get(),
    )
