"""The film of a training, scrubbed through in a real Chromium as in a lecture."""

from __future__ import annotations

import numpy as np
import pytest
from test_film import train
from test_player_browser import TWO_FRAMES, expect, file_of, show  # noqa: F401

from minigrad import viz

STEPS, DEATH = 120, 90


@pytest.fixture(scope="module")
def runs():
    naive, fused = train(STEPS, dies_at=DEATH), train(STEPS)
    del naive.losses[DEATH + 5 :]  # it ended early
    for norms in naive.gradient_norms.values():
        del norms[DEATH + 5 :]
    return {"naive": naive, "<b>fused</b>": fused}


@pytest.fixture(scope="module")
def film(runs, tmp_path_factory):
    return viz.film(**runs).save(tmp_path_factory.mktemp("film") / "film.html")


@pytest.fixture
def page(show, film):  # noqa: F811
    return show(film)


def where(page):
    return page.locator("#where").inner_text()


def losses(page):
    return page.locator(".loss").all_inner_texts()


def test_it_begins_at_step_1_with_all_that_is_known(page, runs):
    assert where(page) == f"step 1 of {STEPS}"
    assert losses(page) == [f"loss {run.losses[0]:.4g}" for run in runs.values()]
    names = [text.split("loss")[0].strip() for text in page.locator(".run h2").all_inner_texts()]
    assert names == [*runs]
    for run, box in zip(runs.values(), page.locator(".run").all()):
        says = box.locator(".says").all_inner_texts()
        best = run.film.frames[0].probabilities
        assert says == [f"{p.argmax()}: {int(100 * round(p.max(), 3) + 0.5)}%" for p in best]
        captions = box.locator("figcaption").all_inner_texts()
        thumbs = [kind[i] for i in range(2) for kind in
                  (lambda f: (f.weights, f.gradients, f.updates))(run.film.frames[0])]  # fmt: skip
        shown = [float(text.strip("±").replace("−", "-")) for text in captions]
        np.testing.assert_allclose(shown, [thumb.scale for thumb in thumbs], rtol=2e-3)


def test_buttons_and_keys_go_from_picture_to_picture(page, runs):
    frames = [frame.step for run in runs.values() for frame in run.film.frames]
    kept = sorted(set(frames))
    for step in kept[1:4]:
        page.keyboard.press("ArrowRight")
        assert where(page) == f"step {step} of {STEPS}"
    page.get_by_role("button", name="Picture before").click()
    assert where(page) == f"step {kept[2]} of {STEPS}"
    page.keyboard.press("End")
    assert where(page) == f"step {STEPS} of {STEPS}"
    page.keyboard.press("Home")
    assert where(page) == f"step 1 of {STEPS}"


def test_the_slider_goes_to_any_step_and_says_which_pictures_stand(page, runs):
    step = next(s for s in range(2, STEPS) if all(
        s not in [f.step for f in run.film.frames] for run in runs.values()))  # fmt: skip
    page.locator("#slider").fill(str(step))
    kept = max(f.step for run in runs.values() for f in run.film.frames if f.step < step)
    assert where(page) == f"step {step} of {STEPS}, arrays of step {kept}"
    assert losses(page) == [f"loss {run.losses[step - 1]:.4g}" for run in runs.values()]
    assert page.evaluate("location.hash") == f"#step={step}"


def test_a_link_leads_to_a_step(show, film):  # noqa: F811
    page = show(film, f"#step={DEATH}")
    assert where(page).startswith(f"step {DEATH} of")
    page.evaluate("location.hash = '#step=7'")
    expect(page.locator("#where")).to_contain_text("step 7 of")
    page.evaluate("location.hash = '#step=99999'")
    expect(page.locator("#where")).to_contain_text(f"step {STEPS} of")


def test_the_birth_is_marked_explained_and_led_to(page):
    naive, fused = page.locator(".run").all()
    expect(naive.locator(".birth")).to_be_hidden()
    page.get_by_role("button", name=f"first not finite at step {DEATH}: naive").click()
    assert where(page).startswith(f"step {DEATH} of")
    expect(naive.locator(".birth")).to_contain_text(f"Step {DEATH}: born in Log (forward)")
    expect(naive.locator(".birth")).to_contain_text("loss = np.log(loss - loss.item())")
    expect(naive.locator(".birth")).to_contain_text("log(0)")
    expect(fused.locator(".birth")).to_be_hidden()
    expect(naive.locator(".loss")).to_have_class("loss bad")
    assert naive.locator("figcaption").nth(1).inner_text() == "not finite"
    assert fused.locator("figcaption").nth(1).inner_text().startswith("±")
    page.keyboard.press("End")
    expect(naive.locator(".loss")).to_contain_text(f"ended at step {DEATH + 5}")


PIXEL = """([number, x, y]) => {
    const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    copy.drawImage(document.querySelectorAll('canvas[role=img]')[number], -x, -y);
    return [...copy.getImageData(0, 0, 1, 1).data];
}"""


def test_pictures_have_the_colours_of_their_numbers(page, runs):
    frame = next(iter(runs.values())).film.frames[0]
    for number, thumb in ((3, frame.weights[1]), (4, frame.gradients[1])):
        _, rows, columns = thumb.codes.shape
        for i, j in ((0, 0), (rows - 1, columns - 1), (1, 5)):
            red, _, blue, _ = page.evaluate(PIXEL, [number, j, i])
            code = thumb.codes[0, i, j]
            if abs(int(code)) > 20:
                assert (blue > red) == (code < 0)
    page.locator("#slider").fill(str(DEATH))
    red, green, blue, _ = page.evaluate(PIXEL, [4, 0, 0])
    assert red > 150 > 60 > max(green, blue)


def test_curves_end_where_numbers_do(page, runs):
    paths = page.locator("#curves svg").first.locator("path")
    for i, run in enumerate(runs.values()):
        d = paths.nth(i).get_attribute("d")
        finite = np.isfinite(run.losses)
        assert d.count("L") == finite.sum()
        assert d.count("M") == 1 + (np.diff(np.flatnonzero(finite)) > 1).sum()
    assert page.locator(".death").count() == 2  # of the loss and of the gradient


def test_a_click_on_a_curve_goes_there(page):
    box = page.locator("#curves svg").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    step = int(where(page).split()[1])
    assert abs(step - (STEPS + 1) / 2) <= 1


def test_it_plays(show, film, runs):  # noqa: F811
    page = show(film, clock=True)
    kept = sorted({frame.step for run in runs.values() for frame in run.film.frames})
    page.get_by_role("button", name="Play", exact=True).click()
    page.clock.run_for(501)
    assert where(page).startswith(f"step {kept[1]} of")
    page.locator("#speed select").select_option("4")
    page.clock.run_for(500)  # the one that waits, then the fast ones
    page.clock.run_for(126)
    assert int(where(page).split()[1]) >= kept[3]
    page.get_by_role("button", name="Pause").click()
    before = where(page)
    page.clock.run_for(2000)
    assert where(page) == before
    page.keyboard.press("End")
    page.get_by_role("button", name="Play", exact=True).click()
    assert where(page).startswith("step 1 of")


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)])
def test_a_projector_shows_it_without_scrolling(show, film, size):  # noqa: F811
    page = show(film, f"#step={DEATH}", width=size[0], height=size[1])
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    main = page.evaluate("(m => [m.scrollHeight, m.clientHeight])(document.querySelector('main'))")
    assert main[0] <= main[1]


def test_a_phone_needs_no_sideways_scrolling(show, film):  # noqa: F811
    page = show(film, f"#step={DEATH}", width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Next picture").tap()
    assert where(page).startswith(f"step {DEATH + 1} of")


def test_everything_has_a_name(page):
    for control in page.locator("button, input, select, canvas[role=img]:not([hidden])").all():
        labels = [control.get_attribute("aria-label"), control.text_content().strip()]
        labels += [control.evaluate("e => e.labels?.[0]?.textContent")]
        assert any(labels)


def test_dark_mode_repaints(show, film):  # noqa: F811
    page = show(film, color_scheme="dark")
    dark = page.evaluate(PIXEL, [3, 0, 0])
    page.emulate_media(color_scheme="light")
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(PIXEL, [3, 0, 0]) != dark


def test_in_a_notebook(show, runs, tmp_path):  # noqa: F811
    holder = tmp_path / "notebook.html"
    holder.write_text(f"<!doctype html><body>{viz.film(**runs)._repr_html_()}</body>", "utf-8")
    page = show(holder)
    frame = page.frame_locator("iframe")
    expect(frame.locator("#where")).to_contain_text(f"step 1 of {STEPS}")
    frame.get_by_role("button", name="Next picture").click()
    expect(frame.locator("#where")).not_to_contain_text("step 1 of")
