"""What is told of requests that have not come back: while a run lasts, and what its summary says afterwards."""

from __future__ import annotations

from locust_ext.config.plan import Plan
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Measured
from locust_ext.measure.series import tags_of
from locust_ext.run.conclusion import open_requests_in
from locust_ext.run.exposing import open_now
from locust_ext.run.run import Run

FEED, HEALTH = (("http_req_duration", tags_of({"name": name, "method": "GET"})) for name in ("feed", "health"))


def ages_of(*values: float) -> Histogram:
    ages = Histogram()
    ages.record_all(values)
    return ages


def test_what_never_came_back_is_told_when_the_run_is_over():
    """The connections of its users are cut: nothing is open any more, and the summary says what was."""
    run = Run(Plan("feed"), {}, "", 0.0, id="r1")
    run.judge.censored.merge(Measured(open={FEED: ages_of(900.0, 20.0)}), "w1")
    assert [(tags, ages.count) for tags, ages in open_now(run)] == [(FEED[1], 2)]

    run.judge.censored.merge(Measured(lost=[(HEALTH, ages_of(5.0))], open={FEED: ages_of(950.0)}), "w1")
    assert [(tags, ages.count) for tags, ages in open_now(run)] == [(FEED[1], 1)]

    run.ended = 10.0
    run.judge.censored.merge(Measured(lost=[(FEED, ages_of(990.0))], open={}), "w1")
    told = open_now(run)
    assert {dict(tags)["name"]: ages.count for tags, ages in told} == {"health": 1, "feed": 1}
    assert sum(ages.count for _, ages in told) == open_requests_in(run).count == 2
    assert max(ages.maximum or 0 for _, ages in told) == open_requests_in(run).oldest
