"""How many digits of a loss survive: minigrad, the textbook formula, PyTorch, JAX, TensorFlow.

    python tests/tools/accuracy.py [--dtype float32] [--seed 0]

For families of logits the script prints the worst relative error of the cross entropy, of its
gradient with respect to the logits, asked for without and with a graph of its own, of the product
of its Hessian with the target's direction, of softmax and of log_softmax, against 60-digit
arithmetic on the logits as the dtype holds them; then the same of the binary cross entropy. Errors
count only where the exact result is a normal number of the dtype. The last column is the bound that
minigrad promises: 8 + log₂ C + max_j |z_j − m| with the largest logit m, for the widest row of the
family, and twice that for the Hessian; 8 for the binary family.

The textbook formula computes log Σ exp z as m + log Σ exp(z − m). When one class dominates, the sum
rounds to 1, and a loss that is small but not 0 comes out as 0: PyTorch issue 113708,
https://github.com/pytorch/pytorch/issues/113708.

Needs the extra `test`. PyTorch, JAX and TensorFlow get a column where they are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import mpmath
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from exact import Exact, ExactBinary

from minigrad import Tensor
from minigrad.autograd import grad
from minigrad.nn import functional as F

DTYPES = ["float16", "float32", "float64"]
OF_A_LOSS = ["loss", "gradient", "gradient with a graph", "Hessian-vector product"]

# ---------------------------------------------------------------------------------------------
# Frameworks: logits (N, C) and class indices, or logits (N,) and labels, to the results, as arrays
# ---------------------------------------------------------------------------------------------


def by_minigrad(z, targets):
    logits = Tensor(z, requires_grad=True)
    if z.ndim == 1:
        loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        others = []
    else:
        loss = F.cross_entropy(logits, targets, reduction="none")
        others = [F.softmax(logits), F.log_softmax(logits)]
    ones = np.ones_like(loss.data)
    (plain,) = grad(loss, logits, ones)
    (graph,) = grad(loss, logits, ones, create_graph=True)
    (product,) = grad(graph, logits, directions(z, targets))
    return [r.data for r in (loss, plain, graph, product, *others)]


def by_textbook(z, targets):
    if z.ndim == 1:
        p = 1 / (1 + np.exp(-z))
        loss = -targets * np.log(p) - (1 - targets) * np.log(1 - p)
        return [loss, p - targets, p - targets, p * (1 - p)]
    v = directions(z, targets)
    shifted = z - z.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    probs, log_probs = np.exp(shifted) / total, shifted - np.log(total)
    product = probs * (v - (probs * v).sum(axis=1, keepdims=True))
    losses = -log_probs[np.arange(len(z)), targets]
    return [losses, probs - v, probs - v, product, probs, log_probs]


def by_pytorch(z, targets):
    import torch
    from torch.nn import functional

    logits = torch.tensor(z, requires_grad=True)
    if z.ndim == 1:
        loss = functional.binary_cross_entropy_with_logits(
            logits, torch.tensor(targets), reduction="none"
        )
        others = []
    else:
        loss = functional.cross_entropy(logits, torch.tensor(targets), reduction="none")
        others = [torch.softmax(logits, 1), torch.log_softmax(logits, 1)]
    (plain,) = torch.autograd.grad(loss.sum(), logits, retain_graph=True)
    (graph,) = torch.autograd.grad(loss.sum(), logits, create_graph=True)
    (product,) = torch.autograd.grad(graph, logits, torch.tensor(directions(z, targets)))
    return [r.detach().numpy() for r in (loss, plain, graph, product, *others)]


def by_jax(z, targets):
    import jax

    jax.config.update("jax_enable_x64", True)

    def losses(logits):
        if z.ndim == 1:
            log_p, log_not_p = jax.nn.log_sigmoid(logits), jax.nn.log_sigmoid(-logits)
            return -targets * log_p - (1 - targets) * log_not_p
        return -jax.nn.log_softmax(logits)[np.arange(len(z)), targets]

    gradient = jax.grad(lambda logits: losses(logits).sum())
    graph, product = jax.jvp(gradient, [z], [directions(z, targets)])
    others = [] if z.ndim == 1 else [jax.nn.softmax(z), jax.nn.log_softmax(z)]
    return [np.asarray(r) for r in (losses(z), gradient(z), graph, product, *others)]


def by_tensorflow(z, targets):
    import tensorflow as tf

    logits = tf.constant(z)
    with tf.GradientTape() as outer:
        outer.watch(logits)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            if z.ndim == 1:
                loss = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
            else:
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        gradient = tape.gradient(loss, logits)
    product = outer.gradient(gradient, logits, tf.constant(directions(z, targets)))
    others = [] if z.ndim == 1 else [tf.nn.softmax(logits), tf.nn.log_softmax(logits)]
    return [r.numpy() for r in (loss, gradient, gradient, product, *others)]


def directions(z, targets):
    """What the Hessian is multiplied with: of each sample its target's class, or its logit."""
    return np.ones_like(z) if z.ndim == 1 else np.eye(z.shape[1], dtype=z.dtype)[targets]


FRAMEWORKS = {
    # name: (function, the module it needs)
    "minigrad": (by_minigrad, "minigrad"),
    "textbook": (by_textbook, "numpy"),
    "PyTorch": (by_pytorch, "torch"),
    "JAX": (by_jax, "jax"),
    "TensorFlow": (by_tensorflow, "tensorflow"),
}

# ---------------------------------------------------------------------------------------------
# Families of logits
# ---------------------------------------------------------------------------------------------


def families(dtype, seed):
    """Name, logits (N, C) and targets (N,) of each family."""
    rng = np.random.default_rng(seed)

    def family(name, z, targets):
        return name, np.asarray(z, dtype), np.asarray(targets)

    def half_at_the_top(z):
        """Targets: the largest logit in every other row, a random class in the rest."""
        targets = rng.integers(z.shape[1], size=len(z))
        targets[::2] = z[::2].argmax(axis=1)
        return targets

    for scale in (1, 10, 20, 40, 80):
        z = rng.normal(size=(60, 10)) * scale
        yield family(f"normal × {scale}, 10 classes", z, half_at_the_top(z))

    z = rng.normal(size=(4, 1000)) * 10
    yield family("normal × 10, 1000 classes", z, half_at_the_top(z))

    margins = [[m, 0] for m in range(101)]
    yield family("margins 0 to 100, the winner", margins, [0] * 101)
    yield family("margins 0 to 100, the loser", margins, [1] * 101)

    yield family("ties", [[3, 3, 3], [3, 3, 0], [9, 3, 3], [30, 30, 0]], [1, 0, 0, 0])

    z = 1000 + rng.normal(size=(60, 10)) * 10
    yield family("common offset 1000", z, half_at_the_top(z))

    z = rng.normal(size=(60, 10)) * 10
    masked = np.where(np.arange(10) % 2 == 0, z, -np.inf)
    yield family("half masked with −inf", masked, masked.argmax(axis=1))

    z = rng.normal(size=(60, 10))
    z[:, 0] -= rng.uniform(20, 100, 60)
    yield family("tiny target probability", z, [0] * 60)


def binary_families(dtype, seed):
    """Name, logits (N,) and labels (N,), 0 and 1, of each family."""
    rng = np.random.default_rng(seed)
    for name, z in (
        ("binary, 0 to 80, the winner", np.arange(81)),
        ("binary, 0 to 80, the loser", -np.arange(81)),
        ("binary, normal × 1", rng.normal(size=100)),
        ("binary, normal × 20", rng.normal(size=100) * 20),
    ):
        labels = np.ones(len(z)) if "the" in name else rng.integers(2, size=len(z))
        yield name, np.asarray(z, dtype), np.asarray(labels, dtype)


# ---------------------------------------------------------------------------------------------
# Errors
# ---------------------------------------------------------------------------------------------


def exact_results(z, targets):
    """The results in 60 digits, each a flat list."""
    if z.ndim == 1:
        of = [ExactBinary(v) for v in z]
        losses = [e.softplus_of_minus if t else e.softplus for e, t in zip(of, targets)]
        gradient = [-e.sigmoid_of_minus if t else e.sigmoid for e, t in zip(of, targets)]
        return losses, gradient, gradient, [e.slope for e in of]
    rows = [Exact(row, target) for row, target in zip(z, targets)]
    gradient = [g for row in rows for g in row.gradient]
    return (
        [row.loss for row in rows],
        gradient,
        gradient,
        [-row.probs[t] * g for row, t in zip(rows, targets) for g in row.gradient],
        [p for row in rows for p in row.probs],
        [p for row in rows for p in row.log_probs],
    )


def worst_error(computed, exact, dtype):
    """The largest relative error in eps, as text; or what went wrong altogether."""
    info = np.finfo(dtype)
    tiny, largest, eps = float(info.tiny), float(info.max), float(info.eps)
    worst, lost = 0.0, False
    with mpmath.workdps(60):
        for got, want in zip(computed.ravel().tolist(), exact):
            if not tiny <= abs(want) <= largest:
                continue
            if not np.isfinite(got):
                return "NaN" if np.isnan(got) else "inf"
            lost = lost or got == 0
            worst = max(worst, float(abs((got - want) / want)) / eps)
    if lost:
        return "100 % (0)"
    return f"{worst:.1f}" if worst < 1000 else f"{worst:.0e}".replace("e+0", "e").replace("+", "")


def bound(z):
    """8 + log₂ C + max_j |z_j − m| of the widest row, masked logits left out; 8 for two classes."""
    if z.ndim == 1:
        return 8
    finite = np.where(np.isfinite(z), z, np.nan).astype(np.float64)
    return 8 + np.log2(z.shape[1]) + (np.nanmax(finite, axis=1) - np.nanmin(finite, axis=1)).max()


# ---------------------------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------------------------


def table(dtype, frameworks, seed):
    """Yield the lines of the table of a dtype."""
    lines = {result: [] for result in [*OF_A_LOSS, "softmax", "log_softmax"]}
    for name, z, targets in [*families(dtype, seed), *binary_families(dtype, seed)]:
        computed = [FRAMEWORKS[framework][0](z, targets) for framework in frameworks]
        for i, (result, exact) in enumerate(zip(lines, exact_results(z, targets))):
            cells = [worst_error(of[i], exact, dtype) for of in computed]
            promised = bound(z) * (2 if result == "Hessian-vector product" and z.ndim == 2 else 1)
            lines[result].append(row(f"  {name}", [*cells, f"{promised:.0f}"]))
    for result in lines:
        yield row(f"{dtype} {result}", [*frameworks, "bound"])
        yield from lines[result]
        yield ""


def row(label, cells):
    return f"{label:<32}" + "".join(f"{cell:>12}" for cell in cells[:-1]) + f"{cells[-1]:>8}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dtype", choices=DTYPES, help="only this one")
    parser.add_argument("--seed", type=int, default=0, help="of the random logits")
    options = parser.parse_args()

    installed = [n for n, (_, module) in FRAMEWORKS.items() if importlib.util.find_spec(module)]
    print("Worst relative error in units of eps, the dtype's spacing at 1.")
    print("100 % (0): a result is 0 where the exact one is not.")
    for name in FRAMEWORKS:
        if name not in installed:
            print(f"{name}: not installed, left out.")
    print()
    with np.errstate(all="ignore"):
        for dtype in [options.dtype] if options.dtype else DTYPES:
            for line in table(dtype, installed, options.seed):
                print(line)


if __name__ == "__main__":
    main()
