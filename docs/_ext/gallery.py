"""The pictures of the gallery, made when the site is built by the examples themselves."""

from __future__ import annotations

import html
import importlib
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def picture(name: str, file: str = "*") -> Any:
    """Run an example, and show what it leaves: all of it, or this file."""
    from IPython.display import HTML, SVG, Image

    sys.path.insert(0, str(EXAMPLES))
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        importlib.import_module(name).main(Path(folder))
        (left,) = Path(folder).glob(file)
        if left.suffix == ".svg":
            return SVG(left.read_text("utf-8"))
        if left.suffix == ".html":
            page = html.escape(left.read_text("utf-8"))
            style = "width: 100%; height: 640px; border: 0"
            return HTML(
                f'<iframe title="{left.stem}" sandbox="allow-scripts" style="{style}" '
                f'srcdoc="{page}"></iframe>'
            )
        return Image(left.read_bytes(), format=left.suffix[1:])
