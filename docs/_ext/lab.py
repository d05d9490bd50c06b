"""The laboratory in the site: its pages, links to them, and frames for them. In a lesson

    ```{iframe} ../lab/digits.html#preset=log0
    What to do there.
    ```

shows a page where its idea stands, with a link to have it alone. `%lab digits%` is a link to a
page, and `%presets digits%` are links to its presets.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from lab_pages import PAGES, link, presets, title, whole_page
from sphinx.util.docutils import SphinxDirective


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("iframe", Frame)
    app.connect("source-read", write_links)
    app.connect("build-finished", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_links(app: Any, page: str, source: list[str]) -> None:
    """Put in a page what its marks stand for."""
    source[0] = re.sub(r"%lab (\w+)%", lambda mark: link(mark[1], title(mark[1])), source[0])
    source[0] = re.sub(r"%presets (\w+)%", lambda mark: presets(mark[1]), source[0])


def write_pages(app: Any, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, "lab")
    folder.mkdir(exist_ok=True)
    for name in PAGES:
        (folder / f"{name}.html").write_text(whole_page(name), encoding="utf-8")


class Frame(SphinxDirective):
    """A page in a frame, what to do there, and a link to it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        address = self.arguments[0]
        name = title(Path(address.split("#")[0]).stem)
        box = nodes.container(classes=["lab"])
        text = self.parse_content_to_nodes()
        frame = f'<iframe src="{address}" title="{name}" loading="lazy"></iframe>'
        alone = f'<p class="alone"><a href="{address}">{name}, on a page of its own</a></p>'
        box += [*text, nodes.raw("", frame + alone, format="html")]
        return [box]
