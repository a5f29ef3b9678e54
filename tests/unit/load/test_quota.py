"""``iterations:`` and ``max_duration:``: what is written, and every mistake at its place."""

import math
from argparse import Namespace

import pytest

from locust_ext.archive.provenance import fingerprint
from locust_ext.config.horizon import Horizon, unsure
from locust_ext.config.plan import CommandLine, make_plan
from locust_ext.config.quotas import misplaced_quotas, quota_of, quotas_of
from locust_ext.load import outline
from locust_ext.load.quota import MOST, Quota, misfits
from locust_ext.load.quota_plan import QuotaPlan
from locust_ext.load.schedule import lines
from locust_ext.text.problems import ConfigurationError


@pytest.fixture(autouse=True)
def no_base_url(monkeypatch):
    """No host comes from the environment."""
    monkeypatch.delenv("BASE_URL", raising=False)


@pytest.fixture
def plan(tmp_path):
    """Plan a run of a configuration."""

    def planned(text, **chosen):
        file = tmp_path / "feed.yml"
        file.write_text(text, encoding="utf-8")
        return make_plan(CommandLine(file=str(file), **chosen))

    return planned


WRITTEN = [
    ("a number is of all together", "iterations: 1000", Quota(1000)),
    ("as text, from a variable", "iterations: '1000'", Quota(1000)),
    ("with its own name", "iterations: {shared: 3}", Quota(3)),
    ("of each user", "iterations: {per_user: 10}", Quota(None, 10)),
    ("with a longest time", "iterations: 5\nmax_duration: 10m", Quota(5, None, 600)),
    ("nothing", "iterations:", None),
    ("the most", f"iterations: {MOST}", Quota(MOST)),
]


@pytest.mark.parametrize("text, quota", [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN])
def test_what_is_written(plan, text, quota):
    """The run and a scenario read it alike."""
    config = plan(text).config
    assert Quota.of(config.iterations, config.max_duration) == quota
    inner = text.replace("\n", "\n    ").replace("10m", "60s")
    (one,) = plan(f"scenarios:\n  a:\n    shape: smoke\n    {inner}").scenarios
    assert one.quota == (Quota(5, None, 60) if quota and quota.max_duration else quota)


MISTAKES = [
    ("none at all", "iterations: 0", "iterations"),
    ("a switch", "iterations: yes", "iterations"),
    ("half a one", "iterations: 1.5", "iterations"),
    ("a list", "iterations: [1]", "iterations"),
    ("a text", "iterations: many", "iterations"),
    ("too many", f"iterations: {MOST + 1}", "iterations"),
    ("no number", "iterations: {}", "iterations"),
    ("two numbers", "iterations: {shared: 3, per_user: 4}", "iterations"),
    ("none of each", "iterations: {per_user: 0}", "iterations.per_user"),
    ("misspelt", "iterations: {per_usr: 3}", "iterations.per_usr"),
    ("a longest time of nothing", "max_duration: 3m", "max_duration"),
    ("no time", "iterations: 4\nmax_duration: 0s", "max_duration"),
    ("a search for the limit", "iterations: 3\nshape: stress", "iterations"),
    ("longer than the shape", "iterations: 3\nshape: smoke\nmax_duration: 61s", "max_duration"),
    ("of each user, at a rate", "iterations: {per_user: 5}\narrivals: {rate: 10/s}", "iterations"),
    ("more than the rate makes", "iterations: 601\narrivals: {rate: 10/s, duration: 1m}", "iterations"),
    (
        "more than stages make",
        "iterations: 51\narrivals: {stages: [{target: 10/s, duration: 10s}]}",
        "iterations",
    ),
    (
        "more than the rate makes in the longest time",
        "iterations: 601\nmax_duration: 1m\narrivals: {rate: 10/s}",
        "iterations",
    ),
    ("of a run of several loads", "iterations: 3\nscenarios: {a: {shape: smoke}}", "iterations"),
    ("a longest time of nothing, in a scenario", "scenarios: {a: {shape: smoke, max_duration: 3s}}", "scenarios.a"),
    (
        "of each user, at a rate, in a scenario",
        "scenarios: {a: {arrivals: {rate: 10/s}, iterations: {per_user: 3}}}",
        "scenarios.a.iterations",
    ),
    (
        "longer than the shape of a scenario",
        "scenarios: {a: {shape: smoke, iterations: 3, max_duration: 2m}}",
        "scenarios.a.max_duration",
    ),
]


@pytest.mark.parametrize("text, path", [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_mistakes(plan, text, path):
    """Each is one, at its place."""
    with pytest.raises(ConfigurationError) as caught:
        plan(text)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_rate_ends_with_its_iterations(plan):
    """A constant rate needs no duration beside them; with a longest time it lasts no longer."""
    for text in (
        "iterations: 600\narrivals: {rate: 10/s}",
        "scenarios: {a: {arrivals: {rate: 10/s}, iterations: 600}}",
    ):
        assert plan(text).scenarios[0].schedule.duration == math.inf
    assert plan("iterations: 600\nmax_duration: 1m\narrivals: {rate: 10/s}").scenarios[0].schedule.duration == 60


def test_the_last_arrival_counts():
    """A rate of 10/s makes 10 in a second, the first at once; of 9.5 areas it makes 10."""
    for total, made in ((10.0, 10), (9.5, 10), (9.0, 9)):
        schedule = lines(total, [("steady", 1.0, total)])
        assert not misfits(Quota(made), schedule, is_open=True)
        assert misfits(Quota(made + 1), schedule, is_open=True)


def test_a_rehearsal():
    """Makes the same iterations within another time."""
    assert Quota(5, None, 60.0).scaled(0.1) == Quota(5, None, 6.0)
    assert Quota(None, 5).scaled(0.1) == Quota(None, 5)
    assert (Quota(7).total(3), Quota(None, 7).total(3)) == (7, 21)


SAID = [
    ("iterations: 1000\nmax_duration: 10m", "iterations   1,000 shared by the users of the command line, at most 10m"),
    ("iterations: {per_user: 5}\nshape: smoke", "iterations   5 by each of at most 10 users"),
]


@pytest.mark.parametrize("text, line", SAID, ids=["plain users", "a shape"])
def test_what_check_says(plan, text, line):
    """How many, by whom, and for how long at the most."""
    made = plan(text)
    assert outline.iterations(quota_of(made), made.most_users) == line


def test_which_loads_end_with_them(plan):
    """That of the run, or those of its scenarios that say so; rehearsed, but for their number."""
    (one,) = quotas_of(plan("iterations: {per_user: 5}\nmax_duration: 50s\nshape: smoke", time_scale=0.1))
    assert one == QuotaPlan(Quota(None, 5, 5.0), users=10)
    (plain,) = quotas_of(plan("iterations: 5"))
    assert plain == QuotaPlan(Quota(5))
    (rate,) = quotas_of(plan("iterations: 5\narrivals: {rate: 5/s, users: 3}"))
    assert (rate.scenario, rate.tag, rate.quota) == ("arrivals", "", Quota(5))
    text = "scenarios: {a: {shape: smoke}, b: {shape: smoke, start_time: 9s, iterations: {per_user: 2}}}"
    assert quotas_of(plan(text)) == (QuotaPlan(Quota(None, 2), "b", "b", 10, 9.0),)
    assert quotas_of(plan("shape: smoke")) == ()


MISPLACED = [
    ("a shape of the locustfile's own", "iterations: {per_user: 5}", "Mine", False, 1),
    ("where another one is chosen", "iterations: {per_user: 5}\nshape: smoke", "Mine", False, 0),
    ("shared ones", "iterations: 5", "Mine", True, 0),
    ("a class at a rate", "iterations: {per_user: 5}", "", True, 1),
    ("none", "shape: smoke", "Mine", True, 0),
]


@pytest.mark.parametrize("text, shape, opens, count", [row[1:] for row in MISPLACED], ids=[row[0] for row in MISPLACED])
def test_what_the_locustfile_does_not_allow(plan, text, shape, opens, count):
    """Iterations of each user need a number of users that somebody has said."""
    assert len(misplaced_quotas(plan(text), own_shape=shape, opens=opens)) == count


def test_a_rehearsal_may_have_no_time_for_them(plan):
    """That is said, since times are scaled and iterations are not."""
    text = "iterations: 600\narrivals: {rate: 10/s, duration: 1m}"
    assert unsure(plan(text), Horizon(run_time=60.0)) == []
    (said,) = unsure(plan(text, time_scale=0.5), Horizon(run_time=30.0))
    assert "at the time scale 0.5 its rate begins 300 of 600" in said


def test_they_are_part_of_what_runs_are_compared_by(plan):
    """Other iterations are another load; without any nothing has changed."""
    texts = ["shape: smoke", "shape: smoke\niterations: 5", "shape: smoke\niterations: 6"]
    loads = [fingerprint(plan(text), Namespace(), None, [])["load"] for text in texts]
    assert len(set(loads)) == 3
    text = "scenarios: {{a: {{shape: smoke{}}}}}"
    loads = [fingerprint(plan(text.format(more)), Namespace(), None, [])["load"] for more in ("", ", iterations: 5")]
    assert loads[0] != loads[1]
    assert loads[0] == f"scenarios ({KNOWN})"


KNOWN = "85a97ff7"
"""What a scenario without iterations was known by before there were any."""
