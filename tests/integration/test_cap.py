"""The global cap, as the target's own book shows it: any second, any number of workers, whatever becomes of the master."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.integration.arrivals_log import ArrivalLog
from tests.integration.conftest import wait_until
from tests.integration.doorman import Doorman
from tests.integration.hammer import HAMMER
from tests.integration.ledger import Ledger, at_most, most_in
from tests.integration.test_storms import WEB_SOCKET
from tests.integration.warm import PATIENT


@pytest.fixture
def ledger():
    book = Ledger()
    yield book
    book.stop()


def capped(rate):
    return f"safety: {{rate_cap: {rate}}}\nthresholds: {{http_req_failed: ['rate<0.01']}}"


@pytest.mark.parametrize("rate", [5, pytest.param(200, marks=pytest.mark.long)])
@pytest.mark.slow
@pytest.mark.timed(lag_limit=PATIENT)  # what is asked of the rate is asked of the book
def test_any_second_over_four_workers(locust, write, rate):
    """Never more than the cap in any second (and one, for the way), and at least nine tenths of it in the mean.

    What came while the book stood still stands together in it, and so does what one worker sent late of its own share:
    the longest pause of each is allowed for. The book is a process of its own, since this one is late beside others.
    """
    write("hammer.yml", capped(f"{rate}/s"))
    hammer = write("hammer.py", HAMMER)
    with ArrivalLog() as book:
        run = locust(*("-f", hammer, "--headless", "-u", 24, "-r", 24, "-t", "11s", "-H", book.url, "--processes", 4))
        log = book.stop()

    assert run.code == 0, run.out + run.err
    times = log.times
    late = max(row["max"] for row in run.summary["series"] if row["metric"] == "generator_lag") / 1000
    assert most_in(times, 1.0) <= at_most(rate, log.longest_stall) + rate / 4 * late
    assert times[-1] - times[0] > 8
    assert len(times) / (times[-1] - times[0]) >= 0.9 * rate
    assert "the cap held back" in run.out


@pytest.mark.slow
def test_waiting_is_measured_and_is_not_the_targets(locust, write, ledger):
    """Twenty users under a cap of ten: they wait for two seconds, and the target still answers in milliseconds."""
    write("hammer.yml", capped("10/s"))

    run = locust("-f", write("hammer.py", HAMMER), "--headless", "-u", 20, "-r", 20, "-t", "8s", "-H", ledger.url)

    assert run.code == 0, run.out + run.err
    series = {row["metric"]: row for row in run.summary["series"] if row["metric"] in ("cap_wait", "http_req_duration")}
    assert series["cap_wait"]["p50"] > 1000
    assert series["http_req_duration"]["p99"] < 500, "half of what a wait adds: nine others run beside this one"
    assert run.count("http_reqs") == len(ledger.times)


HOPS = {
    "redirects": 'self.client.get("/to?/landed")',
    "the client's own retries": 'self.plain.client.get("/again")',
    "a session of requests": 'requests.get(self.host + "/session")',
    "one in a greenlet of its own": 'gevent.spawn(requests.get, self.host + "/greenlet").join()',
    "connects": 'connect(self.host.replace("http", "ws") + "/ws")',
}
"""What a task does, and what that is."""

HOPPING = """
    import contextlib

    import gevent
    import locust_ext
    import requests
    import websocket
    from locust import FastHttpUser, HttpUser, constant, task
    from locust_ext import LeanHttpUser
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    locust_ext.install()

    def connect(url):
        with contextlib.suppress(websocket.WebSocketException):
            websocket.create_connection(url)

    class Plain(HttpUser):
        abstract = True

    class Hops({kind}):
        wait_time = constant(0)

        def on_start(self):
            Plain.host = self.host
            self.plain = Plain(self.environment)
            retries = Retry(3, status_forcelist=[500], backoff_factor=0.001)
            self.plain.client.mount("http://", HTTPAdapter(max_retries=retries))

        @task
        def all(self):
            {what}
"""


@pytest.mark.parametrize(
    "what, kind",
    [
        *((what, "HttpUser") for what in HOPS),
        pytest.param("redirects", "FastHttpUser", marks=pytest.mark.long),
        ("redirects", "LeanHttpUser"),
    ],
)
def test_whatever_reaches_the_target_counts(locust, write, what, kind):
    """Not only what a locustfile calls a request: each hop, each retry, each connect."""
    book = Ledger(status=500 if "retries" in what else 200)
    write("hops.yml", "safety: {rate_cap: 20/s}")
    hops = write("hops.py", HOPPING.format(kind=kind, what=HOPS[what]))

    locust("-f", hops, "--headless", "-u", 10, "-r", 10, "-t", "4s", "-H", book.url)
    book.stop()

    assert len(book.times) > 25
    # Were only what a locustfile calls a request counted, it would be twice as many; a thread of the book may be late.
    assert book.most_in(1.0) <= 1.4 * book.at_most(20)


@pytest.mark.slow
@pytest.mark.long
def test_a_redirects_wait_is_taken_off_its_time(locust, write, ledger):
    """The second hop waits in the middle of the client's measurement; in a with block and without one."""
    write("hops.yml", capped("4/s"))
    hops = write(
        "hops.py",
        """
        import locust_ext
        from locust import FastHttpUser, HttpUser, constant, task

        locust_ext.install()

        class Fast(FastHttpUser):
            wait_time = constant(0)

            @task
            def plain(self):
                self.client.get("/to?/landed", name="plain")

            @task
            def caught(self):
                with self.client.get("/to?/landed", name="caught", catch_response=True) as outer:
                    self.client.get("/inner", name="inner")
                    outer.success()

        class Slow(HttpUser):
            wait_time = constant(0)
            tasks = Fast.tasks
        """,
    )

    run = locust("-f", hops, "--headless", "-u", 6, "-r", 6, "-t", "12s", "-H", ledger.url)

    assert run.code == 0, run.out + run.err
    longest = {row["tags"]["name"]: row["max"] for row in run.summary["series"] if row["metric"] == "http_req_duration"}
    assert set(longest) == {"plain", "caught", "inner"}
    assert max(longest.values()) < 200, longest


@pytest.fixture
def masters(start, write, ledger):
    """A run over two workers under a cap of 40; it is ended with everything that belongs to it."""
    write("hammer.yml", capped("40/s"))
    run = start(
        *("-f", write("hammer.py", HAMMER), "--headless", "-u", 20, "-r", 20, "-t", "60s"),
        *("-H", ledger.url, "--processes", 2),
    )
    yield run
    os.killpg(run.process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_master_that_is_killed_silences_its_workers(masters, ledger):
    """The last request comes at most three seconds later; stock Locust goes on for a minute."""
    wait_until(lambda: len(ledger.times) > 120, "120 requests")

    masters.process.kill()
    killed = time.monotonic()
    masters.process.wait()
    time.sleep(5)

    assert 1 < ledger.last_after(killed) <= 3.0, "the workers live on, until their leases end"


@pytest.mark.slow
def test_a_master_that_stands_still_silences_its_workers_and_no_burst_follows(masters, ledger):
    """SIGSTOP is as good as death; after SIGCONT they go on, and never above the cap."""
    wait_until(lambda: len(ledger.times) > 120, "120 requests")

    masters.send(signal.SIGSTOP)
    stopped = time.monotonic()
    time.sleep(5)
    assert ledger.last_after(stopped) <= 3.0

    masters.send(signal.SIGCONT)
    resumed = time.monotonic()
    wait_until(lambda: ledger.since(resumed) > 100, "100 requests more", 30)
    assert ledger.most_in(1.0, begin=resumed) <= ledger.at_most(40)


@pytest.mark.slow
def test_workers_that_join_and_leave(start, write, ledger):
    """A newcomer gets its share, a lost one's is lent again; the cap holds all the while."""
    write("hammer.yml", capped("60/s"))
    hammer = write("hammer.py", HAMMER)
    start(
        *("-f", hammer, "--headless", "--master", "--expect-workers", 1, "-u", 20, "-r", 20, "-t", "40s"),
        *("-H", ledger.url, "--enable-rebalancing"),
    )
    worker = ("-f", hammer, "--worker")
    first = start(*worker, report_dir=False)
    wait_until(lambda: len(ledger.times) > 120, "120 requests of the first worker", 30)
    start(*worker, report_dir=False)
    time.sleep(4)
    first.process.kill()
    lost = time.monotonic()

    def is_whole_again():
        now = time.monotonic()
        return now > lost + 3 and ledger.rate(now - 2, now) > 50

    wait_until(is_whole_again, "what the lost one held is lent again", 15)
    assert ledger.most_in(1.0) <= ledger.at_most(60)


@pytest.mark.slow
def test_a_storm_under_the_cap(locust, write):
    """Forty lose their connection at once: they come back no faster than the cap, and that is not the target's time."""
    doorman = Doorman().start()
    write(
        "watch.yml",
        """
        safety: {rate_cap: 10/s}
        storm: {at: 8s, drop: 100%, cause: close, backoff: {client: constant, delay: 0.2}, lasts: 7s, recovery: 1s}
        """,
    )
    watch = write("watch.py", WEB_SOCKET)

    run = locust("-f", watch, "--headless", "-u", 40, "-r", 40, "-t", "16s", "-H", doorman.url, timeout=120)
    doorman.stop()

    came = sorted(doorman.came)
    assert len(came) == 80, run.out + run.err
    assert max(sum(first <= at < first + 1 for at in came) for first in came) <= 11
    back = next(row for row in run.summary["series"] if row["metric"] == "reconnect_time")
    assert back["count"] == 40
    assert back["p99"] < 600, "0.2 s of back-off, and what the target took"
    connect = next(row for row in run.summary["series"] if row["metric"] == "req_duration")
    assert connect["p99"] < 300
