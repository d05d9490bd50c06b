"""The Chromium that pages are tried in, or why there is none."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

missing = (
    "playwright is not installed: pip install playwright" if sync_playwright is None
    else "there is no chromium, chromium-browser or google-chrome here" if BROWSER is None
    else None
)  # fmt: skip
if missing and os.environ.get("MINIGRAD_BROWSER") == "1":
    raise RuntimeError(f"MINIGRAD_BROWSER=1 asks for the tests of the pages, but {missing}")
