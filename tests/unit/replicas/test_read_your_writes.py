"""A user that reads what it wrote: what is measured of it, over virtual time."""

import logging
from types import SimpleNamespace

import gevent
import pytest
from locust import User, task
from locust.env import Environment
from locust.exception import RescheduleTask, StopUser

import locust_ext.replicas.read_your_writes as module
from locust_ext.measure import iteration_context
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.iteration_context import IterationContext
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.open_requests import LOSES
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.replicas.read_your_writes import ReadYourWritesUser

NEVER = 1e9


class PostUser(ReadYourWritesUser, User):
    """Writes to a primary of its own; a replica has it ``lag`` seconds later."""

    measured_as = "post"
    read_pause = 0.01
    read_deadline = 1.0
    lag = 0.0
    takes = 0.0
    key: object = "7"
    versions: list = []
    failure: BaseException | None = None
    fails_at = 0

    def __init__(self, environment):
        super().__init__(environment)
        self.reads, self.visible, self.written = 0, 0.0, []

    def write(self):
        self.visible = module.perf_counter() + self.lag
        self.written.append(self.key)
        return self.key

    def read(self, key):
        assert key == (self.key[0] if isinstance(self.key, tuple) else self.key)
        self.reads += 1
        gevent.sleep(self.takes)
        if self.failure is not None and self.reads > self.fails_at:
            raise self.failure
        if self.versions:
            return self.versions[min(self.reads, len(self.versions)) - 1]
        return "it" if module.perf_counter() >= self.visible else None


@pytest.fixture
def recorder(monkeypatch, virtual):
    """The recorder of this process, in the phase `steady`."""
    one = Recorder()
    one.enter_phase("steady")
    monkeypatch.setattr(DECLARED, "_recorder", one)
    monkeypatch.setattr(module, "_said", {})
    return one


def user(**attributes):
    """Return a user of a class with these attributes."""
    return type("PostUser", (PostUser,), attributes)(Environment())


def measured(recorder, *, ends=True):
    """Return what was measured, as count and sum, or hits and total, or value, by metric and tags; and what is open."""
    rows = recorder.take(ends=ends)
    store, censored, found = Store(), CensoredStore(), {}
    store.merge(rows)
    censored.merge(rows)
    for name, tags, sink in store:
        key = (name, *(f"{key}:{value}" for key, value in tags if key not in ("name", "phase")))
        if hasattr(sink, "percentile"):
            found[key] = (sink.count, pytest.approx(sink.maximum, abs=1))
        else:
            found[key] = (sink.hits, sink.total) if hasattr(sink, "hits") else sink.value
    return found, {
        metric: (some.count, pytest.approx(some.oldest, rel=0.02))
        for metric in ("replica_lag", "never_seen")
        if (some := censored.select(Selector(metric))).count
    }


def test_seen_at_once(recorder):
    """One read, no lag; of versions nothing is known."""
    assert user().read_your_writes() == 0
    assert measured(recorder) == (
        {
            ("replica_lag",): (1, 0),
            ("never_seen",): (0, 1),
            ("reads_failed",): (0, 1),
            ("stale_reads", "read:first"): (0, 1),
        },
        {},
    )


def test_seen_later(recorder):
    """The reads before are stale, the first of them by itself; the lag is told in milliseconds."""
    assert user(lag=0.095).read_your_writes() == pytest.approx(0.1, abs=1e-3)
    assert measured(recorder) == (
        {
            ("replica_lag",): (1, 100),
            ("never_seen",): (0, 1),
            ("reads_failed",): (0, 11),
            ("stale_reads", "read:first"): (1, 1),
            ("stale_reads", "read:again"): (9, 10),
        },
        {},
    )


def test_never_seen(recorder):
    """It is known that nobody saw it, and of its lag that it is at least the deadline."""
    assert user(lag=NEVER).read_your_writes() is None
    found, open_ones = measured(recorder)
    assert found["never_seen",] == (1, 1)
    assert ("replica_lag",) not in found
    assert open_ones == {"replica_lag": (1, 1000)}


def test_what_was_told_it_belongs_to(recorder):
    """The write's phase for what becomes of it, that of each read for the reads; the class's name where it says none."""
    one = user(lag=0.5, measured_as="")
    looking = gevent.spawn(one.read_your_writes)
    gevent.sleep(0.2)
    recorder.enter_phase("peak")
    looking.join()
    tags = {(name, *dict(tags).values()) for name, tags, _ in _stored(recorder)}
    assert tags == {
        ("replica_lag", "PostUser", "steady"),
        ("never_seen", "PostUser", "steady"),
        ("reads_failed", "PostUser", "steady"),
        ("reads_failed", "PostUser", "peak"),
        ("stale_reads", "PostUser", "steady", "first"),
        ("stale_reads", "PostUser", "steady", "again"),
        ("stale_reads", "PostUser", "peak", "again"),
    }


def _stored(recorder):
    store = Store()
    store.merge(recorder.take(ends=True))
    return store


def test_still_open_when_it_is_judged(recorder):
    """A write that nobody has seen yet: its lag is its age at least, and whether it ever is seen is not known."""
    looking = gevent.spawn(user(lag=NEVER).read_your_writes)
    gevent.sleep(0.3)
    assert measured(recorder, ends=False)[1] == {"replica_lag": (1, 300), "never_seen": (1, 300)}
    gevent.sleep(0.1)
    found, open_ones = measured(recorder)
    assert open_ones == {"replica_lag": (1, 400), "never_seen": (1, 400)}
    assert ("never_seen",) not in found
    looking.kill()


ENDS = [
    pytest.param(gevent.GreenletExit(), id="its user is killed"),
    pytest.param(StopUser(), id="its user stops"),
    pytest.param(RescheduleTask(), id="its task is left"),
]


@pytest.mark.parametrize("error", ENDS)
def test_what_ends_it_loses_it(recorder, error):
    """And does not hide it: it goes on, and says that it ended a measurement if it ended the user."""
    one = user(lag=NEVER, failure=error, fails_at=3)
    with pytest.raises(type(error)):
        one.read_your_writes()
    assert recorder.open.opened == {}
    _, open_ones = measured(recorder)
    assert open_ones == {"replica_lag": (1, 30), "never_seen": (1, 30)}
    assert getattr(error, LOSES, False) is isinstance(error, gevent.GreenletExit)


def test_a_scenario_s_tags(recorder):
    """They are on what was measured, and on what was not."""
    recorder.by_iteration = True
    iteration = IterationContext({"scenario": "one"})

    def run(one):
        iteration_context.begin(iteration)
        one.read_your_writes()

    gevent.spawn(run, user()).join()
    looking = gevent.spawn(run, user(lag=NEVER))
    gevent.sleep(0.1)
    rows = recorder.take(ends=True)
    store, censored = Store(), CensoredStore()
    store.merge(rows)
    censored.merge(rows)
    assert all(dict(tags)["scenario"] == "one" for _, tags, _ in store)
    assert [dict(tags)["scenario"] for _, tags in censored.leaves] == ["one", "one"]
    looking.kill()


VERSIONS = [  # (what reads see, of version 5; the metrics)
    pytest.param([5], {"versions_behind": (1, 0), "monotonic_violations": 0}, id="its version"),
    pytest.param([9], {"versions_behind": (1, 0), "monotonic_violations": 0}, id="a later one"),
    pytest.param([2, 4, 5], {"versions_behind": (3, 3), "monotonic_violations": 0}, id="three behind, then one"),
    pytest.param([4, 3, 4, 5], {"versions_behind": (4, 2), "monotonic_violations": 1}, id="one goes back"),
    pytest.param([4, 3, 2, 5], {"versions_behind": (4, 3), "monotonic_violations": 2}, id="two go back"),
    pytest.param([None, 5], {"versions_behind": (1, 0), "monotonic_violations": 0}, id="none, then its version"),
]


@pytest.mark.parametrize("versions, told", VERSIONS)
def test_versions(recorder, versions, told):
    """How far behind each read was, and how many saw an older version than their user had seen."""
    user(key=("7", 5), versions=versions).read_your_writes()
    found, _ = measured(recorder)
    assert {name: value for (name, *_), value in found.items() if name in told} == told
    assert found["reads_failed",] == (0, len(versions))


def test_what_a_user_has_read_it_remembers(recorder):
    """From one write to the next, and no other user does."""
    one = user(key=("7", 5), versions=[5, 4, 6])
    one.read_your_writes()
    type(one).key = ("7", 6)
    one.read_your_writes()
    user(key=("7", 4), versions=[4]).read_your_writes()
    assert measured(recorder)[0]["monotonic_violations",] == 1


ERROR = OSError("the replica is gone")


def test_reads_that_fail_for_a_while(recorder, caplog):
    """They are counted and said once, and the value is found by the next."""
    one = user(lag=0.05, failure=ERROR)
    looking = gevent.spawn(one.read_your_writes)
    gevent.sleep(0.1)
    one.failure = None
    assert looking.get() == pytest.approx(0.1, abs=0.011)
    found, open_ones = measured(recorder)
    assert found["reads_failed",][0] >= 9
    assert found["stale_reads", "read:again"] == (0, 1), "a read that failed is not stale"
    assert open_ones == {}
    (line,) = caplog.messages
    assert "the replica is gone" in line
    assert line.startswith("PostUser: a read failed")


def test_reads_that_fail_to_the_end(recorder, caplog):
    """Whether it is there is not known; what was raised counts as raised by a task, and is said without a trace."""
    one, raised = user(failure=ERROR), []
    one.environment.events.user_error.add_listener(lambda exception, **_: raised.append(exception))
    assert one.read_your_writes() is None
    found, open_ones = measured(recorder)
    assert ("never_seen",) not in found
    assert open_ones == {"replica_lag": (1, 1000), "never_seen": (1, 1000)}
    assert raised == [ERROR]
    assert "read() still failed after" in caplog.messages[-1]
    assert not any(record.exc_info or "Traceback" in record.message for record in caplog.records)


def test_a_write_that_fails(recorder, caplog):
    """Nothing is looked for, and nothing measured; that is said once."""
    one = user(key=None)
    assert [one.read_your_writes() for _ in range(3)] == [None, None, None]
    assert one.reads == 0
    assert measured(recorder) == ({}, {})
    assert len(caplog.messages) == 1
    assert "write() returned None" in caplog.text


def test_a_write_that_raises(recorder):
    """It goes on to Locust, and is none."""

    def write(self):
        raise ERROR

    with pytest.raises(OSError, match="gone"):
        user(write=write).read_your_writes()
    assert measured(recorder) == ({}, {})


MISTAKES = [
    pytest.param({"key": ("7", "5")}, "'5' as a version", False, id="a version that is not a number"),
    pytest.param({"key": ("7", 5), "versions": ["five"]}, "'five'", True, id="a read without a version"),
    pytest.param({"read_pause": 0}, "PostUser.read_pause", False, id="no pause"),
    pytest.param({"write": ReadYourWritesUser.write}, "PostUser needs write(self)", False, id="no write()"),
    pytest.param({"read": ReadYourWritesUser.read}, "PostUser needs read(self, key)", True, id="no read()"),
]


@pytest.mark.parametrize("attributes, says, is_open", MISTAKES)
def test_a_team_s_mistake(recorder, caplog, attributes, says, is_open):
    """Is said once and without a trace, counts as raised by a task, and leaves a write that nobody looked for unseen."""
    one, raised = user(**attributes), []
    one.environment.events.user_error.add_listener(lambda exception, **_: raised.append(exception))
    assert [one.read_your_writes() for _ in range(3)] == [None] * 3
    assert len(raised) == 3
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert says in record.message
    assert record.exc_info is None
    assert (measured(recorder)[1].get("replica_lag", (0,))[0] > 0) is is_open


def test_a_user_that_leaves(recorder):
    """It is asked before it writes; one that looks for what it wrote may go on reading."""
    one, asked = user(lag=0.05), []

    def bar(whose):
        asked.append(whose)
        raise StopUser

    recorder.open.bar = bar
    looking = gevent.spawn(one.read_your_writes)
    gevent.sleep(0.02)
    assert [(begun.user, begun.encloses, begun.is_forgotten) for begun in recorder.open.opened] == [(one, True, False)]
    recorder.open.leaving[one] = True
    assert looking.get() == pytest.approx(0.05, abs=0.011)
    with pytest.raises(StopUser):
        one.read_your_writes()
    assert asked == [one]
    assert len(one.written) == 1


def test_without_install(recorder, monkeypatch, caplog):
    """It reads all the same, and says once that nobody measures."""
    monkeypatch.setattr(DECLARED, "_recorder", None)
    module._unheard.cache_clear()
    one = user()
    assert [one.read_your_writes(), one.read_your_writes()] == [0, 0]
    assert ["call locust_ext.install()" in line for line in caplog.messages] == [True]
    module._unheard.cache_clear()


def test_its_task():
    """It has one, which subclasses have too, beside their own; without __init__, in whatever order the bases stand."""

    class Last(User, ReadYourWritesUser):
        @task
        def other(self):
            pass

    assert [one.__name__ for one in PostUser.tasks] == ["read_your_writes"]
    assert [one.__name__ for one in Last.tasks] == ["read_your_writes", "other"]
    assert Last(Environment()).read_pause == 0.02
    called = SimpleNamespace(read_your_writes=lambda: called.__dict__.update(was=True))
    PostUser.tasks[0](called)
    assert called.was


def test_sentences_are_bounded(monkeypatch, caplog):
    """Classes without end do not fill the memory, nor the log."""
    said = {}
    monkeypatch.setattr(module, "_said", said)
    for number in range(module.MOST_SAID + 5):
        module._say_once(type(f"User{number}", (), {}), "kind", logging.WARNING, lambda: "x")
    assert len(said) == len(caplog.messages) == module.MOST_SAID
