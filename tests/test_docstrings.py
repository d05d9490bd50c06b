"""Every example in a docstring or the README runs, and every public name has a docstring."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.operators import Operators

MODULES = ["minigrad", *(m.name for m in pkgutil.walk_packages(mg.__path__, "minigrad."))]


def load(name):
    if name == "minigrad.torch":
        pytest.importorskip("torch")
    return importlib.import_module(name)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, capsys):
    module = load(name)
    assumed = {"mg": mg, "np": np, "Tensor": mg.Tensor}
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed = doctest.testmod(module, extraglobs=assumed, optionflags=flags).failed
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize("name", MODULES)
def test_public_names_have_docstrings(name):
    module = load(name)
    assert module.__doc__
    is_face = module.__file__.endswith("__init__.py")
    for public, thing in vars(module).items() if is_face else ():
        if not public.startswith("_") and getattr(thing, "__module__", "").startswith("minigrad"):
            assert inspect.getdoc(thing), f"{name}.{public} has no docstring"


def test_what_a_tensor_can_do_says_so_with_its_ops_formula():
    tree = ast.parse(inspect.getsource(Operators))
    for method in ast.walk(tree):
        if not isinstance(method, ast.FunctionDef) or method.name in UNTOLD:
            continue
        doc = ast.get_docstring(method)
        assert doc, f"{method.name} shows nothing in an editor"
        computed_by = re.findall(r"\bops\.(\w+)", ast.unparse(method))
        if len(computed_by) == 1 and method.name not in ("swapaxes", "__copy__"):
            assert doc == inspect.getdoc(getattr(mg.ops, computed_by[0])).split("\n\n")[0]


UNTOLD = {"__len__", "__iter__", "__setitem__", "__float__", "__int__", "__index__", "__round__"}
UNTOLD |= {"__format__", "__bool__", "__array__", "__repr__", "__array_ufunc__"}
UNTOLD |= {"__array_function__", "__getattr__"}
"""What Python and NumPy call, not a reader."""


def run_code(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    text = (Path(__file__).parent.parent / page).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    exec(compile(code, page, "exec"), {})


def test_the_readmes_code_runs(tmp_path, monkeypatch, capsys):
    run_code("README.md", tmp_path, monkeypatch)
    assert {path.name for path in tmp_path.iterdir()} == {"loss.svg", "steps.html"}
    assert "every value and every gradient is finite" in capsys.readouterr().out


def test_the_code_about_pictures_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    run_code("docs/pictures.md", tmp_path, monkeypatch)
    assert {path.name for path in tmp_path.iterdir()} == {"loss.svg", "steps.html", "film.html"}
    assert "CrossEntropy" in capsys.readouterr().out
