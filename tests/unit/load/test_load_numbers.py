"""The numbers that bound a load, and how often its parts look at each other."""

import math
from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter, ValidationError

from locust_ext.load.arrivals import Share, Uniform
from locust_ext.load.coordinator import LONGEST_START, LOOK, STEP, STEP_SHARE, ArrivalsCoordinator
from locust_ext.load.due import CUT_OFF, DEVIATIONS, due_by
from locust_ext.load.iteration_queue import MOST_WAITING, Queue
from locust_ext.load.messages import MOST_SCENARIOS, QueueState
from locust_ext.load.options import MOST_USERS, USERS, ArrivalOptions
from locust_ext.load.partition import HANDOVER, LEAD, MARGIN, MEMORY, REFRESH, TTL, Division, Partition
from locust_ext.load.profile import Profile, SomeUsers, Users
from locust_ext.load.profiles import DECAY_HALF_LIVES, Smoke
from locust_ext.load.recording import MOST_BYTES, read_recording
from locust_ext.load.replay import HIGHEST, LONGEST, SHORTEST, Factor, Replay
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import MOST_LEVEL, MOST_PIECES, from_rows, lines
from locust_ext.load.search import SLACK, Search
from locust_ext.load.shapes import TrafficShape
from locust_ext.load.stages import Stages
from locust_ext.load.stress import MOST_LEVELS, MOST_PROBES, REST, Stress, number_of
from locust_ext.load.tape import EPOCH_UNITS, FARTHEST, MOST_POINTS, MOST_TOLD, Mistakes, RecordingError, parse_time
from locust_ext.load.user_time import LEAD as EARLY
from locust_ext.load.user_time import LEAST, MOST, Aim, ramps, whole
from locust_ext.load.user_time import SHORTEST as SHORTEST_PHASE


def test_numbers_of_arrivals():
    """Who is there is looked at ten times a second; a pool grows by fifty or a quarter; a run waits a quarter minute."""
    coordinator = ArrivalsCoordinator(SimpleNamespace())
    coordinator.prepare([], [])
    assert (LONGEST_START, LOOK, STEP, STEP_SHARE) == (15.0, 0.1, 50, 0.25)
    assert MOST_SCENARIOS == 100
    assert QueueState.of.__doc__
    shape = TrafficShape(lambda: lines(1, [("steady", 1, 1)]), coordinator)
    assert (shape.abstract, shape.use_common_options, shape.schedule.duration) == (True, True, 1)


def test_numbers_of_shares():
    """A process is off the roster after a second, and says that it is there three times in it."""
    roster = Partition()
    assert not roster.divide(0.0, 0.0)
    assert (REFRESH, TTL, MARGIN, HANDOVER, LEAD, MEMORY) == (0.3, 1.0, 0.2, 0.85, 0.2, 30.0)
    assert (roster.division.number, roster.division.since, Division().members) == (0, 0.0, ())
    assert (Share().index, Share().of, Share().since) == (0, 1, 0.0)
    roster.hear("a", 5.0)
    assert roster.divide(5.999, 1.0)
    assert roster.divide(6.0, 1.0), "it is gone after exactly a second"
    assert Uniform(lines(1, [("steady", 9, 1)])).due == 0.0


def test_numbers_of_queues():
    """A hundred thousand iterations wait at the most."""
    queue = Queue(1.0)
    for _ in range(3):
        queue.put(0.0, 0.0)
    assert (queue.drop_before(-1.0), queue.drop_before(-1.0, most=1)) == (0, 2)
    assert MOST_WAITING == 100_000


def test_numbers_of_what_is_due():
    """One may be missing in each process, and four deviations of chance."""
    uniform = Scenario("a", lines(10, [("steady", 10, 10)]), pool=Pool(5))
    poisson = Scenario("a", lines(10, [("steady", 10, 10)]), pool=Pool(5, spacing="poisson"))
    assert (CUT_OFF, DEVIATIONS) == (1.0, 4.0)
    assert [(one.count, one.room) for one in due_by([uniform, poisson], 10.0)] == [(100, 1.0), (100, 41.0)]
    assert [(one.count, one.room) for one in due_by([uniform], 6.0, 3)] == [(50, 3.0)]


def test_a_load_without_end_or_arrivals_hides_no_other():
    """What is due of it is not known, or nothing; those that follow are counted all the same."""
    closed = Scenario("c", lines(10, [("steady", 10, 10)]), tags={})
    endless = Scenario("e", lines(10, [("steady", math.inf, 10)]), pool=Pool(5), tags={})
    uniform = Scenario("a", lines(10, [("steady", 10, 10)]), pool=Pool(5), tags={})
    assert [(one.name, one.count) for one in due_by([closed, endless, uniform], math.inf)] == [("a", 100)]
    assert [(one.name, one.count) for one in due_by([closed, endless, uniform], 20.0)] == [("e", 190), ("a", 100)]
    assert due_by([uniform], 0.5)[0].count == 0
    assert (due_by([uniform], 10.0)[0].missing(99.0), due_by([uniform], 10.0)[0].missing(98.0)) == (0, 2)


def test_users_that_were_asked_for_after_the_end():
    """They are not of the run, whose ramps ended before."""
    schedule = ramps([Aim(0, 5, 5), Aim(9, 8, 1)], 8.0)
    assert schedule.duration == 9.0
    assert schedule.peak == 5


def test_numbers_of_pools():
    """Fifty users at first, and five hundred at the most, where nobody says another number."""
    assert ArrivalOptions(rate="5/s").pool == Pool(50, 500, "uniform", 5.0, 30.0)
    assert (USERS, MOST_USERS) == (50, 500)
    assert Pool(1).max_users == 0
    assert (Pool(1).patience, Pool(1).graceful_stop) == (5.0, 30.0)
    assert Scenario("a", lines(1, [("steady", 9, 1)])).end == 9.0


@pytest.mark.parametrize("kind, least", [(Users, 0), (SomeUsers, 1)])
def test_numbers_of_users(kind, least):
    """Up to a million of them."""
    with pytest.raises(NotImplementedError):
        Profile().schedule()
    users = TypeAdapter(kind)
    assert [users.validate_python(number) for number in (least, 1_000_000)] == [least, 1_000_000]
    for number in (least - 1, 1_000_001):
        with pytest.raises(ValidationError):
            users.validate_python(number)


def test_numbers_of_shapes():
    """Levels of a stress run, pieces of a schedule, half-lives of a market's opening."""
    assert number_of("level-50") == 50
    assert (MOST_LEVELS, MOST_PROBES, REST) == (200, 20, 0.5)
    stress = Stress()
    assert (stress.start_users, stress.step_users, stress.max_users, stress.step) == (50, 50, 2000, 60.0)
    assert (stress.probes, stress.precision, stress.pause) == (6, 0.05, 30.0)
    assert (Search.of(stress).levels[0].probe, SLACK) == (False, 1e-6)
    assert Smoke().schedule().duration == 60.0
    assert DECAY_HALF_LIVES == 4
    assert from_rows([]).duration == 0.0
    assert (MOST_PIECES, MOST_LEVEL) == (100_000, 1e9)
    assert Stages(stages=[{"target": 5, "duration": "1m"}]).schedule().level(0.0) == 0.0


def test_numbers_of_users_over_time():
    """Nine of ten and eleven of ten are the load; a phase under five seconds proves nothing."""
    assert whole([], 0.0) == []
    assert (SHORTEST_PHASE, LEAST, MOST, EARLY) == (5.0, 0.9, 1.1, 1.0)


TIMES = [
    ("seconds", "99999999999", 99_999_999_999.0),
    ("as far away as can be", "9.9e19", 9.9e19),
    ("a date", "1970-01-01T00:01:00Z", 60.0),
]


@pytest.mark.parametrize("text, seconds", [pytest.param(*row[1:], id=row[0]) for row in TIMES])
def test_numbers_of_recordings(text, seconds):
    """A hundred thousand points, five mistakes, and times by their size."""
    assert parse_time(text)[0] == seconds
    with pytest.raises(ValueError, match="is not a time"):
        parse_time("1e20")
    assert (MOST_POINTS, MOST_TOLD, FARTHEST) == (100_000, 5, 1e20)
    assert EPOCH_UNITS == ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3))


def test_five_mistakes_of_a_recording_are_told():
    """The others are counted."""
    mistakes = Mistakes("a.csv")
    for line in range(7):
        mistakes.note(f"line {line}", "wrong")
    with pytest.raises(RecordingError, match="line 4: wrong; and 2 mistakes more") as caught:
        mistakes.settle()
    assert "line 5" not in str(caught.value)


def test_numbers_of_replays():
    """From a millisecond to a year and a day, up to a million, by any factor above nothing."""
    factor = TypeAdapter(Factor)
    assert [factor.validate_python(number) for number in (0.01, 1, 1000)] == [0.01, 1, 1000]
    for number in (0, -1, math.inf, math.nan):
        with pytest.raises(ValidationError):
            factor.validate_python(number)
    assert (HIGHEST, SHORTEST, LONGEST) == (1_000_000, 0.001, 31_622_400.0)
    with pytest.raises(ValidationError):
        Replay(file="nowhere.csv")
    assert (Replay.model_fields["height"].default, Replay.model_fields["speed"].default) == (1.0, 1.0)


def test_how_large_a_recording_may_be(tmp_path):
    """Fifty megabytes."""
    with pytest.raises(RecordingError, match="there is no such file"):
        read_recording(tmp_path / "nowhere.csv")
    assert MOST_BYTES == 50_000_000


def test_a_schedule_is_stretched_one_way_alone():
    """In time, in height, or not at all."""
    ramp = lines(0, [("ramp", 10, 20)])
    found = [(made.duration, made.peak) for made in (ramp.scaled(), ramp.scaled(time=3.0), ramp.scaled(height=3.0))]
    assert found == [(10, 20), (30, 20), (10, 60)]
