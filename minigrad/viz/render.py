"""From DOT to SVG and PNG: find a program that lays graphs out, and run it."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig

DOTS_PER_INCH = 192  # twice what screens are taken to have


def find_renderer() -> str | None:
    """Find Graphviz's `dot`, or the `graphviz-pure` that pip installs, also beside this Python."""
    return (
        shutil.which("dot")
        or shutil.which("graphviz-pure")
        or shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    )


def render(source: str, form: str) -> bytes:
    """Lay out DOT text and return the bytes of a picture.

    Parameters
    ----------
    source : str
        DOT text.
    form : str
        "svg" or "png".

    Raises
    ------
    RuntimeError
        If there is no program to do it, or the program fails.

    Examples
    --------
    >>> render("digraph { x -> y }", "svg").startswith(b"<?xml")
    True
    """
    program = find_renderer()
    if program is None:
        raise RuntimeError(
            "drawing needs Graphviz: pip install graphviz-pure, or install Graphviz from your "
            'system\'s package manager; .save("x.dot") works without'
        )
    command = [program, f"-T{form}", *([f"-Gdpi={DOTS_PER_INCH}"] if form == "png" else [])]
    ran = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    if ran.returncode or not ran.stdout:
        complaint = ran.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{program} failed with exit code {ran.returncode}: {complaint}")
    return ran.stdout
