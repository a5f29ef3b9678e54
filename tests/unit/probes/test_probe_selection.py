"""Rules on probes: a typing error is found before the run, with the nearest name."""

from __future__ import annotations

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.gates.thresholds import parse_selector
from locust_ext.probes.options import ProbeOptions, ProcessOptions
from locust_ext.probes.selection import asked_for, instance_of, never
from locust_ext.text.problems import ConfigurationError

URL = "http://a.test/metrics"
ONE = {"api": ProbeOptions(url=URL)}
NAMED = {"api": ProbeOptions(url=URL, series=("process_open_fds", 'n{code="500"}'))}
TWO = {"api": ProbeOptions(url=URL), "db": ProbeOptions(process=ProcessOptions(name="postgres"))}

RULES = [
    ("what there is", TWO, "probe{series:process_open_fds,instance:api}", ""),
    ("the only instance", ONE, "probe{series:process_open_fds}", ""),
    ("in a phase", ONE, "probe{series:process_open_fds,phase:soak}", ""),
    ("any series of an endpoint without a list", ONE, "probe{series:go_goroutines,instance:api}", ""),
    ("with labels", NAMED, 'probe{series:n{code="500"},instance:api}', ""),
    ("a process", TWO, "probe{series:process_threads,instance:db}", ""),
    ("the probe's own cost", TWO, "probe_duration{instance:db}", ""),
    ("that of all", TWO, "probe_failed", ""),
    ("something else", {}, "http_req_duration", ""),
    ("without probes", {}, "probe{series:a,instance:b}", "there are no probes"),
    ("a slip in the instance", TWO, "probe{series:process_open_fds,instance:apii}", "did you mean 'api'?"),
    ("in that of a cost", TWO, "probe_duration{instance:zz}", "there are api, db"),
    ("a slip in a series of the list", NAMED, "probe{series:process_open_fd,instance:api}", "did you mean 'process_open_fds'?"),
    ("one that is not in the list", NAMED, "probe{series:zzz,instance:api}", "reads no 'zzz'"),
    ("a slip in a well-known series", ONE, "probe{series:process_opn_fds}", "did you mean 'process_open_fds'?"),
    ("what a process does not say", TWO, "probe{series:process_heap_bytes,instance:db}", "reads no 'process_heap_bytes'"),
    ("which instance?", TWO, "probe{series:process_open_fds}", "add instance:api"),
    ("all instances", TWO, "probe{series:process_open_fds,instance:*}", "add instance:api"),
    ("which series?", ONE, "probe{instance:api}", "series:process_open_fds"),
    ("several series", ONE, "probe{series:process_*}", "series:process_open_fds"),
    ("another spelling", ONE, 'probe{series:n{b="2",a="1"}}', 'is written as n{a="1",b="2"}'),
    ("what is not a series", ONE, "probe{series:a b}", "is not a series"),
]  # fmt: skip


@pytest.mark.parametrize("probes, rule, said", [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_rules(probes, rule, said):
    """Nothing is said of what can be; else what is wrong and what would be right."""
    found = never(parse_selector(rule), probes)
    assert (said in found) if said else not found


def test_instances():
    """The one that is named, or the only one."""
    assert instance_of(parse_selector("probe{series:a,instance:d*}"), TWO) == "db"
    assert instance_of(parse_selector("probe{series:a}"), ONE) == "api"
    assert instance_of(parse_selector("probe{series:a}"), TWO) is None
    assert instance_of(parse_selector("probe{series:a,instance:x}"), TWO) is None


def test_what_rules_ask_for():
    """By instance, each series once; other metrics and doubtful rules ask for nothing."""
    rules = ("probe{series:a,instance:api}", "probe{series:a,instance:api,phase:soak}", "probe{series:b,instance:db}",
             "probe{series:c}", "http_req_duration{series:d,instance:api}", "probe_duration{instance:api}")  # fmt: skip
    assert asked_for(map(parse_selector, rules), TWO) == {"api": ("a",), "db": ("b",)}


FILES = [
    ("an instance", "thresholds: {'probe{series:process_open_fds,instance:apj}': 'value<9'}", "thresholds.probe{series:process_open_fds,instance:apj}"),
    ("a method", "thresholds: {'probe{series:process_open_fds}': 'p(95)<9'}", "thresholds.probe{series:process_open_fds}[0]"),
    ("a tag", "thresholds: {'probe{series:process_open_fds,instnce:api}': 'value<9'}", "thresholds.probe{series:process_open_fds,instnce:api}"),
    ("a scenario's", "scenarios: {a: {shape: smoke, thresholds: {'probe{series:process_open_fds}': 'value<9'}}}",
     "scenarios.a.thresholds.probe{series:process_open_fds}"),
]  # fmt: skip


@pytest.mark.parametrize("text, path", [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_in_a_configuration(text, path, tmp_path):
    """The plan refuses it."""
    file = tmp_path / "loadtest.yml"
    file.write_text(f"probes: {{api: {{url: '{URL}'}}}}\n{text}\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        make_plan(CommandLine(file=str(file)))
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_probe_that_is_wrong_is_said_once(tmp_path):
    """That a rule does not find it is no second mistake."""
    file = tmp_path / "loadtest.yml"
    file.write_text(
        "probes: {api: {url: 'ftp://a'}}\nthresholds: {'probe{series:process_open_fds}': 'value<9'}\n", "utf-8"
    )
    with pytest.raises(ConfigurationError) as caught:
        make_plan(CommandLine(file=str(file)))
    assert [problem.path for problem in caught.value.problems] == ["probes.api.url"]


def test_a_tag_of_the_team_may_be_called_instance(tmp_path):
    """Those words are ours on probes alone."""
    file = tmp_path / "loadtest.yml"
    file.write_text("thresholds: {'http_req_duration{instance:blue,series:a}': 'p(95)<9'}\n", "utf-8")
    assert len(make_plan(CommandLine(file=str(file))).thresholds) == 1
