"""What holds for every test."""

import sys

import pytest

import minigrad


@pytest.fixture(scope="module")
def browser():
    """A running Chromium, for the files of tests that are skipped where there is none."""
    from browser import BROWSER, FLAGS, sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    """A random start could, once in a thousand runs, be one that a test does not mean."""
    minigrad.manual_seed(0)


@pytest.fixture(autouse=True)
def _plots_as_they_come():
    """An example sets the size of type, and leaves its figures to the end of its process."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib import pyplot, rcdefaults

        pyplot.close("all")
        rcdefaults()
