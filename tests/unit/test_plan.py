"""What one run is going to do: files and choices, resolved, with every mistake of both."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locust_ext.config.command_line import CommandLine, find_file, parse_params
from locust_ext.config.plan import BUILT_IN_KINDS, NO_BASELINE, NO_SHAPE, Plan, make_plan
from locust_ext.gates.labels import CodeTags
from locust_ext.gates.thresholds import Threshold, parse_assertion
from locust_ext.load.profiles import Spike
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.run.preflight import cannot_reset
from locust_ext.text.problems import ConfigurationError

A_THRESHOLD = Threshold(Selector("http_reqs"), parse_assertion("count>1"), Kind.COUNTER)


@pytest.fixture(autouse=True)
def no_base_url(monkeypatch):
    """No host comes from the environment, unless a test says so."""
    monkeypatch.delenv("BASE_URL", raising=False)


@pytest.fixture
def write(tmp_path):
    """Write a configuration and return its path."""

    def written(text, name="feed.yml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return str(file)

    return written


def problems(command_line, **options):
    """Return the texts of all that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        make_plan(command_line, **options)
    return [str(problem) for problem in caught.value.problems]


def test_without_anything():
    """Without a file there is a plan: no shape, no thresholds, named after the locustfile."""
    plan = make_plan(CommandLine(locustfiles=("dir/feed.py",)))
    assert (plan.name, plan.shape, plan.profile, plan.schedule, plan.thresholds) == ("feed", "", None, None, ())
    assert make_plan(CommandLine()).name == "locust"


FOUND = [
    ("beside the locustfile", ["feed.yml"], "feed.yml"),
    ("under the longer suffix", ["feed.yaml"], "feed.yaml"),
    ("the shorter one first", ["feed.yml", "feed.yaml"], "feed.yml"),
    ("nothing of that name", ["other.yml"], None),
]


@pytest.mark.parametrize("names, found", [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_the_file_beside_the_locustfile(tmp_path, write, names, found):
    """Without --loadtest the YAML of the locustfile's name is taken."""
    for name in names:
        write("version: 1", name)
    file = find_file(str(tmp_path / "feed.py"))
    assert found == (file.name if file else None)


def test_a_named_file_wins(write):
    """--loadtest is taken, whatever lies beside the locustfile."""
    write("name: beside")
    named = write("name: named", "other.yml")
    assert make_plan(CommandLine(file=named, locustfiles=("feed.py",))).name == "named"


SHAPES = [
    ("as configured", "shape: spike", {}, "spike"),
    ("chosen above the file", "shape: spike", {"shape": "soak"}, "soak"),
    ("none, though configured", "shape: spike", {"shape": NO_SHAPE}, ""),
    ("none in the file", "shape: none", {}, ""),
    ("chosen without a configured one", "version: 1", {"shape": "smoke"}, "smoke"),
    ("a name of one's own", "shapes: {peak: {kind: spike}}", {"shape": "peak"}, "peak"),
]


@pytest.mark.parametrize("text, chosen, shape", [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_shape(write, text, chosen, shape):
    """The command line's shape wins over the file's."""
    plan = make_plan(CommandLine(file=write(text), **chosen))
    assert shape == plan.shape
    assert bool(shape) == (plan.profile is not None)


def test_parameters_above_the_file(write):
    """--shape-params wins over the file, which wins over the defaults, and --time-scale shortens all of it."""
    file = write("shapes: {spike: {factor: 5, hold: 20s}}")
    plan = make_plan(CommandLine(file=file, shape="spike", shape_params="hold=30s", time_scale="0.5"))
    assert Spike(factor=5.0, hold=30.0) == plan.profile
    assert plan.schedule.duration == pytest.approx(80)


PARAMS = [
    ("commas", "factor=5,hold=30s", {"factor": "5", "hold": "30s"}),
    ("spaces", " factor=5  hold=30s ", {"factor": "5", "hold": "30s"}),
    ("dashes in names", "baseline-users=5", {"baseline_users": "5"}),
    ("quotes", "hold='1h 30m'", {"hold": "1h 30m"}),
    ("nothing", "", {}),
]


@pytest.mark.parametrize("text, params", [row[1:] for row in PARAMS], ids=[row[0] for row in PARAMS])
def test_params(text, params):
    """Parameters are pairs, between commas or spaces."""
    assert params == parse_params(text)


PHASES = [
    ("of a shipped shape", "recovery", ()),
    ("of a level", "level-100", ()),
    ("of a configured stage", "mine", ()),
    ("of a shape in code", "in-code", ("in-code",)),
    ("with a star", "lev*", ()),
]


@pytest.mark.parametrize("phase, in_code", [row[1:] for row in PHASES], ids=[row[0] for row in PHASES])
def test_known_phases(write, phase, in_code):
    """A threshold may judge any phase that some shape has."""
    text = f"shapes: {{stages: {{stages: [{{target: 1, duration: 1s, phase: mine}}]}}}}\nthresholds: {{'http_reqs{{phase:{phase}}}': count>1}}"
    plan = make_plan(CommandLine(file=write(text)), phases_in_code=in_code)
    assert [phase] == [threshold.phase for threshold in plan.thresholds]


RECOVERY = "shape: smoke\nthresholds: {'http_reqs{phase:recovery}': count>1}"
OTHER_LOADS = [
    ("the load that is configured", RECOVERY, {}, {}, "the load of this run has no phase 'recovery'; there are steady, warmup"),
    ("the load that is chosen", RECOVERY.replace("smoke", "spike"), {"shape": "smoke"}, {}, "the load of this run has no phase"),
    ("the phase is of the chosen load", RECOVERY, {"shape": "spike"}, {}, ""),
    ("another may still be chosen", RECOVERY, {}, {"final": False}, ""),
    ("none is configured, and one may come", RECOVERY[13:], {}, {}, ""),
    ("the run has none", RECOVERY[13:], {}, {"final": True}, "the load of this run has no phase 'recovery'"),
    ("the shape in code", RECOVERY[13:], {}, {"final": True, "phases_in_code": ("recovery",)}, ""),
    ("a storm brings it", f"storm: {{at: 5s}}\n{RECOVERY}", {}, {}, ""),
    ("a stress run finds its levels", "shape: stress\nthresholds: {'http_reqs{phase:level-100}': count>1}", {}, {}, ""),
    ("an optional one", RECOVERY.replace("count>1", "{threshold: count>1, optional: true}"), {}, {}, ""),
]  # fmt: skip


@pytest.mark.parametrize("text, chosen, more, why", [r[1:] for r in OTHER_LOADS], ids=[r[0] for r in OTHER_LOADS])
def test_phases_of_another_load(write, text, chosen, more, why):
    """A phase that the run cannot have is a mistake, where it is known which load it has."""
    command_line = CommandLine(file=write(text), **chosen)
    if not why:
        assert len(make_plan(command_line, **more).thresholds) == 1
        return
    found = problems(command_line, **more)
    assert len(found) == 1
    assert why in found[0]


def test_selectors_that_never_match_are_mistakes(write):
    """Each once, in its line, as it was written; an optional one is none."""
    text = """
thresholds:
  'http_req_duration{ url:/a, name:x }': ['p(95)<400', 'p(99)<400']
  'http_reqs{group:a}': [{threshold: count>1, optional: true}]
  'checks{group:a}': [{threshold: rate>0.9, optional: true}, rate>0.8]
scenarios:
  a: {arrivals: {rate: 1/s, duration: 1s}, thresholds: {vus: value>0}}
baseline: {max_regression: {'http_reqs{scenario:b}': 10%}}
"""
    file = write(text)
    found = [problem.removeprefix(f"{file}:") for problem in problems(CommandLine(file=file))]
    assert [problem.partition(": no")[0].partition(": vus")[0].partition(": there")[0] for problem in found] == [
        "3: thresholds.http_req_duration{ url:/a, name:x }",
        "5: thresholds.checks{group:a}",
        "7: scenarios.a.thresholds.vus",
        "8: baseline.max_regression.http_reqs{scenario:b}",
    ]


def test_what_the_locustfile_says_is_asked(write):
    """A tag that it may set is a tag like any other."""
    command_line = CommandLine(file=write("thresholds: {'http_reqs{url:a}': count>1}"))
    assert make_plan(command_line, code=lambda: CodeTags(frozenset({"url"}), is_read=True)).thresholds
    assert len(problems(command_line, code=lambda: CodeTags(frozenset(), is_read=True))) == 1


def test_a_locustfiles_own_metrics(write):
    """Thresholds on declared metrics are read when these are among the kinds, and refused when not."""
    command_line = CommandLine(file=write("thresholds: {mine: [p(95)<1]}"))
    assert len(make_plan(command_line, {**BUILT_IN_KINDS, "mine": Kind.TREND}).thresholds) == 1
    assert "there is no metric 'mine'" in problems(command_line)[0]


WRONG = [
    ("a missing file", "", {"file": "/nowhere/feed.yml"}, "there is no such file"),
    ("an unknown shape", "version: 1", {"shape": "spyke"}, "shape: there is no shape 'spyke'; did you mean 'spike'?"),
    ("each name once", "shapes: {smoke: {users: 5}}", {"shape": "XYZ"}, "there are market-open, replay, smoke, soak"),
    ("an unknown shape in the file", "\nshape: spyke", {}, "feed.yml:2: shape: there is no shape 'spyke'"),
    ("a wrong parameter", "version: 1", {"shape": "spike", "shape_params": "factr=5"}, "did you mean 'factor'?"),
    ("no parameter", "version: 1", {"shape": "spike", "shape_params": "factor"}, "'factor' is not a parameter"),
    ("an open quote", "version: 1", {"shape": "spike", "shape_params": "a='b"}, "cannot be read"),
    ("parameters of no shape", "version: 1", {"shape_params": "a=b"}, "there is no shape to give them to"),
    ("a time scale of 0", "version: 1", {"time_scale": "0"}, "--time-scale: '0' must be a number above 0"),
    ("a time scale of text", "version: 1", {"time_scale": "fast"}, "--time-scale: 'fast' must"),
    ("no number as time scale", "version: 1", {"time_scale": "nan"}, "--time-scale: 'nan' must"),
    ("an unknown phase", "thresholds: {'http_reqs{phase:recovry}': count>1}", {}, "did you mean 'recovery'?"),
    ("a broken shape that is not chosen", "shapes: {soak: {hold: 0s}}", {"shape": "spike"}, "shapes.soak.hold"),
    ("a file as report directory", "version: 1", {"report_dir": __file__}, "is a file; name a directory"),
]


@pytest.mark.parametrize("text, chosen, why", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong(write, text, chosen, why):
    """A mistake of the file or of the choices is one problem that says what would be right."""
    found = problems(CommandLine(**{"file": write(text), **chosen}))
    assert len(found) == 1
    assert why in found[0]


def test_every_mistake_at_once(write):
    """Mistakes of the file and of the command line are listed together, those of the file by line."""
    file = write("nmae: x\nshapes: {spike: {factor: 0}}\nthresholds: {http_reqs: [p(95)<1], zzz: [count>1]}\n")
    found = problems(CommandLine(file=file, shape="smok", time_scale="-1"))
    assert len(found) == 6
    assert [text.split(":")[1] for text in found if text.startswith(file + ":")] == ["1", "2", "3", "3"]


HOSTS = [
    ("from the file", "host: http://file", "", "http://file"),
    ("from the environment above it", "host: http://file", "http://env", "http://env"),
    ("from nowhere", "version: 1", "", ""),
]


@pytest.mark.parametrize("text, base_url, host", [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_host(monkeypatch, write, text, base_url, host):
    """BASE_URL wins over the file."""
    monkeypatch.setenv("BASE_URL", base_url)
    assert host == make_plan(CommandLine(file=write(text))).host


def test_a_wrong_base_url(monkeypatch):
    """A host of the environment that is none is a problem of the environment."""
    monkeypatch.setenv("BASE_URL", "staging")
    assert problems(CommandLine())[0].startswith("BASE_URL: 'staging' is not a host")


def test_names_for_the_command_line(write):
    """--shape offers every shape, stages and replay only where they are written, and names of one's own."""
    shipped = ["smoke", "spike", "soak", "stress", "market-open"]
    assert shipped == make_plan(CommandLine()).shape_names
    text = "shapes: {peak: {kind: spike}, stages: {stages: [{target: 1, duration: 1s}]}}"
    assert [*shipped, "stages", "peak"] == make_plan(CommandLine(file=write(text))).shape_names


def test_reports_and_tenant(write):
    """The command line's report directory wins, and a tenant of nothing is the default one."""
    file = write("reports: {dir: a}\ntenant:\n")
    assert make_plan(CommandLine(file=file)).report_dir == "a"
    assert make_plan(CommandLine(file=file, report_dir="b")).report_dir == "b"
    assert make_plan(CommandLine(file=file)).tenant.header == "x-synthetic-tenant"
    assert make_plan(CommandLine()).tenant is None


BASELINE = """
baseline: {dir: runs, max_regression: {default: 20%, "http_req_duration{name:/feed}": {p(99): 10%}}, quantiles: [99]}
"""


def test_a_baseline(write):
    """The directory, and a policy with a limit of its own; the command line wins, and none means none."""
    plan = make_plan(CommandLine(file=write(BASELINE)))
    assert (plan.baseline, plan.policy.max_regression, plan.policy.quantiles) == ("runs", 0.2, (99.0,))
    assert list(plan.policy.own_limits.values()) == [{"p(99)": 0.1}]
    assert make_plan(CommandLine(file=write(BASELINE), baseline="other")).baseline == "other"
    assert not make_plan(CommandLine(file=write(BASELINE), baseline=NO_BASELINE)).baseline
    assert not make_plan(CommandLine()).baseline


def test_a_stress_run_is_compared_with_none(write):
    """It ends where it breaks, so that no two are alike."""
    assert not make_plan(CommandLine(file=write(BASELINE), shape="stress")).baseline


UNKNOWN = (
    ":3: baseline.max_regression.http_req_duratoin: there is no metric 'http_req_duratoin'; did you mean"
    " 'http_req_duration'?; one of your own is declared in the locustfile, as Trend, Rate, Counter or Gauge"
)


def test_wrong_baselines(write):
    """Every mistake has its path and its line."""
    text = (
        "baseline:\n  kep: 3\n  max_regression: {http_req_duratoin: 30%, http_reqs: {p(99): 1%}}\n  floor: 5 parsecs\n"
    )
    found = problems(CommandLine(file=write(text), confirm=True))
    assert [problem.partition("feed.yml")[2] for problem in found if "feed.yml" in problem] == [
        ":2: baseline.kep: unknown key; did you mean 'keep'?",
        UNKNOWN,
        ":3: baseline.max_regression.http_reqs: of http_reqs, a counter, rate is compared, and not p(99)",
        ":4: baseline.floor: '5 parsecs' is not a duration; write it as 90s, 200ms or 1h30m",
    ]
    assert "--confirm: there is nothing to confirm without runs to compare with: add --baseline" in found[0]


def test_a_baseline_that_is_a_file(write):
    """A directory is wanted."""
    file = write("version: 1")
    assert problems(CommandLine(baseline=file)) == [f"--baseline: {file!r} is a file; name a directory"]


def test_a_webhook_is_no_name_of_a_variable(write):
    """A secret in the configuration is refused, and not repeated."""
    found = problems(CommandLine(file=write("reports: {slack_env: 'https://hooks.example.com/services/T0/B0/canary'}")))
    assert "must be the name of an environment variable" in found[0]
    assert "canary" not in found[0]


SNIPPETS = st.sampled_from(
    [
        *(
            "version: 1",
            "shape: spike",
            "shapes:",
            "  spike:",
            "    factor: 5",
            "    hold: ",
            "thresholds:",
            "  http_reqs:",
        ),
        *(
            "  - count>1",
            "  - {threshold: x}",
            "  checks: rate>1",
            "tenant:",
            "  header: x",
            "? ",
            "- ",
            ": ",
            "<<: *a",
            "&a",
        ),
        *(
            "{",
            "}",
            "[",
            "]",
            "!!bool x",
            "tags: {a: !!set {b}}",
            "1: 2",
            "name: 0x" + "f" * 5000,
            "\t",
            "~",
            "'",
            "---",
        ),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.text(), st.lists(SNIPPETS, max_size=8).map("\n".join), st.binary().map(lambda b: b.decode("latin-1")))
)
def test_any_text_is_a_plan_or_a_configuration_error(write, text):
    """Any text as YAML either gives a plan or a ConfigurationError, and nothing else."""
    with suppress(ConfigurationError):
        assert make_plan(CommandLine(file=write(text.encode("utf-8", "replace").decode()))).name


RESETS = [
    ("nothing is judged", Plan("feed"), ""),
    ("a baseline", Plan("feed", baseline="runs"), "baseline judge"),
    ("thresholds", Plan("feed", thresholds=(A_THRESHOLD,)), "thresholds judge"),
    ("both", Plan("feed", thresholds=(A_THRESHOLD,), baseline="runs"), "thresholds and baseline judge"),
]


@pytest.mark.parametrize("plan, why", [row[1:] for row in RESETS], ids=[row[0] for row in RESETS])
def test_figures_that_begin_anew(plan, why):
    """--reset-stats is refused where something judges the whole run."""
    problem = cannot_reset(plan)
    assert bool(problem) == bool(why)
    assert why in str(problem)
