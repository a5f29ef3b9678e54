"""Real runs whose master is killed with SIGKILL: all but the last interval is on disk, and shown."""

import json
import os
import signal
from contextlib import suppress

import pytest

from locust_ext.cli import AUTOLOAD

from .conftest import command, wait_until

LOCUSTFILE = """
    from locust import FastHttpUser, constant, task

    class Reader(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/health")
"""


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--processes", 2], id="distributed"),
        pytest.param([], id="local", marks=pytest.mark.long),
    ],
)
def test_a_killed_master_loses_one_interval(arguments, target, write, start, tmp_path):
    """The report says that the run was cut off, and has what its processes had measured until then."""
    write("feed.yml", "thresholds: {http_req_failed: ['rate<0.5']}\n")
    file, reports, shown = write("feed.py", LOCUSTFILE), tmp_path / "reports", tmp_path / "shown"
    common = ["-f", f"{file},{AUTOLOAD}", "--headless", "-u", 4, "-r", 4, "-H", target().url, "-t", "20s"]
    run = start(*common, *arguments, env={"LOCUST_EXT_REPORT_DIR": str(reports)}, report_dir=False)

    def summary():
        return json.loads((reports / "summary.json").read_text()) if (reports / "summary.json").exists() else {}

    wait_until(lambda: summary().get("duration_s", 0) > 3, "the journal's intervals")
    alive = command("report", reports)
    assert "the run is still under way" in alive.stdout
    run.send(signal.SIGKILL)
    run.process.wait(10)
    last = summary()
    made = command("report", reports, "-o", shown)  # while its workers are there, who share what it had open
    with suppress(ProcessLookupError):
        os.killpg(run.process.pid, signal.SIGKILL)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "INCONCLUSIVE: the run was cut off after" in made.stderr
    found = json.loads((shown / "summary.json").read_text())
    assert (found["verdict"], found["exit_code"], found["complete"]) == ("inconclusive", 111, False)
    assert found["duration_s"] >= last["duration_s"] > 3
    counted = sum(row["value"] for row in found["series"] if row["metric"] == "http_reqs")
    durations = sum(row["count"] for row in found["series"] if row["metric"] == "http_req_duration")
    assert durations >= counted >= 50
    assert "was cut off after" in (shown / "report.html").read_text()
    refused = command("compare", reports, shown)
    assert (refused.returncode, "there is no verdict" in refused.stderr + refused.stdout) == (104, True)


@pytest.mark.long
@pytest.mark.parametrize("arguments", [[], ["--processes", 2]], ids=["local", "distributed"])
def test_a_run_that_ends_is_whole(arguments, target, write, locust, tmp_path):
    """What its journal has written is replaced: a line a series, and a verdict."""
    write("feed.yml", "thresholds: {http_req_failed: ['rate<0.5']}\n")
    file, reports = write("feed.py", LOCUSTFILE), tmp_path / "reports"
    common = ["-f", f"{file},{AUTOLOAD}", "--headless", "-u", 4, "-r", 4, "-H", target().url, "-t", "7s"]
    run = locust(*common, *arguments, env={"LOCUST_EXT_REPORT_DIR": str(reports)}, report_dir=False)
    assert run.code == 0, run.out + run.err
    found = json.loads((reports / "summary.json").read_text())
    assert (found["verdict"], found["running"]) == ("passed", None)
    tags = [line.split(",")[0] for line in (reports / "run.hlog").read_text().splitlines() if line.startswith("Tag=")]
    assert len(tags) == len(set(tags)) > 1
    assert command("report", reports).returncode == 0
