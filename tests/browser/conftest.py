"""A real browser, without anything that it would ask the network for by itself."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=30_000)  # as for all else; by itself it gives up after 5 s, which a busy machine may take


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
