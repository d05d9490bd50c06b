"""Windows, macOS and Linux: what cannot be run here is simulated, or looked for in the source."""

from __future__ import annotations

import ast
import json
import ntpath
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from minigrad.origin import is_ours
from minigrad.text import SPELLED, printable

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
FILES = [path for part in ("minigrad", "examples", "docs", "tests/tools")
         for path in sorted((ROOT / part).rglob("*.py"))]  # fmt: skip
TESTS = [path for path in sorted((ROOT / "tests").rglob("*.py")) if path.parent.name != "tools"]
GRADER = {ROOT / "docs" / "teacher" / f"{name}.py" 
          for name in ("confine", "grade", "process", "worker")}  # fmt: skip
GRADER |= {ROOT / "tests" / "test_grading.py"}
"""What needs Linux or macOS, and says so."""

QUICK = [
    "first_gradient",
    "one_neuron",
    "wrong_walk",
    "life_of_a_nan",
    "naive_and_fused",
    "own_op",
    "softmax_jacobian",
]
BUDGET = {
    "gradient_flow": [],
    "map_of_failure": [],
    "mnist_mlp": ["--epochs", "1", "--hidden", "16", "--heads", "naive", "fused"],
}

SAYS_ALL = """
import numpy as np
import minigrad as mg
from minigrad import Tensor

np.seterr(all="ignore")
pole = Tensor([0.0, 4.0], requires_grad=True, name="σ \\ud800 \\U0001d4dd")
for f in (np.sqrt, lambda x: np.sqrt(x)[1], lambda x: x**0.5, lambda x: (x - 2.0) ** (x * 2)):
    pole.zero_grad()
    ε = f(pole).sum()
    for step in mg.steps(ε):
        print(step)
    diagnosis = mg.diagnose(ε)
    print(diagnosis, diagnosis.first, diagnosis.first.explain(), pole)
    try:
        with mg.autograd.detect_anomaly():
            f(pole).sum().backward()
    except mg.autograd.AnomalyError as error:
        print(error)
mask = Tensor([-np.inf, 0.0], name="маска")
print(mg.diagnose(mask.softmax()), mg.diagnose((mask * pole).sum()))
"""


def python(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", **environment},
        capture_output=True,
        check=False,
    )


class TestAnyTerminal:
    """·, √, −, ∂ and names of any kind: spelled or replaced where a terminal has no such code."""

    @pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
    def test_diagnosis_and_steps_are_printed(self, encoding, tmp_path):
        script = tmp_path / "says_all.py"
        script.write_text(SAYS_ALL, encoding="utf-8")
        done = python(script, cwd=tmp_path, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr.decode()
        said = done.stdout.decode(encoding)
        roots, powers, products = {
            "ascii": ("1/(2sqrt x)", "b*a^b-1", "0 * inf"),
            "cp1252": ("1/(2sqrt x)", "b·a^b-¹", "0 · inf"),
            "cp437": ("1/(2√x)", "b·a^b-1", "0 · inf"),
            "utf-8": ("1/(2√x)", "b·aᵇ⁻¹", "0 · inf"),
        }[encoding]
        assert roots in said
        assert powers in said
        assert products in said
        assert "\\ud800" in said
        assert ("ε = f(pole).sum()" in said) == (encoding in ("utf-8", "cp437"))

    @pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
    @pytest.mark.parametrize("name", QUICK)
    def test_the_examples_run(self, name, encoding, tmp_path):
        self.run_example(name, [], encoding, tmp_path)

    @pytest.mark.parametrize("name", BUDGET)
    def test_the_longer_examples_run(self, name, tmp_path):
        """In ASCII alone: of two encodings it has fewer characters in every place."""
        self.run_example(name, BUDGET[name], "ascii", tmp_path)

    def run_example(self, name, options, encoding, folder):
        done = python(EXAMPLES / f"{name}.py", *options, cwd=folder, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        assert done.stdout.decode(encoding).strip()
        helped = python(EXAMPLES / f"{name}.py", "--help", cwd=folder, PYTHONIOENCODING=encoding)
        assert helped.returncode == 0, helped.stderr.decode()

    def test_every_character_of_a_message_has_a_spelling(self):
        """But for the names that are cut short, and what only pictures show."""
        seen = {}
        for path in sorted((ROOT / "minigrad" / "autograd").rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
            for node in ast.walk(tree):
                match node:
                    case ast.Constant(str(text)) if id(node) not in docs:
                        seen |= {c: path.name for c in text if not c.isascii()}
        assert seen
        assert not {c: at for c, at in seen.items() if c not in SPELLED}
        assert all(spelling.isascii() for spelling in SPELLED.values())

    def test_without_a_standard_output(self, monkeypatch):
        """As pythonw has none, and a notebook's has no encoding."""
        for out in (None, SimpleNamespace(encoding=None)):
            monkeypatch.setattr(sys, "stdout", out)
            assert printable("a · b") == "a · b"


# ---------------------------------------------------------------------------------------------
# The source
# ---------------------------------------------------------------------------------------------

POSIX_MODULES = {
    *("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "readline"),
    *("curses", "crypt", "nis", "spwd"),
}
POSIX_NAMES = {
    "os": {
        *("fork", "forkpty", "killpg", "getuid", "geteuid", "getgid", "getegid", "getgroups"),
        *("setuid", "setgid", "setsid", "setpgid", "getpgid", "getpgrp", "chown", "lchown"),
        *("fchown", "fchmod", "fchdir", "lchmod", "chroot", "mkfifo", "mknod", "nice", "uname"),
        *("pipe2", "sysconf", "statvfs", "wait", "wait3", "wait4", "WNOHANG", "WIFEXITED", "sync"),
        *("openpty", "posix_spawn", "getloadavg", "sched_getaffinity", "ctermid", "confstr"),
        *("O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "O_PATH", "O_TMPFILE", "O_SYNC"),
        *("memfd_create", "pread", "pwrite", "sendfile", "set_blocking", "ttyname", "rename"),
        *("setxattr", "getxattr", "eventfd", "initgroups", "getresuid", "setpriority", "tcgetpgrp"),
    },
    "signal": {
        *("SIGKILL", "SIGALRM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE"),
        *("SIGSTOP", "SIGCONT", "SIGXCPU", "alarm", "setitimer", "pause", "pthread_kill"),
        *("pthread_sigmask", "sigwait", "siginterrupt", "set_wakeup_fd"),
    },
    "time": {"tzset", "clock_settime", "pthread_getcpuclockid"},
    "socket": {"AF_UNIX", "socketpair"},
}
POSIX_OPTIONS = {"preexec_fn", "pass_fds", "start_new_session", "process_group", "umask", "dir_fd"}
LINUX_PLACES = re.compile(r"^(/tmp|/dev|/proc|/bin|/usr|/etc|/home|/var|fork|forkserver)(/|$)")


def posix_only(tree):
    """What a program does that Windows has not, unless it asks first whether it is there."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = {alias.name for alias in names} & POSIX_MODULES
            case ast.ImportFrom(module=module, names=names):
                found = {module} & POSIX_MODULES
                found |= {alias.name for alias in names} & POSIX_NAMES.get(module, set())
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                found = {name} & POSIX_NAMES.get(module, set())
                if (module, name) == ("path", "relpath"):
                    found = {name}
            case ast.Attribute(value=ast.Attribute(attr="path"), attr="relpath"):
                found = {"relpath"}
            case ast.keyword(arg=name):
                found = {name} & POSIX_OPTIONS
            case ast.Constant(value=str(text)) if not isinstance(node.parent, ast.Expr):
                found = {text} if LINUX_PLACES.match(text) else set()
            case _:
                found = set()
        if found and not is_asked_for(node):
            yield node.lineno if hasattr(node, "lineno") else 0, found


def is_asked_for(node):
    """Whether it stands in a `try`, or in what is run on some systems only."""
    while hasattr(node, "parent"):
        inside, node = node, node.parent
        if isinstance(node, ast.Try) and inside in node.body:
            return True
        if isinstance(node, ast.With) and "suppress(" in ast.unparse(node.items[0]):
            return True
        if isinstance(node, (ast.If, ast.IfExp)):
            asks = ast.unparse(node.test)
            if any(name in asks for name in ("hasattr", "os.name", "sys.platform")):
                return True
    return False


def without_encoding(tree):
    """Where text is read or written in whichever encoding the machine happens to have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            if "encoding" not in options and is_text(node, options):
                yield node.lineno


def is_text(call, options):
    name = getattr(call.func, "attr", getattr(call.func, "id", None))
    given = [a.value if isinstance(a, ast.Constant) else None for a in call.args]
    mode = getattr(options.get("mode"), "value", None)
    match name:
        case "open" if isinstance(call.func, ast.Attribute) and given and given[0] is None:
            return "t" in str(given[1:2])  # gzip.open(path), archive.open(entry): bytes
        case "open" if isinstance(call.func, ast.Attribute):
            return "b" not in (mode or str(given))
        case "open" | "fdopen":
            return "b" not in (mode or str(given[1:2]))
        case "read_text":
            return not given
        case "write_text":
            return len(given) < 2
        case "NamedTemporaryFile" | "TemporaryFile" | "SpooledTemporaryFile":
            return "b" not in (mode or "w+b")
    asked = [options.get("text"), options.get("universal_newlines")]  # not a matplotlib Text's text
    return any(isinstance(option, ast.Constant) and option.value is True for option in asked)


def by_path(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sorted({*FILES} - GRADER), ids=by_path)
def test_nothing_is_called_that_windows_has_not(path):
    assert list(posix_only(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("path", sorted({*FILES, *TESTS} - GRADER), ids=by_path)
def test_the_encoding_of_every_text_is_named(path):
    """Of the tests, too: they read the source, which is UTF-8 everywhere."""
    assert list(without_encoding(ast.parse(path.read_text("utf-8")))) == []


POSIX_LINES = """
import fcntl
from os import fork
os.getuid()
signal.alarm(1)
os.rename(a, b)
os.path.relpath(p)
path.relpath(p)
run(c, preexec_fn=f)
open('/dev/null', 'rb')
get_context('fork')
os.open(p, os.O_NOFOLLOW)
if x: os.fork()
"""


@pytest.mark.parametrize("line", POSIX_LINES.split("\n")[1:-1])
def test_the_walk_finds_what_is_posix_only(line):
    assert list(posix_only(ast.parse(line)))
    asked = f"try:\n    {line}\nexcept ValueError:\n    pass"
    assert not list(posix_only(ast.parse(asked)))


TEXT_LINES = """
open(p)
open(p, 'w')
open(p, mode='a')
p.read_text()
p.write_text(t)
p.open()
p.open('w')
os.fdopen(d, 'w')
run(c, text=True)
run(c, universal_newlines=True)
gzip.open(p, 'rt')
NamedTemporaryFile(mode='w')
"""


@pytest.mark.parametrize("line", TEXT_LINES.split("\n")[1:-1])
def test_the_walk_finds_text_without_an_encoding(line):
    assert list(without_encoding(ast.parse(line)))
    named = f"{line[:-1]}{'' if line.endswith('()') else ', '}encoding='utf-8')"
    assert not list(without_encoding(ast.parse(named)))


@pytest.mark.parametrize("line", ["open(p, 'rb')", "p.open('wb')", "gzip.open(p, 'rb')",
                                  "os.open(p, f)", "os.fdopen(d, 'rb')", "p.read_text('utf-8')",
                                  "archive.open(entry)", "NamedTemporaryFile()"])  # fmt: skip
def test_the_walk_lets_bytes_pass(line):
    assert not list(without_encoding(ast.parse(line)))


# ---------------------------------------------------------------------------------------------
# Windows, simulated
# ---------------------------------------------------------------------------------------------


def test_a_script_on_another_drive(tmp_path, monkeypatch, capsys):
    """No path leads from drive D: to drive C:, and the main job says where a NaN was born."""
    with pytest.raises(ValueError, match="on mount") as raised:
        ntpath.relpath("C:\\course\\mnist_mlp.py", "D:\\work")

    def relpath(*_):
        raise raised.value

    monkeypatch.setattr(os.path, "relpath", relpath)
    options = ["--heads", "naive", "--pixels", "raw", "--epochs", "1", "--quiet"]
    script = EXAMPLES / "mnist_mlp.py"
    monkeypatch.setattr(sys, "argv", [str(script), *options, "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as exit:
        runpy.run_path(str(script), run_name="__main__")
    assert exit.value.code == 0, capsys.readouterr().err
    (run,) = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["runs"]
    file, _, line = run["born_at"].rpartition(":")
    assert Path(file) == script
    assert "np.exp(logits)" in script.read_text("utf-8").splitlines()[int(line) - 1]


def test_graphviz_on_windows(monkeypatch):
    """A `dot.exe` in a folder with a space is called as it is, through no shell."""
    program = "C:\\Program Files\\Graphviz\\bin\\dot.EXE"
    calls = []

    def run(command, **options):
        calls.append((command, options))
        svg = b"<!-- Generated by graphviz version 12.2.1 --><svg/>"
        return SimpleNamespace(returncode=0, stdout=svg, stderr=b"")

    monkeypatch.setattr("shutil.which", lambda name, path=None: program if name == "dot" else None)
    monkeypatch.setattr("subprocess.run", run)
    mg.viz.render.render("digraph { ∂ }", "svg")
    assert calls[-1][1]["input"] == "digraph { ∂ }".encode()
    for command, options in calls:  # the first tries the program out
        assert command == [program, "-Tsvg"]
        assert not {"shell", "text", "encoding"} & {*options}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("model.npz", lambda path: mg.save(path, {"w": np.ones(2)})),
        ("loss.dot", lambda path: mg.draw(Tensor(1.0)).save(path)),
        ("steps.html", lambda path: mg.step_through(+Tensor(1.0, True)).save(path)),
    ],
)
def test_a_file_that_is_open_elsewhere(name, write, tmp_path, monkeypatch):
    """Windows replaces no open file: the error says so, the old file stays, nothing is left."""
    path = tmp_path / name
    path.write_text("old", encoding="utf-8")

    def replace(source, target):
        assert Path(source).read_bytes()  # closed, or Windows would refuse to read it
        raise PermissionError(13, "The process cannot access the file", str(target))

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(PermissionError, match=re.escape(name)):
        write(path)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert path.read_text("utf-8") == "old"


def test_what_comes_with_the_package_is_a_users():
    """An example that is run from the package has lines and names as any script has."""
    package = Path(mg.__file__).parent
    assert is_ours[str(package / "engine.py")]
    assert not is_ours[str(package / "_course" / "examples" / "first_gradient.py")]


# ---------------------------------------------------------------------------------------------
# The package
# ---------------------------------------------------------------------------------------------

PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PAGES = [path for path in [ROOT / "README.md", *ROOT.glob("*/**/*")]
         if path.suffix in (".py", ".md", ".ipynb", ".js", ".html", ".toml")
         and not {"site", "build", "dist"} & {*path.relative_to(ROOT).parts}
         and not any(part.startswith(".venv") for part in path.parts)]  # fmt: skip


def test_nothing_advises_to_install_the_strangers_package():
    """On the index `minigrad` is somebody else's, and so is what its extras would bring."""
    other = re.compile(r"""(?:pip|uv|pipx|conda)3? (?:install|add)[^\n`]*[ "'=]minigrad(?![\w-])""")
    assert other.search('pip install "minigrad[examples]"')
    assert not other.search('pip install "minigrad-edu[examples]"')
    found = [str(p.relative_to(ROOT)) for p in PAGES if p != Path(__file__).resolve()
             and other.search(p.read_text("utf-8"))]  # fmt: skip
    assert found == []
    assert not re.search(r'"minigrad\[', PROJECT)


def test_hints_in_the_code_name_what_extras_have():
    for path in (*(ROOT / "minigrad").rglob("*.py"), *EXAMPLES.glob("*.py")):
        for package in re.findall(r"pip install ([\w-]+)", path.read_text("utf-8")):
            known = (
                f'"{package}>=' in PROJECT or package == "jupyterlab"
            )  # to open the lessons with
            assert known, f"{path.name} advises to install {package}"


def test_the_metadata():
    assert re.search(r'^name = "minigrad-edu"', PROJECT, re.MULTILINE)
    assert '{ name = "the minigrad authors" }' in PROJECT
    assert "Development Status ::" in PROJECT
    minors = re.findall(r"Python :: 3\.(\d+)", PROJECT)
    assert [int(minor) for minor in minors] == [10, 11, 12, 13, 14]
    tried = re.findall(r"3\.(\d+)", (ROOT / ".ci" / "run").read_text("utf-8"))
    assert {minors[0], minors[-1]} <= {*tried}
