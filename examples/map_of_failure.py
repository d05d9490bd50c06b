"""Where each way to write the cross-entropy breaks: by the size of the logits, and by dtype.

    python examples/map_of_failure.py

tries five heads, equal on paper, on logits from ±1 to ±10,000 and compares loss and gradient with
400-digit arithmetic:

    naive          log(exp(z) / Σ exp(z))
    shifted        log(softmax(z))
    textbook       z − max z − log Σ exp(z − max z), as textbooks and frameworks compute it
    log_softmax    nll_loss(log_softmax(z), target)
    fused          cross_entropy(z, target)

The result is left in out/map-of-failure.png.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from command_line import run

from minigrad import viz


def main(out: Path) -> None:
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["font.size"] = 16  # to be read from the last row
    outcomes = viz.map_of_failure()
    verdicts = ("exact", "inaccurate", "inf", "NaN")
    print(f"{'':14}" + "".join(f"{verdict:>12}" for verdict in verdicts))
    for head in dict.fromkeys(outcome.head for outcome in outcomes):
        counts = Counter(outcome.verdict for outcome in outcomes if outcome.head == head)
        print(f"{head:14}" + "".join(f"{counts[verdict]:>12}" for verdict in verdicts))

    figure = Figure(figsize=(24, 15), layout="constrained")
    for row, quantity in zip(figure.subplots(2, 2), ("loss", "gradient")):
        for ax, target in zip(row, ("smallest", "largest")):
            viz.plot_map_of_failure(outcomes, quantity, target, ax=ax)
    figure.savefig(out / "map-of-failure.png", dpi=80)

    print(f"\nLook at {out / 'map-of-failure.png'}:")
    print("- naive and shifted die sooner in float16 than in float64, but they die in all of them;")
    print("- the gradient of shifted is NaN where its loss is still right;")
    print("- textbook never dies, but where the target has by far the largest logit it loses all")
    print("  digits of the loss and its gradient; log_softmax and fused keep them here.")


if __name__ == "__main__":
    run(main, __doc__)
