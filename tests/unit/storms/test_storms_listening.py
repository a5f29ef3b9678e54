"""What one user hears: ages, gaps and silences, with the time under the test's control."""

from __future__ import annotations

import json
import math
import socket
from contextlib import suppress
from types import SimpleNamespace

import pytest
from gevent import GreenletExit
from websocket import ABNF, WebSocketConnectionClosedException

from locust_ext.clients import sockets, websocket_client
from locust_ext.clients.sockets import Buffered
from locust_ext.clients.websocket_client import Listener, connecting, receive
from locust_ext.measure import feeds
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.feeds import Feeds
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.messages import read
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.silence import SHORTEST
from locust_ext.measure.sinks import Kind


class Scene:
    """A user, its ear, and a clock."""

    def __init__(self, monkeypatch, silent_after=None):
        self.now = 1000.0
        monkeypatch.setattr(websocket_client, "perf_counter", lambda: self.now)
        self.recorder = Recorder()
        self.store, self.censored = Store(), CensoredStore()
        self.feeds = Feeds(self.recorder)
        self.ear = self.listener(silent_after)

    def listener(self, silent_after=None):
        """Connect one more user."""
        user_class = type("TickUser", (SimpleNamespace,), {"path": "/ticks", "silent_after": silent_after})
        made = Listener(user_class(greenlet=None, _storm=None), self.feeds, read)
        made.connected("ws://127.0.0.1:1/ticks")
        return made

    def hear(self, ear=None, *, after=0.2, sent=None, doubt=0.0, **told):
        """Wait for a message, and hear it; ``sent`` is its own time."""
        ear = ear or self.ear
        ear.wait()
        self.now += after
        message = {**told, **({} if sent is None else {"t": sent})}
        ear.hear(json.dumps(message), self.now, doubt, is_lost=False)

    def settle(self):
        """Hear a healthy feed for long enough to know it."""
        for _ in range(100):
            self.hear(sent=self.now + 0.2)

    def figures(self, metric, kind=Kind.TREND, **tags):
        """Return what has been measured of a metric since the scene began."""
        self.store.merge(self.recorder.take())
        return self.store.select(Selector(metric, tuple(sorted(tags.items()))), kind)

    def open(self, metric, **tags):
        """Return what is open or lost of a metric."""
        rows = self.recorder.take()
        self.store.merge(rows)
        self.censored.merge(rows)
        return self.censored.select(Selector(metric, tuple(sorted(tags.items()))))

    def begin(self):
        """Forget what was measured."""
        self.recorder.take()
        self.store = Store()


@pytest.fixture
def scene(monkeypatch):
    """One user of a feed."""
    return Scene(monkeypatch)


def ages(sink):
    """Return a trend's values, roughly, in milliseconds."""
    assert isinstance(sink, Histogram)
    return [sink.at_rank(rank) for rank in range(1, sink.count + 1)]


def test_a_late_message_is_as_old_as_it_is_late(scene):
    """Whatever the sender's clock says."""
    scene.hear(sent=5.0)
    scene.hear(sent=5.2)
    scene.hear(sent=4.4, after=0.0)
    assert ages(scene.figures("message_age", name="/ticks")) == pytest.approx([0, 0, 800], rel=0.01)


def test_two_users_of_a_host_share_its_clock(scene):
    """One who only ever gets late messages is late all the same."""
    scene.hear(sent=5.0)
    other = scene.listener()
    scene.hear(other, sent=3.2)
    assert ages(scene.figures("message_age")) == pytest.approx([0, 2000], rel=0.01)


def test_a_message_that_lay_around_is_not_measured(scene):
    """The user looked late; how late the message was nobody knows. Its number still counts."""
    scene.hear(sent=5.0, seq=1)
    scene.hear(sent=3.0, seq=3, doubt=2.0)
    assert scene.figures("message_age").count == 1
    scene.hear(seq=5)
    assert scene.figures("messages_missed", Kind.COUNTER).value == 2


def test_missing_none_is_0_and_without_numbers_it_is_unknown(scene):
    """0 is measured, in each phase."""
    scene.hear(sent=5.0)
    assert not scene.figures("messages_missed", Kind.COUNTER).seen
    scene.recorder.enter_phase("calm")
    scene.hear(seq=1)
    scene.hear(seq=2)
    assert scene.figures("messages_missed", Kind.COUNTER, phase="calm").seen
    scene.recorder.enter_phase("storm")
    scene.hear(seq=3)
    missing = scene.figures("messages_missed", Kind.COUNTER, phase="storm")
    assert (missing.seen, missing.value) == (True, 0)


def test_a_new_connection_counts_anew(scene):
    """What was sent while the user was away is not missing on its new connection."""
    scene.hear(seq=1)
    scene.ear.connected("ws://127.0.0.1:1/ticks")
    scene.hear(seq=50)
    scene.hear(seq=53)
    assert scene.figures("messages_missed", Kind.COUNTER).value == 2


def test_a_silence_counts_as_age_and_as_staleness(scene):
    """Ten seconds without a word are fifty missing messages, up to ten seconds old, and one stale time."""
    scene.settle()
    scene.begin()
    scene.hear(sent=scene.now + 10, after=10.0)
    found = ages(scene.figures("message_age"))
    assert len(found) == 51
    assert found[-1] == pytest.approx(10_000, rel=0.01)
    assert ages(scene.figures("stale_time")) == pytest.approx([10_000], rel=0.01)


def test_each_message_of_a_silence_belongs_to_the_phase_in_which_it_was_due(scene, monkeypatch):
    """A feed that froze in one phase and came back in the next was silent in both."""
    clock = "locust_ext.measure.recorder.perf_counter"
    monkeypatch.setattr(clock, lambda: scene.now)
    scene.settle()
    scene.begin()
    scene.ear.wait()
    scene.now += 4.0
    scene.recorder.enter_phase("next")
    scene.hear(sent=scene.now + 6, after=6.0)
    assert scene.figures("message_age", phase="next").count == pytest.approx(31, abs=2)


def test_polls_that_give_up_add_up(scene):
    """A user that waits a second at a time, ten times in vain, has waited for ten seconds."""
    scene.settle()
    scene.begin()
    for _ in range(10):
        scene.ear.wait()
        scene.now += 1.0
        scene.ear.give_up()
        scene.now += 5.0  # what it does meanwhile is its own affair
    scene.hear(sent=scene.now + 0.5, after=0.5)
    assert ages(scene.figures("stale_time")) == pytest.approx([10_500], rel=0.01)


def test_what_a_storm_does_is_not_the_feeds_silence(scene):
    """A user that our own storm took away heard nothing for our reason."""
    scene.settle()
    scene.ear.wait()
    scene.now += 10
    scene.ear.forget()
    scene.hear(sent=scene.now + 0.2)
    assert not scene.figures("stale_time").count


QUIET = [
    ("within the learned patience", None, 0.9, False),
    ("beyond it", None, 1.5, True),
    ("within what was given", 5.0, 4.9, False),
    ("beyond what was given", 0.5, 0.6, True),
    ("never, if so given", math.inf, 3600.0, False),
]


@pytest.mark.parametrize("given, wait, silent", [row[1:] for row in QUIET], ids=[row[0] for row in QUIET])
def test_what_is_a_silence(monkeypatch, given, wait, silent):
    """`silent_after` wins over what is learned."""
    scene = Scene(monkeypatch, given)
    scene.settle()
    scene.hear(sent=scene.now + wait, after=wait)
    assert bool(scene.figures("stale_time").count) is silent


def test_before_anything_is_known_a_wait_that_ended_is_no_silence(scene):
    """The first message of a slow feed may take half a minute."""
    scene.hear(sent=30.0, after=30.0)
    assert not scene.figures("stale_time").count


def test_a_silence_of_a_feed_without_times_is_staleness_alone(scene):
    """No age is made up where no message ever told one."""
    for _ in range(20):
        scene.hear()
    scene.hear(after=10.0)
    assert not scene.figures("message_age").count
    assert scene.figures("stale_time").count == 1


def freeze(scene, seconds, ear=None):
    """Wait for so long, and hear nothing."""
    (ear or scene.ear).wait()
    scene.now += seconds


@pytest.fixture
def recorded(scene, monkeypatch):
    """Let the recorder go by the same clock."""
    monkeypatch.setattr("locust_ext.measure.recorder.perf_counter", lambda: scene.now)


@pytest.mark.usefixtures("recorded")
def test_a_silence_that_lasts_is_open(scene):
    """Each message that should have come is one that may never come; a second later they are older, and not more."""
    scene.settle()
    freeze(scene, 10.0)
    for seconds in (10, 11):
        known = scene.open("message_age", name="/ticks")
        assert known.count == pytest.approx(5 * seconds, abs=1)
        assert known.oldest == pytest.approx(1000 * seconds, rel=0.1)
        assert scene.open("stale_time").oldest == pytest.approx(1000 * seconds, rel=0.01)
        assert known.lost == 0
        freeze(scene, 1.0)
    scene.hear(sent=scene.now + 0.1, after=0.1)
    assert scene.open("message_age").count == scene.open("stale_time").count == 0


@pytest.mark.usefixtures("recorded")
def test_what_is_open_of_a_silence_belongs_to_the_phases_in_which_it_was_due(scene):
    """The stale time to the one in which the silence began, and each message to its own."""
    scene.recorder.enter_phase("calm")
    scene.settle()
    freeze(scene, 4.0)
    scene.recorder.enter_phase("storm")
    freeze(scene, 6.0)
    assert (scene.open("stale_time", phase="calm").count, scene.open("stale_time", phase="storm").count) == (1, 0)
    assert scene.open("message_age", phase="calm").count == pytest.approx(20, abs=1)
    assert scene.open("message_age", phase="storm").count == pytest.approx(30, abs=1)


@pytest.mark.usefixtures("recorded")
def test_a_silence_that_outlives_its_user_is_lost(scene):
    """A user that the shape takes away while its feed stands still does not take the evidence along."""
    scene.settle()
    freeze(scene, 10.0)
    scene.ear.give_up()
    scene.ear.leave()
    freeze(scene, 100.0)
    assert scene.open("message_age").lost == pytest.approx(50, abs=1)
    assert scene.open("message_age").oldest == pytest.approx(10_000, rel=0.1)
    scene.ear.leave()
    assert scene.open("stale_time").count == 1


STORMS = [
    ("it is connected", False, False, 1),
    ("it was connected, and the storm has let it go first", True, False, 1),
    ("it is on its way back: the storm tells", True, True, 0),
]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("away, stale, told", [row[1:] for row in STORMS], ids=[row[0] for row in STORMS])
def test_stale_data_is_told_once(scene, away, stale, told):
    """Of a user that storms, either the storm says how stale its data is, or its ear does."""
    scene.settle()
    scene.ear._user._storm = SimpleNamespace(is_away=away, is_stale=stale)
    freeze(scene, 10.0)
    scene.ear.leave()
    assert scene.open("stale_time").count == told


CALM = [
    ("a wait as usual", lambda scene: freeze(scene, 0.19)),
    ("one that sends, or sleeps", lambda scene: setattr(scene, "now", scene.now + 3600)),
    ("one that storms have taken away", lambda scene: (freeze(scene, 60), scene.ear.forget())),
]


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("does", [row[1] for row in CALM], ids=[row[0] for row in CALM])
def test_who_is_not_silent(scene, does):
    """Only who waits for a message can be."""
    scene.settle()
    does(scene)
    scene.ear.leave()
    assert scene.open("message_age").count == scene.open("stale_time").count == 0


@pytest.mark.usefixtures("recorded")
def test_a_feed_that_froze_before_anything_was_known(scene):
    """Nothing says that it will go on: one message may never come. Of which age is unknown, if none told its time."""
    freeze(scene, 2.0)
    assert (scene.open("stale_time").count, scene.open("message_age").count) == (1, 0)
    scene.hear(sent=1.0)
    freeze(scene, 2.0)
    assert (scene.open("stale_time").count, scene.open("message_age").count) == (1, 1)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("beyond, count", [(0.0, 0), (0.25, 1)])
def test_the_shortest_silence(scene, beyond, count):
    """Whatever is usual, and also before anybody knows it: a wait must be longer."""
    freeze(scene, SHORTEST + beyond)
    assert scene.open("stale_time").count == count


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("beyond, count", [(0.0, 0), (0.25, 1)])
def test_a_silence_that_was_given(scene, beyond, count):
    """A wait of just so long is none."""
    freeze(scene, 4.0 + beyond, scene.listener(4.0))
    assert scene.open("stale_time").count == count


def test_feeds_are_bounded(scene):
    """However many hosts there are."""
    for number in range(2 * feeds.MOST_FEEDS):
        scene.feeds.feed(int, f"host-{number}")
    assert len(scene.feeds._feeds) <= feeds.MOST_FEEDS
    assert len(scene.feeds._offsets) <= feeds.MOST_FEEDS


class Connection(SimpleNamespace):
    """A connection of websocket-client that has one frame."""

    def recv_data(self):
        """Return it."""
        return self.frame


FRAMES = [
    ("text", (ABNF.OPCODE_TEXT, "täglich".encode()), "täglich"),
    ("an empty text is a message", (ABNF.OPCODE_TEXT, b""), ""),
    ("bytes stay bytes", (ABNF.OPCODE_BINARY, b"\xff"), b"\xff"),
]


@pytest.mark.parametrize("frame, message", [row[1:] for row in FRAMES], ids=[row[0] for row in FRAMES])
def test_receive(frame, message):
    """A frame is a message, and arrived when its socket says."""
    sock = SimpleNamespace(read_at=12.0, doubt=0.5)
    assert receive(Connection(frame=frame, sock=sock)) == (message, 12.0, 0.5)


def test_receive_from_a_plain_socket(monkeypatch):
    """It arrived now, for all that is known."""
    monkeypatch.setattr(websocket_client, "perf_counter", lambda: 12.0)
    frame = (ABNF.OPCODE_TEXT, b"a")
    assert receive(Connection(frame=frame, sock=SimpleNamespace())) == ("a", 12.0, 0.0)
    assert receive(Connection(frame=(ABNF.OPCODE_TEXT, "a"), sock=None)) == ("a", 12.0, 0.0)


def test_a_polite_close_is_a_loss():
    """A server that closes with a close frame is gone; an empty message did not come."""
    with pytest.raises(WebSocketConnectionClosedException):
        receive(Connection(frame=(ABNF.OPCODE_CLOSE, b"\x03\xe8"), sock=None))


READS = [
    ("it waited", False, 0.5, [0.5], 0.0),
    ("it was there: it came since the last look", False, 2.0, [0.0], 2.0),
    ("and what the same read brought", False, 2.0, [0.0, 0.0], 0.0),
    ("under TLS the next record may have been there as well", True, 2.0, [0.0, 0.0], 2.0),
]


@pytest.mark.parametrize("tls, idle, waits, doubt", [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_when_bytes_arrived(monkeypatch, tls, idle, waits, doubt):
    """A socket knows by how much its bytes may have arrived earlier than they were read."""
    now = [100.0]
    monkeypatch.setattr(sockets, "perf_counter", lambda: now[0])
    monkeypatch.setattr(sockets, "SSLSocket", Piecemeal if tls else socket.socket)
    buffered = Buffered(Piecemeal(now, waits))
    now[0] += idle if waits != [0.5] else 0.0
    for _ in waits:
        assert buffered.recv(100) == b"x"
    assert buffered.doubt == pytest.approx(doubt)
    assert buffered.read_at == now[0]


class Piecemeal:
    """A socket whose reads take what they take."""

    def __init__(self, now, waits):
        self._now, self._waits = now, iter(waits)

    def recv(self, _size):
        """Wait, and return a byte."""
        self._now[0] += next(self._waits)
        return b"x"


CONNECTS = [
    ("reported, also as a failure", None, 0),
    ("killed", GreenletExit, 1),
    ("given up by a timeout of the user's own", TimeoutError, 1),
]


def test_a_connect_that_was_told_is_not_lost():
    """What raised says that its event came before."""
    recorder = Recorder()
    environment = SimpleNamespace(locust_ext_storms=SimpleNamespace(recorder=recorder))
    user = SimpleNamespace(environment=environment, path="/ticks", context=dict)
    told = ValueError()
    told.locust_ext_reported = True
    with pytest.raises(ValueError), connecting(user):  # noqa: PT011 it says nothing
        raise told
    known = CensoredStore()
    known.merge(recorder.take())
    assert not known.leaves


def test_an_open_connect_has_its_phase_and_its_tags():
    """Those that its event will have."""
    recorder = Recorder()
    recorder.enter_phase("surge")
    environment = SimpleNamespace(locust_ext_storms=SimpleNamespace(recorder=recorder))
    for context, tags in (({"tags": {"team": "feed"}}, (("team", "feed"),)), ({"tags": 7}, ())):
        user = SimpleNamespace(environment=environment, path="/ticks", context=lambda context=context: context)
        with connecting(user):
            known = CensoredStore()
            known.merge(recorder.take())
        ((_, found),) = known.leaves
        assert found == tuple(sorted((("name", "connect /ticks"), ("phase", "surge"), ("type", "WS"), *tags)))


def test_where_nothing_is_measured_a_connect_is_not_noted():
    """It is made all the same."""
    with connecting(SimpleNamespace(environment=SimpleNamespace())):
        made = True
    assert made


def test_a_user_that_ends_takes_its_ear_along(scene):
    """It leaves once its greenlet has ended, and its silence is lost then."""
    ends = []
    user_class = type("TickUser", (SimpleNamespace,), {"path": "/ticks", "silent_after": None})
    user = user_class(greenlet=SimpleNamespace(link=ends.append), _storm=None)
    ear = Listener(user, scene.feeds, read)
    ear.connected("ws://127.0.0.1:1/ticks")
    ear.connected("ws://127.0.0.1:1/ticks")
    assert ear in scene.recorder.open.others
    (leave,) = ends
    leave(user.greenlet)
    assert ear not in scene.recorder.open.others


def test_one_that_never_connected_hears_nothing(scene):
    """There is no feed that it could belong to."""
    ear = Listener(SimpleNamespace(silent_after=None, _storm=None), scene.feeds, read)
    ear.wait()
    scene.now += 60.0
    assert list(ear.samples(scene.now)) == []
    ear.hear('{"t": 5, "seq": 1}', scene.now, 0.0, is_lost=False)
    assert ear.silence(scene.now) == 0.0


def test_the_first_message_after_a_loss_is_no_silence_of_the_feed(scene):
    """How stale its data was others measure; the ages of what was due in it count."""
    scene.settle()
    scene.begin()
    scene.ear.wait()
    scene.now += 10.0
    scene.ear.hear(json.dumps({"t": scene.now + 10}), scene.now, 0.0, is_lost=True)
    assert not scene.figures("stale_time").count
    assert scene.figures("message_age").count == pytest.approx(51, abs=1)


@pytest.mark.parametrize("doubt, count", [(0.1, 1), (0.101, 0)])
def test_how_surely_a_measured_message_came(scene, doubt, count):
    """Within a tenth of a second."""
    scene.hear(sent=5.0, doubt=doubt)
    assert scene.figures("message_age").count == count


@pytest.mark.parametrize("ends, lost", [row[1:] for row in CONNECTS], ids=[row[0] for row in CONNECTS])
def test_a_connect_is_open_until_it_is_reported(ends, lost):
    """One that never reports is lost, under the name that its event would have had."""
    recorder = Recorder()
    storms = SimpleNamespace(recorder=recorder)
    environment = SimpleNamespace(locust_ext_storms=storms)
    user = SimpleNamespace(environment=environment, path="/ticks", context=dict)
    with suppress(BaseException), connecting(user):
        assert recorder.open.of(user)
        if ends is not None:
            raise ends
    assert not recorder.open.of(user)
    known = CensoredStore()
    known.merge(recorder.take())
    assert known.select(Selector("req_duration", (("name", "connect /ticks"), ("type", "WS")))).lost == lost
