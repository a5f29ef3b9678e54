"""Several tests in one process: each starts clean, Reset stats resets ours too, and each can be had again afterwards."""

from __future__ import annotations

import io
import json
import re
import signal
import zipfile
from urllib.parse import urljoin

import pytest
import requests

from .conftest import free_port, judged, wait_until
from .doorman import certify

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="feed")
"""
CONFIGURATION = """
    thresholds: {http_req_failed: ["rate<0.01"], http_req_duration: ["p(95)<4000"]}
    baseline: {dir: kept, optional: true}
"""
FORM = {"user_count": 4, "spawn_rate": 4, "shape": "none", "shape_params": "", "time_scale": "1.0"}
FILES = {"summary.json", "run.hlog", "report.html", "junit.xml", "summary.md", "metrics.txt"}


class Page:
    """The live page, over its own HTTP interface."""

    def __init__(self, locust, url):
        self.locust, self.url = locust, url
        wait_until(self._answers, "the web UI")
        self._token = re.search(r'data-token="(\w+)"', requests.get(f"{url}/locust-ext/", timeout=5).text)[1]

    def _answers(self):
        try:
            return requests.get(self.url, timeout=2).ok
        except requests.ConnectionError:
            return False

    def stats(self):
        return requests.get(f"{self.url}/stats/requests", timeout=5).json()

    def rows(self):
        return requests.get(f"{self.url}/locust-ext/state", timeout=5).json()["runs"]["rows"]

    def act(self, name, **what):
        headers = {"X-Locust-Ext-Token": self._token}
        return requests.post(f"{self.url}/locust-ext/do/{name}", json=what, headers=headers, timeout=30).json()

    def swarm(self, host):
        """Start a test, and return when it is under way."""
        wait_until(lambda: self.stats()["state"] in {"ready", "stopped"}, "the end of what was before")
        assert requests.post(f"{self.url}/swarm", data={**FORM, "host": host}, timeout=10).json()["success"]
        wait_until(lambda: self.stats()["user_count"] == 4, "four users")

    def stop(self):
        """Stop the test, and return its summary."""
        before = len(self.rows())
        requests.post(f"{self.url}/stop", timeout=60)
        wait_until(lambda: len(self.rows()) > before, "the verdict")
        return judged(self.locust.reports)


def seen(target):
    """Return how many requests a target has had."""
    text = requests.get(f"{target.url}/metrics", timeout=5).text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("app_requests_total{"))


def counted(summary):
    """Return how many requests a summary tells of."""
    return sum(row["value"] for row in summary["series"] if row["metric"] == "http_reqs")


@pytest.mark.parametrize("processes", [(), ("--processes", "2")], ids=["one process", "two workers"])
@pytest.mark.slow
def test_two_tests(start, target, write, tmp_path, processes):
    """A red one that is reset, then a green one: neither has anything of the other, and both are in the list."""
    write("quick.yml", CONFIGURATION)
    sick, healthy, port = target("fast500"), target(), free_port()
    options = ("--web-host", "127.0.0.1", "--web-port", port, "-H", healthy.url, *processes)
    page = Page(start("-f", write("quick.py", USERS), *options), f"http://127.0.0.1:{port}")
    if processes:
        wait_until(lambda: page.stats()["worker_count"] == 2, "two workers")

    page.swarm(sick.url)
    wait_until(lambda: seen(sick) > 60, "requests")
    before = seen(sick)
    assert requests.post(f"{page.url}/stats/reset", timeout=5).text == "ok"
    wait_until(lambda: seen(sick) > before + 60, "requests after the reset")
    first = page.stop()
    page.swarm(healthy.url)
    wait_until(lambda: seen(healthy) > 60, "requests")
    second = page.stop()

    assert (first["verdict"], first["complete"], first["exit_code"]) == ("failed", True, 99)
    assert 0 < first["reset_at"] < first["duration_s"]
    assert 60 <= counted(first) <= seen(sick) - before
    assert "the statistics were reset" in " ".join(first["warnings"])
    assert (second["verdict"], second["reset_at"], second["id"] != first["id"]) == ("passed", None, True), second
    assert counted(second) == seen(healthy)
    assert {row["tags"]["status"] for row in second["series"] if row["metric"] == "http_reqs"} == {"200"}
    listed = page.rows()
    assert [(row["id"], row["verdict"]) for row in listed] == [(second["id"], "passed"), (first["id"], "failed")]
    assert [row["threshold"] for row in listed[1]["failed"]] == ["http_req_failed: rate<0.01"]

    answer = requests.get(f"{page.url}/locust-ext/runs/{first['id']}.zip", timeout=30)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert set(file.namelist()) >= FILES
        assert json.loads(file.read("summary.json")) == first
        assert file.read("report.html").decode() == page_of(page, first)

    assert "the run is not a measure for others" in page.act("keep-as-baseline", run=first["id"])["problems"][0]["said"]
    assert "Kept as a baseline in kept/" in page.act("keep-as-baseline", run=second["id"])["said"]
    (kept,) = [place for place in (tmp_path / "kept").iterdir() if place.is_dir()]
    assert json.loads((kept / "summary.json").read_text())["id"] == second["id"]
    choices = page.act("runs-to-compare", run=second["id"])["choices"]
    assert first["id"] in [choice["key"] for choice in choices]
    assert f"baseline: {kept.name}" in [choice["name"] for choice in choices]
    table = page.act("compare-runs", run=second["id"], **{"with": first["id"]})["comparison"]
    assert re.search("was made in another way: .*figures since", " ".join(table["notes"]))


def page_of(page, summary):
    """Return the report of a run."""
    return requests.get(f"{page.url}/locust-ext/report?run={summary['id']}", timeout=30).text


@pytest.mark.long
def test_workers_that_come_and_go_between_tests(start, target, write):
    """Each test has the workers that are there then, and all that they measured; a reset reaches who came late."""
    write("quick.yml", CONFIGURATION.replace("baseline", "#"))
    demo, port, file = target(), free_port(), write("quick.py", USERS)
    options = ("--web-host", "127.0.0.1", "--web-port", port, "-H", demo.url)
    page = Page(start("-f", file, "--master", *options), f"http://127.0.0.1:{port}")

    def worker():
        there = page.stats().get("worker_count", 0)
        begun = start("-f", file, "--worker", report_dir=False)
        wait_until(lambda: page.stats()["worker_count"] == there + 1, "another worker")
        return begun

    def test(meanwhile=lambda: None):
        before = seen(demo)
        page.swarm(demo.url)
        meanwhile()
        at = seen(demo)
        wait_until(lambda: seen(demo) > at + 60, "requests")
        summary = page.stop()
        assert (summary["complete"], summary["verdict"]) == (True, "passed"), summary["warnings"]
        return summary, seen(demo) - before

    def reset_and_join():
        assert requests.post(f"{page.url}/stats/reset", timeout=5).text == "ok"
        worker()

    first = worker()
    summary, sent = test()
    assert (summary["workers"], counted(summary)) == (1, sent)
    worker()
    summary, sent = test()
    assert (summary["workers"], counted(summary)) == (2, sent)
    first.send(signal.SIGTERM)
    wait_until(lambda: page.stats()["worker_count"] == 1, "the end of a worker")
    summary, sent = test()
    assert (summary["workers"], counted(summary)) == (1, sent)
    summary, sent = test(reset_and_join)
    assert (summary["workers"], 60 <= counted(summary) <= sent) == (2, True)


WITH_LOGIN = """
    from flask_login import UserMixin, login_user
    from locust import events

    class Person(UserMixin):
        id = "bob"

    @events.init.add_listener
    def logins(environment, web_ui, **_):
        web_ui.app.secret_key = "x"
        web_ui.login_manager.user_loader(lambda _: Person())

        @web_ui.app.route("/load/in")
        def come_in():
            login_user(Person())
            return "welcome"
"""


def test_behind_a_login_under_a_path_and_over_tls(start, write, tmp_path):
    """Who is not logged in is sent to the login; then the page, its files, its state and its actions are there."""
    file, port = write("quick.py", USERS + WITH_LOGIN), free_port()
    certify(tmp_path)
    tls = ("--tls-cert", tmp_path / "both", "--tls-key", tmp_path / "both")
    ways = ("--web-host", "127.0.0.1", "--web-port", port, "--web-login", "--web-base-path", "/load")
    start("-f", file, "-H", "http://127.0.0.1:9", *ways, *tls)
    live = f"https://127.0.0.1:{port}/load/locust-ext/"

    with requests.Session() as session:

        def asked(method, address, **how):
            how = {"timeout": 10, "allow_redirects": False, "verify": str(tmp_path / "crt"), **how}
            return session.request(method, urljoin(live, address), **how)

        def answers():
            try:
                return asked("GET", "../login").ok
            except requests.ConnectionError:
                return False

        wait_until(answers, "the web UI")
        for method, address in (("GET", ""), ("GET", "state"), ("GET", "runs/a.zip"), ("POST", "do/compare-runs")):
            answer = asked(method, address)
            assert (answer.status_code, "/load/login" in answer.headers["Location"]) == (302, True), address
        assert asked("GET", "../in").text == "welcome"
        page = asked("GET", "").text
        files = re.findall(r'(?:src|href)="(assets/[^"]+)"', page)
        assert files
        assert [asked("GET", each).status_code for each in files] == [200] * len(files)
        assert asked("GET", "state").json()["runs"]["rows"] == []
        token = re.search(r'data-token="(\w+)"', page)[1]
        own = {"X-Locust-Ext-Token": token, "Origin": live.partition("/load")[0], "Sec-Fetch-Site": "same-origin"}
        refused = asked("POST", "do/compare-runs", json={"run": "a"}, headers=own)
        assert "there is no such run" in refused.json()["problems"][0]["said"]
        assert (
            asked("POST", "do/compare-runs", json={}, headers={**own, "Origin": "https://evil.example"}).status_code
            == 403
        )
        assert "locust-ext-thresholds" in asked("GET", "../").text
