"""Pictures and pages of hostile snapshots in a real Chromium: no script runs, nothing is asked for.

Skipped where there is none; with MINIGRAD_BROWSER=1 in the environment that is a failure instead.
"""

from __future__ import annotations

import pytest
from browser import missing
from hostile import ATTACKS, attacked

from minigrad.viz.page.player import Player
from minigrad.viz.picture.drawing import Drawing

if missing:
    pytest.skip(missing, allow_module_level=True)

OPTIONS = {"direction": "TB", "show": "both", "depth": None, "max_nodes": 200, "theme": "light"}


@pytest.fixture
def tab(browser):
    """A page that notes what it asks the network for, what it says, and what goes wrong."""
    tab = browser.new_page()
    tab.asked, tab.wrong = [], []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.on("dialog", lambda dialog: (tab.wrong.append(dialog.message), dialog.dismiss()))
    tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
    yield tab
    tab.close()


def expect_harmless(tab, url):
    """Nothing but the file itself was asked for, nothing ran, nothing leads elsewhere."""
    leads = "[...document.querySelectorAll('*')].filter(e => e.hasAttribute('href') || " \
        "e.hasAttributeNS('http://www.w3.org/1999/xlink', 'href')).length"  # fmt: skip
    assert tab.evaluate(leads) == 0
    tab.evaluate(
        "document.querySelectorAll('a, text, .node').forEach(e => "
        "e.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true})))"
    )
    assert tab.evaluate("window.pwned") is None
    assert tab.asked == [url]
    assert tab.wrong == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_picture(tab, tmp_path, attack):
    url = Drawing(attacked(ATTACKS[attack]), **OPTIONS).save(tmp_path / "x.svg").as_uri()
    tab.goto(url)
    expect_harmless(tab, url)
    assert tab.evaluate("document.querySelectorAll('.node').length") > 10


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_page_at_each_of_its_steps(tab, tmp_path, attack):
    snapshot = attacked(ATTACKS[attack])
    url = Player(snapshot).save(tmp_path / "x.html").as_uri()
    tab.goto(url)
    graph = snapshot.graphs[0]
    for _ in range(len(graph.ops) + len(graph.backward)):
        tab.keyboard.press("ArrowRight")
    expect_harmless(tab, url)
    assert tab.locator("#slider").input_value() != "1"
