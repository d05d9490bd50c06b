"""`step_through`: a page to go through the forward and the backward pass, one step at a time.

The page is one HTML file that needs nothing else: its parts are in `page/`, its data is a snapshot,
its pictures are laid out by Graphviz beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.engine import topological_order
from minigrad.files import whole_file
from minigrad.tensor import Tensor, expect_tensor
from minigrad.viz.dot import Picture
from minigrad.viz.labels import LARGE, MEDIUM, MONO, THEMES, Labels, escape, row, table
from minigrad.viz.render import find_renderer, render
from minigrad.viz.selection import nearest
from minigrad.viz.snapshot import Birth, Graph, Operation, Snapshot, Value
from minigrad.viz.summary import Summary
from minigrad.viz.survey import snapshot

MAX_VALUES = 200  # of a larger graph the page shows the part that is nearest to the output
DIGITS = 4  # significant ones, as many as the page shows
HEIGHT = 680  # of the page in a notebook
LONG = 24  # characters of a name that stand in the graph
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("path", "polygon", "polyline", "ellipse", "text")
KEPT = ("d", "points", "cx", "cy", "rx", "ry", "x", "y", "text-anchor", "font-size")


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
        self.snapshot, self.expanded = snapshot, expanded

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
            "graphs": "\n".join(_picture(graph, i) for i, graph in enumerate(graphs)),
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
            raise ValueError(f"the page is saved as .html, not as {path.suffix or 'no suffix'}")
        content = self.page.encode(errors="backslashreplace")
        with whole_file(path) as file:
            file.write(content)
        return path

    def _repr_html_(self) -> str | None:
        try:
            page = self.page
        except RuntimeError:
            return None
        return (
            f'<iframe title="{html.escape(_name(self.snapshot.graphs[0]))}, step by step" '
            f'sandbox="allow-scripts" style="width: 100%; height: {HEIGHT}px; border: 0" '
            f'srcdoc="{html.escape(page)}"></iframe>'
        )

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
        `loss` has one element; without it the page has the forward pass only.

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

    def pack(value: Any) -> Any:
        if isinstance(value, list):
            return [pack(item) for item in value]
        if isinstance(value, dict) and "entries" in value:
            text = json.dumps(_rounded(value), separators=(",", ":"))
            return arrays.setdefault(text, len(arrays))
        if isinstance(value, dict):
            return {key: pack(item) for key, item in value.items()}
        return value

    views = []
    for graph, taken in zip(graphs, filter(None, whole)):
        complete = taken.graphs[0]
        view = pack(json.loads(Snapshot((graph,)).to_json())["graphs"][0])
        shown, total = len(graph.values), len(complete.values)
        note = f"the part nearest to the output: {shown} of {total} values"
        view |= {"headline": complete.headline(), "note": note if shown < total else None}
        views.append(view)
    text = json.dumps({"views": views}, separators=(",", ":"), allow_nan=False)
    return f'{text[:-1]},"arrays":[{",".join(arrays)}]}}'


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _in_script(text: str) -> str:
    """Escape JSON so that nothing in it can end the element of HTML that it stands in."""
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _name(graph: Graph) -> str:
    output = graph.nodes[graph.output]
    assert isinstance(output, Value)
    return output.label or "output"


def _read(name: str) -> str:
    return (files("minigrad.viz") / "page" / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------
# The picture: what Graphviz drew, without its colours, which are the page's own
# ---------------------------------------------------------------------------------------------


class _PagePicture(Picture):
    """A picture with small boxes and large letters, to be read from the last row."""

    def __init__(self, *options: Any) -> None:
        super().__init__(*options)
        self.labels = _PageLabels(self.theme, self.show)


class _PageLabels(Labels):
    """The name of a value, its shape or its few numbers, one under the other."""

    def value(
        self,
        value: Value,
        grads: dict[str | None, Summary | None],
        births: list[Birth],
        uses: int,
        remark: str | None,
    ) -> str:
        lines = []
        if value.label is not None:
            lines.append(self.bold(escape(_shorten(value.label)), LARGE))
        elif value.expression is not None:
            code = f'<font face="{MONO}">{escape(_shorten(value.expression))}</font>'
            lines.append(self.font(code, LARGE))
        if value.shape:
            lines.append(self.font(str(value.shape), MEDIUM, self.theme.faint))
        if value.data.entries is not None:
            lines += self.lines(value, grads)[: 1 if value.role == "constant" else None]
        return table('bgcolor="white"', *(row(f"{line}&#160;") for line in lines))

    def op(self, op: Operation, births: list[Birth], blamed: bool, folded: bool) -> str:
        return table('bgcolor="white"', row(self.bold(escape(op.name), LARGE)))


def _shorten(text: str) -> str:
    """Cut a long text: the page has it whole, beside the graph."""
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _picture(graph: Graph, number: int) -> str:
    """Lay out a graph as SVG for the page.

    Births and bad edges are left to the page, which shows them when the step has come.
    """
    drawn = nearest(graph, MAX_VALUES) if len(graph.values) > MAX_VALUES else graph
    drawn = replace(
        drawn,
        title=None,
        births=(),
        culprit=None,
        edges=tuple(replace(e, bad_value=False, bad_gradient=False) for e in drawn.edges),
    )
    source = _PagePicture(Snapshot((drawn,)), "both", None, len(graph.values), "light").dot("TB")
    laid_out = ET.fromstring(render(source, "svg"))
    _, _, width, height = laid_out.attrib["viewBox"].split()
    canvas = next(laid_out.iter(f"{SVG}g"))
    offset = re.findall(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", canvas.attrib["transform"])[0]
    svg = ET.Element("svg", {"class": "graph", "data-view": str(number), "role": "group"})
    svg.attrib |= {"data-width": width, "data-height": height, "data-offset": " ".join(offset)}
    camera = ET.SubElement(ET.SubElement(svg, "g", {"class": "camera"}), "g")
    camera.set("transform", f"translate({' '.join(offset)})")
    for kind in ("cluster", "edge", "node"):
        for group in laid_out.iter(f"{SVG}g"):
            if group.get("class") == kind:
                _copy(group, camera, graph)
    return ET.tostring(svg, encoding="unicode")


def _copy(group: ET.Element, camera: ET.Element, graph: Graph) -> None:
    """Copy the shapes of a node, an edge or a frame, and write on it what it stands for."""
    kind = group.attrib["class"]
    copy = ET.SubElement(camera, "g", {"class": kind})
    title = group.findtext(f"{SVG}title", "")
    if kind == "node":
        name = title.split("_")[0]
        node = graph.nodes[name]
        copy.set("class", f"node value {node.role}" if isinstance(node, Value) else "node op")
        copy.set("data-id", name)
        copy.set("data-box", _box(group))
    elif kind == "edge":
        source, target = (end.split("_")[0] for end in title.split("->"))
        copy.attrib |= {"data-source": source, "data-target": target}
    part, texts = "title", 0
    for shape in group.iter():
        tag = shape.tag.removeprefix(SVG)
        if tag not in SHAPES or (tag == "text" and not (shape.text or "").strip()):
            continue
        made = ET.SubElement(copy, tag, {k: shape.attrib[k] for k in KEPT if k in shape.attrib})
        if tag != "text":
            continue
        made.text = shape.text or ""
        if texts and kind == "node":
            part = {"=": "number", "∂": "gradient"}.get(made.text.strip(), part)
        texts += 1
        made.set("class", " ".join([part, *_look(shape)]))


def _look(text: ET.Element) -> Iterator[str]:
    """The look of a piece of text, as classes."""
    if text.get("font-family", "").startswith("Courier"):
        yield "code"
    if text.get("font-weight") == "bold":
        yield "bold"
    if text.get("font-style") == "italic":
        yield "italic"
    theme = THEMES["light"]
    yield from {theme.faint: ["faint"], theme.red: ["wrong"]}.get(text.get("fill", ""), [])


def _box(group: ET.Element) -> str:
    """Where a node is: left, top, width and height, from the numbers of its outline."""
    outline = next(e for e in group.iter() if e.get("d") or e.get("points"))
    numbers = re.findall(r"-?\d+\.?\d*", outline.get("d") or outline.get("points") or "")
    corners = np.array(numbers, dtype=float).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return " ".join(f"{number:g}" for number in (*low, *(high - low)))
