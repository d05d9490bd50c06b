"""Grading: no submission stops another, earns points that it should not, or touches a file."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
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
import confine  # noqa: E402
import wire  # noqa: E402
from checks.calls import Foreign, Formula  # noqa: E402
from checks.teaching import same  # noqa: E402
from process import bubblewrap  # noqa: E402

resource = pytest.importorskip("resource", reason="grading needs a POSIX system")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="grading needs a POSIX system")


def copy_of_the_grader(folder, **changes):
    """Copy the grader and change lines of its files; return its command."""
    for part in ("teacher", "exercises"):
        shutil.copytree(DOCS / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in changes.items():
        file = folder / "teacher" / f"{name}.py"
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, "the line that this test changes"
        file.write_text(text.replace(old, new), encoding="utf-8")
    return folder / "teacher" / "grade.py"


def missing_here():
    """What this system cannot confine, with bubblewrap or without; nothing on most of Linux."""
    code = (
        f"import sys; sys.path[:0] = [{str(DOCS / 'exercises')!r}, {str(TEACHER)!r}]; "
        "from process import Limits, Process; print(Process(Limits(trust=True)).confine())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return run.stdout.strip().strip("[]")


MISSING = missing_here() if os.name == "posix" else "everything"
needs_confinement = pytest.mark.skipif(bool(MISSING), reason=f"cannot confine here: {MISSING}")


def run_grader(folder, *options, grader=TEACHER / "grade.py"):
    """Run the command on a folder."""
    command = [sys.executable, str(grader), str(folder), "--to", str(folder.parent / "grades.csv")]
    command += ["--trust"] if MISSING else []
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=600)


def grade_folder(folder, *options, grader=TEACHER / "grade.py"):
    """Run the command; return its rows by student, and what it printed."""
    run = run_grader(folder, *options, grader=grader)
    assert run.returncode == 0, run.stdout + run.stderr
    with (folder.parent / "grades.csv").open(encoding="utf-8", newline="") as file:
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


def forged(line):
    """Source that answers for the grader's question with a line of its own."""
    return (
        "import os, sys\nwrite = lambda line: os.write(int(sys.argv[2]), line)\n"
        f"line = {line}\nwhile line: line = line[write(line):]\n{SOLUTION}"
    )


UNUSABLE = "its answer cannot be used"
COLLIDING = "','.join(f'[{i * (2**61 - 1)},0]' for i in range(25000))"
HOSTILE = {
    "bombs-hash": (forged("('{\"dict\":[' + " + COLLIDING + " + ']}\\n').encode()"), UNUSABLE),
    "bombs-dtype": (
        forged("""b'{"array":["(' + b"1," * 1990000 + b')f8",[1],"",false]}\\n'"""),
        UNUSABLE,
    ),
    "bombs-depth": (forged("""b'{"list":[' * 10**5 + b'\\n'"""), UNUSABLE),
    "bombs-values": (forged("""b'{"list":[' + b'[],' * 10**6 + b'0]}\\n'"""), UNUSABLE),
    "bombs-digits": (forged("b'1' * 10**6 + b'\\n'"), UNUSABLE),
    "bombs-axes": (
        forged("""b'{"array":["|b1",[' + b'1,' * 10**5 + b'1],"AA==",false]}\\n'"""),
        UNUSABLE,
    ),
    "never-ends-a-line": (forged("b'1' * (2**22 + 2**17)"), "its answer is larger"),
    "drips": (
        "import os, sys\nwhile True: os.write(int(sys.argv[2]), b'1')\n",
        "it took longer than",
    ),
    "sigkill": (
        "import fcntl, os, signal, sys\nfd = int(sys.argv[1])\n"
        "fcntl.fcntl(fd, fcntl.F_SETOWN, os.getppid())\nfcntl.fcntl(fd, 10, signal.SIGKILL)\n"
        "fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | fcntl.FASYNC)\n"
        "def softmax(z, axis=-1): return z",
        "",
    ),
    "raises-oddly": (
        "class Odd(Exception):\n    def __str__(self): return '\\ud800' * 10**5\n"
        "def softmax(z, axis=-1): raise Odd",
        "it raised an Odd",
    ),
    "huge-number": (
        "def softmax(z, axis=-1): return 10**5000",
        "it returned a very large int instead of an array",
    ),
    "many-axes": (
        "import numpy as np\ndef softmax(z, axis=-1): return np.zeros((2,) * 16)",
        "it returned an array of shape (2, 2, ",
    ),
    "within-itself": (
        "def softmax(z, axis=-1):\n    x = []\n    x.append(x)\n    return x",
        "it returned a list instead of an array",
    ),
    "odd-keys": (
        "def softmax(z, axis=-1): return {(1, 2): 3}",
        "it returned a dict whose keys are not all numbers or strings",
    ),
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


# ---------------------------------------------------------------------------------------------
# What a submission cannot reach
# ---------------------------------------------------------------------------------------------

ABI = "abi = libc.syscall(CREATE_RULESET, None, 0, 1)"
NO_BUBBLEWRAP = ('program = shutil.which("bwrap")', "return None")
NO_FILTER = ("if platform.machine() not in MACHINES", "if True")


def older(abi):
    """A kernel whose Landlock is as old as that, and no bubblewrap."""
    known = f"abi = min({abi}, libc.syscall(CREATE_RULESET, None, 0, 1))"
    return {"process": NO_BUBBLEWRAP, "confine": (ABI, known)}


WALLS = {
    "bubblewrap alone": {"confine": ("missing = []", "return []")},
    "no bubblewrap": {"process": NO_BUBBLEWRAP},
    **{f"no bubblewrap, Landlock's ABI {abi}": older(abi) for abi in (1, 2, 3, 5)},
    "both": {},
}

REACHES = """
import ctypes, fcntl, os, signal, socket

libc = ctypes.CDLL(None)
TARGETS = {{os.getppid(), {bystander}}} - {{0, 1}}

def attempt(action):
    try:
        action()
    except BaseException:
        pass

def signals_through(fd, pid):
    fcntl.fcntl(fd, fcntl.F_SETOWN, pid)
    fcntl.fcntl(fd, 10, signal.SIGKILL)  # F_SETSIG
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | fcntl.FASYNC)

for fd in range(3, 8):
    attempt(lambda: libc.ioctl(fd, 0x8901, ctypes.byref(ctypes.c_int(os.getppid()))))  # FIOSETOWN
    attempt(lambda: libc.ioctl(fd, 0x5452, ctypes.byref(ctypes.c_int(1))))  # FIOASYNC
    for pid in TARGETS:
        attempt(lambda: signals_through(fd, pid))
for pid in TARGETS:
    attempt(lambda: os.kill(pid, 9))
    attempt(lambda: os.setpriority(os.PRIO_PROCESS, pid, 7))
    attempt(lambda: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)))
    attempt(lambda: libc.prlimit(pid, 7, ctypes.byref((ctypes.c_long * 2)(99, 99)), None))
    attempt(lambda: open(f"/proc/{{pid}}/environ").read())
attempt(lambda: libc.prctl(1, 0, 0, 0, 0))  # to live on without the grader
attempt(lambda: os.truncate({other!r}, 0))
attempt(lambda: os.open({other!r}, os.O_RDONLY | os.O_TRUNC))
attempt(lambda: os.open({other!r}, os.O_WRONLY))
attempt(lambda: os.open({folder!r} + "/new", os.O_CREAT))
attempt(lambda: os.open({folder!r}, os.O_TMPFILE | os.O_WRONLY))
attempt(lambda: os.mkdir({folder!r} + "/new"))
attempt(lambda: os.symlink("x", {folder!r} + "/new"))
attempt(lambda: os.mkfifo({folder!r} + "/new"))
attempt(lambda: os.link({other!r}, {folder!r} + "/new"))
attempt(lambda: os.remove({other!r}))
attempt(lambda: os.rename({other!r}, {other!r} + ".old"))
attempt(lambda: os.chmod({other!r}, 0))
attempt(lambda: os.chown({other!r}, 1, 1))
attempt(lambda: os.utime({other!r}, (0, 0)))
attempt(lambda: os.setxattr({other!r}, "user.x", b"x"))
attempt(lambda: os.system("touch " + {folder!r} + "/new"))
attempt(lambda: socket.create_connection(("127.0.0.1", {port})))

def readable(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError:
        return False

FOUND = [path for path in {secrets!r} if readable(path)]
FOUND += [value for value in os.environ.values() if value == {secret!r}]
"""
TELLS = """
def softmax(z, axis=-1):
    raise ValueError(f"found {FOUND}")
"""


SNOOP = """
import ctypes, fcntl, os, socket, subprocess, sys

def attempt(action):
    try:
        action()
    except OSError:
        return
    os._exit(0)

me = {folder!r} + "/snoop.py"
fd = int(sys.argv[2])
attempt(lambda: open(me).read())
attempt(lambda: open("/dev/shm/x", "w"))
attempt(lambda: open("here", "w"))
attempt(lambda: os.open("/dev/null", os.O_WRONLY))
attempt(lambda: os.truncate(me, 0))
attempt(lambda: os.ftruncate(fd, 0))
attempt(lambda: os.memfd_create("x"))
attempt(lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, os.getppid()))
attempt(lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid()))
attempt(lambda: fcntl.fcntl(fd, 10, 9))
attempt(lambda: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK))
attempt(lambda: fcntl.ioctl(fd, 0x5452, b"1234"))
attempt(lambda: fcntl.ioctl(fd, 0x541b, b"1234"))
attempt(lambda: os.kill(os.getpid(), 0))
attempt(lambda: os.kill(os.getppid(), 0))
attempt(lambda: os.fork())
if ctypes.CDLL(None).syscall(57) != -1 or ctypes.CDLL(None).syscall(435, None, 0) != -1:
    os._exit(0)
attempt(lambda: os.posix_spawn("/bin/true", ["true"], {{}}))
attempt(lambda: subprocess.run(["/bin/true"]))
attempt(lambda: os.execv("/bin/true", ["true"]))
attempt(lambda: os.setsid())
attempt(lambda: socket.socket())
attempt(lambda: os.nice(1))
attempt(lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)))
attempt(lambda: os.sched_setaffinity(0, [0]))
attempt(lambda: os.chdir("/"))
"""


def state_of(process):
    """What another process may change of one: whether it runs, and how."""
    pid = process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    nice = os.getpriority(os.PRIO_PROCESS, pid)
    return process.poll(), nice, os.sched_getscheduler(pid), limits


# It aims at processes of this test alone: if a wall has a hole, nobody else is hit.
@needs_confinement
@pytest.mark.parametrize("wall", WALLS)
def test_a_submission_reaches_nothing(tmp_path, monkeypatch, request, wall):
    grader = copy_of_the_grader(tmp_path / "docs", **WALLS[wall])
    if "no bubblewrap" not in wall and not bubblewrap():
        pytest.skip("bubblewrap does not work here")
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    request.addfinalizer(bystander.communicate)
    untouched = state_of(bystander)
    folder = tmp_path / "submissions"
    folder.mkdir()
    monkeypatch.setenv("SECRET", "the teacher's password")
    other = folder / "honest.py"
    other.write_text(SOLUTION, encoding="utf-8")
    before = other.stat()
    server = socket.create_server(("127.0.0.1", 0))
    request.addfinalizer(server.close)
    server.setblocking(False)
    docs = tmp_path / "docs"
    secrets = [other, docs / "exercises" / "checks" / "test_softmax.py"]
    secrets += [docs / "teacher" / "solutions", docs / "teacher" / "grade.py", "/etc/passwd"]
    facts = {
        "bystander": bystander.pid,
        "other": str(other),
        "folder": str(folder),
        "port": server.getsockname()[1],
        "secrets": [*map(str, secrets)],
        "secret": "the teacher's password",
    }
    (folder / "reaches.py").write_text(REACHES.format(**facts) + TELLS, encoding="utf-8")
    snoops = wall != "bubblewrap alone"  # which lets it call what it likes, in a world of its own
    (folder / "snoop.py").write_text(SNOOP.format(folder=str(folder)) * snoops + SOLUTION)
    rows, _ = grade_folder(folder, grader=grader)
    assert rows["snoop"]["passed"] == "yes", rows["snoop"]["message"]
    assert rows["reaches"]["mistake"] == "it raised a ValueError", rows["reaches"]
    assert "found []" in rows["reaches"]["message"]
    assert rows["honest"]["passed"] == "yes"
    assert state_of(bystander) == untouched
    assert sorted(path.name for path in folder.iterdir()) == ["honest.py", "reaches.py", "snoop.py"]
    assert other.read_text(encoding="utf-8") == SOLUTION
    after = other.stat()
    assert (after.st_mode, after.st_uid, after.st_mtime) == (
        *(before.st_mode, before.st_uid, before.st_mtime),
    )
    with pytest.raises(BlockingIOError):
        server.accept()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_names_calls_by_the_numbers_of_the_kernels_headers(machine):
    places = {
        "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
        "aarch64": "/usr/include/asm-generic/unistd.h",
    }
    header = Path(places[machine])
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    assert f"NR_seccomp {confine.SECCOMP[machine]}" in header.read_text("utf-8")
    text = header.read_text("utf-8").replace("__NR3264_fstatat", "__NR_newfstatat")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)
    known = {name: int(number) for name, number in defined}
    numbers = confine.numbers_of(machine)
    assert numbers == {name: known[name] for name in numbers}
    assert len(set(numbers.values())) == len(numbers)


def run_filter(program, number, arguments=(), arch=None):
    """Do what the kernel does with a filter: the value that it returns for a call."""
    words = [number, arch or 0xC000003E, 0, 0]
    for value in [*arguments, *[0] * (6 - len(arguments))]:
        words += [value & 0xFFFFFFFF, value >> 32]
    place = accumulator = 0
    while True:
        code, if_true, if_false, value = program[place]
        place += 1
        if code == confine.RETURN:
            return value
        if code == confine.LOAD:
            accumulator = words[value // 4]
            continue
        tests = {
            confine.EQUAL: accumulator == value,
            confine.AT_LEAST: accumulator >= value,
            confine.ANY_BIT: bool(accumulator & value),
        }
        place += if_true if tests[code] else if_false


def test_the_filter_allows_what_it_says_and_no_more():
    program, numbers = confine.program_for("x86_64"), confine.numbers_of("x86_64")
    names = {number: name for name, number in numbers.items()}
    guarded = {"open", "openat", "clone", "fcntl", "ioctl", "prlimit64"}
    for number in range(600):
        verdict = run_filter(program, number, [0, 5, 1, 1])
        if number not in names or names[number] in guarded - {"open", "openat"}:
            refused = confine.ENOSYS if number >= 424 else confine.EPERM
            assert verdict == refused, names.get(number, number)
        elif names[number] not in guarded:
            assert verdict == confine.ALLOW
    assert run_filter(program, 0x40000000 + numbers["read"]) != confine.ALLOW, "x32"
    assert run_filter(program, numbers["read"], arch=0x40000003) == confine.KILL, "i386"
    verdicts = {
        ("openat", 0, 0, os.O_RDONLY | os.O_CLOEXEC): True,
        ("openat", 0, 0, os.O_RDONLY | os.O_TRUNC): False,
        ("openat", 0, 0, os.O_RDWR): False,
        ("openat", 0, 0, 0o20000): False,  # O_ASYNC
        ("open", 0, os.O_CREAT): False,
        ("open", 0, os.O_DIRECTORY): True,
        ("fcntl", 3, 3): True,
        ("fcntl", 3, 4): False,
        ("fcntl", 3, 8): False,
        ("ioctl", 3, 0x5401): True,
        ("ioctl", 3, 0x5452): False,
        ("clone", 0x10000): True,
        ("clone", 0x11): False,
        ("prlimit64", 0, 7, 0, 1): True,
        ("prlimit64", 0, 7, 1 << 32, 1): False,
        ("prlimit64", 1, 7, 0, 1): False,
    }
    for (name, *arguments), allowed in verdicts.items():
        verdict = run_filter(program, numbers[name], arguments)
        assert (verdict == confine.ALLOW) == allowed, (name, *arguments)


def processes_of(grader):
    """Return the processes that run a copy of the grader, or a worker of it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text("utf-8", errors="replace")
        except OSError:  # it has ended, or is not ours
            continue
        found += [process.name] if str(grader.parent) in command else []
    return found


@needs_confinement
@pytest.mark.parametrize("wall", ["no bubblewrap", "bubblewrap alone"])
def test_no_process_is_left(tmp_path, wall):
    if wall == "bubblewrap alone" and not bubblewrap():
        pytest.skip("bubblewrap does not work here")
    grader = copy_of_the_grader(tmp_path / "docs", **WALLS[wall])
    folder = tmp_path / "submissions"
    folder.mkdir()
    fork = "import os\nfor _ in range(5):\n    try: os.fork()\n    except OSError: pass\n"
    (folder / "forks.py").write_text(fork + "while True: pass\ndef softmax(z): pass")
    rows, _ = grade_folder(folder, "--seconds", "1", grader=grader)
    assert rows["forks"]["mistake"] == "it took longer than 1 s"
    while processes_of(grader):  # killed, and gone when the kernel has come to it
        time.sleep(0.1)


@pytest.mark.parametrize(
    "changes",
    [
        {"process": NO_BUBBLEWRAP, "confine": (ABI, "abi = 0")},
        {"process": NO_BUBBLEWRAP, "confine": NO_FILTER},
    ],
    ids=["no Landlock", "no filter"],
)
def test_a_system_that_cannot_confine_is_refused(tmp_path, changes):
    grader = copy_of_the_grader(tmp_path / "docs", **changes)
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "anna.py").write_text(SOLUTION, encoding="utf-8")
    command = [sys.executable, str(grader), str(folder), "--to", str(tmp_path / "grades.csv")]
    refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "cannot confine submissions (" in refused.stderr
    assert "so none was run" in refused.stderr
    assert "--trust" in refused.stderr
    assert not (tmp_path / "grades.csv").exists()
    trusted = subprocess.run([*command, "--trust"], capture_output=True, text=True)
    assert trusted.returncode == 0
    assert "WARNING: --trust" in trusted.stderr
    assert "1 grades in" in trusted.stdout


def test_a_process_that_cannot_start_is_nobodys_fault(tmp_path):
    changes = {"worker": ("import ast", "import no_such_module")}
    grader = copy_of_the_grader(tmp_path / "docs", **changes)
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "anna.py").write_text(SOLUTION, encoding="utf-8")
    run = run_grader(folder, grader=grader)
    assert run.returncode == 2
    assert "can be started" in run.stderr
    assert not (tmp_path / "grades.csv").exists()


def test_an_answer_that_breaks_a_check_stops_nobody(tmp_path):
    changes = {"grade": ("report = exercise.judge(call, seed)", "report = 1 / 0")}
    grader = copy_of_the_grader(tmp_path / "docs", **changes)
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name in ("anna", "ben"):
        (folder / f"{name}.py").write_text(SOLUTION, encoding="utf-8")
    rows, _ = grade_folder(folder, grader=grader)
    for row in rows.values():
        assert (row["passed"], row["points"], row["of"]) == ("no", "0", "15")
        assert row["mistake"] == "the checks stumbled over it"


@pytest.mark.parametrize(
    "instead", ["any(iter(int, 1))", "os.kill(os.getpid(), 9)", "bytes(2**33)"]
)
def test_checks_that_never_end_cost_the_author_of_the_answer_alone(tmp_path, instead):
    judged = "report = exercise.judge(call, seed)"
    disturbed = f"submission.student == 'anna' and {instead}; {judged}"
    changes = {"grade": (judged, disturbed)}
    grader = copy_of_the_grader(tmp_path / "docs", **changes)
    text = grader.read_text(encoding="utf-8").replace("= 60, 2**32", "= 3, 2**32")
    grader.write_text(text, encoding="utf-8")
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name in ("anna", "ben"):
        (folder / f"{name}.py").write_text(SOLUTION, encoding="utf-8")
    rows, _ = grade_folder(folder, grader=grader)
    assert rows["anna"]["mistake"] == "the checks stumbled over it"
    assert rows["ben"]["passed"] == "yes"


def test_ctrl_c_is_not_lost_where_python_ignores_exceptions():
    from grade import interrupt_noted

    class Dying:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with interrupt_noted() as raise_interrupt:
        raise_interrupt()
        Dying()
        with pytest.raises(KeyboardInterrupt):
            raise_interrupt()
    assert signal.getsignal(signal.SIGINT) is before


def test_stopping_keeps_what_is_graded(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    (folder / "a.py").write_text(SOLUTION, encoding="utf-8")
    (folder / "b.py").write_text("def softmax(z):\n    while True: pass")
    table = tmp_path / "grades.csv"
    command = [sys.executable, "-u", str(TEACHER / "grade.py"), str(folder), "--to", str(table)]
    command += ["--seconds", "60", "--jobs", "1", *(["--trust"] if MISSING else [])]
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
        b'{"array": ["<f8", "12", "", false]}',
        b'{"array": ["<f8", [true], "AAAAAAAAAAA=", false]}',
        b'{"array": ["<f8", [0, 9999999999], "", false]}',
        b'{"array": ["<f8", [0' + b", 0" * 40 + b'], "", false]}',
        b'{"array": ["f8,f8", [0], "", false]}',
        b'{"array": ["<M8[s]", [1], "AAAAAAAAAAA=", false]}',
        b'{"array": ["<f8", [1], "AAAA AAAAAAA=", false]}',
        b'{"dict": [[[], 1]]}',
        b'{"dict": [[{}, 1]]}',
        b'{"dict": [["a"]]}',
        b'{"foreign": ["a"]}',
        b'{"list": [' * 21 + b"0" + b"]}" * 21,
        b"1" * 400,
        b"1." + b"1" * 400,
        b'{"list": [' + b"0," * wire.MOST_NUMBERS + b"0]}",
        b'{"dict": [' + b",".join(b"[%d,0]" % (i * (2**61 - 1)) for i in range(9000)) + b"]}",
        b'{"list": [' + b'"",' * wire.MOST_VALUES + b'""]}',
        b'{"list": [' + b"{}," * 10**5 + b"{}]}",
        b'"' + b"x" * wire.LONGEST_MESSAGE + b'"',
        b"\xff",
        b'{"formula": "lambda: 1"}',
        b'{"dict": [[{"list": []}, 1]]}',
        b'{"a": 1, "b": 2}',
        b'{"list": ' * 100_000,
    ],
)
def test_nonsense_is_refused(line):
    with pytest.raises(ValueError, match="not a message"):
        wire.load(line)


def test_reading_a_message_makes_nothing_much_larger_than_it():
    bombs = [
        b'{"list": [' + b"{}," * 60_000 + b"{}]}",
        b'{"list": [' + b'{"list":[]},' * 40_000 + b'{"list":[]}]}',
        b'{"array": ["(' + b"1," * 1_990_000 + b')f8", [1], "", false]}',
        b'{"array": ["<f8", [' + b"1," * 60_000 + b'1], "AAAAAAAAAAA=", false]}',
        b'{"array": ["|b1", [2200000], "' + b"AAAA" * 733_333 + b'AA==", false]}',
    ]
    for bomb in bombs:
        tracemalloc.start()
        with contextlib.suppress(ValueError):
            wire.load(bomb)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 10 * len(bomb) + 2**25, bomb[:40]


def test_an_answer_of_many_elements_or_axes_travels_as_what_it_is():
    for shape in [(wire.MOST_ELEMENTS + 1,), (1,) * (wire.MOST_AXES + 1), (0, *(1,) * 20)]:
        message = wire.dump(np.zeros(shape))
        assert wire.load(message) == Foreign(f"array of shape {shape}"[:100])
        assert wire.load(message, trusted=True).shape == shape


def test_objects_travel_as_the_name_of_their_type():
    assert wire.load(wire.dump(object())) == Foreign("object")
    assert wire.load(wire.dump(np.array([object()]))) == Foreign("ndarray")
    assert wire.load(wire.dump(Formula("lambda x: x**2")), trusted=True)(3) == 9
