"""`step_through`: a page to go through the forward and the backward pass, one step at a time.

The page is one HTML file that needs nothing else: its parts are beside this file, its data is a
snapshot, its pictures are laid out by Graphviz beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from minigrad.engine import topological_order
from minigrad.files import whole_file
from minigrad.tensor import Tensor, expect_tensor
from minigrad.text import shown
from minigrad.viz.graph.data import Snapshot, Value
from minigrad.viz.graph.survey import snapshot
from minigrad.viz.page.contents import Shown, in_script, pack, uses_of
from minigrad.viz.page.part import layer_of, part_and_layers, shown_part, unfolded
from minigrad.viz.page.program import programs_of
from minigrad.viz.page.svg import layers_svg
from minigrad.viz.picture.dot import MAX_NODES
from minigrad.viz.picture.drawing import PATIENCE
from minigrad.viz.picture.options import check_options
from minigrad.viz.picture.words import listing
from minigrad.viz.render import find_renderer, within
from minigrad.viz.showing import show, temporary

HEIGHT = 680  # of the page in a notebook
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
FRAME = (
    '<iframe title="{title}" sandbox="allow-scripts" style="width: 100%; height: {height}px; '
    'border: 0" srcdoc="{page}"></iframe>'
)
FRAME_WHEN_SEEN = """<b style="display: block; content-visibility: auto" title="{title}"
oncontentvisibilityautostatechange="if (event.skipped) return;
this.insertAdjacentHTML('afterend', '<iframe sandbox=allow-scripts></iframe>');
const {{title, dataset}} = this, style = 'width: 100%; height: {height}px; border: 0';
Object.assign(this.nextSibling, {{title, style, srcdoc: dataset.page}}); this.remove()"
data-page="{page}">The steps are not shown: this notebook is not trusted, or was exported without
its scripts. Trust it and run the cell again, or .save("steps.html") and open that in a browser.</b>
"""
"""Where attributes are taken out, the line remains; where not, the page takes its place."""


class Player:
    """The page to step through a graph. A notebook shows it; `save` writes it to a file.

    Attributes
    ----------
    snapshot : Snapshot
        The graph as plain data, as it was at the call of `step_through`.
    expanded : Snapshot or None
        The same with fused ops replaced by what they are defined by; None if there are none.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        expanded: Snapshot | None = None,
        programs: list[dict[str, str]] | None = None,
        **options: Any,
    ) -> None:
        self.snapshot: Snapshot = snapshot
        self.expanded: Snapshot | None = expanded
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
        script = "\n".join(map(_read, SCRIPTS))
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        theme = self.options["theme"]
        parts = {
            "policy": f"default-src 'none'; {allowed}",
            "theme": "" if theme is None else f' data-theme="{theme}"',
            "title": html.escape(f"{_name(self.snapshot)}, step by step"),
            "style": "\n".join(map(_read, STYLES)),
            "graphs": "\n".join(pictures),
            "data": in_script(pack(views, self.programs, {"depth": self.options["depth"]})),
            "script": script,
        }
        return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("player.html"))

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
        content = self.page.encode(errors="backslashreplace")
        with whole_file(path) as file:
            file.write(content)
        return path

    def show(self) -> Path:
        """Open the page in a browser, from a script; return where it was written."""
        return show(self.save(temporary("steps.html")))

    def _repr_html_(self) -> str:
        return self._in(FRAME_WHEN_SEEN)

    def _mime_(self) -> tuple[str, str]:
        """What marimo shows, which trusts its cells and takes handlers out."""
        return "text/html", self._in(FRAME)

    def _in(self, frame: str) -> str:
        """The page in a frame, or the graph in words and why there is no page."""
        try:
            with within(PATIENCE):
                page = self.page
        except RuntimeError as error:
            return f"<pre>{html.escape(listing(self.snapshot))}\n\n{html.escape(str(error))}</pre>"
        title = f"{_name(self.snapshot)}, step by step"
        return frame.format(title=html.escape(title), height=HEIGHT, page=html.escape(page))

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


def _read(name: str) -> str:
    return (files("minigrad.viz.page") / name).read_text(encoding="utf-8")
