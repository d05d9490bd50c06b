"""Pages that work offline: one HTML file with its style, its scripts and its data in it."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from importlib.resources import files


def offline_page(name: str, title: str, scripts: Sequence[str], data: str, **parts: str) -> str:
    """Fill `name.html` with `name.css`, the scripts, JSON data, and parts that are HTML.

    Its policy lets nothing else run, and nothing be fetched.
    """
    script = "\n".join(map(_read, scripts))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    filled = parts | {
        "policy": f"default-src 'none'; {allowed}",
        "title": html.escape(title),
        "style": _read(f"{name}.css"),
        "data": in_script(data),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: filled[match[1]], _read(f"{name}.html"))


def in_script(text: str) -> str:
    """Escape JSON so that nothing in it can end the element of HTML that it stands in."""
    return re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _read(name: str) -> str:
    return (files("minigrad.viz.page") / name).read_text(encoding="utf-8")
