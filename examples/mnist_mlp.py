"""One MLP on real digits, four ways to write its loss: two of them die, and this shows where.

    python examples/mnist_mlp.py

trains the same network (784-128-10, ReLU) from the same weights on the same batches with each
head, on raw pixels (0..255) and on pixels scaled to 0..1. It prints what happened and leaves
film.html, pictures, pages to step through and `summary.json` in out/. Three situations are worth
seeing:

    --pixels raw                 naive and shifted die at once
    --pixels raw --lr 0.0001     naive dies later, with a loss that is still finite
    --pixels unit                all four train alike
"""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while it loads, Ctrl-C has nothing to tidy up

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor, datasets, nn, optim, viz
from minigrad.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parent))  # command_line.py, also under runpy
from command_line import ending, ignore_stops

# ---------------------------------------------------------------------------------------------
# The four heads: from logits (N, 10) and the digits (N,) to one number
# ---------------------------------------------------------------------------------------------


def naive(logits: Tensor, digits: Tensor) -> Tensor:
    """Softmax as its definition reads, then log, then pick the target: exp overflows."""
    exps = np.exp(logits)
    probs = exps / exps.sum(axis=1, keepdims=True)
    log_probs = np.log(probs)
    return -log_probs[np.arange(len(digits)), digits].mean()


def shifted(logits: Tensor, digits: Tensor) -> Tensor:
    """The stable softmax, then a log of its own: a probability that underflowed gives log(0)."""
    probs = F.softmax(logits)
    log_probs = np.log(probs)
    return -log_probs[np.arange(len(digits)), digits].mean()


def log_softmax(logits: Tensor, digits: Tensor) -> Tensor:
    """Log-probabilities as one operation, then the negative log-likelihood of the targets."""
    log_probs = F.log_softmax(logits)
    return F.nll_loss(log_probs, digits)


def fused(logits: Tensor, digits: Tensor) -> Tensor:
    """Both in one: the cross-entropy, straight from logits."""
    return F.cross_entropy(logits, digits)


Head = Callable[[Tensor, Tensor], Tensor]
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
    born_because: str | None = None
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
    graph: viz.Drawing  # of the loss at the step that matters
    steps: viz.Player  # through that step
    recorder: viz.Recorder
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
    samples = digits.test_images[:4], digits.test_labels[:4]
    recorder = viz.Recorder(model, keep="film", samples=samples)
    total = settings.epochs * digits.batches_an_epoch(settings.batch_size)
    for images, labels in digits.training_batches(settings):
        optimizer.zero_grad()
        loss = loss_of(model, run.head, images, labels)
        loss.backward()

        run.steps += 1
        recorder.record(loss)
        run.loss_curve.append(recorder.losses[-1])
        run.gradient_norm_curve.append(
            math.hypot(*(norms[-1] for norms in recorder.gradient_norms.values()))
        )
        healthy = math.isfinite(run.loss_curve[-1]) and math.isfinite(run.gradient_norm_curve[-1])
        first_trouble = not healthy and run.first_nonfinite_step is None
        if first_trouble:
            note_the_birth(run, loss, optimizer)
        if first_trouble or (run.steps == total and run.first_nonfinite_step is None):
            graph, steps = mg.draw(loss), mg.step_through(loss)
            state, batch = model.state_dict(), (images, labels)

        optimizer.step()
        progress.update()
        if run.first_nonfinite_step and not all(
            np.isfinite(p.data).all() for p in optimizer.params
        ):
            progress.set_postfix_str(f"dead at step {run.first_nonfinite_step}")
            break
    run.final_test_accuracy = accuracy(model, digits)
    return Trained(run, model, graph, steps, recorder, state, batch)


def loss_of(model: nn.Module, head: str, images: np.ndarray, labels: np.ndarray) -> Tensor:
    logits = model(Tensor(images, name="images"))
    loss = HEADS[head](logits, Tensor(labels, name="digits"))
    loss.name = "loss"
    return loss


def note_the_birth(run: Run, loss: Tensor, optimizer: optim.Optimizer) -> None:
    """Ask the graph where its first harmful non-finite number came from, and where it went."""
    birth = mg.diagnose(loss).first
    run.first_nonfinite_step = run.steps
    run.loss_at_first_nonfinite_step = loss.item()
    # Without an op it was born in a sum of gradients, or in the weights: an update overflowed.
    update = f"{type(optimizer).__name__}.step"
    run.born_in_op = birth.op or ("a sum of gradients" if birth.in_gradient else update)
    run.born_in_pass = birth.in_pass
    if birth.tensor.site:
        site = birth.tensor.site
        run.born_at = f"{from_here(site.filename)}:{site.line}"
        run.born_in_line = site.source
    if explanation := birth.explain():
        run.born_because = explanation.reason
    if birth.reached:
        run.first_bad_parameter = birth.reached[0].path


def from_here(path: str) -> str:
    """The path from the current folder; the whole of it where Windows has it on another drive."""
    try:
        return os.path.relpath(path)
    except ValueError:
        return path


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
    """Two losses of the same logits in one picture: from there on they differ."""
    model = make_model(settings)
    model.load_state_dict(naive_run.state)
    images, labels = naive_run.batch
    logits = model(Tensor(images, name="images"))
    digits = Tensor(labels, name="digits")
    return mg.draw(naive=naive(logits, digits), fused=fused(logits, digits))


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
    shown = [*range(min(8, len(probs))), *np.argsort(confidence, kind="stable")[:8]]
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

SUMMARY = "summary.json"  # written last: where it is, all is


def plot_curves(runs: list[Run], path: Path) -> None:
    """Loss and gradient norm of every head, a column for each pixel scale."""
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["font.size"] = 16  # to be read from the last row
    scales = list(dict.fromkeys(run.pixels for run in runs))
    figure = Figure(figsize=(10 * len(scales), 11), layout="constrained")
    axes = figure.subplots(2, len(scales), squeeze=False)
    for (upper, lower), pixels in zip(axes.T, scales):
        here = [run for run in runs if run.pixels == pixels]
        viz.plot_losses({run.head: smooth(run.loss_curve) for run in here}, upper)
        viz.plot_losses({run.head: smooth(run.gradient_norm_curve) for run in here}, lower)
        lower.set_ylabel("gradient norm")
        span = "0 to 255" if pixels == "raw" else "0 to 1"
        upper.set_title(f"{pixels} pixels, {span} (lr {here[0].lr:g})", fontsize=24)
    figure.savefig(path, dpi=80)


def smooth(curve: list[float]) -> list[float]:
    """At each step the mean of the last 15, unless it is not finite itself."""
    means = []
    for step, value in enumerate(curve):
        last = [v for v in curve[max(step - 14, 0) : step + 1] if math.isfinite(v)]
        means.append(sum(last) / len(last) if math.isfinite(value) else value)
    return means


def plot_gradients(results: list[Trained], path: Path) -> None:
    """The gradient of every parameter over the steps: a row for each pixel scale, heads beside."""
    from matplotlib.figure import Figure

    scales = list(dict.fromkeys(trained.run.pixels for trained in results))
    heads = list(dict.fromkeys(trained.run.head for trained in results))
    size = 8 * len(heads), 6 * len(scales)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(scales), len(heads), squeeze=False)
    for trained in results:
        ax = axes[scales.index(trained.run.pixels), heads.index(trained.run.head)]
        viz.plot_gradient_flow(trained.recorder, ax)
        ax.set_title(f"{trained.run.head}, {trained.run.pixels} pixels", fontsize=20)
    figure.savefig(path, dpi=60)


def plot_predictions(model: nn.Module, digits: Digits, found: dict[str, Any], path: Path) -> None:
    """Test digits, what the model reads and how sure it is; one of them at three temperatures."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 9.5))
    half = len(found["digits"]) // 2
    rows = figure.add_gridspec(3, 1, hspace=0.42, top=0.88, bottom=0.06, left=0.07, right=0.98)
    figure.suptitle("softmax at inference: what the model reads, and how sure it is", fontsize=18)
    for row, title in enumerate(("the first test digits", "the most doubtful ones")):
        cells = rows[row].subgridspec(2, 8, height_ratios=[3, 1], hspace=0.06, wspace=0.25)
        for column, digit in enumerate(found["digits"][half * row : half * (row + 1)]):
            right = digit["predicted"] == digit["label"]
            color = "black" if right else "#C0152F"
            image = figure.add_subplot(cells[0, column])
            show_digit(image, digits.test_images[digit["test_index"]])
            reading = f"{digit['predicted']} ({digit['confidence']:.0%})"
            verdict = "right" if right else f"wrong, it is a {digit['label']}"
            image.set_title(f"{reading}\n{verdict}", color=color, fontsize=12)
            bars(figure.add_subplot(cells[1, column]), digit["probabilities"], color)
        label_row(figure, rows[row], title)

    doubtful = found["most_doubtful"]
    cells = rows[2].subgridspec(1, 5, wspace=0.25, width_ratios=[0.8, 1, 1, 1, 1.1])
    show_digit(figure.add_subplot(cells[0]), digits.test_images[doubtful["test_index"]])
    for i, (temperature, probs) in enumerate(doubtful["probabilities_at_temperature"].items()):
        ax = figure.add_subplot(cells[1 + i])
        bars(ax, probs, "#0072B2")
        ax.set_title(f"temperature {float(temperature):g}", fontsize=13)
    label_row(figure, rows[2], "one at three temperatures")
    draws = [str(draw) for draw in doubtful["twenty_draws"]]
    ax = figure.add_subplot(cells[4])
    ax.set_axis_off()
    text = "\n".join(
        ["20 draws at", "temperature 1:", "", " ".join(draws[:10]), " ".join(draws[10:])]
    )
    ax.text(0, 1, text, fontsize=13, va="top", linespacing=1.5, transform=ax.transAxes)
    figure.savefig(path, dpi=130)


def show_digit(ax: Any, pixels: np.ndarray) -> None:
    ax.imshow(pixels.reshape(28, 28), cmap="gray_r")
    ax.set_axis_off()


def label_row(figure: Any, cell: Any, text: str) -> None:
    middle = cell.get_position(figure)
    y = (middle.y0 + middle.y1) / 2
    figure.text(0.025, y, text, rotation=90, va="center", fontsize=13, color="#444444")


def bars(ax: Any, probs: list[float], color: str) -> None:
    ax.bar(range(10), probs, color=color, width=0.75)
    ax.set_ylim(0, 1.02)
    ax.set_xticks(range(10), [str(d) for d in range(10)], fontsize=7)
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """A folder in `out`; its files are moved there once everything has gone well.

    If it has not, there is nothing new in `out`, and no `out` if there was none before.
    """
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"--out {out} is a file, not a folder")
    out = Path(os.path.realpath(out))
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    staging = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
        yield staging
        files = sorted(staging.iterdir(), key=lambda file: (file.name == SUMMARY, file.name))
        for file in files:
            if (out / file.name).is_dir():
                raise IsADirectoryError(f"{out / file.name} is a folder, where a file should go")
        ignore_stops()
        for file in files:
            os.replace(file, out / file.name)
    finally:
        ignore_stops()
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for folder in made:
            with suppress(OSError):  # it has files in it: all has gone well
                folder.rmdir()


def write_results(
    results: list[Trained], digits: dict[str, Digits], settings: argparse.Namespace, folder: Path
) -> None:
    for trained in results:
        name = f"{trained.run.pixels}-{trained.run.head}"
        save_picture(trained.graph, folder / f"graph-{name}")
        trained.steps.save(folder / f"steps-{name}.html")
        if trained.run.head == "naive":
            both = naive_beside_fused(trained, settings)
            save_picture(both, folder / f"naive-and-fused-{trained.run.pixels}")
    plot_curves([trained.run for trained in results], folder / "curves.png")
    plot_gradients(results, folder / "gradient-flow.png")
    write_film(results, folder / "film.html")
    summary: dict[str, Any] = {
        "settings": {k: str(v) if isinstance(v, Path) else v for k, v in vars(settings).items()},
        "runs": [asdict(trained.run) for trained in results],
    }
    survivors = [trained for trained in results if trained.run.first_nonfinite_step is None]
    if survivors:
        best = max(survivors, key=lambda trained: trained.run.final_test_accuracy)
        scaled = digits[best.run.pixels]
        found = predict(best.model, scaled, settings.seed)
        summary["predictions"] = {"pixels": best.run.pixels, "head": best.run.head, **found}
        plot_predictions(best.model, scaled, found, folder / "predictions.png")
    text = json.dumps(json_ready(summary), indent=2, allow_nan=False)
    (folder / SUMMARY).write_text(text + "\n", encoding="utf-8")


def write_film(results: list[Trained], path: Path) -> None:
    """All heads on the first pixel scale side by side: the film of how they train, or die."""
    pixels = results[0].run.pixels
    recorders = {t.run.head: t.recorder for t in results if t.run.pixels == pixels}
    title = f"Same start, same batches, other loss: {pixels} pixels"
    viz.film(title=title, **recorders).save(path)


def save_picture(drawing: Any, path: Path) -> None:
    for suffix in (".svg", ".png"):
        drawing.save(path.with_suffix(suffix))


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
            lines.append(f"    {run.born_because or 'the last update overflowed the weights'}")
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
    add("--hidden", type=positive(int, most=10_000), default=128,
        help="units of the hidden layer, 10000 at most")  # fmt: skip
    add("--lr", type=positive(float), default=None,
        help="learning rate (default: 0.001; with SGD on unit pixels 0.1)")  # fmt: skip
    add("--optimizer", choices=["sgd", "adam"], default="sgd")
    add("--dtype", choices=["float16", "float32", "float64"], default="float32")
    add("--seed", type=positive(int, zero=True), default=73,
        help="initial weights, batches and draws (default: 73, a start from which the heads die "
        "in three different ways; with most others the first batch is enough)")  # fmt: skip
    add("--data", type=Path, metavar="DIR",
        help="folder with the full MNIST set as IDX files, plain or .gz")  # fmt: skip
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="default: out")
    add("--quiet", action="store_true", help="print nothing but errors")
    settings = parser.parse_args(arguments)
    settings.heads = list(dict.fromkeys(settings.heads))
    return settings


def positive(kind: type, zero: bool = False, most: float = math.inf) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        value = kind(text)
        if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
            raise argparse.ArgumentTypeError(f"must be a positive number, not {text}")
        if value > most:
            raise argparse.ArgumentTypeError(f"must be at most {most}, not {text}")
        return value

    convert.__name__ = kind.__name__
    return convert


def main(arguments: list[str] | None = None) -> int:
    settings = parse(arguments)
    wrong = ValueError, RuntimeError
    return ending("mnist_mlp", lambda: job(settings), wrong, whole=True)


def job(settings: argparse.Namespace) -> None:
    with staging_folder(settings.out) as folder, np.errstate(all="ignore"):
        # NumPy's warnings are off: what they warn of is what this script explains.
        results, digits = train_all(settings)
        write_results(results, digits, settings, folder)
    if not settings.quiet:
        print(f"\n{table([trained.run for trained in results])}\n")
        first = f"{results[0].run.pixels}-{settings.heads[0]}"
        print(
            f"Pictures, pages and summary.json are in {settings.out}{os.sep}; open film.html in a "
            f"browser first, then look at graph-{first}.svg and steps-{first}.html"
        )


def train_all(settings: argparse.Namespace) -> tuple[list[Trained], dict[str, Digits]]:
    from tqdm import tqdm

    arrays = datasets.load_mnist(settings.data)
    if not all(map(len, arrays)):
        raise ValueError(f"--data {settings.data} has no digits to train with, or none to test")
    results, digits = [], {}
    no_bar = settings.quiet or sys.stderr is None
    for pixels in ["raw", "unit"] if settings.pixels == "both" else [settings.pixels]:
        digits[pixels] = scaled = Digits.scaled(arrays, pixels, settings.dtype)
        steps = settings.epochs * scaled.batches_an_epoch(settings.batch_size)
        default_lr = 0.1 if (pixels, settings.optimizer) == ("unit", "sgd") else 0.001
        for head in settings.heads:
            run = Run(pixels, head, lr=settings.lr or default_lr)
            name = f"{pixels} {head}"
            with tqdm(total=steps, desc=f"{name:16}", disable=no_bar) as progress:
                results.append(train(run, scaled, settings, progress))
    return results, digits


if __name__ == "__main__":
    sys.exit(main())
