"""The page to step through a graph, used as a teacher would, in a real Chromium.

Skipped where there is none; with MINIGRAD_BROWSER=1 in the environment that is a failure instead.
"""

from __future__ import annotations

import re
import runpy
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from browser import missing

from minigrad import Tensor, nn
from minigrad.nn import functional as F
from minigrad.viz.page.player import step_through
from minigrad.viz.render import find_renderer

if find_renderer() is None:
    missing = "no program lays graphs out"
if missing:
    pytest.skip(missing, allow_module_level=True)

from playwright.sync_api import expect

# ---------------------------------------------------------------------------------------------
# Graphs to step through
# ---------------------------------------------------------------------------------------------


def line():
    """Loss = (w·x + b − y)², by hand: w·x = 6, + b = 5, − y = 3, squared 9."""
    w = Tensor(2.0, requires_grad=True, name="w")
    b = Tensor(-1.0, requires_grad=True, name="b")
    x, y = Tensor(3.0, name="x"), Tensor(2.0, name="y")
    loss = (w * x + b - y) ** 2
    loss.name = "loss"
    return loss


def used_twice():
    x = Tensor([[0.5, -1.5, 2.0]], requires_grad=True, name="x")
    y = x * x + x
    loss = (y * y).mean()
    loss.name = "loss"
    return loss


X = np.random.default_rng(1).standard_normal((40, 60))
W = np.random.default_rng(2).standard_normal((60, 10))
LABELS = np.arange(40) % 10


def classifier():
    weights = Tensor(W, requires_grad=True, name="W")
    logits = Tensor(X, name="X") @ weights
    logits.name = "logits"
    loss = F.cross_entropy(logits, LABELS)
    loss.name = "loss"
    return loss


def dying():
    """Forward inf in Exp, and what becomes of it."""
    z = Tensor([[100.0, 0.0], [0.0, 0.0]], requires_grad=True, name="z")
    exps = np.exp(z)
    loss = np.log(exps / exps.sum(axis=1, keepdims=True)).mean()
    loss.name = "loss"
    return loss


def dying_backwards():
    p = Tensor([0.0, 1.0], requires_grad=True, name="p")
    loss = -np.log(p)[1]
    loss.name = "loss"
    return loss


def deep():
    model = nn.Sequential(*(nn.Sequential(nn.Linear(20, 20), nn.ReLU()) for _ in range(5)))
    loss = (model(Tensor(X[:, :20].astype(np.float32), name="X")) ** 2).mean()
    loss.name = "loss"
    return loss


CUBE = np.random.default_rng(3).standard_normal((2, 3, 20))
COUNTS = np.arange(-30_000, 30_000, 1_000).reshape(6, 10)


def odd_arrays():
    """Three axes, whole numbers, truth values, and no entries at all."""
    cube = Tensor(CUBE, requires_grad=True, name="cube")
    counts, truths = Tensor(COUNTS, name="counts"), Tensor(np.array([True, False]), name="truths")
    nothing = Tensor(np.zeros((0, 3)), name="nothing")
    return ((cube.mean() * counts).sum() * truths).sum() + (cube.mean() * nothing).sum()


def nasty():
    a = Tensor([1.0, 2.0], requires_grad=True, name='"><script>alert(1)</script>')
    b = Tensor([3.0, 4.0], requires_grad=True, name="</script><img src=x onerror=alert(2)>")
    product = a * b
    product.name = "]]> {{data}} & <b>"
    loss = product.sum()
    loss.name = "<i>loss</i>"
    return loss


# ---------------------------------------------------------------------------------------------
# The browser
# ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file_of(tmp_path_factory):
    """Where the page of a graph is; each is made once."""
    made = {}

    def get(make):
        if make not in made:
            with np.errstate(all="ignore"):
                path = tmp_path_factory.mktemp("pages") / f"{make.__name__}.html"
                made[make] = step_through(make()).save(path)
        return made[make]

    return get


TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Waits until the page has been laid out, and has seen how large it is."""


@pytest.fixture
def show(browser, file_of):
    """Open a page; in the end nothing must have been complained about or fetched."""
    opened, complaints, fetched, files = [], [], set(), set()

    def open_page(make, address="", *, width=1280, height=720, clock=False, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        page.set_default_timeout(10_000)
        opened.append(context)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: fetched.add(request.url.split("#")[0]))
        if clock:
            page.clock.install(time=datetime(2026, 1, 1))
        file = file_of(make) if callable(make) else make
        files.add(file.as_uri())
        page.goto(file.as_uri() + address)
        if clock:
            page.clock.pause_at(datetime(2026, 1, 2))
        else:
            page.evaluate(TWO_FRAMES)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []
    assert fetched <= files


def where(page):
    """The pass and the number that the page says it is at."""
    return page.locator(".where").inner_text().strip("←→ ")


def node(page, name):
    """The node in the shown graph whose label for screen readers begins so."""
    return page.locator(f'.graph.shown .node[aria-label^="{name}"]').first


def written(number):
    """A number as the page writes it: four significant digits."""
    text = re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{number:.4g}")
    return text.replace("-", "−")


def cards(page):
    """The cards of the step: title, then all its numbers as they are written."""
    found = []
    for card in page.locator(".card").all():
        numbers = card.locator(".scalar, td").all_inner_texts()
        found.append((card.locator(".name").inner_text(), *numbers))
    return found


# ---------------------------------------------------------------------------------------------
# What it says
# ---------------------------------------------------------------------------------------------


def test_every_step_of_a_line_by_hand(show):
    page = show(line)
    expected = [
        ("Forward 1 of 4", "Mul", [("w", "2"), ("x", "3"), ("w * x", "6")]),
        ("Forward 2 of 4", "Add", [("w * x", "6"), ("b", "−1"), ("w * x + b", "5")]),
        ("Forward 3 of 4", "Sub", [("w * x + b", "5"), ("y", "2"), ("w * x + b - y", "3")]),
        ("Forward 4 of 4", "Pow", [("w * x + b - y", "3"), ("constant", "2"), ("loss", "9")]),
        (
            "Backward 1 of 4",
            "Pow",
            [
                ("∂loss/∂loss", "1"),
                *(("w * x + b - y", "3"), ("constant", "2")),
                ("∂loss/∂(w * x + b - y)", "6"),
            ],
        ),
        ("Backward 2 of 4", "Sub", [("∂loss/∂(w * x + b - y)", "6"), ("∂loss/∂(w * x + b)", "6")]),
        (
            "Backward 3 of 4",
            "Add",
            [("∂loss/∂(w * x + b)", "6"), ("∂loss/∂(w * x)", "6"), ("∂loss/∂b", "6")],
        ),
        ("Backward 4 of 4", "Mul", [("∂loss/∂(w * x)", "6"), ("x", "3"), ("∂loss/∂w", "18")]),
    ]
    for number, (place, op, numbers) in enumerate(expected, 1):
        page.goto(re.sub(r"(#.*)?$", f"#step={number}", page.url, count=1))
        assert where(page) == place
        assert page.locator("h2").inner_text() == op
        assert cards(page) == numbers
        assert page.locator("#live").inner_text() == f"{place}: {op}"
        assert page.locator(".site").inner_text().startswith("test_player_browser.py:")
    expect(page.locator(".formula")).to_have_text("y = a · b")
    expect(page.locator("details pre")).to_be_visible()
    assert "return g * b, g * a" in page.locator("details pre").inner_text()
    assert page.locator(".symbol").all_inner_texts() == ["g", "b", "a", "b"]
    assert page.locator(".sign").all_inner_texts() == ["×", "→"]
    expect(page.locator(".term")).to_have_text("g * b")
    expect(page.locator(".none")).to_contain_text("x: no gradient wanted")


def test_a_formula_is_shown_whole_and_apart_from_what_is_said_of_it(show):
    page = show(classifier, "#step=2")
    formula = "loss = −Σᵢ wᵢ · log_softmax(logits)[i, targetᵢ] / Σᵢ wᵢ"
    expect(page.locator(".formula")).to_have_text(formula)
    expect(page.locator(".remark")).to_have_text("straight from logits")


def test_contributions_are_shown_as_a_sum(show):
    x = np.array([0.5, -1.5, 2.0])
    y = x * x + x
    g = 2 * y / 3  # of y; to x it comes back three times
    page = show(used_twice, "#step=8")
    row = lambda numbers: tuple(map(written, numbers))  # noqa: E731
    assert cards(page) == [
        ("∂loss/∂(x * x)", *row(g)),
        ("x", *row(x)),
        ("contribution", *row(g * x)),
        ("before", *row(g)),
        ("∂loss/∂x so far", *row(g + g * x)),
        ("x", *row(x)),
        ("contribution", *row(g * x)),
        ("before", *row(g + g * x)),
        ("∂loss/∂x", *row(g + 2 * g * x)),
    ]
    assert page.locator(".sign").all_inner_texts() == ["×", "→", "+", "="] * 2
    notes = ["upstream", "contribution 2 of 3", "contribution 3 of 3"]
    assert page.locator(".note").all_inner_texts() == notes


def test_numbers_of_a_heat_map_on_hover_and_by_keyboard(show):
    page = show(classifier, "#step=1")
    heat = page.locator(".card").filter(has=page.locator(".name", has_text="X")).first
    readout, map_ = heat.locator(".readout"), heat.locator(".heat")
    assert readout.inner_text().split("\n") == [
        f"{written(X.min())} … {written(X.max())}",
        f"norm {written(np.linalg.norm(X))}",
    ]
    rows, columns = 16, 28
    for i, j in [(0, 0), (3, 17), (15, 27)]:
        top, bottom = i * 40 // rows, (i + 1) * 40 // rows
        left, right = j * 60 // columns, (j + 1) * 60 // columns
        block = X[top:bottom, left:right]
        largest = block.flat[np.abs(block).argmax()]
        heat.locator(f'[data-cell="{i} {j}"]').hover()
        expect(readout).to_have_text(
            f"[{top}:{bottom}, {left}:{right}] largest: {written(largest)}"
        )
    page.locator("h1").hover()
    expect(readout).to_contain_text("norm")

    logits = page.locator(".card").filter(has=page.locator(".name", has_text="logits"))
    map_ = logits.locator(".heat")
    map_.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        map_.press(key)
    values = X @ W
    block = values[2:5, 1]
    expected = written(block[np.abs(block).argmax()])
    expect(logits.locator(".readout")).to_have_text(f"[2:5, 1] largest: {expected}")
    map_.press("End")
    expect(logits.locator(".readout")).to_contain_text(", 9]")
    assert where(page) == "Forward 1 of 2"


def test_odd_arrays(show):
    page = show(odd_arrays)

    def card(name):
        """The card of an input, at the first step that has it."""
        exact = page.locator(".name").get_by_text(name, exact=True)
        while not exact.count():
            page.get_by_role("button", name="One step on", exact=True).click()
        return page.locator(".card").filter(has=exact)

    for name, cell, numbers in [
        ("cube", "4 7", f"[1, 1, 7] = {written(CUBE[1, 1, 7])}"),
        ("counts", "0 1", "[0, 1] = −29000"),
    ]:
        card(name).locator(f'[data-cell="{cell}"]').hover()
        expect(card(name).locator(".readout")).to_have_text(numbers)
    expect(card("truths").locator("td")).to_have_text(["True", "False"])
    expect(card("nothing").locator("p")).to_have_text("no entries")
    expect(card("nothing").locator(".shape")).to_have_text("(0, 3) float64")


def test_gradients_of_a_classifier_agree_with_numpy(show):
    z = X @ W
    exps = np.exp(z - z.max(axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    probs[np.arange(40), LABELS] -= 1
    gradient = X.T @ (probs / 40)
    page = show(classifier, "#step=4")
    card = page.locator(".card").filter(has=page.locator(".name", has_text="∂loss/∂W"))
    for i in range(16):
        block = gradient[i * 60 // 16 : (i + 1) * 60 // 16, 4]
        card.locator(f'[data-cell="{i} 4"]').hover()
        largest = block[np.abs(block).argmax()]
        expect(card.locator(".readout")).to_contain_text(f"largest: {written(largest)}")
    loss = -np.log(exps[np.arange(40), LABELS] / exps.sum(axis=1)).mean()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert cards(page)[-1] == ("loss", written(loss))


def test_births_are_told_where_and_when_they_happen(show):
    page = show(dying)
    headline = page.locator("#headline")
    expect(headline).to_contain_text("inf was born in Exp (forward), test_player_browser.py:")
    exp = node(page, "Exp")
    mark = page.locator("#marks .mark").first
    expect(mark).to_contain_text("inf born in Exp (forward)")
    expect(page.locator(".born strong")).to_have_text("inf born in Exp (forward)")
    expect(page.locator("div.born")).to_contain_text("why:")
    expect(exp.locator(".sticker")).to_be_visible()
    expect(page.locator("td.bad")).to_have_text("inf")
    page.keyboard.press("End")
    expect(page.locator("div.born")).to_have_count(0)
    assert page.locator(".edge.bad.back").count() > 0
    mark.click()
    assert where(page) == "Forward 1 of 5"
    assert "inf born in Exp" in page.locator("#live").inner_text()


def test_a_birth_in_the_backward_pass_shows_only_when_its_step_has_come(show):
    page = show(dying_backwards)
    sticker = node(page, "Log").locator(".sticker", has_text="NaN")
    expect(sticker).to_be_hidden()
    page.locator("#marks .mark", has_text="NaN").click()
    assert where(page) == "Backward 3 of 3"
    expect(sticker).to_be_visible()
    expect(sticker).to_have_text("← NaN born here")
    assert page.locator("td.bad").all_inner_texts() == ["NaN"]


def test_names_are_shown_as_they_are(show):
    page = show(nasty, "#step=1")
    names = [
        '"><script>alert(1)</script>',
        "</script><img src=x onerror=alert(2)>",
        "]]> {{data}} & <b>",
    ]
    assert page.locator(".card .name").all_inner_texts() == names
    assert page.locator("h1").inner_text() == "<i>loss</i>, step by step"
    assert page.title() == "<i>loss</i>, step by step"
    assert page.locator("script").count() == 2
    assert page.locator("img, i:not(#under i), b").count() == 0
    assert "]]> {{data}} & <b>" in page.locator(".graph.shown").text_content()


# ---------------------------------------------------------------------------------------------
# Getting about
# ---------------------------------------------------------------------------------------------


def test_buttons_and_slider(show):
    page = show(line)
    button = lambda name: page.get_by_role("button", name=name, exact=True)  # noqa: E731
    assert button("First step").get_attribute("aria-disabled") == "true"
    for name, place in [
        ("One step on", "Forward 2 of 4"),
        ("One step on", "Forward 3 of 4"),
        ("One step back", "Forward 2 of 4"),
        ("Last step", "Backward 4 of 4"),
        ("One step on", "Backward 4 of 4"),
        ("First step", "Forward 1 of 4"),
        ("One step back", "Forward 1 of 4"),
    ]:
        button(name).click(force=True)
        assert where(page) == place
    slider = page.get_by_role("slider", name="Step")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("1", "8")
    slider.fill("6")
    assert where(page) == "Backward 2 of 4"
    assert slider.get_attribute("aria-valuetext") == "Backward 2 of 4: Sub"
    assert page.url.endswith("#step=6")
    button("One step on").click()
    assert slider.input_value() == "7"


def test_keys(show):
    page = show(line)
    for key, place in [
        ("ArrowRight", "Forward 2 of 4"),
        ("End", "Backward 4 of 4"),
        ("ArrowLeft", "Backward 3 of 4"),
        ("Home", "Forward 1 of 4"),
        ("Control+ArrowRight", "Forward 1 of 4"),
    ]:
        page.keyboard.press(key)
        assert where(page) == place


def test_keys_leave_focused_controls_alone(show):
    page = show(line, clock=True)
    slider = page.locator("#slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert where(page) == "Forward 2 of 4"
    page.keyboard.press("Home")
    assert where(page) == "Forward 1 of 4"
    speed = page.get_by_label("Speed", exact=True)
    speed.focus()
    page.keyboard.press("ArrowDown")
    assert where(page) == "Forward 1 of 4"
    on = page.get_by_role("button", name="One step on", exact=True)
    on.focus()
    page.keyboard.press("Space")
    assert where(page) == "Forward 2 of 4"
    page.keyboard.press("ArrowRight")
    assert where(page) == "Forward 3 of 4"
    page.locator("summary").focus()
    page.keyboard.press("Space")
    expect(page.locator("details pre")).to_be_visible()
    page.clock.run_for(10_000)
    assert where(page) == "Forward 3 of 4"


def test_play_pause_and_speed(show):
    page = show(line, clock=True)
    page.keyboard.press("Space")
    button = page.get_by_role("button", name="Pause", exact=True)
    expect(button).to_be_visible()
    page.clock.run_for(2000)
    assert where(page) == "Forward 2 of 4"
    page.get_by_label("Speed", exact=True).select_option("4")
    page.clock.run_for(1000)
    assert where(page) == "Forward 4 of 4"
    button.click()
    page.clock.run_for(5000)
    assert where(page) == "Forward 4 of 4"
    page.keyboard.press("End")
    page.get_by_role("button", name="Play", exact=True).click()
    assert where(page) == "Forward 1 of 4"
    page.clock.run_for(3500)
    assert where(page) == "Backward 4 of 4"
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    page.keyboard.press("ArrowRight")
    page.clock.run_for(5000)
    assert where(page) == "Forward 2 of 4"


def test_links_to_steps(show):
    page = show(line, "#step=6")
    assert where(page) == "Backward 2 of 4"
    page.evaluate("location.hash = 'step=3'")
    expect(page.locator(".where")).to_contain_text("Forward 3 of 4")
    for nonsense, place in [("step=99", "Backward 4 of 4"), ("step=0", "Forward 1 of 4")]:
        page.evaluate(f"location.hash = '{nonsense}'")
        expect(page.locator(".where")).to_contain_text(place)
    page.evaluate("location.hash = 'what'")
    expect(page.locator(".where")).to_contain_text("Forward 1 of 4")


def test_clicks_on_nodes(show):
    page = show(line, "#step=4")
    node(page, "Add, op").click()
    assert where(page) == "Forward 2 of 4"
    node(page, "w * x + b - y").click()
    assert where(page) == "Forward 3 of 4"
    node(page, "b,").click()
    assert where(page) == "Forward 2 of 4"
    page.keyboard.press("End")
    node(page, "Add, op").click()
    assert where(page) == "Backward 3 of 4"
    node(page, "w,").click()
    assert where(page) == "Backward 4 of 4"
    node(page, "x,").click()
    assert where(page) == "Forward 1 of 4"


def test_nodes_by_keyboard(show):
    page = show(line, "#step=2")
    assert page.locator(".graph.shown .node[tabindex='0']").count() == 1
    node(page, "Add, op").focus()
    start = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.id") != start
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.dataset.id") == start
    node(page, "Pow, op").focus()
    page.keyboard.press("Enter")
    assert where(page) == "Forward 4 of 4"
    expect(node(page, "Pow, op")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    assert where(page) == "Forward 3 of 4"


def test_expanding_stays_at_the_corresponding_step(show):
    page = show(classifier, "#step=2")
    toggle = page.get_by_label("expand fused ops")
    assert (where(page), page.locator("h2").inner_text()) == ("Forward 2 of 2", "CrossEntropy")
    toggle.check()
    assert (where(page), page.locator("h2").inner_text()) == ("Forward 2 of 5", "LogSoftmax")
    assert page.url.endswith("#step=2&expanded")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    toggle.uncheck()
    assert page.locator("h2").inner_text() == "CrossEntropy"
    page.keyboard.press("ArrowRight")
    assert where(page) == "Backward 1 of 2"
    toggle.check()
    assert (where(page), page.locator("h2").inner_text()) == ("Backward 1 of 5", "Mean")
    page.keyboard.press("End")
    assert page.locator("h2").inner_text() == "MatMul"
    toggle.uncheck()
    assert where(page) == "Backward 2 of 2"
    other = show(classifier, "#step=3&expanded")
    assert where(other) == "Forward 3 of 5"
    expect(other.get_by_label("expand fused ops")).to_be_checked()
    expect(show(line).get_by_label("expand fused ops")).to_be_hidden()


def test_what_is_done_and_what_is_to_come(show):
    page = show(line, "#step=2")
    states = lambda name: set(node(page, name).get_attribute("class").split())  # noqa: E731
    assert "todo" in states("Sub, op")
    assert "active" in states("Add, op")
    assert not {"todo", "active"} & states("Mul, op")
    expect(node(page, "w * x + b - y").locator(".number").first).to_be_hidden()
    page.goto(page.url.replace("#step=2", "#step=7"))
    assert {"back", "active"} <= states("Add, op")
    assert {"some", "complete"} <= states("b,")
    assert not {"some", "back"} & states("w,")
    dashes = "getComputedStyle(document.querySelector('.shown .edge.back path')).strokeDasharray"
    assert page.evaluate(dashes) != "none"
    expect(node(page, "b,").locator(".badge")).to_be_visible()
    expect(node(page, "w,").locator(".badge")).to_be_hidden()


def test_a_graph_without_a_backward_pass_says_how_to_get_one(show, tmp_path):
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    page = show(step_through(x * x).save(tmp_path / "forward.html"))
    assert where(page) == "Forward 1 of 1"
    expect(page.locator("#step")).to_contain_text("step_through(tensor, gradient=...)")


# ---------------------------------------------------------------------------------------------
# The picture
# ---------------------------------------------------------------------------------------------


def test_zoom_and_drag(show):
    page = show(line)
    scale = "new DOMMatrix(document.querySelector('.shown .camera').style.transform).a"
    start = page.evaluate(scale)
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(scale) == pytest.approx(1.25 * start, rel=1e-4)
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Show the whole graph").click()
    fitted = page.evaluate(scale)
    stage = page.locator("#stage").bounding_box()
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.mouse.move(*middle)
    page.mouse.wheel(0, -200)
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(scale) == fitted
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(scale) == pytest.approx(fitted * np.exp(0.5), rel=1e-4)
    box = node(page, "Add, op").bounding_box()
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1] + 25, steps=4)
    page.mouse.up()
    moved = node(page, "Add, op").bounding_box()
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == pytest.approx((40, 25), abs=1)
    assert where(page) == "Forward 1 of 4"


def test_the_active_op_stays_in_view(show):
    page = show(deep, reduced_motion="reduce")
    stage = page.locator(".graph.shown").bounding_box()
    for _ in range(int(page.locator("#slider").get_attribute("max"))):
        box = page.locator(".node[aria-current=step]").bounding_box()
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"]
        assert stage["y"] <= box["y"]
        assert box["y"] + box["height"] <= stage["y"] + stage["height"]
        page.keyboard.press("ArrowRight")


def test_reduced_motion(show):
    duration = "getComputedStyle(document.querySelector('.shown .camera')).transitionDuration"
    for motion, seconds in [("no-preference", "0.35s"), ("reduce", "0s")]:
        page = show(line, reduced_motion=motion)
        page.keyboard.press("ArrowRight")
        assert page.evaluate(duration) == seconds


CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgb("white");
  };
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  for (const e of document.querySelectorAll("body *:not(svg *):not(script):not(.unseen)")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    found.push([ratio(rgb(getComputedStyle(e).color), behind(e)), e.className || e.tagName]);
  }
  for (const text of document.querySelectorAll(".shown .node > text")) {
    const style = getComputedStyle(text);
    if (style.visibility === "hidden") continue;
    const fill = getComputedStyle(text.parentElement.querySelector("path")).fill;
    found.push([ratio(rgb(style.fill), rgb(fill)), text.parentElement.getAttribute("class")]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("make", "step"), [(line, 2), (line, 7), (dying, 1), (classifier, 4)])
def test_contrast(show, scheme, make, step):
    page = show(make, f"#step={step}", color_scheme=scheme)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 25
    assert min(found)[0] >= 4.5, min(found)


def test_dark_mode(show):
    colour = "getComputedStyle(document.querySelector('#step')).backgroundColor"
    light, dark = (show(line, color_scheme=s).evaluate(colour) for s in ("light", "dark"))
    assert light == "rgb(255, 255, 255)"
    assert sum(map(int, re.findall(r"\d+", dark))) < 100


@pytest.mark.parametrize("make", [line, classifier, dying, deep])
def test_a_phone_needs_no_sideways_scrolling(show, make):
    page = show(make, width=390, height=844, has_touch=True)
    for _ in range(int(page.locator("#slider").get_attribute("max"))):
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, where(page)
        page.get_by_role("button", name="One step on", exact=True).tap(force=True)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_a_projector_shows_all_controls_without_scrolling(show, width, height):
    page = show(dying, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    for control in page.locator("footer button, footer select, #slider").all():
        box = control.bounding_box()
        assert box["y"] + box["height"] <= height
    assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 18


def test_everything_has_a_name_and_the_focus_shows(show):
    page = show(dying)
    for control in page.locator("button, input, select, .heat, .shown .node").all():
        labels = [control.get_attribute("aria-label"), control.text_content().strip()]
        labels += [control.evaluate("e => e.labels?.[0]?.textContent")]
        assert any(labels)
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = "document.activeElement"
        name = f"{focused}.id || {focused}.getAttribute('aria-label')"
        tag = page.evaluate(f"{name} || {focused}.labels?.[0].textContent")
        if tag in seen:
            break
        seen.append(tag)
        if page.evaluate(f"{focused} instanceof HTMLElement && {focused} !== document.body"):
            assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") != "none"
    order = ["Zoom in", "step", "First step", "Play", "slider", "Speed"]
    places = [seen.index(name) for name in order]
    assert places == sorted(places)


def mlp():
    """4-8-3, as in a first lesson."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    return F.cross_entropy(model(rng.normal(size=(5, 4)).astype(np.float32)), [0, 1, 2, 0, 1])


class Residual(nn.Module):
    def __init__(self):
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        h = np.tanh(self.first(x)) + x
        return self.second(h + np.tanh(h))


def residual():
    x = Tensor(X[:6, :8].astype(np.float32), requires_grad=True, name="x")
    return F.cross_entropy(Residual()(x), [0, 1, 2, 0, 1, 2])


def job(head):
    """A step of the main job: 128 images, 784-128-10, with one of its four losses."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    images = Tensor((255 * rng.random((128, 784))).astype(np.float32), name="images")
    loss = HEADS[head](model(images), Tensor(rng.integers(0, 10, 128), name="digits"))
    loss.name = "loss"
    return loss


EXAMPLE = Path(__file__).parent.parent / "examples" / "mnist_mlp.py"
HEADS = runpy.run_path(str(EXAMPLE), run_name="example")["HEADS"]
JOBS = [partial(job, head) for head in HEADS]
for made, head in zip(JOBS, HEADS):
    made.__name__ = head


def recurrent():
    rng = np.random.default_rng(0)
    wx, wh = (Tensor(rng.normal(size=s), requires_grad=True) for s in [(4, 3), (4, 4)])
    h = Tensor(np.zeros(4), name="start")
    for _ in range(50):
        h = np.tanh(wx @ rng.normal(size=3) + wh @ h)
    return (h * h).sum()


def dying_twice():
    z = Tensor([[1000.0, 0.0]], requires_grad=True, name="z")
    return -np.log(np.exp(z) / np.exp(z).sum())[0, 0]


# ---------------------------------------------------------------------------------------------
# Projected
# ---------------------------------------------------------------------------------------------

SEEN_WHOLE = """() => {
  const panel = find("#step").getBoundingClientRect();
  const hidden = [];
  for (let moment = 1; moment <= view.moments.length; moment++) {
    go(moment, false);
    const { taken } = view.moments[moment - 1][0];
    const cards = all("#step .card");
    const upstream = cards.filter((card) => card.textContent.includes("upstream"));
    if (taken && upstream.length !== 1) hidden.push([moment, "no upstream gradient"]);
    for (const part of [...cards, ...(taken ? all("#step pre") : [])]) {
      const { top, bottom, left, right } = part.getBoundingClientRect();
      const inside = top >= panel.top && bottom <= panel.bottom + 1
        && left >= panel.left && right <= panel.right + 1 && bottom > top;
      if (!inside) hidden.push([moment, part.textContent.slice(0, 30)]);
    }
  }
  return hidden;
}"""


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)], ids=str)
@pytest.mark.parametrize("make", [mlp, residual, *JOBS], ids=lambda make: make.__name__)
def test_a_step_is_seen_whole(show, make, size):
    for address in ("", "#step=1&expanded"):
        page = show(make, address, width=size[0], height=size[1])
        assert page.evaluate(SEEN_WHOLE) == []


LETTERS = """(size) => {
  const says = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  const large = (e) => parseFloat(getComputedStyle(e).fontSize) * (e.currentCSSZoom ?? 1) >= size;
  return all("#step *, #top *, footer *")
    .filter((e) => e.checkVisibility() && !e.closest("svg") && says(e) && !large(e))
    .map((e) => [e.className, e.textContent.slice(0, 20), getComputedStyle(e).fontSize]);
}"""

IN_THE_GRAPH = """() => Math.min(...all(".graph.shown text").filter((e) => e.checkVisibility())
  .map((e) => (Number(e.getAttribute("font-size")) || parseFloat(getComputedStyle(e).fontSize))
    * view.look.scale))"""


@pytest.mark.parametrize("make", [mlp, residual, dying_twice, *JOBS], ids=lambda m: m.__name__)
def test_letters_can_be_read_from_the_last_row(show, make):
    page = show(make, width=1920, height=1080)
    for _ in range(int(page.locator("#slider").get_attribute("max"))):
        assert page.evaluate(LETTERS, 23.9) == []
        assert page.evaluate(IN_THE_GRAPH) >= 20
        page.keyboard.press("PageDown")
    assert show(make, width=3840, height=2160).evaluate(LETTERS, 47.8) == []


def test_the_split_is_dragged_and_kept(show):
    page = show(line)
    handle = page.get_by_role("separator", name="Width of the graph")
    wide = lambda: page.locator("#stage").bounding_box()["width"]  # noqa: E731
    start, box = wide(), handle.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 153, box["y"] + 200, steps=3)
    page.mouse.up()
    assert wide() - start == pytest.approx(150, abs=12)
    kept = wide()
    handle.focus()
    handle.press("ArrowLeft")
    assert wide() < kept
    kept = wide()
    page.reload()
    assert wide() == pytest.approx(kept, abs=1)
    assert where(page) == "Forward 1 of 4"


OVERLAPS = """() => {
  const box = (e) => e.getBoundingClientRect();
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const seen = (e) => getComputedStyle(e).visibility === "visible" && e.checkVisibility();
  const svg = ".graph.shown ";
  const stickers = all(svg + ".sticker").filter(seen).map((e) => find("rect", e));
  const others = [...all(svg + ".node").filter(seen).map((e) => find("path", e)),
    ...all(svg + ".badge circle").filter(seen), ...all(svg + ".cluster text").filter(seen)];
  const bad = [];
  for (const [i, s] of stickers.entries()) {
    for (const o of [...others, ...stickers.slice(i + 1)]) {
      if (over(box(s), box(o))) bad.push(s.parentNode.textContent);
    }
  }
  const texts = (m) => all("span", m).filter((text) => text.textContent);
  const marks = all(".mark").flatMap((m) => [m, ...texts(m)].map((part) => [part, m]));
  for (const [a, one] of marks) for (const [b, other] of marks) {
    if (one !== other && over(box(a), box(b))) bad.push(a.textContent + " on " + b.textContent);
  }
  return [bad, stickers.length];
}"""


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("make", [dying, dying_twice, *JOBS[:2]], ids=lambda m: m.__name__)
def test_red_labels_lie_on_nothing(show, make, width):
    page = show(make, width=width, height=900)
    most = 0
    for _ in range(int(page.locator("#slider").get_attribute("max"))):
        bad, count = page.evaluate(OVERLAPS)
        assert bad == []
        most = max(most, count)
        page.keyboard.press("PageDown")
    assert most > 2
    for group in page.evaluate(
        "[...view.picture.frames.keys()].filter((k) => typeof k === 'string')"
    ):
        page.evaluate(f"toggle(view.picture, '{group}')")
        assert page.evaluate(OVERLAPS)[0] == []


def test_zoom_is_kept_between_views(show):
    page = show(classifier, "#step=2")
    page.get_by_role("button", name="Zoom in").click()
    scale = page.evaluate("view.look.scale")
    page.get_by_label("expand fused ops").check()
    assert page.evaluate("view.look.scale") == scale
    page.get_by_label("expand fused ops").uncheck()
    assert page.evaluate("view.look.scale") == scale


def test_the_wheel_is_the_pages(show, tmp_path):
    holder = tmp_path / "long.html"
    notebook = step_through(line())._repr_html_()
    holder.write_text(f"<!doctype html>{notebook}<div style='height: 3000px'></div>", "utf-8")
    page = show(holder)
    page.mouse.move(200, 300)
    page.mouse.wheel(0, 300)
    page.wait_for_function("scrollY > 100")
    inside = page.frames[1]
    scale = inside.evaluate("view.look.scale")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    inside.evaluate(TWO_FRAMES)
    assert inside.evaluate("view.look.scale") > scale


def test_a_presenters_remote(show):
    page = show(line)
    page.locator("#slider").focus()
    page.keyboard.press("PageDown")
    assert where(page) == "Forward 2 of 4"
    page.locator("#search input").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("PageUp")
    assert where(page) == "Forward 1 of 4"


# ---------------------------------------------------------------------------------------------
# On a phone
# ---------------------------------------------------------------------------------------------


def touch(page, *tracks):
    """Draw lines on the screen, each with a finger."""
    session = page.context.new_cdp_session(page)
    for i in range(9):
        points = [
            {"x": x + (x2 - x) * i / 8, "y": y + (y2 - y) * i / 8, "id": n}
            for n, ((x, y), (x2, y2)) in enumerate(tracks)
        ]
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.evaluate(TWO_FRAMES)


def test_a_swipe_steps_and_two_fingers_zoom(show):
    page = show(line, width=390, height=844, has_touch=True, is_mobile=True)
    touch(page, ((300, 600), (80, 605)))
    assert where(page) == "Forward 2 of 4"
    touch(page, ((80, 250), (300, 250)))
    assert where(page) == "Forward 1 of 4"
    scale = page.evaluate("view.look.scale")
    touch(page, ((180, 250), (100, 250)), ((200, 250), (280, 250)))
    assert page.evaluate("view.look.scale") > 2 * scale
    assert where(page) == "Forward 1 of 4"
    touch(page, ((200, 700), (200, 300)))
    page.wait_for_timeout(500)
    assert page.evaluate("scrollY") > 20
    assert where(page) == "Forward 1 of 4"


@pytest.mark.parametrize("size", [(740, 360), (844, 390), (667, 375)], ids=str)
def test_across_nothing_lies_under_the_controls(show, size):
    page = show(mlp, "#step=6", width=size[0], height=size[1], has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    footer = page.locator("footer").bounding_box()
    assert footer["y"] + footer["height"] <= size[1] + 1
    for part in ("#stage", "#step"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= footer["y"] + 1
        assert box["height"] > size[1] / 2


# ---------------------------------------------------------------------------------------------
# On paper
# ---------------------------------------------------------------------------------------------


def test_a_step_on_paper(show):
    page = show(mlp, "#step=6")
    page.emulate_media(media="print")
    page.evaluate("toPaper()")
    box, svg = (page.locator(s).bounding_box() for s in (".node[aria-current=step]", "svg.shown"))
    assert svg["x"] <= box["x"] < box["x"] + box["width"] <= svg["x"] + svg["width"]
    assert svg["y"] <= box["y"] < box["y"] + box["height"] <= svg["y"] + svg["height"]
    assert box["height"] > 15
    expect(page.locator("footer")).to_be_hidden()
    expect(page.locator("#step .card")).not_to_have_count(0)
    page.evaluate("fromPaper()")
    page.emulate_media(media="screen")
    assert where(page) == "Backward 2 of 4"


def test_a_hand_out_of_all_steps(show):
    page = show(line, "#step=3")
    page.get_by_label("all steps").check()
    page.emulate_media(media="print")
    page.evaluate("toPaper()")
    pages = page.locator("#pages article")
    expect(pages).to_have_count(8)
    places = [text.strip("←→ ") for text in pages.locator(".where").all_inner_texts()]
    assert places == [f"{way} {i} of 4" for way in ("Forward", "Backward") for i in range(1, 5)]
    for i in range(8):
        lit = pages.nth(i).locator(".node[aria-current=step]")
        box, svg = lit.bounding_box(), pages.nth(i).locator("svg.graph").bounding_box()
        assert svg["y"] <= box["y"] < box["y"] + box["height"] <= svg["y"] + svg["height"]
    page.evaluate("fromPaper()")
    page.emulate_media(media="screen")
    expect(pages).to_have_count(0)
    assert where(page) == "Forward 3 of 4"


# ---------------------------------------------------------------------------------------------
# Large graphs
# ---------------------------------------------------------------------------------------------


def drawn(page):
    return page.locator(".graph.shown .node:visible").count()


def test_a_loop_is_drawn_once_and_opened_by_a_click(show):
    page = show(recurrent, "#step=30")
    assert drawn(page) < 30
    assert page.locator(".node[aria-current=step]").count() == 1
    assert "one of 50" in page.locator(".node[aria-current=step]").get_attribute("aria-label")
    page.get_by_role("button", name="Show the whole graph").click()
    page.get_by_role("button", name="×50: draw all of them").locator("text").click()
    assert drawn(page) > 150
    assert where(page) == "Forward 30 of 202"
    assert page.locator(".node.stub.active").count() == 1
    page.get_by_role("button", name="fold", exact=True).click()
    assert drawn(page) < 30


def test_modules_fold_and_open(show):
    page = show(mlp, "#step=1")
    before = drawn(page)
    low = lambda: page.evaluate("view.picture.size[1]")  # noqa: E731
    height = low()
    page.get_by_role("button", name="Linear 0: fold it").locator("text").click()
    assert drawn(page) == before - 4 + 1
    assert low() < height
    expect(node(page, "Linear 0, folded, current step")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(node(page, "Linear 0, folded, computed")).to_be_visible()
    ends = "all('.graph.shown .edge:not(.gone) path').map((e) => e.getAttribute('d'))"
    assert not [path for path in page.evaluate(ends) if "NaN" in path]
    page.get_by_role("button", name="Sequential: fold it").press("Enter")
    assert drawn(page) < before - 6
    node(page, "Sequential, folded").click()
    node(page, "Linear 0, folded").click()
    assert (drawn(page), low()) == (before, height)


def test_depth_folds_at_first(show, tmp_path):
    for depth, name in [(0, "Sequential"), (1, "Linear 2")]:
        page = show(step_through(mlp(), depth=depth).save(tmp_path / f"{depth}.html"))
        expect(node(page, f"{name}, folded")).to_be_visible()
    expect(node(page, "Sequential, folded")).to_have_count(0)


def test_search(show):
    page = show(deep, "#step=1")
    page.keyboard.press("/")
    page.keyboard.type("relu")
    expect(page.locator("#found")).to_have_text("5, Enter")
    assert page.locator(".graph.shown .node.match").count() == 5
    for number, place in [("1 of 5", 2), ("2 of 5", 4)]:
        page.keyboard.press("Enter")
        expect(page.locator("#found")).to_have_text(number)
        assert where(page) == f"Forward {place} of 12"
    page.keyboard.type("x")
    expect(page.locator("#found")).to_have_text("none")
    page.keyboard.press("Escape")
    assert page.locator(".node.match").count() == 0


def test_the_small_map_and_fit(show):
    page = show(deep, "#step=1")
    map_ = page.locator("#map")
    expect(map_).to_be_visible()
    box = map_.bounding_box()
    before = page.evaluate("view.look.y")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.9)
    assert page.evaluate("view.look.y") < before - 100
    page.get_by_role("button", name="Show the whole graph").click()
    page.keyboard.press("End")
    assert page.evaluate(IN_THE_GRAPH) >= 5
    expect(page.locator(".node[aria-current=step]")).to_be_in_viewport()
    expect(show(line).locator("#map")).to_be_hidden()


# ---------------------------------------------------------------------------------------------
# The program, and losses in parallel
# ---------------------------------------------------------------------------------------------


def test_the_program_beside_the_step(show, tmp_path):
    page = show(step_through(line(), program=True).save(tmp_path / "program.html"))
    running = page.locator("#program li.running")
    source = "loss = (w * x + b - y) ** 2"
    assert running.inner_text().strip() == source
    number = int(re.search(r":(\d+)", page.locator(".site").inner_text())[1])
    assert page.locator("#program li").nth(number - 1).inner_text().strip() == source
    assert running.get_attribute("aria-current") == "true"
    expect(running).to_be_in_viewport()
    page.keyboard.press("End")
    page.locator("#program li button").click()
    assert where(page) == "Forward 1 of 4"
    page.get_by_role("checkbox", name="program").uncheck()
    expect(page.locator("#program")).to_be_hidden()
    expect(show(line).locator("#program")).to_be_hidden()


def test_a_program_is_text(show, tmp_path):
    path = tmp_path / "nasty.py"
    path.write_text(
        "import minigrad as mg\nx = mg.Tensor(2.0, requires_grad=True)\n"
        "y = x * x  # </script><img src=x onerror=alert(1)>\n",
        "utf-8",
    )
    player = step_through(runpy.run_path(str(path))["y"], program=True)
    page = show(player.save(tmp_path / "nasty.html"))
    assert page.locator("img").count() == 0
    assert "</script><img src=x" in page.locator("#program li.running").inner_text()


def in_parallel():
    z = Tensor([[1000.0, 0.0, -5.0], [3.0, 1.0, 2.0]], requires_grad=True, name="z")
    logits = z * 1.0
    naive, fused = F.naive_cross_entropy(logits, [0, 1]), F.cross_entropy(logits, [0, 1])
    return {"naive": naive, "fused": fused}


def test_two_losses_are_stepped_in_parallel(show, tmp_path):
    with np.errstate(all="ignore"):
        file = step_through(**in_parallel()).save(tmp_path / "parallel.html")
    page = show(file, clock=True)
    ops = lambda: page.locator("#step h2").all_inner_texts()  # noqa: E731
    assert page.locator(".who").all_inner_texts() == ["naive", "fused"]
    assert ops() == ["Mul", "Mul"]
    page.keyboard.press("Space")
    page.clock.run_for(2000)
    assert ops() == ["Exp", "CrossEntropy"]
    page.clock.run_for(20_000)
    assert ops() == ["Exp", "CrossEntropy"]  # it broke: playing stops
    expect(page.locator(".who").first).to_have_text("naive has broken")
    page.keyboard.press("ArrowRight")
    assert ops() == ["Sum"]
    expect(page.locator(".waits")).to_contain_text("It waits: ")
    page.keyboard.press("End")
    assert ops() == ["Mul", "Mul"]
    assert page.locator(".track").nth(0).locator("td.bad").count() > 0
    assert page.locator(".track").nth(1).locator("td.bad").count() == 0


# ---------------------------------------------------------------------------------------------
# For everyone
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("make", "step"), [(line, 7), (dying, 1), (mlp, 6), (recurrent, 30), (in_parallel, 4)]
)
def test_axe_reports_nothing(browser, tmp_path, make, step, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with np.errstate(all="ignore"):
        made = make()
        player = (
            step_through(**made) if isinstance(made, dict) else step_through(made, program=True)
        )
    file = player.save(tmp_path / "axe.html")
    for width, height in [(390, 844), (1280, 720)]:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
        )
        page = context.new_page()
        page.goto(f"{file.as_uri()}#step={step}")
        page.evaluate(TWO_FRAMES)
        found = axe.run(page).response["violations"]
        context.close()
        assert [(v["id"], v["nodes"][0]["html"][:90]) for v in found] == []


def test_a_theme_is_kept_whatever_the_system_has(show, tmp_path):
    colour = "getComputedStyle(document.querySelector('#step')).backgroundColor"
    page = show(
        step_through(line(), theme="light").save(tmp_path / "light.html"), color_scheme="dark"
    )
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page = show(
        step_through(line(), theme="dark").save(tmp_path / "dark.html"), color_scheme="light"
    )
    assert page.evaluate(colour) != "rgb(255, 255, 255)"


def test_in_a_notebook(show, tmp_path):
    holder = tmp_path / "notebook.html"
    holder.write_text(f"<!doctype html><body>{step_through(line())._repr_html_()}</body>", "utf-8")
    page = show(holder)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".where")).to_contain_text("Forward 1 of 4")
    frame.get_by_role("button", name="One step on", exact=True).click()
    expect(frame.locator(".where")).to_contain_text("Forward 2 of 4")
