"""To look at from a script: a temporary file, opened in a browser."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path


def temporary(name: str) -> Path:
    """A place for a file of this name, in a folder of its own, which stays."""
    return Path(tempfile.mkdtemp(prefix="minigrad-")) / name


def show(path: Path) -> Path:
    """Open a file in the browser; where there is none, say where the file is."""
    if not webbrowser.open(path.as_uri()):
        print(f"no browser was found here: open {path}")
    return path
