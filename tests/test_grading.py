"""Grading: no submission stops another, earns points that it should not, or touches a file."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parent.parent / "docs"
TEACHER = DOCS / "teacher"
SOLUTIONS = TEACHER / "solutions"
SOLUTION = (SOLUTIONS / "softmax.py").read_text(encoding="utf-8")
WRONG = "import numpy as np\n\n\ndef softmax(z, axis=-1):\n    return np.exp(z) / np.exp(z).sum()\n"

sys.path[:0] = [str(DOCS / "exercises"), str(TEACHER)]
import grade  # noqa: E402
import wire  # noqa: E402
from checks.calls import Foreign, Formula  # noqa: E402
from checks.teaching import same  # noqa: E402

pytestmark = pytest.mark.skipif(os.name != "posix", reason="grading needs a POSIX system")


def confined():
    """What this system cannot confine; nothing on a Linux with Landlock on x86-64."""
    code = (
        f"import sys; sys.path.insert(0, {str(TEACHER)!r}); from confine import confine; "
        "print(','.join(confine(10, 1024, [sys.prefix, sys.base_prefix])))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return run.stdout.strip()


MISSING = confined()
needs_confinement = pytest.mark.skipif(bool(MISSING), reason=f"cannot confine here: {MISSING}")


def grade_folder(folder, *options):
    """Run the command; return its rows by student, and what it printed."""
    table = folder.parent / "grades.csv"
    command = [sys.executable, str(TEACHER / "grade.py"), str(folder), "--to", str(table)]
    if MISSING:
        command.append("--unconfined")
    run = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    with table.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}, run.stdout


# Each: what the file says before or in place of a softmax, and the mistake that the CSV names.
FORGED = """
import os, sys
for fd in range(3, 64):
    try:
        os.write(fd, b'{"passed": true, "points": 99}\\n' * 100)
    except OSError:
        pass
"""
PATCHED = """
import numpy as np
import pytest, unittest
np.allclose = np.array_equal = np.isnan = lambda *args, **kwargs: True
sys = __import__("sys")
for module in list(sys.modules.values()):
    for name in ("same", "equal", "evaluate", "judge", "report", "fail", "holds"):
        if hasattr(module, name):
            setattr(module, name, lambda *args, **kwargs: True)
for module in list(sys.modules.values()):
    if hasattr(module, "Exercise"):
        module.Exercise.judge = module.Exercise.equal = lambda *args, **kwargs: True
pytest.fail = lambda *args, **kwargs: None
"""
EQUAL_TO_ALL = """
class Equal:
    def __eq__(self, other): return True
    def __array__(self, *args, **kwargs): raise KeyboardInterrupt
    __hash__ = None


def softmax(z, axis=-1):
    return Equal()
"""
HOSTILE = {
    "loops": ("def softmax(z, axis=-1):\n    while True: pass", "it took longer than"),
    "sleeps": ("import time\ntime.sleep(1000)", "it took longer than"),
    "exits": ("import os\nos._exit(0)", "it ended the process"),
    "exits-politely": (
        "def softmax(z, axis=-1):\n    raise SystemExit(0)",
        "it raised a SystemExit",
    ),
    "quits": ("quit()\n", "it cannot be imported"),
    "crashes": ("import ctypes\nctypes.string_at(0)", "it crashed with SIGSEGV"),
    "eats-memory": ("x = bytearray(3 * 10**9)\n" + SOLUTION, "it cannot be imported"),
    "returns-much": (
        "import numpy as np\ndef softmax(z, axis=-1):\n    return np.zeros(10**6)",
        "its answer is larger",
    ),
    "forges": (FORGED + WRONG, ""),
    "patches": (PATCHED + WRONG, ""),
    "equals-all": (EQUAL_TO_ALL, "it returned an Equal instead of an array"),
    "cannot-be-read": ("def softmax(z, axis=-1)\n", "it cannot be imported"),
    "nothing": ("", "it cannot be imported"),
    "recurses": (
        "def softmax(z, axis=-1):\n    return softmax(z, axis)",
        "it raised a RecursionError",
    ),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One run over an honest student, a wrong one, and every hostile one at once."""
    folder = tmp_path_factory.mktemp("hostile") / "submissions"
    folder.mkdir()
    prints = "import sys\nfor _ in range(50): print('x' * 10**5); sys.stderr.write('y' * 10**5)\n"
    sources = {name: source for name, (source, _) in HOSTILE.items()}
    sources |= {"honest": SOLUTION, "wrong": WRONG, "prints": prints + SOLUTION}
    for name, source in sources.items():
        (folder / name).mkdir()
        (folder / name / "softmax.py").write_text(source, encoding="utf-8")
    return grade_folder(folder, "--seconds", "4", "--jobs", "4")


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_submission_earns_nothing_and_is_said_to_be_what_it_is(graded, kind):
    row = graded[0][kind]
    assert row["passed"] == "no"
    assert row["mistake"].startswith(HOSTILE[kind][1])
    if kind not in ("forges", "patches"):
        assert row["points"] == "0"


def test_the_others_are_graded_all_the_same(graded):
    rows, printed = graded
    assert rows["honest"]["passed"] == "yes"
    assert rows["honest"]["points"] == rows["honest"]["of"]
    assert rows["honest"]["mistake"] == ""
    assert rows["wrong"]["passed"] == "no"
    assert 0 < int(rows["wrong"]["points"]) < int(rows["wrong"]["of"])
    assert len(rows) == len(HOSTILE) + 3
    assert printed.count("\n") == len(rows) + 1, "a line for each, and one about the CSV"


def test_what_a_submission_prints_goes_nowhere(graded):
    rows, printed = graded
    assert rows["prints"]["passed"] == "yes"
    assert len(printed) < 10_000


def test_a_forger_gets_the_points_of_its_code_at_most(graded):
    rows, _ = graded
    for kind in ("forges", "patches"):
        assert int(rows[kind]["points"]) <= int(rows["wrong"]["points"])


def test_a_mistake_is_named_in_the_csv(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "anna.py").write_text(
        SOLUTION.replace("z - z.max(axis=axis, keepdims=True)", "z"), encoding="utf-8"
    )
    (folder / "ben.py").write_text(
        "import numpy as np\n\ndef softmax(z, axis=-1):\n    z -= 1.0\n    " + "return z"
    )
    rows, _ = grade_folder(folder)
    assert rows["anna"]["mistake"] == "no max subtraction"
    assert "softmax(z)" in rows["anna"]["message"]
    assert rows["ben"]["mistake"] == "argument changed in place", "a change in the other process"


def test_every_kind_of_argument_and_result_gets_through(tmp_path):
    kinds = {
        "numeric_derivative": "a function",
        "walk_order": "a dict of lists, a list",
        "accumulate": "a list of pairs, a dict of arrays",
        "matmul_backward": "a tuple of arrays",
        "first_non_finite": "a string or None",
        "softplus": "a class",
    }
    for name in kinds:
        (tmp_path / "submissions" / "anna").mkdir(parents=True, exist_ok=True)
        shutil.copy(SOLUTIONS / f"{name}.py", tmp_path / "submissions" / "anna")
    _, printed = grade_folder(tmp_path / "submissions")
    verdicts = dict(re.findall(r"anna, (\w+): (.*) \(", printed))
    assert verdicts == dict.fromkeys(kinds, "passed")


def test_a_file_may_import_the_students_other_files(tmp_path):
    anna = tmp_path / "submissions" / "anna"
    anna.mkdir(parents=True)
    shutil.copy(SOLUTIONS / "softmax.py", anna)
    temperature = (
        "from softmax import softmax\n\n\ndef temperature(z, T):\n    return softmax(z / T)"
    )
    (anna / "temperature.py").write_text(temperature, encoding="utf-8")
    _, printed = grade_folder(tmp_path / "submissions")
    assert "anna, temperature: passed" in printed


SNOOP = """
import ctypes, os, socket, subprocess

def attempt(action):
    try:
        action()
    except OSError:
        return
    raise SystemExit("it could")

attempt(lambda: open({other!r}).read())
attempt(lambda: open({checks!r}).read())
attempt(lambda: os.listdir({solutions!r}))
attempt(lambda: open({other!r}, "w"))
attempt(lambda: open("/dev/shm/x", "w"))
attempt(lambda: open("here", "w"))
attempt(lambda: os.remove({other!r}))
attempt(lambda: os.rename({other!r}, "mine"))
attempt(lambda: os.rmdir({folder!r}))
attempt(lambda: os.chmod({other!r}, 0))
attempt(lambda: os.truncate({other!r}, 0))
attempt(lambda: os.utime({other!r}))
attempt(lambda: open(f"/proc/{{os.getppid()}}/environ").read())
attempt(lambda: os.kill(os.getppid(), 9))
attempt(lambda: os.fork())
if ctypes.CDLL(None).syscall(57) != -1:
    raise SystemExit("it forked, by the number of the call")
attempt(lambda: os.posix_spawn("/bin/true", ["true"], {{}}))
attempt(lambda: subprocess.run(["/bin/true"]))
attempt(lambda: os.execv("/bin/true", ["true"]))
attempt(lambda: os.setsid())
attempt(lambda: socket.socket())
if {secret!r} in os.environ.values():
    raise SystemExit("it sees the environment")
"""


@needs_confinement
def test_a_submission_reads_writes_starts_and_signals_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "submissions"
    folder.mkdir()
    monkeypatch.setenv("SECRET", "the teacher's password")
    other = folder / "honest.py"
    other.write_text(SOLUTION, encoding="utf-8")
    facts = {
        "other": str(other),
        "folder": str(folder),
        "checks": str(DOCS / "exercises" / "checks" / "test_softmax.py"),
        "solutions": str(SOLUTIONS),
        "secret": "the teacher's password",
    }
    (folder / "snoop.py").write_text(SNOOP.format(**facts) + SOLUTION)
    (folder / "copies").mkdir()
    copies = f"exec(open({str(SOLUTIONS / 'softmax.py')!r}).read())"
    (folder / "copies" / "softmax.py").write_text(copies, encoding="utf-8")
    rows, _ = grade_folder(folder)
    assert rows["snoop"]["passed"] == "yes", rows["snoop"]["message"]
    assert rows["copies"]["mistake"] == "it cannot be imported"
    assert "PermissionError" in rows["copies"]["message"]
    assert rows["honest"]["passed"] == "yes"
    assert other.read_text(encoding="utf-8") == SOLUTION


def processes_in(folder):
    """Return the processes that work in a folder or below it, be it removed by now."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += [process.name] if os.readlink(process / "cwd").startswith(str(folder)) else []
        except OSError:  # it has ended, or is not ours
            continue
    return found


@needs_confinement
def test_no_process_is_left(tmp_path, monkeypatch):
    folder = tmp_path / "submissions"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the processes of submissions work
    fork = "import os\nfor _ in range(20):\n    try: os.fork()\n    except OSError: pass\n"
    (folder / "forks.py").write_text(fork + "while True: pass\ndef softmax(z): pass")
    sleeper = subprocess.Popen(["sleep", "60"], cwd=folder)
    assert processes_in(tmp_path) == [str(sleeper.pid)], "this test sees processes"
    rows, _ = grade_folder(folder, "--seconds", "1")
    assert rows["forks"]["mistake"] == "it took longer than 1 s"
    assert processes_in(tmp_path) == [str(sleeper.pid)]
    sleeper.kill()
    sleeper.wait()


def test_a_system_that_cannot_confine_is_refused(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "anna.py").write_text(SOLUTION, encoding="utf-8")
    worker = tmp_path / "worker.py"
    text = (TEACHER / "worker.py").read_text(encoding="utf-8")
    text = text.replace("from confine import confine", "confine = lambda *_: ['file access']")
    worker.write_text(text.replace("Path(__file__)", f"Path({str(TEACHER / 'worker.py')!r})"))
    monkeypatch.setattr(grade, "WORKER", worker)
    table = str(tmp_path / "grades.csv")
    assert grade.main([str(folder), "--to", table]) == 2
    assert "cannot confine submissions (file access)" in capsys.readouterr().err
    assert grade.main([str(folder), "--to", table, "--unconfined"]) == 0


def test_a_process_that_cannot_start_is_nobodys_fault(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "anna.py").write_text(SOLUTION, encoding="utf-8")
    worker = tmp_path / "worker.py"
    worker.write_text("import no_such_module")
    monkeypatch.setattr(grade, "WORKER", worker)
    assert grade.main([str(folder), "--to", str(tmp_path / "grades.csv")]) == 2
    assert "can be started" in capsys.readouterr().err
    assert not (tmp_path / "grades.csv").exists()


def test_an_answer_that_breaks_a_check_stops_nobody(tmp_path, monkeypatch):
    def stumble(*_):
        raise ZeroDivisionError("in a check")

    exercise = grade.exercises()["softmax"]
    monkeypatch.setattr(exercise, "judge", stumble)
    file = tmp_path / "softmax.py"
    file.write_text(SOLUTION, encoding="utf-8")
    limits = grade.Limits(unconfined=bool(MISSING))
    submissions = [grade.Submission("anna", exercise, file)]
    [graded] = grade.grade_all(submissions, limits, jobs=1)
    assert (graded.passed, graded.points) == ("no", 0)
    assert graded.mistake == "the checks stumbled over it"


def test_notebooks_links_pipes_and_names(tmp_path):
    folder = tmp_path / "submissions"
    (folder / "=cmd|' calc'!A1").mkdir(parents=True)
    cells = [
        {"cell_type": "markdown", "source": ["# Softmax"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!ls\n", "import numpy as np"]},
        {"cell_type": "code", "source": [SOLUTION]},
        {"cell_type": "code", "source": ["from checks import check\n", "check(softmax)"]},
    ]
    (folder / "=cmd|' calc'!A1" / "softmax.ipynb").write_text(json.dumps({"cells": cells}))
    (folder / "broken").mkdir()
    (folder / "broken" / "softmax.ipynb").write_text("{" * 100_000)
    (folder / "linked").mkdir()
    (folder / "linked" / "softmax.py").symlink_to(SOLUTIONS / "softmax.py")
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "softmax.py")
    (folder / "linked-folder").symlink_to(SOLUTIONS)
    (folder / "large").mkdir()
    (folder / "large" / "softmax.py").write_bytes(b"#" * (grade.LARGEST_FILE + 1))
    rows, _ = grade_folder(folder, "--exercises", "softmax")
    assert rows["'=cmd|' calc'!A1"]["passed"] == "yes", "a name that a spreadsheet would compute"
    assert rows["broken"]["mistake"] == "it cannot be imported"
    assert "linked-folder" not in rows
    for student in ("linked", "pipe", "large"):
        assert rows[student]["mistake"] == "it was not handed in"


def test_stopping_keeps_what_is_graded(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "a.py").write_text(SOLUTION, encoding="utf-8")
    (folder / "b.py").write_text("def softmax(z):\n    while True: pass")
    table = tmp_path / "grades.csv"
    command = [sys.executable, "-u", str(TEACHER / "grade.py"), str(folder), "--to", str(table)]
    command += ["--seconds", "60", "--jobs", "1", *(["--unconfined"] if MISSING else [])]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background job ignores Ctrl-C
    with subprocess.Popen(command, text=True, preexec_fn=heed, **pipes) as run:
        assert "a, softmax: passed" in run.stdout.readline()
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "what was graded so far is kept" in said
    kept = table.read_text(encoding="utf-8").splitlines()
    assert [row["student"] for row in csv.DictReader(kept)] == ["a"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        float("nan"),
        "text",
        np.float32(0.1),
        np.array(3),
        np.arange(6, dtype=np.int32).reshape(2, 3)[:, ::-1],
        np.zeros((0, 2)),
        [("x", np.array([1.0]))],
        {"a": [1, (2, None)], 3: "b"},
    ],
)
def test_messages_keep_values(value):
    back = wire.load(wire.dump(value))
    assert type(back) is type(value)
    assert same(back, value)
    if isinstance(value, np.ndarray):
        assert back.dtype == value.dtype


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[1, 2]",
        b'{"array": ["O", [1], "AAAAAAAAAAA=", false]}',
        b'{"array": ["<f8", [1000000000000], "", false]}',
        b'{"array": ["<f8", [-1, -1], "AAAAAAAAAAA=", false]}',
        b'{"array": 3}',
        b'{"formula": "lambda: 1"}',
        b'{"dict": [[{"list": []}, 1]]}',
        b'{"a": 1, "b": 2}',
        b'{"list": ' * 100_000,
    ],
)
def test_nonsense_is_refused(line):
    with pytest.raises(ValueError, match="not a message"):
        wire.load(line)


def test_objects_travel_as_the_name_of_their_type():
    assert wire.load(wire.dump(object())) == Foreign("object")
    assert wire.load(wire.dump(np.array([object()]))) == Foreign("ndarray")
    assert wire.load(wire.dump(Formula("lambda x: x**2")), trusted=True)(3) == 9
