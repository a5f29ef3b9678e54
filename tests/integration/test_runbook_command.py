"""The command ``locust-ext runbook``, as a user types it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .conftest import FEED, MINE, ROOT, launch

EXAMPLE = ROOT / "docs" / "how-to" / "production.yml"


def runbook(*arguments):
    """Run ``locust-ext runbook``."""
    clean = {key: value for key, value in os.environ.items() if key != "BASE_URL"}
    process = launch("locust_ext.cli", "runbook", *arguments, cwd=Path.cwd(), env=clean)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_prints_what_the_documents_show():
    """The whole example, without anything open."""
    run = runbook(EXAMPLE, "--strict")

    assert (run.returncode, run.stderr) == (0, "")
    assert (ROOT / "docs" / "runbook.md").read_text("utf-8").endswith(run.stdout)


def test_from_a_locustfile(tmp_path):
    """The configuration beside it is read; what is open is told, and the file is written."""
    output = tmp_path / "RUNBOOK.md"
    run = runbook(FEED, "-o", output)

    assert (run.returncode, run.stdout) == (0, f"{output}: the runbook\n")
    assert "open: NAME AND PHONE: who is called when it goes wrong; safety.production.on_call says it" in run.stderr
    text = output.read_text("utf-8")
    assert "# Runbook: load test `feed`" in text
    assert "locust -f feed.py --headless" in text


def test_a_shape_in_the_locustfile_counts(write):
    """How long it takes and how many users there are comes from the code where it stands there."""
    file = write("theirs.py", MINE)
    run = runbook(file)

    assert run.returncode == 0, run.stderr
    assert "7 users, in the shape `Mine`" in run.stdout
    assert "open: USERS" not in run.stderr


def test_strict_refuses(tmp_path):
    """Exit 104, a sentence each, and no file."""
    output = tmp_path / "RUNBOOK.md"
    run = runbook(FEED, "--strict", "-o", output)

    assert (run.returncode, run.stdout) == (104, "")
    assert "safety.kill_switch: it is missing" in run.stderr
    assert not output.exists()
