"""Calibration: false alarms among runs without a change, and what the noise lets one see."""

import math
from dataclasses import replace
from random import Random

import pytest

from locust_ext.gates.calibration import Calibration, Sensitivity, _sensitivity, calibrate, describe
from locust_ext.gates.figures import Snapshot
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import Kind


def runs(count, noise, samples=2000):
    """Return runs that differ by chance and by noise alone."""
    rng, found = Random(3), []
    for number in range(count):
        store = Store()
        leaf = store.leaf("http_req_duration", tags_of({"name": "/feed", "method": "GET"}), Kind.TREND)
        factor = 50 * math.exp(rng.gauss(0, noise))
        leaf.record_all(factor * rng.lognormvariate(0, 0.4) for _ in range(samples))
        found.append(Snapshot(str(number), f"{number:03}", {}, 60.0, (), store))
    return found


def orders(found, count=10):
    """Return so many orders of the runs."""
    rng = Random(5)
    return [rng.sample(found, len(found)) for _ in range(count)]


@pytest.mark.parametrize(
    "noise, single, flagged", [(0.02, 1.35, 0), (0.6, 9.13, 0)], ids=["a quiet machine", "a hopeless one"]
)
@pytest.mark.slow
def test_calibrate(noise, single, flagged):
    """Runs that hardly differ raise no alarm; where they differ wildly, little can be seen."""
    found = runs(10, noise)
    calibration = calibrate(found, Policy(), orders(found))
    assert (calibration.runs, calibration.judged, calibration.confirmed_judged) == (10, 10, 10)
    assert calibration.sensitivities[0].single == pytest.approx(single, rel=0.05)
    assert calibration.sensitivities[0].confirmed < calibration.sensitivities[0].single
    assert calibration.flagged == flagged


def test_one_run_sees_what_the_limit_and_its_noise_leave():
    """The limit that the noise demands, and 1.645 standard deviations of one run beside the median of the others."""
    sight = calibrate(runs(10, 0.3), Policy(quantiles=(95.0,))).sensitivities[0]
    spread = math.log1p(sight.deviation)
    assert sight.row.limit > math.exp(sight.row.rule.room)
    for repeats, seen in ((1, sight.single), (3, sight.confirmed)):
        share = math.pi / (2 * repeats + math.pi - 2) + math.pi / (2 * 9 + math.pi - 2)
        assert seen == pytest.approx(sight.row.limit * math.exp(1.6449 * spread * math.sqrt(share)), rel=1e-3)


@pytest.mark.slow
def test_the_figures_follow_the_noise():
    """At 10 % noise the standard deviation is about that, and what one run sees is the limit and some of it."""
    sight = calibrate(runs(30, 0.1), Policy(quantiles=(95.0,))).sensitivities[0]
    assert sight.deviation == pytest.approx(0.1, rel=0.4)
    assert 1.35 < sight.confirmed < sight.single < 1.8
    assert 0 < sight.false_alarm < 0.1


def test_too_few_samples_are_named():
    """A percentile that could not be compared is not a sight."""
    calibration = calibrate(runs(5, 0.02, samples=500), Policy())
    assert [row.rule.method for row in calibration.unjudged][:1] == ["p(99)"]
    assert calibration.judged == 0


@pytest.mark.slow
def test_describe():
    """Three sentences: what happened, what would have with three runs, and what is to be expected."""
    found = runs(8, 0.02)
    first, second, third = describe(calibrate(found, Policy(), orders(found)))
    assert first.startswith("8 runs without a change, each judged by the others: 0 false alarms in 8 (0.0%; between")
    assert second == "with --confirm, over 10 draws of three runs against the rest: 0.0%"
    assert third.startswith("expected of this noise without --confirm, over all figures: 0.0")


def test_runs_that_do_not_differ_at_all():
    """Raise no alarm by chance, and the limit alone is what one run sees."""
    alike = [replace(run, store=runs(1, 0.0)[0].store) for run in runs(5, 0.0)]
    sight = calibrate(alike, Policy(quantiles=(95.0,))).sensitivities[0]
    assert (sight.deviation, sight.false_alarm) == (0.0, 0.0)
    assert sight.single == sight.confirmed == pytest.approx(1.3)


def test_where_fewer_is_worse_the_ratios_are_below_one():
    """What one run sees lies below what three see, and that below the limit."""
    rule = Rule(Selector("http_req_duration"), Kind.TREND, "p(95)", 0.3, 5.0, rising=False)
    row = Compared(rule, Status.PASSED, limit=0.7, ratio=1.0)
    found = runs(10, 0.1)
    sight = _sensitivity(row, found, Policy(), 9)
    assert 0 < sight.single < sight.confirmed < 0.7
    more = _sensitivity(replace(row, rule=replace(rule, rising=True)), found, Policy(), 9)
    assert sight.single == pytest.approx(1 / more.single)


def sight(false_alarm):
    """Return a sight with this probability."""
    row = Compared(Rule(Selector("m"), Kind.TREND, "p(95)", 0.3, 5.0), Status.PASSED)
    return Sensitivity(row, 0.1, 1.5, 1.4, false_alarm)


SAID = [
    (
        "one alarm, and draws",
        Calibration(12, 10, 1, 40, 2, (sight(0.1), sight(0.5)), ()),
        [
            "12 runs without a change, each judged by the others: 1 false alarm in 10 (10.0%; between 1.8% and 40.4%)",
            "with --confirm, over 40 draws of three runs against the rest: 5.0%",
            "expected of this noise without --confirm, over all figures: 55.00%",
        ],
    ),
    (
        "no draws",
        Calibration(4, 4, 0, 0, 0, (sight(0.25),), ()),
        [
            "4 runs without a change, each judged by the others: 0 false alarms in 4 (0.0%; between 0.0% and 49.0%)",
            "expected of this noise without --confirm, over all figures: 25.00%",
        ],
    ),
    (
        "nothing could be judged",
        Calibration(3, 0, 0, 0, 0, (), ()),
        [
            "3 runs without a change, each judged by the others: 0 false alarms in 0 (0.0%; between 0.0% and 100.0%)",
            "expected of this noise without --confirm, over all figures: 0.00%",
        ],
    ),
]


@pytest.mark.parametrize("calibration, sentences", [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_what_people_want_to_know(calibration, sentences):
    """Word for word, with Wilson's interval of the share."""
    assert describe(calibration) == sentences


def test_draws_need_a_candidate_and_runs_before_it():
    """Three of each at least: with five runs there is no confirming, with six there is."""
    for count, draws in ((5, 0), (6, 4)):
        found = runs(count, 0.0)
        assert calibrate(found, Policy(quantiles=(95.0,)), orders(found, 4)).confirmed_judged == draws


NEEDED = [("p(95)", 200), ("p(99)", 1000), ("p(50)", 20), ("p(5)", 200), ("p(99.9)", 10_000), ("p(100)", 1)]


@pytest.mark.parametrize("method, needed", NEEDED)
def test_ten_samples_lie_beyond_a_percentile(method, needed):
    """On its shorter side; beyond the last there is none."""
    assert Rule(Selector("m"), Kind.TREND, method, 0.3, 5.0).needed == needed


ROOMS = [
    ("30 % more", 0.3, True, math.log(1.3)),
    ("30 % less", 0.3, False, -math.log(0.7)),
    ("all of it", 1.0, False, -math.log(0.001)),
    ("twice as many", 1.0, True, math.log(2.0)),
]


@pytest.mark.parametrize("limit, rising, room", [row[1:] for row in ROOMS], ids=[row[0] for row in ROOMS])
def test_room(limit, rising, room):
    """The logarithm of the ratio that is allowed, in the direction that is worse."""
    assert Rule(Selector("m"), Kind.COUNTER, "rate", limit, 0.0, rising=rising).room == pytest.approx(room)


def test_what_is_optional_elsewhere_is_not_here():
    """Of too few runs none is judged, whatever the configuration lets pass."""
    assert calibrate(runs(4, 0.0), Policy(min_runs=4, optional=True)).judged == 0
    assert calibrate(runs(5, 0.0), Policy(min_runs=4, optional=True)).judged == 5
