"""What is watched for drift while a run lasts, which trend is the worst, and what drifts make of a verdict."""

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.gates.drift import Drift, Stretch
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.outcomes import Status
from locust_ext.gates.run_health import RunHealth
from locust_ext.gates.verdict import IN_DOUBT
from locust_ext.gates.worst_trend import worst_trend
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.interval_history import History
from locust_ext.measure.rows import Measured
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import Kind
from locust_ext.run import drift_verdict, trends
from locust_ext.run.drift_verdict import drifts_of, in_doubt, with_drifts
from locust_ext.run.drifting import Drifting

LOAD = Stretch(0.0, 100.0)
DESCRIPTORS = "process_open_fds"
FDS = DriftRule(Selector("probe", (("series", DESCRIPTORS),)), Kind.GAUGE)
SLOW = DriftRule(Selector("http_req_duration"), Kind.TREND, "p(99)", 99.0, 0.25)


class Probed:
    """Probes that have read series each second: by series and instance, the slope of each."""

    def __init__(self, slopes, limits=None):
        self._slopes, self._limits = slopes, limits or {}

    def histories(self):
        return {key: self._of(slope) for key, slope in self._slopes.items()}

    def history(self, selector):
        tags = dict(selector.tags)
        slope = self._slopes.get((tags.get("series"), tags.get("instance")))
        return History(missing="no probe of this run reads it") if slope is None else self._of(slope)

    def limit(self, selector):
        return self._limits.get(dict(selector.tags).get("instance"))

    @staticmethod
    def _of(slope):
        return History(tuple((float(at), 100 + slope * at) for at in range(100)))


def watching(*rules, probed=None, common=None):
    """Return what watches these rules."""
    found = Drifting(rules, common or {})
    found.probed = probed
    return found


def test_each_instance_is_judged_for_itself():
    """One rule, two instances: one of them leaks."""
    probed = Probed({(DESCRIPTORS, "a"): 0.0, (DESCRIPTORS, "b"): 1.0, ("other", "b"): 1.0})
    one, other = watching(FDS, probed=probed).judged(LOAD)
    assert (dict(one.rule.selector.tags)["instance"], one.status) == ("a", Status.PASSED)
    assert (dict(other.rule.selector.tags)["instance"], other.status) == ("b", Status.FAILED)


def test_the_ceiling_is_the_limit_of_descriptors():
    """Unless the rule has one of its own."""
    probed = Probed({(DESCRIPTORS, "a"): 1.0}, {"a": 1024.0})
    for rule, limit in ((FDS, 1024.0), (DriftRule(FDS.selector, Kind.GAUGE, limit=300.0), 300.0)):
        (one,) = watching(rule, probed=probed).judged(LOAD)
        assert one.limit == limit
        assert one.hours_left == pytest.approx((limit - 199) / 3600, abs=0.01)


UNREAD = [
    ("no probes", None, "the run has no probes"),
    ("another series", Probed({("other", "a"): 0.0}), "no probe of this run reads it"),
]


@pytest.mark.parametrize("probed, reason", [row[1:] for row in UNREAD], ids=[row[0] for row in UNREAD])
def test_what_no_probe_has_read(probed, reason):
    """A written rule is inconclusive; one by default is not there."""
    (one,) = watching(FDS, probed=probed).judged(LOAD)
    assert (one.status, one.reason) == (Status.INCONCLUSIVE, reason)
    assert watching(DriftRule(FDS.selector, Kind.GAUGE, is_written=False), probed=probed).judged(LOAD) == ()


def test_common_tags_match():
    """A rule may name a tag that all of the run has."""
    rule = DriftRule(Selector("probe", (("run_type", "nightly"), ("series", DESCRIPTORS))), Kind.GAUGE)
    for tags, count in (({"run_type": "nightly"}, 100), ({"run_type": "pr"}, 0)):
        (one,) = watching(rule, probed=Probed({(DESCRIPTORS, "a"): 0.0}), common=tags).judged(LOAD)
        assert bool(one.points) is bool(count)


def test_all_that_was_read_is_shown():
    """By instance within each series; nothing without probes."""
    found = watching(probed=Probed({("b", "a"): 0.0, ("a", "b"): 0.0, ("a", "a"): 0.0})).watched()
    assert [(one.series, one.instance, len(one.points)) for one in found] == [
        ("a", "a", 100),
        ("a", "b", 100),
        ("b", "a", 100),
    ]
    assert watching().watched() == ()


def test_a_percentile_is_made_of_enough_values():
    """A p99 of fewer than 300 values is nearly their highest: neighbours are taken together."""
    found = watching(SLOW, DriftRule(Selector("http_req_duration"), Kind.TREND, "avg"))
    for at in range(1, 101):
        found.add(float(at), durations(100.0), 1.0)
    tail, mean = found.judged(LOAD)
    assert (len(tail.points), len(mean.points)) == (50, 100)


def durations(value):
    """Return what was measured of a request that took so long."""
    sink = Histogram()
    for _ in range(200):
        sink.record(value)
    return Measured([("http_req_duration", (), Kind.TREND, sink)], kinds={"http_req_duration": Kind.TREND})


def test_creeping_durations_fail():
    """Each interval has its own p99."""
    for slope, status in ((0.0, Status.PASSED), (2.0, Status.FAILED)):
        found = watching(SLOW)
        for at in range(1, 101):
            found.add(float(at), durations(100 + slope * at), 1.0)
        (one,) = found.judged(LOAD)
        assert one.status is status


def drift(status, rule=FDS, **more):
    """Return a drift."""
    return Drift(rule, status, **more)


GROWS = {"rate": 5.0, "low": 4.0}
TRENDS = [
    ("none is known", [drift(Status.INCONCLUSIVE)], ""),
    ("none is watched", [], ""),
    ("none is sure", [drift(Status.PASSED, rate=1.0, low=-1.0, growth=0.01)], "no trend so far"),
    ("from nothing", [drift(Status.INCONCLUSIVE, rate=1.0, low=1.0, growth=float("inf"))], ""),
]


@pytest.mark.parametrize("drifts, expected", [row[1:] for row in TRENDS], ids=[row[0] for row in TRENDS])
def test_no_worst_trend(drifts, expected):
    """It is said in few words."""
    assert worst_trend(drifts) == expected


def test_the_worst_trend():
    """What failed comes before what grew more of what it may."""
    small = drift(Status.FAILED, growth=0.06, **GROWS)
    large = drift(Status.PASSED, SLOW, growth=0.9, **GROWS)
    assert DESCRIPTORS in worst_trend([large, small])
    assert "http_req_duration" in worst_trend([large, drift(Status.PASSED, growth=0.04, **GROWS)])


def test_what_drifts_make_of_a_run():
    """By default a rule can fail a run, and doubts none."""
    default = DriftRule(FDS.selector, Kind.GAUGE, is_written=False)
    unclear, silent = drift(Status.INCONCLUSIVE, reason="too few"), drift(Status.INCONCLUSIVE, default, reason="few")
    every = [drift(Status.FAILED), drift(Status.FAILED, default), drift(Status.PASSED), unclear, silent]
    found = with_drifts(RunHealth(), every)
    assert (len(found.drifting), found.undrifted, len(found.unwatched)) == (2, 1, 1)
    assert "too few" in found.unwatched[0]


@pytest.mark.parametrize("found, is_doubted", [(RunHealth(), False), (RunHealth(incomplete=("lost",)), True)], ids=str)
def test_a_run_in_doubt_passes_no_drift(found, is_doubted):
    """It can still fail."""
    passed, failed = in_doubt([drift(Status.PASSED), drift(Status.FAILED)], found)
    assert failed.status is Status.FAILED
    assert passed.status is (Status.INCONCLUSIVE if is_doubted else Status.PASSED)
    assert passed.reason == (IN_DOUBT if is_doubted else "")


OPEN = [
    ("nothing is open", SLOW, Status.PASSED, 0, Status.PASSED),
    ("one in a hundred is what a p99 does not see", SLOW, Status.PASSED, 10, Status.PASSED),
    ("more than that", SLOW, Status.PASSED, 11, Status.INCONCLUSIVE),
    ("a failure stays", SLOW, Status.FAILED, 500, Status.FAILED),
    ("a gauge has none", FDS, Status.PASSED, 500, Status.PASSED),
]


@pytest.mark.parametrize("rule, status, lost, expected", [row[1:] for row in OPEN], ids=[row[0] for row in OPEN])
def test_what_never_came_back_takes_a_pass(monkeypatch, rule, status, lost, expected):
    """Of durations: it is in no figure of an interval."""
    store, censored = Store(), SimpleNamespace(select=lambda _: SimpleNamespace(count=lost))
    store.leaf("http_req_duration", (), Kind.TREND).record_all([1.0] * (1000 - lost))
    run = SimpleNamespace(
        plan=SimpleNamespace(drift=[rule]),
        drifting=SimpleNamespace(judged=lambda _: (drift(status, rule),)),
        judge=SimpleNamespace(censored=censored, store=store),
    )
    monkeypatch.setattr(drift_verdict, "stretch_of", lambda *_: LOAD)
    (found,) = drifts_of(run, 0.0)
    assert found.status is expected
    assert bool(found.reason) is (expected is Status.INCONCLUSIVE)


def test_a_run_without_rules_has_no_drifts():
    """Nothing else of it is looked at."""
    assert drifts_of(SimpleNamespace(plan=SimpleNamespace(drift=[])), 0.0) == ()


def test_the_worst_trend_is_looked_for_until_the_run_is_over(monkeypatch):
    """Every ten seconds, with a pause after each rule."""
    slept = []
    run = SimpleNamespace(plan=SimpleNamespace(drift=[FDS]), ended=None, trend="")
    each = (drift(Status.FAILED, growth=0.5, **GROWS), drift(Status.PASSED, growth=0.0, rate=0.0, low=0.0))
    run.drifting = SimpleNamespace(each=lambda _: iter(each))

    def sleep(seconds=0.0):
        slept.append(seconds)
        if slept.count(trends.LOOK_EVERY) == 3:
            run.ended = 1.0

    monkeypatch.setattr(gevent, "sleep", sleep)
    monkeypatch.setattr(drift_verdict, "stretch_of", lambda *_: LOAD)
    trends.follow_trends(run)
    assert slept == [10.0, 0.0, 0.0] * 3
    assert DESCRIPTORS in run.trend


def test_without_rules_nobody_looks():
    """It ends at once."""
    trends.follow_trends(SimpleNamespace(plan=SimpleNamespace(drift=[]), ended=None))
