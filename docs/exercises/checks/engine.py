"""The check of a stage of my_engine.py: python -m checks.engine 3

    python -m checks.engine 3            your stages 1 to 3
    python -m checks.engine 5 --from 5   the stages before 5 from the reference

Every stage is tried on programs, most of them random: they are run by your engine, by minigrad,
and with the leaves moved a little (finite differences).
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from checks.teaching import Case, Report, in_short
from checks.values import as_code

EXERCISES = Path(__file__).resolve().parent.parent
MINE = EXERCISES / "my_engine.py"
REFERENCE = EXERCISES.parent / "teacher" / "solutions" / "my_engine.py"


def plain(x: Any) -> Any:
    """Return an array of shape () as the number that it is."""
    return float(x) if isinstance(x, (np.ndarray, np.generic)) and x.ndim == 0 else x


class Engine:
    """What an engine's functions make of a program. The names are those of my_engine.py."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.__module__ = names["__name__"]

    def run(self, program: str, leaves: dict[str, Any]) -> dict[str, Any]:
        """Run a program, given as lines of code, and return all its values by their names."""
        made = {name: self.names["Value"](data, name=name) for name, data in leaves.items()}
        exec(program, self.names, made)
        return made

    def gradients(self, program: str, leaves: dict[str, Any], times: int = 1) -> dict[str, Any]:
        """Return the last value of a program and the gradients of its leaves."""
        made = self.run(program, leaves)
        root = list(made.values())[-1]
        for _ in range(times):
            self.names["backward"](root)
        return {"result": plain(root.data)} | {f"{n}.grad": plain(made[n].grad) for n in leaves}

    def pulled(self, program: str, leaves: dict[str, Any], g: Any) -> dict[str, Any]:
        """Return the value of a program of one line and what its rule makes of g."""
        made = self.run(program, leaves)
        root = list(made.values())[-1]
        parents = [name for node in root.parents for name in leaves if made[name] is node]
        contributions = [plain(c) for c in root.pull(np.asarray(g, float))]
        return {"result": plain(root.data), "parents": parents, "pull(g)": contributions}

    def by_hand(self, x: float, w: float, b: float) -> list[Any]:
        """Return the gradients that neuron_by_hand finds."""
        Value = self.names["Value"]
        return [plain(n) for n in self.names["neuron_by_hand"](Value(x), Value(w), Value(b))]

    def walk(self, program: str, leaves: dict[str, Any]) -> list[str]:
        """Return the names of a program's values in the order of the walk."""
        made = self.run(program, leaves)
        names = {id(value): name for name, value in made.items()}
        return [names[id(node)] for node in self.names["order"](list(made.values())[-1])]

    def stepped(self, program: str, leaves: dict[str, Any], lr: float) -> list[Any]:
        """Return the leaves after a step of sgd, and whether their gradients are forgotten."""
        made = self.run(program, leaves)
        self.names["backward"](list(made.values())[-1])
        parameters = [made[name] for name in leaves]
        self.names["sgd"](parameters, lr)
        return [[plain(p.data) for p in parameters], [p.grad is None for p in parameters]]

    def trained(self, pixels: str, loss: str, lr: float, steps: int) -> list[float]:
        """Return the losses of some steps on minigrad's digits."""
        parameters = [self.names["Value"](array) for array in first_parameters()]
        losses = self.names["train"](parameters, digits(pixels, steps), lr, self.names[loss])
        return list(losses)

    def seen(self, program: str, leaves: dict[str, Any]) -> dict[str, Any]:
        """Return what a snapshot of a program's last value says."""
        taken = self.names["snapshot"](list(self.run(program, leaves).values())[-1])
        return in_words(taken.graphs[0])


class ByMinigrad(Engine):
    """The same functions of minigrad, which stand beside finite differences."""

    def __init__(self) -> None:
        super().__init__(minigrads_names() | {"__name__": "checks.minigrad"})

    def run(self, program: str, leaves: dict[str, Any]) -> dict[str, Any]:
        made = {
            name: mg.Tensor(np.asarray(data, float), requires_grad=True, name=name)
            for name, data in leaves.items()
        }
        exec(program, self.names, made)
        return made

    def gradients(self, program: str, leaves: dict[str, Any], times: int = 1) -> dict[str, Any]:
        made = self.run(program, leaves)
        root = list(made.values())[-1]
        for _ in range(times):
            root.backward(np.ones_like(root.data))
        for name in leaves:
            self.compare_with_differences(program, leaves, name, made[name].grad, times)
        return {"result": plain(root.data)} | {f"{n}.grad": plain(made[n].grad) for n in leaves}

    def compare_with_differences(
        self, program: str, leaves: dict[str, Any], name: str, grad: Any, times: int
    ) -> None:
        """Raise if a gradient differs from what two runs on either side of each entry say."""
        data = np.asarray(leaves[name], float)
        if np.abs(data).max() > 20 or program.count("\n") > 50:  # a step would be lost in it
            return
        for place in np.ndindex(data.shape):
            totals = []
            for h in (1e-6, -1e-6):
                moved = data.copy()
                moved[place] += h
                made = self.run(program, leaves | {name: moved})
                totals.append(list(made.values())[-1].data.sum())
            slope = times * (totals[0] - totals[1]) / 2e-6
            entry = 0 if grad is None else grad[place]
            if abs(entry - slope) > 1e-4 * max(1, abs(slope)):
                raise AssertionError(f"minigrad and finite differences disagree: {program}")

    def pulled(self, program: str, leaves: dict[str, Any], g: Any) -> dict[str, Any]:
        made = self.run(program, leaves)
        root = list(made.values())[-1]
        parents = [name for node in root.parents for name in leaves if made[name] is node]
        alone = {name: mg.Tensor(made[name].data, requires_grad=True) for name in leaves}
        exec(program, self.names, alone)
        list(alone.values())[-1].backward(np.asarray(g, float))
        contributions = [plain(alone[n].grad) for n in parents]
        return {"result": plain(root.data), "parents": parents, "pull(g)": contributions}

    def by_hand(self, x: float, w: float, b: float) -> list[Any]:
        of_neuron = self.gradients("y = tanh(add(mul(x, w), b))", {"x": x, "w": w, "b": b})
        return list(of_neuron.values())

    def walk(self, program: str, leaves: dict[str, Any]) -> list[str]:
        return list(self.run(program, leaves))[::-1]

    def stepped(self, program: str, leaves: dict[str, Any], lr: float) -> list[Any]:
        found = self.gradients(program, leaves)
        after = [data - lr * found[f"{name}.grad"] for name, data in leaves.items()]
        return [after, [True] * len(after)]

    def trained(self, pixels: str, loss: str, lr: float, steps: int) -> list[float]:
        parameters = [mg.Tensor(array, requires_grad=True) for array in first_parameters()]
        optimizer = mg.optim.SGD(parameters, lr=lr)
        losses = []
        for images, targets in digits(pixels, steps):
            W0, b0, W1, b1 = parameters
            z = (mg.Tensor(images) @ W0 + b0).relu() @ W1 + b1
            optimizer.zero_grad()
            value = self.names[loss](z, targets)
            value.backward()
            optimizer.step()
            losses.append(value.item())
        return losses

    def seen(self, program: str, leaves: dict[str, Any]) -> dict[str, Any]:
        return in_words(mg.viz.snapshot(list(self.run(program, leaves).values())[-1]).graphs[0])


def minigrads_names() -> dict[str, Any]:
    """Return minigrad's functions under the names of my_engine.py."""
    F = mg.nn.functional

    def naive_loss(z: Any, targets: Any) -> Any:
        return -np.log(F.softmax(z))[np.arange(len(targets)), targets].mean()

    return {
        "np": np,
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "tanh": np.tanh,
        "matmul": lambda a, b: a @ b,
        "sum_of": lambda a, axis=None: a.sum(axis=axis),
        "entries": lambda a, rows, columns: a[rows, columns],
        "exp": np.exp,
        "log": np.log,
        "softmax": F.softmax,
        "log_softmax": F.log_softmax,
        "cross_entropy": F.cross_entropy,
        "naive_loss": naive_loss,
        "relu": F.relu,
    }


HIDDEN, BATCH = 16, 32


def first_parameters() -> list[np.ndarray]:
    """Return the weights that a training starts from: the same for every engine."""
    rng = np.random.default_rng(7)
    shapes = [(784, HIDDEN), (HIDDEN,), (HIDDEN, 10), (10,)]
    return [rng.uniform(-1, 1, shape) / np.sqrt(shape[0]) for shape in shapes]


def digits(pixels: str, steps: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return batches of digits, with pixels from 0 to 1 ("unit") or to 255 ("raw")."""
    images, targets = mg.datasets.load_mnist()[:2]
    flat = images.reshape(len(images), -1) / (255 if pixels == "unit" else 1)
    return [(flat[i : i + BATCH], targets[i : i + BATCH]) for i in range(0, steps * BATCH, BATCH)]


def in_words(graph: Any) -> dict[str, Any]:
    """Return of a graph in a snapshot what does not depend on the names of ops."""
    return {
        "ops": len(graph.ops),
        "leaves": sorted(v.label for v in graph.values if v.role == "parameter"),
        "backward steps": len(graph.backward),
        "upstream gradients": sorted(step.upstream.norm or 0.0 for step in graph.backward),
        "births": sorted({f"{birth.what}, {birth.in_pass}" for birth in graph.births}),
    }


class Run(Case):
    """A program with its leaves, shown as code that can be pasted below my_engine.py."""

    def __init__(self, method: str, program: str, leaves: dict[str, Any], **more: Any) -> None:
        names = ", ".join(["program", "leaves", *more])
        super().__init__(f"engine.{method}({names})", program=program, leaves=leaves, **more)

    def __str__(self) -> str:
        given = self.arguments
        lines = [f'{n} = Value({as_code(v)}, name="{n}")' for n, v in given["leaves"].items()]
        code = given["program"].strip().split("\n")
        lines += (
            code if len(code) <= 12 else [*code[:5], f"# ... {len(code) - 6} such lines", code[-1]]
        )
        last = code[-1].partition(" =")[0]
        ends = {
            "gradients": [f"backward({last})"] * given.get("times", 1),
            "pulled": [f"{last}.pull(np.array({given.get('g')}))"],
            "walk": [f"order({last})"],
            "stepped": [
                f"backward({last})",
                f"sgd([{', '.join(given['leaves'])}], {given.get('lr')})",
            ],
            "seen": [f"snapshot({last})"],
        }
        return "\n".join(lines + ends[self.call.partition("(")[0].removeprefix("engine.")])


# ---------------------------------------------------------------------------------------------
# Yours, the reference's, or some of both
# ---------------------------------------------------------------------------------------------


def stages_of(source: str, file: str) -> dict[int, list[ast.stmt]]:
    """Return the definitions of a file by the stage whose heading they stand below."""
    heads = [(n, int(m[1])) for n, line in enumerate(source.split("\n"), 1)
             if (m := re.match(r"# Stage (\d+)", line))]  # fmt: skip
    found: dict[int, list[ast.stmt]] = {}
    for node in ast.parse(source, file).body:
        stage = max([stage for line, stage in heads if line < node.lineno], default=0)
        found.setdefault(stage, []).append(node)
    return found


def engine_of(path: Path, first: int = 1) -> Engine:
    """Make an engine of a file's stages from `first` on, and of the reference's before."""
    names: dict[str, Any] = {"__name__": "my_engine", "np": np}
    if first > 1:
        add_stages(names, REFERENCE, 0)
    add_stages(names, path, first if first > 1 else 0)
    return Engine(names)


def add_stages(names: dict[str, Any], path: Path, first: int) -> None:
    """Run a file's definitions from a stage on. They call each other by the names they find."""
    for stage, nodes in stages_of(path.read_text(encoding="utf-8"), str(path)).items():
        if stage >= first:
            exec(compile(ast.Module(nodes, []), str(path), "exec"), names)


def broken(*sources: str) -> Engine:
    """Make the reference with some functions replaced: an engine with a mistake in it."""
    names: dict[str, Any] = {"__name__": "checks.reference", "np": np}
    add_stages(names, REFERENCE, 0)
    for source in sources:
        exec(source, names)
    return Engine(names)


def check(stage: int, first: int = 1, path: Path = MINE) -> Report:
    """Check one stage of a file."""
    from checks.stages import STAGES

    exercise = STAGES[stage]
    try:
        engine = engine_of(path, first)
    except (Exception, SystemExit) as error:
        return exercise.unreadable(f"{path.name} cannot be run", in_short(error, path))
    return exercise.report(engine)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m checks.engine", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    stages = range(1, 11)
    parser.add_argument("stage", type=int, choices=stages, metavar="STAGE", help="1 to 10")
    parser.add_argument("--from", type=int, dest="first", default=1, choices=stages, metavar="N")
    parser.add_argument("--file", type=Path, default=MINE, help="default: my_engine.py")
    options = parser.parse_args(arguments)
    first = min(options.first, options.stage)
    reports = [check(stage, first, options.file) for stage in range(first, options.stage + 1)]
    report = next((report for report in reports if not report.passed), reports[-1])
    print(report)
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
