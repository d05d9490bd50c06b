"""The source files, or cells, in which Tensors were made: whole, to be shown beside the step."""

from __future__ import annotations

import linecache
import os

from minigrad.origin import is_source_of
from minigrad.tensor import Tensor
from minigrad.viz.graph.expansion import in_order_made


def programs_of(*roots: Tensor) -> list[dict[str, str]]:
    """List each source as its `file`, as a snapshot's sites call it, and its `text`.

    Only what is known to be the source that ran: a file may have been edited since.
    """
    sites = {id(site.code): site for tensor in in_order_made(*roots) if (site := tensor.site)}
    programs: dict[tuple[str, str], None] = {}
    for site in sites.values():
        text = "".join(linecache.getlines(site.filename))
        if text and is_source_of(text, site.code):
            file = "cell" if site.in_notebook else os.path.basename(site.filename)
            programs[file, text] = None
    return [{"file": file, "text": text} for file, text in programs]
