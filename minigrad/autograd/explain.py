"""Why an op made a non-finite number of finite ones, in words, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.arrays import NDArray, kinds_in_words
from minigrad.engine import Op
from minigrad.tensor import Tensor
from minigrad.text import printable

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
        return printable("\n".join([*self.entries, f"why: {self.reason}", *remedy]))

    def __repr__(self) -> str:
        return str(self)


def is_finite(array: NDArray) -> bool:
    return bool(np.isfinite(array).all())


def kind_of(*arrays: NDArray) -> str:
    """Which non-finite numbers are in the arrays, in words: "NaN", "inf", "-inf" or several."""
    return kinds_in_words(
        any(np.isnan(a).any() for a in arrays),
        any((a == np.inf).any() for a in arrays),
        any((a == -np.inf).any() for a in arrays),
    )


def as_added(contribution: NDArray, parent: Tensor) -> NDArray:
    """What a contribution is in the gradient of its parent: a float16 one is rounded."""
    with np.errstate(over="ignore"):
        return contribution.astype(parent.dtype, copy=False)


# ---------------------------------------------------------------------------------------------
# In a result, in what a backward rule returns, in a sum of that
# ---------------------------------------------------------------------------------------------


def explain_value(op: Op, parents: tuple[Tensor, ...], result: NDArray) -> Explanation:
    """Explain a non-finite result of finite inputs."""
    sources = _inputs_by_entry(op, parents, result.shape)
    place = _first_places(~np.isfinite(result))[0]
    here = [float(source[place]) for source in sources]
    case = Case(op, parents, result.dtype, result[place], here)
    reason, remedy = _REASONS.get(type(op), _unknown)(case)
    return Explanation(_list_bad("result", result, sources), reason, remedy)


def explain_gradient(
    tensor: Tensor, upstream: NDArray, contributions: Sequence[NDArray | None]
) -> Explanation:
    """Explain the non-finite contributions that a rule made of a finite upstream gradient."""
    op, parents = tensor.op, tensor.parents
    assert op is not None
    for pole in _POLES.get(type(op), ()):
        met = pole.where(op, tensor.data, *[parent.data for parent in parents])
        places = _first_places(np.broadcast_to(met, tensor.shape))
        if places:
            return _explain_pole(pole, places, upstream, parents)
    bad = {
        f"gradient of input {i}": array
        for i, (parent, c) in enumerate(zip(parents, contributions))
        if c is not None and not is_finite(array := as_added(c, parent))
    }
    entries = [line for name, array in bad.items() for line in _list_bad(name, array)]
    if type(op) in _GROWING:
        array = next(iter(bad.values()))
        reason = _too_large("the gradient", array.dtype, array[~np.isfinite(array)][0])
    else:
        made = kind_of(*bad.values())
        reason = f"the rule of {op.name} makes {made} of finite inputs and upstream gradient"
    return Explanation(tuple(entries), reason, "")


def explain_sum(contributions: Sequence[NDArray], gradient: NDArray) -> Explanation:
    """Explain a non-finite gradient of finite contributions."""
    reason = f"the contributions of {len(contributions)} uses add up beyond {_end(gradient.dtype)}"
    return Explanation(_list_bad("gradient", gradient, contributions), reason, "")


def _explain_pole(
    pole: Pole, places: list[Any], upstream: NDArray, parents: tuple[Tensor, ...]
) -> Explanation:
    entries = [
        f"upstream gradient{_brackets(place)} = {upstream[place]:.4g} meets {pole.slope}"
        for place in places
    ]
    unused = upstream[places[0]] == 0
    product = "0 · inf is NaN, though nothing used this entry" if unused else "a pole"
    remedy = pole.remedy
    if pole is LOG_AT_0 and (maker := _maker_of_probabilities(parents[0])):
        _, remedy = _LOG_OF_0[maker]
    return Explanation(tuple(entries), f"{pole.slope}: {product}", remedy)


def _list_bad(name: str, array: NDArray, sources: Sequence[NDArray] = ()) -> tuple[str, ...]:
    """Write down the first bad entries of an array, each with those that it was made from."""
    bad = ~np.isfinite(array)
    entries = []
    for place in _first_places(bad):
        made_from = [f"{source[place]:.4g}" for source in sources[:SHOWN]]
        if len(sources) > SHOWN:
            made_from.append(f"{len(sources) - SHOWN} more")
        source = f", from {' and '.join(made_from)}" if made_from else ""
        entries.append(f"{name}{_brackets(place)} = {array[place]:.4g}{source}")
    if (count := np.count_nonzero(bad)) > SHOWN:
        entries.append(f"and {count - SHOWN} more of {array.size} entries")
    return tuple(entries)


def _inputs_by_entry(op: Op, parents: tuple[Tensor, ...], shape: tuple[int, ...]) -> list[NDArray]:
    """The inputs in the result's shape, of an op that works entry by entry."""
    if not isinstance(op, ops.Elementwise):
        return []
    try:
        return [np.broadcast_to(parent.data, shape) for parent in parents]
    except ValueError:  # an op of one's own need not keep to its base class
        return []


def _first_places(found: NDArray) -> list[Any]:
    """The indices of the first entries that are true."""
    first = np.flatnonzero(found)[:SHOWN]
    return [tuple(map(int, np.unravel_index(i, found.shape))) for i in first]


def _brackets(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


# ---------------------------------------------------------------------------------------------
# The reasons for a result
# ---------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """What a reason is found from: an op, its inputs and the first bad entry of its result."""

    op: Op
    parents: tuple[Tensor, ...]
    dtype: np.dtype[Any]
    value: Any
    here: list[float]
    """The inputs at that entry, of an op that works entry by entry."""


Reason = tuple[str, str]
"""Why, and what to write instead."""

LOG_SOFTMAX = "log_softmax(logits), not log of softmax; or cross_entropy(logits, target)"
LOG_SIGMOID = "log_sigmoid(z), or binary_cross_entropy_with_logits(z, target)"
LOGITS = "binary_cross_entropy_with_logits(z, target)"
AWAY_FROM_0 = "keep the argument away from 0, for example with np.maximum(x, 1e-7)"
SMALLER = "scale the inputs down, or compute in a dtype of larger range"


def _unknown(case: Case) -> Reason:
    """Of an op of one's own: what is seen of it, and what it says of itself."""
    seen = f"{case.op.name} makes {kind_of(case.value)} of finite inputs"
    return f"{seen}: {case.op.reason}" if case.op.reason else seen, ""


def _exp(case: Case) -> Reason:
    limit = float(np.log(np.finfo(case.dtype).max))
    return (
        f"exp({case.here[0]:.4g}) overflows: {case.dtype} ends at exp({limit:.1f})",
        "log_softmax, cross_entropy or logsumexp, which subtract the largest logit first; "
        "sigmoid, for 1/(1 + exp(−x))",
    )


def _log(case: Case) -> Reason:
    if case.here[0] < 0:
        return f"the logarithm of a negative number, {case.here[0]:.4g}", ""
    (x,) = case.parents
    if maker := _maker_of_probabilities(x):
        return _LOG_OF_0[maker]
    hint = "; of a probability, compute the logarithm from the logits" * _in_0_to_1(x)
    return "log(0)", AWAY_FROM_0 + hint


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
    return _overflow_on_the_way(case)


def _entry_loss(case: Case) -> Reason:
    op: Any = case.op
    weight = np.ones(0) if op.weight is None else np.asarray(op.weight)
    if not is_finite(weight):
        return f"a weight is {kind_of(weight)}", ""
    return _overflow_on_the_way(case)


def _class_loss(case: Case) -> Reason:
    op: Any = case.op
    target = case.parents[1].data
    if np.isnan(case.value) and target.dtype.kind in "iu":
        counted = target[target != op.ignore_index]
        weights = counted.size if op.weight is None else np.asarray(op.weight)[counted]
        if not np.any(weights):
            return (
                "0/0: every target is ignored or of weight 0, and the mean of nothing is not "
                "defined",
                'reduction="sum", or leave such batches out',
            )
    return _entry_loss(case)


def _binary_cross_entropy(case: Case) -> Reason:
    p, t = (parent.data for parent in case.parents)
    if np.any((p == 0) & (t != 0) | (p == 1) & (t != 1)):
        return "log(0): a probability of exactly 0 or 1, and a target that is not", LOGITS
    return _entry_loss(case)


def _overflow(case: Case) -> Reason:
    return _too_large("the result", case.dtype, case.value), SMALLER


def _overflow_on_the_way(case: Case) -> Reason:
    what = "the result, or a number on the way to it,"
    return _too_large(what, case.dtype, case.value), SMALLER


def _too_large(what: str, dtype: np.dtype[Any], value: Any) -> str:
    """Say what has overflowed where finite numbers were only added and multiplied."""
    if np.isnan(value):
        return f"a number on the way is too large for {_end(dtype)}: inf − inf or 0 · inf is NaN"
    return f"{what} is too large for {_end(dtype)}"


def _end(dtype: np.dtype[Any]) -> str:
    return f"{dtype}, which ends at {np.finfo(dtype).max:.4g}"


_REASONS: dict[type[Op], Callable[[Case], Reason]] = {
    # what these add and multiply, forward or backward, can only overflow
    **dict.fromkeys(
        (
            *(ops.Add, ops.Sub, ops.Mul, ops.Sum, ops.Prod, ops.Norm, ops.MatMul, ops.Linear),
            *(ops.Einsum, ops.Astype, ops.BroadcastTo, ops.GetItem, ops.Scatter, ops.Where),
            *(ops.Weigh, ops.Maximum, ops.Minimum, ops.Tanh, ops.Softmax, ops.LogSoftmax),
        ),
        _overflow,
    ),
    ops.Exp: _exp,
    ops.Expm1: _exp,
    ops.Log: _log,
    ops.Log1p: _log1p,
    ops.Div: _div,
    ops.Pow: _pow,
    ops.Sqrt: _sqrt,
    ops.Mean: _mean,
    ops.Var: _mean,
    ops.Std: _mean,
    ops.MSELoss: _overflow_on_the_way,
    ops.NLLLoss: _class_loss,
    ops.CrossEntropy: _class_loss,
    ops.SoftCrossEntropy: _class_loss,
    ops.BCEWithLogits: _entry_loss,
    ops.BinaryCrossEntropy: _binary_cross_entropy,
    ops.KLDiv: _entry_loss,
}
"""By class, exactly: what an op of one's own does is not known, whatever its name or its base."""

_GROWING = frozenset(_REASONS) - {ops.BinaryCrossEntropy, ops.KLDiv}
"""What the rules of these return, away from the poles below, can only overflow."""


# ---------------------------------------------------------------------------------------------
# The poles that gradients meet
# ---------------------------------------------------------------------------------------------


class Pole(NamedTuple):
    """Where the slope of an op is not finite."""

    where: Callable[..., Any]
    """Takes the op, its result and its inputs; true at the entries of the result."""

    slope: str
    """The slope there, in words."""

    remedy: str


LOG_AT_0 = Pole(
    lambda op, y, x: x == 0, "the slope 1/x at x = 0", "keep x away from 0, also where unused"
)

_POLES: dict[type[Op], tuple[Pole, ...]] = {
    ops.Exp: (
        Pole(
            lambda op, y, x: np.isinf(y), "the slope exp(x) = inf", "smaller x, also where unused"
        ),
    ),
    ops.Log: (LOG_AT_0,),
    ops.Log1p: (
        Pole(lambda op, y, x: x == -1, "the slope 1/(1 + x) at x = -1", "keep x above -1"),
    ),
    ops.Sqrt: (Pole(lambda op, y, x: x == 0, "the slope 1/(2√x) at x = 0", "np.sqrt(x + 1e-12)"),),
    ops.Div: (
        Pole(
            lambda op, y, a, b: b == 0,
            "the slope 1/b at b = 0",
            "keep the denominator away from 0, also where unused",
        ),
    ),
    ops.Pow: (
        Pole(
            lambda op, y, a, b: op.needs_input_grad[0] & (a == 0) & (b < 1) & (b != 0),
            "the slope b·aᵇ⁻¹ at a = 0",
            "keep the base away from 0",
        ),
        Pole(
            lambda op, y, a, b: op.needs_input_grad[1] & (a < 0),
            "the slope aᵇ·log a at a < 0",
            "keep the base positive, or detach the exponent",
        ),
    ),
}


# ---------------------------------------------------------------------------------------------
# Where probabilities come from
# ---------------------------------------------------------------------------------------------

_LOG_OF_0: dict[type[Op], Reason] = {
    ops.Softmax: ("log(0): a probability that underflowed to 0", LOG_SOFTMAX),
    ops.Sigmoid: ("log(0): a probability that was rounded to 0", LOG_SIGMOID),
}

_HANDING_ON = frozenset(
    (
        *(ops.Neg, ops.Add, ops.Sub, ops.Mul, ops.Clip, ops.Maximum, ops.Minimum, ops.Sum),
        *(ops.GetItem, ops.Reshape, ops.Transpose, ops.Squeeze, ops.ExpandDims, ops.BroadcastTo),
        *(ops.Concatenate, ops.Stack, ops.Astype, ops.Identity),
    )
)
"""What may stand between probabilities and their logarithm, as in log(1 − p[target])."""

STEPS_BACK = 20
"""So many Tensors are looked at."""


def _maker_of_probabilities(x: Tensor) -> type[Op] | None:
    """The softmax or sigmoid by which x came to be exactly 0, op or formula; None if unknown."""
    if not _in_0_to_1(x):
        return None
    for tensor, falls in _behind(x):
        maker = _maker(tensor)
        if maker and np.any(tensor.data == (1 if falls else 0)):
            return maker
    return None


def _maker(p: Tensor) -> type[Op] | None:
    kind = type(p.op)
    if kind is ops.Softmax or kind is ops.Sigmoid:
        return kind
    if kind is not ops.Div or not _has_exp(p.parents[1]):
        return None
    above, below = p.parents
    if type(below.op) is ops.Add and any(t.is_leaf and np.all(t.data == 1) for t in below.parents):
        return ops.Sigmoid  # 1/(1 + exp(−z)) or exp(z)/(1 + exp(z))
    return ops.Softmax if _has_exp(above) else None


def _has_exp(x: Tensor) -> bool:
    return any(type(tensor.op) is ops.Exp for tensor, _ in _behind(x))


def _behind(x: Tensor) -> list[tuple[Tensor, bool]]:
    """What x was taken from or put together of, nearest first; true where it falls as they rise."""
    found = [(x, False)]
    for tensor, falls in found:  # which grows meanwhile
        kind = type(tensor.op)
        if kind in _HANDING_ON and len(found) < STEPS_BACK:
            for i, parent in enumerate(tensor.parents):
                turned = kind is ops.Neg or (kind is ops.Sub and i == 1)
                found.append((parent, falls != turned))
    return found


def _in_0_to_1(x: Tensor) -> bool:
    return bool(x.size and x.data.min() >= 0 and x.data.max() <= 1)
