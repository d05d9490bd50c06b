"""Checks of the exercises, which say what is wrong and name the usual mistakes."""

from __future__ import annotations

import importlib
from typing import Any

from checks.calls import Formula
from checks.teaching import Attempt, Case, Exercise, Mistake

__all__ = ["Attempt", "Case", "Exercise", "Formula", "Mistake", "check"]


def check(implementation: Any) -> None:
    """Check a function or class in a notebook by the checks of its name, and print the report."""
    module = importlib.import_module(f"checks.test_{implementation.__name__.lower()}")
    print(module.exercise.report(implementation))
