"""`step_through`: a page to go through the forward and the backward pass, one step at a time.

The page is one HTML file that needs nothing else: its parts are beside this file, its data is a
snapshot, its pictures are laid out by Graphviz beforehand.
"""

from __future__ import annotations

import html
import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from minigrad.engine import topological_order
from minigrad.tensor import Tensor, expect_tensor
from minigrad.text import shown
from minigrad.viz.graph.data import Snapshot, Value
from minigrad.viz.graph.survey import snapshot
from minigrad.viz.page.contents import Shown, pack, uses_of
from minigrad.viz.page.offline import Page, offline_page
from minigrad.viz.page.part import layer_of, part_and_layers, shown_part, unfolded
from minigrad.viz.page.program import programs_of
from minigrad.viz.page.svg import layers_svg
from minigrad.viz.picture.dot import MAX_NODES
from minigrad.viz.picture.drawing import PATIENCE
from minigrad.viz.picture.options import check_options
from minigrad.viz.picture.words import listing
from minigrad.viz.render import find_renderer, within

STYLES = "page.css", "step.css", "graph.css", "print.css"
SCRIPTS = (
    "elements.js",  # elements and numbers
    "arrays.js",  # arrays as numbers and as heat maps
    "views.js",  # the data, and what it is called
    "step.js",  # the step beside the graph
    "graph.js",  # the graph: what is lit at which step
    "stickers.js",  # its red labels, and the marks on the slider
    "folding.js",  # frames that fold
    "camera.js",  # drag, zoom, the small map
    "side.js",  # the program, the search, the split
    "paper.js",  # printing
    "player.js",  # from step to step
)


DEFAULTS = {"direction": "TB", "depth": None, "max_nodes": MAX_NODES, "theme": None}


class Player(Page):
    """The page to step through a graph. A notebook shows it; `save` writes it to a file.

    Attributes
    ----------
    snapshot : Snapshot
        The graph as plain data, as it was at the call of `step_through`.
    expanded : Snapshot or None
        The same with fused ops replaced by what they are defined by; None if there are none.
    """

    file, height = "steps.html", 680

    def __init__(
        self,
        snapshot: Snapshot,
        expanded: Snapshot | None = None,
        programs: list[dict[str, str]] | None = None,
        **options: Any,
    ) -> None:
        self.snapshot: Snapshot = snapshot
        self.expanded: Snapshot | None = expanded
        self.title: str = f"{_name(snapshot)}, step by step"
        self.programs: list[dict[str, str]] = programs or []
        self.options: dict[str, Any] = {**DEFAULTS, **options}

    @cached_property
    def page(self) -> str:
        """The whole page as HTML text."""
        if find_renderer() is None:
            raise RuntimeError(
                "the page needs Graphviz to lay out its graph: pip install graphviz-pure, or "
                "install Graphviz from your system's package manager"
            )
        views, pictures = [], []
        for number, taken in enumerate(filter(None, (self.snapshot, self.expanded))):
            tracks, drawn = self._view(taken, number)
            views.append(tracks)
            pictures += drawn
        theme = self.options["theme"]
        return offline_page(
            "player",
            self.title,
            STYLES,
            SCRIPTS,
            pack(views, self.programs, {"depth": self.options["depth"]}),
            theme="" if theme is None else f' data-theme="{theme}"',
            graphs="\n".join(pictures),
            back="One step back",
            on="One step on",
            step="Step",
            passes='<div id="passes" aria-hidden="true"></div>',
        )

    def _view(self, taken: Snapshot, number: int) -> tuple[list[Shown], list[str]]:
        """What the page has of a snapshot: the graphs, and the pictures of them all."""
        most, depth = self.options["max_nodes"], self.options["depth"]
        if len(taken.graphs) > 1:
            parts = [shown_part(graph, most // len(taken.graphs)) for graph in taken.graphs]
            wholes = map(unfolded, taken.graphs)
            sets = [[layer_of(part, whole, part) for part, whole in zip(parts, wholes)]]
        else:
            part, layers = part_and_layers(taken.graphs[0], most, depth)
            parts, sets = [part], [[layer] for layer in layers]
        tracks = [Shown(whole, part) for whole, part in zip(taken.graphs, parts)]
        uses: dict[str, int] = {}
        for whole, part in tracks:
            for name, count in uses_of(whole, part.graph).items():
                uses[name] = max(count, uses.get(name, 0))
        return tracks, [
            layers_svg(
                layers,
                self.options["direction"],
                uses,
                {"data-view": str(number), "data-picture": str(i)},
            )
            for i, layers in enumerate(sets)
        ]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to one file that works offline, whole or not at all.

        Parameters
        ----------
        path : path
            With the suffix .html.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            If the suffix is another one.
        RuntimeError
            If there is no program to lay the graph out.
        """
        path = Path(path)
        if path.suffix.lower() != ".html":
            suffix = shown(path.suffix) or "no suffix"
            raise ValueError(f"the page is saved as .html, not as {suffix}")
        return super().save(path)

    def _in(self, frame: str) -> str:
        """The page in a frame, or the graph in words and why there is no page."""
        try:
            with within(PATIENCE):
                return super()._in(frame)
        except RuntimeError as error:
            return f"<pre>{html.escape(listing(self.snapshot))}\n\n{html.escape(str(error))}</pre>"

    def __repr__(self) -> str:
        forward, back = (
            " and ".join(str(len(getattr(graph, part))) for graph in self.snapshot.graphs)
            for part in ("ops", "backward")
        )
        return (
            f"<Player of {_name(self.snapshot)}: {forward} steps forward, {back} "
            'back; save("steps.html") writes the page>'
        )


def step_through(
    loss: Tensor | None = None,
    gradient: Any = None,
    *,
    direction: Literal["TB", "BT", "LR", "RL"] = "TB",
    depth: int | None = None,
    max_nodes: int = MAX_NODES,
    theme: Literal["light", "dark"] | None = None,
    program: bool = False,
    **named: Tensor,
) -> Player:
    """Make a page to step through how a Tensor was computed, and back through its gradients.

    It shows the graph beside the op at hand: its inputs and its result, its backward rule, what the
    rule adds to each gradient, and where numbers stop being finite. The gradients are computed for
    the page; no `.grad` is changed.

    Parameters
    ----------
    loss : Tensor
        The result of a computation that was recorded.
    gradient : array_like, optional
        Where the backward pass starts: the upstream gradient of `loss`, of its shape. Needed unless
        `loss` has one element; without it the page has the forward pass only, as it has, with the
        reason, where an array has been changed in place since: by an optimiser's step, say.
    direction : "TB", "BT", "LR" or "RL"
        Where the computation runs: from top to bottom, ...
    depth : int, optional
        Which Modules are folded at first, as in `draw`: 0 the outermost, 1 its layers. A click
        opens them.
    max_nodes : int
        Of a larger graph, draw only so many values, the nearest to the output; repeated structure
        is drawn once before, as x50, say, and opened by a click.
    theme : "light" or "dark", optional
        The colours; left out, those that the reader's system is set to.
    program : bool
        Whether the page has the source file, or the cell, beside the step, with the running line
        marked; if it is known to be the source that ran. The whole text is then in the page.
    **named : Tensor
        Or several Tensors, each with a title: `step_through(naive=a, fused=b)`. They are stepped in
        parallel, what they share together; playing stops where one breaks.

    Returns
    -------
    Player
        A notebook shows it; `.save("steps.html")` writes one file, to open in any browser.

    Raises
    ------
    TypeError
        If something else than a Tensor is given, or nothing.
    ValueError
        If no op made the Tensor, the gradient does not fit it, or an option has a value that it
        does not know.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> step_through((x * x).sum())
    <Player of output: 2 steps forward, 2 back; save("steps.html") writes the page>
    """
    check_options(direction=direction, depth=depth, max_nodes=max_nodes, theme=theme or "light")
    roots: list[Any] = [*named.values()] if loss is None and named else [loss]
    for root in roots:
        expect_tensor(root)
        if root.op is None:
            raise ValueError(
                "there are no steps: this Tensor was not computed from others, or not recorded, "
                "because none of them has requires_grad=True or it was done under no_grad()"
            )
    given = (() if loss is None else (loss,), {"gradient": gradient, **named})
    whole = snapshot(*given[0], **given[1])
    fused = any(t.op and t.op.definition for root in roots for t in topological_order(root))
    return Player(
        whole,
        snapshot(*given[0], expand=True, **given[1]) if fused else None,
        programs_of(*roots) if program else None,
        direction=direction,
        depth=depth,
        max_nodes=max_nodes,
        theme=theme,
    )


def _name(taken: Snapshot) -> str:
    names = []
    for graph in taken.graphs:
        output = graph.nodes[graph.output]
        assert isinstance(output, Value)
        names.append(shown(graph.title or output.label or "output"))
    return " and ".join(names)
