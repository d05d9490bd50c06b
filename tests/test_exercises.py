"""Every exercise: its stub fails kindly, its solution passes, each usual mistake gets its name."""

from __future__ import annotations

import doctest
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg

DOCS = Path(__file__).parent.parent / "docs"
EXERCISES, SOLUTIONS = DOCS / "exercises", DOCS / "solutions"
NAMES = sorted(path.stem.removeprefix("test_") for path in EXERCISES.glob("checks/test_*.py"))

sys.path.insert(0, str(EXERCISES))
from checks.teaching import import_file, slug  # noqa: E402


def exercise_of(name):
    return importlib.import_module(f"checks.test_{name}").exercise


def implementations(name):
    """Yield what makes each mistake: the mistake's name as a function's, and the function."""
    for attribute, value in vars(import_file(SOLUTIONS / "mistakes" / f"{name}.py")).items():
        mine = getattr(value, "__module__", "") == f"submission_{name}"
        if mine and not attribute.startswith("_"):
            yield attribute, value


MISTAKES = [
    pytest.param(name, attribute, value, id=f"{name}-{attribute}")
    for name in NAMES
    for attribute, value in implementations(name)
]


def test_there_are_enough():
    assert len(NAMES) >= 12
    assert sum(len(exercise_of(name).mistakes) for name in NAMES) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_the_files_fit_together(name):
    exercise = exercise_of(name)
    assert exercise.name == name
    assert (EXERCISES / f"{name}.py").is_file()
    assert (SOLUTIONS / f"{name}.py").is_file()
    made = {attribute.split("__")[0] for attribute, _ in implementations(name)}
    assert made == {slug(mistake.name) for mistake in exercise.mistakes}


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_fails_kindly(name):
    report = exercise_of(name).report_on_file(EXERCISES / f"{name}.py")
    assert not report.passed
    assert report.mistake == "it has not been written yet"
    assert f"`raise NotImplementedError` in {name}.py" in str(report).replace("\n", " ")


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


@pytest.mark.parametrize(("name", "attribute", "implementation"), MISTAKES)
def test_the_mistake_gets_its_name(name, attribute, implementation):
    report = exercise_of(name).report(implementation)
    assert not report.passed
    assert slug(report.mistake) == attribute.split("__")[0], str(report)
    assert report.hint in " ".join(str(report).split())
