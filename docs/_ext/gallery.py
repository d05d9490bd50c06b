"""The pictures of the gallery, made when the site is built by the examples themselves."""

from __future__ import annotations

import importlib
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def picture(name: str) -> Any:
    """Run an example, and show what it leaves."""
    from IPython.display import Image

    sys.path.insert(0, str(EXAMPLES))
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        importlib.import_module(name).main(Path(folder))
        (left,) = Path(folder).iterdir()
        return Image(left.read_bytes(), format=left.suffix[1:])
