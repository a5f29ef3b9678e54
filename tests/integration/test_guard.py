"""Pointed at production: what must be written down, what is checked before, and what ends a run because it does harm."""

from __future__ import annotations

import json
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.conftest import command, rows, wait_until
from tests.integration.hammer import HAMMER
from tests.integration.ledger import Ledger

ACK = {"x-synthetic-tenant-ack": "true"}


@pytest.fixture
def ledger():
    book = Ledger(headers=ACK)
    yield book
    book.stop()


def window(begin=-1, end=1):
    """A window by hours from now, in UTC."""
    now = datetime.now(UTC)
    first, last = now + timedelta(hours=begin), now + timedelta(hours=end)
    return f"{first:%Y-%m-%d %H:%M}/{last:%Y-%m-%d %H:%M} UTC"


def production(open_=None, rules="", shape="", bound="127.0.0.1"):
    """A whole go-ahead for 127.0.0.1, which is declared to be production, as is localhost."""
    return f"""
        {shape}
        tenant: {{}}
        safety:
          rate_cap: 100/s
          kill_switch: {{file: allowed}}
          run_log: run/log.jsonl
          {rules}
          production:
            hosts: ["127.0.0.1", localhost]
            go_ahead_for: [{bound}]
            window: "{open_ or window()}"
            on_call: Ada, +49 30 555
            dashboard: https://grafana.example.com/d/shop
            announcement: https://chat.example.com/p1
    """


def hammer(write, configuration):
    write("allowed", "")
    write("hammer.yml", configuration)
    return write("hammer.py", HAMMER)


SHORT = ("--headless", "-u", 4, "-r", 4, "-t", "5s")


def test_everything_that_is_missing_is_said_at_once(locust, write):
    """104 with the whole list, and how to say that a host is none; nothing is sent."""
    run = locust("-f", hammer(write, "version: 1"), *SHORT, "-H", "https://shop.example.com")

    assert run.code == 104
    for path in ("window", "on_call", "dashboard", "announcement", "go_ahead_for", "staging"):
        assert f"safety.production.{path}" in run.err
    for path in ("safety.rate_cap", "safety.kill_switch", "tenant"):
        assert path in run.err
    assert "https://shop.example.com counts as production" in run.err
    assert "add go_ahead_for: [shop.example.com]" in run.err
    assert "staging: [shop.example.com]" in run.err


def test_a_go_ahead_lets_it_run_and_shows_its_checklist(locust, write, ledger, tmp_path):
    """The checklist stands before the first user; the run log says how it began and how it ended."""
    run = locust("-f", hammer(write, production()), *SHORT, "-H", ledger.url)

    assert run.code == 0, run.out + run.err
    for line in ("the window", "on call: Ada", "cap: 100/s", "file allowed allows it", "answers: 200", "clocks agree"):
        assert line in run.out
    assert "acknowledges the synthetic tenant (not signed)" in run.out
    began, ended = map(json.loads, (tmp_path / "run" / "log.jsonl").read_text().splitlines())
    assert (began["event"], began["kind"], began["on_call"]) == ("started", "production", "Ada, +49 30 555")
    assert (ended["event"], ended["exit_code"], ended["run"]) == ("ended", 0, began["run"])
    assert ended["requests"] == len(ledger.times) - 1, "all but the one of the checklist"


REFUSED = [
    ("outside of the window", {"open_": window(2, 3)}, ACK, "it opens at"),
    ("after the window", {"open_": window(-3, -2)}, ACK, "it is over"),
    ("a stress shape", {"shape": "shape: stress"}, ACK, "it never runs there"),
    ("a run longer than the window", {"shape": "shape: soak"}, ACK, "the window closes in"),
    ("no go-ahead for any host", {"bound": ""}, ACK, "add go_ahead_for: [127.0.0.1]"),
    ("a go-ahead for another host", {"bound": "localhost"}, ACK, 'write go_ahead_for: ["localhost", 127.0.0.1]'),
    ("no acknowledgement", {}, {}, "does not acknowledge the synthetic tenant"),
    ("a clock that is wrong", {}, {**ACK, "Date": "Tue, 24 Nov 2020 01:00:00 GMT"}, "this clock is"),
    (
        "an alarm that is on",
        {"rules": "abort: {alarm: {url: 'http://127.0.0.1:1/alarm'}}"},
        ACK,
        "alarm http://127.0.0.1:1/alarm",
    ),
]


@pytest.mark.parametrize("how, headers, said", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_not_right_keeps_it_from_starting(locust, write, how, headers, said):
    """104 and a sentence; no user starts."""
    book = Ledger(headers=headers)
    run = locust("-f", hammer(write, production(**how)), "--headless", "-u", 2, "-t", "5s", "-H", book.url)
    book.stop()

    assert run.code == 104, run.out + run.err
    assert said in run.err
    assert "Traceback" not in run.err
    assert len(book.times) <= 1, "the checklist may have asked"


def test_base_url_needs_its_own_go_ahead(locust, write, ledger):
    """It names a host as the command line does: the go-ahead that is written down holds for another one."""
    elsewhere = f"http://localhost:{ledger.port}"
    configuration = f"{production().rstrip()}\n        host: {ledger.url}\n"
    run = locust("-f", hammer(write, configuration), *SHORT, env={"BASE_URL": elsewhere})

    assert run.code == 104, run.out + run.err
    assert f"the go-ahead is for 127.0.0.1 alone; if it is for {elsewhere} too" in run.err
    assert not ledger.times


def test_a_host_that_does_not_answer(locust, write):
    """The checklist says it, with everything else that it found."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = locust("-f", hammer(write, production()), *SHORT, "-H", f"http://127.0.0.1:{port}")

    assert run.code == 104
    assert "does not answer" in run.err
    assert "[ok] file allowed allows it" in run.out


HARM = {
    "errors": (lambda book, _: setattr(book, "status", 500), "", "requests failed within"),
    "the acknowledgement is lost": (lambda book, _: book.headers.clear(), "", "do not acknowledge"),
    "an alarm": (
        lambda _, alarm: setattr(alarm, "status", 503),
        "abort: {{alarm: {{url: '{alarm}/state', every: 1s}}}}",
        "abort rule: alarm",
    ),
}


@pytest.mark.parametrize(
    "what, processes",
    [
        ("errors", ("--processes", 2)),
        ("the acknowledgement is lost", ("--processes", 2)),
        pytest.param("errors", (), marks=pytest.mark.long),
        pytest.param("an alarm", ("--processes", 2), marks=pytest.mark.long),
    ],
)
@pytest.mark.slow
def test_harm_ends_the_run(start, write, ledger, what, processes):
    """108 and the rule, though every threshold may hold."""
    alarm = Ledger()
    do, rules, reason = HARM[what]
    configuration = production(rules=rules.format(alarm=alarm.url))
    run = start("-f", hammer(write, configuration), "--headless", "-u", 8, "-t", "60s", "-H", ledger.url, *processes)
    wait_until(lambda: len(ledger.times) > 300, "300 requests", 40)

    do(ledger, alarm)
    began = time.monotonic()
    finished = run.finish()
    alarm.stop()

    assert finished.code == 108, finished.out + finished.err
    assert reason in finished.summary["reason"]
    assert ledger.last_after(began) < 16


CLOSES_SOON = """
    from locust_ext.safety.window import Window

    Window.remaining = lambda *_: 6.0
"""


def test_the_window_ends_the_run(locust, write, ledger):
    """However it is going: when the window is over, so is the run."""
    hammer(write, production())
    soon = write("hammer.py", HAMMER + CLOSES_SOON)

    run = locust("-f", soon, "--headless", "-u", 2, "-t", "60s", "-H", ledger.url)

    assert run.code == 108, run.out + run.err
    assert "the window is over" in run.summary["reason"]
    assert run.summary["duration_s"] == pytest.approx(6, abs=1)


ABROAD = """
    import contextlib
    import os

    import locust_ext
    import requests
    import websocket
    from locust import FastHttpUser, HttpUser, constant, task

    locust_ext.install()
    ABROAD = os.environ["ABROAD"]

    class Plain(HttpUser):
        wait_time = constant(0.2)

        @task
        def all(self):
            self.client.get("/here")
            self.client.get(ABROAD + "/direct")
            self.client.get("/to?" + ABROAD + "/redirected")
            with contextlib.suppress(OSError):
                requests.get(ABROAD + "/session")
            with contextlib.suppress(OSError, websocket.WebSocketException):
                websocket.create_connection(ABROAD.replace("http", "ws") + "/ws")

    class Fast(FastHttpUser):
        wait_time = constant(0.2)

        @task
        def all(self):
            self.client.get("/here")
            self.client.get(ABROAD + "/direct")
            self.client.get("/to?" + ABROAD + "/redirected")
"""


@pytest.mark.parametrize("declared", rows({"production": False, "staging": True}, "production"))
def test_an_origin_that_was_not_declared_is_blocked_and_counted(locust, write, ledger, declared):
    """Production elsewhere gets nothing: no absolute address, redirect, session or socket leads there."""
    abroad = Ledger()
    elsewhere = f"http://localhost:{abroad.port}"
    kind = "staging" if declared else "hosts"
    write("abroad.yml", f"safety: {{production: {{{kind}: [localhost]}}}}")

    run = locust(
        *("-f", write("abroad.py", ABROAD), "--headless", "-u", 4, "-r", 4, "-t", "4s", "-H", ledger.url),
        env={"ABROAD": elsewhere},
    )
    abroad.stop()

    assert len(ledger.times) > 10, run.err
    if declared:
        assert {path for path, _ in abroad.seen} == {"/direct", "/redirected", "/session", "/ws"}
        assert run.count("blocked_requests") == 0
    else:
        assert not abroad.times
        assert run.count("blocked_requests", origin=elsewhere) > 10
        assert f"to {elsewhere} did not leave: that origin was not declared" in run.out
        assert "else name it in safety.origins: it counts as production and was not declared" in run.out + run.err
    assert "Traceback" not in run.err


@pytest.mark.slow
@pytest.mark.long
def test_a_p99_twice_the_baselines_ends_the_run(start, locust, write, ledger):
    """Slow for long enough, against what the earlier runs were: the run ends, and says how slow it was."""
    calm = hammer(
        write,
        """
        safety: {rate_cap: 60/s, abort: {p99_for: 4s}}
        baseline: {dir: before, optional: true}
        """,
    )
    before = locust("-f", calm, *SHORT, "-H", ledger.url)
    assert before.code == 0, before.out + before.err
    kept = command("baseline", "add", before.reports, "--dir", calm.parent / "before")
    assert kept.returncode == 0, kept.stderr

    seen = len(ledger.times)
    run = start("-f", calm, "--headless", "-u", 8, "-r", 8, "-t", "60s", "-H", ledger.url)
    wait_until(lambda: len(ledger.times) > seen + 120, "120 requests", 40)
    ledger.seconds = 0.25
    finished = run.finish()

    assert finished.code == 108, finished.out + finished.err
    assert "abort rule: p99 has been above" in finished.summary["reason"]
