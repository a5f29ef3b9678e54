"""A page of another site attacks the web UI in a real browser; and everything of ours stands under its base path."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.integration.conftest import free_port, judged, start, target, wait_until, write  # noqa: F401 fixtures

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/health")
"""
BASE = "/load"
FORM = {"user_count": 2, "spawn_rate": 2, "shape": "none"}

ATTACK = """<!doctype html><title>Harmless</title>
<iframe name="away" hidden></iframe><iframe name="framed" src="{ui}/"></iframe>
<script>
const ui = "{ui}", told = [];
async function attack() {{
  let token = "";
  for (const path of ["/", "/locust-ext/safety", "/locust-ext/storm"]) {{
    const page = await (await fetch(ui + path)).text();
    const found = page.match(/name="token" value="(\\w+)"/);
    if (found) {{ token = found[1]; told.push("token on " + path) }}
  }}
  const form = new URLSearchParams({{token, drop: "30%", cause: "reset", user_count: 9, spawn_rate: 9}});
  for (const path of ["/stop", "/stats/reset", "/swarm", "/locust-ext/safety", "/locust-ext/storm"]) {{
    for (const mode of ["cors", "no-cors"]) {{
      const answer = await fetch(ui + path, {{method: "POST", body: form, mode}});
      if (answer.ok) told.push("fetch " + path);
    }}
    await fetch(ui + path + "?" + form, {{mode: "no-cors"}});
    const button = document.createElement("form");
    Object.assign(button, {{method: "post", action: ui + path, target: "away"}});
    for (const [name, value] of form) {{
      const field = Object.assign(document.createElement("input"), {{name, value}});
      button.append(field);
    }}
    document.body.append(button);
    button.submit();
    await new Promise((done) => document.querySelector("[name=away]").onload = done);
  }}
  return told;
}}
</script>"""


@pytest.fixture
def elsewhere():
    """Serve a page on another origin; return a way to set it, and where it is."""
    pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            text = pages.get("attack", "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield pages, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def ui(start, write, target):  # noqa: F811
    """Locust's web UI under a base path, with a test under way; return its process and its address."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.5']}")
    port = free_port()
    url = f"http://127.0.0.1:{port}{BASE}"
    options = ("--web-host", "127.0.0.1", "--web-port", port, "--web-base-path", BASE)
    process = start("-f", write("quick.py", USERS), *options, "-H", target().url)

    def answers():
        try:
            return requests.get(f"{url}/", timeout=2).ok
        except requests.ConnectionError:
            return False

    wait_until(answers, "the web UI")
    assert requests.post(f"{url}/swarm", data=FORM, timeout=5).json()["success"]
    wait_until(lambda: stats(url)["user_count"] == 2, "two users")
    return process, url


def stats(url):
    return requests.get(f"{url}/stats/requests", timeout=5).json()


def test_a_page_of_another_site_changes_nothing(ui, page: Page, elsewhere):
    """It reads no token, and none of its forms, fetches and frames stops, resets or starts anything."""
    process, url = ui
    pages, attacker = elsewhere
    pages["attack"] = ATTACK.format(ui=url)
    before = stats(url)["stats"][-1]["num_requests"]

    page.goto(attacker)
    told = page.evaluate("attack()")

    after = stats(url)
    assert told == []
    assert (after["state"], after["user_count"]) == ("running", 2)
    assert after["stats"][-1]["num_requests"] >= before, "nobody has reset them"
    assert judged(process.reports) is None
    framed = page.frame(name="framed")
    expect(framed.get_by_role("tab", name="Statistics")).to_be_visible()
    assert framed.get_by_role("button", name="Stop now").count() == 0


def test_every_page_and_button_stands_under_the_base_path(ui, page: Page):
    """By clicking alone, from Locust's own page to each of ours and back; then the test is stopped."""
    process, url = ui
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: answer.status >= 400 and asked.append(f"{answer.status} {answer.url}"))

    page.goto(f"{url}/")
    page.get_by_role("tab", name="Download Data").click()
    report = page.get_by_role("link", name="Open the report of locust_ext").get_attribute("href")
    page.goto(f"{url}/{report}")
    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
    page.get_by_role("link", name="Locust's own page").click()
    page.get_by_role("button", name="Stop now").click()
    expect(page.get_by_role("status")).to_contain_text("somebody pressed Stop now")
    wait_until(lambda: judged(process.reports), "the end of the run")
    page.get_by_role("button", name="Stop now").click()
    expect(page.get_by_role("status")).to_contain_text("No test is running")
    page.goto(f"{url}/locust-ext/storm")
    page.get_by_role("button", name="Storm now").click()
    expect(page.get_by_role("status")).to_contain_text("No test is running")
    page.get_by_role("link", name="Locust's own page").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(url)}/"))

    assert len(asked) > 20
    assert [address for address in asked if not address.startswith(f"{url}/")] == []
