"""What is judged where nothing is said: of a run, of a rule, of the options of a gate."""

from dataclasses import replace
from types import SimpleNamespace

from locust_ext.gates.baseline import Comparison, compare, mismatches
from locust_ext.gates.coverage import Uncovered, uncovered
from locust_ext.gates.figures import Snapshot
from locust_ext.gates.labels import CodeTags, Labels
from locust_ext.gates.options import BaselineOptions, ThresholdOptions, check_percentile, parse_limits
from locust_ext.gates.outcomes import Status, measure
from locust_ext.gates.policy import Policy
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import conclude
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import CounterSink, GaugeSink, Kind, RateSink, TimelineSink


def test_a_run_in_which_nothing_happened():
    """Nothing is held against it: not an error, not a lag, not a request."""
    health = RunHealth()
    assert doubts(health) == []
    assert conclude([], health).exit_code == 0
    assert (health.configuration_errors, health.user_errors, health.unseen_errors, health.failed_requests) == (0,) * 4
    assert (health.unmade_iterations, health.iterations, health.dropped_iterations, health.unreadable) == (0.0,) * 4
    assert (health.lag_samples, health.compared, health.stock_exit_code) == (0, 0, 1)
    assert (health.lag, health.storm_lag, health.arrival_lateness, health.theirs) == (None,) * 4


def test_a_threshold_without_options():
    """It is judged over the whole run, at its end, and must have been measured."""
    rule = Threshold(parse_selector("http_req_duration"), parse_assertion("avg<400"), Kind.TREND)
    assert (rule.abort_on_fail, rule.delay_abort, rule.window, rule.min_samples) == (False, 0.0, None, 0)
    assert (rule.optional, rule.corrected, rule.needed, rule.phase) == (False, None, 1, "")
    options = ThresholdOptions(threshold="avg<400")
    assert parse_limits(0.3, SimpleNamespace(context=None)) == 0.3
    assert (options.abort_on_fail, options.delay_abort, options.window, options.min_samples) == (False, 0.0, None, 0)
    assert (options.optional, options.corrected) == (False, True)


def test_a_comparison_without_options():
    """A third worse, five milliseconds or half a percent, after three runs of the last ten."""
    policy, options = Policy(), BaselineOptions()
    assert (policy.max_regression, policy.floor, policy.quantiles) == (0.3, 5.0, (95.0, 99.0))
    assert (policy.min_runs, policy.most_runs, policy.optional) == (3, 10, False)
    assert policy.excluded == ("warmup", "ramp", "cooldown") == options.exclude_phases
    assert (options.keep, options.min_runs, options.floor, options.optional) == (10, 3, 0.005, False)
    assert (options.max_regression, options.quantiles, options.dir) == ({"default": 0.3}, (95.0, 99.0), "")
    assert policy.renamed(lambda selector: selector) == policy
    assert [check_percentile(percent) for percent in options.quantiles] == [95.0, 99.0]
    assert mismatches({}, {}) == []
    assert Comparison().repeats == 1


def test_a_rule_and_a_figure_of_which_little_is_said():
    """More is worse, nobody asked for it, and nothing was found yet."""
    rule = Rule(Selector("m"), Kind.TREND, "p(99)", 0.3, 5.0)
    assert (rule.rising, rule.required, rule.percent, rule.needed) == (True, False, 99.0, 1000)
    row = Compared(rule, Status.INCONCLUSIVE)
    assert (row.count, row.suspect, row.value, row.ratio, row.reason) == (0, False, None, None, "")


def test_tags_of_which_nothing_is_said():
    """Code that nobody read may set none that we know, and no phase is settled."""
    assert (CodeTags().is_read, CodeTags().has_any, CodeTags().words) == (False, False, frozenset())
    assert Labels().never(parse_selector("http_req_duration{phase:x*}")) == ""
    assert Labels(is_settled=True).never(parse_selector("http_req_duration{phase:x*}")) != ""
    assert uncovered([], Store()) == ()
    assert (Uncovered().count, Uncovered().metric, Uncovered().first) == (0, "", "")
    assert str(Uncovered(1)).startswith("1 request failed that Locust counted")


def test_nothing_was_measured():
    """Of a sink in which nothing is there is no value, and no sample behind it."""
    average, rate, value = (parse_assertion(text) for text in ("avg<1", "rate<1", "value<1"))
    assert measure(average, Histogram(), 10.0) == (None, 0)
    assert measure(rate, RateSink(), 10.0) == (None, 0)
    assert measure(rate, CounterSink(), 10.0) == (None, 0)
    assert measure(rate, CounterSink(3.0, 0, seen=True), 10.0) == (0.3, 1)
    assert measure(rate, CounterSink(3.0, 2, seen=True), 0.0) == (None, 2)
    assert measure(value, GaugeSink(), 10.0) == (None, 0)
    assert measure(rate, TimelineSink(), 10.0) == (None, 0)


def test_two_runs_are_one_whatever_was_open():
    """What did not come back is looked at beside a snapshot: it makes no other run of it."""
    one = Snapshot("a", "2026-11-24", {}, 60.0, (), Store())
    assert one.open_requests == 0
    assert one == replace(one, censored=CensoredStore())
    assert compare([one], [], Policy()).repeats == 1
