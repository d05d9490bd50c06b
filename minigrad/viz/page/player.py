"""`step_through`: a page to go through the forward and the backward pass, one step at a time.

The page is one HTML file that needs nothing else: its parts are beside this file, its data is a
snapshot, its pictures are laid out by Graphviz beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from dataclasses import fields, is_dataclass, replace
from functools import cached_property
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

from minigrad.engine import topological_order
from minigrad.files import whole_file
from minigrad.tensor import Tensor, expect_tensor
from minigrad.text import shown, shown_lines
from minigrad.viz.graph.data import Graph, Snapshot, Value, as_plain
from minigrad.viz.graph.selection import nearest
from minigrad.viz.graph.summary import Summary
from minigrad.viz.graph.survey import snapshot
from minigrad.viz.page.svg import MAX_VALUES, graph_svg
from minigrad.viz.picture.drawing import PATIENCE
from minigrad.viz.picture.words import listing
from minigrad.viz.render import find_renderer, within
from minigrad.viz.showing import show, temporary

DIGITS = 4  # significant ones, as many as the page shows
HEIGHT = 680  # of the page in a notebook
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

    def __init__(self, snapshot: Snapshot, expanded: Snapshot | None = None) -> None:
        self.snapshot: Snapshot = snapshot
        self.expanded: Snapshot | None = expanded

    @cached_property
    def page(self) -> str:
        """The whole page as HTML text."""
        if find_renderer() is None:
            raise RuntimeError(
                "the page needs Graphviz to lay out its graph: pip install graphviz-pure, or "
                "install Graphviz from your system's package manager"
            )
        graphs = [_part(taken.graphs[0]) for taken in (self.snapshot, self.expanded) if taken]
        style = _read("player.css")
        script = "\n".join(map(_read, ("arrays.js", "graph.js", "player.js")))
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        parts = {
            "policy": f"default-src 'none'; {allowed}",
            "title": html.escape(f"{_name(graphs[0])}, step by step"),
            "style": style,
            "graphs": "\n".join(graph_svg(graph, i) for i, graph in enumerate(graphs)),
            "data": _in_script(_pack(graphs, self.snapshot, self.expanded)),
            "script": script,
        }
        return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("player.html"))

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
        title = f"{_name(self.snapshot.graphs[0])}, step by step"
        return frame.format(title=html.escape(title), height=HEIGHT, page=html.escape(page))

    def __repr__(self) -> str:
        graph = self.snapshot.graphs[0]
        return (
            f"<Player of {_name(graph)}: {len(graph.ops)} steps forward, {len(graph.backward)} "
            'back; save("steps.html") writes the page>'
        )


def step_through(loss: Tensor, gradient: Any = None) -> Player:
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

    Returns
    -------
    Player
        A notebook shows it; `.save("steps.html")` writes one file, to open in any browser.

    Raises
    ------
    TypeError
        If something else than a Tensor is given.
    ValueError
        If no op made the Tensor, or the gradient does not fit it.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True, name="x")
    >>> step_through((x * x).sum())
    <Player of output: 2 steps forward, 2 back; save("steps.html") writes the page>
    """
    expect_tensor(loss)
    if loss.op is None:
        raise ValueError(
            "there are no steps: this Tensor was not computed from others, or not recorded, "
            "because none of them has requires_grad=True or it was done under no_grad()"
        )
    whole = snapshot(loss, gradient=gradient)
    fused = any(t.op and t.op.definition for t in topological_order(loss))
    return Player(whole, snapshot(loss, gradient=gradient, expand=True) if fused else None)


# ---------------------------------------------------------------------------------------------
# The data of the page
# ---------------------------------------------------------------------------------------------


def _part(graph: Graph) -> Graph:
    """What the page shows of a graph: all, or what is nearest to the output."""
    if len(graph.values) <= MAX_VALUES:
        return graph
    kept = nearest(graph, MAX_VALUES).nodes
    ops = tuple(op for op in graph.ops if op.id in kept)
    needed = {*kept, *chain.from_iterable(op.inputs for op in ops)}
    return replace(
        graph,
        ops=ops,
        values=tuple(value for value in graph.values if value.id in needed),
        edges=tuple(edge for edge in graph.edges if {edge.source, edge.target} <= needed),
        backward=tuple(step for step in graph.backward if step.op in kept),
    )


def _pack(graphs: list[Graph], *whole: Snapshot | None) -> str:
    """Write graphs as JSON, each array that they share once, in as many digits as are shown."""
    arrays: dict[str, int] = {}
    known: dict[int, int] = {}

    def pack(part: Any) -> Any:
        if isinstance(part, Summary):
            if id(part) not in known:
                text = json.dumps(_rounded(part), separators=(",", ":"))
                known[id(part)] = arrays.setdefault(text, len(arrays))
            return known[id(part)]
        if is_dataclass(part):
            return {field.name: pack(getattr(part, field.name)) for field in fields(part)}
        if isinstance(part, str):
            return shown_lines(part)
        return [pack(item) for item in part] if isinstance(part, tuple) else part

    views = []
    for graph, taken in zip(graphs, filter(None, whole)):
        complete = taken.graphs[0]
        shown, total = len(graph.values), len(complete.values)
        part = f"the part nearest to the output: {shown} of {total} values"
        about = {
            "headline": complete.headline(),
            "note": part if shown < total else None,
            "caveat": "; ".join(filter(None, (complete.caveat(), graph.remark_on_names()))) or None,
        }
        views.append(pack(graph) | about)
    text = json.dumps({"views": views}, separators=(",", ":"), allow_nan=False)
    return f'{text[:-1]},"arrays":[{",".join(arrays)}]}}'


def _rounded(part: Any) -> Any:
    """A summary as what JSON knows, its numbers in as many digits as are shown."""
    if is_dataclass(part):
        return {name: _rounded(value) for name, value in as_plain(part).items()}
    if isinstance(part, dict):
        return {name: _rounded(value) for name, value in part.items()}
    if isinstance(part, (tuple, list)):
        return [_rounded(item) for item in part]
    return float(f"{part:.{DIGITS}g}") if isinstance(part, float) else part


def _in_script(text: str) -> str:
    """Escape JSON so that nothing in it can end the element of HTML that it stands in."""
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _name(graph: Graph) -> str:
    output = graph.nodes[graph.output]
    assert isinstance(output, Value)
    return shown(output.label or "output")


def _read(name: str) -> str:
    return (files("minigrad.viz.page") / name).read_text(encoding="utf-8")
