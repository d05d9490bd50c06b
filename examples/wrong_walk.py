"""Why the order of the backward pass matters: the same rules in a wrong and in a right order.

    python examples/wrong_walk.py

    b = a · x
    c = b + x
    L = b · c

Both c and L were made from b. So the gradient of b is a sum, of 9 from L and 6 from c, and only the
whole sum may be passed on to a. A depth-first walk goes from L straight to b, passes on the 9 that
have arrived by then, and the 6 come too late. The engine visits a Tensor after everything that was
made from it: in reverse topological order.

Both walks are printed, and drawn side by side in out/wrong-walk.svg.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from command_line import run

import minigrad as mg
from minigrad import Tensor


class Visit(NamedTuple):
    """One step of a walk: the backward rule of the op that made a Tensor, run once."""

    tensor: Tensor
    upstream: float  # the gradient of the Tensor that had arrived by then
    passed_on: dict[str, float]  # what the rule made of it: a contribution for each parent


def make_graph(at: float = 2.0) -> tuple[Tensor, Tensor]:
    """Compute L of a = 2, and return both."""
    a = Tensor(at, requires_grad=True, dtype=float, name="a")
    x = Tensor(3.0, dtype=float, name="x")
    b = a * x
    c = b + x
    L = b * c
    b.name, c.name, L.name = "b", "c", "L"
    return a, L


def wrong_walk(L: Tensor) -> list[Visit]:
    """Go depth-first, and run the rule of each op as soon as the walk gets there."""
    visits: list[Visit] = []
    seen = set()

    def visit(tensor: Tensor) -> None:
        seen.add(tensor)
        upstream = tensor.grad  # the mistake: more of it may still be on its way
        inputs = [parent.data for parent in tensor.parents]
        contributions = tensor.op.backward(upstream, tensor.data, *inputs)
        passed_on = {}
        for parent, contribution in zip(tensor.parents, contributions):
            if parent.requires_grad:
                parent.grad = contribution if parent.grad is None else parent.grad + contribution
                passed_on[parent.name] = float(contribution)
        visits.append(Visit(tensor, float(upstream), passed_on))
        for parent in tensor.parents:
            if parent.op is not None and parent not in seen:
                visit(parent)

    L.grad = np.ones_like(L.data)
    visit(L)
    return visits


def right_walk(L: Tensor) -> list[Visit]:
    """Go in reverse topological order: the engine's own walk, which `L.backward()` does."""
    visits = []
    for step in mg.steps(L):
        pairs = zip(step.tensor.parents, step.contributions)
        passed_on = {parent.name: float(g) for parent, g in pairs if g is not None}
        visits.append(Visit(step.tensor, float(step.upstream), passed_on))
    return visits


def arrived(visit: Visit) -> str:
    """How much of its gradient a Tensor had when it was visited."""
    whole = visit.tensor.grad
    return f"{visit.upstream:g}" + (f" of {whole:g}" if visit.upstream != whole else "")


def too_late(visits: list[Visit]) -> set[tuple[str, str]]:
    """From whom to whom something was passed on after the receiver's turn."""
    order = [visit.tensor.name for visit in visits]
    late = set()
    for i, visit in enumerate(visits):
        late |= {(visit.tensor.name, name) for name in visit.passed_on if name in order[:i]}
    return late


def table(visits: list[Visit]) -> list[str]:
    """A walk as text, a line for each step."""
    late = too_late(visits)
    lines = [f"{'visits':8}{'gradient':10}passes on"]
    for visit in visits:
        name = visit.tensor.name
        shares = [
            f"{g:g} to {to}{', too late' * ((name, to) in late)}"
            for to, g in visit.passed_on.items()
        ]
        lines.append(f"{name:8}{arrived(visit):10}{' and '.join(shares)}")
    return lines


# ---------------------------------------------------------------------------------------------
# The picture: for each walk four boxes and four arrows, written as SVG
# ---------------------------------------------------------------------------------------------

INK, BLUE, RED = "#1a1a1a", "#1f4e80", "#b3001b"
BOXES = {"a": (60, 120), "b": (60, 260), "c": (280, 370), "L": (130, 510)}  # their corners
ARROWS = {  # both ends, and where the number stands
    ("b", "a"): (160, 258, 160, 198, 172, 236),
    ("L", "b"): (160, 508, 160, 338, 172, 430),
    ("L", "c"): (300, 508, 340, 448, 338, 488),
    ("c", "b"): (346, 368, 264, 322, 322, 340),
}


def panel(title: str, visits: list[Visit], gradient: float, truth: float) -> str:
    """One walk: red is what was passed on too early, or came too late."""
    late = too_late(visits)
    good = np.isclose(gradient, truth)
    color = BLUE if good else RED
    verdict = f"∂L/∂a = {gradient:g}: {'right' if good else f'wrong, it is {truth:g}'}"
    svg = [f'<text x="60" y="44" font-size="26" font-weight="bold">{title}</text>']
    svg += [f'<text x="60" y="84" font-size="22" fill="{color}">{verdict}</text>']
    notes = {"a": (0, f"gradient {gradient:g}", good)}  # a is where the walk ends
    for step, visit in enumerate(visits, 1):
        name = visit.tensor.name
        complete = visit.upstream == visit.tensor.grad
        notes[name] = (step, f"gradient {arrived(visit)}", complete)
        for to, amount in visit.passed_on.items():
            x1, y1, x2, y2, x, y = ARROWS[name, to]
            hue, dashes, remark = INK, "", ""
            if (name, to) in late:
                hue, dashes, remark = RED, "7 5", " too late"
            svg += [
                f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{hue}" stroke-width="3" '
                f'stroke-dasharray="{dashes}" marker-end="url(#tip{hue[1:]})"/>',
                f'<text x="{x}" y="{y}" fill="{hue}" font-weight="bold">{amount:g}{remark}</text>',
            ]
    for name, (step, note, complete) in notes.items():
        x, y = BOXES[name]
        hue = INK if complete else RED
        svg += [
            f'<rect x="{x}" y="{y}" width="200" height="76" rx="12" fill="#f2f5f9" stroke="{hue}" '
            'stroke-width="2"/>',
            f'<text x="{x + 20}" y="{y + 32}" font-size="24" font-weight="bold">{name}</text>',
            f'<text x="{x + 20}" y="{y + 62}" fill="{hue}">{note}</text>',
        ]
        if step:
            svg += [
                f'<circle cx="{x + 176}" cy="{y + 24}" r="17" fill="{INK}"/>',
                f'<text x="{x + 176}" y="{y + 31}" fill="white" font-weight="bold" '
                f'text-anchor="middle">{step}</text>',
            ]
    return "\n".join(svg)


def picture(left: str, right: str) -> str:
    """Both walks side by side."""
    tips = "".join(
        f'<marker id="tip{color[1:]}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="5" '
        f'markerHeight="5" orient="auto"><path d="M0 0L10 5L0 10z" fill="{color}"/></marker>'
        for color in (INK, RED)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1060 660" font-size="20" '
        f'font-family="Helvetica, Arial, sans-serif" fill="{INK}">\n{tips}\n'
        f'<rect width="1060" height="660" fill="white"/>\n{left}\n'
        '<text x="60" y="632">In circles: in which order the walk visits.</text>\n'
        f'<g transform="translate(530)">\n{right}\n</g>\n</svg>\n'
    )


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (wrong_a, wrong_L), (right_a, right_L) = make_graph(), make_graph()
    wrong, right = wrong_walk(wrong_L), right_walk(right_L)

    print(f"{'':6}{'depth-first: wrong':38}reverse topological: right")
    for step, (line, beside) in enumerate(zip(table(wrong), table(right))):
        print(f"{step or 'step':<6}{line:38}{beside}")
    print(f"dL/da {wrong_a.grad:<38g}{right_a.grad:g}\n")

    # Who is right? Differences of L need no walk at all.
    h = 1e-4
    slope = (make_graph(2 + h)[1].item() - make_graph(2 - h)[1].item()) / (2 * h)
    print(f"finite differences say {slope:.4f}\n")

    path = out / "wrong-walk.svg"
    panels = (
        panel("Depth-first", wrong, float(wrong_a.grad), round(slope, 4)),
        panel("Reverse topological", right, float(right_a.grad), round(slope, 4)),
    )
    path.write_text(picture(*panels), encoding="utf-8")
    print(f"Look at {path}: each arrow is a contribution, on its way back from L.")
    print("Then take `and parent not in seen` out of the wrong walk: b is visited twice, its 9 are")
    print("passed on twice, and the gradient is 72. Where every Tensor is used only once, neither")
    print("mistake shows.")


if __name__ == "__main__":
    run(main, __doc__)
