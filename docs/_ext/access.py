"""What the theme leaves out for those who cannot see or point, put in when the site is built."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

AMENDED = (
    # a button that opens a part of the contents has a name
    (r'<summary>(?=<span class="toctree-toggle")', '<summary aria-label="Pages below this one">'),
    # the name of the site, above the contents, is a landmark
    (
        r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)',
        '<div class="sidebar-primary-item" role="navigation" aria-label="Home">',
    ),
    # the head of a table says what it is the head of; a corner without words is no head
    (r'<th class="head( stub)?"><p></p></th>', '<td class="head"></td>'),
    (r'<th class="head', '<th scope="col" class="head'),
    (r'<th class="stub', '<th scope="row" class="stub'),
)


def setup(app: Any) -> dict[str, bool]:
    app.connect("build-finished", amend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def amend(app: Any, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = amended = page.read_text("utf-8")
        for pattern, better in AMENDED:
            amended = re.sub(pattern, better, amended)
        if amended != text:
            page.write_text(amended, "utf-8")
