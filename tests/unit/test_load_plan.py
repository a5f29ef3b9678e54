"""Arrivals and scenarios of a configuration: the loads they make, and every mistake at its place."""

import math
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locust_ext.config.plan import CommandLine, make_plan
from locust_ext.load.scenario import IDLE
from locust_ext.text.problems import ConfigurationError


@pytest.fixture(autouse=True)
def no_base_url(monkeypatch):
    """No host comes from the environment."""
    monkeypatch.delenv("BASE_URL", raising=False)


@pytest.fixture
def plan(tmp_path):
    """Plan a run of a configuration."""

    def planned(text, opens=False, **chosen):
        file = tmp_path / "feed.yml"
        file.write_text(text, encoding="utf-8")
        return make_plan(CommandLine(file=str(file), **chosen), opens=opens)

    return planned


@pytest.fixture
def problems(plan):
    """Return all that is wrong with a configuration: paths and messages."""

    def found(text, **chosen):
        with pytest.raises(ConfigurationError) as caught:
            plan(text, **chosen)
        return [(problem.path, problem.message) for problem in caught.value.problems]

    return found


def test_an_open_run(plan):
    """Arrivals alone are one load without a name of its own: its measurements carry no tag."""
    made = plan("arrivals: {rate: 200/s, duration: 2m, users: 100, max_users: 400}")
    (one,) = made.scenarios
    assert (one.schedule.level(60), one.schedule.duration, one.tags) == (200, 120, None)
    assert (one.pool.users, one.pool.max_users) == (100, 400)
    assert (made.load_name, made.is_open, made.most_users) == ("arrivals", True, 400)
    assert made.schedule.duration == 120


def test_an_open_run_without_an_end(plan):
    """A constant rate may last until somebody ends the run."""
    assert plan("arrivals: {rate: 5/m}").schedule.duration == math.inf


def test_a_shape_as_a_rate(plan):
    """Where arrivals say no rate, the levels of the run's shape are arrivals a second."""
    made = plan("shape: spike\narrivals: {users: 10}")
    (one,) = made.scenarios
    assert one.schedule == made.profile.schedule()
    assert (made.load_name, made.is_open, made.most_users) == ("arrivals at the rate of spike", True, 10)


def test_a_shape_of_the_command_line_wins(plan):
    """It gives the rate instead of the file's; none means plain users, as Locust has them."""
    text = "arrivals: {rate: 5/s, duration: 1m}"
    assert plan(text, shape="smoke").scenarios[0].schedule == plan(text, shape="smoke").profile.schedule()
    plain = plan(text, shape="none")
    assert (plain.scenarios, plain.is_open, plain.schedule) == ((), False, None)


SCENARIOS = """
scenarios:
  smoke:
    users: FeedUser
    arrivals: {rate: 200/s, duration: 2m, users: 100, max_users: 400}
    tags: {team: feed}
    thresholds: {http_req_duration: [p(95)<400]}
  soak:
    start_time: 3m
    arrivals: {start_rate: 200/s, users: 200, max_users: 1500,
               stages: [{target: 800/s, duration: 5m}, {target: 800/s, duration: 30m}, {target: 0/s, duration: 2m}]}
  background:
    shape: quiet
  as-a-rate:
    shape: quiet
    duration: 30s
    arrivals: {users: 7}
shapes:
  quiet: {kind: smoke, users: 10, duration: 60s, ramp: 0s}
thresholds: {http_req_duration: p(99)<900}
"""


def test_several_loads(plan):
    """Each has its users, its start, its tags and its own way to be made."""
    made = plan(SCENARIOS)
    assert [one.name for one in made.scenarios] == ["smoke", "soak", "background", "as-a-rate"]
    smoke, soak, background, as_a_rate = made.scenarios
    assert (smoke.users, smoke.tags, smoke.start, smoke.end) == (("FeedUser",), {"team": "feed"}, 0, 120)
    assert (soak.start, soak.end, soak.schedule.level(0), soak.schedule.peak) == (180, 180 + 37 * 60, 200, 800)
    assert (background.pool, background.schedule.peak, background.end) == (None, 10, 60)
    assert (as_a_rate.pool.users, as_a_rate.schedule.peak, as_a_rate.end) == (7, 10, 30)
    assert (made.load_name, made.is_open, made.most_users) == ("scenarios", True, 400 + 1500 + 10 + 7)


def test_the_phases_of_several_loads(plan):
    """The run's phases are the sets of scenarios under way."""
    assert [(one.name, one.start) for one in plan(SCENARIOS).schedule.phases] == [
        ("smoke+background+as-a-rate", 0),
        ("smoke+background", 30),
        ("smoke", 60),
        (IDLE, 120),
        ("soak", 180),
    ]


def test_a_single_scenario_is_still_one(plan):
    """It has a name, and so have its measurements."""
    made = plan("scenarios: {only: {arrivals: {rate: 1/s, duration: 1s}}}")
    assert (made.load_name, made.scenarios[0].tags) == ("scenarios", {})


def test_a_rehearsal(plan):
    """The time scale shortens every load and every wait before one, but no rate and no pool."""
    smoke, soak, *_ = plan(SCENARIOS, time_scale="0.1").scenarios
    assert (smoke.end, soak.start, soak.schedule.peak) == pytest.approx((12, 18, 800))
    assert soak.pool.max_users == 1500


def test_thresholds_of_a_scenario(plan):
    """They are judged over the scenario's measurements alone, those of the run over all."""
    found = plan(SCENARIOS).thresholds
    assert [str(one) for one in found] == [
        "http_req_duration: p(99)<900",
        "http_req_duration{scenario:smoke}: p(95)<400",
    ]


CORRECTED = [
    ("arrivals", "arrivals: {rate: 1/s}", False, True),
    ("an open scenario", "scenarios: {a: {arrivals: {rate: 1/s, duration: 1s}}}", False, True),
    ("a class of the locustfile", "version: 1", True, True),
    ("plain users", "version: 1", False, False),
    ("a shape of users", "shape: smoke", False, False),
    ("closed scenarios", "scenarios: {a: {shape: smoke}}", False, False),
]


@pytest.mark.parametrize("text, opens, corrected", [row[1:] for row in CORRECTED], ids=[row[0] for row in CORRECTED])
def test_what_durations_count_from(plan, text, opens, corrected):
    """In open runs thresholds judge from when iterations were due; closed runs do not measure that."""
    made = plan(f"{text}\nthresholds: {{http_req_duration: p(95)<1}}", opens=opens)
    (threshold,) = made.thresholds
    metric = "http_req_duration_corrected" if corrected else "http_req_duration"
    assert (threshold.selector.metric, threshold.judged.metric) == ("http_req_duration", metric)


def test_uncorrected_on_demand(plan):
    """Anyone who wants the time of the request itself says so."""
    text = "arrivals: {rate: 1/s}\nthresholds: {http_req_duration: {threshold: p(95)<1, corrected: false}}"
    (threshold,) = plan(text).thresholds
    assert threshold.judged.metric == "http_req_duration"


def test_phases_of_scenarios_can_be_judged(plan):
    """A threshold may name a set of scenarios."""
    text = "scenarios:\n  a: {arrivals: {rate: 1/s, duration: 1s}}\n  b: {shape: smoke}\n"
    assert plan(f"{text}thresholds: {{'http_reqs{{phase:a+b}}': count>1}}").thresholds[0].phase == "a+b"


STAGE = "stages: [{target: 5/s, duration: 1s}]"

ARRIVALS = [
    ("no rate at all", "rate: 0", "arrivals.rate", "0 is not a rate: it must lie between 1/h and 1,000,000/s"),
    ("a rate of none", "rate: 0/s", "arrivals.rate", "'0/s' is not a rate: it must lie between 1/h and 1,000,000/s"),
    ("a negative rate", "rate: -5", "arrivals.rate", "-5 is not a rate: it must lie between 1/h and 1,000,000/s"),
    ("a negative rate of text", "rate: -5/s", "arrivals.rate", "'-5/s' is not a rate; write it as 200/s or 300/m"),
    ("not a number", "rate: .nan", "arrivals.rate", "nan is not a rate: it must lie between 1/h and 1,000,000/s"),
    ("without end", "rate: .inf", "arrivals.rate", "inf is not a rate: it must lie between 1/h and 1,000,000/s"),
    ("text", "rate: fast", "arrivals.rate", "'fast' is not a rate; write it as 200/s or 300/m"),
    ("a truth", "rate: true", "arrivals.rate", "True is not a rate; write it as 200/s or 300/m"),
    ("a list", "rate: [5/s]", "arrivals.rate", "['5/s'] is not a rate; write it as 200/s or 300/m"),
    ("too much", "rate: 2000000/s", "arrivals.rate", "'2000000/s' is not a rate: it must lie between 1/h and 1,000,000/s"),
    ("a number without a unit", "rate: '200'", "arrivals.rate", "'200' is not a rate; write it as 200/s or 300/m"),
    ("a rate and stages", f"rate: 5/s, {STAGE}", "arrivals", "write either rate, or start_rate and stages"),
    ("a rate and a start rate", "rate: 5/s, start_rate: 5/s", "arrivals", "write either rate, or start_rate and stages"),
    ("a start rate alone", "start_rate: 5/s", "arrivals", "start_rate needs stages that it starts; write rate for a constant one"),
    ("stages and a duration", f"{STAGE}, duration: 5s", "arrivals", "stages have durations of their own; leave duration out"),
    ("stages of no length", "stages: [{target: 5/s, duration: 0s}]", "arrivals", "the stages last no time at all: give one of them a duration"),
    ("a negative start rate", f"start_rate: -1, {STAGE}", "arrivals.start_rate", "-1 is not a rate: it must lie between 0/s and 1,000,000/s"),
    ("a negative target", "stages: [{target: -1, duration: 1s}]", "arrivals.stages[0].target", "-1 is not a rate: it must lie between 0/s and 1,000,000/s"),
    ("a stage without a target", "stages: [{duration: 1s}]", "arrivals.stages[0].target", "this key is missing"),
    ("a stage without a duration", "stages: [{target: 1/s}]", "arrivals.stages[0].duration", "this key is missing"),
    ("a stage's wrong key", "stages: [{targt: 5/s, duration: 1s}]", "arrivals.stages[0].targt", "unknown key; did you mean 'target'?"),
    ("a stage that is none", "stages: [5/s]", "arrivals.stages[0]", "must hold keys and values, not '5/s'"),
    ("a duration of nothing", "rate: 1/s, duration: 0s", "arrivals.duration", "must be more than 0, not '0s'"),
    ("a duration without a unit", "rate: 1/s, duration: '5'", "arrivals.duration", "'5' is not a duration; write it as 90s, 200ms or 1h30m"),
    ("no users", "rate: 1/s, users: 0", "arrivals.users", "must be at least 1, not 0"),
    ("users of text", "rate: 1/s, users: many", "arrivals.users", "must be a whole number, not 'many'"),
    ("too small a maximum", "rate: 1/s, users: 10, max_users: 9", "arrivals", "max_users must not be less than users"),
    ("no spacing", "rate: 1/s, spacing: even", "arrivals.spacing", "must be 'uniform' or 'poisson', not 'even'"),
    ("a negative patience", "rate: 1/s, patience: -1", "arrivals.patience", "-1 is not a duration: it must be finite and not negative"),
    ("an endless stop", "rate: 1/s, graceful_stop: .inf", "arrivals.graceful_stop", "inf is not a duration: it must be finite and not negative"),
    ("a wrong key", "rat: 5/s", "arrivals.rat", "unknown key; did you mean 'rate'?"),
    ("another wrong key", "rate: 5/s, max_user: 5", "arrivals.max_user", "unknown key; did you mean 'max_users'?"),
    ("no load", "users: 5", "arrivals", "it has no rate: write rate: 200/s, or stages, or name a shape whose levels are the rate"),
]  # fmt: skip


@pytest.mark.parametrize("text, path, message", [row[1:] for row in ARRIVALS], ids=[row[0] for row in ARRIVALS])
def test_wrong_arrivals(problems, text, path, message):
    """A mistake in arrivals stands at its path, and says what would be right."""
    assert (path, message) in problems(f"arrivals: {{{text}}}")


TWO_MISTAKES = {"no load", "a stage's wrong key"}
"""Of these a scenario has one more to say, or another one."""

IN_SCENARIOS = [row for row in ARRIVALS if row[0] not in TWO_MISTAKES]


@pytest.mark.parametrize("text, path, message", [row[1:] for row in IN_SCENARIOS], ids=[row[0] for row in IN_SCENARIOS])
def test_wrong_arrivals_of_a_scenario(problems, text, path, message):
    """In a scenario it is one problem, with the scenario's name in its path."""
    assert problems(f"scenarios: {{feed: {{arrivals: {{{text}}}}}}}") == [(f"scenarios.feed.{path}", message)]


def test_a_wrong_key_in_a_stage(problems):
    """It has the nearest valid name, beside the key that is missing in its place."""
    assert problems("scenarios: {feed: {arrivals: {stages: [{targt: 5/s, duration: 1s}]}}}") == [
        ("scenarios.feed.arrivals.stages[0].target", "this key is missing"),
        ("scenarios.feed.arrivals.stages[0].targt", "unknown key; did you mean 'target'?"),
    ]


LOAD = "arrivals: {rate: 1/s, duration: 1s}"
TWO_LOADS = "it has two loads: take the rate out of arrivals, and the levels of the shape are the rate"

SCENARIO = [
    ("no load", "tags: {}", "", "it has no load: write arrivals with a rate or stages, or name a shape"),
    ("arrivals without a rate", "arrivals: {users: 5}", "", "it has no load: write arrivals with a rate or stages, or name a shape"),
    ("nothing", "", "", "it has no load: write arrivals with a rate or stages, or name a shape"),
    ("two loads", f"{LOAD}, shape: smoke", "", TWO_LOADS),
    ("a rate without an end", "arrivals: {rate: 1/s}", "", "a constant rate needs a duration or iterations, so that the run has an end"),
    ("stages and a duration", f"arrivals: {{{STAGE}}}, duration: 5s", "", "stages have durations of their own; leave duration out"),
    ("an unknown shape", "shape: smoek", ".shape", "there is no shape 'smoek'; did you mean 'smoke'?"),
    ("a stress run", "shape: stress", ".shape", "a stress run is judged level by level, and has no other load beside it; name it as shape"),
    ("a wrong key", f"{LOAD}, strat_time: 5s", ".strat_time", "unknown key; did you mean 'start_time'?"),
    ("a negative start", f"{LOAD}, start_time: -5", ".start_time", "-5 is not a duration: it must be finite and not negative"),
    ("users that are not names", f"{LOAD}, users: [5]", ".users[0]", "must be text, not 5"),
    ("users that are a number", f"{LOAD}, users: 5", ".users", "must be a list, not 5"),
    ("tags that are a list", f"{LOAD}, tags: [a]", ".tags", "must hold keys and values, not ['a']"),
    ("an unknown metric", f"{LOAD}, thresholds: {{http_req_duratoin: p(95)<1}}", ".thresholds.http_req_duratoin", "there is no metric 'http_req_duratoin'; did you mean"),
    ("no threshold", f"{LOAD}, thresholds: {{http_reqs: many}}", ".thresholds.http_reqs[0]", "'many' is not a threshold"),
    ("the wrong method", f"{LOAD}, thresholds: {{http_reqs: p(95)<1}}", ".thresholds.http_reqs[0]", "p(95)"),
    ("a threshold's wrong key", f"{LOAD}, thresholds: {{http_reqs: {{threshold: count>1, windw: 5s}}}}", ".thresholds.http_reqs[0].windw", "unknown key; did you mean 'window'?"),
]  # fmt: skip


@pytest.mark.parametrize("text, path, message", [row[1:] for row in SCENARIO], ids=[row[0] for row in SCENARIO])
def test_a_wrong_scenario(problems, text, path, message):
    """A mistake in a scenario is one problem at its path."""
    ((found, said),) = problems(f"scenarios: {{feed: {{{text}}}}}")
    assert found == f"scenarios.feed{path}"
    assert message in said


BESIDE = "the run has scenarios, and each has a load of its own; "

RUN = [
    ("a shape beside scenarios", f"shape: smoke\nscenarios: {{a: {{{LOAD}}}}}", {}, [("shape", BESIDE + "move this into one of them")]),
    ("arrivals beside scenarios", f"{LOAD}\nscenarios: {{a: {{{LOAD}}}}}", {}, [("arrivals", BESIDE + "move this into one of them")]),
    (
        "both beside scenarios",
        f"shape: smoke\n{LOAD}\nscenarios: {{a: {{{LOAD}}}}}",
        {},
        [("shape", BESIDE + "move this into one of them"), ("arrivals", BESIDE + "move this into one of them")],
    ),
    ("a chosen shape beside scenarios", f"scenarios: {{a: {{{LOAD}}}}}", {"shape": "smoke"}, [("--shape", BESIDE + "leave --shape out")]),
    ("a shape and a rate", f"shape: smoke\n{LOAD}", {}, [("arrivals", TWO_LOADS)]),
    ("no scenarios", "scenarios:", {}, [("scenarios", "must hold keys and values, not None")]),
    ("a list of scenarios", "scenarios: []", {}, [("scenarios", "must hold keys and values, not []")]),
    ("a scenario of nothing", "scenarios: {a: }", {}, [("scenarios.a", "must hold keys and values, not None")]),
    ("nothing as arrivals", "arrivals:", {}, [("arrivals", "it has no rate: write rate: 200/s, or stages, or name a shape whose levels are the rate")]),
    ("a wrong section", "scenarois: {}", {}, [("scenarois", "unknown key; did you mean 'scenarios'?")]),
]  # fmt: skip


@pytest.mark.parametrize("text, chosen, expected", [row[1:] for row in RUN], ids=[row[0] for row in RUN])
def test_a_wrong_run(problems, text, chosen, expected):
    """What makes no single run is said where it stands."""
    assert problems(text, **chosen) == expected


def test_so_many_scenarios(problems):
    """Their names are tags, and tags are a bounded set."""
    many = ", ".join(f"s{index}: {{{LOAD}}}" for index in range(21))
    ((path, message),) = problems(f"scenarios: {{{many}}}")
    assert path == "scenarios"
    assert "at most 20" in message


def test_every_mistake_at_once(problems):
    """Mistakes of several scenarios come together, in the order of the file."""
    text = """
scenarios:
  one: {arrivals: {rate: 0, duration: 1s}}
  two: {shape: smoek}
  three: {arrivals: {rate: 1/s, duration: 1s, patince: 1s}}
  four: {arrivals: {rate: 1/s, duration: 1s}, thresholds: {http_req: count>1}}
"""
    found = [path for path, _ in problems(text)]
    assert found == [
        "scenarios.one.arrivals.rate",
        "scenarios.two.shape",
        "scenarios.three.arrivals.patince",
        "scenarios.four.thresholds.http_req",
    ]


SNIPPETS = st.sampled_from(
    [
        *("arrivals: ", "scenarios: ", "  a: ", "  arrivals: ", "    arrivals: ", "    shape: smoke", "shape: spike"),
        *("  rate: 5/s", "  rate: .nan", "      rate: 1/s", "      duration: 1s", "  duration: 1s", "  users: 5", "    users: A"),
        *("      stages: [{target: 1, duration: 1s}]", "  stages: [{target: 1}]", "  stages: {}", "      stages: [[]]"),
        *("    thresholds: {http_reqs: count>1}", "    thresholds: 5", "    thresholds: {checks: [[]]}", "    tags: {1: {}}"),
        *("  ? [a]", "  a: &x {shape: smoke}", "  b: *x", "  ~: {}", "  start_rate: 1", "    start_time: 1e400", "  max_users: 0"),
    ]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SNIPPETS, max_size=8).map("\n".join))
def test_any_text_is_a_plan_or_a_configuration_error(plan, text):
    """However wrong the loads are: a plan, or a ConfigurationError, and nothing else."""
    with suppress(ConfigurationError):
        assert plan(text).name


def test_a_mistake_in_the_rate_is_one_mistake(problems):
    """Without the rate that was wrong there is none, and that is not said beside it."""
    assert [path for path, _ in problems("arrivals: {rate: 0}")] == ["arrivals.rate"]


def test_a_broken_shape_is_said_once(problems):
    """Though a scenario names it, too."""
    found = problems("scenarios: {a: {shape: spike}}\nshapes: {spike: {factor: 0}}")
    assert [path for path, _ in found] == ["shapes.spike.factor"]


def test_an_unknown_phase_in_a_scenarios_threshold(problems):
    """It stands in the scenario."""
    found = problems(f"scenarios: {{a: {{{LOAD}, thresholds: {{'http_reqs{{phase:nope}}': count>1}}}}}}")
    assert [path for path, _ in found] == ["scenarios.a.thresholds.http_reqs{phase:nope}"]


@pytest.mark.parametrize("name", ["stages", "thresholds", "arrivals"])
def test_a_scenario_may_be_called_like_a_key(problems, name):
    """Its own keys are still those of a scenario."""
    found = problems(f"scenarios: {{{name}: {{{LOAD}, strat_time: 5s}}}}")
    assert found == [(f"scenarios.{name}.strat_time", "unknown key; did you mean 'start_time'?")]


@pytest.mark.parametrize(
    "text", ["shape: smoke\narrivals: {duration: 5s}", "scenarios: {a: {shape: smoke, arrivals: {duration: 5s}}}"]
)
def test_a_duration_without_a_rate(problems, text):
    """It would mean nothing, so it is refused."""
    ((path, message),) = problems(text)
    assert path.endswith("arrivals")
    assert message == "duration is that of a rate; a shape has a length of its own: leave duration out"
