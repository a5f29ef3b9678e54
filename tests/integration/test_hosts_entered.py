"""A host that somebody enters in the web UI: neither the token nor a go-ahead of another one goes with it."""

from __future__ import annotations

import pytest
import requests

from tests.integration.conftest import free_port, judged, wait_until
from tests.integration.ledger import Ledger
from tests.integration.test_guard import production

TOKEN = "s3cret-canary"
USERS = """
    from locust import FastHttpUser, HttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Fast(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/fast")
"""
TWO_HOSTS = """
        @task
        def other(self):
            self.client.get("{other}/other")
"""
FORM = {"user_count": 2, "spawn_rate": 2, "shape": "none", "shape_params": "", "time_scale": "1.0"}


@pytest.fixture
def books():
    """Two servers that keep books, on two ports."""
    both = Ledger(), Ledger()
    yield both
    for book in both:
        book.stop()


@pytest.fixture
def ui(start, write):
    """Start the web UI of these users under these rules; return the process and its address."""

    def begin(configuration, *arguments, users=USERS, **options):
        write("allowed", "")
        write("entered.yml", configuration)
        port = free_port()
        file = write("entered.py", users)
        locust = start("-f", file, "--web-host", "127.0.0.1", "--web-port", port, *arguments, **options)
        url = f"http://127.0.0.1:{port}"

        def answers():
            try:
                return requests.get(url, timeout=2).ok
            except requests.ConnectionError:
                return False

        wait_until(answers, "the web UI")
        return locust, url

    return begin


def swarm(url, host, **more):
    return requests.post(f"{url}/swarm", data={**FORM, "host": host, **more}, timeout=15).json()


def stop(url):
    requests.post(f"{url}/stop", timeout=30)


def test_the_token_goes_to_what_was_named_alone(ui, books):
    """Another host is refused at its field, also in the middle of a test; what safety.origins adds gets the token."""
    named, added = books
    stranger = Ledger()
    rules = f"tenant: {{}}\nsafety: {{origins: ['{added.url}']}}\n"
    users = USERS + TWO_HOSTS.format(other=added.url)
    locust, url = ui(rules, "-H", named.url, users=users, env={"LOAD_TEST_TOKEN": TOKEN})

    for host in (stranger.url, f"http://localhost:{named.port}", f"{stranger.url}<>"):
        refused = swarm(url, host)
        assert refused["success"] is False
        assert "host: http://" in refused["message"]
        assert f'add to safety: origins: ["{added.url}", "http://' in refused["message"]
    assert swarm(url, named.url.upper())["success"], "an address of the same origin"
    wait_until(lambda: len(named.seen) > 5 and len(added.seen) > 5, "requests")
    moved = swarm(url, stranger.url, user_count=3)
    stop(url)
    wait_until(lambda: judged(locust.reports), "the summary")
    empty = swarm(url, added.url)
    wait_until(lambda: "/fast" in {path for path, _ in added.seen}, "requests of the second test")
    stop(url)
    stranger.stop()

    assert (moved["success"], "stop it before it goes elsewhere" in moved["message"]) == (False, True)
    assert empty["success"], "what safety.origins names may be entered"
    for book in books:
        assert {headers.get("authorization") for _, headers in book.seen} == {f"Bearer {TOKEN}"}
        assert {headers.get("x-synthetic-tenant") for _, headers in book.seen} == {"true"}
    assert not stranger.seen


def test_without_a_token_any_private_host_may_be_entered(ui, books):
    """But no production: the go-ahead is for the host that it names."""
    named, other = books
    rules = production(bound="shop.example.com").replace('"127.0.0.1", localhost', "localhost")
    _, url = ui(rules, "-H", named.url)

    refused = swarm(url, f"http://localhost:{other.port}")
    began = swarm(url, other.url)
    wait_until(lambda: len(other.seen) > 5, "requests")
    stop(url)

    assert refused["success"] is False
    assert "host: safety.production.go_ahead_for: the go-ahead is for shop.example.com alone" in refused["message"]
    assert 'write go_ahead_for: [shop.example.com, "localhost"]' in refused["message"]
    assert began["success"]
    assert {headers["host"] for _, headers in other.seen} == {other.host}
    assert not named.seen


def test_a_worker_with_a_token_of_its_own_sends_it_nowhere_else(start, ui, books):
    """Where the master has none, it cannot refuse the host; the worker does, before the first request."""
    named, other = books
    locust, url = ui("tenant: {}", "-H", named.url, "--master", "--expect-workers", 1)
    file = locust.reports.parent / "entered.py"
    start("-f", file, "--worker", report_dir=False, env={"LOAD_TEST_TOKEN": TOKEN})
    wait_until(lambda: requests.get(f"{url}/worker-count", timeout=5).json()["worker_count"] == 1, "the worker")

    assert swarm(url, other.url)["success"]
    summary = wait_until(lambda: judged(locust.reports), "the end of the run", 40)

    assert (summary["exit_code"], "goes to no other" in summary["reason"]) == (108, True), summary["reason"]
    assert not other.seen
