"""The page's picture: what Graphviz drew, without its colours, which are the page's own."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.viz.graph.data import Birth, Edge, Graph, Group, Operation, Snapshot, Value
from minigrad.viz.graph.summary import Summary
from minigrad.viz.page.part import Layer
from minigrad.viz.picture.dot import Picture
from minigrad.viz.picture.labels import (
    HUGE,
    LARGE,
    MEDIUM,
    MONO,
    THEMES,
    Labels,
    escape,
    row,
    table,
)
from minigrad.viz.render import render

LONG = 24  # characters of a name that stand in the graph
FEW = 4  # numbers that stand in it; the page has more beside it
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("path", "polygon", "polyline", "ellipse", "text")
KEPT = ("d", "points", "cx", "cy", "rx", "ry", "x", "y", "text-anchor", "font-size")


class PagePicture(Picture):
    """A picture with small boxes and large letters, to be read from the last row."""

    def __init__(self, layers: list[Layer], uses: Mapping[str, int]) -> None:
        graphs = [_without_news(layer.part.graph) for layer in layers]
        super().__init__(Snapshot(tuple(graphs)), "both", None, None, "light")
        folded = {
            name
            for layer in layers
            for name, ids in layer.folding.stands_for.items()
            if len(ids) > 1
        }
        drawn = Counter(edge.source for graph in graphs for edge in graph.edges)
        partly = {} if folded else {n: drawn[n] for n in uses if drawn[n] < uses[n]}
        self.labels = _PageLabels(self.theme, folded, uses, partly)
        self.layers = layers
        self.loops = {loop for layer in layers for loop in layer.folding.loops}
        self.stubs: dict[str, list[str]] = {}
        """For each "…" of the picture the ids of what it stands for."""

    def add_edges(self, dot: Any) -> None:
        super().add_edges(dot)
        for number, layer in enumerate(self.layers):
            for name, left_out in layer.part.cut.items():
                stub = f"cut{number}_{name}"
                self.stubs[stub] = layer.behind[name]
                made = isinstance(layer.part.graph.nodes[name], Value)
                text = "…" if made else f"… {len(left_out):,} more"
                label = self.labels.font(text, LARGE, self.theme.faint)
                dot.node(stub, label=table("", row(label), border=0))
                dot.edge(stub, name, arrowhead="none")

    def headings(self) -> list[str]:
        titles = [graph.title for graph in self.graphs]
        return [
            table("", row(self.labels.bold(escape(t), HUGE)), border=0) if t else "" for t in titles
        ]

    def lines(self, edge: Edge, forward: bool, backward: bool) -> Iterator[dict[str, str]]:
        for look in super().lines(edge, forward, backward):
            back = (edge.source, edge.target) in self.loops
            yield look | {"constraint": "false"} if back else look

    def look_of_frame(self, group: Group) -> dict[str, str]:
        """The frame's name, with the sign that a click folds it or draws all that it stands for."""
        if group.kind != "repeat":
            look = super().look_of_frame(group)
            return look | {"label": look["label"].replace("</font>", "&#160;▾</font>")}
        label = self.labels.bold(f"{escape(group.name)}&#160;▸", LARGE)
        return {"label": f"<{label}>", "margin": "10", "labeljust": "l"}


class _PageLabels(Labels):
    """The name of a value, its shape or its few numbers, one under the other."""

    def __init__(
        self, theme: Any, folded: set[str], uses: Mapping[str, int], partly: Mapping[str, int]
    ) -> None:
        super().__init__(theme, "both")
        self.folded, self.uses, self.partly = folded, uses, partly

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
        few = value.data.entries is not None and math.prod(value.shape) <= FEW
        if few and value.id not in self.folded:
            lines += self.lines(value, grads)[: 1 if value.role == "constant" else None]
        if value.id in self.uses:
            drawn = f", {self.partly[value.id]} drawn" if value.id in self.partly else ""
            text = f"used {self.uses[value.id]:,}×{drawn}"
            lines.append(self.font(text, MEDIUM, self.theme.faint))
        return table('bgcolor="white"', *(row(f"{line}&#160;") for line in lines or ["scalar"]))

    def op(self, op: Operation, births: list[Birth], blamed: bool, folded: bool) -> str:
        name = (op.remark or op.name) if folded else op.name
        pill = table('bgcolor="white"', row(self.bold(escape(name), LARGE)))
        if not folded:
            return pill
        return table('bgcolor="white"', f"<tr><td>{pill[1:-1]}</td></tr>", padding=3)


def _without_news(graph: Graph) -> Graph:
    """A graph without births and bad edges: the page shows them when the step has come."""
    edges = tuple(replace(e, bad_value=False, bad_gradient=False) for e in graph.edges)
    return replace(graph, births=(), culprit=None, edges=edges)


def _shorten(text: str) -> str:
    """Cut a long text: the page has it whole, beside the graph."""
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


# ---------------------------------------------------------------------------------------------
# From what Graphviz drew to what the page has
# ---------------------------------------------------------------------------------------------


def layers_svg(
    layers: list[Layer], direction: str, uses: Mapping[str, int], about: dict[str, str]
) -> str:
    """Lay out graphs, one beside the other, as one SVG for the page; `about` are its attributes."""
    picture = PagePicture(layers, uses)
    laid_out = ET.fromstring(render(picture.dot(direction), "svg"))
    _, _, width, height = laid_out.attrib["viewBox"].split()
    canvas = next(laid_out.iter(f"{SVG}g"))
    offset = re.findall(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", canvas.attrib["transform"])[0]
    svg = ET.Element("svg", {"class": "graph", "role": "group", **about})
    svg.attrib |= {"data-width": width, "data-height": height, "data-offset": " ".join(offset)}
    svg.set("data-direction", direction)
    camera = ET.SubElement(ET.SubElement(svg, "g", {"class": "camera"}), "g")
    camera.set("transform", f"translate({' '.join(offset)})")
    _Copier(picture, camera).copy(laid_out)
    return ET.tostring(svg, encoding="unicode")


class _Copier:
    """Copies the shapes of a picture, and writes on each what it stands for."""

    def __init__(self, picture: PagePicture, camera: ET.Element) -> None:
        self.picture, self.camera = picture, camera
        graphs = picture.graphs
        self.nodes = {name: node for graph in graphs for name, node in graph.nodes.items()}
        self.stands_for = {
            name: ids
            for layer in picture.layers
            for name, ids in layer.folding.stands_for.items()
            if len(ids) > 1
        }
        self.frames = {name: frame for g in graphs for name, frame in picture.frames((g,)).items()}
        self.groups = {group.id: group for graph in graphs for group in graph.groups}

    def copy(self, laid_out: ET.Element) -> None:
        for kind in ("cluster", "edge", "node"):
            for group in laid_out.iter(f"{SVG}g"):
                if group.get("class") == kind:
                    made = ET.SubElement(self.camera, "g", {"class": kind})
                    getattr(self, f"_{kind}")(group, made, group.findtext(f"{SVG}title", ""))

    def _around(self, name: str | None) -> str:
        """The frames around a group or a node, from the inside out."""
        inside = []
        frame = self.frames.get(name)
        while frame is not None:
            inside.append(frame)
            frame = self.frames[self.groups[frame].parent]
        return " ".join(inside)

    def _cluster(self, group: ET.Element, made: ET.Element, title: str) -> None:
        name = title.rpartition("_")[2]
        made.set("data-box", _box(group))
        if name in self.groups:
            made.attrib |= {"data-group": name, "data-kind": self.groups[name].kind}
            made.set("data-in", self._around(self.groups[name].parent))
        _copy_shapes(group, made)

    def _edge(self, group: ET.Element, made: ET.Element, title: str) -> None:
        ends = title.split("->")
        source, target = (self.picture.drawn_as.get(end, end) for end in ends)
        made.attrib |= {"data-source": source, "data-target": target}
        made.attrib |= {"data-from": ends[0], "data-to": ends[1]}
        _copy_shapes(group, made)

    def _node(self, group: ET.Element, made: ET.Element, title: str) -> None:
        made.attrib |= {"data-drawn": title, "data-box": _box(group)}
        if title in self.picture.stubs:
            made.attrib |= {"class": "node stub", "data-all": " ".join(self.picture.stubs[title])}
            _copy_shapes(group, made)
            return
        name = self.picture.drawn_as[title]
        node = self.nodes[name]
        made.set("class", f"node value {node.role}" if isinstance(node, Value) else "node op")
        made.set("data-id", name)
        made.set("data-in", self._around(node.group))
        if name in self.stands_for:
            made.set("data-all", " ".join(self.stands_for[name]))
        if name in self.picture.groups:
            made.set("class", "node op folded")
        _copy_shapes(group, made, numbered=True)


def _copy_shapes(group: ET.Element, made: ET.Element, numbered: bool = False) -> None:
    part, texts = "title", 0
    for shape in group.iter():
        tag = shape.tag.removeprefix(SVG)
        if tag not in SHAPES or (tag == "text" and not (shape.text or "").strip()):
            continue
        copy = ET.SubElement(made, tag, {k: shape.attrib[k] for k in KEPT if k in shape.attrib})
        if tag != "text":
            continue
        copy.text = shape.text or ""
        if texts and numbered:
            part = {"=": "number", "∂": "gradient"}.get(copy.text.strip()[:1], part)
        texts += 1
        copy.set("class", " ".join([part, *_look(shape)]))


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
    outlines = [e.get("d") or e.get("points") for e in group.iter()]
    shapes = [outline for outline in outlines if outline]
    if not shapes:  # nothing but text
        at = [(float(t.attrib["x"]), float(t.attrib["y"])) for t in group.iter(f"{SVG}text")]
        (x, y), half = np.mean(at, axis=0), 4.0 * max(len(t.text or "") for t in group.iter())
        return f"{x - half:g} {y - 14:g} {2 * half:g} 20"
    corners = np.array(re.findall(r"-?\d+\.?\d*", shapes[0]), dtype=float).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return " ".join(f"{number:g}" for number in (*low, *(high - low)))
