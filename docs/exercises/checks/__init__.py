"""Checks of the exercises, which say what is wrong and name the usual mistakes."""

from __future__ import annotations

import importlib
from typing import Any

from checks.calls import Formula
from checks.teaching import Attempt, Case, Exercise, Mistake

__all__ = ["Attempt", "Case", "Exercise", "Formula", "Mistake", "check"]


class NotRightError(AssertionError):
    """Says in a notebook what its report says, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def check(implementation: Any) -> None:
    """Check a function or class in a notebook by the checks of its name: print the report.

    What is not right raises, so that a cell with a check in it fails, whoever runs it.
    """
    module = importlib.import_module(f"checks.test_{implementation.__name__.lower()}")
    report = module.exercise.report(implementation)
    if not report.passed:
        raise NotRightError(str(report))
    print(report)
