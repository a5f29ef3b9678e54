"""What is said of connections: how many were opened a request, and that they were not kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locust_ext.clients import keep_alive
from locust_ext.config.plan import Plan
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind
from locust_ext.reports import connections
from locust_ext.reports.connections import OPENED, opened_of, spell, unkept_of
from locust_ext.reports.formats import health
from locust_ext.reports.result import RunResult, rows_of
from locust_ext.reports.totals import totals_of
from locust_ext.run.conclusion import Ending
from locust_ext.run.run import Run

PLAIN = RunResult("feed", Verdict("passed", 0, ""), "2026-11-24T10:00:00+00:00", 24.0, 1, complete=True)


def store(requests=0, opened=None, unanswered=0, refused=0, drops=0, attempts=()):
    """Return what a run measured; of its requests some got no answer, and some an error."""
    recorder = Recorder()
    for number in range(requests):
        error = ConnectionError("x") if number < unanswered + refused else None
        response = type("Response", (), {"status_code": 503 if error and number >= unanswered else 200})
        recorder.on_request("GET", "/", 1.0, None if number < unanswered else response, {}, error)
    if opened is not None:
        recorder.add(OPENED, Kind.COUNTER, opened)
    if drops:
        recorder.add("reconnect_drops", Kind.COUNTER, drops)
    for value in attempts:
        recorder.add("reconnect_attempts", Kind.TREND, value)
    found = Store()
    found.merge(recorder.take())
    return found


ROWS = [
    ("nothing was measured", store(), 10, False),
    ("nobody counted: an old worker", store(requests=500), 10, False),
    ("kept by all", store(requests=500, opened=10), 10, False),
    ("one for each request", store(requests=500, opened=500), 10, True),
    ("one for two requests is the limit", store(requests=500, opened=250), 10, False),
    ("one more", store(requests=500, opened=251), 10, True),
    ("a server that closes after ten", store(requests=500, opened=50), 10, False),
    ("a trial", store(requests=19, opened=19), 1, False),
    ("a short run, but plain to see", store(requests=20, opened=20), 1, True),
    ("users that send one request each", store(requests=500, opened=500), 500, False),
    ("users that send one to each of two hosts", store(requests=500, opened=500), 250, False),
    ("users that send one to each of three", store(requests=750, opened=750), 250, True),
    ("answers that redirect elsewhere, of a server that closes", store(requests=100, opened=200), 10, True),
    ("a storm dropped them on purpose", store(requests=500, opened=400, drops=390), 10, False),
    ("and they had to try often", store(requests=500, opened=400, drops=10, attempts=[39] * 10), 10, False),
    ("a storm, and a server that closes", store(requests=500, opened=510, drops=10), 10, True),
    ("half of the requests timed out", store(requests=500, opened=300, unanswered=290), 10, False),
    ("errors are answers: they keep their connection", store(requests=500, opened=300, refused=290), 10, True),
    ("only listeners opened some", store(opened=5), 0, False),
    ("whoever opened them, no request was measured", store(opened=30), 0, False),
]


@pytest.mark.parametrize(("found", "users", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_when_connections_were_not_kept(found, users, expected):
    """Far more than users, for more than every second request, and nothing that opens them by its nature."""
    assert bool(list(unkept_of(found, users))) is expected


def test_the_sentence_says_what_it_means_and_where_to_look():
    """Figures first."""
    (sentence,) = unkept_of(store(requests=4000, opened=3990), 20)
    assert sentence.startswith("connections were not kept: 3,990 were opened for 4,000 HTTP requests of 20 users.")
    for word in ("handshakes", "Connection: close", "keepalive_requests", "proxy"):
        assert word in sentence


SHARES = [
    (0, "0.00"),
    (0.00001, "under 0.0001"),
    (0.0001, "0.0001"),
    (0.000449, "0.0004"),
    (0.0204, "0.02"),
    (0.099, "0.1"),
    (0.1, "0.10"),
    (0.5, "0.50"),
    (1, "1.00"),
    (2345.6, "2,345.60"),
]


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_a_small_share_keeps_a_digit(share, text):
    """2,000 users that send a million requests are not 0.00 connections a request."""
    assert spell(share) == text


def test_the_generators_section_says_it():
    """After what it said before; nothing where nobody counted."""
    said, counted = (replace(PLAIN, series=rows_of(store(requests=50, opened=one))) for one in (None, 1))
    assert opened_of(totals_of(said)) == ""
    assert health(counted) == f"{health(said)} It opened 0.02 connections a request."
    assert opened_of(totals_of(replace(PLAIN, series=rows_of(store(opened=3))))) == ""


def test_it_is_the_metric_that_clients_count():
    """Its name stands twice: what reads reports does not load clients."""
    assert connections.OPENED == keep_alive.OPENED


LOOKS = [
    ("a ramp", [0, 5, 10, 10], 10),
    ("all at once", [10], 10),
    ("some go and others come", [10, 4, 10, 0, 10], 26),
    ("some go", [10, 3], 10),
    ("nobody", [0, 0], 0),
]


@pytest.mark.parametrize(("looks", "came"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_users_that_have_come(looks, came):
    """Those that went among them: each opened its own connection."""
    run = Run(Plan("x"), {}, "2026-01-01T00:00:00+00:00", 100.0)
    for second, users in enumerate(looks):
        run.look(users, None, 101.0 + second)
    assert (run.came, run.most) == (came, max(looks))


def test_it_is_a_warning_and_no_doubt():
    """The run's notes say it; its exit code stays what it was."""
    codes = []
    for opened in (10, 500):
        run = Run(Plan("x"), {}, "2026-01-01T00:00:00+00:00", 100.0)
        run.look(10, None, 101.0)
        run.take(store(requests=500, opened=opened).take(), 101.0, 1.0)
        run.ended = 110.0
        result = run.result(110.0, Ending())
        codes.append((result.verdict.exit_code, [w for w in result.warnings if "not kept" in w] != []))
    assert codes == [(0, False), (0, True)]
