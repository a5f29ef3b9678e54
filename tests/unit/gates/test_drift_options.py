"""What a rule of drift can say, how it is read, and with which words it is refused."""

import pytest

from locust_ext.config.drift import default_rules
from locust_ext.config.schema import read_config
from locust_ext.gates.drift_options import DriftOptions, drift_rule
from locust_ext.gates.thresholds import ThresholdError
from locust_ext.load.profiles import Soak, Spike
from locust_ext.measure.sinks import Kind
from locust_ext.text.document import parse

KINDS = {"probe": Kind.GAUGE, "http_req_duration": Kind.TREND, "http_req_failed": Kind.RATE, "orders": Kind.COUNTER}
READ = [
    ("a gauge has one figure", {"of": "probe{series:a}"}, (Kind.GAUGE, "value", None, 0.05)),
    ("so has a rate", {"of": "http_req_failed"}, (Kind.RATE, "rate", None, 0.05)),
    ("a counter is watched by its rate", {"of": "orders"}, (Kind.COUNTER, "rate", None, 0.05)),
    ("a tail may grow more", {"of": "http_req_duration: p(99)"}, (Kind.TREND, "p(99)", 99, 0.25)),
    ("p(90) is one", {"of": "http_req_duration: p(90)"}, (Kind.TREND, "p(90)", 90, 0.25)),
    ("p(50) is none", {"of": "http_req_duration{name:a}: p(50)"}, (Kind.TREND, "p(50)", 50, 0.05)),
    ("the mean", {"of": "http_req_duration: avg"}, (Kind.TREND, "avg", None, 0.05)),
    ("blanks", {"of": "  probe{series:a}  "}, (Kind.GAUGE, "value", None, 0.05)),
    ("a growth of its own", {"of": "probe", "min_growth": "12%"}, (Kind.GAUGE, "value", None, 0.12)),
]


@pytest.mark.parametrize("written, expected", [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_read(written, expected):
    """The figure, and the least growth that goes with it."""
    rule = drift_rule(DriftOptions.model_validate(written), KINDS)
    assert (rule.kind, rule.method, rule.percent, rule.min_growth) == expected
    assert rule.is_written
    assert not rule.must_return


def test_its_other_keys():
    """A limit, and what has to come back."""
    rule = drift_rule(DriftOptions(of="probe", limit=5, hold="must_return"), KINDS)
    assert (rule.limit, rule.must_return) == (5, True)


REFUSED = [
    ("no metric of that name", "http_req_duratoin: p(99)", "http_req_duration"),
    ("a trend alone", "http_req_duration", "say which figure"),
    ("not a figure of a gauge", "probe: p(99)", "p(99)"),
    ("not a figure at all", "http_req_duration: slowness", "slowness"),
    ("a percentile beyond 100", "http_req_duration: p(101)", "p(101)"),
    ("a threshold", "http_req_duration: p(99)<5", "p(99)<5"),
    ("nothing", "", ""),
    ("a brace", "probe{", ""),
]


@pytest.mark.parametrize("of, words", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(of, words):
    """A sentence says what there is."""
    with pytest.raises(ThresholdError) as caught:
        drift_rule(DriftOptions(of=of), KINDS)
    assert words in str(caught.value)


WRONG = """\
drift:
  - {of: probe, min_growht: 5%}
  - {min_growth: 5%}
  - {of: probe, min_growth: 5}
  - {of: probe, limit: -1}
  - {of: probe, limit: .inf}
  - {of: probe, hold: must_retrun}
  - probe
"""


def test_all_mistakes_at_once():
    """Each with its path, and the nearest name."""
    _, problems = read_config(parse(WRONG, "f.yml"))
    told = {problem.path: str(problem) for problem in problems}
    paths = [
        "drift[0].min_growht",
        "drift[1].of",
        "drift[2].min_growth",
        "drift[3].limit",
        "drift[4].limit",
        "drift[5].hold",
        "drift[6]",
    ]
    assert list(told) == paths
    assert "min_growth" in told["drift[0].min_growht"].replace("min_growht", "")
    assert "must_return" in told["drift[5].hold"]


def test_a_soak_has_rules_of_its_own():
    """For each instance its leaks, and the slowest answers; none of them doubts a run."""
    rules = default_rules(Soak(), ["b", "a"])
    assert [str(rule) for rule in rules] == [
        "probe{instance:a,series:process_open_fds}",
        "probe{instance:a,series:process_resident_memory_bytes}",
        "probe{instance:a,series:process_threads}",
        "probe{instance:b,series:process_open_fds}",
        "probe{instance:b,series:process_resident_memory_bytes}",
        "probe{instance:b,series:process_threads}",
        "http_req_duration{phase:soak}: p(99)",
    ]
    assert not any(rule.is_written for rule in rules)


@pytest.mark.parametrize("profile", [None, Spike()], ids=["no shape", "spike"])
def test_nothing_else_has(profile):
    """What is not steady is not watched."""
    assert default_rules(profile, ["a"]) == []
