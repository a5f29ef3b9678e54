"""A stampede: when its orders leave, when its users are let go, and what the origin's counter tells; on a fake clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import gevent
import pytest
import requests
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.measure.sinks import Kind
from locust_ext.process.message_types import RELEASE
from locust_ext.safety.options import TenantOptions
from locust_ext.storms import stampede
from locust_ext.storms.intents import StampedeIntent
from locust_ext.storms.messages import Release
from locust_ext.storms.options import StampedeOptions
from locust_ext.storms.stampede import PHASE, SETTLES, CacheStampedeUser, StampedeAgent, StampedeCoordinator

COUNTER = "app_origin_computations_total"


@dataclass
class Clock:
    """Time that passes only while somebody sleeps; what is due by then happens first, at its own instant."""

    now: float = 1000.0
    spawned: list[Callable[[], None]] = field(default_factory=list)
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    slept: int = 0

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        end = self.now + seconds
        while self.due and self.due[0][0] <= end:
            self.now, then = self.due.pop(0)
            then()
        self.now = end

    def spawn(self, call, *arguments):
        self.spawned.append(lambda: call(*arguments))
        return SimpleNamespace(kill=lambda block: self.spawned.clear())

    def run(self) -> None:
        """Run what was spawned to its end."""
        while self.spawned:
            self.spawned.pop(0)()


@pytest.fixture
def clock(monkeypatch):
    fake = Clock()
    monkeypatch.setattr(stampede, "monotonic", lambda: fake.now)
    for work in ("PLAYING", "RELEASING"):
        monkeypatch.setattr(stampede, work, SimpleNamespace(start=fake.spawn))
    monkeypatch.setattr(stampede, "gevent", SimpleNamespace(sleep=fake.sleep, Timeout=lambda *_: gevent.Timeout(None)))
    return fake


class Log:
    """Stage and recorder, which write down what they are told and when."""

    def __init__(self, clock):
        self.clock, self.lines, self.samples = clock, [], []

    def cover(self, phase):
        self.lines.append((self.clock.now, phase))

    enter_phase = cover

    def uncover(self):
        self.lines.append((self.clock.now, "uncovered"))

    def add(self, metric, kind, value, tags):
        self.samples.append((metric, kind, value, tags))


def user(state=LOCUST_STATE_RUNNING, **attributes):
    return SimpleNamespace(_state=state, **attributes)


def order(key, seconds):
    return Release(key=key, due=seconds)


# --- the agent   -----------------------------------------------------------------------------------------------------

ORDERS = [
    ("one order is enough", [(0.0, 1.0)], 1.0),
    ("said three times, as the master does", [(0.0, 1.0), (0.2, 0.8), (0.4, 0.6)], 1.0),
    ("the first was late: a later one is nearer", [(0.3, 1.0), (0.35, 0.8), (0.45, 0.6)], 1.05),
    ("the last was late, and moves nothing", [(0.0, 1.0), (0.2, 0.8), (0.9, 0.6)], 1.0),
    ("it is due already", [(0.0, 0.0)], 0.0),
]


@pytest.mark.parametrize("orders, expected", [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_the_nearest_instant_wins(clock, orders, expected):
    """Each order came at a time and said in how many seconds; the release is at the earliest instant of all, once."""
    log, begin = Log(clock), clock.now
    agent = StampedeAgent(log)
    clock.due = [(begin + at, partial(agent.on_release, order("k", seconds))) for at, seconds in orders]
    clock.sleep(orders[0][0])
    clock.run()
    assert log.lines == [(pytest.approx(begin + expected), PHASE)]
    assert clock.slept < 40, "it waits, it does not spin"


def test_all_are_let_go_on_the_key_of_their_round():
    """Who waits gets the next key, and who comes back waits for the one after that."""
    agent = StampedeAgent(SimpleNamespace(enter_phase=lambda name: None))
    users = [user() for _ in range(5)]
    for key in ("run-0", "run-1"):
        waiting = [gevent.spawn(agent.wait, one) for one in users]
        gevent.sleep(0)
        assert {one._state for one in users} == {LOCUST_STATE_WAITING}, "so that they can be stopped"
        assert not any(one.ready() for one in waiting)
        agent.on_release(order(key, 0.0))
        gevent.joinall(waiting, timeout=5, raise_error=True)
        assert [one.value for one in waiting] == [key] * 5
        assert {one._state for one in users} == {LOCUST_STATE_RUNNING}


def test_an_order_does_not_outlive_its_run(clock):
    """Neither the phase nor the users of the next run hear of it."""
    log = Log(clock)
    agent = StampedeAgent(log)
    agent.on_release(order("old", 1.0))
    agent.forget()
    clock.run()
    assert log.lines == []


def test_a_user_that_is_to_stop_does_not_wait():
    with pytest.raises(StopUser):
        StampedeAgent(SimpleNamespace()).wait(user(LOCUST_STATE_STOPPING))


def test_a_user_that_waits_can_be_killed():
    """As Locust does with those that wait; nobody else notices."""
    agent = StampedeAgent(SimpleNamespace(enter_phase=lambda name: None))
    one, two = gevent.spawn(agent.wait, user()), gevent.spawn(agent.wait, user())
    gevent.sleep(0)
    one.kill(timeout=5)
    agent.on_release(order("k", 0.0))
    two.join(timeout=5)
    assert (one.dead, two.value) == (True, "k")


def test_without_install_a_sentence():
    class User(CacheStampedeUser):
        environment = SimpleNamespace()

    with pytest.raises(RuntimeError, match=r"call locust_ext\.install\(\)"):
        User().cold_key()


# --- the rounds ------------------------------------------------------------------------------------------------------


class Target:
    """A host: each GET takes its time, and what it answers is up to the case."""

    def __init__(self, clock, counts, takes=0.1, status=200):
        self.clock, self.counts, self.takes, self.status = clock, list(counts), takes, status
        self.asked, self.headers = [], None

    def get(self, url, headers, timeout, allow_redirects=True):
        assert not allow_redirects, "a redirect could carry the tenant's mark to another host"
        self.clock.sleep(self.takes)
        self.headers = headers
        self.asked.append((self.clock.now, url))
        if "/metrics" not in url:
            return SimpleNamespace(status_code=self.status, text="hot")
        text = self.counts.pop(0)
        if isinstance(text, Exception):
            raise text
        if text is None:
            return SimpleNamespace(status_code=404, text="not found")
        if isinstance(text, str):
            return SimpleNamespace(status_code=200, text=text)
        return SimpleNamespace(status_code=200, text=f"# TYPE {COUNTER} counter\n{COUNTER} {text}\n")


@pytest.fixture
def play(clock, monkeypatch):
    """Play the rounds of a run; returns what left, what was recorded, and the target."""

    def run(counts, scale=1.0, tenant=None, takes=0.1, status=200, **options):
        target, log, sent, begin = Target(clock, counts, takes, status), Log(clock), [], clock.now
        monkeypatch.setattr(stampede.requests, "get", target.get)
        runner = SimpleNamespace(send_message=lambda name, data: sent.append((clock.now - begin, name, data)))
        rounds = StampedeCoordinator(SimpleNamespace(host="http://t/", runner=runner), log, log)
        plan = StampedeIntent(StampedeOptions(**options), scale, tenant)
        rounds.start(plan, lambda: clock.now - begin, "0123456789abcdef")
        clock.run()
        return SimpleNamespace(
            sent=sent,
            samples=log.samples,
            target=target,
            asked=[(at - begin, url) for at, url in target.asked],
            lines=[(at - begin, line) for at, line in log.lines],
        )

    return run


def test_a_round_in_its_order(play):
    """Warmed, read, said three times, released when the key's life is over, read again, uncovered."""
    ran = play([7, 8], at=5.0, times=1, life=1.0)
    warm, before, after = ran.asked
    assert warm == (pytest.approx(4.1), "http://t/hot/0123456789ab-0")
    assert (before[1], after[1]) == ("http://t/metrics", "http://t/metrics")
    release = warm[0] + 1.0
    assert [name for _, name, _ in ran.sent] == [RELEASE] * 3
    assert [at for at, _, _ in ran.sent] == pytest.approx([4.2, 4.4, 4.6])
    assert {data["key"] for _, _, data in ran.sent} == {"0123456789ab-0"}
    assert [at + data["in"] for at, _, data in ran.sent] == pytest.approx([release] * 3), "one instant, told thrice"
    assert ran.lines == [(pytest.approx(release), PHASE), (pytest.approx(after[0]), "uncovered")]
    assert after[0] == pytest.approx(release + SETTLES + 0.1)
    assert ran.samples == [("origin_computations", Kind.TREND, 1.0, {"phase": PHASE})]


@pytest.mark.parametrize("scale, expected", [(1.0, [5, 10, 15]), (2.0, [10, 20, 30]), (0.8, [4, 8, 12])])
def test_one_key_after_the_other(play, scale, expected):
    """As many rounds as asked for, each with a key of its own; moments scale with the shape, a key's life does not."""
    ran = play([0, 1, 1, 3, 3, 43], scale=scale, takes=0.0, at=5.0, every=5.0, times=3, life=1.0)
    assert [at for at, line in ran.lines if line == PHASE] == pytest.approx(expected)
    assert [value for _, _, value, _ in ran.samples] == [1.0, 2.0, 40.0]
    assert sorted({data["key"] for _, _, data in ran.sent}) == [f"0123456789ab-{n}" for n in range(3)]


def test_a_life_shorter_than_the_repeats(play):
    """No order leaves after its instant, and none speaks of the past."""
    ran = play([0, 1], takes=0.0, at=5.0, times=1, life=0.3)
    assert [at for at, _, _ in ran.sent] == pytest.approx([4.7, 4.9, 5.0])
    assert all(data["in"] >= 0 for _, _, data in ran.sent)


NOT_MEASURED = [
    ("no such page", [None, None]),
    ("another counter", ["other_total 3\n", "other_total 4\n"]),
    ("not the text format", ["<html>hello</html>", "<html>hello</html>"]),
    ("nothing at all", ["", ""]),
    ("what the parser stumbles over", ["{, = Ea\n\\},E{"] * 2),
    ("gone before the release", [requests.ConnectionError(), 4]),
    ("gone after the release", [4, requests.ConnectionError()]),
    ("too slow", [requests.Timeout(), requests.Timeout()]),
]


@pytest.mark.parametrize("counts", [row[1] for row in NOT_MEASURED], ids=[row[0] for row in NOT_MEASURED])
def test_what_the_target_does_not_tell_is_not_measured(play, counts, caplog):
    """No figure, a warning that says so once, and the users are released all the same."""
    ran = play(counts, at=5.0, times=1)
    assert ran.samples == []
    assert [line for _, line in ran.lines] == [PHASE, "uncovered"]
    assert len(caplog.records) == 1
    assert "its origin is not measured" in caplog.text


def test_labelled_counters_are_added_up(play):
    text = '{0}{{shard="a"}} {1}\n{0}{{shard="b"}} {2}\n'
    ran = play([text.format(COUNTER, 3, 4), text.format(COUNTER, 4, 6)], at=5.0, times=1)
    assert [value for _, _, value, _ in ran.samples] == [3.0]


@pytest.mark.parametrize("counts", [(7, 7), (500, 3)], ids=["nobody read a cold key", "the target started again"])
def test_no_computation_is_no_evidence(play, counts, caplog):
    """A key that has expired under somebody is computed at least once; anything less must not pass a threshold."""
    assert play(counts, at=5.0, times=1).samples == []
    assert "nobody had key 0123456789ab-0 computed" in caplog.text


@pytest.mark.parametrize("status", [300, 302, 404, 503])
def test_a_key_that_cannot_be_warmed_is_left_out(play, status, caplog):
    """Cold from the beginning, it would not expire under anybody; each time a sentence says so."""
    ran = play([], at=5.0, times=2, status=status)
    assert len(caplog.records) == 2
    assert (ran.sent, ran.lines, ran.samples) == ([], [], [])
    assert len(ran.asked) == 2


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_key_that_is_warmed(play, status):
    """By any answer that says so; the target is asked as long as it may take, and no further than where it is."""
    ran = play([0, 1], at=5.0, times=1, status=status)
    assert [line for _, line in ran.lines] == [PHASE, "uncovered"]


def test_its_requests_belong_to_the_tenant(play):
    ran = play([0, 1], tenant=TenantOptions(header="x-t", value="yes"), at=5.0, times=1)
    assert ran.target.headers == {"x-t": "yes"}


def test_no_stampede_no_rounds(clock):
    """And ending them when there are none is nothing."""
    rounds = StampedeCoordinator(SimpleNamespace(), Log(clock), Log(clock))
    plan = StampedeIntent()
    rounds.start(plan, lambda: 0.0, "run")
    rounds.stop()
    assert clock.spawned == []


def test_a_run_that_ends_plays_no_more_rounds():
    """Even amid a wait."""
    rounds = StampedeCoordinator(SimpleNamespace(host="http://t"), SimpleNamespace(), SimpleNamespace())
    plan = StampedeIntent(StampedeOptions(at=3600.0))
    rounds.start(plan, lambda: 0.0, "run")
    gevent.sleep(0)
    rounds.stop()
    rounds._greenlet.join(timeout=5)
    assert rounds._greenlet.dead


def test_a_round_that_failed_is_not_played_again():
    """Its users have gone on meanwhile; the greenlets have names that tell what they do."""
    StampedeAgent(SimpleNamespace(enter_phase=lambda name: None)).on_release(order("k", 0.0))
    for work, name in (
        (stampede.PLAYING, "the rounds of the stampede"),
        (stampede.RELEASING, "the release of a stampede"),
    ):
        assert (work.name, work.again, work.lasts) == (name, False, False)
