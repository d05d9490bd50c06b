"""The pages of the laboratory, each made one file that asks for nothing.

What is in `docs/lab/` can be opened as it is. In the site a page has its scripts and its style
inside, and a policy that lets exactly these run and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

LAB = Path(__file__).resolve().parents[1] / "lab"
PAGES = ("digits", "logits", "descent", "walk", "ruler")


def whole_page(name: str) -> str:
    """A page of `docs/lab/` with its scripts and its style inside, and a policy that says so."""
    page = (LAB / f"{name}.html").read_text("utf-8")
    scripts = re.findall(r'<script src="(\w+\.js)"></script>\n', page)
    script = "\n".join((LAB / script).read_text("utf-8") for script in scripts)
    own = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert own is not None, name
    style = (LAB / "lab.css").read_text("utf-8") + own[1]
    policy = (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    page = re.sub(r'<script src="\w+\.js"></script>\n', "", page)
    page = page.replace('<link rel="stylesheet" href="lab.css">\n', "")
    page = page.replace(own[0], f"<style>{style}</style>")
    page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}')
    return page.replace("</body>", f"<script>{script}</script>\n</body>")


def digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def title(name: str) -> str:
    found = re.search(r"<title>(.*?)</title>", (LAB / f"{name}.html").read_text("utf-8"))
    assert found is not None, name
    return found[1]


def presets(name: str) -> str:
    page = (LAB / f"{name}.html").read_text("utf-8")
    found = re.findall(r'data-preset="(\w+)">(.*?)</a>', page)
    return ", ".join(link(name, text, f"#preset={preset}") for preset, text in found)


def link(name: str, text: str, anchor: str = "") -> str:
    return f'<a href="{name}.html{anchor}">{text}</a>'
