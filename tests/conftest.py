"""Shared by all tests: doctests see what a reader of the docs would have imported."""

import numpy as np
import pytest

import minigrad as mg


@pytest.fixture(autouse=True)
def _names_for_doctests(doctest_namespace):
    doctest_namespace.update(mg=mg, np=np, Tensor=mg.Tensor)


@pytest.fixture
def rng():
    return np.random.default_rng(0)
