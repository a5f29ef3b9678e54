"""Real runs in one report directory: whatever becomes of one, the directory tells of it and of no other."""

import json
import signal

import pytest

from locust_ext.cli import AUTOLOAD

from .conftest import command, wait_until

LOCUSTFILE = """
    from locust import FastHttpUser, constant, task

    class Reader(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def look(self):
            self.client.get("/health")
"""


@pytest.fixture
def arguments(target, write):
    """A short run that passes."""
    write("feed.yml", "thresholds: {http_req_failed: ['rate<0.5']}\n")
    file = write("feed.py", LOCUSTFILE)
    return ["-f", f"{file},{AUTOLOAD}", "--headless", "-u", 3, "-r", 3, "-H", target().url]


def test_a_killed_run_leaves_no_older_verdict(arguments, locust, start, tmp_path):
    """It is marked from its beginning, nobody else may write there meanwhile, and no command takes it for a run."""
    reports = tmp_path / "one"
    passed = locust(*arguments, "-t", "1s", env={"LOCUST_EXT_REPORT_DIR": str(reports)}, report_dir=False)
    assert passed.code == 0, passed.out + passed.err
    assert (reports / "report.html").exists()

    run = start(*arguments, "-t", "60s", env={"LOCUST_EXT_REPORT_DIR": str(reports)}, report_dir=False)

    def summary():
        return json.loads((reports / "summary.json").read_text())

    wait_until(lambda: summary()["verdict"] == "running", "the mark")
    second = locust(*arguments, "-t", "1s", env={"LOCUST_EXT_REPORT_DIR": str(reports)}, report_dir=False)
    assert second.code == 104
    assert "another run that is under way writes its reports to" in second.err
    assert "Traceback" not in second.err
    assert "# reqs" not in second.out + second.err
    assert summary()["verdict"] == "running"

    run.send(signal.SIGKILL)
    run.finish()
    assert (summary()["verdict"], summary()["exit_code"]) == ("running", 111)
    assert [file.name for file in reports.iterdir()] == ["summary.json"]
    added = command("baseline", "add", reports, "--dir", tmp_path / "store")
    assert added.returncode == 104
    assert "or it was killed; there is no verdict" in added.stdout + added.stderr

    after = locust(*arguments, "-t", "1s", env={"LOCUST_EXT_REPORT_DIR": str(reports)}, report_dir=False)
    assert (after.code, summary()["verdict"]) == (0, "passed"), after.out + after.err
