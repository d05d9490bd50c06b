"""From a snapshot to DOT, the language of Graphviz: how a graph looks."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.viz.snapshot import Birth, Edge, Graph, Operation, Site, Snapshot, Summary, Value

SANS, MONO = "Helvetica", "Courier"
SMALL, MEDIUM, LARGE = 11, 13, 15
INK, FAINT, RED = "#1a1a1a", "#555555", "#b3001b"
LOOKS = {  # fill, colour and width of the border
    "parameter": ("#d6e6f7", "#1f4e80", 2),
    "input": ("#fbeccb", "#7a5a0a", 1),
    "constant": ("#ffffff", "#666666", 1),
    "intermediate": ("#ffffff", "#666666", 1),
    "output": ("#e6e6e6", "#666666", 2),
}
NEW_LINE = f',<br align="left"/>{"&#160;" * 7}'
ONE_LINE = 40  # characters of a small array that stand side by side
LEGEND = "solid red: bad values going forward    dashed red: bad gradients coming back"


def to_dot(snapshot: Snapshot, direction: str = "TB") -> str:
    """Write a snapshot in the DOT language.

    Examples
    --------
    >>> from minigrad import Tensor
    >>> from minigrad.viz import snapshot
    >>> print(to_dot(snapshot(Tensor(2.0)), "LR").splitlines()[0])
    digraph {
    """
    import graphviz

    dot = graphviz.Digraph(
        graph_attr={
            "rankdir": direction,
            "ranksep": "0.22",
            "ordering": "in",
            "nodesep": "0.25",
            "bgcolor": "white",
            "fontname": SANS,
            "fontcolor": INK,
            "labelloc": "t",
            "pad": "0.15",
        },
        node_attr={"fontname": SANS, "fontsize": "12", "fontcolor": INK, "shape": "plain"},
        edge_attr={"color": FAINT, "arrowsize": "0.6", "fontname": SANS},
    )
    side_by_side = any(graph.title is not None for graph in snapshot.graphs)
    for i, (graph, heading) in enumerate(zip(snapshot.graphs, _headings(snapshot.graphs))):
        if not side_by_side:
            if heading:
                dot.attr(label=heading)
            _add(dot, graph, graphviz.escape)
            continue
        with dot.subgraph(name=f"cluster_{i}") as box:
            box.attr(label=heading, style="rounded", color="#999999", margin="14", labeljust="l")
            _add(box, graph, graphviz.escape)
    return str(dot.source)


def _add(dot: Any, graph: Graph, escape: Any) -> None:
    culprit = graph.blamed
    births: dict[str, list[Birth]] = {}
    for birth in sorted(graph.births, key=lambda birth: birth is not culprit):
        births.setdefault(birth.node, []).append(birth)
    for value in graph.values:
        dot.node(value.id, _value(value, births.get(value.id, [])))
    for op in graph.ops:
        hints = [op.formula, *((str(op.site), op.site.source) if op.site else ())]
        tooltip = escape("\n".join(hint for hint in hints if hint) or op.name)
        born = births.get(op.id, [])
        label = _birth_place(op, born, born[0] is culprit) if born else _pill(op)
        dot.node(op.id, label, tooltip=tooltip)
    path = set(culprit.path) if culprit else set()
    for i, edge in enumerate(graph.edges):
        for attributes in _lines(edge, (i, "forward") in path, (i, "backward") in path):
            dot.edge(edge.source, edge.target, **attributes)


def _lines(edge: Edge, forward: bool, backward: bool) -> Iterator[dict[str, str]]:
    """Yield the looks of an edge: on the path of the culprit one line for each pass, else one."""
    bold = {"color": RED, "penwidth": "3.5", "arrowsize": "0.55"}
    if forward:
        yield bold
    if backward:
        yield bold | {"style": "dashed", "dir": "back"}
    if not forward and not backward:
        yield {"arrowhead": "none"} if edge.source.startswith("o") else {}


# ---------------------------------------------------------------------------------------------
# Nodes: tables in Graphviz's HTML-like labels
# ---------------------------------------------------------------------------------------------


def _value(value: Value, births: list[Birth]) -> str:
    fill, color, width = LOOKS[value.role]
    style = f'bgcolor="{fill}" color="{RED if births else color}"'
    if value.role == "constant" and not births:
        return _table(style, _row(_font(_numbers(value.data), MEDIUM)))
    about = _font(f"{value.shape or 'scalar'} {value.dtype}", SMALL, FAINT)
    title = _bold(_text(value.label), LARGE) if value.label else ""
    if value.role != "intermediate":
        title += _font(f"{'&#160;' if title else ''}{value.role}", SMALL, FAINT, italic=True)
    lines = [_font("=&#160;", MEDIUM) + _font(_numbers(value.data), MEDIUM)]
    if value.grad is not None:
        lines.append(_font("∂ ", MEDIUM) + _font(_numbers(value.grad), MEDIUM))
    elif value.requires_grad:
        lines.append(_font("∂ no gradient yet", MEDIUM, FAINT, italic=True))
    lines += [_bold(f"{birth.what} came in here", MEDIUM, RED) for birth in births]
    rows = [_row(title, about)] if title else [_row(lines.pop(0), about)]
    return _table(style, *rows, *map(_row, lines), border=2 if births else width)


def _numbers(summary: Summary) -> str:
    """The entries if there are few, else their range; what is not finite in bold red."""

    def write(entry: Any) -> str:
        if not isinstance(entry, tuple):
            return _number(entry) if np.isfinite(entry) else _bold(_number(entry), MEDIUM, RED)
        return f"[{', '.join(map(write, entry))}]"

    entries = summary.entries
    if entries is not None and len(repr(entries)) <= ONE_LINE:
        return write(entries)
    if entries is not None:  # matrices row by row, vectors by fives
        step = 1 if isinstance(entries[0], tuple) else 5
        chunks = [write(entries[i : i + step])[1:-1] for i in range(0, len(entries), step)]
        return f"[{NEW_LINE.join(chunks)}]"
    counts = {"NaN": summary.nan, "inf": summary.inf, "-inf": summary.negative_inf}
    bad = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    if summary.minimum is None or summary.maximum is None:
        return _bold(f"all {bad}" if "," not in bad else bad, MEDIUM, RED)
    low, high = _number(summary.minimum), _number(summary.maximum)
    span = low if low == high else f"{low} … {high}"
    if bad:
        return f"{_bold(bad, MEDIUM, RED)}, rest {span}"
    return f"all {span}" if low == high else span


def _pill(op: Operation) -> str:
    return _table('bgcolor="#333333" color="#333333"', _row(_bold(_text(op.name), MEDIUM, "white")))


def _birth_place(op: Operation, births: list[Birth], blamed: bool) -> str:
    rows = [f"<tr><td>{_bold(_text(op.name), LARGE, RED)}</td></tr>"]
    for i, birth in enumerate(births):
        line = f"{birth.what} born here ({birth.in_pass})"
        text = _bold(line, LARGE, RED) if i == 0 else _font(f"also {line}", SMALL, RED)
        rows.append(f"<tr><td>{text}</td></tr>")
    if op.site:
        rows.append(f"<tr><td>&#160;{_code(op.site)}&#160;</td></tr>")
    style = f'color="{RED}" bgcolor="white"'
    inner = _table(style, *rows, border=2)
    if not blamed:
        return inner
    return _table(style, f"<tr><td>{inner[1:-1]}</td></tr>", border=4, padding=3)


def _code(site: Site) -> str:
    source = textwrap.shorten(site.source or "", 56, placeholder=" …")
    code = f'&#160; <font face="{MONO}" point-size="{MEDIUM}">{_text(source)}</font>'
    return _font(_text(str(site)), SMALL, FAINT) + code * bool(source)


def _headings(graphs: tuple[Graph, ...]) -> list[str]:
    """The text above each graph, all of the same height, so that the graphs start level."""
    width = 62 if len(graphs) > 1 else 72
    headings = []
    for graph in graphs:
        rows = [] if graph.title is None else [_row(_bold(_text(graph.title), 20))]
        headline = graph.headline(with_line=False)
        if headline and graph.blamed:
            site = graph.node(graph.blamed.node).site
            lines = textwrap.wrap(headline, width, break_long_words=False, break_on_hyphens=False)
            rows += [_row(_bold(_text(line), LARGE, RED)) for line in lines]
            rows += [_row(_code(site))] if site else []
            rows.append(_row(_font(LEGEND, SMALL, FAINT)))
        elif len(graphs) > 1:
            known = [s for value in graph.values for s in (value.data, value.grad) if s]
            what = "every value" + " and every gradient" * (len(known) > len(graph.values))
            if all(summary.is_finite for summary in known):
                rows.append(_row(_bold(f"{what} is finite", LARGE)))
        headings.append(rows)
    height = max(map(len, headings), default=0)
    blank = _row(_bold("&#160;", LARGE))
    return [
        _table("", *rows, *[blank] * (height - len(rows)), border=0) if height else ""
        for rows in headings
    ]


# ---------------------------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------------------------


def _table(style: str, *rows: str, border: int = 1, padding: int = 2) -> str:
    return (
        f'<<table {style} style="rounded" border="{border}" cellborder="0" cellspacing="0" '
        f'cellpadding="{padding}">{"".join(rows)}</table>>'
    )


def _row(left: str, right: str = "") -> str:
    """A row of a table: one cell over its whole width, or two."""
    if not right:
        return f'<tr><td align="left" balign="left" colspan="2">&#160;{left}&#160;</td></tr>'
    return (
        f'<tr><td align="left" balign="left" valign="bottom">&#160;{left}&#160;</td>'
        f'<td align="right" valign="top">{right}&#160;</td></tr>'
    )


def _font(text: str, size: int, color: str = INK, italic: bool = False) -> str:
    text = f"<i>{text}</i>" if italic else text
    return f'<font point-size="{size}" color="{color}">{text}</font>'


def _bold(text: str, size: int, color: str = INK) -> str:
    return _font(f"<b>{text}</b>", size, color)


def _text(text: str) -> str:
    """Escape text so that it is shown exactly; what cannot be shown comes out as in a repr."""
    return '<br align="left"/>'.join(
        html.escape("".join(c if c.isprintable() else repr(c)[1:-1] for c in line)).replace(
            "\\", "\\\\"
        )
        for line in (text or " ").split("\n")
    )


def _number(number: float) -> str:
    """Four significant digits: 0.1235, 1.235e−7, 12345 if it is an integer."""
    if isinstance(number, int):
        text = str(number)
    else:
        text = re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{number:.4g}")
    return text.replace("nan", "NaN").replace("-", "−").replace("−inf", "-inf")
