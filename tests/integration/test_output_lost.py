"""Output that nobody reads, or that has no room: a run is judged as always, and ends with the code that it always has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

from tests.integration.conftest import wait_until
from tests.integration.ledger import Ledger

PROGRAM = """
import sys
from locust_ext.process.forgiving import forgive

forgive()
print("x" * 5)
sys.stderr.write("y" * 5)
sys.exit(7)
"""

ENDS = [
    ("both to a full disc", ">/dev/full 2>/dev/full"),
    ("both closed", ">&- 2>&-"),
    ("a reader that has gone", "| true"),
    ("as it should be", ">/dev/null"),
]


@pytest.mark.parametrize("where", [row[1] for row in ENDS], ids=[row[0] for row in ENDS])
def test_the_exit_code_is_what_it_was(where):
    """Python ends with 120 where it cannot write what is left in the end."""
    line = f"set -o pipefail; '{sys.executable}' -c '{PROGRAM}' {where}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert done.returncode == 7
    assert "Exception ignored" not in done.stderr


LOCUSTFILE = """
import locust_ext
from locust import FastHttpUser, constant, task

locust_ext.install()


class Quick(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def feed(self):
        print("theirs", flush=True)
        self.client.get("/feed")
"""

CONFIG = """
thresholds: {http_req_duration: ["p(95)<9000"], http_req_failed: ["rate<1"]}
safety: {abort: {error_rate: 5%, error_window: 2s, min_requests: 20}}
"""

RUNS = [
    ("a log whose reader goes", "2> >(head -c 300 >/dev/null)", True, 108),
    ("both on a full disc", ">/dev/full 2>/dev/full", True, 108),
    ("both closed", ">&- 2>&-", True, 108),
    ("nothing happens, and nobody sees it", ">/dev/full 2> >(head -c 10 >/dev/null)", False, 0),
]


@pytest.mark.slow
def test_a_run_that_nobody_sees(write, tmp_path):
    """Abort rules wake, whatever becomes of the progress, the log and the tables; what users print harms nobody."""
    write("plain.py", LOCUSTFILE)
    write("plain.yml", CONFIG)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    ledgers, begun = [], []
    for index, (_, where, _, _) in enumerate(RUNS):
        ledgers.append(Ledger())
        line = (
            f"'{sys.executable}' -m locust -f plain.py --headless -u 4 -r 4 -t 7s -H {ledgers[-1].url}"
            f" --report-dir reports-{index} {where}"
        )
        begun.append(subprocess.Popen(["bash", "-c", line], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL))
    try:
        for ledger, (_, _, harms, _) in zip(ledgers, RUNS, strict=True):
            if harms:
                wait_until(lambda ledger=ledger: len(ledger.times) > 40, "load", 40)
                ledger.status = 500
        codes = [process.wait(60) for process in begun]
    finally:
        for process in begun:
            process.kill()
        for ledger in ledgers:
            threading.Thread(target=ledger.stop).start()
    written = [json.loads((tmp_path / f"reports-{index}" / "summary.json").read_text()) for index in range(len(RUNS))]
    assert [summary["exit_code"] for summary in written] == codes
    late = ["could not keep up" in summary["reason"] and summary["exit_code"] == 111 for summary in written]
    expected = [111 if busy and code == 0 else code for busy, (*_, code) in zip(late, RUNS, strict=True)]
    assert codes == expected, [summary["reason"] for summary in written]
