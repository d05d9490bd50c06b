"""One MLP on real digits, four ways to write its loss: two of them die, and this shows where.

    python examples/mnist_mlp.py

trains the same network (784-128-10, ReLU) from the same weights on the same batches with each
head, on raw pixels (0..255) and on pixels scaled to 0..1. It prints what happened and leaves
pictures and `summary.json` in out/. Three situations are worth seeing:

    --pixels raw                 naive and shifted die at once
    --pixels raw --lr 0.0001     naive dies later, with a loss that is still finite
    --pixels unit                all four train alike
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor, datasets, nn, optim
from minigrad.nn import functional as F

# ---------------------------------------------------------------------------------------------
# The four heads: from logits (N, 10) and the digits (N,) to one number
# ---------------------------------------------------------------------------------------------


def naive(logits: Tensor, digits: np.ndarray) -> Tensor:
    """Softmax as its definition reads, then log, then pick the target: exp overflows."""
    exps = np.exp(logits)
    probs = exps / exps.sum(axis=1, keepdims=True)
    log_probs = np.log(probs)
    return -log_probs[np.arange(len(digits)), digits].mean()


def shifted(logits: Tensor, digits: np.ndarray) -> Tensor:
    """The stable softmax, then a log of its own: a probability that underflowed gives log(0)."""
    probs = F.softmax(logits)
    log_probs = np.log(probs)
    return -log_probs[np.arange(len(digits)), digits].mean()


def log_softmax(logits: Tensor, digits: np.ndarray) -> Tensor:
    """Log-probabilities as one operation, then the negative log-likelihood of the targets."""
    log_probs = F.log_softmax(logits)
    return F.nll_loss(log_probs, digits)


def fused(logits: Tensor, digits: np.ndarray) -> Tensor:
    """Both in one: the cross-entropy, straight from logits."""
    return F.cross_entropy(logits, digits)


Head = Callable[[Tensor, np.ndarray], Tensor]
HEADS: dict[str, Head] = {f.__name__: f for f in (naive, shifted, log_softmax, fused)}

# ---------------------------------------------------------------------------------------------
# Training
# ---------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What became of one head on one pixel scale."""

    pixels: str
    head: str
    lr: float
    steps: int = 0
    first_nonfinite_step: int | None = None
    born_in_op: str | None = None
    born_in_pass: str | None = None
    born_at: str | None = None
    born_in_line: str | None = None
    first_bad_parameter: str | None = None
    loss_at_first_nonfinite_step: float | None = None
    final_test_accuracy: float = 0.0
    loss_curve: list[float] = field(default_factory=list)
    gradient_norm_curve: list[float] = field(default_factory=list)


@dataclass
class Trained:
    """A finished run with what its pictures need."""

    run: Run
    model: nn.Module
    graph: Any  # the Drawing of the loss at the step that matters
    state: dict[str, np.ndarray]  # the weights before that step
    batch: tuple[np.ndarray, np.ndarray]


def make_model(settings: argparse.Namespace) -> nn.Module:
    mg.manual_seed(settings.seed)
    dtype = np.dtype(settings.dtype)
    return nn.Sequential(
        nn.Linear(784, settings.hidden, dtype=dtype),
        nn.ReLU(),
        nn.Linear(settings.hidden, 10, dtype=dtype),
    )


def train(run: Run, digits: Digits, settings: argparse.Namespace, progress: Any) -> Trained:
    """Train from the common start until the epochs are over or the weights are lost."""
    model = make_model(settings)
    optimizer = {"sgd": optim.SGD, "adam": optim.Adam}[settings.optimizer](
        model.parameters(), lr=run.lr
    )
    total = settings.epochs * digits.batches_an_epoch(settings.batch_size)
    for images, labels in digits.training_batches(settings):
        optimizer.zero_grad()
        loss = HEADS[run.head](model(Tensor(images, name="images")), labels)
        loss.backward()

        run.steps += 1
        run.loss_curve.append(loss.item())
        run.gradient_norm_curve.append(gradient_norm(model))
        healthy = math.isfinite(run.loss_curve[-1]) and math.isfinite(run.gradient_norm_curve[-1])
        first_trouble = not healthy and run.first_nonfinite_step is None
        if first_trouble:
            note_the_birth(run, loss)
        if first_trouble or (run.steps == total and run.first_nonfinite_step is None):
            graph, state, batch = mg.draw(loss), model.state_dict(), (images, labels)

        optimizer.step()
        progress.update()
        if not all(np.isfinite(p.data).all() for p in model.parameters()):
            progress.update(total - run.steps)
            break
    run.final_test_accuracy = accuracy(model, digits)
    return Trained(run, model, graph, state, batch)


def gradient_norm(model: nn.Module) -> float:
    squares = (np.square(p.grad, dtype=np.float64).sum() for p in model.parameters())
    return math.sqrt(sum(squares))


def note_the_birth(run: Run, loss: Tensor) -> None:
    """Ask the graph where its first harmful non-finite number came from, and where it went."""
    birth = mg.diagnose(loss).first
    run.first_nonfinite_step = run.steps
    run.loss_at_first_nonfinite_step = loss.item()
    run.born_in_op, run.born_in_pass = birth.op, birth.in_pass
    if birth.tensor.site:
        site = birth.tensor.site
        run.born_at = f"{os.path.relpath(site.filename)}:{site.line}"
        run.born_in_line = site.source
    if birth.reached:
        run.first_bad_parameter = birth.reached[0].path


def accuracy(model: nn.Module, digits: Digits) -> float:
    with mg.no_grad():
        logits = model(Tensor(digits.test_images))
    return float((logits.argmax(axis=1) == digits.test_labels).mean())


@dataclass
class Digits:
    """MNIST as rows of 784 pixels, on one scale and in one dtype."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray

    @staticmethod
    def scaled(arrays: tuple[np.ndarray, ...], pixels: str, dtype: str) -> Digits:
        train_images, train_labels, test_images, test_labels = arrays
        scale = 255 if pixels == "unit" else 1

        def rows(images: np.ndarray) -> np.ndarray:
            return (images.reshape(len(images), -1) / scale).astype(dtype)

        return Digits(
            rows(train_images),
            train_labels.astype(np.int64),
            rows(test_images),
            test_labels.astype(np.int64),
        )

    def batches_an_epoch(self, batch_size: int) -> int:
        return math.ceil(len(self.train_labels) / batch_size)

    def training_batches(self, settings: argparse.Namespace) -> Iterator[Any]:
        """The same batches, in the same order, for every run."""
        rng = np.random.default_rng(settings.seed)
        for _ in range(settings.epochs):
            yield from datasets.batches(
                self.train_images, self.train_labels, batch_size=settings.batch_size, seed=rng
            )


def naive_beside_fused(naive_run: Trained, settings: argparse.Namespace) -> Any:
    """Two losses of the same weights and the same batch, in one picture."""
    images, labels = naive_run.batch
    losses = {}
    for head in ("naive", "fused"):
        model = make_model(settings)
        model.load_state_dict(naive_run.state)
        losses[head] = HEADS[head](model(Tensor(images, name="images")), labels)
        losses[head].backward()
    return mg.draw(**losses)


# ---------------------------------------------------------------------------------------------
# Using the model that survived: softmax is for reading predictions
# ---------------------------------------------------------------------------------------------


def probabilities(model: nn.Module, images: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Class probabilities (N, 10); a temperature above 1 flattens them, below 1 sharpens them."""
    with mg.no_grad():
        return F.softmax(model(Tensor(images)) / temperature).numpy().astype(np.float64)


def sample(probs: np.ndarray, count: int, seed: int) -> list[int]:
    """Draw classes from one distribution."""
    rng = np.random.default_rng(seed)
    return [int(c) for c in rng.choice(len(probs), size=count, p=probs / probs.sum())]


def predict(model: nn.Module, digits: Digits, seed: int) -> dict[str, Any]:
    """Read the test digits: a few as they come, and those the model is least sure of."""
    probs = probabilities(model, digits.test_images)
    confidence = probs.max(axis=1)
    shown = [*range(8), *np.argsort(confidence, kind="stable")[:8]]
    doubtful = int(np.argmin(confidence))
    image = digits.test_images[doubtful : doubtful + 1]
    return {
        "digits": [
            {
                "test_index": int(i),
                "label": int(digits.test_labels[i]),
                "predicted": int(probs[i].argmax()),
                "confidence": float(confidence[i]),
                "probabilities": probs[i].tolist(),
            }
            for i in shown
        ],
        "most_doubtful": {
            "test_index": doubtful,
            "label": int(digits.test_labels[doubtful]),
            "twenty_draws": sample(probs[doubtful], 20, seed),
            "probabilities_at_temperature": {
                str(t): probabilities(model, image, t)[0].tolist() for t in (0.25, 1.0, 4.0)
            },
        },
    }


# ---------------------------------------------------------------------------------------------
# What is left in out/
# ---------------------------------------------------------------------------------------------

STYLES = {  # colours of Okabe and Ito: told apart by everyone, and by dash in print
    "naive": {"color": "#D55E00", "linestyle": "-", "linewidth": 1.6},
    "shifted": {"color": "#CC79A7", "linestyle": "--", "linewidth": 1.6},
    "log_softmax": {"color": "#56B4E9", "linestyle": "-", "linewidth": 4.0},
    "fused": {"color": "#000000", "linestyle": ":", "linewidth": 1.6},
}


def plot_curves(runs: list[Run], path: Path) -> None:
    """Loss and gradient norm of every head, a column for each pixel scale."""
    from matplotlib import pyplot as plt

    scales = list(dict.fromkeys(run.pixels for run in runs))
    figure, axes = plt.subplots(
        2, len(scales), figsize=(6.4 * len(scales), 7), sharex="col", squeeze=False
    )
    for column, pixels in enumerate(scales):
        for row, label in enumerate(("loss", "gradient norm")):
            ax = axes[row, column]
            for run in (r for r in runs if r.pixels == pixels):
                plot_run(ax, run, run.loss_curve if row == 0 else run.gradient_norm_curve)
            ax.set_yscale("log")
            ax.set_ylabel(label)
            ax.grid(alpha=0.25)
            ax.spines[["top", "right"]].set_visible(False)
        lr = next(r.lr for r in runs if r.pixels == pixels)
        span = "0 to 255" if pixels == "raw" else "0 to 1"
        axes[0, column].set_title(f"{pixels} pixels, {span} (lr {lr:g})", fontweight="bold")
        axes[1, column].set_xlabel("training step")
        axes[0, column].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def plot_run(ax: Any, run: Run, curve: list[float]) -> None:
    """A smoothed curve over a faint one, and a cross at the step where it died."""
    style = STYLES[run.head]
    finite = np.array([v if math.isfinite(v) else np.nan for v in curve])
    steps = np.arange(1, len(curve) + 1)
    dead = run.first_nonfinite_step
    label = run.head if dead is None else f"{run.head}: dead at step {dead}"
    if len(curve) > 40:
        ax.plot(steps, finite, color=style["color"], alpha=0.12, linewidth=0.8)
    window = min(15, len(curve))
    smooth = np.convolve(finite, np.ones(window) / window, mode="valid")
    ax.plot(steps[window - 1 :], smooth, label=label if dead is None else None, **style)
    if dead is not None:
        known = finite[np.isfinite(finite)]
        height = known[-1] if known.size else 1.0
        ax.plot(dead, height, "x", color=style["color"], markersize=11, mew=3, label=label)


def plot_predictions(model: nn.Module, digits: Digits, found: dict[str, Any], path: Path) -> None:
    """Test digits, what the model reads and how sure it is; one of them at three temperatures."""
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(13, 8.6))
    grid = figure.add_gridspec(
        5, 8, height_ratios=[1.5, 0.5, 1.5, 0.5, 1.7], hspace=0.5, top=0.9, bottom=0.07
    )
    figure.suptitle("softmax at inference: what the model says, and how sure it is", fontsize=15)
    for i, digit in enumerate(found["digits"]):
        row, column = divmod(i, 8)
        right = digit["predicted"] == digit["label"]
        color = "black" if right else "#C0152F"
        ax = figure.add_subplot(grid[2 * row, column])
        ax.imshow(digits.test_images[digit["test_index"]].reshape(28, 28), cmap="gray_r")
        ax.set_axis_off()
        truth = "" if right else f"\nwrong: it is a {digit['label']}"
        ax.set_title(
            f"{digit['predicted']}  ({digit['confidence']:.0%}){truth}",
            color=color,
            fontsize=12,
            fontweight="bold",
        )
        bars(figure.add_subplot(grid[2 * row + 1, column]), digit["probabilities"], color)
    for row, text in ((0, "the first test digits"), (2, "the most doubtful ones")):
        y = grid[row, 0].get_position(figure).y0
        figure.text(0.085, y + 0.02, text, rotation=90, fontsize=11, color="#555555")

    doubtful = found["most_doubtful"]
    for i, (temperature, probs) in enumerate(doubtful["probabilities_at_temperature"].items()):
        ax = figure.add_subplot(grid[4, 2 * i : 2 * i + 2])
        bars(ax, probs, "#0072B2")
        ax.set_title(f"temperature {float(temperature):g}", fontsize=11)
        ax.set_ylim(0, 1)
    ax = figure.add_subplot(grid[4, 6:])
    ax.set_axis_off()
    draws = " ".join(map(str, doubtful["twenty_draws"]))
    ax.text(
        0.02,
        0.85,
        "The most doubtful digit, its\nprobabilities sharpened and\nflattened by a temperature.\n\n"
        f"20 draws at temperature 1:\n{draws[:19]}\n{draws[20:]}",
        fontsize=11,
        va="top",
        transform=ax.transAxes,
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def bars(ax: Any, probs: list[float], color: str) -> None:
    ax.bar(range(10), probs, color=color, width=0.75)
    ax.set_ylim(0, 1.02)
    ax.set_xticks(range(10), [str(d) for d in range(10)], fontsize=7)
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)


def write_results(results: list[Trained], digits: dict[str, Digits], settings: Any) -> list[Path]:
    """Write everything into a folder beside out/, and only then move it there, file by file."""
    out: Path = settings.out
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        summary: dict[str, Any] = {
            "settings": {
                key: str(value) if isinstance(value, Path) else value
                for key, value in vars(settings).items()
            },
            "runs": [asdict(trained.run) for trained in results],
        }
        for trained in results:
            for suffix in (".svg", ".png"):
                trained.graph.save(
                    staging / f"graph-{trained.run.pixels}-{trained.run.head}{suffix}"
                )
            if trained.run.head == "naive":
                both = naive_beside_fused(trained, settings)
                for suffix in (".svg", ".png"):
                    both.save(staging / f"naive-and-fused-{trained.run.pixels}{suffix}")
        plot_curves([trained.run for trained in results], staging / "curves.png")

        survivors = [trained for trained in results if trained.run.first_nonfinite_step is None]
        if survivors:
            best = max(survivors, key=lambda trained: trained.run.final_test_accuracy)
            scaled = digits[best.run.pixels]
            found = predict(best.model, scaled, settings.seed)
            summary["predictions"] = {"pixels": best.run.pixels, "head": best.run.head, **found}
            plot_predictions(best.model, scaled, found, staging / "predictions.png")

        text = json.dumps(json_ready(summary), indent=2, allow_nan=False)
        (staging / "summary.json").write_text(text + "\n", encoding="utf-8")
        out.mkdir(exist_ok=True)
        return [Path(shutil.move(file, out / file.name)) for file in sorted(staging.iterdir())]
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def json_ready(value: Any) -> Any:
    """JSON has no NaN and no infinity: write them as strings, "NaN", "Infinity", "-Infinity"."""
    if isinstance(value, dict):
        return {key: json_ready(v) for key, v in value.items()}
    if isinstance(value, list):
        return [json_ready(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    return value


def table(runs: list[Run]) -> str:
    head = ("pixels", "head", "first bad step", "born in", "reached first", "test accuracy")
    rows = [head]
    for run in runs:
        if run.first_nonfinite_step is None:
            fate = ("-", "-", "-")
        else:
            loss = run.loss_at_first_nonfinite_step
            fate = (
                f"{run.first_nonfinite_step} (loss {loss:.4g})",
                f"{run.born_in_op}, {run.born_in_pass}",
                str(run.first_bad_parameter),
            )
        rows.append((run.pixels, run.head, *fate, f"{run.final_test_accuracy:.3f}"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * w for w in widths))
    for run in runs:
        if run.first_nonfinite_step is not None:
            lines.append(f"\n{run.pixels} {run.head}: born at {run.born_at}")
            lines.append(f"    {run.born_in_line}")
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------
# The command line
# ---------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line."""

    def error(self, message: str) -> Any:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--heads", nargs="+", default=list(HEADS), choices=list(HEADS), metavar="HEAD",
        help=f"which heads to train, of: {' '.join(HEADS)} (default: all)")  # fmt: skip
    add("--pixels", choices=["raw", "unit", "both"], default="both",
        help="pixels as they are (0..255), scaled to 0..1, or one after the other")  # fmt: skip
    add("--epochs", type=positive(int), default=5)
    add("--batch-size", type=positive(int), default=64)
    add("--hidden", type=positive(int), default=128, help="units of the hidden layer")
    add("--lr", type=positive(float), default=None,
        help="learning rate (default: 0.001; with SGD on unit pixels 0.1)")  # fmt: skip
    add("--optimizer", choices=["sgd", "adam"], default="sgd")
    add("--dtype", choices=["float16", "float32", "float64"], default="float32")
    add("--seed", type=positive(int, zero=True), default=0)
    add("--data", type=Path, metavar="DIR",
        help="folder with the full MNIST set as IDX files, plain or .gz")  # fmt: skip
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    add("--quiet", action="store_true", help="print nothing but errors")
    settings = parser.parse_args(arguments)
    settings.heads = list(dict.fromkeys(settings.heads))
    if settings.out.exists() and not settings.out.is_dir():
        parser.error(f"--out {settings.out} is a file, not a folder")
    return settings


def positive(kind: type, zero: bool = False) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        value = kind(text)
        if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
            raise argparse.ArgumentTypeError(f"must be a positive number, not {text}")
        return value

    convert.__name__ = kind.__name__
    return convert


def main(arguments: list[str] | None = None) -> int:
    settings = parse(arguments)
    try:
        import matplotlib
        from tqdm import tqdm

        matplotlib.use("Agg")
        arrays = datasets.load_mnist(settings.data)
        results, digits = [], {}
        scales = ["raw", "unit"] if settings.pixels == "both" else [settings.pixels]
        for pixels in scales:
            digits[pixels] = Digits.scaled(arrays, pixels, settings.dtype)
            default_lr = 0.1 if (pixels, settings.optimizer) == ("unit", "sgd") else 0.001
            for head in settings.heads:
                run = Run(pixels, head, lr=settings.lr or default_lr)
                steps = settings.epochs * digits[pixels].batches_an_epoch(settings.batch_size)
                with (
                    np.errstate(all="ignore"),  # NumPy's warnings are what this script explains
                    tqdm(total=steps, desc=f"{pixels} {head}", disable=settings.quiet) as progress,
                ):
                    results.append(train(run, digits[pixels], settings, progress))
        with np.errstate(all="ignore"):
            files = write_results(results, digits, settings)
    except KeyboardInterrupt:
        print("\ninterrupted; nothing was written", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        print(
            f"mnist_mlp: {error.name} is missing: pip install 'minigrad[examples]'", file=sys.stderr
        )
        return 2
    except (OSError, ValueError) as error:
        print(f"mnist_mlp: {error}", file=sys.stderr)
        return 2
    if not settings.quiet:
        print(f"\n{table([trained.run for trained in results])}\n")
        print(f"{len(files)} files in {settings.out}{os.sep}: look at naive-and-fused-*.svg first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
