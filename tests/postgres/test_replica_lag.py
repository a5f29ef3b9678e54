"""Read-your-writes against a real PostgreSQL: the lag that users see is the one that the replica has."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest

from tests.integration.conftest import wait_until

USERS = Path(__file__).with_name("users.py")
SHAPE = "shapes: {{smoke: {{users: {users}, duration: {seconds}s, ramp: 1s}}}}\nshape: smoke\n"

LAG = """
    version: 1
    thresholds:
      replica_lag: ["p(99)<500"]
      stale_reads: ["rate<0.5"]
      never_seen: ["rate<0.01"]
      reads_failed: ["rate<0.01"]
      monotonic_violations: ["count<1"]
      versions_behind: ["max<=1"]
"""


@pytest.fixture
def run(start, write, postgres):
    """Start users of both servers; ``during`` is called again and again while the run lasts."""

    def begin(*users, text=LAG, shape="users=10,duration=8s,ramp=1s", during=lambda: None, **env):
        file = write("loadtest.yml", text)
        addresses = {"PRIMARY": postgres.primary.address, "REPLICA": postgres.replica.address}
        options = ("--headless", "--loadtest", file, "--shape", "smoke", "--shape-params", shape)
        running = start("-f", USERS, *options, *users, env={**addresses, **env})
        while running.process.poll() is None:
            during()
            time.sleep(0.2)
        return running.finish()

    return begin


def series(run, metric, name=None):
    """The rows of a metric."""
    rows = [row for row in run.summary["series"] if row["metric"] == metric]
    return [row for row in rows if name in (None, row["tags"]["name"])]


def outcome(run, metric):
    """The one outcome of a metric's threshold."""
    (found,) = [one for one in run.summary["outcomes"] if one["metric"] == metric]
    return found


class Figures:
    """What the servers themselves say meanwhile."""

    def __init__(self, postgres, after=0.0):
        self._postgres, self._from = postgres, time.monotonic() + after
        self.replay, self.age = [], []

    def look(self):
        if time.monotonic() < self._from:
            return
        replay, age = self._postgres.own_figures()
        self.replay += [replay] if replay is not None else []
        self.age += [age] if age is not None else []

    def beside(self, what, rows):
        """The client's and the server's in a line, in milliseconds."""
        client = "; ".join(
            f"{row['tags']['name']} p50 {row['p50']:,.1f}, p99 {row['p99']:,.1f}, max {row['max']:,.1f} of {row['count']:,}"
            for row in rows
        )
        own = (("replay_lag", self.replay), ("age of the last replayed commit", self.age))
        server = "; ".join(
            f"{name} {min(all_) * 1000:,.1f} to {max(all_) * 1000:,.1f}, median {median(all_) * 1000:,.1f}"
            for name, all_ in own
            if all_
        )
        return f"{what}\n  clients (ms): {client}\n  servers (ms): {server}"


def test_two_users_wait_at_the_same_time(run):
    """Since psycopg waits with what Locust has patched: four that wait half a second each do so together."""
    text = 'version: 1\nthresholds: {"req_duration{name:sleep}": ["max<900"]}\n'
    ended = run("SleepyUser", text=text, shape="users=4,duration=4s,ramp=0s")
    assert ended.code == 0, ended.out + ended.err
    assert 4 * 4 <= ended.count("reqs", name="sleep") <= 4 * 9, "one after the other it would be 8"


def test_a_replica_that_is_waited_for_is_never_stale(run, postgres, tell):
    """Where a write is answered when the replica has it, not one read is stale, and the lag is that of nobody."""
    postgres.behave(waits_for_replica=True)
    figures = Figures(postgres)
    strict = LAG.replace("rate<0.5", "rate<=0").replace("max<=1", "max<=0").replace("p(99)<500", "p(99)<20")
    ended = run("PostUser", "AccountUser", text=strict, during=figures.look)
    assert ended.code == 0, ended.out + ended.err
    assert [outcome(ended, metric)["value"] for metric in ("stale_reads", "never_seen")] == [0, 0]
    tell(figures.beside("no delay, writes wait for the replica", series(ended, "replica_lag")))


def test_without_a_delay(run, postgres, tell):
    """A replica that nobody waits for is behind by a few milliseconds at the most: the run passes."""
    figures = Figures(postgres)
    ended = run("PostUser", "AccountUser", text=LAG.replace("p(99)<500", "p(99)<100"), during=figures.look)
    assert ended.code == 0, ended.out + ended.err
    stale = outcome(ended, "stale_reads")
    tell(
        figures.beside("no delay", series(ended, "replica_lag"))
        + f"\n  stale reads: {stale['value']:.2%} of {stale['count']:,}"
    )


def test_a_delay_of_two_seconds_is_found_within_a_tenth(run, postgres, tell):
    """By writers of new rows and by those of one row, who are one version behind meanwhile."""
    postgres.behave(delay="2s")
    figures = Figures(postgres, after=5.0)  # before that the latest commit is one of before the delay
    ended = run("PostUser", "AccountUser", shape="users=30,duration=14s,ramp=1s", during=figures.look)
    rows = series(ended, "replica_lag")
    tell(figures.beside("delay of 2 s", rows))
    assert ended.code == 99, ended.out + ended.err
    assert {row["tags"]["name"] for row in rows} == {"post", "account"}
    for row in rows:
        assert 1800 <= row["min"] <= row["p50"] <= row["p90"] <= 2200, row
    assert outcome(ended, "stale_reads")["value"] > 0.9
    assert outcome(ended, "versions_behind")["value"] == 1
    assert outcome(ended, "monotonic_violations")["value"] == 0
    assert 1.9 <= min(figures.age) <= 2.6, "the server says the same: nothing younger is replayed"


def test_a_replica_that_applies_nothing_any_more(run, postgres, tell):
    """What nobody sees is never seen, and its lag is not left out: nothing passes."""
    postgres.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        ended = run("PostUser", shape="users=20,duration=6s,ramp=1s", DEADLINE="1s")
    finally:
        postgres.replica.ask("SELECT pg_wal_replay_resume()")
    assert ended.code == 99, ended.out + ended.err
    assert outcome(ended, "never_seen")["value"] == 1
    lag = outcome(ended, "replica_lag")
    assert lag["status"] == "failed", lag
    tell(f"applies nothing: {lag['reason']}" if lag.get("reason") else "applies nothing: never seen, and failed")


def test_a_replica_that_goes_away(run, postgres):
    """Reads that fail are counted, and are not stale; the run does not pass, and nothing hangs."""
    begun = time.monotonic()

    def during():
        if time.monotonic() > begun + 4 and postgres.replica._process is not None:
            postgres.replica.stop()

    try:
        ended = run("PostUser", shape="users=10,duration=8s,ramp=1s", during=during, DEADLINE="1s")
    finally:
        postgres.replica.start()
        wait_until(lambda: postgres.replica.ask("SELECT 1"), "the replica is back")
    assert ended.code == 99, ended.out + ended.err
    assert outcome(ended, "reads_failed")["status"] == "failed"
    assert "Traceback" not in ended.err, ended.err
