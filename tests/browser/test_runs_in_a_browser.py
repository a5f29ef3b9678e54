"""An engineer who has run a test from Locust's page: reads its verdict, takes its reports away, and starts again."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
import requests
from playwright.sync_api import expect

from tests.integration.conftest import free_port, start, target, wait_until, write  # noqa: F401 fixtures

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="<img src=x onerror=alert(1)>")
"""
CONFIGURATION = """
    shape: smoke
    shapes: {smoke: {users: 4, duration: 2s, ramp: 1s}}
    thresholds: {"http_req_duration{name:<img src=x onerror=alert(1)>}": ["p(95)<4000"], http_req_failed: ["rate<0.01"]}
    baseline: {dir: kept, optional: true}
"""
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture
def ui(start, write, target):  # noqa: F811
    """Return the address of a web UI with two targets, the first of them sick."""
    write("quick.yml", CONFIGURATION)
    sick, healthy, port = target("fast500"), target(), free_port()
    url = f"http://127.0.0.1:{port}"
    start("-f", write("quick.py", USERS), "--web-host", "127.0.0.1", "--web-port", port, "-H", sick.url)

    def answers():
        try:
            return requests.get(url, timeout=2).ok
        except requests.ConnectionError:
            return False

    wait_until(answers, "the web UI")
    return url, healthy.url


def test_what_came_of_a_test(ui, page, tmp_path):
    """The verdict with what failed; the zip; a second test that has nothing of the first; a baseline; a comparison."""
    url, healthy = ui
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.set_viewport_size(WIDE)
    page.goto(f"{url}/locust-ext/")
    expect(page.get_by_text("No test has ended yet")).to_be_visible()

    started = requests.post(f"{url}/swarm", data={"user_count": 4, "spawn_rate": 4, "shape": "smoke"}, timeout=10)
    assert started.json()["success"]
    rows = page.locator("#runs-rows tr")
    expect(rows).to_have_count(1)
    expect(rows.first.get_by_role("rowheader")).to_contain_text("✗ failed")
    expect(rows.first).to_contain_text(re.compile(r"http_req_failed: rate<0\.01: [\d.]+ %"))

    with page.expect_download() as got:
        rows.first.get_by_role("link", name="Zip").click()
    assert re.fullmatch(r"quick-\d{8}T\d{6}-[0-9a-f]{8}\.zip", got.value.suggested_filename)
    got.value.save_as(tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as file:
        assert json.loads(file.read("summary.json"))["verdict"] == "failed"
    keep = rows.first.get_by_role("button", name="Keep as baseline")
    keep.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#runs-said")).to_contain_text("the run is not a measure for others: it failed (exit code 99)")

    like_the_second = {"user_count": 4, "spawn_rate": 4, "host": healthy, "shape": "smoke"}
    requests.post(f"{url}/swarm", data=like_the_second, timeout=10)
    expect(rows).to_have_count(2)
    expect(rows.first.get_by_role("rowheader")).to_contain_text("✓ passed")
    expect(rows.first).to_contain_text("0 of 2 failed")
    expect(rows.nth(1).get_by_role("rowheader")).to_contain_text("failed")

    requests.post(f"{url}/swarm", data=like_the_second, timeout=10)  # as the one before, so that they can be compared
    expect(rows).to_have_count(3)
    page.set_viewport_size(NARROW)
    keep = rows.first.get_by_role("button", name="Keep as baseline")
    keep.focus()
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("kept as ")
    expect(keep).to_be_focused()
    rows.first.get_by_role("button", name="Compare").click()
    choice = page.get_by_label("with")
    expect(choice).to_be_focused()
    names = choice.locator("option").all_inner_texts()
    choice.select_option(index=next(place for place, name in enumerate(names) if "passed" in name))
    page.locator("#compare").get_by_role("button", name="Compare").click()
    table = page.locator("#compared table")
    expect(table).to_contain_text("Compared with 1 earlier run")
    expect(table).to_contain_text("http_req_duration{method:GET,name:<img src=x onerror=alert(1)>}: p(95)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the page"
    assert errors == []
