"""What students hand in: each is read where it can be, and nobody vanishes."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
TEACHER = DOCS / "teacher"
SOLUTION = (TEACHER / "solutions" / "softmax.py").read_text(encoding="utf-8")
STUB = (DOCS / "exercises" / "softmax.py").read_text(encoding="utf-8")
WRONG = "import numpy as np\n\n\ndef softmax(z, axis=-1):\n    return z\n"

sys.path[:0] = [str(DOCS / "exercises"), str(TEACHER)]
import handed_in  # noqa: E402
from process import Limits, Process  # noqa: E402

pytestmark = pytest.mark.skipif(os.name != "posix", reason="grading needs a POSIX system")


def notebook(*cells, **fields):
    """Return a notebook as text: cells of code after one of text."""
    text = {"cell_type": "markdown", "source": ["# Softmax"]}
    code = [{"cell_type": "code", "source": source} for source in cells]
    return json.dumps({"cells": [text, *code], "nbformat": 4} | fields)


def zipped(files, **options):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def encrypted(content):
    """Return a zip with the mark that its first file is encrypted."""
    start = content.index(b"PK\1\2")
    return content[: start + 8] + b"\1" + content[start + 9 :]


OLD = {"worksheets": [{"cells": [{"cell_type": "code", "input": SOLUTION.splitlines(True)}]}]}
LATIN = "# Lösung, für später: é\n" + SOLUTION
PICTURE = {"data": {"image/png": "iVBORw0KGgo" * 200_000}, "output_type": "display_data"}
WITH_PICTURES = json.dumps(
    {"cells": [{"cell_type": "code", "source": SOLUTION, "outputs": [PICTURE]}]}
)
IN_ONE_CELL = """%matplotlib inline
% precision 3
import numpy as np
!pip install numpy
files = !ls
softmax?
np.exp??
? np.exp
if True:
    %time start = 5

def softmax(z, axis=-1):
    exps = np.exp(z - z.max(axis=axis, keepdims=True))
    rest = (start
        % 5)
    text = '''
% not a magic
!neither
and no question?
'''
    assert rest == 0 and text.count("not") == 1 and "question?" in text
    return exps / exps.sum(axis=axis, keepdims=True)
%timeit softmax(np.zeros(3))
"""
CONVERTED = """
#!/usr/bin/env python
get_ipython().run_line_magic('matplotlib', 'inline')
import matplotlib.pyplot as plt_of_nobody, a_package_of_nobodys
data = open("data.csv").read()
"""

# What a student hands in, by file name; each earns all points.
RIGHT = {
    "bom": {"softmax.py": b"\xef\xbb\xbf" + SOLUTION.encode()},
    "crlf": {"softmax.py": SOLUTION.replace("\n", "\r\n")},
    "old-mac": {"softmax.py": SOLUTION.replace("\n", "\r")},
    "latin-1": {"softmax.py": LATIN.encode("latin-1")},
    "latin-1-said": {"softmax.py": b"# -*- coding: latin-1 -*-\n" + LATIN.encode("latin-1")},
    "utf-16": {"softmax.py": SOLUTION.encode("utf-16")},
    "future": {"softmax.py": '"""Mine."""\nfrom __future__ import annotations\n' + SOLUTION},
    "notebook-bom": {"softmax.ipynb": b"\xef\xbb\xbf" + notebook(SOLUTION).encode()},
    "notebook-of-2014": {"softmax.ipynb": json.dumps(OLD)},
    "notebook-with-pictures": {"softmax.ipynb": WITH_PICTURES},
    "notebook-lines": {"softmax.ipynb": notebook(IN_ONE_CELL)},
    "cell-magics": {"softmax.ipynb": notebook("%%bash\nls $x", f"%%time\n{SOLUTION}")},
    "a-cell-fails": {"softmax.ipynb": notebook("1 / 0", "def (", "display(3)", SOLUTION)},
    "converted": {"softmax.py": CONVERTED + SOLUTION},
    "fails-later": {"softmax.py": SOLUTION + "\nprint(softmax(np.zeros(3))[7])\n"},
    "empty-notebook": {"softmax.ipynb": "", "softmax.py": SOLUTION},
    "broken-notebook": {"softmax.ipynb": notebook(WRONG)[:-30], "softmax.py": SOLUTION},
    "stub-notebook": {"softmax.ipynb": notebook(STUB), "softmax.py": SOLUTION},
    "stub-file": {"softmax.py": STUB, "softmax.ipynb": notebook(SOLUTION)},
    "wrong-notebook": {"softmax.ipynb": notebook(WRONG), "softmax.py": SOLUTION},
    "capitals": {"Softmax.PY": SOLUTION},
    "another-name": {"homework 1 (2).py": SOLUTION},
    "nested": {"week 1/mine/softmax.py": SOLUTION, "week 1/old/softmax.py": WRONG},
    "checks-too": {"softmax.py": SOLUTION, "checks/test_softmax.py": WRONG},
    "zip": {"hand-in.zip": zipped({"hw/softmax.py": SOLUTION, "__MACOSX/hw/._softmax.py": "\0"})},
    "zip-of-windows": {"hand-in.zip": zipped({"hw\\softmax.ipynb": notebook(SOLUTION)})},
    "zip-and-large": {"a.zip": zipped({"x.py": "#" * (2**20 + 1), "softmax.py": SOLUTION})},
    "imports": {"softmax.py": "from helper import softmax", "helper.py": SOLUTION},
}

# Each earns nothing; the row says these words.
NOT_RIGHT = {
    "nothing": ({}, ["it was not handed in", "Hand in softmax.py or softmax.ipynb"]),
    "only-empty": ({"softmax.ipynb": ""}, ["softmax.ipynb: it is empty", "Hand in"]),
    "only-broken": ({"softmax.ipynb": "{" * 100_000}, ["it is no notebook", "save it again"]),
    "no-code": ({"softmax.ipynb": notebook()}, ["no code in it"]),
    "digits": ({"softmax.ipynb": '{"cells": ' + "1" * 10**6 + "}"}, ["it is no notebook"]),
    "odd-notebook": ({"softmax.ipynb": '{"cells": 3}'}, ["it is no notebook"]),
    "large": ({"softmax.py": "#" * (2**20 + 1)}, ["softmax.py: it is larger than 1 MB"]),
    "full": ({"softmax.ipynb": "[" + "[]," * 300_000 + "0]"}, ["it holds too much"]),
    "word": ({"softmax.docx": b"PK"}, ["softmax.docx: it is neither a .py nor an .ipynb"]),
    "broken-zip": ({"a.zip": b"PK\3\4"}, ["a.zip: it is no zip that can be opened"]),
    "locked": ({"a.zip": encrypted(zipped({"softmax.py": SOLUTION}))}, ["it is no zip that"]),
    "another": ({"hw.py": "x = 1"}, ["hw.py is read, but has no softmax in it"]),
    "syntax": ({"softmax.py": "x = 1\ndef softmax(z)\n"}, ["softmax.py: line 2: SyntaxError"]),
    "nul": ({"softmax.py": "x = 1\0"}, ["softmax.py", "null bytes"]),
}


def write(folder, files):
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def trust_where_needed():
    process = Process(Limits(trust=True))
    try:
        return ["--trust"] if process.confine() else []
    finally:
        process.end()


def grade(folder, *options):
    """Run the command; return its rows, and what it said."""
    table = folder.parent / "grades.csv"
    command = [sys.executable, str(TEACHER / "grade.py"), str(folder), "--to", str(table)]
    command += [*trust_where_needed(), *options]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)
    assert run.returncode == 0, run.stdout + run.stderr
    with table.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)], run.stdout


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One run over everything above, and what a class leaves beside it."""
    folder = tmp_path_factory.mktemp("class") / "submissions"
    folder.mkdir()
    for student, files in {**RIGHT, **{k: v for k, (v, _) in NOT_RIGHT.items()}}.items():
        write(folder / student, files)
    (folder / "zip-alone.zip").write_bytes(zipped({"softmax.py": SOLUTION}))
    (folder / "twice").mkdir()
    (folder / "twice.py").write_text(SOLUTION, encoding="utf-8")
    (folder / "doejane_12_345_softmax-1.py").write_text(SOLUTION, encoding="utf-8")
    (folder / "doejane_12_346_notes.py").write_text("x = 1", encoding="utf-8")
    (folder / "alone.docx").write_bytes(b"PK")
    (folder / ".DS_Store").write_bytes(b"")
    (folder / "link").mkdir()
    (folder / "link" / "softmax.py").symlink_to(TEACHER / "solutions" / "softmax.py")
    (folder / "linked-folder").symlink_to(TEACHER / "solutions")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "softmax.py")
    write(folder / os.fsdecode(b"caf\xe9"), {"softmax.py": SOLUTION})
    write(folder / "ça\x1b[2J\u202e", {"softmax.py": SOLUTION})
    rows, printed = grade(folder, "--exercises", "softmax")
    assert len({row["student"] for row in rows}) == len(rows)
    assert len(rows) == len([p for p in folder.iterdir() if p.name != ".DS_Store"]) - 2
    return {row["student"]: row for row in rows}, printed


@pytest.mark.parametrize("student", RIGHT)
def test_what_is_right_gets_all_points_in_whatever_it_is_handed_in(graded, student):
    row = graded[0][student]
    assert (row["passed"], row["points"]) == ("yes", row["of"]), row["message"]


@pytest.mark.parametrize("student", NOT_RIGHT)
def test_what_cannot_be_read_gets_a_row_that_says_what_to_hand_in(graded, student):
    row = graded[0][student]
    assert (row["passed"], row["points"]) == ("no", "0")
    for words in NOT_RIGHT[student][1]:
        assert words in row["message"]


def test_links_pipes_and_names_have_a_row(graded):
    rows, printed = graded
    for student, words in {
        "link": "softmax.py: it is a link, which is not followed",
        "linked-folder": "linked-folder: it is a link",
        "loop": "loop: it is a link",
        "pipe": "softmax.py: it is no file",
        "alone": "alone.docx: it is neither",
    }.items():
        assert (rows[student]["passed"], rows[student]["mistake"]) == ("no", "it cannot be read")
        assert words in rows[student]["message"]
    for student in ("zip-alone", "twice", "doejane_12", "caf\\udce9", "ça\\x1b[2J\\u202e"):
        assert rows[student]["passed"] == "yes", student
    assert "\x1b" not in printed


def test_the_file_that_counts_is_named(graded):
    rows, _ = graded
    assert rows["stub-notebook"]["file"] == "softmax.py"
    assert rows["stub-file"]["file"] == "softmax.ipynb"
    assert rows["nested"]["file"] == "week 1/mine/softmax.py"
    assert rows["zip"]["file"] == "hw/softmax.py"


def test_a_file_that_cannot_be_opened_has_a_row(tmp_path, monkeypatch):
    write(tmp_path / "anna", {"softmax.py": SOLUTION, "log_softmax.py": "x = 1"})
    write(tmp_path / "ben", {"softmax.py": SOLUTION})

    def refuse(content):
        def opened(path, *args):
            if path.name == "softmax.py" and "anna" in path.parts:
                raise PermissionError(13, "Permission denied")
            return content(path, *args)

        return opened

    def refuse_folder(path):
        if path.name == "ben":
            raise PermissionError(13, "Permission denied")
        return iterate(path)

    iterate = Path.iterdir
    monkeypatch.setattr(Path, "open", refuse(Path.open))
    monkeypatch.setattr(Path, "iterdir", refuse_folder)
    anna, ben = handed_in.handed_in(tmp_path)
    assert [file.name for file in anna.files] == ["log_softmax.py"]
    assert anna.problems == [("softmax.py", "it cannot be read: [Errno 13] Permission denied")]
    assert ben.problems == [("ben", "it cannot be read: [Errno 13] Permission denied")]


def test_a_loop_in_a_late_case_costs_no_earlier_points(tmp_path):
    late = "\ncalls = 0\nright = softmax\ndef softmax(z, axis=-1):\n    global calls\n"
    late += "    calls += 1\n    {}\n    return right(z, axis)\n"
    folder = tmp_path / "submissions"
    folder.mkdir()
    ends = {
        "loops": "if calls == 5: sum(iter(int, 1))",
        "ends": "if calls == 5: __import__('os')._exit(0)",
        "crashes": "if calls == 5: __import__('ctypes').string_at(0)",
    }
    for student, line in ends.items():
        write(folder / student, {"softmax.py": SOLUTION + late.format(line)})
    rows, _ = grade(folder, "--seconds", "2")
    mistakes = {
        "loops": "it took longer than 2 s",
        "ends": "it ended the process",
        "crashes": "it crashed with SIGSEGV",
    }
    for row in rows:
        assert row["mistake"] == mistakes[row["student"]]
        assert (row["points"], row["of"]) == ("4", "15")
        assert "z = np.array([[3.0, 1.0, 2.0], [0.0, -1.0, 4.0]])" in row["message"], "the fifth"


def test_nobody_vanishes_where_no_exercise_is_recognised(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    write(folder / "anna", {"hw.docx": b"PK"})
    command = [sys.executable, str(TEACHER / "grade.py"), str(folder)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path)
    assert run.returncode == 2
    assert "anna: hw.docx: it is neither" in run.stderr
    assert "--exercises" in run.stderr


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_a_damaged_zip_or_notebook_is_a_problem_and_no_error(tmp_path, cut):
    whole = zipped({"softmax.py": SOLUTION, "b.ipynb": notebook(SOLUTION)})
    place = len(whole) * cut // 120
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name, damaged in {
        "cut": whole[:place],
        "changed": whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :],
    }.items():
        (folder / f"{name}.zip").write_bytes(damaged)
    for one in handed_in.handed_in(folder):
        assert one.problems or one.files


def test_more_code_than_anyone_writes_is_not_searched(tmp_path):
    write(tmp_path / "anna", {f"{n}.py": "#" * 2**20 for n in range(7)})
    [anna] = handed_in.handed_in(tmp_path)
    assert len(anna.files) == 5
    assert anna.problems[-1] == ("6.py", "there is too much code before it; hand in less")


def test_a_zip_that_unpacks_to_much_is_left_alone(tmp_path):
    bombs = {
        "large": {f"{n}.ipynb": "[]" + " " * 2**23 for n in range(8)},
        "many": {f"{n}.py": "" for n in range(3000)},
    }
    for name, files in bombs.items():
        (tmp_path / f"{name}.zip").write_bytes(zipped(files))
    large, many = handed_in.handed_in(tmp_path)
    assert large.problems[-1] == ("large.zip", "it holds more than 50 MB of code")
    assert many.problems == [("many.zip", "it holds too many files")]
