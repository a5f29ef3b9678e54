"""What a process does of storms and stampedes, beside striking: what it is told, what it says, what it measures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from locust_ext.clients.links import UserLinks
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind
from locust_ext.process.task_seam import TaskSeam
from locust_ext.storms import on_demand
from locust_ext.storms.agent import NEVER, StormAgent
from locust_ext.storms.intents import StampedeIntent, StormIntent
from locust_ext.storms.messages import Release, StormCount, StormCounted, StormDrop, StormsTold
from locust_ext.storms.on_demand import StampedesOnDemand, StormsOnDemand
from locust_ext.storms.options import RetryOptions, StampedeOptions, StormOptions
from locust_ext.storms.stampede import StampedeCoordinator


@pytest.fixture
def seam():
    """The seam that tasks go through; it is closed in the end."""
    made = TaskSeam()
    yield made
    made.let_go()


@pytest.fixture
def environment():
    """An environment without user classes, whose runner keeps what it is told to send."""
    sent = []
    runner = SimpleNamespace(sent=sent, send_message=lambda kind, data, **to: sent.append((kind, data, to)))
    runner.state = "running"
    return SimpleNamespace(user_classes=[], runner=runner, host="http://shop")


@pytest.fixture
def stage():
    """Where what did not come is said."""
    mentioned = []
    return SimpleNamespace(mentioned=mentioned, mention=mentioned.append, elapsed=lambda: 0.0)


@pytest.fixture
def part(environment, stage, seam):
    """The storms of that environment."""
    made = StormsOnDemand(environment, Recorder(), seam, stage, UserLinks)
    yield made
    made.leave()


STORM, RETRY = StormOptions(lasts=7.0), RetryOptions(attempts=3)

ORDERS = [
    ("nothing", StormIntent(), None),
    ("storms", StormIntent(STORM), (STORM.model_dump(), None)),
    ("retries", StormIntent(retry=RETRY), (None, RETRY.model_dump())),
    ("both", StormIntent(STORM, retry=RETRY), (STORM.model_dump(), RETRY.model_dump())),
]


@pytest.mark.parametrize("intent, told", [pytest.param(*row[1:], id=row[0]) for row in ORDERS])
def test_what_processes_are_told(part, intent, told):
    """How users come back and try again, as the configuration says it; without a word of it nothing."""
    found = part.orders(intent)
    assert (None if found is None else (found.storm, found.retry)) == told
    assert part.reads() is StormsTold
    assert found is None or StormsTold.of(found.told()) == found


def test_what_processes_say(part):
    """Each message goes to the one who acts on it."""
    heard = []
    part.agent.on_count = lambda census: heard.append(("census", census))
    part.agent.on_drop = lambda order: heard.append(("strike", order))
    part.coordinator.receive = lambda worker, answer: heard.append((worker, answer))
    inbox = SimpleNamespace(loads=lambda kind, load: (kind, *load()))
    found = part.messages(inbox)
    assert [(kind, message) for kind, message, _ in found] == [
        (StormCount.type, StormCount),
        (StormCounted.type, StormCounted),
        (StormDrop.type, StormDrop),
    ]
    for (_, _, hear), said in zip(found, "abc", strict=True):
        hear("worker", said)
    assert heard == [("census", "a"), ("worker", "b"), ("strike", "c")]


def test_a_storm_that_a_person_asks_for(part, stage):
    """Is the coordinator's, which says what did not come where all is said."""
    assert part.strike_now(0.5, "close") == "No test is running."
    part.started(StormIntent(StormOptions.model_validate({"at": "30s"})), "run-1")
    part.leave()
    assert stage.mentioned == ["1 storm did not come: the run was over before"]


def test_a_process_that_nobody_asked(part, monkeypatch, environment):
    """Has no agent, until it is told of storms; one that it has follows each run, and forgets its orders after it."""
    monkeypatch.setattr(on_demand, "ASKING", ("nowhere.to_be_found",))
    quiet = StormsOnDemand(environment, Recorder(), part._tasks, part._stage, UserLinks)
    assert environment.locust_ext_storms is None
    quiet.follow(None, "run-1")
    quiet.leave()
    assert quiet._agent is None
    quiet.follow(StormsTold(storm={"lasts": 7.0}, retry=None), "run-2")
    assert environment.locust_ext_storms is quiet.agent
    assert quiet.agent.options.lasts == 7.0
    quiet.agent._due[1] = 5.0
    quiet.leave()
    assert quiet.agent._due == {}
    quiet.follow(None, "run-3")
    assert quiet.agent.options == StormOptions()
    monkeypatch.setattr(on_demand, "ASKING", ("nowhere.to_be_found", "sys"))
    assert StormsOnDemand(environment, Recorder(), part._tasks, part._stage, UserLinks)._agent is not None


@pytest.fixture
def stampedes(environment, stage, monkeypatch):
    """The stampedes of an environment whose user classes wait for none."""
    monkeypatch.setattr(on_demand, "WAITING", "nowhere.to_be_found")
    made = StampedesOnDemand(environment, Recorder(), stage)
    yield made
    made.leave()


ROUNDS = StampedeOptions.model_validate({"path": "/p/{key}", "life": "5s", "at": "60s", "every": "60s", "times": 2})


def test_users_wait_where_one_of_them_can(stampedes, environment, monkeypatch):
    """A process whose classes wait for no key has no agent."""
    assert environment.locust_ext_stampede is None
    stampedes.follow(None, "run-1")
    stampedes.leave()
    assert (environment.locust_ext_stampede, stampedes._agent) == (None, None)
    monkeypatch.setattr(on_demand, "WAITING", "sys")
    stampedes.follow(None, "run-2")
    assert environment.locust_ext_stampede is stampedes.agent
    stampedes.agent._due["key"] = 5.0
    stampedes.leave()
    assert stampedes.agent._due == {}


def test_a_release_goes_to_the_barrier(stampedes):
    """Whoever says it."""
    heard = []
    stampedes.agent.on_release = heard.append
    ((kind, message, hear),) = stampedes.messages(SimpleNamespace(loads=lambda kind, load: (kind, *load())))
    hear("master", "a release")
    assert (kind, message, heard) == (Release.type, Release, ["a release"])


def test_rounds_that_did_not_come(stampedes, stage):
    """They are said once, with how many; a run without any says nothing, and has no coordinator of its own."""
    stampedes.started(StampedeIntent(), "run-1")
    assert stampedes._coordinator is None
    stampedes.started(StampedeIntent(ROUNDS), "run-2")
    first = stampedes._coordinator
    stampedes.leave()
    stampedes.leave()
    assert stage.mentioned == ["2 stampedes did not come: the run was over before"]
    stampedes.started(StampedeIntent(), "run-3")
    stampedes.leave()
    assert stampedes._coordinator is first
    assert len(stage.mentioned) == 1


def test_one_round_that_did_not_come(environment, stage):
    """Is one stampede, not one stampedes; without anyone to tell it ends as quietly."""
    one = StampedeCoordinator(environment, stage, Recorder())
    options = ROUNDS.model_copy(update={"times": 1})
    one.start(StampedeIntent(options), lambda: 0.0, "run-1")
    one.stop()
    told = []
    one.on_missed = told.append
    one.start(StampedeIntent(options), lambda: 0.0, "run-2")
    one.stop()
    assert told == ["1 stampede did not come: the run was over before"]


def sums(recorder):
    """Return what was recorded, as sums, counts or hits, by metric."""
    store = Store()
    store.merge(recorder.take())

    def one(metric, kind):
        return store.select(Selector(metric), kind)

    return one


def test_what_is_measured_of_a_way_back(environment, seam):
    """Its seconds in milliseconds, its attempts, whether it failed; who never comes back is slower than anybody."""
    recorder = Recorder()
    agent = StormAgent(environment, recorder, seam, UserLinks())
    agent.came_back(0.25, 3, "storm", back=True)
    agent.stale(0.5, "storm")
    agent.lag(0.004, "storm")
    one = sums(recorder)
    for metric, value in (
        ("reconnect_time", 250),
        ("reconnect_attempts", 3),
        ("stale_time", 500),
        ("reconnect_lag", 4),
    ):
        sink = one(metric, Kind.TREND)
        assert (sink.count, sink.minimum, sink.maximum) == (1, pytest.approx(value), pytest.approx(value))
    failed = one("reconnects_failed", Kind.RATE)
    assert (failed.hits, failed.total) == (0, 1)
    agent.came_back(0.25, 3, "storm", back=False)
    one = sums(recorder)
    assert one("reconnects_failed", Kind.RATE).hits == 1
    assert one("reconnect_time", Kind.TREND).maximum >= 1e9
    assert NEVER == 1e12


def test_attempts_of_the_herd(environment, seam):
    """Each belongs to the storm that struck last, and to its tenth of a second since then."""
    recorder = Recorder()
    agent = StormAgent(environment, recorder, seam, UserLinks())
    agent._struck_at, agent._storm = 100.0, 2
    for at in (100.0, 100.05, 101.25):
        agent.count_attempt(at)
    store = Store()
    store.merge(recorder.take())
    ((name, tags, sink),) = list(store)
    assert (name, dict(tags)) == ("reconnect_herd", {"storm": "2", "phase": "storm"})
    assert {slot: count for slot, count in sink.slots.items() if count} == {0: 2, 12: 1}


def test_what_bounds_a_way_back(environment, seam):
    """The configuration's attempts and its timeout, and until when attempts are refused."""
    agent = StormAgent(environment, Recorder(), seam, UserLinks())
    agent.follow(StormsTold(storm={"max_attempts": 4, "connect_timeout": 2.5}, retry=None), "run-1")
    assert agent.limits() == type(agent.limits())(4, 2.5, float("-inf"))
    assert agent.limits(7.0).refused_until == 7.0


HINTS = [("respect", "AT_LEAST"), ("ignore", "IGNORE"), ("client", "")]


@pytest.mark.parametrize("said, rule", HINTS)
def test_what_a_server_asks_for(environment, seam, said, rule):
    """The configuration may say that it is followed, or that it is not; else the client's own way counts."""
    agent = StormAgent(environment, Recorder(), seam, UserLinks())
    own = agent.policy.hint.rule.name
    agent.follow(StormsTold(storm={"server_hint": said}, retry={"server_hint": said}), "run-1")
    assert agent.policy.hint.rule.name == (rule or own)
    if rule:
        assert agent.retry_policy.hint.rule.name == rule


def test_a_cap_has_connects_wait_as_requests_do(environment, seam):
    """Without one nobody waits."""
    assert StormAgent(environment, Recorder(), seam, UserLinks()).turn("user") == 0.0
    environment.locust_ext_admission = SimpleNamespace(prepay=lambda user: {"user": 1.5, None: 2.5}[user])
    agent = StormAgent(environment, Recorder(), seam, UserLinks())
    assert (agent.turn("user"), agent.turn()) == (1.5, 2.5)


def test_what_is_retried_by_default():
    """Requests of every method that a server had too many of, or failed at; by the client's own word on hints."""
    options = RetryOptions()
    assert options.statuses == (429, 500, 502, 503, 504)
    assert (options.methods, options.attempts, options.users, options.server_hint) == ((), None, (), "client")
    assert options.policy == {"client": "aws-standard"}
