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
    """Headless Chromium, started once for a file: that costs more than most of what is done with it."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def browser(chromium):
    """It, without anything that an earlier test has left."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def page(browser):
    """A page of it."""
    return browser.new_page()
