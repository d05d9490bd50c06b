"""Pictures and notebook displays in a real Chromium: what fits, what is read, what is not trusted.

Skipped where there is none; with MINIGRAD_BROWSER=1 in the environment that is a failure instead.
"""

from __future__ import annotations

import numpy as np
import pytest
from browser import missing

from minigrad import Tensor
from minigrad.viz import Recorder, draw, film, step_through

if missing:
    pytest.skip(missing, allow_module_level=True)

import nbconvert
import nbformat.v4 as notebook_format
from playwright.sync_api import expect

SIZES = [(1280, 720), (1920, 1080), (390, 844)]
# How far each piece of text reaches over the innermost box that it stands in, in pixels.
OVER = """[...document.querySelectorAll('g.node')].flatMap(node => {
  const boxes = [...node.querySelectorAll('path, polygon')].map(box => box.getBBox());
  const [frame] = boxes.filter(box => box.width > 5).sort((a, b) => a.width - b.width);
  return [...node.querySelectorAll('text')].filter(text => text.textContent.trim()).map(text => {
    const box = text.getBBox();
    const over = Math.max(box.x + box.width - frame.x - frame.width, frame.x - box.x);
    return [text.textContent, over];
  });
})"""
INK = """async () => {
  await document.fonts.ready;
  return [document.documentElement.scrollWidth <= innerWidth,
    [...document.querySelectorAll('text')].filter(text => {
      const {top, bottom, left, right} = text.getBoundingClientRect();
      return bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    }).length];
}"""
# What notebooks in VS Code allow a cell's output.
ISOLATED = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src https: http: data:; font-src https: data:; connect-src https:; child-src https: data:"
)


@pytest.fixture
def show(browser):
    opened = []

    def open_file(path, size=(1280, 720)):
        width, height = size
        context = browser.new_context(viewport={"width": width, "height": height})
        opened.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in opened:
        context.close()


def naive():
    z = Tensor([[1000.0, 0.0], [-1.5, 2.25]], requires_grad=True, name="z")
    with np.errstate(all="ignore"):
        probabilities = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        loss = -np.log(probabilities)[0, 1]
        loss.backward()
    return loss


def recurrent(steps=50):
    draws = np.random.default_rng(0)
    W_x, W_h, b = (Tensor(draws.normal(size=s), requires_grad=True) for s in ((4, 3), (4, 4), 4))
    h = Tensor(np.zeros(4))
    for _ in range(steps):
        h = np.tanh(W_x @ draws.normal(size=3) + W_h @ h + b)
    return (h * h).sum()


@pytest.mark.parametrize("family", ["Helvetica", "DejaVu Sans", "DejaVu Serif"])
def test_text_stays_in_its_box_whatever_the_font(family, show, tmp_path):
    names = ("학습률", "a_rather_long_name_of_a_tensor", "W" * 20, "∂l/∂x − 1 · 2 × 3 …")
    for i, loss in enumerate([naive(), *(Tensor(-1.5, True, name=n) * 2 for n in names)]):
        path = draw(loss).save(tmp_path / f"{i}.svg")
        path.write_text(path.read_text("utf-8").replace("Helvetica", family), "utf-8")
        texts = show(path).evaluate(OVER)
        assert len(texts) > 3
        assert [(text, over) for text, over in texts if over > 0.5] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL"])
def test_a_large_picture_fits_the_window_and_is_not_blank(direction, size, show, tmp_path):
    path = draw(recurrent(), direction=direction).save(tmp_path / "graph.svg")
    fits, seen = show(path, size).evaluate(INK)
    assert fits
    assert seen >= 10


def test_a_small_picture_is_not_blown_up(show, tmp_path):
    x = Tensor(2.0, requires_grad=True, name="x")
    path = draw(x * x).save(tmp_path / "graph.svg")
    page = show(path, (1920, 1080))
    assert page.evaluate("document.documentElement.getBoundingClientRect().width") < 500


def test_a_screen_reader_is_told_what_it_is(show, tmp_path):
    page = show(draw(naive()).save(tmp_path / "graph.svg"))
    image = page.get_by_role("img", name="How loss was made")
    expect(image).to_be_visible()
    assert "was born in Exp" in page.evaluate("document.querySelector('desc').textContent")


def notebook_of(tmp_path, *displays, **options):
    """Export what cells showed, as nbconvert does."""
    outputs = [
        notebook_format.new_output("execute_result", display, execution_count=1)
        for display in displays
    ]
    cell = notebook_format.new_code_cell("draw(loss)", outputs=outputs)
    made = notebook_format.new_notebook(cells=[cell])
    body, _ = nbconvert.HTMLExporter(**options).from_notebook_node(made)
    path = tmp_path / "notebook.html"
    path.write_text(body, encoding="utf-8")
    return path


@pytest.mark.parametrize("options", [{}, {"template_name": "classic"}, {"theme": "dark"}])
def test_an_exported_notebook_has_the_picture_and_the_steps(options, show, tmp_path):
    player = {"text/html": step_through(naive())._repr_html_(), "text/plain": "steps"}
    picture = draw(recurrent(10), direction="LR")._repr_mimebundle_()
    page = show(notebook_of(tmp_path, picture, player, **options))
    frame = page.frame_locator("iframe")
    expect(frame.locator(".where")).to_contain_text("Forward 1 of")
    expect(page.get_by_text("not trusted")).to_have_count(0)
    widths = page.evaluate(
        """[...document.querySelectorAll('img, svg[role=img]')].map(picture =>
          [picture.getBoundingClientRect().width, picture.parentElement.clientWidth])"""
    )
    assert any(width > 300 for width, _ in widths)
    assert all(width <= column + 1 for width, column in widths)


def filmed():
    w = Tensor(2.0, requires_grad=True, name="w")
    recorder = Recorder({"w": w}, keep="film")
    loss = w * w
    loss.backward()
    recorder.record(loss)
    return film(recorder)


@pytest.mark.parametrize(
    ("made", "file"), [(lambda: step_through(naive()), "steps.html"), (filmed, "film.html")]
)
def test_a_sanitised_notebook_says_why_and_what_to_do(made, file, show, tmp_path):
    display = {"text/html": made()._repr_html_(), "text/plain": "page"}
    page = show(notebook_of(tmp_path, display, sanitize_html=True))
    text = page.evaluate("document.body.innerText")
    assert "this notebook is not trusted" in text
    assert f'.save("{file}")' in text
    assert len(text) < 1000


def test_the_steps_are_shown_in_an_isolated_output(show, tmp_path):
    path = tmp_path / "output.html"
    path.write_text(
        f'<!doctype html><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{ISOLATED}">'
        f"<template>{step_through(naive())._repr_html_()}</template><div></div><script>"
        "document.querySelector('div').innerHTML = document.querySelector('template').innerHTML"
        "</script>",
        encoding="utf-8",
    )
    page = show(path)
    expect(page.frame_locator("iframe").locator(".where")).to_contain_text("Forward 1 of")
    page.frame_locator("iframe").get_by_role("button", name="One step on", exact=True).click()
    page.evaluate("scrollTo(0, 9999); scrollTo(0, 0)")
    expect(page.frame_locator("iframe").locator(".where")).to_contain_text("Forward 2 of")
