"""The run log, written by several processes at once."""

from __future__ import annotations

import json
import subprocess
import sys

WRITER = """
import sys
from pathlib import Path
from locust_ext.safety.logbook import append

print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    append(Path(sys.argv[1]), {"event": "x", "writer": sys.argv[2], "number": number, "text": sys.argv[2] * 3000})
"""


def test_lines_of_many_processes_do_not_mix(tmp_path):
    """Each line of each process is there, whole, and those of one process are in order."""
    log = tmp_path / "logs" / "runs.jsonl"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, log, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in "abcd"
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0

    entries = [json.loads(line) for line in log.read_text("ascii").splitlines()]
    assert len(entries) == 800
    for name in "abcd":
        assert [entry["number"] for entry in entries if entry["writer"] == name] == list(range(200))
