"""The commands about runs that were recorded: what they say, and what they end with."""

import json
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner
from examples import OUTCOMES, example

from locust_ext.archive.report_dir import SUMMARY, write_report_dir
from locust_ext.cli import main
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.options import ReportOptions

pytestmark = pytest.mark.slow


def run(*words):
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def recorded(tmp_path):
    """Write the reports of a run, green if nothing else is said; ``seed`` is the minute in which it began."""

    def write(seed, factor=1.0, **changes):
        place = tmp_path / f"run-{seed}"
        write_report_dir(replace(example(factor, seed), **changes), place, ReportOptions(html=False))
        return place

    return write


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Return a directory of three runs, for all tests."""
    place = tmp_path_factory.mktemp("three")
    for seed in (1, 2, 3):
        write_report_dir(example(1.0, seed), place / "run", ReportOptions(html=False))
        assert run("baseline", "add", place / "run", "--dir", place / "store").exit_code == 0
    return place / "store"


@pytest.fixture
def store(three, tmp_path):
    """Return a directory of three runs."""
    return shutil.copytree(three, tmp_path / "store")


def kept(store):
    """Return the places of the runs on a store, oldest first."""
    return sorted(store.glob("2*"))


COMPARED = [
    pytest.param(1.0, 0, "PASSED", id="as fast as before"),
    pytest.param(2.0, 99, "FAILED", id="slower"),
]


@pytest.mark.parametrize("factor, code, word", COMPARED)
def test_compare(recorded, store, factor, code, word):
    """The table ends with the verdict, whose code is the command's; in JSON the same stands."""
    place = recorded(9, factor)
    told = run("compare", place, store)
    assert told.exit_code == code
    assert told.output.splitlines()[-1].startswith(f"{word}: ")
    assert told.output.endswith(f"  (exit code {code})\n")
    assert "http_req_duration" in told.output
    assert "\n\n" not in told.output.strip("\n")
    as_json = run("compare", place, store, "--json")
    assert as_json.exit_code == code
    assert as_json.output.endswith("}\n")
    found = json.loads(as_json.output)
    assert found["exit_code"] == code
    assert found["rows"]


def test_compare_with_limits_of_one_s_own(recorded, store):
    """They stand above those of the configuration, and what is wrong with them is said with 104."""
    place = recorded(9, 2.0)
    assert run("compare", place, store, "--max-regression", "300%").exit_code == 0
    assert run("compare", place, store, "--min-runs", "4").exit_code == 111
    assert run("compare", place, store, "--floor", "10s").exit_code == 0
    one = json.loads(run("compare", place, store, "--quantiles", "50", "--json").output)
    assert "p(50)" in json.dumps(one) or "50" in json.dumps(one["rows"][0])
    wrong = run("compare", place, store, "--floor", "soon", "--max-regression", "much")
    assert wrong.exit_code == 104
    assert "locust_ext: 2 mistakes" in wrong.output
    assert "--floor" in wrong.output
    assert "--max-regression" in wrong.output


def test_compare_with_the_limits_of_a_configuration(recorded, store, tmp_path):
    """Only its ``baseline`` is looked at; the rest of the file is a matter of its runs."""
    place, config = recorded(9, 2.0), tmp_path / "feed.yml"
    config.write_text(f"baseline: {{dir: {store}, max_regression: 300%}}\nshape: nonsense\n", "utf-8")
    assert run("compare", place, store, "--loadtest", config).exit_code == 0
    assert run("compare", place, store, "--loadtest", config, "--max-regression", "1%").exit_code == 99
    config.write_text("baseline: {max_regression: much}\nnonsense: 1\n", "utf-8")
    wrong = run("compare", place, store, "--loadtest", config)
    assert wrong.exit_code == 104
    assert "baseline.max_regression" in wrong.output
    assert "nonsense" not in wrong.output
    config.write_text("name: feed\n", "utf-8")
    assert run("compare", place, store, "--loadtest", config).exit_code == 99


def test_compare_with_what_is_no_run(recorded, tmp_path):
    """A directory without runs is said; the run itself has to be one."""
    (tmp_path / "none").mkdir()
    told = run("compare", recorded(9), tmp_path / "none")
    assert told.exit_code == 111
    assert f"{tmp_path / 'none'}: there are no runs" in told.output
    wrong = run("compare", tmp_path / "none", recorded(8))
    assert wrong.exit_code == 104
    assert wrong.output.count("locust_ext: 1 mistake") == 1


def test_compare_with_single_runs(recorded):
    """Each of them is a baseline, without a directory of them."""
    told = run("compare", recorded(9), *(recorded(seed) for seed in (1, 2, 3)))
    assert (told.exit_code, "no runs" in told.output) == (0, False)


def test_report(recorded, tmp_path):
    """Its files are named, one a line, and can be read again; what cannot be written is said with 104."""
    place, output = recorded(1), tmp_path / "again"
    done = run("report", place, "-o", output)
    assert done.exit_code == 0
    assert done.output.splitlines() == sorted(str(file) for file in output.iterdir() if file.is_file())
    assert str(output / SUMMARY) in done.output
    assert str(output / "report.html") in done.output
    assert json.loads((output / SUMMARY).read_text()) == json.loads((place / SUMMARY).read_text())
    (tmp_path / "file").touch()
    wrong = run("report", place, "-o", tmp_path / "file" / "deep")
    assert wrong.exit_code == 104
    assert "locust_ext: " in wrong.output


def test_baseline_add(recorded, tmp_path):
    """How many are there, and which had to go."""
    store = tmp_path / "store"
    first = run("baseline", "add", recorded(1), "--dir", store, "--keep", 1)
    assert first.output.endswith(": added; 1 run there\n")
    (old,) = kept(store)
    second = run("baseline", "add", recorded(2), "--dir", store, "--keep", 1)
    assert second.output.splitlines()[0].endswith(": added; 1 run there")
    assert second.output.splitlines()[1] == f"{old}: removed, as only 1 are kept"
    assert run("baseline", "add", recorded(3), "--dir", store).output.endswith(": added; 2 runs there\n")


def test_baseline_add_by_a_configuration(recorded, tmp_path):
    """It names the directory and how many are kept; the command line stands above it."""
    config, store, other = tmp_path / "feed.yml", tmp_path / "store", tmp_path / "other"
    config.write_text(f"baseline: {{dir: {store}, keep: 1}}\n", "utf-8")
    for seed in (1, 2):
        assert run("baseline", "add", recorded(seed), "--loadtest", config).exit_code == 0
    assert len(kept(store)) == 1
    assert run("baseline", "add", recorded(3), "--loadtest", config, "--keep", 5).exit_code == 0
    assert len(kept(store)) == 2
    assert run("baseline", "add", recorded(4), "--loadtest", config, "--dir", other).exit_code == 0
    assert (len(kept(store)), len(kept(other))) == (2, 1)


def test_baseline_add_needs_a_directory_and_a_run_that_passed(recorded, tmp_path):
    """Else there is a sentence and 104; --force takes a run that did not pass."""
    nowhere = run("baseline", "add", recorded(1))
    assert nowhere.exit_code == 104
    assert "--dir: name a directory, or a configuration that does" in nowhere.output
    failed = recorded(2, verdict=Verdict("failed", 99, "1 of 4 thresholds failed"), outcomes=OUTCOMES)
    refused = run("baseline", "add", failed, "--dir", tmp_path / "store")
    assert refused.exit_code == 104
    assert "it failed (exit code 99)" in refused.output
    assert not (tmp_path / "store").exists()
    assert run("baseline", "add", failed, "--dir", tmp_path / "store", "--force").exit_code == 0


def test_baseline_list(store):
    """A line each, oldest first; one that cannot be read is told beside them."""
    done = run("baseline", "list", "--dir", store)
    assert done.exit_code == 0
    lines, places = done.stdout.splitlines(), kept(store)
    requests = sum(row.count for row in example(1.0, 1).series if row.metric == "http_reqs")
    assert [line.split("  ")[0] for line in lines] == [place.name for place in places]
    assert [line.split("  ")[1][14:16] for line in lines] == ["01", "02", "03"]
    assert all(line.split("  ")[2:] and line.endswith("  passed") for line in lines)
    assert all(" requests  " in line for line in lines)
    assert requests == 0 or f"  {requests:,} requests  " in lines[0]
    (places[0] / SUMMARY).write_text("no JSON")
    done = run("baseline", "list", "--dir", store)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.startswith("unreadable: ")


def test_an_empty_store(tmp_path):
    """Is said to be one."""
    (tmp_path / "store").mkdir()
    done = run("baseline", "list", "--dir", tmp_path / "store")
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'store'}: there are no runs\n")


def test_calibrate_from_recorded_runs(store, recorded, tmp_path):
    """It says what the gate can see, the same each time; too few runs are refused."""
    assert run("baseline", "add", recorded(4), "--dir", store).exit_code == 0
    done = run("calibrate", "--from", store)
    assert done.exit_code == 0
    assert "http_req_duration" in done.output
    assert run("calibrate", "--from", store).output == done.output
    assert not done.output.endswith("\n\n")
    few = run("calibrate", "--from", store, "--min-runs", 4)
    assert few.exit_code == 104
    assert "--runs: 4 runs to judge by each other; needs 5" in few.output
    damaged = kept(store)[0] / SUMMARY
    damaged.write_text("no JSON")
    few = run("calibrate", "--from", store)
    assert few.exit_code == 104
    assert "left out: " in few.output
    assert "--runs: 3 runs to judge by each other; needs 4" in few.output


@pytest.mark.parametrize("words", [(), ("locustfile.py", "--from", "runs")], ids=["neither", "both"])
def test_calibrate_has_to_know_what(words):
    """Either a locustfile or a directory of runs."""
    done = run("calibrate", *words)
    assert done.exit_code == 104
    assert "FILE: name a locustfile to run, or --from a directory of runs" in done.output


def test_schema():
    """It is JSON, and says what stands in a summary."""
    done = run("schema")
    assert "verdict" in json.loads(done.output)["properties"]
    assert done.output.endswith("}\n")
    assert not done.output.endswith("\n\n")


def test_reports_that_cannot_be_read_are_named(store, recorded):
    """Each by its place, beside those that can be."""
    damaged = kept(store)[0]
    (damaged / SUMMARY).write_text("no JSON")
    told = run("compare", recorded(9), store, "--min-runs", 2)
    assert str(damaged) in told.output


def test_a_limit_that_no_figure_has(recorded, tmp_path):
    """Is said with 104, by its key."""
    config = tmp_path / "feed.yml"
    config.write_text("baseline: {max_regression: {no_such_metric: 5%}}\n", "utf-8")
    done = run("compare", recorded(9), recorded(1), "--loadtest", config)
    assert done.exit_code == 104
    assert "baseline.max_regression.no_such_metric" in done.output
