'''How an exercise checks itself. To add one called `double`, write four files.

`double.py`, what students get: a docstring (what, formula, shapes, one example) and a gap, see
`softmax.py`; or code to be mended, see `mend_mask.py`, and then the first mistake below is the one
that it makes as it is. `docs/teacher/solutions/double.py`: the code alone, with the gap filled.

`checks/test_double.py`, data from the smallest input to larger ones, and no cleverness:

    """Checks of double.py: python -m pytest checks/test_double.py"""

    exercise = Exercise(
        "double",
        right=lambda x: 2 * x,  # from minigrad's public functions, or exact arithmetic
        cases=[
            Case("double(x)", x=np.array([1.0])),
            Case("double(x)", x=np.array([[1.0, -3.0]])),
        ],
        mistakes=[
            Mistake("squared", "Try 3 by hand.", wrong=lambda x: x**2),
            Mistake("x is changed", "Is x the caller's?", when=lambda a: "x" in a.changed),
        ],
    )


    def test_double():
        exercise.check()

`tests/mistakes/double.py`: for each mistake a function that makes it, written as a student
would, called as the mistake with underscores (`squared`, `x_is_changed`; for a second way to make
it `squared__2`), and for unusual ways that are right `right__` and a name.
`tests/test_exercises.py` finds all four by their names and proves that the stub fails kindly, the
solution passes and does what the stub's example says, and each mistake gets its
name and no other. The page `index.md` has a section for each exercise.

- `right` and each `wrong` (one, or a list of ways to make the mistake) are called as the case's
  call is written. A mistake made by a `wrong` fits if the student's outcome (result or kind of
  error, and arguments afterwards) is that of `wrong` in every case. If no mistake does, what anyone
  can get wrong is looked for (`anyone.py`: sign, factor, type, digits); if that does not explain
  all either, the mistake that explains most of what failed is named. So give the smallest input
  that tells mistakes apart. The first in the list wins a tie.
- `when` gets an `Attempt` in each case that failed: `a.got.result`, `a.got.error`, `a.expected`,
  `a.case.arguments`, `a.changed`, `a.has_nan`. If it raises, because a result is nonsense, it
  does not fit; the same holds for `accept`.
- Wrong types and shapes, None, exceptions, endless loops, changed arguments and what is made by
  the wrong sign, factor or argument are named without your help.
- Where no warning may come: `call='np.errstate(over="raise")(double)(x)'`.
- A hint is one or two sentences. It says where to look, or asks; it does not give the solution.
- Arguments and results are arrays, numbers, strings, None, and lists, tuples and dicts of them. A
  function is given as Formula("lambda x: x**2"). A call is any expression of the arguments, `np`,
  `mg`, `F` and the student's function; if that is a class, give `defines="Softplus"`.
- Where many results are right: `accept=lambda a: ...` decides instead of equality to `right`.
- `sample=lambda rng: Case(...)`: random cases besides, three for each check, new ones in grading.
'''

from __future__ import annotations

import importlib.util
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from checks.anyone import explains_all, first_thing_wrong
from checks.calls import Outcome, evaluate
from checks.from_numbers import of_where
from checks.values import as_code, hang, in_brief, numbers, same, with_article

FOLDER = Path(__file__).resolve().parent.parent
"""Where the students' files are."""

SAMPLES = 3
"""How many random cases an exercise with a `sample` has besides."""

Run = Callable[[str, dict[str, Any]], Outcome]
"""How a student's implementation is called: with the source of a call and its arguments."""


class Case:
    """One call, as code, and its arguments by name; `expected` if `right` shall not be asked."""

    def __init__(self, call: str, *, expected: Any = None, **arguments: Any) -> None:
        self.call, self.expected, self.arguments = call, expected, arguments

    def __str__(self) -> str:
        given = [f"{name} = {as_code(value)}" for name, value in self.arguments.items()]
        return "\n".join([*given, self.call])


@dataclass
class Mistake:
    """A usual mistake: its name, a hint, and how it is recognised, by `wrong` or by `when`."""

    name: str
    hint: str
    wrong: Any = None
    """What makes it, or a list of several ways to make it."""
    when: Callable[[Attempt], bool] | None = None

    def ways(self) -> list[Mistake]:
        """Return a mistake for each way to make this one."""
        if isinstance(self.wrong, list):
            return [replace(self, wrong=one) for one in self.wrong]
        return [self]


@dataclass
class Attempt:
    """What a student's implementation did in one case, beside what it should have done."""

    case: Case
    expected: Outcome
    got: Outcome
    right: bool = False

    @property
    def changed(self) -> list[str]:
        """The arguments that were changed in place."""
        before, after = self.expected.arguments, self.got.arguments
        return [name for name in before if not same(before[name], after[name])]

    @property
    def has_nan(self) -> bool:
        """Whether the result is an array or number with a NaN that should not be there."""
        got, expected = (numbers(o.result) for o in (self.got, self.expected))
        if got is None or not np.isnan(got).any():
            return False
        return expected is None or not np.isnan(expected).any()


RETURNED_NONE = Mistake(
    "it returned None",
    "Does every way through it end in a `return`?",
    when=lambda a: a.got.error is None and a.got.result is None,
)

REMEMBERED = (
    "it remembers an earlier call",
    "The same call was right the first time. Which list, dict or number is made once for all "
    "calls: outside of the function, or as the default of an argument?",
)


@dataclass
class Report:
    """The verdict on one implementation. As a string: what its author reads."""

    name: str
    passed: bool
    right_cases: int
    cases: int
    mistake: str = ""
    hint: str = ""
    attempt: Attempt | None = None
    one_of_many: bool = False
    """Whether other results would have been right, too."""

    def __str__(self) -> str:
        if self.passed:
            return f"{self.name}: right in all {self.cases} cases."
        title = f"{self.name} is not right yet" + (f": {self.mistake}." if self.mistake else ".")
        parts = [title]
        if self.attempt is not None:
            parts += [textwrap.indent(str(self.attempt.case), "    ")]
            parts.append(difference(self.attempt, self.one_of_many))
        if self.hint:
            parts.append(textwrap.fill(self.hint, 88))
        if self.attempt is not None:
            parts.append(f"{self.right_cases} of {self.cases} cases are right.")
        return "\n\n".join(parts)


class Exercise:
    """One exercise: what is right, in which cases, and the usual mistakes. See the module's text.

    Parameters
    ----------
    name : str
        The stem of the exercise's file.
    right : callable
        Computes the right result, or a class that does.
    cases : list of Case
        From the smallest to larger ones.
    mistakes : list of Mistake
    defines : str, optional
        What the file defines, if it is not called as the file.
    accept : callable, optional
        Gets an Attempt whose call raised nothing and says whether its result is right.
    sample : callable, optional
        Gets a random generator and returns a Case.
    rtol, atol : float
        How far a result may be from the right one, relative to it and absolutely.
    """

    def __init__(
        self,
        name: str,
        right: Any,
        cases: list[Case],
        mistakes: list[Mistake],
        *,
        defines: str | None = None,
        accept: Callable[[Attempt], bool] | None = None,
        sample: Callable[[np.random.Generator], Case] | None = None,
        rtol: float = 1e-6,
        atol: float = 1e-12,
    ) -> None:
        self.name, self.defines = name, defines or name
        self.right, self.cases, self.mistakes = right, cases, mistakes
        self.accept, self.sample = accept, sample
        self.rtol, self.atol = rtol, atol

    def check(self) -> None:
        """Check the student's file, as a pytest test."""
        import pytest

        __tracebackhide__ = True
        report = self.report_on_file(FOLDER / f"{self.name}.py")
        if not report.passed:
            pytest.fail(f"\n{report}\n", pytrace=False)

    def report_on_file(self, path: Path) -> Report:
        """Import a file and check what it defines."""
        try:
            module = import_file(path)
        except (Exception, SystemExit) as error:
            return self.unreadable(f"{path.name} cannot be imported", in_short(error, path))
        if not hasattr(module, self.defines):
            return self.unreadable(
                f"{path.name} defines no {self.defines}", "Its name has to stay as it was."
            )
        return self.report(getattr(module, self.defines))

    def unreadable(self, mistake: str, hint: str) -> Report:
        """Report a file that could not be asked anything."""
        cases = len(self.cases) + (SAMPLES if self.sample else 0)
        return Report(self.name, False, 0, cases, mistake, hint)

    def report(self, implementation: Any) -> Report:
        """Check a function or class."""
        return self.judge(lambda call, args: evaluate(call, args, self.defines, implementation))

    def judge(self, run: Run, seed: int = 0) -> Report:
        """Check an implementation that is reached through `run`, wherever it lives."""
        cases = list(self.cases)
        if self.sample is not None:
            rng = np.random.default_rng(seed)
            cases += [self.sample(rng) for _ in range(SAMPLES)]
        attempts = []
        for case in cases:
            attempts.append(self.attempt(case, run(case.call, case.arguments)))
            if attempts[-1].got.error in ("NotImplementedError", "EndlessError"):
                break
        failed = [attempt for attempt in attempts if not attempt.right]
        again = self.attempt(cases[0], run(cases[0].call, cases[0].arguments)) if failed else None
        report = Report(self.name, not failed, len(attempts) - len(failed), len(cases))
        report.one_of_many = self.accept is not None
        if again is not None and attempts[0].right and not again.right:
            report.attempt, report.mistake, report.hint = again, *REMEMBERED
        elif failed:
            report.attempt, report.mistake, report.hint = self.explain(attempts, failed)
        return report

    def attempt(self, case: Case, got: Outcome) -> Attempt:
        """Compare what came of a case with what is right."""
        expected = evaluate(case.call, case.arguments, self.defines, self.right)
        if case.expected is not None:
            expected.result = case.expected
        attempt = Attempt(case, expected, got)
        if self.accept is not None and got.error is None:
            attempt.right = not attempt.changed and holds(self.accept, attempt)
        else:
            attempt.right = self.equal(expected, got)
        return attempt

    def equal(self, one: Outcome, other: Outcome) -> bool:
        """Whether two outcomes are the same: result or kind of error, and arguments afterwards."""
        if one.error or other.error:
            return one.error == other.error
        return same(one.result, other.result, self.rtol, self.atol) and same(
            one.arguments, other.arguments
        )

    def explain(
        self, attempts: list[Attempt], failed: list[Attempt]
    ) -> tuple[Attempt | None, str, str]:
        """Return the attempt to show, the name of the mistake, or "", and the hint.

        What explains everything comes first, be it a mistake of this exercise or anyone's; then
        the mistake of this exercise that explains most.
        """
        if failed[0].got.error == "NotImplementedError":
            line = f" in line {failed[0].got.line}" if failed[0].got.line else ""
            hint = f"Write it in place of `raise NotImplementedError`{line}, then check again."
            return None, "it has not been written yet", hint
        if attempts[-1].got.error == "EndlessError":
            if len(failed) == 1:
                return attempts[-1], "it does not come to an end", endless(attempts[-1])
            attempts, failed = attempts[:-1], failed[:-1]
        explains_everything, mistake = self.best_of_its_own(attempts, failed)
        if not explains_everything:
            name, hint = explains_all(self, attempts)
            if name:
                return failed[0], name, hint
        if mistake is None:
            name, hint = first_thing_wrong(failed[0])
            return failed[0], *((name, hint) if name else of_where(attempts))
        shown = next(a for a in failed if self.fits(mistake, a))
        return shown, mistake.name, mistake.hint

    def best_of_its_own(
        self, attempts: list[Attempt], failed: list[Attempt]
    ) -> tuple[bool, Mistake | None]:
        """Return whether a mistake of the exercise explains all, and the one that explains most.

        What explains half of what failed may be named, or the smallest input that failed and a
        third of the others; a `when`, which is less exact, has to explain the smallest in any case.
        """
        best: tuple[tuple[bool, bool, bool, int], Mistake | None] = (False, False, False, 0), None
        none_can_be_right = any(a.expected.result is None for a in attempts)
        mistakes = [*self.mistakes, *([] if none_can_be_right else [RETURNED_NONE])]
        for mistake in [way for one in mistakes for way in one.ways()]:
            fits = [self.fits(mistake, attempt) for attempt in attempts]
            explained = [f for f, attempt in zip(fits, attempts) if not attempt.right]
            first, half = explained[0], 2 * sum(explained) >= len(failed)
            score = all(fits), half, first, sum(explained)
            enough = first and 3 * sum(explained) >= len(failed)
            if (enough or (half and mistake.when is None)) and score > best[0]:
                best = score, mistake
        return best[0][0], best[1]

    def fits(self, mistake: Mistake, attempt: Attempt) -> bool:
        """Whether what was done in a case is what this mistake does there."""
        if mistake.when is not None:
            return attempt.right or holds(mistake.when, attempt)
        case = attempt.case
        wrong = evaluate(case.call, case.arguments, self.defines, mistake.wrong)
        if self.accept is not None and attempt.right:
            return True
        return self.equal(wrong, attempt.got)

    def is_right_of(
        self, attempts: list[Attempt], other: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> bool:
        """Whether every result is the right one of other arguments."""
        for attempt in attempts:
            given = attempt.case.arguments
            try:
                with np.errstate(all="ignore"):
                    altered = given | other(given)
            except Exception:
                return False
            result = evaluate(attempt.case.call, altered, self.defines, self.right).result
            if not same(result, attempt.got.result, self.rtol, self.atol):
                return False
        return True


def holds(condition: Callable[[Attempt], bool], attempt: Attempt) -> bool:
    """Whether a condition holds; not if it stumbles over a result that is nonsense."""
    try:
        return bool(condition(attempt))
    except Exception:
        return False


def endless(attempt: Attempt) -> str:
    """Say where a call was when it was stopped."""
    line = f"Line {attempt.got.line} of your code is" if attempt.got.line else "Your code is"
    return (
        f"{line} {attempt.got.message}. Does every round of the loop come nearer to its end, and "
        "how many rounds are that, or is the same thing done again and again?"
    )


def difference(attempt: Attempt, one_of_many: bool) -> str:
    """Say what was expected and what came."""
    got, expected = attempt.got, attempt.expected
    example = ", for example" if one_of_many else ""
    lines = [f"expected  {hang(in_brief(expected.result))}{example}"]
    if got.error:
        lines.append(f"got       {with_article(got.error)}: {got.message:.200}")
    else:
        lines.append(f"got       {hang(in_brief(got.result))}")
    for name in attempt.changed:
        before, after = attempt.case.arguments[name], got.arguments.get(name)
        lines.append(f"{name} was    {hang(in_brief(before))}")
        lines.append(f"{name} is now {hang(in_brief(after))}")
    return "\n".join(lines)


def import_file(path: Path) -> Any:
    """Import a file as a module of its own, whatever was imported before."""
    spec = importlib.util.spec_from_file_location(f"submission_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def in_short(error: BaseException, path: Path) -> str:
    """Say what an error is and in which line of the file it is."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace and not isinstance(error, SyntaxError):
        if Path(trace.tb_frame.f_code.co_filename) == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"Line {line}: " if line else ""
    message = getattr(error, "msg", None) or str(error)
    return f"{where}{type(error).__name__}: {message}"


def slug(name: str) -> str:
    """Return a mistake's name as the name of a function: `no_max_subtraction`."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")
