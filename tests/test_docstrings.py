"""Every example in a docstring does what it says, and every public name has a docstring."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import minigrad as mg

MODULES = ["minigrad", *(m.name for m in pkgutil.walk_packages(mg.__path__, "minigrad."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, capsys):
    module = importlib.import_module(name)
    assumed = {"mg": mg, "np": np, "Tensor": mg.Tensor}
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed = doctest.testmod(module, extraglobs=assumed, optionflags=flags).failed
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize("name", MODULES)
def test_public_names_have_docstrings(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for public in getattr(module, "__all__", ()):
        assert inspect.getdoc(getattr(module, public)), f"{name}.{public} has no docstring"
