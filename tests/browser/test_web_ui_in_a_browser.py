"""An engineer in Locust's web UI, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page
from tests.integration.conftest import free_port, judged, locust, start, target, wait_until, write  # noqa: F401 fixtures

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="<b>feed</b>")
"""
CONFIGURATION = """
    shape: smoke
    shapes: {smoke: {users: 6, duration: 30s, ramp: 1s}}
    thresholds: {"http_req_duration{name:<b>feed</b>}": ["p(95)<4000"], http_req_failed: ["rate<0.01"]}
"""


@pytest.fixture
def ui(start, write, target, page: Page):  # noqa: F811
    """Locust's web UI, open in the browser."""
    write("quick.yml", CONFIGURATION)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = start("-f", write("quick.py", USERS), "--web-host", "127.0.0.1", "--web-port", port, "-H", target().url)

    open_page(page, url)
    page.get_by_text("Custom parameters").click()
    return process


def test_the_shape_is_chosen_in_the_form_and_the_thresholds_are_watched(ui, page):
    """The configured shape is offered first; a rehearsal runs to its end; the tab shows the outcomes as text."""
    expect(page.locator("select[name=shape]")).to_have_value("smoke")
    page.locator("input[name=timeScale]").fill("0.2")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("tab", name="Thresholds").click()

    expect(page.get_by_text("http_req_duration{name:<b>feed</b>}: p(95)<4000")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("passed").first).to_be_visible(timeout=10_000)
    wait_until(lambda: judged(ui.reports), "the end of the shape")
    assert '"verdict": "passed"' in (ui.reports / "summary.json").read_text()


@pytest.mark.long
def test_a_mistake_in_the_form_is_shown_in_the_form(ui, page):
    """A sentence with the nearest name, and no test begins."""
    page.locator("input[name=shapeParams]").fill("usrs=5")
    page.get_by_role("button", name="Start").click()

    expect(page.get_by_text(re.compile("did you mean 'users'"))).to_be_visible(timeout=5_000)
    expect(page.get_by_text("Start new load test")).to_be_visible()


def test_the_button_stops_everything(ui, page):
    """One press on Locust's own page: the run ends at once, the page says why, and the verdict is 108."""
    page.get_by_role("button", name="Start").click()
    page.get_by_role("tab", name="Thresholds").click()
    expect(page.get_by_text("passed").first).to_be_visible(timeout=15_000)

    page.get_by_role("button", name="Stop now").click()

    expect(page.get_by_role("status")).to_contain_text("Stopped: somebody pressed Stop now in the web UI")
    summary = ui.reports / "summary.json"
    wait_until(lambda: judged(ui.reports), "the end of the run")
    assert '"exit_code": 108' in summary.read_text()
    page.get_by_role("button", name="Stop now").click()
    expect(page.get_by_role("status")).to_contain_text("No test is running.")
    expect(page.get_by_text("The last test was stopped: somebody pressed Stop now in the web UI")).to_be_visible()


@pytest.mark.long
def test_a_production_host_in_the_form_is_refused(ui, page):
    """The guard looks at what the form says, and tells all that is missing; no test begins."""
    page.locator("input[name=host]").fill("https://shop.example.com")
    page.get_by_role("button", name="Start").click()

    expect(page.get_by_text(re.compile("shop.example.com counts as production")).first).to_be_visible(timeout=5_000)
    expect(page.get_by_text("Start new load test")).to_be_visible()
