"""The forms in which a picture leaves the notebook: SVG that fits, PNG that opens, PDF."""

from __future__ import annotations

import math
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

from minigrad.viz.render import render

DOTS_PER_INCH = 192  # twice what screens are taken to have
MOST_PIXELS = 89_478_485  # above, Pillow warns of a bomb
LONGEST_SIDE = 32_767  # pixels, in cairo
LONGEST_PAGE = 14_400  # points, in PDF
COLUMN = 600  # points that fit into a notebook's column
SVG = "{http://www.w3.org/2000/svg}"
FAMILIES = {
    "Helvetica": "Helvetica, Arial, Liberation Sans, sans-serif",
    "Courier": "Courier New, Courier, monospace, Liberation Sans",
}
HELVETICA = {
    "'ijl": 0.222, "!,./:;I[\\]ft| \xa0·": 0.278, "()-`r{}": 0.333, '"*^': 0.4, "Jckszvxy": 0.5,
    "+<=>~−×": 0.584, "FTZ": 0.611, "&ABEKPSVXY": 0.667, "CDHNRUw": 0.722, "GOQ": 0.778,
    "Mm": 0.833, "%W": 0.944, "@…": 1.0,
}  # fmt: skip
EMS = {letter: width for letters, width in HELVETICA.items() for letter in letters}
UNASSIGNED = {2: "\u0378", 3: "\u2fe0", 4: "\U0003ff80"}  # letters of no font, by bytes in UTF-8

Way = Callable[[str, str, str, float], bytes]
"""How DOT text and its SVG become a form, at a scale: bytes."""

ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def to_svg(source: str, title: str, text: str) -> str:
    """Lay out DOT text as SVG that fits its window, with a text alternative.

    Every piece of text is held to the width that its box was laid out for, or to its own if that is
    smaller, whatever the fonts are where it is looked at.
    """
    drawn, laid_out = render(source, "svg", "-Txdot").split(b"</svg>")
    pieces = re.findall(
        rb"\bT ([-\d.]+) ([-\d.]+) -?\d ([\d.]+) \d+ -", laid_out.replace(b"\\\n", b"")
    )
    widths = {(float(x), -float(y)): float(width) for x, y, width in pieces}
    svg = ET.fromstring(drawn + b"</svg>")
    svg.attrib |= {"role": "img", "style": "max-width: 100%; height: auto"}
    if _size(drawn.decode())[0] > COLUMN:  # inside an <img>, a size in points would hold
        svg.set("style", f"max-width: {svg.get('width')}; height: auto")
        svg.set("width", "100%")
        del svg.attrib["height"]
    for name, content in (("desc", text), ("title", title)):
        element = ET.Element(SVG + name)
        element.text = content
        svg.insert(0, element)
    for piece in svg.iter(f"{SVG}text"):
        family = piece.attrib.get("font-family", "").split(",")[0]
        piece.set("font-family", FAMILIES.get(family, family))
        width = widths.get((float(piece.attrib["x"]), float(piece.attrib["y"])))
        words = piece.text or ""
        if width and len(words.strip("\xa0 ")) > 1:
            bold = "font-weight" in piece.attrib
            ems = [0.6 if family == "Courier" else _ems(letter, bold) for letter in words]
            width = min(width, float(piece.attrib["font-size"]) * sum(ems))
            piece.attrib |= {"textLength": f"{width:.2f}", "lengthAdjust": "spacingAndGlyphs"}
    return ET.tostring(svg, encoding="unicode")


def _ems(letter: str, bold: bool) -> float:
    """How wide a letter is at least, so that it is not drawn wider than it is."""
    if letter > "\u2e80":
        return 1.0
    return EMS.get(letter, 0.556) + 0.055 * (bold and letter.islower())


def scale_of(form: str, svg: str) -> float:
    """How much smaller a picture has to be for programs to open it in this form; 1 if it fits."""
    width, height = _size(svg)
    if form == "pdf":
        return min(1, LONGEST_PAGE / max(width, height))
    width, height = (points / 72 * DOTS_PER_INCH for points in (width, height))
    scale = min(math.sqrt(MOST_PIXELS / width / height), LONGEST_SIDE / max(width, height), 1.001)
    scale /= 1.001  # sizes are rounded
    if scale < 1:
        warnings.warn(
            f"as .png it would be {width:.0f} × {height:.0f} pixels, more than programs open: "
            f"drawn at {100 * scale:.0f} % of that; .svg and .pdf are sharp at any size, depth= "
            "and max_nodes= draw less",
            stacklevel=4,
        )
    return scale


def ways_to(form: str) -> list[Way]:
    """List what can write a form here, where an SVG could be laid out: Graphviz first."""
    ways: list[Way] = []
    try:
        _sample(_by_graphviz, form, "x")
        ways.append(_by_graphviz)
    except RuntimeError:
        pass  # graphviz-pure writes no PDF
    if find_spec("vl_convert"):
        ways.append(_by_converter)
    if not ways:
        raise RuntimeError(
            f"writing .{form} needs pip install vl-convert-python, or Graphviz's own dot from your "
            "system's package manager"
        )
    return ways


def lacking(way: Way, svg: str) -> str:
    """List the letters of a picture that a way of drawing has no font for, each once."""
    letters = {*"".join(re.findall("<text[^>]*>([^<]*)", svg))}
    return "".join(c for c in sorted(letters) if c > "\u024f" and not _draws(way, c))


def spell(text: str, letters: str) -> str:
    r"""Write some letters of a DOT text by their numbers, as \u5b66."""
    return text.translate({ord(c): ascii(c)[1:-1].replace("\\", "\\\\") for c in letters})


def _by_graphviz(form: str, source: str, svg: str, scale: float) -> bytes:
    if form == "pdf":
        inches = LONGEST_PAGE / 72 - 1
        return render(source, form, f"-Gsize={inches:g},{inches:g}")
    return render(source, form, f"-Gdpi={DOTS_PER_INCH * scale:.4g}")


def _by_converter(form: str, source: str, svg: str, scale: float) -> bytes:
    import vl_convert  # opened only where Graphviz does not do

    width, height = (points * scale for points in _size(svg))
    sized = re.sub(r' width=".*?(?= viewBox=)', f' width="{width}" height="{height}"', svg, count=1)
    if form == "pdf":
        return bytes(vl_convert.svg_to_pdf(sized))
    return bytes(vl_convert.svg_to_png(sized, scale=DOTS_PER_INCH / 72))


def _draws(way: Way, letter: str) -> bool:
    """Whether a letter looks otherwise than one that no font has."""
    none = UNASSIGNED[len(letter.encode(errors="replace"))]
    return _sample(way, "png", letter) != _sample(way, "png", none)


@lru_cache(maxsize=4096)
def _sample(way: Way, form: str, letter: str) -> bytes:
    """A picture of one letter."""
    source = f'digraph {{ a [shape=plain fontname="Helvetica" label=<{letter}>] }}'
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="24pt" height="24pt" viewBox="0 0 24 24">'
        f'<text x="2" y="18" font-family="{FAMILIES["Helvetica"]}">{letter}</text></svg>'
    )
    return way(form, source, svg, 0.5)


def _size(svg: str) -> tuple[float, float]:
    """Width and height in points."""
    found = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg)
    assert found is not None
    return float(found[1]), float(found[2])
