"""What is seen of a back-off, number by number: its waits, its herd, its picture, and how causes are told."""

from __future__ import annotations

import math
from random import Random

import pytest

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind
from locust_ext.storms import herd
from locust_ext.storms.backoff import Backoff, Reaction, Reset, Timeout
from locust_ext.storms.budget import AwsQuota, Envoy, Finagle, GrpcThrottling
from locust_ext.storms.curves import Constant, Table
from locust_ext.storms.describe import _folded, describe, judgement, nth, picture
from locust_ext.storms.jitter import Full, Scaled
from locust_ext.storms.study import _Spy, span_of, spell, study

STOP, RETRY = Reaction.STOP, Reaction.RETRY

FOLDED = [
    ("none", {}, []),
    ("one", {"close:1000": STOP}, [("close:1000", STOP)]),
    ("neighbours", {f"close:{n}": STOP for n in (4400, 4402, 4401)}, [("close:4400-4402", STOP)]),
    ("a gap", {"close:1": STOP, "close:3": STOP}, [("close:1", STOP), ("close:3", STOP)]),
    ("another reaction", {"close:1": STOP, "close:2": RETRY}, [("close:1", STOP), ("close:2", RETRY)]),
    ("another kind", {"close:400": STOP, "state:401": STOP}, [("close:400", STOP), ("state:401", STOP)]),
    ("words come first", {"status:9": STOP, "refused": RETRY, "a:b": STOP}, [("a:b", STOP), ("refused", RETRY), ("status:9", STOP)]),
]  # fmt: skip


@pytest.mark.parametrize("causes, told", [pytest.param(*row[1:], id=row[0]) for row in FOLDED])
def test_causes_are_folded(causes, told):
    """Codes that follow one another with the same reaction are told as one range."""
    assert _folded(causes) == told


PICTURES = [
    (
        "whatever is not zero can be seen",
        [0, 1, 10, 20, 30, 40, 0, 0, 0, 0, 5],
        ["      40 |     █", "         |    ██", "         |   ███", "         | ▁████    ▄"],
        ["       0 +-----------", "          0 s       1 s"],
    ),
    ("nothing happened", [0, 0], ["       0 |", *["         |"] * 3], ["       0 +--", "          0 s"]),
]


@pytest.mark.parametrize("counts, rows, axis", [pytest.param(*row[1:], id=row[0]) for row in PICTURES])
def test_the_picture(counts, rows, axis):
    """Four rows of eighths, the highest count above, the seconds below."""
    assert picture(counts) == [*rows, *axis]


def seen(policy, seconds=10.0, seed=0):
    """Return the study of a policy."""
    return study("mine", "1", "pkg 1", policy, seconds, seed)


def test_as_json():
    """What was seen of two waits that are the same for everyone, and of their end."""
    found = seen(Backoff(Table((1.0, 2.0), "stop"), timeout=Timeout(3.0), reset=Reset.PER_INCIDENT))
    herd_of_it = [0] * 100
    herd_of_it[10] = herd_of_it[30] = 1000
    assert found.as_json() == {
        "client": "mine",
        "version": "1",
        "package": "pkg 1",
        "waits": [{"low": 1.0, "high": 1.0, "share": 1.0}, {"low": 2.0, "high": 2.0, "share": 1.0}],
        "end": "after 2 attempts",
        "connect_timeout": 3.0,
        "reset": "per_incident",
        "clients": 1000,
        "seconds": 10.0,
        "attempts_per_100ms": herd_of_it,
        "peak_per_100ms": 1000,
        "same_for_everyone_from": 1,
    }


def test_the_whole_description():
    """Its name, its waits, its end, its timeout, its reset, its herd and the judgement stand below each other."""
    found = seen(Backoff(Table((1.0, 2.0), "stop"), timeout=Timeout(3.0), causes={"close:1": STOP, "close:2": STOP}))
    lines = describe(found).splitlines()
    assert lines[:9] == [
        "mine 1, as read in pkg 1",
        "",
        "   1st wait   1 s, always the same",
        "   2nd wait   2 s, always the same",
        "",
        "  ends        after 2 attempts",
        "  connecting  3 s for one attempt",
        "  reset       the count starts again when the connection opens",
        "  on close:1-2 give up",
    ]
    assert lines[-1] == judgement(found)
    assert lines[10] == ("  attempts per 100 ms after 1,000 connections dropped at once, first 10 s, refused at once")


JUDGED = [
    ("nobody", Backoff(Table((), "stop")), "Nobody comes back"),
    ("the same", Backoff(Constant(1.0)), "nothing ever spreads them."),
    ("spread", Backoff(Constant(9.0), jitter=Full()), ", and chance spreads every wait."),
    ("hardly", Backoff(Constant(1.0), jitter=Scaled.between(0.9, 1.0)), "over 99.9 ms only."),
    ("a little more", Backoff(Constant(1.0), jitter=Scaled.between(0.8, 1.0)), ", and chance spreads every wait."),
]


@pytest.mark.parametrize("policy, end", [pytest.param(*row[1:], id=row[0]) for row in JUDGED])
def test_judgement(policy, end):
    """Whether chance keeps a herd apart."""
    assert end in judgement(seen(policy))


SPANS = [
    ("ten seconds at least", Backoff(Constant(2.0)), 10.0),
    ("until the last first attempt", Backoff(Constant(30.0)), 31.0),
    ("whole seconds", Backoff(Constant(30.95)), 32.0),
    ("an hour at most", Backoff(Constant(9000.0)), 3600.0),
    ("nobody comes back", Backoff(Table((), "stop")), 10.0),
    ("the slowest of all", Backoff(Table((20.0, 500.0)), jitter=Scaled.between(0.0, 1.0)), 21.0),
]


@pytest.mark.parametrize("policy, seconds", [pytest.param(*row[1:], id=row[0]) for row in SPANS])
def test_how_long_a_herd_is_followed(policy, seconds):
    """It is the first attempt that counts."""
    assert span_of(policy) == seconds


SPELT = [
    (0.0, "0 s"),
    (0.999, "999 ms"),
    (0.9996, "1 s"),
    (0.25, "250 ms"),
    (0.00123, "1.23 ms"),
    (1.0, "1 s"),
    (599.0, "599 s"),
]
SPELT += [(600.0, "10 min"), (630.0, "10.5 min"), (-1.0, "-1 s")]


@pytest.mark.parametrize("seconds, text", SPELT)
def test_spelt(seconds, text):
    """Milliseconds below a second, minutes from ten of them on."""
    assert spell(seconds) == text


def test_ordinals():
    """Eleven to thirteen are told as all beyond three, in every hundred."""
    assert [nth(n) for n in (3, 10, 13, 14, 22, 23, 101, 111, 112, 113)] == [
        *("3rd", "10th", "13th", "14th", "22nd", "23rd", "101st", "111th", "112th", "113th")
    ]


def test_a_spy_knows_whether_anybody_asked():
    """For a number or for bits; it draws what any source of that seed does."""
    for draw in (lambda rng: rng.random(), lambda rng: rng.getrandbits(8), lambda rng: rng.randrange(50)):
        spy = _Spy(5)
        assert spy.asked is False
        assert draw(spy) == draw(Random(5))
        assert spy.asked is True


SLOTS = [(-1.0, 0), (0.0, 0), (0.09, 0), (0.1, 1), (3599.9, 35_999), (3600.0, 35_999), (1e9, 35_999)]


@pytest.mark.parametrize("seconds, slot", SLOTS)
def test_slots(seconds, slot):
    """Tenths of a second for an hour; what comes later is in the last."""
    assert herd.slot_of(seconds) == slot


def test_peaks():
    """The most attempts in a slot, and in a second wherever it begins; of any storm, and none without one."""
    slots = {0: 5, 4: 3, 9: 2, 10: 4, 13: 1}
    assert (herd.peak(slots), herd.peak(slots, 10), herd.peak({}, 10)) == (5, 10, 0)
    store = Store()
    assert herd.peaks_of(store) is None
    recorder = Recorder()
    for storm, found in (("1", slots), ("2", {0: 6})):
        for slot, count in found.items():
            for _ in range(count):
                recorder.add("reconnect_herd", Kind.TIMELINE, slot, {"storm": storm, "phase": "storm"})
    store.merge(recorder.take())
    assert herd.peaks_of(store) == (6, 10)
    assert herd.curve(slots, 0.6) == [5, 0, 0, 0, 3, 0]


def test_a_policy_that_never_waits_is_stopped():
    """At a hundred attempts a slot and client; the first comes at once."""
    assert herd.simulate(Backoff(Constant(0.0)), 2, 0.2, Random(1)) == {0: 200, 1: 200}
    assert herd.simulate(Backoff(Constant(0.1)), 1, 0.3, Random(1)) == {1: 1, 2: 1}


WINDOWS = [
    ("ten seconds", 10.0, 9.9, 11.0),
    ("twenty", 20.0, 19.9, 22.0),
    ("one", 1.0, 0.99, 1.1),
]


@pytest.mark.parametrize("ttl, within, beyond", [pytest.param(*row[1:], id=row[0]) for row in WINDOWS])
def test_a_window_of_finagle(ttl, within, beyond):
    """A retry counts for as long as the window, in tenths of it, whatever its length."""
    budget = Finagle(0.0, 1 / ttl, ttl)
    assert budget.may_retry(0.0, throttled=False)
    assert not budget.may_retry(within, throttled=False)
    assert budget.may_retry(beyond, throttled=False)


def test_budgets_that_nothing_is_told():
    """What a client tells as it ends changes nothing where it costs nothing."""
    throttling, quota, envoy = GrpcThrottling(), AwsQuota(), Envoy()
    throttling.failed(0.0)
    assert throttling.tokens == 9.0
    for _ in range(20):
        throttling.failed(0.0, retried=True)
    assert throttling.tokens == 0.0
    throttling.succeeded(0.0, retried=True)
    assert throttling.tokens == pytest.approx(0.1)
    assert quota.may_retry(0.0, throttled=True)
    quota.failed(0.0, retried=True)
    assert quota.tokens == 495.0
    quota.tokens = 100.0
    quota.succeeded(0.0, retried=True)
    assert quota.tokens == 114.0
    envoy.asked(0.0)
    envoy.succeeded(0.0, retried=False)
    envoy.failed(0.0)
    envoy.ended(0.0)
    assert (envoy.requests, envoy.retries) == (0, 0)


def test_a_figure_without_an_end():
    """JSON knows no infinity."""
    assert seen(Backoff(Constant(1.0))).as_json()["connect_timeout"] is None
    assert math.isinf(Backoff().timeout.first)
    assert seen(Backoff(Constant(1.0))).as_json()["end"] == "never: it tries for ever"
