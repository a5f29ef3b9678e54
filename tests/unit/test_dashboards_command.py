"""The command ``export dashboards``: what it writes, and what it leaves alone."""

import json
import os

import pytest
from click.testing import CliRunner

from locust_ext.cli import main
from locust_ext.commands.dashboards import DASHBOARDS, dashboard


def run(*words):
    """Run the command in this process."""
    return CliRunner().invoke(main, ["export", "dashboards", *(str(word) for word in words)])


def found(directory):
    """The files of a directory, as texts."""
    return {file.name: file.read_text("utf-8") for file in directory.iterdir()}


OURS = {name: dashboard(ours) for name, (ours, _) in DASHBOARDS.items()}


def test_both_are_written_as_they_are(tmp_path):
    """Into a directory that is made, and what to do with them is said."""
    done = run(tmp_path / "new" / "boards")
    assert done.exit_code == 0
    assert found(tmp_path / "new" / "boards") == OURS
    assert [json.loads(text)["title"] for text in OURS.values()] == ["Load test (Prometheus)", "Load test (OTLP)"]
    assert done.output.splitlines()[:2] == [
        f"{tmp_path}/new/boards/load-test-prometheus.json: for what Prometheus scrapes from /metrics",
        f"{tmp_path}/new/boards/load-test-otlp.json: for what is pushed by OTLP into Prometheus 3 or Mimir",
    ]
    assert "Import" in done.output


def test_what_is_there_already_is_fine(tmp_path):
    """Written again, it is the same."""
    assert [run(tmp_path).exit_code, run(tmp_path).exit_code] == [0, 0]
    assert found(tmp_path) == OURS


CHANGED = [("shorter", "{}"), ("as long", "x" * len(OURS["load-test-otlp.json"])), ("not a text", "")]


@pytest.mark.parametrize("text", [row[1] for row in CHANGED], ids=[row[0] for row in CHANGED])
def test_what_somebody_changed_is_left_alone(tmp_path, text):
    """Then neither is written; ``--force`` replaces it."""
    file = tmp_path / "load-test-otlp.json"
    file.write_bytes(text.encode() or b"\xff\x00")
    kept = file.read_bytes()
    done = run(tmp_path)
    assert (done.exit_code, [one.name for one in tmp_path.iterdir()]) == (104, [file.name])
    assert f"{file}: is there and differs from ours; --force replaces it" in done.output
    assert file.read_bytes() == kept
    assert run(tmp_path, "--force").exit_code == 0
    assert found(tmp_path) == OURS


def test_all_that_is_in_the_way_is_said_at_once(tmp_path):
    """Of both files."""
    for name in OURS:
        (tmp_path / name).write_text("{}")
    assert run(tmp_path).output.count("--force replaces it") == 2


def _directory(file):
    file.mkdir()


def _pipe(file):
    os.mkfifo(file)


@pytest.mark.parametrize("make", [_directory, _pipe], ids=["a directory", "a pipe that nobody writes to"])
@pytest.mark.parametrize("words", [[], ["--force"]], ids=["", "forced"])
def test_what_is_not_a_file_stays(tmp_path, make, words):
    """Forced or not, and nobody waits for it."""
    make(tmp_path / "load-test-prometheus.json")
    done = run(tmp_path, *words)
    assert done.exit_code == 104
    assert "is there and not a file" in done.output
    assert [one.name for one in tmp_path.iterdir()] == ["load-test-prometheus.json"]


def test_a_directory_that_cannot_be_made(tmp_path):
    """Is said with 104."""
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "boards")
    assert done.exit_code == 104
    assert "cannot be written: " in done.output
