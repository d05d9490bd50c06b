"""The laboratory used as a student or a teacher would, in a real Chromium.

Skipped where there is none; with MINIGRAD_BROWSER=1 in the environment that is a failure instead.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from browser import missing

if missing:
    pytest.skip(missing, allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
from lab_pages import LAB, PAGES, presets, whole_page  # noqa: E402

SIZES = {
    "small projector": (1280, 720),
    "projector": (1920, 1080),
    "large projector": (3840, 2160),
    "in a lesson": (690, 576),
    "phone": (390, 844),
    "phone on its side": (844, 390),
}
ADDRESSES = [
    (name, f"#preset={preset}")
    for name in PAGES
    for preset in re.findall(r"#preset=(\w+)", presets(name))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    for name in PAGES:
        (folder / f"{name}.html").write_text(whole_page(name), encoding="utf-8")
    return folder


@pytest.fixture
def show(browser, folder):
    """Open a page; in the end nothing must have been complained about or fetched."""
    opened, complaints, fetched = [], [], set()

    def open_page(name, address="", *, size="small projector", **options):
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: fetched.add(request.url.split("#")[0]))
        page.goto((folder / f"{name}.html").as_uri() + address)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []
    assert fetched <= {(folder / f"{name}.html").as_uri() for name in PAGES}


def go(page, address):
    """To another state of the page that is open, without loading it again."""
    page.evaluate(
        """(address) => location.hash === address || new Promise((done) => {
          addEventListener("hashchange", done, { once: true });
          location.hash = address;
        })""",
        address,
    )


def says(page):
    return page.locator("#say").inner_text()


def out(page, name):
    return page.locator(f'[data-out="{name}"]').first.inner_text()


def verdict(page, head, part):
    return page.locator(f'[data-verdict="{head} {part}"]').inner_text()


# ---------------------------------------------------------------------------------------------
# Every page
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "address"), ADDRESSES)
def test_presets_are_links_and_states(show, name, address):
    page = show(name, address)
    shown = page.locator("main").inner_text()
    link = page.locator(f'nav a[href="{address}"]')
    expect(link).to_have_attribute("aria-current", "true")
    assert page.locator("nav a[aria-current=true]").count() == 1
    other = page.locator("nav a[aria-current=false]").first
    other.click()
    expect(link).to_have_attribute("aria-current", "false")
    assert page.locator("main").inner_text() != shown
    link.click()
    expect(link).to_have_attribute("aria-current", "true")
    assert page.url.endswith(address)
    assert page.locator("main").inner_text() == shown


@pytest.mark.parametrize("name", PAGES)
def test_the_presets_of_a_page_are_those_of_its_script(show, name):
    page = show(name)
    links = page.locator("[data-preset]").evaluate_all("(all) => all.map((a) => a.dataset.preset)")
    assert page.evaluate("Object.keys(page.presets)") == links


@pytest.mark.parametrize("name", PAGES)
def test_nonsense_in_the_address_changes_nothing(show, name):
    page = show(name)
    expected = page.locator("main").inner_text()
    for nonsense in (
        "#preset=what",
        "#what",
        "#size=1e99&margin=x&dtype=float8&head=&z=1&target=-1&k=1.5&lr=3&e=99&x=7.77&walk=a,b&a=99",
        "#preset=__proto__&constructor=1&toString=2",
        "#z=,,,&k=&size=&margin= 5&t=NaN&c=Infinity",
    ):
        go(page, nonsense)
        assert page.locator("main").inner_text() == expected


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits(show, name, size):
    page = show(name, size=size)
    for address in (a for n, a in ADDRESSES if n == name):
        go(page, address)
        wide, high = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert wide <= SIZES[size][0], address
        if "projector" in size:
            assert high <= SIZES[size][1], address
            assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= (
                SIZES[size][1] / 43  # 16.7 of 720 lines of pixels
            )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(show, name, scheme):
    page = show(name, color_scheme=scheme)
    page.locator("summary").click()
    addresses = [a for n, a in ADDRESSES if n == name]
    for address in addresses if name == "digits" else addresses[:2]:
        go(page, address)
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_lets_nothing_else_run(show, name, folder):
    text = (folder / f"{name}.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r'\b(src|href)="(?!#|\.\./lessons/|data:)', text)
    assert not re.search(r"\sstyle=|\son\w+=", text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_works_from_its_folder_without_a_build(browser, name):
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((LAB / f"{name}.html").as_uri())
    assert page.locator("#python").text_content().startswith("import")
    page.close()
    assert complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_every_control_is_reached_and_has_a_name(show, name):
    """By Tab, one after the other; and each is large enough for a finger."""
    page = show(name, size="phone", has_touch=True)
    targets = page.locator("a, button:enabled, summary, .choice label, #heads label, .slider")
    for box in filter(None, (target.bounding_box() for target in targets.all())):
        assert box["height"] >= 24
    wanted = page.evaluate(
        """[...document.querySelectorAll("a, button:enabled, input, summary, [tabindex='0']")]
          .filter((e) => e.checkVisibility() && !(e.type === "radio" && !e.checked)).length"""
    )
    seen = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
        )
    assert len(seen) == wanted


# ---------------------------------------------------------------------------------------------
# Where digits die
# ---------------------------------------------------------------------------------------------


def test_a_newcomer_makes_a_loss_nan_and_mends_it(show):
    page = show("digits")
    assert "Make the loss NaN" in says(page)
    page.locator('[data-state="size"]').focus()
    for _ in range(11):  # from 5 to 100
        page.keyboard.press("ArrowRight")
    assert out(page, "size") == "100"
    assert says(page).startswith("The loss is NaN. exp(98) is beyond the largest float32")
    assert (verdict(page, "naive", "loss"), verdict(page, "naive", "gradient")) == ("NaN", "NaN")
    born = page.locator(".cell.born")
    assert born.evaluate_all("(all) => all.map((c) => c.dataset.cell)") == [
        "exps value 0",
        "exps value 1",
    ]
    page.get_by_text("fused", exact=True).click()
    assert says(page).startswith("Alive.")
    assert verdict(page, "fused", "loss") == "7 of 7 digits"
    assert page.url.endswith("#head=fused&size=100")


def test_each_death_of_the_lesson(show):
    page = show("digits")
    for preset, head, words in [
        ("overflow", "naive", "exp(98) is beyond the largest float32"),
        ("log0", "shifted", "underflowed to 0, and log 0 is −inf"),
        ("quiet", "naive", "0 / 0"),
        ("slope", "shifted", "1 / 2.98e−7 is too large"),
        ("lost", "shifted", "next to 1 there is no room"),
    ]:
        go(page, f"#preset={preset}")
        assert words in says(page)
        assert page.locator("#heads input:checked").get_attribute("value") == head
        assert page.locator(".cell.born").count() >= 1
        for safe in ("log_softmax", "fused"):
            assert not {verdict(page, safe, "loss"), verdict(page, safe, "gradient")} & {
                "NaN",
                "inf",
            }
    go(page, "#preset=quiet")
    assert verdict(page, "naive", "loss") == "rounds to 0"
    assert verdict(page, "naive", "gradient") == "NaN"


def test_the_path_of_the_first_bad_number(show):
    path = "(all) => all.map((td) => td.querySelector('.cell').dataset.cell.slice(0, -2))"
    page = show("digits", "#preset=overflow")
    assert page.locator("td.path").evaluate_all(path) == [
        "z grad", "exps value", "exps grad", "total value", "total grad",
        "probs value", "probs grad", "log_probs value", "loss value",
    ]  # fmt: skip
    page = show("digits", "#preset=quiet")
    found = page.locator("td.path").evaluate_all(path)
    assert found == ["z grad", "exps grad", "total grad", "probs grad"]


@pytest.mark.parametrize("touch", [False, True])
def test_the_map_can_be_pointed_at(show, touch):
    page = show("digits", size="phone" if touch else "projector", has_touch=touch)
    target = page.locator('#map [data-place="10000 0"]')
    target.tap() if touch else target.click()
    assert (out(page, "size"), out(page, "margin")) == ("10000", "0")
    assert page.locator('#map [data-place="10000 0"]').get_attribute("class") == "dead"
    if not touch:
        page.locator('#map [data-place="5 2"]').hover()
        page.mouse.down()
        page.locator('#map [data-place="7 5"]').hover()
        page.mouse.up()
        assert (out(page, "size"), out(page, "margin")) == ("7", "+5")
    page.locator("#map").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert out(page, "margin") == ("+10" if not touch else "+2")


def test_what_the_map_shows_is_what_the_numbers_say(show):
    page = show("digits", "#dtype=float16&head=shifted")
    for place in ("12 -2", "20 -15", "1 20", "100 -105", "10000 10"):
        word = page.locator(f'#map [data-place="{place}"]').get_attribute("class")
        size, margin = place.split()
        go(page, f"#dtype=float16&head=shifted&size={size}&margin={margin}")
        words = {verdict(page, "shifted", part) for part in ("loss", "gradient")}
        dead = bool(words & {"NaN", "inf", "−inf"})
        lost = any(re.match(r"[0-2] of 3", w) for w in words)
        assert word == ("dead" if dead else "lost" if lost else "exact")


# ---------------------------------------------------------------------------------------------
# Drag a logit
# ---------------------------------------------------------------------------------------------


def number(page, name):
    return page.locator(f'[data-number="{name}"]').get_attribute("data-value")


def test_a_logit_is_dragged(show):
    page = show("logits")
    well = page.locator('[data-logit="1"]')
    box = well.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 2, steps=4)
    page.mouse.up()
    assert number(page, "z 1") == "7.0"
    assert float(number(page, "p 1")) > 0.99
    assert page.url.endswith("#z=2,7,0,-1")
    well.focus()
    for key, value in [("ArrowDown", "6.75"), ("Home", "-7.0"), ("PageUp", "-5.0"), ("End", "7.0")]:
        page.keyboard.press(key)
        assert number(page, "z 1") == value
        assert well.get_attribute("aria-valuenow") == f"{float(value):g}"


def test_a_logit_by_touch(show):
    page = show("logits", size="phone", has_touch=True)
    well = page.locator('[data-logit="0"]')
    well.tap(position={"x": 5, "y": 1})
    assert number(page, "z 0") == "7.0"


def test_a_constant_added_to_all_changes_nothing(show):
    page = show("logits")
    names = [f"{kind} {i}" for kind in ("p", "log p", "g") for i in range(4)]
    before = [number(page, name) for name in names], out(page, "loss")
    slider = page.locator('[data-state="c"]')
    slider.focus()
    page.keyboard.press("End")
    assert number(page, "z 0") == "7.0"
    assert ([number(page, name) for name in names], out(page, "loss")) == before
    assert "Adding a constant" in says(page)


def test_target_classes_and_temperature(show):
    page = show("logits")
    page.locator("#bars thead label").nth(2).click()
    assert float(number(page, "g 2")) < 0 < float(number(page, "g 0"))
    assert out(page, "target") == "C"
    for _ in range(6):
        page.get_by_role("button", name="One class more").click()
    assert out(page, "n") == "10 classes"
    expect(page.get_by_role("button", name="One class more")).to_be_disabled()
    for _ in range(7):
        page.get_by_role("button", name="One class less").click()
    assert out(page, "n") == "3 classes"
    sure = float(number(page, "p 0"))
    page.locator('[data-state="t"]').focus()
    page.keyboard.press("End")
    assert float(number(page, "p 0")) < sure
    assert page.locator("tr small [data-out=rule]").inner_text() == "(p − y) / 8"


def test_the_jacobian_is_read(show):
    page = show("logits")
    page.locator('#jacobian [data-place="1 0"]').hover()
    expect(page.locator("#readout")).to_contain_text("∂p(B) / ∂z(A) = −0.15")
    page.locator("#jacobian").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#readout")).to_contain_text("∂p(B) / ∂z(B)")


# ---------------------------------------------------------------------------------------------
# The walk, the descent, the ruler
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("touch", [False, True])
def test_the_walk_in_a_wrong_order(show, touch):
    page = show("walk", size="phone" if touch else "projector", has_touch=touch)
    for name in ("b", "L", "b", "c"):
        box = page.locator(f'[data-node="{name}"]')
        box.tap(force=True) if touch else box.click(force=True)  # one of them is not its turn yet
        if page.url.endswith("html"):
            assert says(page) == "No gradient has arrived at b yet."
    assert page.url.endswith("#walk=L,b,c")
    assert page.locator("#result").inner_text() == "∂L/∂a = 27, but nudging a says 45: wrong."
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    assert page.url.endswith("#walk=L")


def test_the_walk_by_keyboard(show):
    page = show("walk")
    for name in ("L", "c", "b"):
        page.locator(f'[data-node="{name}"]').focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.node") == name
    assert page.locator("#result").inner_text() == "∂L/∂a = 45, and nudging a says 45: right."
    page.locator('[data-state="a"]').focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#result").inner_text() == "∂L/∂a = 63, and nudging a says 63: right."


def test_descent_step_by_step_and_by_itself(show):
    page = show("descent")
    page.locator('[data-state="lr"]').focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert out(page, "lr") == "100"
    page.get_by_role("button", name="Step").click()
    assert says(page).startswith("The naive loss died at step 1. Its loss was finite")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#naive .end")).to_be_visible()
    expect(page.locator('[data-out="k"]')).to_have_text("3")
    page.get_by_role("button", name="Play").click()
    assert page.locator("#play").get_attribute("aria-pressed") == "false"
    assert number(page, "naive loss") == 'float("nan")'
    page.get_by_role("button", name="Start again").click()
    assert out(page, "k") == "0"


@pytest.mark.parametrize("head", ["naive", "fused"])
def test_where_descent_starts(show, head):
    page = show("descent", "#k=3")
    map_ = page.locator(f"#{head}")
    box = map_.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert out(page, "k") == "0"
    assert number(page, "naive z 0") == number(page, "fused z 0")
    before = float(number(page, "fused z 0"))
    map_.focus()
    page.keyboard.press("ArrowRight")
    assert float(number(page, "fused z 0")) == before + 5


def test_the_ruler_has_four_views(show):
    page = show("ruler")
    for view, state, key, words in [
        ("zoom", "k", "End", "0 of 11 binary digits"),
        ("exp(x)", "x", "End", "overflow"),
        ("large + small", "e", "End", "0 of 7 digits"),
        ("log(1 + x)", "e", "End", "0 of 7 digits"),
    ]:
        page.locator(".choice label", has_text=view).click()
        slider = page.locator(f'[data-state="{state}"]')
        slider.focus()
        page.keyboard.press(key)
        expect(page.locator("main")).to_contain_text(words)
        assert page.locator("#controls .slider:visible").count() == (2 if "large" in view else 1)


def test_the_last_float16s_are_seen_one_by_one(show):
    page = show("ruler", "#k=20")
    ticks = page.locator('[data-dtype="float16"] .tick').count()
    assert ticks == 15 + 2  # multiples of 2⁻²⁴ below 2⁻²⁰, and both ends
