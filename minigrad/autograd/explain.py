"""Why an op made a non-finite number of finite ones, in words, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.arrays import NDArray
from minigrad.engine import Op, Tensor
from minigrad.ops import Elementwise

SHOWN = 3
"""So many entries of a bad array are listed."""


class Explanation(NamedTuple):
    """What an op did to its inputs."""

    entries: tuple[str, ...]
    """Lines such as "result[3, 1] = inf, from 114.9"."""

    reason: str
    """"exp overflows: ..." """

    remedy: str
    """What to write instead; empty where that depends on what was meant."""

    def __str__(self) -> str:
        remedy = [f"instead: {self.remedy}"] if self.remedy else []
        return "\n".join([*self.entries, f"why: {self.reason}", *remedy])


def is_finite(array: NDArray) -> bool:
    return bool(np.isfinite(array).all())


def kind_of(*arrays: NDArray) -> str:
    """Which non-finite numbers are in the arrays, in words: "NaN", "inf", "-inf" or several."""
    kinds = {
        "NaN": any(np.isnan(a).any() for a in arrays),
        "inf": any((a == np.inf).any() for a in arrays),
        "-inf": any((a == -np.inf).any() for a in arrays),
    }
    return " and ".join(kind for kind, found in kinds.items() if found)


class Case(NamedTuple):
    """What an explanation is made from: the op's inputs, whole and at the place that went wrong."""

    parents: tuple[Tensor, ...]
    here: list[float]
    dtype: np.dtype[Any]


def explain_value(op: Op, parents: tuple[Tensor, ...], result: NDArray) -> Explanation:
    """Explain a non-finite result of finite inputs."""
    bad = np.argwhere(~np.isfinite(result))
    entries = []
    for place in bad[:SHOWN]:
        index = tuple(int(i) for i in place)
        here = _inputs_at(op, parents, result.shape, index)
        source = f", from {' and '.join(f'{x:.4g}' for x in here)}" if here else ""
        entries.append(f"result{_brackets(index)} = {result[index]:.4g}{source}")
    if len(bad) > SHOWN:
        entries.append(f"and {len(bad) - SHOWN} more of {result.size} entries")
    here = _inputs_at(op, parents, result.shape, tuple(int(i) for i in bad[0]))
    reason, remedy = _REASONS.get(op.name, _overflow)(Case(parents, here, result.dtype))
    return Explanation(tuple(entries), reason, remedy)


def explain_gradient(
    op: Op, parents: tuple[Tensor, ...], result: NDArray, upstream: NDArray
) -> Explanation:
    """Explain a non-finite gradient that a rule made of a finite upstream gradient."""
    pole, slope, remedy = _SLOPES.get(op.name, (None, "", ""))
    poles = pole(*[p.data for p in parents], result) if pole else np.zeros(0)
    places = np.argwhere(poles)
    if not len(places):
        return Explanation((), f"the gradient is too large for {result.dtype}", "")
    entries = []
    for place in places[:SHOWN]:
        index = tuple(int(i) for i in place)
        entries.append(f"upstream gradient{_brackets(index)} = {upstream[index]:.4g} meets {slope}")
    g = upstream[tuple(places[0])]
    product = "0 · inf is NaN, though nothing used this entry" if g == 0 else "a pole"
    if op.name == "Log" and _are_probabilities(parents[0]):
        remedy = LOG_SOFTMAX
    return Explanation(tuple(entries), f"{slope}: {product}", remedy)


LOG_SOFTMAX = "log_softmax(logits), not log of softmax; or cross_entropy(logits, target)"

Reason = tuple[str, str]


def _exp(case: Case) -> Reason:
    limit = float(np.log(np.finfo(case.dtype).max))
    return (
        f"exp({case.here[0]:.4g}) overflows: {case.dtype} ends at exp({limit:.1f})",
        "log_softmax, cross_entropy or logsumexp, which subtract the largest logit first",
    )


def _log(case: Case) -> Reason:
    if case.here[0] < 0:
        return f"the logarithm of a negative number, {case.here[0]:.4g}", ""
    if _are_probabilities(case.parents[0]):
        return "log(0): a probability that underflowed to 0", LOG_SOFTMAX
    return "log(0)", "keep the argument away from 0, for example with np.maximum(x, 1e-7)"


def _log1p(case: Case) -> Reason:
    return f"the logarithm of 1 + {case.here[0]:.4g}, which is not positive", ""


def _div(case: Case) -> Reason:
    a, b = case.here
    if b != 0:
        return _overflow(case)
    return f"{a:.4g}/{b:.4g}", "keep the denominator away from 0"


def _pow(case: Case) -> Reason:
    a, b = case.here
    if a < 0 and b != round(b):
        return f"{a:.4g} to the power {b:.4g} is no real number", ""
    if a == 0:
        return f"0 to the power {b:.4g}", "keep the base away from 0"
    return _overflow(case)


def _sqrt(case: Case) -> Reason:
    return f"the square root of a negative number, {case.here[0]:.4g}", "np.maximum(x, 0) first"


def _mean(case: Case) -> Reason:
    if case.parents[0].size == 0:
        return "0/0: the mean of no entries", "leave empty batches out"
    return _overflow(case)


def _loss(case: Case) -> Reason:
    scores, target = case.parents
    if target.dtype.kind in "iu" and np.abs(scores.data).max(initial=0) < 1e4:
        return (
            "0/0: every target is ignored or of weight 0, and the mean of nothing is not defined",
            'reduction="sum", or leave such batches out',
        )
    return _overflow(case)


def _overflow(case: Case) -> Reason:
    return (
        f"the result is too large for {case.dtype}, which ends at {np.finfo(case.dtype).max:.4g}",
        "scale the inputs down, or compute in a dtype of larger range",
    )


_REASONS: dict[str, Callable[[Case], Reason]] = {
    "Exp": _exp,
    "Expm1": _exp,
    "Log": _log,
    "Log1p": _log1p,
    "Div": _div,
    "Pow": _pow,
    "Sqrt": _sqrt,
    "Mean": _mean,
    "Var": _mean,
    "Std": _mean,
    "NLLLoss": _loss,
    "CrossEntropy": _loss,
    "SoftCrossEntropy": _loss,
}

_SLOPES: dict[str, tuple[Callable[..., NDArray], str, str]] = {
    # op: (where its slope is infinite, that slope in words, a remedy)
    "Exp": (lambda x, y: np.isinf(y), "the slope exp(x) = inf", "smaller x, also where unused"),
    "Log": (lambda x, y: x == 0, "the slope 1/x at x = 0", "keep x away from 0, also where unused"),
    "Log1p": (lambda x, y: x == -1, "the slope 1/(1 + x) at x = -1", "keep x above -1"),
    "Sqrt": (lambda x, y: x == 0, "the slope 1/(2√x) at x = 0", "np.sqrt(x + 1e-12)"),
    "Div": (
        lambda a, b, y: np.broadcast_to(b == 0, y.shape),
        "the slope 1/b at b = 0",
        "keep the denominator away from 0, also where unused",
    ),
    "Pow": (
        lambda a, b, y: np.broadcast_to((a == 0) & (b < 1), y.shape),
        "the slope b·aᵇ⁻¹ at a = 0",
        "keep the base away from 0",
    ),
}


def _are_probabilities(x: Tensor) -> bool:
    """Whether a Tensor looks like what a softmax returns: entries in [0, 1]."""
    return bool(x.size and x.data.min() >= 0 and x.data.max() <= 1)


def _inputs_at(
    op: Op, parents: tuple[Tensor, ...], shape: tuple[int, ...], index: tuple[int, ...]
) -> list[float]:
    """The inputs at one place of the result, of an op that works entry by entry."""
    if not isinstance(op, Elementwise):
        return []
    return [float(np.broadcast_to(parent.data, shape)[index]) for parent in parents]


def _brackets(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""
