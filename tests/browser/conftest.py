"""A real browser, without anything that it would ask the network for by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect, sync_playwright

from tests.integration.conftest import wait_until

EDGE = 12
"""Pixels around what a picture shows."""

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=30_000)  # as for all else; by itself it gives up after 5 s, which a busy machine may take


PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def pytest_addoption(parser):
    """Take the pictures of the tour in the documents: ``pytest tests/browser -m "long or not long" --pictures``."""
    parser.addoption("--pictures", action="store_true", help="write the pictures of the tour to docs/pictures")


@pytest.fixture
def photograph(request):
    """Return what takes a picture of what a page shows, where pictures are asked for."""

    def take(name, *shown):
        """Take one from the top of the first of what is ``shown`` to the end of the last."""
        if not request.config.getoption("--pictures"):
            return
        shown[0].page.evaluate("window.scrollTo(0, 0)")
        boxes = [one.bounding_box() for one in shown]
        top, end = boxes[0]["y"], max(box["y"] + box["height"] for box in boxes)
        page = shown[0].page
        clip = {"x": 0, "y": max(0, top - EDGE), "width": page.viewport_size["width"], "height": end - top + 2 * EDGE}
        page.screenshot(path=PICTURES / name, full_page=True, clip=clip)

    return take


@pytest.fixture(scope="module")
def chromium():
    """Return what gives headless Chromium, started once for a file: that costs more than most of what is done with it."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = []

        def running():
            if not (started and started[-1].is_connected()):  # it may have crashed in an earlier test
                started.append(playwright.chromium.launch(executable_path=executable, args=list(QUIET)))
            return started[-1]

        yield running
        for one in started:
            one.close()


@pytest.fixture
def browser(chromium):
    """It, without anything that an earlier test has left."""
    running = chromium()
    yield running
    for context in running.contexts:
        context.close()


@pytest.fixture
def page(browser):
    """A page of it."""
    return browser.new_page()


def open_page(page, url):
    """Open the page of a web UI as soon as that answers."""

    def opened():
        try:
            return page.goto(url)
        except Error:
            return None

    wait_until(opened, "the web UI")
