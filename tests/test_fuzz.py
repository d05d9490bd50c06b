"""Random programs, random losses and random training runs: what nobody thought of writing down.

Each comes from a seed, and a failure prints it as code. More of them than the suite has time for:

    python tests/test_fuzz.py 1000 5000     # the seeds 1000 to 5999
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from minigrad import Tensor, optim
from minigrad.autograd import grad
from minigrad.nn import functional as F

SEEDS = {"program": 1000, "loss": 1000, "run": 100}  # of each kind, in the suite


class Drawn:
    """Something drawn from a seed, which says of itself what it is."""

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.draw()

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def chance(self, probability):
        return self.rng.random() < probability

    def __str__(self):
        return f"# seed {self.seed}\n{self.code()}"


def factors(shape):
    """An upstream gradient with a number of its own for each entry."""
    return np.cos(1 + np.arange(np.prod(shape, dtype=int))).reshape(shape)


def agree(got, want, tolerance, least, what, drawn):
    """Assert equality to within the tolerance times the largest entry, or `least`; NaN is NaN."""
    largest = np.abs(want[np.isfinite(want)]).max(initial=least)
    same = np.abs(got - want) <= tolerance * largest
    assert np.all(same | (np.isnan(got) & np.isnan(want))), f"{what}\n\n{drawn}"


# ---------------------------------------------------------------------------------------------
# Random programs
# ---------------------------------------------------------------------------------------------

UNARY = [
    "np.tanh({a})",
    "np.sin({a})",
    "np.cos({a})",
    "np.exp(np.sin({a}))",
    "np.expm1(np.sin({a}))",
    "np.log({a} * {a} + 0.5)",
    "np.log1p({a} ** 2)",
    "np.sqrt(np.square({a}) + 0.5)",
    "abs({a})",
    "-{a}",
    "+{a}",
    "0.7 * {a}",
    "2 - {a}",
    "1 / ({a} * {a} + 1)",
    "{a} ** 3 / 10",
    "{a} ** 0",
    "({a} * {a} + 0.5) ** -0.5",
    "2 ** np.sin({a})",
    "np.clip({a}, -0.5, 0.7)",
    "np.clip({a}, None, 0.3)",
    "np.maximum({a}, 0.2)",
    "np.where({a} > 0.1, {a}, 0.3)",
    "F.relu({a})",
    "F.sigmoid({a})",
    "F.log_sigmoid({a})",
    "F.softplus({a})",
    "np.ravel({a})",
    "np.squeeze({a})",
    "np.transpose({a})",
    "{a}[..., None]",
    "{a}[None]",
]
BINARY = [
    "{a} + {b}",
    "{a} - {b}",
    "{a} * {b}",
    "{a} / ({b} * {b} + 1)",
    "({a} * {a} + 0.5) ** np.tanh({b})",
    "np.maximum({a}, {b})",
    "np.minimum({a}, {b})",
    "np.where({a} > {b}, {a}, {b})",
    "np.clip({a}, -abs({b}), 1 + {b} * {b})",
]
REDUCTIONS = ["sum", "mean", "prod", "var", "std", "max", "min", "linalg.norm"]
SHAPES = [(), (1,), (3,), (4,), (2, 3), (3, 1), (1, 3), (3, 3), (2, 1, 3), (2, 3, 4), (0, 3)]


def weigh(v):
    """A number made of an array, in which each of its entries counts differently."""
    return (v * factors(v.shape)).sum()


class Program(Drawn):
    """Straight-line code: `leaves` with their arrays, `lines` of a name and an expression."""

    def draw(self):
        self.leaves, self.lines, self.values = {}, [], {}
        for _ in range(self.rng.integers(1, 4)):
            self.leaf(self.pick(SHAPES))
        for _ in range(self.rng.integers(3, 12)):
            expression = None
            while expression is None:
                expression = self.pick(KINDS)(self)
            self.line(expression)
        names = [name for name, _ in self.lines]
        summed = [names[-1], *self.rng.choice(names, 2)]
        self.line(" + ".join(f"weigh({name})" for name in summed))

    def code(self):
        leaves = [
            f"{name} = np.array({x.tolist()}).reshape({x.shape})" for name, x in self.leaves.items()
        ]
        return "\n".join([*leaves, *(f"{name} = {line}" for name, line in self.lines)])

    def name(self):
        """One of the arrays so far, the later the likelier."""
        names = list(self.values)
        return names[int(len(names) * self.rng.random() ** 0.5)]

    def leaf(self, shape):
        name = f"x{len(self.leaves)}"
        self.leaves[name] = self.rng.normal(size=shape)
        self.values[name] = Tensor(self.leaves[name], requires_grad=True)
        return name

    def line(self, expression):
        name = f"v{len(self.lines)}"
        self.lines.append((name, expression))
        self.values[name] = value = eval(expression, OURS, self.values)
        if np.abs(value.data).max(initial=0) > 20:
            self.line(f"np.tanh({name} / 10)")

    def run(self, leaves, names):
        """The value of every line, for other leaves, with what `np` and `F` shall be."""
        values = dict(leaves)
        for name, expression in self.lines:
            values[name] = eval(expression, names, values)
        return values

    # kinds of lines: each gives an expression, or None where it has nothing to work on

    def unary(self):
        return self.pick(UNARY).format(a=self.name())

    def binary(self):
        a, b = self.name(), self.name()
        try:
            np.broadcast_shapes(self.values[a].shape, self.values[b].shape)
        except ValueError:
            b = self.pick(["np.sum({})", "np.mean(np.sin({}), keepdims=True)[..., 0]"]).format(a)
            if not self.values[a].size:
                return None
        return self.pick(BINARY).format(a=a, b=b)

    def reduction(self):
        a, function = self.name(), self.pick(REDUCTIONS)
        shape = self.values[a].shape
        axes = [int(i) for i in range(len(shape)) if self.chance(0.5)]
        if self.chance(0.3):
            axis, axes = None, range(len(shape))
        elif len(axes) == 1:
            axis = axes[0] - len(shape) * int(self.rng.integers(2))
        else:
            axis = tuple(axes)
        count = int(np.prod([shape[i] for i in axes]))
        options = f"axis={axis}, keepdims={self.chance(0.5)}"
        if axis == () or (count == 0 and function not in ("sum", "prod")):
            return None
        if function in ("var", "std"):
            options += f", ddof={int(count > 1 and self.chance(0.5))}"
        if function == "std" and not np.std(self.values[a].data, axis=axis).min(initial=1) > 1e-3:
            return None
        if function == "linalg.norm":
            sizes = np.abs(self.values[a].data)
            if not sizes.min(initial=1) > 1e-3:
                return None
            if isinstance(axis, int):
                options += f", ord={self.pick(['None', '1', '2', '3', '1.5', 'np.inf'])}"
            elif axis is not None:
                return None
        return f"np.{function}({a}, {options})"

    def softmax(self):
        a = self.name()
        axis = self.axis(a)
        if axis is None or not self.values[a].shape[axis]:
            return None
        function = self.pick(["softmax", "log_softmax", "logsumexp"])
        return f"F.{function}({a}, axis={axis})"

    def axis(self, a):
        ndim = self.values[a].ndim
        return int(self.rng.integers(-ndim, ndim)) if ndim else None

    def moved(self):
        a = self.name()
        shape = self.values[a].shape
        order = tuple(int(i) for i in self.rng.permutation(len(shape)))
        i, j = self.axis(a), self.axis(a)
        choices = [
            f"np.transpose({a}, {order})",
            f"np.expand_dims({a}, {int(self.rng.integers(len(shape) + 1))})",
            f"np.broadcast_to({a}, {(2, *shape)})",
            f"np.stack([{a}, 2 * {a}], axis={int(self.rng.integers(len(shape) + 1))})",
        ]
        if shape:
            choices += [
                f"np.swapaxes({a}, {i}, {j})",
                f"np.moveaxis({a}, {i}, {j})",
                f"np.concatenate([{a}, np.sin({a}), {a}], axis={i})",
                f"np.repeat({a}, 2, axis={i})",
                f"np.hstack([{a}, {a}])",
                f"np.vstack([{a}, {a}])",
            ]
        if self.values[a].size:
            rows = [n for n in (1, 2, 3, 4) if self.values[a].size % n == 0]
            choices.append(f"np.reshape({a}, ({self.pick(rows)}, -1))")
        return self.pick(choices)

    def indexed(self):
        a = self.name()
        shape = self.values[a].shape
        if not shape or 0 in shape:
            return None
        n = shape[0]
        some = [int(i) for i in self.rng.integers(-n, n, self.rng.integers(1, 5))]
        mask = [bool(b) for b in self.rng.random(n) < 0.5]
        choices = [str(some[0]), "1:", ":-1", "::2", "..., -1", str(some), f"np.array({mask})"]
        if len(shape) > 1:
            last = [int(i) for i in self.rng.integers(-shape[1], shape[1], len(some))]
            choices += [f"{some}, {last}", f"1:, {last}", f":, None, {last[0]}", f"{some[0]}, 1:"]
        return f"{a}[{self.pick(choices)}]"

    def product(self):
        a = self.name()
        shape = self.values[a].shape
        if not shape:
            return None
        n, m = shape[-1], int(self.rng.integers(1, 4))
        choices = [
            lambda: f"{a} @ {self.leaf((n, m))}",
            lambda: f"{a} @ {self.leaf((n,))}",
            lambda: f"np.dot({a}, {self.leaf((n,))})",
            lambda: f"F.linear({a}, {self.leaf((m, n))}, {self.leaf((m,))})",
            lambda: f"F.linear({a}, {self.leaf((m, n))})",
            lambda: f"np.einsum('...i,...i->...', {a}, {self.leaf((n,))})",
            lambda: f"np.einsum('...i,j->j...', {a}, {self.leaf((m,))})",
            lambda: f"np.tensordot({a}, {self.leaf((m, n))}, axes=([-1], [1]))",
        ]
        if len(shape) > 1:
            choices += [
                lambda: f"{a} @ np.swapaxes({a}, -1, -2)",
                lambda: f"{self.leaf((m, shape[-2]))} @ {a}",
                lambda: f"np.einsum('...ij,...ij->i', {a}, np.sin({a}))",
                lambda: f"np.einsum('...ij->...j', {a})",
            ]
        if len(shape) > 1 and shape[-1] == shape[-2]:
            choices.append(lambda: f"np.einsum('...ii->...i', {a})")
        return self.pick(choices)()


KINDS = [Program.unary] * 3 + [Program.binary] * 3 + [Program.reduction] * 2
KINDS += [Program.softmax, Program.moved, Program.moved, Program.indexed, Program.product]
OURS = {"np": np, "F": F, "weigh": weigh, "abs": abs}


def loss_of(program, arrays):
    """The loss and its leaves."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    return program.run(dict(zip(program.leaves, xs)), OURS)[program.lines[-1][0]], xs


def gradients(loss, xs, create_graph=False):
    slopes = grad(loss, xs, create_graph=create_graph, allow_unused=True)
    return [Tensor(np.zeros(x.shape)) if g is None else g for x, g in zip(xs, slopes)]


def check_program(seed):
    """Gradients against difference quotients along a line; with `create_graph`; second ones."""
    program = Program(seed)
    arrays = list(program.leaves.values())
    loss, xs = loss_of(program, arrays)
    plain = [g.data for g in gradients(loss, xs)]
    recorded = gradients(loss, xs, create_graph=True)
    largest = 1 + max(np.abs(g).max(initial=0) for g in plain)
    assert np.isfinite(largest), f"a gradient\n\n{program}"
    for g, r in zip(plain, recorded):
        agree(r.data, g, 1e-11, largest, "the gradient with create_graph", program)

    h, line = 1e-6, [program.rng.normal(size=a.shape) for a in arrays]
    above, below = ([a + s * h * d for a, d in zip(arrays, line)] for s in (1, -1))
    terms = np.concatenate([(g * d).reshape(-1) for g, d in zip(plain, line)])
    quotient = (loss_of(program, above)[0].data - loss_of(program, below)[0].data) / (2 * h)
    size = 1 + np.abs(loss.data) + np.abs(terms).sum()
    agree(terms.sum(), quotient, 1e-6, size, "the gradient along a line", program)

    along = sum((r * d).sum() for r, d in zip(recorded, line))
    if along.requires_grad:
        seconds = [g.data for g in gradients(along, xs)]
        size = largest + max(np.abs(s).max(initial=0) for s in seconds)
        after, before = (gradients(*loss_of(program, p)) for p in (above, below))
        for s, g, f in zip(seconds, after, before):
            quotient = (g.data - f.data) / (2 * h)
            agree(s, quotient, 1e-5, size, "the second derivative along a line", program)


class OfTorch:
    """NumPy's functions, as a program calls them, computed by PyTorch."""

    def __init__(self, torch):
        self.torch, self.linalg = torch, self

    def __getattr__(self, name):
        return getattr(self.torch, name)

    def array(self, values):
        return self.torch.tensor(values)

    def axes(self, x, axis):
        return tuple(range(x.ndim)) if axis is None else axis

    def sum(self, x, axis=None, keepdims=False):
        return self.torch.sum(x, self.axes(x, axis), keepdim=keepdims)

    def mean(self, x, axis=None, keepdims=False):
        return self.torch.mean(x, self.axes(x, axis), keepdim=keepdims)

    def prod(self, x, axis=None, keepdims=False):
        axes = np.atleast_1d(self.axes(x, axis)) % max(x.ndim, 1)
        for i in map(int, axes):
            x = self.torch.prod(x, i, keepdim=True)
        return x if keepdims or not axes.size else x.squeeze(tuple(map(int, axes)))

    def var(self, x, axis=None, keepdims=False, ddof=0):
        return self.torch.var(x, self.axes(x, axis), correction=ddof, keepdim=keepdims)

    def std(self, x, axis=None, keepdims=False, ddof=0):
        return self.torch.std(x, self.axes(x, axis), correction=ddof, keepdim=keepdims)

    def max(self, x, axis=None, keepdims=False):
        return self.torch.amax(x, self.axes(x, axis), keepdim=keepdims)

    def min(self, x, axis=None, keepdims=False):
        return self.torch.amin(x, self.axes(x, axis), keepdim=keepdims)

    def norm(self, x, ord=None, axis=None, keepdims=False):
        norm = self.torch.linalg.vector_norm
        return norm(x, 2 if ord is None else ord, self.axes(x, axis), keepdim=keepdims)

    def maximum(self, a, b):
        return self.torch.maximum(a, self.torch.as_tensor(b, dtype=a.dtype))

    def ravel(self, x):
        return x.flatten()

    def transpose(self, x, order=None):
        return x.permute(order or tuple(range(x.ndim))[::-1])

    def expand_dims(self, x, axis):
        return x.unsqueeze(axis)

    def concatenate(self, xs, axis):
        return self.torch.cat(xs, axis)

    def stack(self, xs, axis):
        return self.torch.stack(xs, axis)

    def repeat(self, x, n, axis):
        return x.repeat_interleave(n, axis)

    def dot(self, a, b):
        return a @ b

    def tensordot(self, a, b, axes):
        return self.torch.tensordot(a, b, axes)


def names_of_torch(torch):
    def weigh(v):
        return (v * torch.tensor(factors(v.shape))).sum()

    class F(torch.nn.Module):
        relu, sigmoid = torch.relu, torch.sigmoid
        log_sigmoid, linear = torch.nn.functional.logsigmoid, torch.nn.functional.linear
        softplus = staticmethod(lambda x: torch.nn.functional.softplus(x, threshold=1000))
        softmax = staticmethod(lambda x, axis: torch.softmax(x, axis))
        log_softmax = staticmethod(lambda x, axis: torch.log_softmax(x, axis))
        logsumexp = staticmethod(lambda x, axis: torch.logsumexp(x, axis))

    return {"np": OfTorch(torch), "F": F, "weigh": weigh, "abs": abs}


def check_program_beside_torch(seed, torch):
    """Every value and every gradient of a program is PyTorch's."""
    program = Program(seed)
    loss, xs = loss_of(program, list(program.leaves.values()))
    zs = [torch.tensor(x.data.copy(), requires_grad=True) for x in xs]
    wanted = program.run(dict(zip(program.leaves, zs)), names_of_torch(torch))
    for name, value in program.values.items():
        want = wanted[name].detach().numpy()
        assert value.shape == want.shape, f"the shape of {name}\n\n{program}"
        agree(value.data, want, 1e-11, 1, f"the value of {name}", program)
    theirs = torch.autograd.grad(wanted[program.lines[-1][0]], zs, allow_unused=True)
    theirs = [np.zeros(z.shape) if g is None else g.numpy() for z, g in zip(zs, theirs)]
    largest = 1 + max(np.abs(g).max(initial=0) for g in theirs)
    for x, got, want in zip(program.leaves, gradients(loss, xs), theirs):
        agree(got.data, want, 1e-11, largest, f"the gradient of {x}", program)


# ---------------------------------------------------------------------------------------------
# Random losses
# ---------------------------------------------------------------------------------------------


class RandomLoss(Drawn):
    """A call of a loss with its arrays, and by hand: the losses, their divisor, their slopes.

    `to_z` and `to_t` are the derivatives of each loss, laid out as `z` and `t` are.
    """

    def draw(self):
        self.arrays, self.options = {}, {"reduction": self.pick(["mean", "sum", "none"])}
        self.name = self.pick([*CLASS_LOSSES, *ENTRY_LOSSES])
        (self.of_classes if self.name in CLASS_LOSSES else self.of_entries)()
        arguments = [key for key in self.arrays if key not in "zt"]
        options = [f"{key}={key}" for key in arguments]
        options += [f"{key}={value!r}" for key, value in self.options.items()]
        self.expression = f"F.{self.name}(z, t, {', '.join(options)})"

    def code(self):
        arrays = [f"{k} = np.array({v.tolist()})" for k, v in self.arrays.items()]
        return "\n".join([*arrays, self.expression])

    def of_classes(self):
        rng, classes, s = self.rng, int(self.rng.integers(1, 6)), 0.0
        n = int(rng.integers(1, 5))
        shape = self.pick([(n, classes), (n, classes, 2), (n, classes, 2, 3), (classes,)])
        axis = 0 if len(shape) == 1 else 1
        samples = shape[:axis] + shape[axis + 1 :]
        z = rng.normal(size=shape) * self.pick([0.1, 1, 10, 30])
        w = np.ones(classes)
        if self.chance(0.5):
            w = self.arrays["weight"] = rng.random(classes) * (rng.random(classes) < 0.9)
        if self.name == "cross_entropy":
            s = self.options["label_smoothing"] = self.pick([0.0, 0.1, 1.0])
        if self.name == "nll_loss":
            z = -np.abs(z)
        if self.name == "cross_entropy" and self.chance(0.4):
            q = rng.dirichlet(np.ones(classes), samples)
            q *= rng.random((*samples, classes)) < 0.8
            t, counted = np.moveaxis(q, -1, axis), np.ones((*samples, 1))
            self.divisor = np.prod(samples, dtype=int)
        else:
            ignored = self.options["ignore_index"] = self.pick([-100, -1, 0, classes - 1])
            t = rng.integers(classes, size=samples)
            t = np.where(rng.random(samples) < 0.2, ignored, t)
            counted = np.expand_dims(t != ignored, -1)
            q = counted * (np.arange(classes) == np.expand_dims(t, -1))
            self.divisor = np.sum(q * w)
        q = w * counted * ((1 - s) * q + s / classes)
        log_p = lines = np.moveaxis(z, axis, -1)
        others = 1 - np.eye(classes)
        if self.name == "cross_entropy":
            differences = lines[..., None, :] - lines[..., None]
            log_p = -np.log1p((np.exp(differences) * others).sum(axis=-1))
        self.losses = -(q * log_p).sum(axis=-1)
        to_z = -q
        if self.name == "cross_entropy":
            p = np.exp(log_p)
            to_z = p * (q @ others) - q * (p @ others)
        self.to_z, self.to_t = (np.moveaxis(d, -1, axis) for d in (to_z, -(1 - s) * w * log_p))
        self.arrays |= {"z": z, "t": t}
        self.axis = axis

    def of_entries(self):
        rng, self.axis = self.rng, None
        shape = self.pick([(4,), (3, 2), (2, 3, 4), ()])
        z = rng.normal(size=shape) * self.pick([0.1, 1, 10, 30])
        t = rng.uniform(0.01, 1, shape)
        w = c = 1.0
        if self.name != "kl_div" and self.chance(0.5):
            t = np.round(t)
        if self.name != "kl_div" and self.chance(0.5):
            w = self.arrays["weight"] = rng.random(self.pick([shape, shape[-1:], ()]))
        self.divisor = z.size
        if self.name == "binary_cross_entropy_with_logits":
            if self.chance(0.5):
                c = self.arrays["pos_weight"] = 3 * rng.random(self.pick([shape, shape[-1:], ()]))
            yes, no = -np.logaddexp(0, -z), -np.logaddexp(0, z)
            self.losses = -w * (c * t * yes + (1 - t) * no)
            self.to_z = w * ((1 - t) * np.exp(yes) - c * t * np.exp(no))
            self.to_t = w * (no - c * yes)
        elif self.name == "binary_cross_entropy":
            z = rng.uniform(0.01, 0.99, shape)
            self.losses = -w * (t * np.log(z) + (1 - t) * np.log1p(-z))
            self.to_z = w * ((1 - t) / (1 - z) - t / z)
            self.to_t = w * (np.log1p(-z) - np.log(z))
        else:
            z = -np.abs(z)
            self.losses, self.to_z, self.to_t = t * (np.log(t) - z), -t, np.log(t) - z + 1
            if shape and self.chance(0.3):
                self.options["reduction"], self.divisor = "batchmean", shape[0]
            if self.chance(0.5):
                self.options["log_target"], self.to_t, t = True, t * self.to_t, np.log(t)
        self.arrays |= {"z": z, "t": t}

    def by_hand(self, upstream):
        """The loss and its gradients for z and t."""
        reduction, u = self.options["reduction"], upstream
        if reduction in ("mean", "batchmean"):
            u = upstream / self.divisor
        loss = self.losses if reduction == "none" else self.losses.sum() * (u / upstream)
        if self.axis is not None and reduction == "none":
            u = np.expand_dims(u, self.axis)
        return loss, u * self.to_z, u * self.to_t


CLASS_LOSSES = ["cross_entropy", "cross_entropy", "nll_loss"]
ENTRY_LOSSES = ["binary_cross_entropy_with_logits", "binary_cross_entropy", "kl_div"]


def check_loss(seed):
    """A loss and its gradients by hand; with `create_graph`, too."""
    case = RandomLoss(seed)
    inputs = {k: Tensor(v) if k in "zt" else v for k, v in case.arrays.items()}
    xs = [inputs[k] for k in "zt" if inputs[k].dtype.kind == "f"]
    for x in xs:
        x.requires_grad = True
    y = eval(case.expression, {"F": F}, inputs)
    upstream = factors(y.shape)
    with np.errstate(all="ignore"):  # a mean of nothing
        exact = case.by_hand(upstream)
    results = [[y, *grad(y, xs, upstream, create_graph=c)] for c in (False, True)]
    for found in results if case.divisor else ():  # else see what PyTorch says
        for got, want, of in zip(found, exact, ["the loss", "the gradient of z", "of t"]):
            agree(got.data, want, 1e-12, 1e-300, of, case)
    return case, results[0]


def check_loss_beside_torch(seed, torch):
    """A loss and its gradients are PyTorch's."""
    case, found = check_loss(seed)
    inputs = {k: torch.tensor(v) for k, v in case.arrays.items()}
    xs = [inputs[k] for k in "zt" if inputs[k].dtype.is_floating_point]
    for x in xs:
        x.requires_grad = True
    y = eval(case.expression, {"F": torch.nn.functional}, inputs)
    theirs = [y, *torch.autograd.grad(y, xs, torch.tensor(factors(y.shape)))]
    for got, want in zip(found, theirs, strict=True):
        agree(got.data, want.detach().numpy(), 1e-11, 1, "the loss or a gradient", case)


# ---------------------------------------------------------------------------------------------
# Random training runs
# ---------------------------------------------------------------------------------------------


class Run(Drawn):
    """A small network, how it is trained, and with what."""

    def draw(self):
        rng = self.rng
        wide, hidden, classes = (int(n) for n in rng.integers(1, 6, 3))
        shapes = {"W": (hidden, wide), "b": (hidden,), "V": (classes, hidden), "c": (classes,)}
        self.arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        self.activation = self.pick(["relu", "tanh", "sigmoid", "softplus"])
        self.loss = self.pick(["cross_entropy", "mse_loss"])
        options = {"lr": self.pick([0.1, 0.01, 0.001]), "weight_decay": self.pick([0.0, 0.1])}
        if self.chance(0.5):
            momentum = self.pick([0.0, 0.5, 0.9])
            options |= {"momentum": momentum, "nesterov": momentum > 0 and self.chance(0.5)}
            self.optimizer = "SGD"
        else:
            options |= {"betas": self.pick([(0.9, 0.999), (0.0, 0.5)])}
            options |= {"eps": self.pick([1e-8, 0.1])}
            self.optimizer = "Adam"
        self.options = options
        self.steps = []
        for _ in range(8):
            x = rng.normal(size=(4, wide))
            indices = self.loss == "cross_entropy"
            target = rng.integers(classes, size=4) if indices else rng.normal(size=(4, classes))
            left_out = self.pick([*shapes, None, None, None])
            self.steps.append((x, target, self.chance(0.8), left_out))

    def code(self):
        shapes = ", ".join(f"{name} {x.shape}" for name, x in self.arrays.items())
        network = f"F.linear(F.{self.activation}(F.linear(x, W, b)), V, c)  # {shapes}"
        steps = [
            f"{'zero_grad(), ' * forgets}F.{self.loss}.backward()"
            + f", {left_out}.grad = None" * bool(left_out)
            for _, _, forgets, left_out in self.steps
        ]
        return "\n".join([network, f"{self.optimizer}({self.options})", *steps])

    def train(self, parameters, optimizer, functional, as_input):
        """Take each step, but hide the gradient of one parameter; yield before and after it."""
        W, b, V, c = parameters.values()
        for x, target, forgets, left_out in self.steps:
            if forgets:
                optimizer.zero_grad()
            hidden = functional.linear(as_input(x), W, b)
            y = functional.linear(getattr(functional, self.activation)(hidden), V, c)
            getattr(functional, self.loss)(y, as_input(target)).backward()
            if left_out:
                parameters[left_out].grad = None
            yield
            optimizer.step()
            yield

    def ours(self):
        parameters = {k: Tensor(x, requires_grad=True) for k, x in self.arrays.items()}
        optimizer = getattr(optim, self.optimizer)(parameters.values(), **self.options)
        return parameters, self.train(parameters, optimizer, F, np.asarray)


def step_by_hand(x, g, state, lr, weight_decay, momentum=0, nesterov=False, betas=None, eps=None):
    """What an optimiser makes of an array and its gradient."""
    g = g + weight_decay * x
    if betas is None:
        v = state["v"] = momentum * state["v"] + g if "v" in state else g
        return x - lr * (g + momentum * v if nesterov else v)
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = betas[0] * state.get("m", 0) + (1 - betas[0]) * g
    s = state["s"] = betas[1] * state.get("s", 0) + (1 - betas[1]) * g**2
    return x - lr * m / (1 - betas[0] ** t) / (np.sqrt(s / (1 - betas[1] ** t)) + eps)


def check_run(seed):
    """Every step is the optimiser's formula."""
    run = Run(seed)
    parameters, moments = run.ours()
    states = {name: {} for name in parameters}
    for _ in moments:
        wanted = {name: p.data.copy() for name, p in parameters.items()}
        for name, p in parameters.items():
            if p.grad is not None:
                wanted[name] = step_by_hand(p.data, p.grad, states[name], **run.options)
        next(moments)
        for name, p in parameters.items():
            agree(p.data, wanted[name], 1e-12, 1, name, run)


def check_run_beside_torch(seed, torch):
    """Every parameter is PyTorch's after every step."""
    run = Run(seed)
    parameters, ours = run.ours()
    theirs = {k: torch.tensor(x, requires_grad=True) for k, x in run.arrays.items()}
    optimizer = getattr(torch.optim, run.optimizer)([*theirs.values()], **run.options)
    for _ in zip(ours, run.train(theirs, optimizer, torch.nn.functional, torch.tensor)):
        for name, p in parameters.items():
            agree(p.data, theirs[name].detach().numpy(), 1e-9, 1, name, run)


# ---------------------------------------------------------------------------------------------
# As tests, and as a hunt
# ---------------------------------------------------------------------------------------------

CHECKS = {"program": check_program, "loss": check_loss, "run": check_run}
BESIDE_TORCH = {
    "program": check_program_beside_torch,
    "loss": check_loss_beside_torch,
    "run": check_run_beside_torch,
}
BLOCK = 25
BLOCKS = [(what, first) for what, n in SEEDS.items() for first in range(0, n, BLOCK)]


@pytest.mark.parametrize(("what", "first"), BLOCKS)
def test_at_random(what, first):
    for seed in range(first, first + BLOCK):
        CHECKS[what](seed)


@pytest.mark.filterwarnings("ignore")  # PyTorch's own
@pytest.mark.parametrize(("what", "first"), BLOCKS)
def test_at_random_beside_torch(what, first):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    for seed in range(first, first + BLOCK):
        BESIDE_TORCH[what](seed, torch)


if __name__ == "__main__":
    first, count = map(int, sys.argv[1:])
    for seed in range(first, first + count):
        for check in CHECKS.values():
            try:
                check(seed)
            except Exception as error:
                print(f"{check.__name__}({seed}): {type(error).__name__}: {error}\n")
