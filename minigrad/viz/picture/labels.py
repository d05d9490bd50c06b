"""What stands on the nodes of a picture: tables in Graphviz's HTML-like labels."""

from __future__ import annotations

import html
import re
import textwrap
from typing import Any, NamedTuple

import numpy as np

from minigrad.text import shown
from minigrad.viz.graph.data import Birth, Operation, Site, Value
from minigrad.viz.graph.summary import Summary

SANS, MONO = "Helvetica", "Courier"
SMALL, MEDIUM, LARGE, HUGE = 11, 13, 15, 20
NEW_LINE = f',<br align="left"/>{"&#160;" * 7}'
ONE_LINE = 40  # characters of a small array that stand side by side


class Theme(NamedTuple):
    """The colours of a picture; of a role: fill and border."""

    paper: str
    ink: str
    faint: str
    red: str
    pill: str
    on_pill: str
    line: str
    roles: dict[str, tuple[str, str]]


THEMES = {
    "light": Theme(
        *("white", "#1a1a1a", "#555555", "#b3001b", "#333333", "white", "#555555"),
        roles={
            "parameter": ("#d6e6f7", "#1f4e80"),
            "input": ("#fbeccb", "#7a5a0a"),
            "constant": ("#ffffff", "#666666"),
            "intermediate": ("#ffffff", "#666666"),
            "output": ("#e6e6e6", "#666666"),
        },
    ),
    "dark": Theme(
        *("#16181d", "#f2f2f2", "#b4b8c0", "#ff8a8f", "#d5d8de", "#16181d", "#b4b8c0"),
        roles={
            "parameter": ("#17324f", "#8fbdf0"),
            "input": ("#3d3113", "#e0bd66"),
            "constant": ("#16181d", "#8d929c"),
            "intermediate": ("#16181d", "#8d929c"),
            "output": ("#33373f", "#b4b8c0"),
        },
    ),
}


class Labels:
    """Writes the labels of nodes, in the colours of a theme.

    `show` says which lines a value has: "both", "values", "gradients" or "shapes".
    """

    def __init__(self, theme: Theme, show: str) -> None:
        self.theme, self.show = theme, show

    # Nodes

    def value(
        self,
        value: Value,
        grads: dict[str | None, Summary | None],
        births: list[Birth],
        uses: int,
        remark: str | None,
    ) -> str:
        """The box of a Tensor; one gradient for each picture that it is in."""
        fill, color = self.theme.roles[value.role]
        border = 3 if births or remark else 2 if value.role in ("parameter", "output") else 1
        style = f'bgcolor="{fill}" color="{self.theme.red if births else color}"'
        if value.role == "constant" and not births and self.show != "shapes":
            return table(style, row(self.font(self.numbers(value.data), MEDIUM)))
        title = ""
        if value.label is not None:
            title = self.bold(escape(value.label), LARGE)
        elif value.expression is not None:
            code = f'<font face="{MONO}">{escape(value.expression)}</font>'
            title = self.font(code, MEDIUM)
        if value.role != "intermediate":
            role = self.font(value.role, SMALL, self.theme.faint, italic=True)
            title = f"{title}&#160;&#160;{role}" if title else role
        about = f"{value.shape or 'scalar'} {escape(value.dtype)}"
        about = self.font(about + f" · used {uses}×" * (uses > 1), SMALL, self.theme.faint)
        lines = self.lines(value, grads)
        for birth in births:
            how = "born in this sum" if birth.reason else "came in here"
            sign = "∂ " * (birth.in_pass == "backward")
            lines.append(self.bold(f"{sign}{escape(birth.what)} {how}", MEDIUM, self.theme.red))
        lines += [self.bold(remark, MEDIUM)] if remark else []
        first = title or (lines.pop(0) if lines else "")
        return table(
            style, row(first or about, about if first else ""), *map(row, lines), border=border
        )

    def lines(self, value: Value, grads: dict[str | None, Summary | None]) -> list[str]:
        lines = []
        if self.show in ("both", "values"):
            lines.append(self.font("=&#160;", MEDIUM) + self.font(self.numbers(value.data), MEDIUM))
        if self.show in ("both", "gradients"):
            for title, grad in grads.items():
                sign = f"∂ {escape(title)}&#160;" if len(grads) > 1 and title else "∂ "
                if grad is not None:
                    lines.append(self.font(sign, MEDIUM) + self.font(self.numbers(grad), MEDIUM))
                elif value.requires_grad and len(grads) == 1:
                    lines.append(
                        self.font(f"{sign}no gradient yet", MEDIUM, self.theme.faint, italic=True)
                    )
        return lines

    def again(self, value: Value) -> str:
        """A small box that stands for a value drawn elsewhere."""
        fill, color = self.theme.roles[value.role]
        name = value.label or value.expression or f"{value.role} {value.id}"
        text = self.font(f"{escape(name)} again", SMALL, italic=True)
        return table(f'bgcolor="{fill}" color="{color}"', row(text), dashed=True)

    def op(self, op: Operation, births: list[Birth], blamed: bool, folded: bool) -> str:
        """The dark pill of an op; a red place if something not finite was born in it."""
        theme = self.theme
        name = escape((op.remark or op.name) if folded else op.name)
        if not births:
            style = f'bgcolor="{theme.pill}" color="{theme.pill}"'
            pill = [row(self.bold(name, MEDIUM, theme.on_pill))]
            if not folded:
                return table(style, *pill)
            if op.formula:
                pill.append(row(self.font(escape(op.formula), SMALL, theme.on_pill)))
            return table(style, f"<tr><td>{table(style, *pill)[1:-1]}</td></tr>", padding=3)
        rows = [f"<tr><td>{self.bold(name, LARGE, theme.red)}</td></tr>"]
        for i, birth in enumerate(births):
            line = escape(f"{birth.what} born here ({birth.in_pass})")
            text = self.bold(line, LARGE, theme.red)
            if i:
                text = self.font(f"also {line}", SMALL, theme.red)
            rows.append(f"<tr><td>{text}</td></tr>")
        if op.site:
            rows.append(f"<tr><td>&#160;{self.code(op.site)}&#160;</td></tr>")
        style = f'color="{theme.red}" bgcolor="{theme.paper}"'
        inner = table(style, *rows, border=2)
        if not blamed:
            return inner
        return table(style, f"<tr><td>{inner[1:-1]}</td></tr>", border=4, padding=3)

    # Text

    def numbers(self, summary: Summary) -> str:
        """The entries if there are few, else their range; what is bad in bold red."""

        def mark(text: str) -> str:
            return self.bold(text, MEDIUM, self.theme.red) if summary.is_bad else text

        def write(entry: Any) -> str:
            if not isinstance(entry, tuple):
                text = number(entry)
                return text if np.isfinite(entry) else mark(text)
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
            return mark(f"all {bad}" if "," not in bad else bad)
        low, high = number(summary.minimum), number(summary.maximum)
        span = low if low == high else f"{low} … {high}"
        if bad:
            return f"{mark(bad)}, rest {span}"
        return f"all {span}" if low == high else span

    def code(self, site: Site) -> str:
        """A line of source code and where it is."""
        source = textwrap.shorten(site.source or "", 56, placeholder=" …")
        code = f'&#160; <font face="{MONO}" point-size="{MEDIUM}">{escape(source)}</font>'
        return self.font(escape(str(site)), SMALL, self.theme.faint) + code * bool(source)

    def font(self, text: str, size: int, color: str | None = None, italic: bool = False) -> str:
        text = f"<i>{text}</i>" if italic else text
        return f'<font point-size="{size}" color="{color or self.theme.ink}">{text}</font>'

    def bold(self, text: str, size: int, color: str | None = None) -> str:
        return self.font(f"<b>{text}</b>", size, color)


def table(style: str, *rows: str, border: int = 1, padding: int = 2, dashed: bool = False) -> str:
    look = "rounded,dashed" if dashed else "rounded"
    return (
        f'<<table {style} style="{look}" border="{border}" cellborder="0" cellspacing="0" '
        f'cellpadding="{padding}">{"".join(rows)}</table>>'
    )


def row(left: str, right: str = "") -> str:
    """A row of a table: one cell over its whole width, or two."""
    if not right:
        return f'<tr><td align="left" balign="left" colspan="2">&#160;{left}&#160;</td></tr>'
    return (
        f'<tr><td align="left" balign="left" valign="bottom">&#160;{left}&#160;</td>'
        f'<td align="right" valign="top">{right}&#160;</td></tr>'
    )


def escape(text: str) -> str:
    """Escape text so that it is shown exactly; what cannot be shown comes out as in a repr.

    Whatever a snapshot says goes through here on its way into a picture, or through `hint`.
    """
    lines = [html.escape(shown(line)).replace("\\", r"\\") for line in (text or " ").split("\n")]
    return '<br align="left"/>'.join(lines)


def hint(*lines: str) -> str:
    """Escape lines of text for the tooltip of a node, in which Graphviz looks for escapes twice."""
    return "\n".join(html.escape(shown(line)).replace("\\", r"\\\\") for line in lines)


def number(value: float) -> str:
    """Four significant digits: 0.1235, 1.235e−7, 12345 if it is an integer."""
    if isinstance(value, int):
        text = str(value)
    else:
        text = re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{value:.4g}")
    return text.replace("nan", "NaN").replace("-", "−").replace("−inf", "-inf")
