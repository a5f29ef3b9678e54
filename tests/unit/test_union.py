"""Several configurations as one: the order of the files changes nothing but the name."""

from itertools import permutations

import pytest

from locust_ext.config.command_line import CommandLine, find_files
from locust_ext.config.plan import make_plan
from locust_ext.config.union import united
from locust_ext.text.document import parse
from locust_ext.text.problems import ConfigurationError

FEED, ADS = "thresholds: {'http_req_duration{name:/a}': ['p(95)<10']}", "thresholds: {http_req_failed: ['rate<0.01']}"

AGREED = [
    ("thresholds are united", FEED, ADS, ("thresholds", "http_req_failed")),
    ("tags are united", "tags: {team: feed}", "tags: {run_type: pr}", ("tags", "run_type")),
    (
        "probes are united by name",
        "probes: {a: {process: {pid: 1}}}",
        "probes: {b: {process: {pid: 2}}}",
        ("probes", "b"),
    ),
    ("shapes are united by name", "shapes: {a: {kind: soak}}", "shapes: {b: {kind: spike}}", ("shapes", "b")),
    (
        "safety is united by its parts",
        "safety: {rate_cap: 5/s}",
        "safety: {origins: [http://x]}",
        ("safety", "origins"),
    ),
    ("the same value twice does not matter", "tenant: {header: x-a}", "tenant: {header: x-a}", ("tenant",)),
    ("the same load twice does not matter", "shape: smoke", "shape: smoke", ("shape",)),
    ("one load is that of all", "shape: smoke", ADS, ("shape",)),
    ("a file may say nothing of it", "version: 1", "arrivals: {rate: 5/s}", ("arrivals",)),
    ("nothing is united with something", "thresholds:", ADS, ("thresholds", "http_req_failed")),
]

APART = [
    ("one threshold with two values", FEED, FEED.replace("10", "20"), "thresholds.http_req_duration{name:/a}"),
    ("one tag with two values", "tags: {team: feed}", "tags: {team: ads}", "tags.team"),
    ("two headers", "tenant: {header: x-a}", "tenant: {header: x-b}", "tenant"),
    ("half a storm in each", "storm: {at: 5s}", "storm: {drop: 30%}", "storm"),
    ("two caps", "safety: {rate_cap: 5/s}", "safety: {rate_cap: 6/s}", "safety.rate_cap"),
    ("two shapes", "shape: smoke", "shape: spike", "shape"),
    ("one shape with other parameters", "shape: smoke", "{shape: smoke, shapes: {smoke: {users: 9}}}", "shape"),
    ("a shape and arrivals", "shape: smoke", "arrivals: {rate: 5/s}", ""),
    ("a shape and scenarios", "shape: smoke", "scenarios: {a: {shape: smoke}}", ""),
    ("two scenarios in two files", "scenarios: {a: {shape: smoke}}", "scenarios: {b: {shape: soak}}", "scenarios"),
]


def documents(*texts):
    """Return the documents a.yml, b.yml and so on."""
    return [parse(text, f"{name}.yml") for name, text in zip("abc", texts, strict=False)]


def value_at(document, path):
    """Return what stands at ``path``."""
    value = document.values
    for part in path:
        value = value[part]
    return value


@pytest.mark.parametrize("one, other, path", [row[1:] for row in AGREED], ids=[row[0] for row in AGREED])
def test_united(one, other, path):
    """In both orders the same comes out, and what comes from a file is blamed on that file."""
    found = []
    for order in permutations(documents(one, other)):
        document, problems = united(order)
        assert problems == []
        assert value_at(document, path)
        found.append({key: value for key, value in document.values.items() if key != "name"})
    assert found[0] == found[1]


@pytest.mark.parametrize("one, other, path", [row[1:] for row in APART], ids=[row[0] for row in APART])
def test_files_that_do_not_agree(one, other, path):
    """What they say differently is one mistake in both orders, and it names both files."""
    for order in permutations(documents(one, other)):
        _, problems = united(order)
        assert len(problems) == 1
        assert "a.yml" in str(problems[0])
        assert "b.yml" in str(problems[0])
        assert not path or problems[0].path == path


def test_the_name_is_the_firsts():
    """The first file names the run, by its own name where it says none."""
    named, nameless = documents("name: feed", "version: 1")
    assert united([named, nameless])[0].values["name"] == "feed"
    assert united([nameless, named])[0].values["name"] == "b"


def test_a_mistake_knows_its_file_and_line():
    """A problem is blamed on the file in which the part stands."""
    document, _ = united(documents("version: 1\ntags: {a: b}", f"version: 1\n\n{ADS}"))
    assert str(document.problem(("thresholds", "http_req_failed", 0), "no")).startswith("b.yml:3: ")
    assert str(document.problem(("tags", "a"), "no")).startswith("a.yml:2: ")


def test_every_mistake_of_every_file(tmp_path):
    """Mistakes of all files are shown at once, also those that another file hides."""
    (tmp_path / "a.yml").write_text("colour: red\nthresholds: {http_req_failed: ['rate<0.01']}\n")
    (tmp_path / "b.yml").write_text("colour: red\nthresholds: {http_req_failed: ['p(95)<1']}\ntags: 5\n")
    with pytest.raises(ConfigurationError) as caught:
        make_plan(CommandLine(locustfiles=(str(tmp_path / "a.py"), str(tmp_path / "b.py"))))
    text = str(caught.value)
    assert all(part in text for part in ("a.yml:1: colour", "b.yml:1: colour", "b.yml:3: tags", "a.yml:2 says"))


def test_the_files_of_a_run(tmp_path):
    """Each locustfile brings the file that it names, else that beside it; what is named for all stands alone."""
    for name in ("a.yml", "b.yaml", "named.yml"):
        (tmp_path / name).write_text("version: 1")
    a, b, c = (str(tmp_path / name) for name in ("a.py", "b.py", "c.py"))
    command_line = CommandLine(locustfiles=(a, b, c, a))
    assert [file.name for file in find_files(command_line)] == ["a.yml", "b.yaml"]
    assert [file.name for file in find_files(command_line.with_named({b: "named.yml"}))] == ["a.yml", "named.yml"]
    assert [file.name for file in find_files(command_line.with_named({"/common.py": "all.yml"}))] == ["all.yml"]
    assert [file.name for file in find_files(CommandLine(file="all.yml", locustfiles=(a, b)))] == ["all.yml"]
