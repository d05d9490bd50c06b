"""The built site in a real Chromium, at the size of a desktop and of a phone.

Runs where MINIGRAD_SITE names the folder of a built site and a browser is installed; with
MINIGRAD_BROWSER=1 in the environment a missing browser is a failure.
"""

from __future__ import annotations

import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SITE = os.environ.get("MINIGRAD_SITE")
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

if SITE is None:
    pytest.skip("MINIGRAD_SITE does not name a built site", allow_module_level=True)
if sync_playwright is None or BROWSER is None:
    if os.environ.get("MINIGRAD_BROWSER") == "1":
        raise RuntimeError("MINIGRAD_BROWSER=1 asks for playwright and a Chromium: none here")
    pytest.skip("there is no playwright or no Chromium here", allow_module_level=True)

ROOT = Path(SITE).resolve()
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in ROOT.rglob("*.html")
    if not {"_static", "slides"} & {*page.relative_to(ROOT).parts}
)
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


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


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


def test_a_step_through_page_in_a_lesson_can_be_stepped(page, address):
    page.goto(f"{address}/lessons/05-the-day-the-loss-was-nan.html")
    player = page.frame_locator("iframe").first
    slider = player.get_by_role("slider").first
    before = slider.input_value()
    slider.press("ArrowRight")
    assert slider.input_value() != before
