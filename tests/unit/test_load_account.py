"""What a run was asked for, and what of that never was: closed once, when it is over."""

from types import SimpleNamespace

import pytest
from flask import Flask
from locust import User, constant, task
from locust.env import Environment

from locust_ext.config.plan import Plan
from locust_ext.load.due import Due
from locust_ext.load.pieces import Line
from locust_ext.load.quota_state import QuotaState
from locust_ext.load.schedule import Schedule
from locust_ext.load.shapes import PlannedShape
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.run.load_account import LoadAccount
from locust_ext.run.run import Run

BEGAN = 1000.0


class Idle(User):
    """Does nothing."""

    wait_time = constant(1)

    @task
    def nothing(self):
        """Do nothing."""


@pytest.fixture
def environment():
    """Return one whose runner was asked for ten users at two a second, for a minute."""
    found = Environment(user_classes=[Idle])
    runner = found.create_local_runner()
    runner.target_user_count, runner.spawn_rate = 10, 2.0
    found.parsed_options = SimpleNamespace(run_time=60)
    yield found
    runner.quit()


def run(ended=60.0):
    """Return a run that ended after so many seconds."""
    one = Run(Plan("feed"), {}, "2026-11-23T00:00:00", BEGAN, "r1")
    one.ended = BEGAN + ended
    return one


def closed(environment, ended, *, told=False, pressed=False):
    """Return the run, and the account of its load."""
    account, one = LoadAccount(environment), run(ended)
    if pressed:
        account.note_stop()
    account.note(0.0)
    account.close(one, told=told, scheduled=False)
    return one, account


ENDINGS = [
    pytest.param(60.0, {}, "", id="as it should"),
    pytest.param(30.0, {}, "the run ended after 30s of 1m, and nobody told it to", id="early"),
    pytest.param(30.0, {"told": True}, "", id="as it was told"),
    pytest.param(30.0, {"pressed": True}, "somebody pressed Stop in the web UI", id="by Stop"),
]


@pytest.mark.parametrize("ended, how, why", ENDINGS)
def test_why_it_ended(environment, ended, how, why):
    """Nobody is told of an end that was meant."""
    one, _ = closed(environment, ended, **how)
    assert bool(one.cut_short) is bool(why)
    assert why in one.cut_short


def test_a_button_of_the_locustfile_is_one_too(environment):
    """What ends a run while a page is asked for was pressed by somebody."""
    with Flask("theirs").test_request_context("/stop"):
        one, _ = closed(environment, 30.0)
    assert "somebody pressed Stop in the web UI" in one.cut_short


def test_what_was_known_before_stands(environment):
    """A run that could have no users says that, and not that it ended early."""
    account, one = LoadAccount(environment), run(30.0)
    one.cut_short = "no worker follows the run"
    account.close(one, told=False, scheduled=False)
    assert one.cut_short == "no worker follows the run"


@pytest.mark.parametrize(
    "workers, why",
    [
        pytest.param(None, "nobody told it to", id="a local run needs none"),
        pytest.param(0, "its last worker was gone", id="a master without any"),
        pytest.param(2, "nobody told it to", id="a master that has some"),
    ],
)
def test_who_was_left(environment, workers, why):
    """Only who needs workers can have lost the last one."""
    runner = SimpleNamespace(target_user_count=10, spawn_rate=2.0, worker_count=workers or 0)
    if workers is not None:
        runner.clients = {}
    theirs = SimpleNamespace(
        runner=runner, shape_class=environment.shape_class, parsed_options=environment.parsed_options
    )
    one, _ = closed(theirs, 30.0)
    assert one.cut_short.endswith(why)


@pytest.mark.parametrize("ended, short", [(60.0, False), (2.0, True)])
def test_a_ramp_that_was_not_over(environment, ended, short):
    """It is said once, and only of a run that was too short for it."""
    _, account = closed(environment, ended, told=True)
    assert len(account.warnings) == short
    assert all(account.warnings)


@pytest.mark.parametrize(
    "scheduled, phases, begins",
    [
        pytest.param(True, [20.0, 40.0], 20.0, id="a schedule begins with its first phase"),
        pytest.param(True, [], 0.0, id="or with the run"),
        pytest.param(False, [20.0], 0.0, id="what has no schedule begins with the run"),
    ],
)
def test_when_the_planned_users_were_to_come(environment, scheduled, phases, begins):
    """By the schedule that its shape follows, which may begin later than the run."""
    environment.shape_class = PlannedShape(lambda: Schedule((Line("", 60.0, 1.0, 10.0),)))
    account, one = LoadAccount(environment), run(60.0)
    one.ended = None
    for start in phases:
        one.enter_phase(f"climb {start}", BEGAN + start)
    one.ended = BEGAN + 60.0
    account.close(one, told=False, scheduled=scheduled)
    assert one.planned.begins == begins


UNMADE = [
    pytest.param([Due("", 100, 1)], 0, 100, [((), 100)], id="the only load"),
    pytest.param([Due("buy", 100, 1)], 90, 10, [((("scenario", "buy"),), 10)], id="one of several"),
    pytest.param([Due("buy", 100, 1)], 99, 0, [], id="as much as there is room for"),
    pytest.param([Due("", 5, 0), Due("buy", 7, 0)], 0, 12, [((), 5), ((("scenario", "buy"),), 7)], id="two of them"),
]


@pytest.mark.parametrize("due, made, unmade, dropped", UNMADE)
def test_what_no_process_made_is_dropped(environment, due, made, unmade, dropped):
    """It counts in the run, and as a metric with its scenario's tag."""
    one, account, recorder = run(), LoadAccount(environment), Recorder()
    account._due = due
    if made:
        one.judge.store.leaf("dropped_iterations", tags_of({"scenario": "buy"}), Kind.COUNTER).add(made)
    one.judge.store.leaf("http_reqs", (), Kind.COUNTER).add(1)
    account.drop_unmade(one, recorder)
    assert one.unmade == unmade
    rows = [row for row in recorder.take() if row[0] == "dropped_iterations"]
    assert [(tuple(map(tuple, row[1])), row[3][0]) for row in rows] == dropped


def test_nothing_is_missing_where_nobody_can_tell(environment):
    """Measurements of a worker that never reported may be what is missing."""
    one, account, recorder = run(), LoadAccount(environment), Recorder()
    one.ledger.enrol(["w1"])
    account._due = [Due("", 100, 1)]
    assert one.is_incomplete
    account.drop_unmade(one, recorder)
    assert (one.unmade, recorder.take()) == (0, [])


MADE = [
    pytest.param("", 15.0, id="of all"),
    pytest.param("buy", 6.0, id="of one scenario"),
    pytest.param("none", 0.0, id="of one that made none"),
]


@pytest.mark.parametrize("scenario, made", MADE)
def test_what_was_made(scenario, made):
    """Arrivals that were begun, dropped or cut off."""
    one = run()
    store = one.judge.store
    for name, factor in (("buy", 1), ("look", 1.5)):
        tags = tags_of({"scenario": name})
        store.leaf("dropped_iterations", tags, Kind.COUNTER).add(2 * factor)
        store.leaf("cut_off_iterations", tags, Kind.COUNTER).add(2 * factor)
        for _ in range(int(2 * factor)):
            store.leaf("arrival_lateness", tags, Kind.TREND).record(1.0)
    assert one.made(scenario) == made


def test_whether_a_report_was_taken():
    """Once it was, and never again; none at all is noted, one of another run is not."""
    one = run()
    one.ended = None
    one.ledger.enrol(["w1"])
    report = {"run": "r1", "sequence": 1, "rows": []}
    assert one.receive("w1", None, BEGAN + 1) is False
    assert one.receive("w1", report, BEGAN + 1) is True
    assert one.receive("w1", report, BEGAN + 2) is False
    assert one.receive("w1", {**report, "run": "r0", "sequence": 2}, BEGAN + 2) is False
    assert one.troubles == {}
    assert one.receive("w1", {"run": 7}, BEGAN + 2) is False
    assert "a report of worker w1 was refused" in "".join(one.troubles.values())


def test_a_run_without_levels_holds_none():
    """Only a stress run holds a level, and only a search goes on by itself."""
    assert run().hold == 0.0
    assert not run().searches


class Permits:
    """Loads that end with their iterations, as they stand."""

    def __init__(self, *states):
        self._states, self.stopped = states, False

    def states(self):
        """Return how they stand."""
        return self._states

    def stop(self):
        """Note that no more begin."""
        self.stopped = True


def of_iterations(environment, ended, permits, *, told=False):
    """Return a run that ended with iterations, its account, and how many iterations are counted as dropped."""
    account, one, recorder = LoadAccount(environment, permits), run(ended), Recorder()
    account.note(0.0)
    account.close(one, told=told, scheduled=False)
    account.drop_unmade(one, recorder)
    dropped = [cell for metric, _, *cell in recorder.take() if metric == "dropped_iterations"]
    return one, account, dropped


def test_a_run_whose_iterations_are_made_has_ended_as_planned(environment):
    """However much earlier than its time, and before its ramp; none is dropped, which is measured."""
    permits = Permits(QuotaState("", 50, 50, 50))
    one, account, dropped = of_iterations(environment, 3.0, permits, told=True)
    assert (one.cut_short, account.warnings, one.quotas, permits.stopped) == ("", (), permits.states(), True)
    assert len(dropped) == 1
    assert account.again().permits is permits


def test_a_longest_time_that_is_shorter_than_the_ramp_is_said(environment):
    """As of a run's time: the users that are missing cannot have come."""
    environment.runner.target_user_count = 50
    _, account, _ = of_iterations(environment, 3.0, Permits(QuotaState("", 50, 20, 20, timed_out=3.0)), told=True)
    assert [warning[:42].strip() for warning in account.warnings] == ["the run ended before its ramp did: 6 of 50"]


def test_one_that_somebody_ended_was_cut_short(environment):
    """Its iterations were not what ended it."""
    one, _, _ = of_iterations(environment, 3.0, Permits(QuotaState("", 50, 20, 20)))
    assert "nobody told it to" in one.cut_short


def test_what_the_longest_time_left_over_is_dropped(environment):
    """As in k6: it counts, of its scenario."""
    states = QuotaState("a", 50, 20, 20, timed_out=3.0), QuotaState("b", 50, 20, 20)
    one, account, recorder = run(3.0), LoadAccount(environment, Permits(*states)), Recorder()
    account.close(one, told=False, scheduled=False)
    account.drop_unmade(one, recorder)
    one.judge.merge(recorder.take(), 3.0)
    assert one.judge.store.counted("dropped_iterations") == 30
    assert one.judge.store.counted("dropped_iterations", scenario="a") == 30
    assert account.note_of(one) == "40 of 100 iterations"
