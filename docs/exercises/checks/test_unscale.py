"""Checks of unscale.py: python -m pytest checks/test_unscale.py"""

import numpy as np

from checks import Case, Exercise, Mistake

NAN, INF = np.nan, np.inf
TINY = 2.0**-24  # the smallest float16


def divided(gradients, scale, dtype=np.float32):
    return [g.astype(dtype) / scale for g in gradients]


def not_finite(g):
    return not np.isfinite(g).all()


def guarded(bad, divide=divided):
    """Make an `unscale` that leaves the step out if a gradient is bad."""

    def unscale(gradients, scale):
        if any([bad(g) for g in gradients]):
            return None, scale / 2
        return divide(gradients, scale), scale

    return unscale


right = guarded(not_finite)
unguarded = guarded(lambda g: False)


def first_looked_at(gradients, scale):
    return (right if not_finite(gradients[0]) else unguarded)(gradients, scale)


def not_finite_any(gradients):
    return any([not_finite(g) for g in gradients])


def zeros_put_in(gradients, scale):
    zeroed = [np.where(np.isfinite(g), g, 0) for g in gradients]
    return divided(zeroed, scale), right(gradients, scale)[1]


def bad_one_left_out(gradients, scale):
    good = [g for g in gradients if not not_finite(g)]
    return divided(good, scale), right(gradients, scale)[1]


def factor_where_left_out(factor):
    def unscale(gradients, scale):
        result, _ = right(gradients, scale)
        return result, scale * factor if result is None else scale

    return unscale


def case(scale, *gradients, call="unscale(gradients, scale)"):
    return Case(call, gradients=[np.array(g, np.float16) for g in gradients], scale=scale)


exercise = Exercise(
    "unscale",
    right,
    cases=[
        case(4.0, [1.0, -2.0]),
        case(4096.0, [TINY, 1.0]),
        case(4.0, [1.0], call="[g.dtype.name for g in unscale(gradients, scale)[0]]"),
        case(8.0, [[1.0, 3.0], [0.0, -4.0]], [2.0, 0.5]),
        case(8.0, [INF]),
        case(8.0, [INF, 1.0]),
        case(8.0, [NAN, 1.0]),
        case(8.0, [1.0, -INF]),
        case(8.0, [1.0, 2.0], [3.0, INF]),
        case(8.0, [NAN, 1.0], [3.0, 2.0]),
        case(1024.0, [40000.0, 40000.0], [1.0]),
    ],
    mistakes=[
        Mistake(
            "divided in float16",
            "The smallest float16, divided by 4096, is 0 in float16. Which of the two comes first, "
            "the division or the dtype?",
            wrong=guarded(not_finite, lambda gs, scale: [g / scale for g in gs]),
        ),
        Mistake(
            "multiplied instead of divided",
            "The gradients came out larger by the scale than they are. Which way is back?",
            wrong=guarded(not_finite, lambda gs, scale: divided(gs, 1 / scale)),
        ),
        Mistake(
            "float64 instead of float32",
            "The values are right, the dtype is not. Which one does `float` stand for?",
            wrong=guarded(not_finite, lambda gs, scale: divided(gs, scale, np.float64)),
        ),
        Mistake(
            "not looked for inf and NaN",
            "A gradient that has overflowed spoils all weights. What has to be known before the "
            "gradients are handed on?",
            wrong=unguarded,
        ),
        Mistake(
            "NaN missed",
            "inf − inf and 0 · inf have happened on the way, too. And NaN is not equal to NaN: "
            "which function of NumPy tells?",
            wrong=guarded(lambda g: np.isinf(g).any()),
        ),
        Mistake(
            "inf missed",
            "A scale that is too large makes an inf first, and a NaN only where two of them meet.",
            wrong=guarded(lambda g: np.isnan(g).any()),
        ),
        Mistake(
            "minus infinity missed",
            "A gradient can leave the range on either side.",
            wrong=guarded(lambda g: (np.isnan(g) | np.isposinf(g)).any()),
        ),
        Mistake(
            "all entries have to be bad",
            "One bad entry is enough. Is it `any` or `all`, and of what?",
            wrong=guarded(lambda g: not np.isfinite(g).any()),
        ),
        Mistake(
            "only the first gradient looked at",
            "Which gradients have been looked at when the function returns?",
            wrong=first_looked_at,
        ),
        Mistake(
            "the sum looked at",
            "Every entry here is finite. What is 40000 + 40000 in float16?",
            wrong=guarded(lambda g: not np.isfinite(g.sum())),
        ),
        Mistake(
            "zeros in place of inf and NaN",
            "What was there before the overflow was large, not 0. What should become of the step?",
            wrong=zeros_put_in,
        ),
        Mistake(
            "only the bad gradient left out",
            "A step moves all weights or none. Where would the optimiser look for the missing one?",
            wrong=[
                bad_one_left_out,
                lambda gradients, scale: (bad_one_left_out(gradients, scale)[0], scale),
            ],
        ),
        Mistake(
            "scale kept after an overflow",
            "With the same scale the same gradient overflows again in the next step.",
            wrong=factor_where_left_out(1),
        ),
        Mistake(
            "scale doubled after an overflow",
            "The gradients were too large for float16. Should the next ones be larger?",
            wrong=factor_where_left_out(2),
        ),
        Mistake(
            "scale doubled after every step",
            "The scale comes back as it was. Who decides that it may grow?",
            wrong=lambda gradients, scale: (
                right(gradients, scale)[0],
                scale / 2 if not_finite_any(gradients) else scale * 2,
            ),
        ),
        Mistake(
            "scale halved after every step",
            "A scale that worked is worth keeping. After ten good steps, what is left of yours?",
            wrong=lambda gradients, scale: (right(gradients, scale)[0], scale / 2),
        ),
        Mistake(
            "gradients changed in place",
            "`/=` and `[...] =` write into the caller's arrays or list. Make new ones.",
            when=lambda a: bool(a.changed),
        ),
    ],
    sample=lambda rng: case(64.0, rng.normal(size=3).round(2), rng.normal(size=2).round(2)),
    atol=0,
)


def test_unscale():
    exercise.check()
