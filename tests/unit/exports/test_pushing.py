"""Live figures go out each interval and when the run is judged; whatever becomes of a push, nobody waits for it."""

from __future__ import annotations

import logging
from dataclasses import replace

import gevent
import pytest

from locust_ext.exports.family import Exposition, Family, Moment, Point, RunTold
from locust_ext.exports.names import FAMILIES
from locust_ext.exports.options import OtlpOptions
from locust_ext.exports.otlp_settings import collector_of
from locust_ext.run.otlp_sending import UndeliveredError
from locust_ext.run.pushing import AT_THE_END, MOST_AFTER, Pushing

VERDICT = Moment("loadtest.verdict", 3.0, (("verdict", "failed"),), "failed: too slow")
PHASE = Moment("loadtest.phase", 0.0, (("phase", "ramp"),), "phase ramp begins")
USERS = Family(FAMILIES["loadtest.users"], (Point((), 7.0),))


class Runs:
    """Stands for what tells of the runs: when each began, and how it was judged."""

    def __init__(self, clock):
        self._clock = clock
        self.result, self.judged = None, lambda: None
        self.mentioned, self.noted = [], 0
        self.begin("one")

    def begin(self, name):
        self.told, self.result, self._began = RunTold(name, name, "2026-11-28T12:00:00+00:00"), None, self._clock.now

    def judge(self, verdict="failed"):
        self.result = object()
        self.judged()

    def now(self):
        moments = (PHASE, *([VERDICT] if self.result else []))
        at = self._clock.now - self._began
        return Exposition(self.told, at, (USERS,), moments, is_final=self.result is not None)

    def note_storms(self):
        self.noted += 1

    def mention(self, sentence):
        self.mentioned.append(sentence)


class Way:
    """Stands for the way to a collector, which takes so long and fails so."""

    def __init__(self, clock):
        self._clock = clock
        self.refused, self.lasts, self.fails, self.fails_events = 0, 0.0, None, None
        self.pushed, self.told, self.at_once, self.most, self.dropped = [], [], 0, 0, 0
        self.stamps = []

    def send(self, figures, within):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            if self.lasts > within:
                gevent.sleep(within)
                raise UndeliveredError("it took too long")
            gevent.sleep(self.lasts)
            if self.fails is not None:
                raise self.fails
        finally:
            self.at_once -= 1
        (resource,) = figures.resource_metrics
        self.pushed.append((resource.resource.attributes["loadtest.run.id"], round(self._clock.now - ORIGIN, 2)))
        (point,) = resource.scope_metrics[0].metrics[0].data.data_points
        self.stamps.append((point.start_time_unix_nano, point.time_unix_nano))

    def tell(self, events, within):
        if self.fails_events is not None:
            raise self.fails_events
        self.told += [event.log_record.event_name for event in events]

    def drop(self):
        self.dropped += 1


ORIGIN = 1_000_000.0


class Scene:
    def __init__(self, clock, **options):
        self.runs, self.way = Runs(clock), Way(clock)
        collector = collector_of(OtlpOptions(endpoint="http://c:4318", interval="2s", **options), {})
        self.pushing = Pushing(self.runs, collector, self.way)
        self.runs.judged = self.pushing.judged


class Clock:
    @property
    def now(self):
        import time

        return time.monotonic()


@pytest.fixture
def scene(virtual, caplog):
    caplog.set_level(logging.INFO)
    one = Scene(Clock())
    yield one
    one.pushing.let_go()


def said(caplog, level=logging.WARNING):
    return [record.message for record in caplog.records if record.levelno >= level]


def test_each_interval_once_and_at_once_when_the_run_is_judged(scene):
    scene.pushing.begins()
    gevent.sleep(5)
    scene.runs.judge()
    gevent.sleep(20)
    times = [at for _, at in scene.way.pushed]
    assert times[:3] == [0.0, 2.0, 4.0]
    assert 5.0 <= times[3] <= 5.3
    assert len(times) == 4
    assert scene.way.told == ["loadtest.phase", "loadtest.verdict"]
    assert 5 <= scene.runs.noted <= 6


def test_all_sums_are_of_one_beginning_and_times_go_on(scene):
    scene.pushing.begins()
    gevent.sleep(5)
    scene.runs.judge()
    gevent.sleep(1)
    starts = {start for start, _ in scene.way.stamps}
    assert len(starts) == 1
    nows = [now for _, now in scene.way.stamps]
    assert nows == sorted(set(nows))
    assert nows[0] >= starts.pop()


def test_a_verdict_that_changes_is_told_again(scene):
    scene.pushing.begins()
    scene.runs.judge()
    gevent.sleep(1)
    scene.runs.judge()
    gevent.sleep(1)
    assert len(scene.way.pushed) == 2
    assert scene.way.told.count("loadtest.verdict") == 1  # it says the same


def test_runs_of_one_process_are_told_apart(scene):
    scene.pushing.begins()
    gevent.sleep(3)
    scene.runs.judge()
    gevent.sleep(1)
    scene.runs.begin("two")
    scene.pushing.begins()
    gevent.sleep(1)
    assert [run for run, _ in scene.way.pushed] == ["one", "one", "one", "two"]
    first, *_, last = [start for start, _ in scene.way.stamps]
    assert last - first == pytest.approx(4e9, rel=0.1)
    assert scene.way.told == ["loadtest.phase", "loadtest.verdict", "loadtest.phase"]


def test_the_verdict_of_a_run_is_told_although_the_next_one_begins_at_once(scene):
    scene.pushing.begins()
    gevent.sleep(1)
    for name in ("two", "three"):
        scene.runs.judge()
        scene.runs.begin(name)
        scene.pushing.begins()
        gevent.sleep(1)
    assert [run for run, _ in scene.way.pushed] == ["one", "one", "two", "two", "three"]
    assert scene.way.told.count("loadtest.verdict") == 2


def test_a_run_that_nothing_began_with_changes_nothing_of_the_one_before(scene):
    scene.pushing.begins()
    gevent.sleep(1)
    scene.runs.judge()
    gevent.sleep(1)
    scene.runs.begin("refused")
    scene.runs.judge()
    gevent.sleep(5)
    assert {run for run, _ in scene.way.pushed} == {"one"}


def test_of_two_who_end_the_process_the_second_waits_for_the_last_word(scene):
    scene.pushing.begins()
    gevent.sleep(1)
    scene.way.lasts = 2.0
    scene.runs.judge()
    first = gevent.spawn(scene.pushing.finish)
    gevent.sleep(0.1)
    scene.pushing.finish()
    assert scene.way.told.count("loadtest.verdict") == 1
    first.get()


def test_one_at_once_and_nothing_queues_up(scene):
    scene.way.lasts = 100.0
    scene.pushing.begins()
    gevent.sleep(35)
    assert scene.way.most == 1
    scene.way.lasts = 0.0
    before = len(scene.way.pushed)
    gevent.sleep(12)
    assert before == 0
    assert len(scene.way.pushed) <= 7


def test_the_verdict_is_tried_again_but_not_for_ever(scene, caplog):
    scene.pushing.begins()
    gevent.sleep(1)
    scene.way.fails = UndeliveredError("it refused the connection")
    scene.runs.judge()
    gevent.sleep(100)
    scene.pushing.finish()
    assert scene.pushing._course is None
    assert (
        f"{MOST_AFTER + 1} of {MOST_AFTER + 2} pushes of live figures failed: http://c:4318 was not told the verdict"
        in said(caplog)
    )


FAILURES = (
    # the case; how it fails; what is said, the way to the collector aside
    ("as a collector does", UndeliveredError("it refused the connection"), "it refused the connection"),
    ("as code does", ValueError("what\nis this"), "they could not be sent: ValueError: what is this"),
)


@pytest.mark.parametrize("error, sentence", [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_what_fails_is_said_once_and_counted(scene, caplog, error, sentence):
    scene.way.fails = error
    scene.pushing.begins()
    gevent.sleep(5)
    scene.pushing.leave()
    (one,) = said(caplog)
    assert one.startswith(f"live figures do not reach http://c:4318: {sentence}")
    assert one.endswith("; the run goes on, and 1 push has failed")
    (mentioned,) = scene.runs.mentioned
    assert mentioned.startswith("3 of 3 pushes of live figures failed")


def test_another_kind_of_failure_is_said_too_and_that_it_is_over(scene, caplog):
    scene.way.fails = UndeliveredError("it answered 503")
    scene.pushing.begins()
    gevent.sleep(3)
    scene.way.fails = UndeliveredError("it refused the connection")
    gevent.sleep(2)
    scene.way.fails = None
    gevent.sleep(3)
    assert said(caplog)[-1] == (
        "live figures do not reach http://c:4318: it refused the connection; the run goes on, and 3 pushes have failed"
    )
    assert said(caplog, logging.INFO)[-1] == "live figures reach http://c:4318 again"
    assert scene.way.told == ["loadtest.phase"]  # it waited


def test_a_collector_without_events_is_told_none(scene, caplog):
    scene.way.fails_events = UndeliveredError("it answered 404", unknown=True)
    scene.pushing.begins()
    gevent.sleep(5)
    scene.pushing.leave()
    assert said(caplog) == ["http://c:4318 takes figures, and no events: it answered 404"]
    assert scene.runs.mentioned == []
    assert len(scene.way.pushed) == 3


def test_points_that_are_refused_are_said_once(scene, caplog):
    scene.pushing.begins()
    gevent.sleep(1)
    scene.way.refused = 4
    gevent.sleep(2)
    scene.way.refused = 8
    gevent.sleep(2)
    scene.pushing.leave()
    assert said(caplog) == ["the collector took the live figures, and refused 4 of them"]
    assert scene.runs.mentioned == ["http://c:4318 refused 8 of the live figures"]


ENDS = (
    # the case; seconds that a push takes; seconds before the run is judged; the most that the end may take; delivered
    ("it was delivered", 0.0, 1.0, 0.1, True),
    ("the verdict is still to be told", 0.5, 0.9, 2.0, True),
    ("the collector hangs", 100.0, 1.0, AT_THE_END + 0.5, False),
    ("the collector is slow", 3.5, 1.0, AT_THE_END + 0.5, True),
)


@pytest.mark.parametrize("lasts, before, most, is_told", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_the_end_of_the_process_waits_a_little_for_the_last_word(scene, caplog, lasts, before, most, is_told):
    scene.way.lasts = lasts
    scene.pushing.begins()
    gevent.sleep(before)
    scene.runs.judge()
    began = Clock().now
    scene.pushing.finish()
    assert Clock().now - began <= most
    assert ("loadtest.verdict" in scene.way.told) is is_told
    assert any("was not told the verdict" in one for one in said(caplog)) is not is_told
    pushed = len(scene.way.pushed)
    scene.pushing.finish()
    gevent.sleep(10)
    assert len(scene.way.pushed) == pushed


def test_an_end_without_a_run_does_nothing(scene):
    scene.pushing.finish()
    scene.pushing.leave()
    assert scene.way.pushed == []


def test_the_figures_are_those_that_are_exposed(scene):
    scene.runs.now = lambda now=scene.runs.now: replace(now(), families=())
    scene.pushing.begins()
    gevent.sleep(1)
    assert scene.way.pushed == []
