"""The wall clock moves by an hour in the middle of a run: leases, flags, signatures and figures do not notice."""

from __future__ import annotations

import pytest

from tests.integration.hammer import HAMMER
from tests.integration.ledger import Ledger

LEAP = """
    import time

    import gevent
    from locust import events

    _true = time.time

    def _leap():
        gevent.sleep(6)
        time.time = lambda: _true() + {seconds}

    events.test_start.add_listener(lambda **_: gevent.spawn(_leap))
"""

EVERYTHING = """
    tenant: {lifetime: 6s}
    safety:
      rate_cap: 50/s
      kill_switch: {file: allowed}
      abort: {}
    thresholds:
      http_req_failed: ["rate<0.01"]
      http_req_duration: ["p(99)<500"]
      vus: ["value==12"]
"""


@pytest.mark.timed
@pytest.mark.long
@pytest.mark.parametrize("seconds", [3600, -3600], ids=["an hour ahead", "an hour back"])
@pytest.mark.slow
def test_a_leap_of_the_wall_clock_changes_nothing(locust, write, seconds):
    """On the master and on both workers: the same rate before and after, no failure, the verdict of always."""
    book = Ledger(headers={"x-synthetic-tenant-ack": "-"})
    write("allowed", "")
    write("hammer.yml", EVERYTHING)
    hammer = write("hammer.py", HAMMER + LEAP.format(seconds=seconds))

    run = locust(
        *("-f", hammer, "--headless", "-u", 12, "-r", 12, "-t", "16s", "-H", book.url, "--processes", 2),
        env={"LOAD_TEST_KEY": "k:a secret of sixteen or more"},
    )
    book.stop()

    assert run.code == 0, run.out + run.err
    begin = min(book.times)
    assert book.rate(begin + 1, begin + 5) == pytest.approx(50, rel=0.1)
    assert book.rate(begin + 8, begin + 14) == pytest.approx(50, rel=0.1)
    assert book.most_in(1.0) <= book.at_most(50)
    assert run.count("http_reqs") == len(book.times)
    assert "Didn't get heartbeat" not in run.err
    expiries = {headers["x-synthetic-tenant"].split(";")[4] for _, headers in book.seen}
    times = sorted(int(text.removeprefix("exp=")) for text in expiries)
    assert len(times) > 3, "it was signed again after the leap"
    assert times[-1] - times[0] < 30
