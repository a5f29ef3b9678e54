"""Signed synthetic traffic, from the generator to the target and not beyond."""

from __future__ import annotations

import os
import time

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from locust_ext.safety.middleware import read_keys, verify
from tests.integration.conftest import FEED, rows
from tests.integration.ledger import Ledger

KEY = "2026-11:a s3cret-canary of sixteen or more"
TOKEN = "t0ken-canary"
SECRETS = ("s3cret-canary", TOKEN)


def writes(url):
    """What the target has written, by kind of traffic."""
    families = text_string_to_metric_families(requests.get(url + "/metrics", timeout=5).text)
    samples = (sample for family in families for sample in family.samples)
    return {sample.labels["traffic"]: sample.value for sample in samples if sample.name == "app_writes_total"}


@pytest.mark.slow
@pytest.mark.parametrize("processes", rows({"one process": (), "two workers": ("--processes", 2)}, "two workers"))
def test_a_target_that_verifies_takes_it_for_synthetic(locust, target, monkeypatch, processes):
    """The shipped scenario against the demo target with the same key: all writes are in the sandbox."""
    monkeypatch.setenv("LOAD_TEST_KEY", KEY)
    demo = target()

    run = locust(
        *("-f", FEED, "--headless", "-H", demo.url, "--shape-params", "users=20,duration=8s,ramp=1s", *processes),
        env={"LOAD_TEST_KEY": KEY, "LOAD_TEST_TOKEN": TOKEN},
    )

    assert run.count("http_reqs") > 100, run.out + run.err
    assert {0.0} == {row["value"] for row in run.summary["series"] if row["metric"] == "http_req_failed"}
    found = writes(demo.url)
    assert found["synthetic"] > 10
    assert found["real"] == 0
    texts = [run.out, run.err, *(file.read_text("utf-8", "replace") for file in run.reports.iterdir())]
    assert not [secret for secret in SECRETS for text in texts if secret in text]


def test_another_key_is_refused(locust, target, monkeypatch):
    """Anyone who signs with a key that the target does not know gets 403, and the gate fails."""
    monkeypatch.setenv("LOAD_TEST_KEY", KEY)
    demo = target()

    run = locust(
        *("-f", FEED, "--headless", "-H", demo.url, "--shape-params", "users=20,duration=8s,ramp=1s"),
        env={"LOAD_TEST_KEY": "other:a secret of somebody else"},
    )

    assert run.code == 99, run.out + run.err
    assert writes(demo.url) == {"real": 0, "synthetic": 0}


USERS = """
    import contextlib

    import websocket
    from locust import FastHttpUser, HttpUser, constant, task
    from locust_ext import LeanHttpUser

    class {kind}Marked({kind}):
        wait_time = constant(0.2)

        @task
        def all(self):
            self.client.get("/here")
            self.client.get("/own", headers={{"baggage": "theirs=1"}})
            self.client.get("/to?{elsewhere}/landed")
            self.client.get("{elsewhere}/direct")
            with contextlib.suppress(websocket.WebSocketException):
                websocket.create_connection(self.host.replace("http", "ws") + "/ws")
            with contextlib.suppress(websocket.WebSocketException):
                websocket.create_connection("{elsewhere}".replace("http", "ws") + "/ws")
"""


@pytest.mark.parametrize("kind", ["HttpUser", pytest.param("FastHttpUser", marks=pytest.mark.long), "LeanHttpUser"])
def test_it_is_signed_for_the_host_and_leaves_nothing_elsewhere(locust, write, kind):
    """Each request to the host verifies there; another origin sees no header, no token, no baggage."""
    host, other = Ledger(), Ledger()
    write("theirs.yml", "tenant: {value: load-test, lifetime: 4s}")

    run = locust(
        *("-f", write("theirs.py", USERS.format(kind=kind, elsewhere=other.url)), "-H", host.url),
        *("--headless", "-u", 2, "-r", 2, "-t", "6s"),
        env={"LOAD_TEST_KEY": KEY, "LOAD_TEST_TOKEN": TOKEN},
        stock=False,
    )
    ended = time.time()
    for book in (host, other):
        book.stop()

    assert len(host.seen) > 40, run.err
    values = {headers["x-synthetic-tenant"] for _, headers in host.seen}
    for value in values:
        synthetic = verify(value, host.host, read_keys(KEY), ended - 8)
        assert (synthetic.run, synthetic.tenant) == (run.summary["id"], "load-test")
    assert len(values) > 2, "it is signed again before it expires"
    assert {"Bearer " + TOKEN} == {headers["authorization"] for _, headers in host.seen}
    bags = {(path, headers["baggage"]) for path, headers in host.seen}
    assert ("/own", "theirs=1,synthetic-tenant=load-test") in bags
    assert ("/here", "synthetic-tenant=load-test") in bags
    assert {path for path, _ in other.seen} == {"/landed", "/direct", "/ws"}
    for _, headers in other.seen:
        assert not {"x-synthetic-tenant", "authorization", "baggage"} & set(headers)


def test_a_worker_without_the_key_stops_the_run(start, locust, write):
    """Unmarked writes would be taken for real: nothing is sent, and the verdict says which worker it was."""
    host = Ledger()
    write("theirs.yml", "tenant: {}")
    locustfile = write("theirs.py", USERS.format(kind="HttpUser", elsewhere="http://127.0.0.1:1"))
    start("-f", locustfile, "--worker", report_dir=False, stock=False)

    run = locust(
        *("-f", locustfile, "-H", host.url, "--headless", "-u", 2, "-t", "20s", "--master", "--expect-workers", 1),
        env={"LOAD_TEST_KEY": KEY},
        stock=False,
    )
    host.stop()

    assert run.code == 108, run.out + run.err
    assert "it has no key in $LOAD_TEST_KEY" in run.summary["reason"]
    assert not host.seen


@pytest.mark.parametrize(
    "key, said",
    [("short:one", "at least 16 characters"), ("no colon s3cret-canary", "KID:SECRET")],
    ids=["too short", "no id"],
)
def test_a_key_that_is_none_is_refused_and_not_shown(locust, write, key, said):
    """104 before anything is sent."""
    write("theirs.yml", "tenant: {}")
    locustfile = write("theirs.py", USERS.format(kind="HttpUser", elsewhere="http://127.0.0.1:1"))

    run = locust("-f", locustfile, "-H", "http://127.0.0.1:1", "--headless", env={"LOAD_TEST_KEY": key}, stock=False)

    assert run.code == 104
    assert "tenant.key_env" in run.err
    assert said in run.err
    assert "s3cret-canary" not in run.out + run.err
    assert not os.environ.get("LOAD_TEST_KEY")
