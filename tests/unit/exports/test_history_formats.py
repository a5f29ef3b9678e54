"""The files of a history: each is what its tool reads, whatever a run holds."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.exports.bencher import bencher
from locust_ext.exports.github_benchmark import github_benchmark
from locust_ext.exports.measures import AMPLIFICATION, FAILED, GROWTH, NEVER_BACK, PEAK, PERCENTILES, THROUGHPUT
from locust_ext.exports.otava import MARK, otava_csv, otava_section
from tests.unit.exports.recorded import kept, measured, read_as_otava, small
from tests.unit.reports.examples import NASTY, OUTCOMES, drifting, example, limited

NUMBER = {"type": "number"}
METRIC = {
    "type": "object",
    "properties": {"value": NUMBER, "lower_value": NUMBER, "upper_value": NUMBER},
    "required": ["value"],
    "additionalProperties": False,
}
BENCHER = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"minLength": 1, "maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64},
        "additionalProperties": METRIC,
    },
}
"""What https://bencher.dev/bmf.json asks for, and what a benchmark's name and a measure's slug may be."""

TEXT = {"type": "string"}
GITHUB = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": TEXT, "unit": TEXT, "value": NUMBER, "range": TEXT, "extra": TEXT},
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}
"""What github-action-benchmark's custom tools read."""

RUNS = [
    ("a run that failed", lambda: example(outcomes=OUTCOMES)),
    ("thresholds of all kinds", limited),
    ("a soak", drifting),
    ("names that nobody would give", lambda: example(names=(NASTY, "=cmd|' /C calc'!A0", "/a,b", '/"x"\n'))),
    ("an odd name of its own", lambda: replace(small(), name="=a|b`<x>\n" + "y" * 190, tags={"git_sha": "@SUM(1)"})),
    ("durations of zero", lambda: measured({("GET", "/a"): [0.0] * 300})),
    ("many endpoints", lambda: measured({("GET", f"/{n}"): [float(n)] * 30 for n in range(200)})),
]
ALL_RUNS = pytest.mark.parametrize("run", [row[1] for row in RUNS], ids=[row[0] for row in RUNS])


@ALL_RUNS
def test_what_bencher_reads(run):
    """Numbers by benchmark and measure, each within its bounds; every figure is there under a name of its own."""
    run = kept(run())
    document = json.loads(bencher(run))
    jsonschema.validate(document, BENCHER)
    metrics = [metric for measures in document.values() for metric in measures.values()]
    assert len(metrics) == len(run.figures)
    for metric in metrics:
        assert metric.get("lower_value", metric["value"]) <= metric["value"]
        assert metric["value"] <= metric.get("upper_value", metric["value"])
    assert all(len(name.encode()) <= 1024 and name.isprintable() and not set("`|<>") & set(name) for name in document)


def test_an_endpoint_in_bencher():
    """Has the test's name before it, and the ends of the interval beside each value."""
    document = json.loads(bencher(kept(small())))
    assert list(document) == ["feed: all requests", "feed: GET /feed"]
    assert document["feed: GET /feed"]["p95-ms"] == {"value": 47.007, "lower_value": 46.015, "upper_value": 49.0}
    assert document["feed: GET /feed"]["failed-share"]["value"] == 0.01


@ALL_RUNS
def test_what_github_action_benchmark_reads(run):
    """Entries with texts and numbers; each figure that has a better side is in one of the two files, once."""
    run = kept(run())
    smaller, bigger = json.loads(github_benchmark(run)), json.loads(github_benchmark(run, bigger=True))
    for entries in (smaller, bigger):
        jsonschema.validate(entries, GITHUB)
    names = [one["name"] for one in [*smaller, *bigger]]
    assert len(names) == len(set(names)) == len([one for one in run.figures if one.measure.slug != "drift-growth"])
    assert all(one["name"].isprintable() and not set("`|<>") & set(one["name"]) for one in smaller)


def test_which_way_is_better():
    """Requests a second, and thresholds that ask for at least so much, are for the tool that wants more."""
    bigger = json.loads(github_benchmark(kept(limited()), bigger=True))
    assert [one["name"].removeprefix("feed: ") for one in bigger] == [
        "all requests throughput",
        "GET /communities/:id/posts throughput",
        "GET /hot/:key throughput",
        "threshold http_reqs rate at-least-per-second",
    ]


def test_an_entry_of_github_action_benchmark():
    """Says of how many samples, of which run, and what a reader must know of it."""
    run = kept(replace(small(), tags={"git_sha": "0a1b2c3d"}, reset_at=5.0))
    entry = next(one for one in json.loads(github_benchmark(run)) if one["name"] == "feed: GET /feed p95-ms")
    assert entry == {
        "name": "feed: GET /feed p95-ms",
        "unit": "ms",
        "value": 47.007,
        "range": "46.015 to 49.0",
        "extra": "of 200 samples\nrun 00000000000000000000000000000000, 2026-11-24 10:00:00 UTC\npassed (exit code 0)\n"
        "commit 0a1b2c3d\nits statistics were reset: its figures are those since 5s",
    }


@ALL_RUNS
def test_what_otava_reads(run):
    """A number in each cell of each metric, whatever the names hold; no cell is a formula."""
    runs = [kept(run()), kept(run())]
    table, section = otava_csv(runs), otava_section(runs, "history.csv")
    times, metrics, attributes = read_as_otava(section, table)
    assert times == [int(one.started.timestamp()) for one in runs]
    assert len(metrics) == len(runs[0].figures)
    assert [values[0] for values in metrics.values()] == pytest.approx([one.value for one in runs[0].figures], rel=1e-8)
    assert attributes["run"] == [one.id for one in runs]
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert "," not in "".join(metrics)


def test_a_history_of_otava():
    """A row a run, in the order in which they are given; a figure that a run lacks is not in the section."""
    runs = [kept(small(1)), kept(small(2, names=("/feed", "/new"))), kept(small(3, 2.0))]
    table, section = otava_csv(runs), otava_section(runs, "a 'b\" ü/😀.csv")
    times, metrics, attributes = read_as_otava(section, table)
    assert times == sorted(times)
    assert metrics["GET /feed.p95-ms"] == [47.007, 47.007, 94.015]
    assert "GET /new.p95-ms" not in metrics
    assert "GET /new.p95-ms" in table
    assert list(attributes) == ["run", "commit", "verdict", "made"]
    assert yaml.safe_load(section)["tests"]["feed"]["file"] == "a 'b\" ü/😀.csv"
    assert section.startswith(MARK)


def test_directions():
    """More requests a second are better, longer durations are worse, and a limit of == has no side."""
    runs = [kept(limited())]
    metrics = yaml.safe_load(otava_section(runs, "x"))["tests"]["feed"]["metrics"]
    assert metrics["all requests.throughput"] == {"direction": 1}
    assert metrics["all requests.p50-ms"] == {"direction": -1}
    assert {name for name, said in metrics.items() if said["direction"] == 1} == {
        name for name in metrics if name.endswith(("throughput", "at-least-per-second"))
    }


def test_a_branch_has_a_column():
    """Where a run says its branch; else Otava would take it for another branch."""
    without, main = kept(small(1)), kept(replace(small(2), tags={"branch": "main"}))
    assert "branch" not in otava_csv([without]).partition("\n")[0].split(",")
    assert read_as_otava(otava_section([main], "x"), otava_csv([main]))[2]["branch"] == ["main"]
    with pytest.raises(ValueError, match="several branches"):
        read_as_otava(otava_section([without, main], "x"), otava_csv([without, main]))


def test_runs_that_have_nothing_in_common():
    """Make a section that is YAML, and has no metric."""
    one, other = (kept(replace(small(), outcomes=(), series=())) for _ in range(2))
    assert read_as_otava(otava_section([one, other], "x"), otava_csv([one, other]))[1] == {}


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_texts(name, test, commit):
    """Are carried by all three, half characters and control characters too."""
    run = kept(replace(measured({("GET", name): [1.0] * 30}, id="x"), name=test, tags={"branch": commit}))
    for text in (bencher(run), github_benchmark(run)):
        json.loads(text.encode("utf-8"))
    _, metrics, attributes = read_as_otava(otava_section([run], test), otava_csv([run]))
    assert len(metrics) == len(run.figures)
    assert len(attributes["run"]) == 1


def test_the_page_has_every_figure():
    """Under the names that are written."""
    page = (Path(__file__).parents[3] / "docs/how-to/history.md").read_text("utf-8")
    own = [THROUGHPUT, FAILED, GROWTH, NEVER_BACK, AMPLIFICATION, PEAK]
    for measure in [*PERCENTILES.values(), *own]:
        assert f"`{measure.slug}`" in page
        assert measure.unit in page
