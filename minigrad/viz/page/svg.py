"""The page's picture: what Graphviz drew, without its colours, which are the page's own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.viz.graph.data import Birth, Graph, Operation, Snapshot, Value
from minigrad.viz.graph.selection import nearest
from minigrad.viz.graph.summary import Summary
from minigrad.viz.picture.dot import Picture
from minigrad.viz.picture.labels import LARGE, MEDIUM, MONO, THEMES, Labels, escape, row, table
from minigrad.viz.render import render

MAX_VALUES = 400  # nodes; of a larger graph the page shows the part that is nearest to the output
LONG = 24  # characters of a name that stand in the graph
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("path", "polygon", "polyline", "ellipse", "text")
KEPT = ("d", "points", "cx", "cy", "rx", "ry", "x", "y", "text-anchor", "font-size")


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


def graph_svg(graph: Graph, number: int) -> str:
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
    picture = _PagePicture(Snapshot((drawn,)), "both", None, None, "light")
    laid_out = ET.fromstring(render(picture.dot("TB"), "svg"))
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
                _copy(group, camera, graph, picture.drawn_as)
    return ET.tostring(svg, encoding="unicode")


def _copy(group: ET.Element, camera: ET.Element, graph: Graph, drawn_as: dict[str, str]) -> None:
    """Copy the shapes of a node, an edge or a frame, and write on it what it stands for."""
    kind = group.attrib["class"]
    copy = ET.SubElement(camera, "g", {"class": kind})
    title = group.findtext(f"{SVG}title", "")
    if kind == "node":
        name = drawn_as[title]
        node = graph.nodes[name]
        copy.set("class", f"node value {node.role}" if isinstance(node, Value) else "node op")
        copy.set("data-id", name)
        copy.set("data-box", _box(group))
    elif kind == "edge":
        source, target = (drawn_as[end] for end in title.split("->"))
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
