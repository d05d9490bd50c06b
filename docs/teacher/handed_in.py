"""Find what each student handed in, and read it where it can be read.

A student is a folder, a zip or a file in the folder of submissions. Whatever of theirs cannot be
read is noted, so that their row can say so: nobody vanishes.
"""

from __future__ import annotations

import codecs
import io
import json
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from checks.teaching import Exercise

LARGEST = {".py": 2**20, ".ipynb": 20 * 2**20}
"""Code is short; a notebook has pictures in it."""
LARGEST_ZIP = 50 * 2**20
"""As it is handed in, and of what is read from it."""
MOST_FILES, MOST_CANDIDATES, MOST_CODE = 200, 5, 5 * 2**20
"""Of one student's."""
MOST_VALUES = 500_000
"""Lists, dicts and what they hold, in a notebook."""

CANVAS = re.compile(r"(?P<student>[^_]+(_LATE)?_\d+)_\d+_(?P<name>.+)")
"""A file as Canvas hands it out: doejane_1234_56789_softmax.py"""
CANNOT_UNZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(RuntimeError, ValueError, OSError, EOFError),
)
IGNORED = ("checks", "__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


class CannotReadError(Exception):
    """What was handed in cannot be read; the text says why and what helps."""


@dataclass
class File:
    """A file of code: its name, and its cells as pairs of a label and a source."""

    name: str
    cells: list[tuple[str, str]]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    def defines(self, name: str) -> bool:
        """Whether it seems to define a name."""
        pattern = rf"(?m)\b(def|class) +{name}\b|^[ \t]*({name} *[:=]|from\b.*\b{name}\b)"
        return any(name in source and re.search(pattern, source) for _, source in self.cells)


@dataclass
class HandedIn:
    """All that one student handed in."""

    student: str
    files: list[File] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """The name of a file that is not among `files`, and why."""
    size: int = 0

    def add(self, name: str, content: bytes) -> None:
        """Add a file, or a note on why it is not read."""
        try:
            file = File(name, cells_of(name, content))
            self.size += sum([len(source) for _, source in file.cells])
            if self.size > MOST_CODE:
                raise CannotReadError("there is too much code before it; hand in less")
            self.files.append(file)
        except CannotReadError as problem:
            self.problems.append((name, str(problem)))


@dataclass
class Submission:
    """What one student handed in for one exercise."""

    student: str
    exercise: Exercise
    candidates: list[File] = field(default_factory=list)
    """The files that may define it; the best of them counts."""
    others: dict[str, str] = field(default_factory=dict)
    """The student's modules by their names, which a candidate may import."""
    problems: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """What to say of the files that are no candidates, where there is none."""


def submissions_of(
    students: list[HandedIn], chosen: list[Exercise], all_of_them: bool
) -> list[Submission]:
    """Return a submission for each student and exercise; without candidates where it is missing.

    Unless all are wanted, exercises that nobody handed in are left out.
    """
    everyone = [for_exercise(one, exercise) for one in students for exercise in chosen]
    there = {s.exercise.name for s in everyone if s.candidates}
    there |= {
        s.exercise.name for s in everyone for p in s.problems if stem_of(p) == s.exercise.name
    }
    return [s for s in everyone if all_of_them or s.exercise.name in there]


def stem_of(problem: str) -> str:
    return PurePosixPath(problem.partition(": ")[0]).stem.lower()


def for_exercise(one: HandedIn, exercise: Exercise) -> Submission:
    """Return what a student handed in for an exercise: files called so, or that define it."""
    ranked = []
    for place, file in enumerate(one.files):
        defines, named = file.defines(exercise.defines), file.stem.lower() == exercise.name
        if defines or named:
            ranked.append((not defines, not named, place, file))
    candidates = [file for *_, file in sorted(ranked, key=lambda entry: entry[:3])]
    modules = {file.stem: file.cells[0][1] for file in one.files if file.name.endswith(".py")}
    problems = [f"{name}: {why}" for name, why in one.problems]
    elsewhere = [f"{file.name} is read, but has no {exercise.defines} in it" for file in one.files]
    return Submission(
        one.student, exercise, candidates[:MOST_CANDIDATES], modules, problems, elsewhere
    )


def handed_in(
    folder: Path, one_student: bool = False, ours: Collection[str] = ()
) -> list[HandedIn]:
    """Return what each student handed in, by name; or one, if all in the folder is theirs.

    Files that are `ours`, as the grades of last time, are nobody's.
    """
    if one_student:
        one = HandedIn(folder.resolve().name)
        collect(folder.resolve(), "", one)
        return [one]
    everyone: dict[str, HandedIn] = {}
    for path in sorted(folder.iterdir()):
        if path.name != "checks" and ignored(path.name):
            continue
        if os.path.realpath(path) in ours:
            continue
        canvas = CANVAS.fullmatch(path.name)
        student = path.name if path.is_dir() else canvas["student"] if canvas else path.stem
        name = "" if path.is_dir() else canvas["name"] if canvas else path.name
        collect(path, name, everyone.setdefault(student, HandedIn(student)))
    return list(everyone.values())


def ignored(name: str) -> bool:
    return name.startswith(".") or name in IGNORED


def collect(path: Path, name: str, into: HandedIn) -> None:
    """Add a file, or all that is in a folder or a zip."""
    if len(into.files) + len(into.problems) >= MOST_FILES:
        return
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            for entry in sorted(path.iterdir()):
                if not ignored(entry.name):
                    collect(entry, f"{name}/{entry.name}".lstrip("/"), into)
        elif stat.S_ISLNK(mode):
            raise CannotReadError("it is a link, which is not followed; hand in the file itself")
        elif not stat.S_ISREG(mode):
            raise CannotReadError("it is no file")
        elif path.suffix.lower() == ".zip":
            for member, content in unzipped(beginning(path, LARGEST_ZIP)):
                into.add(member, content)
        else:
            into.add(name, beginning(path, LARGEST.get(path.suffix.lower(), 0)))
    except CannotReadError as problem:
        into.problems.append((name or path.name, str(problem)))
    except (OSError, RecursionError) as error:
        into.problems.append((name or path.name, f"it cannot be read: {error}"))


def beginning(path: Path, limit: int) -> bytes:
    """Return as much of a file as shows whether it is within the limit."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def refuse_large(content: bytes, limit: int) -> None:
    if len(content) > limit:
        raise CannotReadError(
            f"it is larger than {limit // 2**20} MB; clear a notebook's outputs, leave data out"
        )


def unzipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the beginning of each file in a zip."""
    refuse_large(content, LARGEST_ZIP)
    if content.count(b"PK\1\2") > 10 * MOST_FILES:
        raise CannotReadError("it holds too many files")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            left = LARGEST_ZIP
            for member in archive.infolist():
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if member.is_dir() or any(map(ignored, name.parts)):
                    continue
                with archive.open(member) as file:
                    found = file.read(LARGEST.get(name.suffix.lower(), 0) + 1)
                left -= len(found)
                if left < 0:
                    raise CannotReadError(f"it holds more than {LARGEST_ZIP // 2**20} MB of code")
                yield str(name), found
    except CANNOT_UNZIP:
        raise CannotReadError("it is no zip that can be opened; hand in the files") from None


# ---------------------------------------------------------------------------------------------
# From bytes to code
# ---------------------------------------------------------------------------------------------


def cells_of(name: str, content: bytes) -> list[tuple[str, str]]:
    """Return a file's code as pairs of a label and a source: one, or one for each cell."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in LARGEST:
        raise CannotReadError("it is neither a .py nor an .ipynb")
    refuse_large(content, LARGEST[suffix])
    text = text_of(content)
    if suffix == ".py":
        return [(PurePosixPath(name).name, text)]
    if not text.strip():
        raise CannotReadError("it is empty")
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise CannotReadError("it holds too much; clear the notebook's outputs")
    try:
        notebook = json.loads(text, parse_int=str, parse_float=str)  # which may be long
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        sources = [source_of(cell) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CannotReadError("it is no notebook that can be opened; save it again") from None
    if not sources:
        raise CannotReadError("the notebook has no code in it; save it before you hand it in")
    return [(f"cell {number}", source) for number, source in enumerate(sources, 1)]


def source_of(cell: dict[str, Any]) -> str:
    """Return a cell's source: "input" is what notebooks called it before 2015."""
    return "".join(cell["source"] if "source" in cell else cell["input"])


def text_of(content: bytes) -> str:
    """Decode what an editor wrote: UTF-8, with or without a mark, UTF-16 with one, or latin-1."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
