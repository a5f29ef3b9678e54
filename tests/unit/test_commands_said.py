"""What commands of ``locust-ext`` say when they are done, and the files that they refuse."""

import pytest
from click.testing import CliRunner

from locust_ext.cli import main


def run(*words):
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def test_plot_says_what_it_drew(tmp_path):
    """The page, the shape and how long it lasts."""
    config, page = tmp_path / "a.yml", tmp_path / "a.html"
    config.write_text("shape: smoke\nshapes: {smoke: {users: 5, duration: 90s}}\n", "utf-8")
    done = run("plot", config, "-o", page)
    assert (done.exit_code, done.output) == (0, f"{page}: smoke, 1m30s\n")
    assert "<html" in page.read_text("utf-8")[:200]


UNITS = [
    ("users", "shape: smoke\nshapes: {smoke: {users: 5, duration: 90s}}\n", "users"),
    ("an open load", "arrivals: {rate: 5/s, users: 5, duration: 90s}\n", "arrivals a second"),
]


@pytest.mark.parametrize("text, unit", [row[1:] for row in UNITS], ids=[row[0] for row in UNITS])
def test_what_a_plot_counts(tmp_path, text, unit):
    """Users, or what arrives in a second; its heading is the name and the load."""
    config, page = tmp_path / "a.yml", tmp_path / "a.html"
    config.write_text(text, "utf-8")
    assert run("plot", config, "-o", page).exit_code == 0
    drawn = page.read_text("utf-8")
    assert (f">{unit}<" in drawn or f" {unit}" in drawn) is True
    assert ("arrivals a second" in drawn) is (unit == "arrivals a second")
    assert "<title>a: " in drawn


def test_a_plot_that_cannot_be_written(tmp_path):
    """Is said with 104, and why."""
    config = tmp_path / "a.yml"
    config.write_text(UNITS[0][1], "utf-8")
    done = run("plot", config, "-o", tmp_path)
    assert done.exit_code == 104
    assert f"{tmp_path}: cannot be written: " in done.output


UNPLOTTED = [
    ("no shape", "thresholds: {checks: ['rate>0.9']}\n", "there is no shape to draw; name one with --shape"),
    ("no end", "arrivals: {rate: 5/s, users: 5}\n", "it is missing: what has no end cannot be drawn"),
]


@pytest.mark.parametrize("text, sentence", [row[1:] for row in UNPLOTTED], ids=[row[0] for row in UNPLOTTED])
def test_what_cannot_be_drawn(tmp_path, text, sentence):
    """Is said with 104, and no page is written."""
    config, page = tmp_path / "a.yml", tmp_path / "a.html"
    config.write_text(text, "utf-8")
    done = run("plot", config, "-o", page)
    assert done.exit_code == 104
    assert sentence in done.output
    assert not page.exists()


SIZES = [("as much as it may be", 1_048_576, 0), ("a byte more", 1_048_577, 104)]


@pytest.mark.parametrize("size, code", [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_a_client_s_file_has_a_size(tmp_path, size, code):
    """Of 1 MiB at the most: what is larger is not a configuration, whatever it holds."""
    file = tmp_path / "client.properties"
    text = "bootstrap.servers=broker:9092\nreconnect.backoff.ms=100\nreconnect.backoff.max.ms=2000\n"
    file.write_text(text + "\n" * (size - len(text)), "utf-8")
    done = run("backoff", "--from", file)
    assert done.exit_code == code, done.output
    assert ("the file is larger than 1 MiB" in done.output) is bool(code)
