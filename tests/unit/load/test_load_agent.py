"""A process's part: users that begin when they are told, classes for each scenario, and nothing left behind."""

from time import perf_counter
from types import SimpleNamespace

import gevent
import pytest
from locust import TaskSet, User, task
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import MasterRunner
from locust.user.task import DefaultTaskSet

from locust_ext.load import iteration_queue as pacing
from locust_ext.load.agent import ArrivalsAgent
from locust_ext.load.messages import ShareTold
from locust_ext.load.pieces import Line
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import Schedule, to_rows
from locust_ext.load.user_classes import adopt_classes, name_in, told_of
from locust_ext.measure.iteration_context import current
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind
from locust_ext.process.message_types import PRESENCE
from locust_ext.process.task_seam import TaskSeam

SEAMS = [(TaskSet, "execute_task"), (DefaultTaskSet, "execute_task"), (TaskSet, "wait")]


class Feed(User):
    """Counts its iterations, and what they belonged to."""

    weight = 2
    begun: list = []

    def wait_time(self):
        """Wait for ever: an open user is not asked."""
        return 1000

    @task
    def work(self):
        """Note where this iteration belongs."""
        self.begun.append(current())


class Chat(User):
    """Another class."""

    wait_time = Feed.wait_time

    @task
    def work(self):
        """Do nothing."""


@pytest.fixture(autouse=True)
def begun():
    """Iterations that were begun in this test."""
    Feed.begun.clear()
    return Feed.begun


class Runner:
    """A runner that keeps what it is told to send."""

    worker_index = 0

    def __init__(self, error=None):
        self.sent, self.error = [], error

    def send_message(self, kind, data):
        """Keep a message, or fail."""
        self.sent.append((kind, data))
        if self.error:
            raise self.error


@pytest.fixture
def made():
    """A process with two user classes: its environment, its recorder, its traffic."""
    environment = Environment(user_classes=[Feed, Chat])
    environment.runner = Runner()
    recorder = Recorder()
    state = SimpleNamespace(
        environment=environment, recorder=recorder, traffic=ArrivalsAgent(environment, recorder, TaskSeam()), users=[]
    )
    yield state
    gevent.killall(state.users, timeout=5)
    state.traffic.leave()


def load(name="arrivals", rate=10, duration=2.0, pool=None, **options):
    """Return a load of one level."""
    return Scenario(name, Schedule((Line("steady", duration, rate, rate),)), pool=pool, **options)


OPEN = load(pool=Pool(5, 5), users=("Feed",))


def follow(made, *scenarios, run="run-1"):
    """Let the process follow scenarios."""
    made.traffic.follow({"scenarios": told_of(scenarios, ["Feed", "Chat"])}, run)


def share(made, scenario=OPEN, elapsed=4.0, run="run-1", asked=True, taken=(0, 1, 0.0), number=0):
    """Tell the process its share, as the master does."""
    schedules = [(scenario.name, number, to_rows(scenario.course))]
    made.traffic.on_share(
        ShareTold.of(
            {
                "run": run,
                "asked": perf_counter() if asked else None,
                "elapsed": elapsed,
                "share": taken,
                "schedules": schedules,
            }
        )
    )


def start(made, user_class, users=1):
    """Run users of a class."""
    for _ in range(users):
        made.users.append(gevent.spawn(user_class(made.environment).run))
    turn()


def turn(times=60):
    """Let all greenlets run that can."""
    for _ in range(times):
        gevent.sleep(0)


def taken(recorder):
    """Return what the recorder has measured."""
    store = Store()
    store.merge(recorder.take())
    return store


def test_users_begin_when_they_are_told(made, begun):
    """Until there is a share they wait; then they make all arrivals that are due, and no more, without a wait between."""
    follow(made, OPEN)
    start(made, Feed)
    assert begun == []
    share(made)
    turn()
    assert len(begun) == 20


def test_half_of_them(made, begun):
    """One process of two makes every second one."""
    follow(made, OPEN)
    start(made, Feed, users=3)
    share(made, taken=(1, 2, 0.0))
    turn()
    assert len(begun) == 10


def test_no_share(made, begun):
    """A process that takes no part makes none."""
    follow(made, OPEN)
    start(made, Feed)
    share(made, taken=None)
    turn()
    assert begun == []


IGNORED = [
    ("of another run", {"run": "run-0"}),
    ("before it has been told the time", {"asked": False}),
]


@pytest.mark.parametrize("message", [row[1] for row in IGNORED], ids=[row[0] for row in IGNORED])
def test_messages_that_mean_nothing_here(made, begun, message):
    """A share is taken only of this run, and only by who knows its clock."""
    follow(made, OPEN)
    start(made, Feed)
    share(made, **message)
    turn()
    assert begun == []
    assert not made.traffic._queues["arrivals"]._upcoming, "it holds no share"
    share(made)
    turn()
    assert len(begun) == 20


def test_a_longer_schedule(made, begun, monkeypatch):
    """It is followed from where the first ended; an older one is not."""
    monkeypatch.setattr(pacing, "LONGEST_SLEEP", 1e-6)  # so that the pacer looks again at once
    follow(made, OPEN)
    start(made, Feed)
    share(made)
    turn()
    longer = load(duration=3.0, pool=OPEN.pool)
    share(made, longer, number=1)
    gevent.sleep(1e-3)  # timers have their turn
    turn()
    assert len(begun) == 30
    share(made, load(duration=9.0), number=1)
    assert made.traffic.flush()[0].schedule == 1


def test_iterations_know_how_late_they_are(made, begun):
    """What they measure belongs to an iteration: the user's own, with the lateness of this iteration."""
    follow(made, OPEN)
    start(made, Feed)
    share(made, elapsed=4.0)
    turn()
    assert len({id(iteration) for iteration in begun}) == 1
    assert begun[-1].late == pytest.approx(2100, abs=1000)  # the last was due 1.9 s after the beginning, 4 s ago


def test_classes_of_closed_loads_are_left_alone(made):
    """Only users of open loads wait for arrivals, all others begin by themselves and wait as they always did."""
    done = []

    class Closed(User):
        def wait_time(self):
            done.append("wait")
            return 1000

        @task
        def work(self):
            done.append("work")

    made.environment.user_classes.append(Closed)
    follow(made, OPEN)
    start(made, Closed)
    assert done == ["work", "wait"]


def test_a_nested_task_set_waits_for_its_tasks_alone(made):
    """Entering a task set takes no arrival; each of its tasks does."""
    done = []

    class Nested(User):
        @task
        class Inner(TaskSet):
            @task
            def work(self):
                done.append(1)

    made.environment.user_classes.append(Nested)
    scenario = load(pool=Pool(1, 1), users=("Nested",))
    made.traffic.follow({"scenarios": told_of([scenario], ["Nested"])}, "run-1")
    start(made, Nested)
    share(made, scenario)
    turn()
    assert len(done) == 20


def test_how_a_process_stands(made):
    """It says at once how many of its users are idle, at work, and missing."""
    follow(made, OPEN)
    start(made, Feed, users=2)
    ((kind, presence),) = made.environment.runner.sent[:1]
    assert (kind, presence["run"]) == (PRESENCE, "run-1")
    (queue,) = made.traffic.flush()
    assert queue.model_dump() == {
        "name": "arrivals",
        "idle": 2,
        "busy": 0,
        "waiting": 0,
        "short": 0,
        "dropped": 0,
        "schedule": -1,
    }


def test_arrivals_without_users(made):
    """They wait, and the process says how many users were missing; with patience over they are dropped, and counted."""
    impatient = load(pool=Pool(5, 5, patience=0.0), users=("Feed",))
    follow(made, impatient)
    share(made, impatient)
    turn()
    (queue,) = made.traffic.flush()
    assert (queue.waiting, queue.short, queue.dropped) == (0, 20, 20)
    dropped = taken(made.recorder).select(Selector("dropped_iterations"), Kind.COUNTER)
    assert dropped.value == 20


def test_a_message_that_cannot_be_sent(made, caplog):
    """A lost connection is not a reason to stop."""
    made.environment.runner.error = RPCError("gone")
    follow(made, OPEN)
    turn()
    assert "cannot tell the master how the arrivals stand: gone" in caplog.text


def test_lateness_is_measured(made):
    """Of every arrival, once; in an open run nothing is dropped until something is."""
    follow(made, OPEN)
    start(made, Feed)
    share(made)
    turn()
    made.traffic.flush()
    store = taken(made.recorder)
    assert store.select(Selector("arrival_lateness"), Kind.TREND).count == 20


def test_what_belongs_to_a_scenario_carries_its_name(made):
    """And its tags: of the lateness, and of the iterations."""
    scenario = load("smoke", pool=Pool(1, 1), users=("Feed",), tags={"team": "a"})
    follow(made, scenario)
    (own,) = [one for one in made.environment.user_classes if one.__name__ == "Feed (smoke)"]
    start(made, own)
    share(made, scenario)
    turn()
    assert {tuple(sorted(iteration.tags.items())) for iteration in Feed.begun} == {
        (("scenario", "smoke"), ("team", "a"))
    }
    made.traffic.flush()
    found = {metric: dict(tags) for metric, tags, _ in taken(made.recorder)}
    assert found["arrival_lateness"] == {"scenario": "smoke", "team": "a"}


def test_a_killed_user_gives_its_place_back(made):
    """Whether it waited or worked, it is counted no more."""

    class Slow(User):
        @task
        def work(self):
            gevent.sleep(1000)

    made.environment.user_classes.append(Slow)
    scenario = load(pool=Pool(2, 2), users=("Slow",), rate=1, duration=1.0)
    made.traffic.follow({"scenarios": told_of([scenario], ["Slow"])}, "run-1")
    start(made, Slow, users=2)
    share(made, scenario)
    turn()
    (queue,) = made.traffic.flush()
    assert (queue.idle, queue.busy) == (1, 1)
    gevent.killall(made.users, timeout=5)
    (queue,) = made.traffic.flush()
    assert (queue.idle, queue.busy) == (0, 0)


def test_a_failing_iteration_gives_its_user_back(made):
    """An exception ends the iteration, and not the user."""
    done = []

    class Failing(User):
        @task
        def work(self):
            done.append(1)
            raise ValueError("of the test")

    made.environment.user_classes.append(Failing)
    scenario = load(pool=Pool(1, 1), users=("Failing",))
    made.traffic.follow({"scenarios": told_of([scenario], ["Failing"])}, "run-1")
    start(made, Failing)
    share(made, scenario)
    turn()
    (queue,) = made.traffic.flush()
    assert (len(done), queue.busy, queue.idle) == (20, 0, 1)


def test_seams_are_open_in_open_runs_alone(made):
    """What stood in Locust before stands there after; a closed run is not touched at all."""
    before = [getattr(owner, name) for owner, name in SEAMS]
    follow(made, load(users=("Feed",)))
    assert [getattr(owner, name) for owner, name in SEAMS] == before
    follow(made, OPEN)
    assert all(getattr(owner, name) is not old for (owner, name), old in zip(SEAMS, before, strict=True))
    follow(made, OPEN, run="run-2")
    made.traffic.leave()
    made.traffic.leave()
    assert [getattr(owner, name) for owner, name in SEAMS] == before


MEASURES = [
    ("plain users", [], (False, False)),
    ("a closed load", [load()], (False, False)),
    ("an open load", [OPEN], (True, True)),
    ("closed scenarios", [load("a", tags={}), load("b", tags={})], (False, True)),
    ("an open scenario beside a closed one", [load("a", tags={}, pool=Pool(1, 1)), load("b", tags={})], (True, True)),
]


@pytest.mark.parametrize("scenarios, measures", [row[1:] for row in MEASURES], ids=[row[0] for row in MEASURES])
def test_what_the_recorder_measures(made, scenarios, measures):
    """Corrected durations in open runs, iterations in those and in scenarios; a run after has neither again."""
    follow(made, *scenarios)
    assert (made.recorder.corrects, made.recorder.by_iteration) == measures
    made.traffic.follow({}, "run-2")
    assert (made.recorder.corrects, made.recorder.by_iteration) == (False, False)


def test_a_master_makes_no_arrivals(made):
    """Its workers have the users."""
    made.environment.runner = object.__new__(MasterRunner)
    follow(made, OPEN)
    assert made.traffic.flush() == []


def test_classes_of_scenarios():
    """Each scenario has classes of its own, that are those of the locustfile under another name."""
    classes = [Feed, Chat]
    told = told_of([load("a", users=("Feed",), tags={}), load("b", tags={"team": "x"})], ["Feed", "Chat"])
    adopt_classes(classes, told)
    assert [one.__name__ for one in classes] == ["Feed", "Chat", "Feed (a)", "Feed (b)", "Chat (b)"]
    assert [one.weight for one in classes[2:]] == [2, 2, 1]
    assert all(issubclass(one, Feed) for one in classes[2:4])
    assert classes[2].tasks == Feed.tasks
    assert not any(one.abstract for one in classes[2:])


def test_classes_are_made_anew_for_every_run():
    """Those of a run before are gone, and nothing is made twice."""
    classes = [Feed]
    for name in ("a", "b", "b"):
        adopt_classes(classes, told_of([load(name, tags={})], ["Feed"]))
        assert [one.__name__ for one in classes] == ["Feed", name_in(name, "Feed")][: len(classes)]
        assert len(classes) == 2
    adopt_classes(classes, [])
    assert classes == [Feed]


def test_what_is_told():
    """A single load without a name keeps the locustfile's classes; an open one says how its arrivals are made."""
    (told,) = told_of([load(pool=Pool(1, 2, "poisson", 0.5))], ["Feed", "Chat"])
    assert told == {
        "name": "arrivals",
        "users": ["Feed", "Chat"],
        "originals": {},
        "tags": {},
        "open": True,
        "spacing": "poisson",
        "patience": 0.5,
    }
    (closed,) = told_of([load("a", tags={"x": "y"}, users=("Chat",))], ["Feed", "Chat"])
    assert (closed["open"], closed["users"], closed["originals"]) == (False, ["Chat (a)"], {"Chat": "Chat (a)"})


def test_what_it_did_not_ask_for_prolongs_nothing(made):
    """A share runs out counted from when the process asked: only an answer shows that it has been heard."""
    follow(made, OPEN)
    share(made)
    (queue,) = made.traffic._queues.values()
    until = queue._until
    share(made, asked=False, taken=(0, 2, 5.0))
    assert queue._until == until
