"""An engineer who starts, strikes and stops a test on the live page, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page
from tests.integration.conftest import free_port, judged, locust, start, target, wait_until, write  # noqa: F401 fixtures

USERS = """
    from locust import FastHttpUser, constant, task
    from locust_ext import ReconnectStormUser
    import locust_ext
    locust_ext.install()

    class Feed(ReconnectStormUser, FastHttpUser):
        wait_time = constant(0.2)

        def connect(self):
            pass

        def disconnect(self):
            pass

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="<b>feed</b>")
"""
CONFIGURATION = """
    shape: market-open
    shapes: {market-open: {pre_open_users: 4, open_users: 30, plateau_users: 10}}
    thresholds: {"http_req_duration{name:<b>feed</b>}": ["p(95)<4000"], http_req_failed: ["rate<0.01"]}
"""


@pytest.fixture
def ui(start, write, target, page):  # noqa: F811
    """The live page, open in the browser; return the process and the page's address."""
    write("quick.yml", CONFIGURATION)
    port = free_port()
    url = f"http://127.0.0.1:{port}/locust-ext/"
    process = start("-f", write("quick.py", USERS), "--web-host", "127.0.0.1", "--web-port", port, "-H", target().url)

    open_page(page, url)
    return process, url


def test_a_test_is_steered(ui, page, browser):
    """Market-open with other parameters: a mistake, the preview, the start, a storm, the stop; and all fields again."""
    process, url = ui
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    says, surge, begin = (
        page.locator("#preview-says"),
        page.get_by_label("Surge"),
        page.get_by_role("button", name="Start"),
    )
    expect(page.get_by_label("Shape")).to_contain_text("As configured: market-open")
    expect(says).to_have_text("12m5s, at most 30 users.")
    expect(page.locator("#preview svg").first).to_be_visible()

    surge.fill("soon")
    expect(page.get_by_text("'soon' is not a duration")).to_be_visible()
    page.get_by_label("Metric or selection").nth(1).fill("http_req_faild")
    begin.click()
    expect(surge).to_be_focused()
    expect(surge).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("did you mean 'http_req_failed'?")).to_be_visible()
    expect(page.locator("#start-said")).to_have_text("Nothing was started.")

    surge.fill("2m")
    page.get_by_role("button", name="Add a threshold").click()
    with page.expect_response("**/do/preview"):
        page.get_by_label("Time scale").fill("0.1")
        begin.click()
    empty = page.get_by_text("name a metric, such as http_req_duration")
    expect(says).to_have_text("No curve: a field is not right yet.")
    expect(empty).to_be_visible()
    page.get_by_role("button", name="Remove threshold 3").click()
    expect(empty).to_have_count(0)
    expect(surge).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Remove threshold 2").click()
    expect(says).to_have_text("1m18s, at most 30 users, rehearsed at 0.1: 13m5s in full.")
    expect(page.locator("#preview")).to_have_attribute("aria-label", "The curve of the load. 1m18s, at most 30 users, rehearsed at 0.1: 13m5s in full.")  # fmt: skip
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1280, "height": 720})

    other = browser.new_page()
    other.goto(url)
    expect(other.locator("#preview-says")).to_have_text("12m5s, at most 30 users.")
    begin.click()
    expect(page.locator("#start-said")).to_contain_text("The test begins.")
    expect(page.get_by_text("A test is under way").first).to_be_visible()
    expect(surge).to_be_disabled()
    expect(other.locator("#steering-lock")).to_be_visible()
    expect(other.get_by_role("button", name="Start")).to_be_disabled()
    other.close()

    drop = page.get_by_role("textbox", name="Drop")
    drop.fill("130%")
    page.get_by_role("button", name="Storm now").click()
    expect(page.get_by_text("it must lie between 0% and 100%")).to_be_visible()
    expect(drop).to_be_focused()
    drop.fill("30%")
    page.get_by_role("button", name="Storm now").click()
    expect(page.locator("#hands-said")).to_contain_text("A storm drops 30% of the users")

    page.get_by_role("button", name="Stop now").press("Enter")
    expect(page.locator("#hands-said")).to_contain_text("Press again to stop")
    page.get_by_role("button", name="Yes, stop").press("Enter")
    expect(page.locator("#hands-said")).to_contain_text("Stopped: somebody pressed Stop now on the live page")
    summary = wait_until(lambda: judged(process.reports), "the end of the run")

    assert (summary["exit_code"], summary["reason"]) == (108, "somebody pressed Stop now on the live page")
    assert summary["fingerprint"]["changed"].startswith("surge 2m instead of 1m; time scale 0.1 instead of 1; ")
    assert "http_req_failed: rate<0.01 taken away" in summary["warnings"][0]
    expect(page.get_by_text("No test is running").first).to_be_visible()
    expect(surge).to_be_enabled()
    expect(surge).to_have_value("2m")
    assert errors == []
