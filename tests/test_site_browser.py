"""The built site in a real Chromium, at the size of a desktop and of a phone.

Runs where MINIGRAD_SITE names the folder of a built site and a browser is installed; with
MINIGRAD_BROWSER=1 in the environment a missing browser is a failure.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import missing

if missing:
    pytest.skip(missing, allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SITE = os.environ.get("MINIGRAD_SITE")
if SITE is None:
    pytest.skip("MINIGRAD_SITE does not name a built site", allow_module_level=True)

ROOT = Path(SITE).resolve()
ALIKE = "_modules/"  # listings of code, all from one template: these stand for the rest
LISTINGS = (f"{ALIKE}index.html", f"{ALIKE}minigrad/engine.html", f"{ALIKE}minigrad/ops/loss.html")
PAGES = sorted(
    path
    for path in (page.relative_to(ROOT).as_posix() for page in ROOT.rglob("*.html"))
    if not path.startswith(("_static/", ALIKE)) or path in LISTINGS
)
STILL = "*, ::before, ::after { transition: none !important; animation: none !important }"
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=SIZES)
def page(request, browser, address):
    """A page whose errors and whose requests to other hosts are failures."""
    width, height = SIZES[request.param]
    page = browser.new_page(viewport={"width": width, "height": height})
    complaints = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((address, "data:", "blob:", "about:"))
            else complaints.append(asked.url)
        ),
    )
    yield page
    page.close()
    assert not complaints


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_asks_no_other_host(page, address, path):
    page.goto(f"{address}/{path}", wait_until="load")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_reports_nothing(browser, address, path, scheme):
    page = browser.new_page(
        viewport={"width": 1280, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page.goto(f"{address}/{path}", wait_until="load")
    page.add_style_tag(content=STILL)  # a colour on its way to the dark theme has its own contrast
    found = Axe().run(page).response["violations"]
    page.close()
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:4]]) for v in found] == []


@pytest.mark.parametrize("words", ["log_softmax", "double backward", "softmax twice"])
def test_search_finds(page, address, words):
    page.goto(f"{address}/search.html?q={words}")
    expect(page.locator("#search-results")).to_contain_text("Common questions")
    assert page.locator("#search-results li").count() >= 3


def test_formulas_are_mathml(page, address):
    page.goto(f"{address}/lessons/04-softmax.html")
    formula = page.locator("math").first
    expect(formula).to_be_visible()
    assert formula.bounding_box()["height"] > 8


QUESTIONS = [page for page in PAGES if "<form data-id=" in (ROOT / page).read_text("utf-8")]


def question(page, name):
    """The form of a prediction, what was said to the answer, and what it opens."""
    box = page.locator(f"#predict-{name}")
    return (
        box.locator("form"),
        box.get_by_role("status"),
        page.locator(f"#predict-{name} + .predicted"),
    )


def test_a_number_is_predicted_by_keyboard_alone(page, address):
    page.goto(f"{address}/lessons/02-the-graph.html")
    form, said, opened = question(page, "two-ways")
    expect(opened).to_be_hidden()
    field = form.get_by_role("spinbutton", name="Your number")
    field.focus()
    page.keyboard.type("15")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Not that. That is ∂L/∂b")
    expect(opened).to_be_hidden()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("-1e3")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Add the two ways")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("45.001")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Right.")
    expect(opened).to_be_visible()
    page.reload()
    expect(said).to_contain_text("Right.")
    expect(opened).to_be_visible()
    expect(field).to_have_value("45.001")
    field.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(opened).to_be_hidden()
    expect(field).to_have_value("")
    page.reload()
    expect(said).to_be_empty()
    expect(opened).to_be_hidden()


def test_a_choice_is_predicted_by_keyboard_alone(page, address):
    page.goto(f"{address}/lessons/01-a-gradient.html")
    form, said, opened = question(page, "sign-of-a-slope")
    form.get_by_role("radio", name="positive").focus()
    page.keyboard.press("Enter")  # nothing is chosen: nothing is said
    expect(said).to_be_empty()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Not that.")
    expect(opened).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Right.")
    expect(opened).to_be_visible()
    page.reload()
    expect(form.get_by_role("radio", name="negative")).to_be_checked()
    expect(opened).to_be_visible()


def test_it_is_shown_without_an_answer(page, address):
    page.goto(f"{address}/lessons/01-a-gradient.html")
    form, said, opened = question(page, "fifty-steps")
    form.get_by_role("button", name="Show it without an answer").press("Enter")
    expect(opened).to_be_visible()
    expect(said).to_be_empty()
    page.reload()
    expect(opened).to_be_visible()
    expect(question(page, "sign-of-a-slope")[2]).to_be_hidden()


@pytest.mark.parametrize("path", QUESTIONS)
def test_each_prediction_opens_with_its_right_answer(page, address, path):
    page.goto(f"{address}/{path}")
    forms = page.locator(".predict form")
    assert forms.count() == page.locator(".predict + .predicted").count() > 0
    for form in forms.all():
        right = int(form.get_attribute("data-right"))
        _, said, opened = question(page, form.get_attribute("data-id"))
        expect(opened).to_be_hidden()
        if form.get_by_role("radio").count():
            form.get_by_role("radio").nth(right).press("Space")
        else:
            number = form.locator("dt").nth(right).get_attribute("data-number")
            form.get_by_role("spinbutton").fill(number)
        form.get_by_role("button", name="Check").click()
        expect(said).to_contain_text("Right.")
        expect(opened).to_be_visible()


def test_a_prediction_hides_nothing_without_javascript_and_on_paper(page, browser, address):
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(f"{address}/lessons/02-the-graph.html")
    page.goto(f"{address}/lessons/02-the-graph.html")
    page.emulate_media(media="print")
    for kind in (plain, page):
        form, _, opened = question(kind, "two-ways")
        expect(opened).to_be_visible()
        expect(form.get_by_text("That is ∂L/∂b.")).to_be_visible()
        expect(form.get_by_role("button", name="Check")).to_be_hidden()
    plain.close()


def test_a_browser_that_keeps_nothing_can_be_asked_as_well(browser, address):
    page = browser.new_page()
    page.add_init_script("delete Window.prototype.localStorage; delete window.localStorage")
    page.goto(f"{address}/lessons/02-the-graph.html")
    form, _, opened = question(page, "two-ways")
    form.get_by_role("spinbutton").fill("45")
    form.get_by_role("button", name="Check").click()
    expect(opened).to_be_visible()
    assert page.evaluate("typeof localStorage") == "undefined"
    page.close()


def test_a_step_through_page_in_a_lesson_can_be_stepped(page, address):
    page.goto(f"{address}/lessons/05-the-day-the-loss-was-nan.html")
    closed = page.get_by_role("button", name="Show it without an answer")
    while closed.count():
        closed.first.click()
    page.locator("[data-page]").scroll_into_view_if_needed()
    player = page.frame_locator("iframe[srcdoc]")
    slider = player.get_by_role("slider").first
    before = slider.input_value()
    slider.press("ArrowRight")
    assert slider.input_value() != before
