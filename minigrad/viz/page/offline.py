"""Pages that work offline: one HTML file with its style, its scripts and its data in it."""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from minigrad.files import whole_file
from minigrad.viz.showing import show, temporary

FRAME = (
    '<iframe title="{title}" sandbox="allow-scripts" style="width: 100%; height: {height}px; '
    'border: 0" srcdoc="{page}"></iframe>'
)
FRAME_WHEN_SEEN = """<b style="display: block; content-visibility: auto" title="{title}"
oncontentvisibilityautostatechange="if (event.skipped) return;
this.insertAdjacentHTML('afterend', '<iframe sandbox=allow-scripts></iframe>');
const {{title, dataset}} = this, style = 'width: 100%; height: {height}px; border: 0';
Object.assign(this.nextSibling, {{title, style, srcdoc: dataset.page}}); this.remove()"
data-page="{page}">The page is not shown: this notebook is not trusted, or was exported without
its scripts. Trust it and run the cell again, or .save("{file}") and open that in a browser.</b>
"""
"""Where attributes are taken out, the line remains; where not, the page takes its place."""


def offline_page(
    name: str,
    title: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    data: str,
    **parts: str,
) -> str:
    """Fill `name.html`, and the controls in it, with styles, scripts, JSON data, and HTML parts.

    Its policy lets nothing else run, and nothing be fetched.
    """
    script = "\n".join(map(_read, scripts))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    filled = parts | {
        "policy": f"default-src 'none'; {allowed}",
        "title": html.escape(title),
        "style": "\n".join(map(_read, styles)),
        "data": in_script(data),
        "script": script,
    }
    page = _read(f"{name}.html").replace("{{controls}}", _read("controls.html"))
    return re.sub(r"\{\{(\w+)\}\}", lambda match: filled[match[1]], page)


class Page:
    """What can be looked at in a browser: a notebook shows it, a script opens it."""

    title: str
    page: Any
    """The whole page as HTML text."""
    file: ClassVar[str]
    """A name to save it under."""
    height: ClassVar[int]
    """In a notebook."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to one file that works offline, whole or not at all."""
        with whole_file(path) as file:
            file.write(self.page.encode(errors="backslashreplace"))
        return Path(path)

    def show(self) -> Path:
        """Open the page in a browser, from a script; return where it was written."""
        return show(self.save(temporary(self.file)))

    def _repr_html_(self) -> str:
        return self._in(FRAME_WHEN_SEEN)

    def _mime_(self) -> tuple[str, str]:
        """What marimo shows, which trusts its cells and takes handlers out."""
        return "text/html", self._in(FRAME)

    def _in(self, frame: str) -> str:
        title, page = html.escape(self.title), html.escape(self.page)
        return frame.format(title=title, page=page, height=self.height, file=self.file)


def in_script(text: str) -> str:
    """Escape JSON so that nothing in it can end the element of HTML that it stands in."""
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _read(name: str) -> str:
    return (files("minigrad.viz.page") / name).read_text(encoding="utf-8")
