"""Checks of mend_mask.py: python -m pytest checks/test_mend_mask.py"""

import numpy as np

import minigrad as mg
from checks import Case, Exercise, Mistake
from minigrad.nn import functional as F


def chosen(pick):
    """Make a head of what picks the log-probabilities: pick(logits, is_target)."""

    def head(logits, targets):
        is_target = F.one_hot(targets, logits.shape[1]) == 1
        return -pick(logits, is_target).sum() / len(targets)

    return head


@chosen
def masked(z, is_target):
    return np.where(is_target, np.log(F.softmax(z)), 0)


def trained(head, change_of=lambda grad: grad):
    """Make a training loop of a head, and of what becomes of its gradient before the step."""

    def train(W, x, targets, lr, steps):
        weight = mg.Tensor(W, requires_grad=True)
        losses = []
        for _ in range(steps):
            weight.zero_grad()
            loss = head(x @ weight.T, targets)
            loss.backward()
            weight.data -= lr * change_of(weight.grad)
            losses.append(loss.item())
        return weight.data, losses

    return train


def kept_away(a):
    """Whether all is finite, small losses are off by little and large ones have a ceiling."""
    weights, losses = a.got.result
    expected = np.array(a.expected.result[1])
    small = expected < 5
    return (
        np.isfinite(weights).all()
        and np.allclose(np.array(losses)[small], expected[small], rtol=0.01, atol=0.01)
        and (np.array(losses)[~small] > 5).all()
        and max(losses) < 50
    )


def case(W, x, targets, lr, steps):
    return Case(
        "mend_mask(W, x, targets, lr, steps)",
        **{"W": np.array(W), "x": np.array(x), "targets": np.array(targets)},
        **{"lr": lr, "steps": steps},
    )


exercise = Exercise(
    "mend_mask",
    trained(F.cross_entropy),
    cases=[
        case([[0.0], [0.0]], [[1.0]], [0], lr=1.0, steps=2),
        case([[1000.0], [0.0]], [[1.0]], [0], lr=1.0, steps=1),
        case([[1000.0], [0.0]], [[1.0], [0.001]], [0, 1], lr=1.0, steps=2),
        case([[1000.0], [0.0]], [[1.0]], [1], lr=1.0, steps=2),
        case([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], [[2.0, 1.0], [0.0, 900.0]], [2, 0], 0.1, 3),
    ],
    mistakes=[
        Mistake(
            "NaN in the gradient",
            "Ask `mg.diagnose(loss).first` after `backward()`. Which op is it born in, and what "
            "meets there? A 0 picked by `np.where` does not help, nor do smaller or clipped steps.",
            wrong=trained(masked),
        ),
        Mistake(
            "the NaN is hidden, and the step is lost",
            "One NaN takes the whole sum over the batch with it. If it becomes 0 at the weights, "
            "which samples are not heard? Where is it born?",
            wrong=[
                trained(masked, np.nan_to_num),
                trained(masked, lambda grad: grad if np.isfinite(grad).all() else 0),
            ],
        ),
        Mistake(
            "zero times −inf",
            "0 · (−inf) is NaN, so now the loss has it, too. Can it be seen to that no −inf comes "
            "up at all?",
            wrong=trained(
                chosen(lambda z, is_target: is_target * np.log(F.softmax(z))),
            ),
        ),
        Mistake(
            "shares kept away from 0",
            "Adding 1e-9, or a clip, gives the loss a ceiling. What is the loss of a target that "
            "lies 1000 behind, and what its gradient?",
            when=kept_away,
        ),
        Mistake(
            "the log of shares that are 0 left out",
            "If the share of the target underflows, the model is as wrong as can be. Which loss "
            "does it have here, and which gradient?",
            wrong=trained(
                chosen(
                    lambda z, is_target: np.where(
                        is_target, np.log(np.where(F.softmax(z).data > 0, F.softmax(z), 1)), 0
                    )
                )
            ),
        ),
        Mistake(
            "the log of one share alone",
            "The other classes do no harm any more. And if the share of the target itself "
            "underflows? Of what is a log-probability a difference?",
            wrong=[
                trained(
                    chosen(lambda z, is_target: np.log(np.where(is_target, F.softmax(z), 1))),
                ),
                trained(
                    chosen(lambda z, is_target: np.log((is_target * F.softmax(z)).sum(axis=1))),
                ),
            ],
        ),
        Mistake(
            "detached: no gradient comes through",
            "What is detached is a constant to the loss. There is no NaN because there is nothing. "
            "What should the weights learn from?",
            when=lambda a: (
                a.got.error == "RuntimeError"
                or (
                    a.case.arguments["steps"]
                    and np.array_equal(a.got.result[0], a.case.arguments["W"])
                )
            ),
        ),
    ],
    sample=lambda rng: case(
        rng.normal(size=(3, 2)).round(1), rng.normal(size=(4, 2)).round(1), [0, 2, 1, 1], 0.5, 3
    ),
)


def test_mend_mask():
    exercise.check()
