"""A market open rehearsed on the live page, as a person does it: from the first field to the second test."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_page
from tests.integration.conftest import free_port, start, target, wait_until, write  # noqa: F401 fixtures
from tests.integration.warm import PATIENT

USERS = """
    from flask_login import UserMixin, login_user
    from locust import FastHttpUser, constant, events, task
    from locust_ext import ReconnectStormUser
    import locust_ext
    locust_ext.install()

    class Feed(ReconnectStormUser, FastHttpUser):
        wait_time = constant(0.2)

        def connect(self):
            self.client.get("/health")

        def disconnect(self):
            pass

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="/feed")

    class Person(UserMixin):
        id = "bob"

    @events.init.add_listener
    def logins(environment, web_ui, **_):
        if web_ui and web_ui.web_login:
            web_ui.app.secret_key = "x"
            web_ui.login_manager.user_loader(lambda _: Person())

            @web_ui.app.route("/load/in")
            def come_in():
                login_user(Person())
                return "welcome"
"""
CONFIGURATION = """
    shape: market-open
    shapes: {market-open: {pre_open_users: 4, open_users: 40, plateau_users: 10}}
    storm: {recovery: 2s}
    thresholds:
      "http_req_duration{phase:surge}": ["p(95)<0.1"]
      http_req_failed: ["rate<0.01"]
"""
PLACES = [
    pytest.param((), "", id="one process", marks=pytest.mark.long),
    pytest.param(
        ("--processes", 2, "--web-login", "--web-base-path", "/load"), "/load", id="two workers, a login, a base path"
    ),
]


@pytest.mark.timed(lag_limit=PATIENT)  # a person looks at phases of seconds
@pytest.mark.parametrize("options, path", PLACES)
def test_a_market_open_is_rehearsed(options, path, start, write, target, page, photograph, tmp_path):  # noqa: F811
    """Start with other parameters, see a threshold fail, drop 30 %, see the recovery, stop, read, take home, start again."""
    write("quick.yml", CONFIGURATION)
    port, errors = free_port(), []
    url = f"http://127.0.0.1:{port}{path}"
    start("-f", write("quick.py", USERS), "--web-host", "127.0.0.1", "--web-port", port, "-H", target().url, *options)  # fmt: skip
    page.on("pageerror", lambda error: errors.append(str(error)))

    open_page(page, f"{url}/in" if path else url)
    page.goto(url + "/")
    page.get_by_role("link", name="Live page").click()
    word, said, begin = page.locator("#word"), page.locator("#hands-said"), page.get_by_role("button", name="Start")
    expect(word).to_have_text("waiting for a test")
    if options:
        expect(page.locator("#workers tbody tr")).to_have_count(2)

    page.get_by_label("Pre open", exact=True).fill("20s")
    page.get_by_label("Open users", exact=True).fill("30")
    page.get_by_label("Surge", exact=True).fill("5m")  # long enough for a busy machine to see it
    page.get_by_label("Time scale").fill("0.1")
    expect(page.locator("#preview-says")).to_have_text(re.compile(r"at most 30 users, rehearsed at 0\.1"))
    photograph("tour-form.png", page.locator("#steer"))
    begin.click()
    expect(page.locator("#fact-phase")).to_have_text("surge")
    red = page.locator("#outcomes tbody tr").filter(has_text="p(95)")
    expect(red).to_contain_text("✗ failed")
    expect(word).to_have_text("failing so far")
    photograph("tour-failing.png", page.locator("#glance"))

    page.get_by_role("textbox", name="Drop").fill("30%")
    page.get_by_role("button", name="Storm now").click()
    expect(said).to_contain_text("A storm drops 30% of the users")
    expect(page.get_by_role("heading", name="The herd")).to_be_visible()
    page.locator("[data-chart=latency]").scroll_into_view_if_needed()
    phases = "(document.querySelector('[data-chart=latency]').layout || {annotations: []}).annotations.map((one) => one.text)"
    wait_until(lambda: {"storm", "recovery"} <= set(page.evaluate(phases)), "the recovery in the chart", 30)
    photograph("tour-storm.png", page.locator("[data-chart=latency]").locator(".."))

    page.get_by_role("button", name="Stop now").click()
    page.get_by_role("button", name="Yes, stop").click()
    expect(word).to_have_text("aborted")
    expect(page.locator("#reason")).to_contain_text("somebody pressed Stop now on the live page")
    rows = page.locator("#runs-rows tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("http_req_duration{phase:surge}: p(95)")
    photograph("tour-runs.png", page.locator("#runs"))
    with page.expect_download() as got:
        rows.first.get_by_role("link", name="Zip").click()
    got.value.save_as(tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as file:
        summary = json.loads(file.read("summary.json"))
        assert {"report.html", "junit.xml", "run.hlog", "metrics.txt"} <= set(file.namelist())
    assert (summary["verdict"], summary["exit_code"], summary["workers"]) == ("aborted", 108, 2 if options else 1)
    assert "open_users 30 instead of 40" in summary["fingerprint"]["changed"]
    assert {"storm", "recovery"} <= {phase["name"] for phase in summary["phases"]}

    expect(begin).to_be_enabled()
    page.get_by_label("Time scale").fill("1")  # so that it is a while before the surge
    begin.click()
    expect(word).to_have_text("not clear yet")
    expect(page.locator("#outcomes tbody tr").filter(has_text="p(95)")).not_to_contain_text("failed")
    expect(rows).to_have_count(1)
    assert page.evaluate("course.slices.length") < 10
    assert errors == []
