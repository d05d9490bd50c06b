"""Every exercise: its stub fails kindly, its solution passes, each usual mistake gets its name."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import minigrad as mg

DOCS = Path(__file__).parent.parent / "docs"
EXERCISES, SOLUTIONS = DOCS / "exercises", DOCS / "teacher" / "solutions"
MISTAKEN = Path(__file__).parent / "mistakes"
NAMES = sorted(path.stem.removeprefix("test_") for path in EXERCISES.glob("checks/test_*.py"))

sys.path.insert(0, str(EXERCISES))
from checks import Case, Exercise, Formula, Mistake, check  # noqa: E402
from checks.teaching import import_file, slug  # noqa: E402
from checks.values import same  # noqa: E402


def exercise_of(name):
    return importlib.import_module(f"checks.test_{name}").exercise


def is_to_mend(name):
    return "raise NotImplementedError" not in (EXERCISES / f"{name}.py").read_text("utf-8")


def implementations(name):
    """Yield what makes each mistake: the mistake's name as a function's, and the function."""
    for attribute, value in vars(import_file(MISTAKEN / f"{name}.py")).items():
        mine = getattr(value, "__module__", "") == f"submission_{name}"
        if mine and not attribute.startswith("_"):
            yield attribute, value


ATTEMPTS = [
    pytest.param(name, attribute, value, id=f"{name}-{attribute}")
    for name in NAMES
    for attribute, value in implementations(name)
]
RIGHT = [attempt for attempt in ATTEMPTS if attempt.values[1].startswith("right__")]
MISTAKES = [attempt for attempt in ATTEMPTS if attempt not in RIGHT]


def test_there_are_enough():
    assert len(NAMES) >= 12
    assert sum(len(exercise_of(name).mistakes) for name in NAMES) >= 30


def test_the_page_has_a_section_for_each():
    page = (EXERCISES / "index.md").read_text(encoding="utf-8")
    sections = re.findall(
        r"^## (\w+)\n\nOf .*\n\n```sh\n.*test_\1\.py\n```\n\n```{literalinclude} \1\.py$",
        page,
        re.M,
    )
    assert sorted(sections) == NAMES
    assert re.findall(r"\(#(\w+)\)", page) == sections, "the table lists them in their order"


def test_what_the_page_shows_is_what_the_check_says():
    def student(z, axis=-1):
        return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)

    page = (EXERCISES / "index.md").read_text(encoding="utf-8")
    assert str(exercise_of("softmax").report(student)) in page


@pytest.mark.parametrize("name", NAMES)
def test_the_files_fit_together(name):
    exercise = exercise_of(name)
    assert exercise.name == name
    stub, solution = (import_file(at / f"{name}.py") for at in (EXERCISES, SOLUTIONS))
    assert getattr(stub, exercise.defines).__doc__
    assert not getattr(solution, exercise.defines).__doc__, "what to do is told once, in the stub"
    made = {attribute.split("__")[0] for attribute, _ in implementations(name)}
    assert made >= {slug(mistake.name) for mistake in exercise.mistakes}


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_fails_kindly(name):
    report = exercise_of(name).report_on_file(EXERCISES / f"{name}.py")
    assert not report.passed
    if is_to_mend(name):
        assert report.mistake == exercise_of(name).mistakes[0].name
    else:
        assert report.mistake == "it has not been written yet"
        assert "in place of `raise NotImplementedError`" in str(report)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mend_loop", "all was finite: every loss and every gradient"),
        ("mend_mask", "born in Log (backward)"),
        ("mend_pixels", "came in with pixels"),
    ],
)
def test_a_script_to_mend_fails_as_it_says_and_the_mended_one_learns(name, found, tmp_path):
    assert {n for n in NAMES if is_to_mend(n)} == {"mend_loop", "mend_mask", "mend_pixels"}
    broken = (EXERCISES / f"{name}.py").read_text("utf-8")
    solution = (SOLUTIONS / f"{name}.py").read_text("utf-8")
    mended = "import numpy as np\n" + solution + broken[broken.index("if __name__") :]
    for code, what, learns in (broken, found, False), (mended, "all was finite", True):
        (tmp_path / "script.py").write_text(code, "utf-8")
        command = [sys.executable, "-m", "minigrad", "why", "script.py"]
        run = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=tmp_path)
        assert what in run.stdout, run.stdout + run.stderr
        losses = re.search(r"loss(es)?: (.*)", run.stdout)
        assert (losses is not None and float(losses[2].split()[-1]) < 0.5) == learns, run.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes(name):
    exercise = exercise_of(name)
    report = exercise.report_on_file(SOLUTIONS / f"{name}.py")
    assert report.passed, str(report)
    solution = getattr(import_file(SOLUTIONS / f"{name}.py"), exercise.defines)
    for mistake in exercise.mistakes:
        assert mistake.hint.endswith((".", "?"))
        assert len(mistake.hint) < 250, "a hint is one or two sentences"
    assert exercise.report(solution).right_cases == report.cases


@pytest.mark.parametrize("name", NAMES)
def test_the_example_holds(name, capsys):
    stub = import_file(EXERCISES / f"{name}.py")
    defines = exercise_of(name).defines
    names = vars(stub) | vars(import_file(SOLUTIONS / f"{name}.py")) | {"np": np, "mg": mg}
    tests = doctest.DocTestFinder().find(getattr(stub, defines), defines, module=False, globs=names)
    results = [doctest.DocTestRunner().run(test) for test in tests]
    assert sum(result.attempted for result in results) >= 1
    assert not any(result.failed for result in results), capsys.readouterr().out


@pytest.mark.parametrize(("name", "attribute", "implementation"), RIGHT)
def test_what_is_right_passes_however_it_is_written(name, attribute, implementation):
    report = exercise_of(name).report(implementation)
    assert report.passed, str(report)


@pytest.mark.parametrize(("name", "attribute", "implementation"), MISTAKES)
def test_the_mistake_gets_its_name(name, attribute, implementation):
    report = exercise_of(name).report(implementation)
    assert not report.passed
    assert slug(report.mistake) == attribute.split("__")[0], str(report)
    assert report.hint in " ".join(str(report).split())


# ---------------------------------------------------------------------------------------------
# What is said where no mistake of the exercise's own fits
# ---------------------------------------------------------------------------------------------

DOUBLE = Exercise(
    "double",
    lambda x: 2 * x,
    cases=[Case("double(x)", x=np.array([1.0, 3.0])), Case("double(x)", x=np.eye(2))],
    mistakes=[Mistake("squared", "Try 3 by hand.", wrong=lambda x: x**2)],
)


def nothing(x):
    x = 2 * x


def in_place(x):
    x *= 2
    return x


def misspelt(x):
    return 2 * y  # noqa: F821


def endless(x):
    while True:
        x = x + 1


def waits(x):
    return x * float(input("How often? "))


ANYONES = [
    (nothing, "it returned None", "`return`"),
    (in_place, "it changes its argument x in place", "x was    [1. 3.]\nx is now [2. 6.]"),
    (misspelt, "it raised a NameError", "name 'y' is not defined"),
    (lambda x: (2 * x).tolist(), "it returned a list instead of an array", "[2"),
    (lambda x: mg.Tensor(2 * x), "it returned a Tensor", "`.data`"),
    (lambda x: 2.0, "it returned a number instead of an array", "2"),
    (lambda x: (2 * x)[None], "the result has shape (1, 2) instead of (2,)", "[[2. 6.]]"),
    (lambda x: x + 0.5 * x * x, "", "expected  [2. 6.]\ngot       [1.5 7.5]"),
    (lambda x: exit(), "it raised a SystemExit", "SystemExit"),
    (endless, "it does not come to an end", "still running after 1,000,000 lines"),
    (waits, "it raised an EOFError", "Nobody is there to answer"),
    (lambda x: (2 * y for y in x), "it returned a generator instead of an array", "list(...)"),
    (lambda x: x.sum, "it returned a builtin_function_or_method instead of", "parentheses"),
    (lambda x: (2 * x).T @ (2, 1, 3), "it raised a ValueError", "last axis of A"),
    (lambda x: x**2, "squared", "Try 3 by hand."),
]


@pytest.mark.parametrize(("implementation", "mistake", "said"), ANYONES)
def test_mistakes_that_can_be_made_anywhere(implementation, mistake, said):
    report = DOUBLE.report(implementation)
    assert report.mistake.startswith(mistake)
    assert bool(report.mistake) == bool(mistake)
    assert said in str(report)
    assert "Traceback" not in str(report)
    assert "x = np.array([1.0, 3.0])\n    double(x)" in str(report), "the smallest input"


def unwritten(x):
    return np.multiply(x, 2, where=x > 1)


def forgetful(x, seen=[]):  # noqa: B006
    seen.append(1)
    return 2 * x * len(seen)


SHARES = Exercise(
    "shares",
    lambda p, N: (p - 0.3) / N,
    cases=[
        Case("shares(p, N)", p=np.array([[0.25, 0.5], [0.125, 1.5]]), N=2.0),
        Case("shares(p, N)", p=np.array([[0.5, 0.75], [0.5, 0.25]]), N=4.0),
        Case("shares(p, N)", p=np.array([[1e5, 0.75], [0.5, 0.25]]), N=3.0),
    ],
    mistakes=[],
    rtol=1e-10,
)

TOLD_FROM_NUMBERS = [
    (lambda p, N: (0.3 - p) / N, "sign"),
    (lambda p, N: ((p - 0.3) / N).T, "transposed"),
    (lambda p, N: ((p - 0.3) / N)[::-1], "in reverse order"),
    (lambda p, N: 2 * (p - 0.3) / N, "it is 2 times what it should be"),
    (lambda p, N: p - 0.3, "N taken as ones"),
    (lambda p, N: (p - 0.3) / N / N, "N squared"),
    (lambda p, N: ((p - 0.3) / N).round(2), "rounded"),
    (lambda p, N: ((p - 0.3) / N).astype(np.float32), "right to 7 digits only"),
    (lambda p, N: (p - 0.3 + 1e-9) / N, "right to"),
    (lambda p, N: (p - 0.3) / N + 3, "a constant added"),
    (lambda p, N: np.zeros_like(p), "nothing but zeros"),
    (lambda p, N: p.copy(), "it returned p as it came"),
    (lambda p, N: ((p - 0.3) / N).astype(int), "cut off to whole numbers"),
    (lambda p, N: np.clip((p - 0.3) / N, -9, 9), "right, but not for very large or very small"),
    (lambda p, N: p @ p, ""),
]


@pytest.mark.parametrize(("implementation", "mistake"), TOLD_FROM_NUMBERS)
def test_what_anyone_can_get_wrong_is_told_from_the_numbers(implementation, mistake):
    report = SHARES.report(implementation)
    assert not report.passed
    assert report.mistake.startswith(mistake)
    assert bool(report.mistake) == bool(mistake), report.mistake


def test_what_was_never_written_shows():
    assert DOUBLE.report(unwritten).attempt.has_nan


def test_an_earlier_call_that_is_remembered():
    report = DOUBLE.report(forgetful)
    assert report.mistake == "it remembers an earlier call"


def test_a_warning_is_an_error_where_none_may_come():
    call = 'np.errstate(over="raise")(double)(x)'
    exercise = Exercise("double", lambda x: 2 * x, [Case(call, x=np.array([1e300]))], [])
    assert exercise.report(lambda x: 2 * x).passed
    assert exercise.report(lambda x: x * 1e10 * 2e-10 + x * 0).passed is False


def test_lines_are_counted_and_not_time():
    """A loop of a million rounds is stopped, and one of ten thousand is not."""

    def rounds(n):
        def double(x):
            for _ in range(n):
                x = x + 0
            return 2 * x

        return double

    assert DOUBLE.report(rounds(10_000)).passed
    report = DOUBLE.report(rounds(1_000_000))
    assert report.mistake == "it does not come to an end"
    assert report.attempt.got.line - rounds.__code__.co_firstlineno in (2, 3)


def test_code_that_is_shown_can_be_pasted():
    case = Case("f(x, y)", x=np.array([np.nan, -np.inf, 0.5]), y=float("inf"))
    names = {"np": np, "f": lambda x, y: (x, y)}
    exec(str(case).replace("f(x, y)", "result = f(x, y)"), names)
    assert same(names["result"], (case.arguments["x"], float("inf")))


LOOP = []
LOOP.append(LOOP)
NONSENSE = [
    *(None, True, 0, -1, 10**400, 2.5, float("nan"), "text", "", b"bytes", 1j, object(), range(3)),
    *([], (), {}, [None], (None, None), [[1], [2, 3]], {"x": None}, {1: 2}, {"x": {"y": []}}, {1}),
    *(np.array([]), np.array(1.0), np.zeros((0, 3)), np.full((2, 2), np.nan), np.ones((3, 1, 2))),
    *(np.arange(3, dtype=np.uint8), np.array(["a"]), np.array([None]), np.array([1j]), np.True_),
    *([np.ones(2)], (np.ones(2), "x"), mg.Tensor([1.0]), LOOP, np.zeros(10**5), "x" * 10**5),
]


@pytest.mark.parametrize("name", NAMES)
def test_no_nonsense_breaks_a_check(name):
    for value in NONSENSE:
        report = exercise_of(name).report(lambda *args, **kwargs: value)  # noqa: B023
        assert not report.passed
        assert len(str(report)) < 3000


def test_the_smallest_input_that_shows_it():
    report = DOUBLE.report(lambda x: 2 * x if x.ndim == 1 else x)
    assert "x = np.array([[1.0, 0.0], [0.0, 1.0]])" in str(report)
    assert "1 of 2 cases are right." in str(report)


def test_integers_are_compared_exactly_and_floats_up_to_rounding():
    assert not same(2**60, 2**60 + 1, rtol=1e-6)
    assert same(1.0, 1.0 + 1e-9, rtol=1e-6)
    assert not same(1.0, 1.0 + 1e-9)
    assert same(2.0, 2)


def test_no_mistake_is_named_for_what_looks_like_it_once():
    exercise = Exercise(
        "double",
        lambda x: 2 * x,
        cases=[Case("double(x)", x=x) for x in (1.0, 3.0, 5.0, 7.0)],
        mistakes=[Mistake("squared", "Try 3 by hand.", wrong=lambda x: x**2)],
    )
    assert exercise.report(lambda x: 9.0 if x == 3 else 0.5).mistake == ""
    assert exercise.report(lambda x: x**2).mistake == "squared"


def test_returning_none_is_no_mistake_of_its_own_where_none_can_be_right():
    exercise = Exercise(
        "find",
        lambda x: "found" if x > 0 else None,
        cases=[Case("find(x)", x=x) for x in (1.0, 2.0, 3.0, -1.0)],
        mistakes=[],
    )
    assert exercise.report(lambda x: None).mistake == "it returned None instead of a string"


def test_two_mistakes_at_once_and_the_first_of_them_is_named():
    def both(z, axis=-1):
        return np.exp(z) / np.exp(z).sum()

    assert exercise_of("softmax").report(both).mistake == "sum over all entries"


def test_a_file_that_cannot_be_read(tmp_path):
    file = tmp_path / "double.py"
    for text, said in [
        ("def double(x:\n    pass\n", "Line 1: SyntaxError: "),
        ("import numpy\n1 / 0\n", "Line 2: ZeroDivisionError: division by zero"),
        ("def duoble(x): return 2 * x\n", "double.py defines no double."),
    ]:
        file.write_text(text, encoding="utf-8")
        report = DOUBLE.report_on_file(file)
        assert not report.passed
        assert said in str(report)


def test_formulas_are_shown_as_written():
    case = Case("slope(f, x)", f=Formula("lambda x: x**2"), x=np.float32([1, 2]))
    assert str(case) == (
        "f = lambda x: x**2\nx = np.array([1.0, 2.0], dtype=np.float32)\nslope(f, x)"
    )


# ---------------------------------------------------------------------------------------------
# What students get
# ---------------------------------------------------------------------------------------------


def export(*options):
    command = [sys.executable, str(DOCS / "teacher" / "export.py"), *map(str, options)]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def check_file(folder, name):
    """Run the student's command."""
    command = [sys.executable, "-m", "pytest", f"checks/test_{name}.py"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder)


def test_an_exported_folder_works_on_its_own(tmp_path):
    course = tmp_path / "course"
    assert export("--out", course).returncode == 0
    files = {str(path.relative_to(course)) for path in course.rglob("*") if path.is_file()}
    frame = {
        "README.md",
        "pytest.ini",
        *(
            f"checks/{f}.py"
            for f in ("__init__", "anyone", "calls", "from_numbers", "teaching", "values")
        ),
    }
    named = {f"{name}.py" for name in NAMES} | {f"checks/test_{name}.py" for name in NAMES}
    assert files == frame | named, "no solutions, no tools of the teacher's"

    failed = check_file(course, "softmax")
    assert failed.returncode == 1
    assert "it has not been written yet" in failed.stdout
    assert "Traceback" not in failed.stdout
    assert "teaching.py" not in failed.stdout
    assert len(failed.stdout.splitlines()) < 15

    (course / "softmax.py").write_text(
        (SOLUTIONS / "softmax.py").read_text(encoding="utf-8"), "utf-8"
    )
    assert check_file(course, "softmax").returncode == 0


def test_the_repository_behaves_as_an_exported_folder():
    failed = check_file(EXERCISES, "softmax")
    assert "it has not been written yet" in failed.stdout
    assert len(failed.stdout.splitlines()) < 15


def test_a_students_work_is_never_overwritten(tmp_path):
    work = tmp_path / "softmax.py"
    work.write_text("my work", encoding="utf-8")
    refused = export("--out", tmp_path)
    assert refused.returncode == 1
    assert "softmax.py is there already" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["softmax.py"], "nothing is written"
    assert work.read_text(encoding="utf-8") == "my work"


def cells_of(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells]


@pytest.mark.parametrize("solutions", [False, True], ids=["stubs", "solutions"])
def test_exported_notebooks_run(tmp_path, solutions):
    pytest.importorskip("nbformat", reason="notebooks are written by nbformat")
    assert export("--out", tmp_path, "--to", "ipynb", *["--solutions"][:solutions]).returncode == 0
    assert {path.stem for path in tmp_path.glob("*.ipynb")} == set(NAMES)
    script = ""
    for name in NAMES:
        text, code, check = cells_of(tmp_path / f"{name}.ipynb")
        assert text.startswith("# ")
        assert "----" not in text, "its sections have become headings"
        assert text.count("```python\n>>> ") >= 1
        assert ("This is to be mended" in text) == (solutions and is_to_mend(name))
        assert ("raise NotImplementedError" in code) != (solutions or is_to_mend(name))
        called = check.splitlines()[-1]
        kept = f"try: {called}\nexcept AssertionError as error: print(error)"
        script += f"{code}\n{check.replace(called, kept)}\n"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    to_mend = sum(map(is_to_mend, NAMES))
    unwritten = 0 if solutions else len(NAMES) - to_mend
    assert run.stdout.count("right in all") == (len(NAMES) if solutions else 0)
    assert run.stdout.count("it has not been written yet") == unwritten
    assert run.stdout.count("is not right yet") == (0 if solutions else len(NAMES))


def test_an_exported_notebook_runs_in_a_kernel(tmp_path):
    reason = "needs nbclient and ipykernel"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    import nbformat

    export("--out", tmp_path, "--to", "ipynb", "--solutions", "--exercises", "softmax")
    notebook = nbformat.read(tmp_path / "softmax.ipynb", as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "softmax: right in all" in notebook.cells[2].outputs[0].text


def test_a_wrong_exercise_fails_its_cell_and_says_why_without_a_traceback(tmp_path):
    reason = "needs nbclient and ipykernel"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    import nbformat

    export("--out", tmp_path, "--to", "ipynb", "--exercises", "softmax")
    notebook = nbformat.read(tmp_path / "softmax.ipynb", as_version=4)
    client = nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        client.execute()
    [output] = notebook.cells[2].outputs
    assert output.output_type == "error"
    assert output.traceback[0] == "softmax is not right yet: it has not been written yet."
    assert "Traceback" not in "".join(output.traceback)


def test_check_in_a_notebook_prints_what_is_right_and_raises_what_is_not(capsys):
    check(import_file(SOLUTIONS / "softmax.py").softmax)
    assert capsys.readouterr().out == "softmax: right in all 15 cases.\n"

    def softmax(z, axis=-1):
        return z

    with pytest.raises(AssertionError, match="softmax is not right yet") as raised:
        check(softmax)
    assert raised.value._render_traceback_() == str(raised.value).splitlines()
    assert capsys.readouterr().out == ""


def test_the_figures_for_slides_are_written(tmp_path):
    command = [sys.executable, str(DOCS / "figures.py"), "--out", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    files = sorted(tmp_path.iterdir())
    assert len(files) == len(run.stdout.splitlines()) == 8
    page = (DOCS / "teachers.md").read_text(encoding="utf-8")
    for file in files:
        assert f"`{file.stem}`" in page, "the plan says when to show it"
        assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"
