"""Pictures that leave the notebook: programs that draw, files that open, words instead."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sysconfig
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from minigrad import Tensor, nn
from minigrad.nn import functional as F
from minigrad.viz import draw, snapshot
from minigrad.viz.picture import drawing as drawing_module, forms
from minigrad.viz.picture.words import heading, listing, paragraph
from minigrad.viz.render import find_renderer, render, within

SVG = "{http://www.w3.org/2000/svg}"
PURE = shutil.which("graphviz-pure") or shutil.which(
    "graphviz-pure", path=sysconfig.get_path("scripts")
)


def graph():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * 2.0).sum()
    loss.backward()
    return loss


@pytest.fixture
def dot(tmp_path, monkeypatch):
    """Put a `dot` first on PATH, by its script; after `works:` it draws what it is tried with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def put(script):
        if script.startswith("works:"):
            tried = f'printf \'%s\' "$input" | exec {PURE} "$@"'
            script = f"input=$(cat); case $input in *'<td><b>x</b>'*) {tried}; exit;; esac\n" + (
                script.removeprefix("works:")
            )
        program = folder / "dot"
        program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        program.chmod(0o755)
        return str(program)

    return put


@pytest.fixture
def alone(monkeypatch):
    """There is no other program than the `dot` on PATH."""
    monkeypatch.setattr(
        "minigrad.viz.render._programs", lambda: [*filter(None, [shutil.which("dot")])]
    )


# Programs


USELESS = {
    "echo Cannot load library >&2; exit 1": "is not a working Graphviz: Cannot load library",
    "exit 0": "is not a working Graphviz",
    "cat": "is not a working Graphviz",  # another program of that name
    "echo '<svg></svg>'": "is not a working Graphviz",
    "echo '<!-- graphviz version 2.26.3 --><svg></svg>'": "is too old a Graphviz: 2.26",
}


@pytest.mark.parametrize("script", USELESS)
def test_a_dot_that_is_no_working_graphviz_is_passed_over(script, dot, tmp_path):
    dot(script)
    assert find_renderer() == PURE
    assert draw(graph()).save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert "image/svg+xml" in draw(graph())._repr_mimebundle_()


@pytest.mark.parametrize(("script", "fault"), USELESS.items())
def test_where_there_is_no_other_the_fault_is_named(script, fault, dot, alone, tmp_path):
    program = dot(script)
    assert find_renderer() is None
    with pytest.raises(RuntimeError, match="pip install graphviz-pure") as raised:
        draw(graph()).save(tmp_path / "x.svg")
    assert f"{program} {fault}" in str(raised.value)
    assert not (tmp_path / "x.svg").exists()


def test_a_file_that_is_no_program_is_passed_over(dot):
    program = dot("")
    with open(program, "wb") as file:
        file.write(b"\x7fELF nothing")
    assert find_renderer() == PURE


def test_a_dot_that_hangs_is_stopped(dot, alone, monkeypatch, tmp_path):
    program = dot("exec sleep 1000")
    with within(0.3), pytest.raises(RuntimeError, match=f"{program} does not answer"):
        draw(graph()).save(tmp_path / "x.svg")
    monkeypatch.setattr("minigrad.viz.render._programs", lambda: [program, PURE])
    known = subprocess.run

    def run(command, **options):
        if command[0] == program:
            raise subprocess.TimeoutExpired(command, options["timeout"])
        return known(command, **options)

    monkeypatch.setattr("subprocess.run", run)
    assert find_renderer() == PURE


def test_a_graph_that_takes_too_long_is_said_to(dot, alone, monkeypatch, tmp_path):
    dot("works: exec sleep 1000")
    assert find_renderer()
    path = tmp_path / "x.svg"
    path.write_text("old", "utf-8")
    with within(0.3), pytest.raises(RuntimeError, match=r"more than 0\.3 seconds .*max_nodes="):
        draw(graph()).save(path)
    assert path.read_text("utf-8") == "old"
    monkeypatch.setattr(drawing_module, "PATIENCE", 0.3)
    shown = draw(graph())._repr_mimebundle_()
    assert shown.keys() == {"text/plain"}
    assert "Mul(x, 2.0)" in shown["text/plain"]
    assert "more than 0.3 seconds" in shown["text/plain"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo half; echo 'syntax error' >&2; exit 3", "exit code 3: syntax error"),
        ("echo nonsense", "what it wrote is no picture"),
    ],
)
def test_a_failure_leaves_the_old_file(script, message, dot, alone, tmp_path):
    dot(f"works: {script}")
    for name in ("x.svg", "x.png"):
        (tmp_path / name).write_text("old", "utf-8")
        with pytest.raises(RuntimeError, match=message):
            draw(graph()).save(tmp_path / name)
        assert (tmp_path / name).read_text("utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bin", "x.png", "x.svg"]


def test_what_one_program_cannot_do_the_next_does(dot):
    dot("works: exit 1")
    assert render("digraph { x -> y }", "svg").startswith(b"<?xml")


def test_the_dot_on_path_comes_first(dot):
    program = dot(f'exec {PURE} "$@"')
    assert find_renderer() == program


def test_the_scripts_folder_is_searched_when_not_on_path(tmp_path, monkeypatch):
    (tmp_path / "graphviz-pure").symlink_to(PURE)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert find_renderer() == str(tmp_path / "graphviz-pure")


def test_without_a_renderer(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *args, **kwargs: None)
    picture = draw(graph())
    with pytest.raises(RuntimeError, match="pip install graphviz-pure") as raised:
        picture.save(tmp_path / "x.svg")
    assert "\n" not in str(raised.value)
    assert picture._repr_svg_() is None
    shown = picture._repr_mimebundle_()
    assert shown.keys() == {"text/plain"}
    assert "digraph" not in shown["text/plain"]
    assert "= Mul(x, 2.0)" in shown["text/plain"]
    assert shown["text/plain"].count("pip install graphviz-pure") == 1
    assert picture.save(tmp_path / "x.dot").read_text(encoding="utf-8") == picture.source
    assert picture.save(tmp_path / "x.json").exists()
    assert not (tmp_path / "x.svg").exists()


# SVG


def test_svg_says_what_it_is_and_fits():
    small = ET.fromstring(draw(graph())._repr_svg_())
    title, description = small[0], small[1]
    assert small.get("role") == "img"
    assert (title.tag, title.text) == (f"{SVG}title", "How loss was made")
    assert description.tag == f"{SVG}desc"
    assert description.text == "loss, a scalar, is made from the parameter x by Mul and Sum."
    assert small.get("width").endswith("pt")
    assert "max-width: 100%" in small.get("style")

    h = x = Tensor(1.0, requires_grad=True, name="x")
    for _ in range(20):
        h = h * x
    wide = ET.fromstring(draw(h, direction="LR")._repr_svg_())
    _, _, width, _ = map(float, wide.get("viewBox").split())
    assert width > forms.COLUMN
    assert (wide.get("width"), wide.get("height")) == ("100%", None)
    assert f"max-width: {width:.0f}pt" in wide.get("style")


def test_text_is_held_to_its_width():
    name = "w" * 30
    picture = draw(Tensor([-0.5, 0.25], requires_grad=True, name=name))
    pieces = {text.text: text for text in ET.fromstring(picture._repr_svg_()).iter(f"{SVG}text")}
    # Helvetica's own widths, in thousandths: bold w 778, minus 584, digits 556, stop and blank 278.
    assert float(pieces[name].get("textLength")) == pytest.approx(30 * 0.778 * 15, rel=0.01)
    numbers = pieces["[−0.5, 0.25]"]
    ems = 2 * 0.278 + 0.584 + 5 * 0.556 + 4 * 0.278
    assert float(numbers.get("textLength")) == pytest.approx(ems * 13, rel=0.01)
    assert numbers.get("lengthAdjust") == "spacingAndGlyphs"


# PNG and PDF


def size_of(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


@pytest.mark.parametrize(("limit", "value"), [("MOST_PIXELS", 40_000), ("LONGEST_SIDE", 300)])
def test_png_stays_within_what_programs_open(limit, value, tmp_path, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        width, height = size_of(draw(graph()).save(tmp_path / "x.png"))
    assert width * height > 40_000
    monkeypatch.setattr(forms, limit, value)
    with pytest.warns(UserWarning, match=r"\d+ × \d+ pixels.*\.svg and \.pdf are sharp"):
        small = size_of(draw(graph()).save(tmp_path / "x.png"))
    assert small[0] * small[1] <= 40_000 if limit == "MOST_PIXELS" else max(small) <= 300
    assert small[0] / small[1] == pytest.approx(width / height, rel=0.05)


def test_limits_are_those_of_the_programs():
    assert forms.MOST_PIXELS <= 178_956_970 // 2  # Pillow refuses more than twice what it warns at
    assert forms.LONGEST_SIDE <= 32_767
    assert forms.LONGEST_PAGE <= 14_400


def test_pdf_is_as_large_as_the_picture(tmp_path, monkeypatch):
    pytest.importorskip("vl_convert")
    monkeypatch.setattr("minigrad.viz.render._programs", lambda: [PURE])
    picture = draw(graph())
    _, _, width, height = ET.fromstring(picture._repr_svg_()).get("viewBox").split()
    for longest in (14_400, 100):
        monkeypatch.setattr(forms, "LONGEST_PAGE", longest)
        content = picture.save(tmp_path / "x.pdf").read_bytes()
        assert content.startswith(b"%PDF")
        page = re.search(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+) ?\]", content)
        scale = min(1, longest / max(float(width), float(height)))
        assert float(page[1]) == pytest.approx(float(width) * scale, abs=1.5)
        assert float(page[2]) == pytest.approx(float(height) * scale, abs=1.5)


def test_what_writes_pdf_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("minigrad.viz.render._programs", lambda: [PURE])
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match="pip install vl-convert-python"):
        draw(graph()).save(tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())


def test_letters_without_a_font_are_written_by_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("minigrad.viz.render._programs", lambda: [PURE])
    (way, *_) = forms.ways_to("png")
    assert forms.lacking(way, "<text>é ∂ − · × … ж α 学习率 😀</text> 漢") == "习学率😀"
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    pictures = set()
    for name in ("学习率", "损失值", "نموذج", "ดัชนี"):
        picture = draw(Tensor([1.0], requires_grad=True, name=name) * 2)
        pictures.add(picture.save(tmp_path / "x.png").read_bytes())
        assert name in picture.source
    assert len(pictures) == 4
    side_by_side = draw(学习率=graph(), b=graph())
    assert side_by_side.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_spelling():
    assert forms.spell('label=<学x率>, tip="学"', "学率") == (
        r'label=<\\u5b66x\\u7387>, tip="\\u5b66"'
    )
    x = Tensor([1.0], name="学")
    text = ET.fromstring(forms.to_svg(forms.spell(draw(x).source, "学"), "title", "text")).iter(
        f"{SVG}text"
    )
    assert r"\u5b66" in [piece.text for piece in text]


def test_the_way_that_has_the_fonts_is_taken(tmp_path, monkeypatch):
    def first(form, source, svg, scale):
        return b"first"

    def second(form, source, svg, scale):
        return b"second" if "学" in source else b"spelled"

    monkeypatch.setattr(drawing_module, "ways_to", lambda form: [first, second])
    able = {second}
    monkeypatch.setattr(forms, "_draws", lambda way, letter: way in able)
    picture = draw(Tensor([1.0], name="学"))
    assert picture.save(tmp_path / "x.png").read_bytes() == b"second"
    assert draw(Tensor([1.0], name="x")).save(tmp_path / "x.png").read_bytes() == b"first"
    able.clear()
    assert picture.save(tmp_path / "x.png").read_bytes() == b"first"
    assert "numbers, as" in drawing_module.to_dot(picture.snapshot, spelled=True)


# Words


def test_a_graph_in_words():
    taken = snapshot(graph())
    assert heading(taken) == "How loss was made"
    assert listing(taken).splitlines() == [
        "  x  parameter (2,) float32  = [1, 2]  ∂ [2, 2]",
        "  2.0  constant scalar float32  = 2",
        "  x * 2.0 = Mul(x, 2.0)  intermediate (2,) float32  = [2, 4]  ∂ [1, 1]",
        "  loss = Sum(x * 2.0)  output scalar float32  = 6  ∂ 1",
    ]
    with np.errstate(all="ignore"):
        bad = -np.log(Tensor([0.0, 1.0], requires_grad=True, name="p")).sum()
    said = paragraph(snapshot(bad))
    assert "inf was born in Log (forward)" in said
    assert "inf was born in Log (forward)" in listing(snapshot(bad))


def test_words_of_a_large_graph_are_few():
    model = nn.Sequential(*[nn.Linear(2, 2) for _ in range(40)])
    loss = F.cross_entropy(model(np.ones((1, 2), np.float32)), [1])
    taken = snapshot(loss, steps=False)
    assert len(paragraph(taken)) < 300
    assert "75 more" in paragraph(taken)
    assert "values nearest to the output:" in listing(taken)
    assert len(listing(taken).splitlines()) < 70
    assert "naive: " in paragraph(snapshot(naive=graph(), fused=graph()))


def test_words_obey_nobody():
    hostile = "a\x1b[2J\u202eb\nc\u2066"
    x = Tensor([1.0], requires_grad=True, name=hostile)
    for said in (heading, paragraph, listing):
        text = said(snapshot(**{hostile: x * 2}, other=x))
        assert not set("\x1b\u202e\u2066") & {*text}
        assert r"a\x1b[2J\u202eb\nc\u2066" in text


# A viewer


def test_show_opens_a_browser_or_says_where_the_file_is(monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or len(opened) == 1)
    path = draw(graph()).show()
    assert opened == [path.as_uri()]
    assert "<svg" in path.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""
    other = draw(graph()).show()
    assert other != path
    assert capsys.readouterr().out == f"no browser was found here: open {other}\n"
