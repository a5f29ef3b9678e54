"""A person who watches a test on the live page: from before it begins, through a storm, past its end, to the next one."""

from __future__ import annotations

import json
import re
import signal
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_page
from tests.integration.conftest import free_port, judged, locust, start, target, wait_until, write  # noqa: F401 fixtures
from tests.integration.warm import PATIENT

USERS = """
    import itertools
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    NUMBERS = itertools.count()

    class Quick(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def feed(self):
            number = next(NUMBERS) % 20
            self.client.get("/communities/abc/posts", name=f"/things/<img src=x onerror=alert(1)>/{number}")

        @task
        def missing(self):
            self.client.get("/nothing", name="/nothing")
"""
CONFIGURATION = """
    shape: stages
    shapes:
      stages: {stages: [{target: 12, duration: 3s, phase: up}, {target: 12, duration: 17s, phase: surge}]}
    storm: {users: Quick, phase: surge, at: 3s, drop: 50%, lasts: 8s, recovery: 3s, connect_path: /health}
    thresholds:
      "http_req_duration": ["p(95)<4000", "p(95)<0.5"]
      http_req_failed: ["rate<0.3"]
"""

SERIOUS = {"serious", "critical"}

LINES = "document.querySelector('[data-chart=latency]').data"
LAYOUT = "document.querySelector('[data-chart=latency]').layout"


class Watched:
    """A web UI, and a browser at its live page that notes what it asks for and what goes wrong in it."""

    def __init__(self, url, page, reports):
        self.url, self.page, self.reports = url, page, reports
        self.asked, self.wrong = [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append((said.text, said.location)) if said.type == "error" else None)

    def post(self, path, **form):
        """Do what a person does on Locust's own page."""
        body = "&".join(f"{key}={value}" for key, value in form.items()).encode()
        with urlopen(Request(f"{self.url}{path}", data=body), timeout=10) as answer:
            return json.loads(answer.read())

    def begin(self):
        """Begin a test."""
        assert self.post("/swarm", user_count=1, spawn_rate=1, host=self.host)["success"]

    def faults(self):
        """Return the faults that axe counts as serious: rule, and where."""
        found = Axe().run(self.page).response["violations"]
        return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]

    def until(self, what):
        """Wait until something is so in the page; its policy lets Playwright's own way of waiting not run there."""
        wait_until(lambda: self.page.evaluate(f"Boolean({what})"), what, 30)

    def lines(self):
        """Return the names of the lines in the chart of response times."""
        return self.page.evaluate(f"{LINES}.map((line) => line.name)")


@pytest.fixture
def watched(start, write, target, page: Page):  # noqa: F811
    """The live page, open before any test has begun."""
    write("quick.yml", CONFIGURATION)
    port = free_port()
    host = target().url
    process = start("-f", write("quick.py", USERS), "--web-host", "127.0.0.1", "--web-port", port, "-H", host)
    found = Watched(f"http://127.0.0.1:{port}", page, process.reports)
    found.host, found.process = host, process
    page.set_viewport_size({"width": 1440, "height": 900})

    open_page(page, f"{found.url}/")
    page.get_by_role("link", name="Live page").click()
    return found


@pytest.mark.timed(lag_limit=PATIENT)  # a person looks at phases of seconds
def test_a_run_is_watched_from_before_its_start_to_the_next(watched):
    """It waits; the storm, the failing threshold and the endpoints are seen; it ends with the verdict; the next is clean."""
    page, word = watched.page, watched.page.locator("#word")
    expect(page).to_have_url(re.compile("/locust-ext/$"))
    expect(word).to_have_text("waiting for a test")
    assert watched.faults() == []

    watched.begin()
    expect(word).to_have_text("failing so far")
    thresholds = page.locator("#outcomes tbody tr")
    expect(thresholds.first).to_contain_text("✗ failed")
    expect(thresholds.filter(has_text="rate < 30 %")).to_contain_text("✗ failed")
    expect(page.locator("#fact-phase")).to_have_text("storm")
    expect(page.get_by_role("status").first).to_contain_text("storm")
    page.get_by_role("heading", name="The herd").wait_for()
    page.locator("[data-chart=latency]").scroll_into_view_if_needed()
    watched.until(f"window.Plotly && {LINES} && {LINES}.length > 12")
    watched.until(f"{LAYOUT}.shapes.some((one) => one.type === 'line')")

    marked = page.evaluate(
        f"{LAYOUT}.shapes.filter((one) => one.type === 'line').map((one) => [one.y0, one.label.text])"
    )
    assert marked == [[0.5, "p(95) &lt; 0.5 ms"]]
    named = page.evaluate(f"{LAYOUT}.annotations.map((one) => one.text)")
    assert named[:3] == ["up", "surge", "storm"]
    assert watched.faults() == []

    # endpoints are chosen without a mouse
    page.locator("#filter").focus()
    page.keyboard.type("nothing")
    row = page.locator("#endpoints tbody tr:visible")
    expect(row).to_have_count(1)
    page.locator("#which").focus()
    page.keyboard.type("my")
    expect(page.locator("#which")).to_have_value("own")
    box = row.get_by_role("checkbox", name="/nothing")
    was = box.is_checked()
    box.focus()
    page.keyboard.press("Space")
    watched.until(f"{LINES}.some((line) => line.name === '/nothing') !== {str(was).lower()}")
    assert any(name.startswith("/things/&lt;img") for name in watched.lines())
    page.get_by_role("checkbox", name="p99").focus()
    page.keyboard.press("Space")
    watched.until(f"{LINES}.some((line) => line.name === 'all requests p99')")

    # by night, and in a hand
    day = page.evaluate(f"{LINES}[0].line.color")
    page.emulate_media(color_scheme="dark")
    watched.until(f"{LINES}[0].line.color !== '{day}'")
    assert watched.faults() == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert watched.faults() == []

    # it ends, and the page goes on
    wait_until(lambda: judged(watched.reports), "the end of the run", 40)
    expect(word).to_have_text("failed")
    expect(page.locator("#state")).to_have_text("exit code 99")
    expect(page.get_by_role("status").first).to_contain_text("Verdict: failed")
    before = page.evaluate("course.run")
    assert page.evaluate("course.slices.length") > 10
    watched.begin()
    watched.until(f"course.run && course.run !== '{before}'")
    assert page.evaluate("course.slices.length") < 10
    expect(word).not_to_have_text("failed")

    assert watched.wrong == []
    assert {url.split("/")[2] for url in watched.asked if not url.startswith(("data:", "blob:"))} == {watched.url[7:]}


def test_it_is_painted_at_once_and_says_how_old_it_is(watched):
    """Plotly's script comes after the first paint; a process that ends leaves a page that says so, and waits for none."""
    page, paints = watched.page, []
    for _ in range(3):
        page.goto(f"{watched.url}/locust-ext/")
        watched.until("window.Plotly && performance.getEntriesByType('paint').length === 2")
        painted, asked = page.evaluate(
            "[performance.getEntriesByName('first-contentful-paint')[0].startTime,"
            " performance.getEntriesByType('resource').find((one) => one.name.includes('plotly')).startTime]"
        )
        paints.append((painted, asked - painted))
    assert min(painted for painted, _ in paints) < 1000, paints
    assert max(later for _, later in paints) > 0, paints
    expect(page.locator("#word")).to_have_text("waiting for a test")
    watched.process.send(signal.SIGTERM)
    expect(page.locator("#age")).to_contain_text(re.compile(r"does not answer; what is shown is \d+ s old"))
    expect(page.get_by_role("status").first).to_contain_text("No new figures")
