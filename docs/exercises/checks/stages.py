"""The ten stages of my_engine.py: programs to try them on, and the usual mistakes.

A mistake is the reference with some functions replaced by others, which run the same programs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine import ByMinigrad, Run, broken
from checks.teaching import Case, Exercise, Mistake

NUMPYS: dict[str, Any] = {
    "add": np.add,
    "mul": np.multiply,
    "tanh": np.tanh,
    "matmul": np.matmul,
    "sum_of": np.sum,
    "exp": np.exp,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
    "log_softmax": lambda z: z - np.log(np.exp(z).sum(axis=-1, keepdims=True)),
}
OF_TWO = ("add", "mul", "matmul")


def random_program(
    seed: int, ops: list[str], shapes: list[tuple[int, ...]], lines: int, method: str = "gradients"
) -> Run:
    """Make a program of a few lines in which values are used several times."""
    rng = np.random.default_rng(seed)
    leaves = {name: rng.normal(size=shape).round(1) for name, shape in zip("abcd", shapes)}
    arrays, program = dict(leaves), []
    while len(program) < lines:
        op, names = rng.choice(ops), list(arrays)
        used = list(rng.choice(names, 2 if op in OF_TWO else 1))
        used[-1] = names[-1] if program and rng.random() < 0.7 else used[-1]
        try:
            result = NUMPYS[op](*[arrays[name] for name in used])
        except ValueError:
            continue
        if (op == "matmul" and np.ndim(result) != 2) or np.abs(result).max() > 50:
            continue
        name = f"v{len(program) + 1}"
        arrays[name] = result
        program.append(f"{name} = {op}({', '.join(used)})")
    leaves = {name: float(x) if np.ndim(x) == 0 else x for name, x in leaves.items()}
    return Run(method, "\n".join(program), leaves)


def random_programs(ops: list[str], shapes: list[tuple[int, ...]], method: str) -> list[Run]:
    """Make twenty, the short ones first."""
    return [random_program(n, ops, shapes, 2 + n // 4, method) for n in range(20)]


def stage(n: int, cases: list[Case], mistakes: list[Mistake], **more: Any) -> Exercise:
    return Exercise(
        f"stage {n}", ByMinigrad(), cases, mistakes, defines="engine", rtol=1e-7, atol=1e-9, **more
    )


def mistake(name: str, hint: str, *sources: str) -> Mistake:
    """Name a mistake that any one of these pieces of code makes."""
    return Mistake(name, hint, wrong=[broken(source) for source in sources])


def value(name: str, inputs: str, data: str, pull: str) -> str:
    """Write a function of the engine."""
    parents = inputs.partition(", axis")[0].partition(", rows")[0].partition(", targets")[0]
    return (
        f"def {name}({inputs}):\n"
        f"    y = {data}\n"
        f"    return Value(y, ({parents},), lambda g: {pull}, {name!r})"
    )


ADD, MUL, TANH = "a.data + b.data", "a.data * b.data", "np.tanh(a.data)"
SCALARS: list[tuple[int, ...]] = [(), (), ()]
DEEP = "v0 = tanh(x)\n" + "\n".join(f"v{i} = tanh(v{i - 1})" for i in range(1, 3000))
TWICE = "b = tanh(a)\nc = mul(b, b)\nd = add(c, b)"

ONE = stage(
    1,
    [
        Run("pulled", "y = add(a, b)", {"a": 2.0, "b": 3.0}, g=1.0),
        Run("pulled", "y = mul(a, b)", {"a": 2.0, "b": 3.0}, g=1.0),
        Run("pulled", "y = tanh(a)", {"a": 0.5}, g=1.0),
        Run("pulled", "y = add(a, b)", {"a": 2.0, "b": -3.0}, g=-4.0),
        Run("pulled", "y = mul(a, b)", {"a": 2.0, "b": -3.0}, g=-4.0),
        Run("pulled", "y = tanh(a)", {"a": -1.5}, g=-4.0),
        Case("engine.by_hand(x, w, b)", x=2.0, w=0.5, b=-1.0),
        Case("engine.by_hand(x, w, b)", x=1.0, w=-0.5, b=1.0),
        Case("engine.by_hand(x, w, b)", x=-3.0, w=0.2, b=0.1),
    ],
    [
        mistake(
            "each factor's gradient from itself",
            "If a grows by 1, a · b grows by b. Which of the two does your rule for a take?",
            value("mul", "a, b", MUL, "(g * a.data, g * b.data)"),
        ),
        mistake(
            "the upstream gradient is not used",
            "A rule answers: if the end moves by g when y moves by 1, by how much when a does? "
            "So g is a factor.",
            value("tanh", "a", TANH, "(1 - y**2,)"),
            value("mul", "a, b", MUL, "(b.data, a.data)"),
            value("add", "a, b", ADD, "(1.0, 1.0)"),
        ),
        mistake(
            "the gradient of mul is that of add",
            "A sum passes g on as it is. A product does not: what does 2 · 3 do if the 2 grows?",
            value("mul", "a, b", MUL, "(g, g)"),
        ),
        mistake(
            "another slope than that of tanh",
            "The derivative of tanh is 1 − y², with the result y. What stands in your square?",
            value("tanh", "a", TANH, "(g * (1 - y),)"),
            value("tanh", "a", TANH, "(g * (1 - a.data**2),)"),
            value("tanh", "a", TANH, "(g * (y**2 - 1),)"),
            value("tanh", "a", TANH, "(g * (1 - np.tanh(y) ** 2),)"),
        ),
        mistake(
            "one pull too few by hand",
            "From y to w there are three ops. Which rule has not been asked?",
            "def neuron_by_hand(x, w, b):\n"
            "    product = mul(x, w)\n"
            "    y = tanh(add(product, b))\n"
            "    for_x, for_w = product.pull(1.0)\n"
            "    return y.data, for_x, for_w, 1.0",
        ),
        mistake(
            "x and w exchanged",
            "`pull` of a product returns the gradient of its first factor first.",
            "def neuron_by_hand(x, w, b):\n"
            "    product = mul(x, w)\n"
            "    total = add(product, b)\n"
            "    y = tanh(total)\n"
            "    at_product, at_b = total.pull(y.pull(1.0)[0])\n"
            "    at_x, at_w = product.pull(at_product)\n"
            "    return y.data, at_w, at_x, at_b",
        ),
    ],
)


def a_walk(attempt: Any) -> bool:
    """Whether every value comes once, after everything that was made of it, and the root first."""
    program, got = attempt.case.arguments["program"], attempt.got.result
    made_of = parents_in(program)
    place = {name: i for i, name in enumerate(got)}
    needed = {list(made_of)[-1]}
    for name in reversed(list(made_of)):
        needed |= set(made_of[name]) if name in needed else set()
    after = all(place[n] < place[p] for n in place for p in made_of.get(n, []))
    return set(got) == needed and len(got) == len(place) and after


def parents_in(program: str) -> dict[str, list[str]]:
    lines = [line.partition(" = ") for line in program.split("\n")]
    return {name: right[right.index("(") + 1 : -1].split(", ") for name, _, right in lines}


TWO = stage(
    2,
    [
        Run("walk", "b = tanh(a)", {"a": 0.5}),
        Run("walk", "c = mul(a, b)\nd = tanh(c)", {"a": 0.5, "b": 2.0}),
        Run("walk", "b = mul(a, a)", {"a": 0.5}),
        Run("walk", TWICE, {"a": 0.5}),
        Run("walk", "b = tanh(a)\nc = tanh(b)\nd = mul(b, c)\ne = mul(a, d)", {"a": 0.5}),
        Run("walk", "b = tanh(a)\nc = tanh(b)\nd = mul(c, b)\ne = mul(d, a)", {"a": 0.5}),
        *random_programs(["add", "mul", "tanh"], SCALARS, "walk"),
        Run(
            "walk",
            "v0 = mul(x, x)\n" + "\n".join(f"v{i} = mul(v{i - 1}, v{i - 1})" for i in range(1, 60)),
            {"x": 1.0},
        ),
        Run("walk", DEEP, {"x": 0.5}),
    ],
    [
        Mistake(
            "forward order",
            "This is the order in which the values were made. The way back begins at the root.",
            when=lambda a: a_walk_of(a, a.got.result[::-1]),
        ),
        Mistake(
            "a value visited twice",
            "A value that was used twice is still one value. How do you notice that you have been "
            "there?",
            when=lambda a: len(set(a.got.result)) < len(a.got.result),
        ),
        Mistake(
            "a value left out",
            "The list has the root, all that it was made from, and the leaves as well.",
            when=lambda a: set(a.got.result) < set(a.expected.result),
        ),
        Mistake(
            "a value before something that was made of it",
            "When it is visited, a part of its gradient is still on the way. What has to be true "
            "before a value may be visited?",
            when=lambda a: len(set(a.got.result)) == len(a.got.result),
        ),
        Mistake(
            "recursion too deep",
            "Python stops after about a thousand calls inside each other, and a graph may be "
            "deeper. Which list could a loop use in place of the calls?",
            when=lambda a: a.got.error == "RecursionError",
        ),
    ],
    accept=a_walk,
)


def a_walk_of(attempt: Any, order: list[str]) -> bool:
    from dataclasses import replace

    return a_walk(replace(attempt, got=replace(attempt.got, result=order)))


WALK = "    for node in order(root):\n"
NOTE = "        node.grad = g if node.grad is None else node.grad + g\n"
START = "def backward(root):\n    arriving = {root: np.ones_like(root.data)}\n"
EACH = "        for parent, c in zip(node.parents, node.pull(g) if node.pull else ()):\n"
KEEP = "            arriving[parent] = c + arriving[parent] if parent in arriving else c\n"

THREE = stage(
    3,
    [
        Run("gradients", "c = mul(a, b)", {"a": 2.0, "b": 3.0}),
        Run("gradients", "b = mul(a, a)", {"a": 3.0}),
        Run("gradients", TWICE, {"a": 0.5}),
        *random_programs(["add", "mul", "tanh"], SCALARS, "gradients"),
        Run("gradients", "b = mul(a, a)", {"a": 3.0}, times=2),
        Run("gradients", TWICE, {"a": 0.5}, times=2),
        Run("gradients", DEEP, {"x": 0.01}),
    ],
    [
        mistake(
            "assigned instead of accumulated",
            "A value that was used twice gets two contributions, and here the second has replaced "
            "the first.",
            START
            + WALK
            + "        g = arriving[node]\n"
            + NOTE
            + EACH
            + "            arriving[parent] = c\n",
        ),
        mistake(
            "the gradient of an earlier call passed on",
            "`.grad` adds up over calls. What a rule gets is what has arrived in this call alone.",
            "def backward(root):\n    root.grad = (0 if root.grad is None else root.grad) + 1.0\n"
            + WALK
            + "        g = node.grad\n"
            + EACH
            + "            parent.grad = c if parent.grad is None else parent.grad + c\n",
        ),
        mistake(
            "an earlier call's gradient lost",
            "`.grad` adds up over calls of `backward`, until somebody sets it to None.",
            START + WALK + "        g = node.grad = arriving[node]\n" + EACH + KEEP,
        ),
        mistake(
            "only the leaves have a gradient, or only the others",
            "Every value on the way gets its `.grad`, leaves and all.",
            START
            + WALK
            + "        g = arriving[node]\n        if node.pull:\n    "
            + NOTE
            + EACH
            + KEEP,
        ),
    ],
)

SHAPES: list[tuple[int, ...]] = [(2, 3), (3,), (2, 1), ()]
FOUR = stage(
    4,
    [
        Run("gradients", "c = add(a, b)", {"a": np.array([1.0, 2.0]), "b": 3.0}),
        Run("gradients", "c = mul(a, b)", {"a": np.array([1.0, 2.0]), "b": 3.0}),
        Run(
            "gradients",
            "c = mul(a, b)",
            {"a": np.array([[1.0, 2.0], [3.0, 5.0]]), "b": np.array([7.0, 11.0])},
        ),
        Run(
            "gradients",
            "c = mul(a, b)",
            {"a": np.array([[1.0, 2.0], [3.0, 5.0]]), "b": np.array([[7.0], [11.0]])},
        ),
        Run(
            "gradients",
            "c = add(b, a)",
            {"a": np.array([[1.0, 2.0, 3.0]]), "b": np.array([[7.0], [11.0]])},
        ),
        *random_programs(["add", "mul", "tanh"], SHAPES, "gradients"),
    ],
    [
        mistake(
            "broadcasting not undone",
            "A gradient has its value's shape. Have add and mul been told to use `unbroadcast`?",
            "def unbroadcast(g, shape):\n    return g",
        ),
        mistake(
            "only the new axes summed",
            "An axis of length 1 was stretched, and is still long in your gradient.",
            "def unbroadcast(g, shape):\n    return g.sum(axis=tuple(range(g.ndim - len(shape))))",
        ),
        mistake(
            "averaged instead of summed",
            "Each use of an entry sends back a gradient, and the chain rule adds them up.",
            "def unbroadcast(g, shape):\n"
            "    g = g.mean(axis=tuple(range(g.ndim - len(shape))))\n"
            "    axes = tuple(i for i, n in enumerate(shape) if n == 1)\n"
            "    return g.mean(axis=axes, keepdims=True)",
        ),
        mistake(
            "keepdims forgotten",
            "The sum is right, but its axis of length 1 is gone.",
            "def unbroadcast(g, shape):\n"
            "    g = g.sum(axis=tuple(range(g.ndim - len(shape))))\n"
            "    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))",
        ),
    ],
)

A, B = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[7.0, 11.0, 1.0], [13.0, 17.0, 0.0]])
FIVE = stage(
    5,
    [
        Run("gradients", "c = matmul(a, b)", {"a": A, "b": A.T / 2}),
        Run("gradients", "c = matmul(a, b)", {"a": A, "b": B}),
        Run("gradients", "b = sum_of(a)", {"a": A}),
        Run("gradients", "b = sum_of(a, axis=0)\nc = tanh(b)", {"a": A / 9}),
        Run("gradients", "b = sum_of(a, axis=1)\nc = tanh(b)", {"a": A / 9}),
        Run("gradients", "b = entries(a, [0, 1], [1, 0])\nc = mul(b, b)", {"a": A}),
        Run("gradients", "b = entries(a, [0, 1, 0], [1, 1, 1])\nc = mul(b, b)", {"a": A}),
        *random_programs(
            ["add", "mul", "tanh", "matmul", "sum_of"], [(2, 3), (3, 2), (2, 2)], "gradients"
        ),
    ],
    [
        mistake(
            "transpose forgotten",
            "Compare shapes: g has A's rows and B's columns. To what does it have to be multiplied "
            "for the shape of A?",
            value("matmul", "a, b", "a.data @ b.data", "(g @ b.data, a.data @ g)"),
        ),
        mistake(
            "the factors' gradients exchanged",
            "The first gradient belongs to the first factor, and has its shape.",
            value("matmul", "a, b", "a.data @ b.data", "(a.data.T @ g, g @ b.data.T)"),
        ),
        mistake(
            "the sum's gradient not spread",
            "Every entry moves the sum by as much. Which shape has the gradient of a?",
            value("sum_of", "a, axis=None", "a.data.sum(axis=axis)", "(g,)"),
        ),
        mistake(
            "the summed axis not put back",
            "g has lost the axis that was summed. Before it can be spread, where does it go?",
            value(
                "sum_of",
                "a, axis=None",
                "a.data.sum(axis=axis)",
                "(np.broadcast_to(g, a.data.shape),)",
            ),
        ),
        mistake(
            "an entry taken twice counts once",
            "`grad[rows, columns] += g` writes each place once, whatever is listed twice. "
            "`np.add.at` adds for each time.",
            "def entries(a, rows, columns):\n"
            "    def pull(g):\n"
            "        grad = np.zeros_like(a.data)\n"
            "        grad[rows, columns] += g\n"
            "        return (grad,)\n"
            "    return Value(a.data[rows, columns], (a,), pull, 'entries')",
        ),
    ],
)

SOFTMAX = "np.exp(z.data - z.data.max(axis=-1, keepdims=True))"
Z = np.array([[1.0, 3.0, 0.0], [2.0, 0.0, -1.0]])
APART = np.array([[1000.0, 998.0, 0.0], [-1000.0, -999.0, -1001.0]])
WEIGH = {"w": np.array([[1.0, -2.0, 3.0], [0.5, 0.0, 4.0]])}
SIX = stage(
    6,
    [
        Run("gradients", "b = exp(a)", {"a": np.array([0.0, 1.0])}),
        Run("gradients", "b = log(a)", {"a": np.array([0.5, 4.0])}),
        Run("gradients", "p = softmax(z)\nq = mul(p, p)", {"z": np.array([[0.0, 1.0]])}),
        Run("gradients", "p = softmax(z)\nq = mul(p, w)", {"z": Z, **WEIGH}),
        Run("gradients", "p = softmax(z)\nq = mul(p, w)", {"z": APART, **WEIGH}),
        *random_programs(
            ["add", "mul", "tanh", "exp", "softmax", "matmul"], [(2, 3), (3,), (2, 2)], "gradients"
        ),
    ],
    [
        mistake(
            "only the diagonal of the Jacobian",
            "p (1 − p) is how a share moves with its own logit. The others move, too.",
            f"def softmax(z):\n    e = {SOFTMAX}\n    p = e / e.sum(axis=-1, keepdims=True)\n"
            "    return Value(p, (z,), lambda g: (g * p * (1 - p),), 'softmax')",
            f"def softmax(z):\n    e = {SOFTMAX}\n    p = e / e.sum(axis=-1, keepdims=True)\n"
            "    return Value(p, (z,), lambda g: (g * p,), 'softmax')",
        ),
        mistake(
            "no max subtraction",
            "exp(1000) is inf. Which number can be subtracted from each row's logits?",
            "def softmax(z):\n    e = np.exp(z.data)\n    p = e / e.sum(axis=-1, keepdims=True)\n"
            "    return Value(p, (z,), "
            "lambda g: (p * (g - (g * p).sum(axis=-1, keepdims=True)),), 'softmax')",
        ),
        mistake(
            "one maximum for all rows",
            "Beside a logit of 1000 in one row, all terms of another are 0. Whose maximum is it?",
            "def softmax(z):\n    e = np.exp(z.data - z.data.max())\n"
            "    p = e / e.sum(axis=-1, keepdims=True)\n    return Value(p, (z,), "
            "lambda g: (p * (g - (g * p).sum(axis=-1, keepdims=True)),), 'softmax')",
        ),
        mistake(
            "summed over the whole batch",
            "Each row is a sample of its own. Over which axis goes the sum in your rule?",
            f"def softmax(z):\n    e = {SOFTMAX}\n    p = e / e.sum(axis=-1, keepdims=True)\n"
            "    return Value(p, (z,), lambda g: (p * (g - (g * p).sum()),), 'softmax')",
        ),
    ],
)

LOG_P = "z.data - z.data.max(axis=-1, keepdims=True)"
SHIFTED = f"    s = {LOG_P}\n    y = s - np.log(np.exp(s).sum(axis=-1, keepdims=True))\n"
LOSS = (
    "def cross_entropy(z, targets):\n" + SHIFTED + "    n = np.arange(len(targets))\n"
    "    def pull(g):\n        grad = np.exp(y)\n{}\n"
    "    return Value(-y[n, targets].mean(), (z,), pull, 'cross_entropy')"
)
MINUS = "        grad[n, targets] -= 1\n        "
SEVEN = stage(
    7,
    [
        Run("gradients", "y = log_softmax(z)\nq = mul(y, w)", {"z": Z, **WEIGH}),
        Run("gradients", "y = log_softmax(z)\nq = mul(y, w)", {"z": APART, **WEIGH}),
        Run("gradients", "loss = cross_entropy(z, np.array([0, 2]))", {"z": Z}),
        Run(
            "gradients",
            "y = mul(z, w)\nloss = cross_entropy(y, np.array([2, 1]))",
            {"z": Z, **WEIGH},
        ),
        Run(
            "gradients",
            "loss = cross_entropy(z, np.array([2, 0]))\ntwice = mul(loss, c)",
            {"z": Z, "c": 2.0},
        ),
        Run("gradients", "loss = cross_entropy(z, np.array([1, 0]))", {"z": APART}),
        *random_programs(
            ["add", "mul", "tanh", "log_softmax", "matmul"], [(2, 3), (3,), (2, 2)], "gradients"
        ),
    ],
    [
        mistake(
            "the log of a softmax",
            "A share 1000 below the largest is 0, and its log −inf. Write log of the quotient as a "
            "difference.",
            "def log_softmax(z):\n"
            f"    e = {SOFTMAX}\n    p = e / e.sum(axis=-1, keepdims=True)\n"
            "    return Value(np.log(p), (z,), "
            "lambda g: (g - p * g.sum(axis=-1, keepdims=True),), 'log_softmax')",
            "def log_softmax(z):\n    return log(softmax(z))",
        ),
        mistake(
            "the part of the sum forgotten",
            "log_softmax is z minus the log of a sum, and every logit moves that sum by its share.",
            "def log_softmax(z):\n"
            + SHIFTED
            + "    return Value(y, (z,), lambda g: (g,), 'log_softmax')",
            "def log_softmax(z):\n"
            + SHIFTED
            + "    return Value(y, (z,), lambda g: (g - np.exp(y) * g,), 'log_softmax')",
        ),
        mistake(
            "forgot 1/N",
            "The loss is a mean over the samples. What does that do to each one's gradient?",
            LOSS.format(MINUS + "return (g * grad,)"),
        ),
        mistake(
            "the upstream gradient is not used",
            "The loss may be used on, in twice the loss, say. Which factor is missing?",
            LOSS.format(MINUS + "return (grad / len(targets),)"),
        ),
        mistake(
            "the target is not subtracted",
            "These are the probabilities. Where is what was true?",
            LOSS.format("        return (g * grad / len(targets),)"),
        ),
    ],
)


def sgd(line: str, after: str = "p.grad = None") -> str:
    return f"def sgd(parameters, lr):\n    for p in parameters:\n        {line}\n        {after}"


EIGHT = stage(
    8,
    [
        Run("stepped", "b = mul(a, a)", {"a": 3.0}, lr=0.1),
        Run("stepped", "c = mul(a, b)", {"a": np.array([1.0, 2.0]), "b": 3.0}, lr=0.5),
        Run("stepped", "loss = cross_entropy(z, np.array([0, 2]))", {"z": Z}, lr=0.25),
    ],
    [
        mistake(
            "uphill instead of downhill",
            "The gradient says which way the loss grows. Which way do we want to go?",
            sgd("p.data = p.data + lr * p.grad"),
        ),
        mistake(
            "gradients not forgotten",
            "`backward` adds to the gradients that are there. Who sets them to None?",
            sgd("p.data = p.data - lr * p.grad", "pass"),
        ),
        mistake(
            "the learning rate is not used",
            "The step is as long as the gradient. What should make it shorter?",
            sgd("p.data = p.data - p.grad"),
        ),
        mistake(
            "a name is given a new array, the parameter is not",
            "`w = ...` makes `w` another thing. What of the parameter has to change?",
            sgd("w = p.data - lr * p.grad"),
        ),
    ],
)


def trained(pixels: str, loss: str, lr: float, steps: int = 5) -> Case:
    return Case(
        "engine.trained(pixels, loss, lr, steps)", pixels=pixels, loss=loss, lr=lr, steps=steps
    )


TRAIN = (
    "def train(parameters, batches, lr, loss_of):\n    losses = []\n"
    "    for images, targets in batches:\n{}\n    return losses"
)
NINE = stage(
    9,
    [
        trained("unit", "cross_entropy", 0.5, steps=1),
        trained("unit", "cross_entropy", 0.5, steps=8),
        trained("unit", "naive_loss", 0.5, steps=8),
        trained("raw", "cross_entropy", 0.001),
        trained("raw", "naive_loss", 0.001),
        trained("raw", "naive_loss", 0.01),
    ],
    [
        mistake(
            "relu lets every gradient through",
            "Where the input is below 0 the result stands still. What comes back there?",
            value("relu", "a", "np.maximum(a.data, 0)", "(g,)"),
        ),
        mistake(
            "no relu between the layers",
            "Two layers without anything between them are one. What makes the difference?",
            "def mlp(parameters, images):\n    W0, b0, W1, b1 = parameters\n"
            "    return add(matmul(add(matmul(Value(images), W0), b0), W1), b1)",
        ),
        mistake(
            "a relu after the last layer",
            "Logits may be negative. After which layer belongs the relu?",
            "def mlp(parameters, images):\n    W0, b0, W1, b1 = parameters\n"
            "    return relu(add(matmul(relu(add(matmul(Value(images), W0), b0)), W1), b1))",
        ),
        mistake(
            "the weights never change",
            "Which line computes the gradients, and which one uses them?",
            TRAIN.format(
                "        loss = loss_of(mlp(parameters, images), targets)\n"
                "        losses.append(float(loss.data))"
            ),
        ),
        mistake(
            "the stable loss in place of the naive one",
            "`naive_loss` is the log of a softmax, as one writes it first: it is there to die. "
            "What does yours do instead?",
            "naive_loss = cross_entropy",
        ),
    ],
)

TEN = stage(
    10,
    [
        Run("seen", "y = tanh(x)", {"x": 0.5}),
        Run("seen", "c = mul(a, b)\nd = tanh(c)", {"a": 0.5, "b": 2.0}),
        Run("seen", TWICE, {"a": 0.5}),
        Run("seen", "y = mul(z, w)\nloss = cross_entropy(y, np.array([2, 1]))", {"z": Z, **WEIGH}),
        Run("seen", "y = log(softmax(z))\nloss = sum_of(y)", {"z": APART}),
    ],
    [
        Mistake(
            "a value becomes several",
            "A value that was used twice is one Tensor. Where do you look up those that are made?",
            when=lambda a: a.got.result["ops"] > a.expected.result["ops"],
        ),
        Mistake(
            "no names",
            "A leaf's name is its `name`. Is it handed on?",
            when=lambda a: a.got.result["leaves"] != a.expected.result["leaves"],
        ),
        Mistake(
            "no way back",
            "Without `requires_grad=True` on the leaves nobody asks for their gradients.",
            when=lambda a: not a.got.result["backward steps"],
        ),
    ],
)

STAGES: dict[int, Exercise] = dict(
    enumerate([ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE, TEN], 1)
)
