"""A generator without descriptors, or without ports: a sentence with the way out, and never a pass."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT, Finished
from tests.integration.doorman import Doorman
from tests.integration.test_keep_alive import BUSY, CLIENTS

EACH = [client if client == "LeanHttpUser" else pytest.param(client, marks=pytest.mark.long) for client in CLIENTS]

JUDGED = """
    version: 1
    thresholds: {http_req_duration: "p(50)<5000"}
"""

FEW = """
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))
"""
"""What Locust cannot raise any more."""


@pytest.mark.cold
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("localhost", marks=pytest.mark.long)])
@pytest.mark.parametrize("client", EACH)
def test_too_few_descriptors_are_said_before_and_after(
    client: str,
    host: str,
    doorman: Callable[..., Doorman],
    locust: Callable[..., Finished],
    write: Callable[..., Path],
):
    """The run has its verdict and its reports, although its users took all that they could get."""
    write("busy.yml", JUDGED)
    file = write("busy.py", FEW.format(limit=150) + BUSY.format(client=CLIENTS[client]))
    url = doorman().url.replace("127.0.0.1", host)
    run = locust("-f", file, "--headless", "-u", 300, "-r", 100, "-t", "4s", "-H", url)
    before = "300 users in one process need about 500 descriptors, and it may have 150"
    assert (run.code, run.summary["verdict"]) == (111, "inconclusive"), run.out + run.err[-3000:]
    assert before in run.err.partition("Ramping")[0], "before the first request"
    assert any(one.startswith(before) for one in run.summary["warnings"])
    assert "had no descriptor left (it may have 150); run `ulimit -n 500` before it" in run.summary["reason"]
    assert run.count("connections_unmade", lacking="descriptors", ulimit="150") > 100
    assert "Traceback" not in run.err
    assert (run.reports / "report.html").exists()


@pytest.mark.cold
def test_workers_tell_their_limits(
    doorman: Callable[..., Doorman],
    locust: Callable[..., Finished],
    write: Callable[..., Path],
):
    """Each has half of the users; both say the same, and it is said once."""
    file = write("few.py", FEW.format(limit=260) + BUSY.format(client=CLIENTS["LeanHttpUser"]))
    arguments = ("-u", 150, "-r", 150, "-t", "2s", "-H", doorman().url, "--processes", 2)
    run = locust("-f", file, "--headless", *arguments)
    said = [one for one in run.summary["warnings"] if one.startswith("75 users in one process need about 300 desc")]
    assert (run.code, len(said)) == (0, 1), run.out + run.err[-3000:]


NARROW = """
import fcntl, socket, struct, subprocess, sys
with socket.socket() as sock:  # up with the loopback of this network of its own
    name = struct.pack("16sh", b"lo", 0)
    (flags,) = struct.unpack("16xh", fcntl.ioctl(sock, 0x8913, name))
    fcntl.ioctl(sock, 0x8914, struct.pack("16sh", b"lo", flags | 1))
for key, value in (("ip_local_port_range", "40000 40059"), ("tcp_tw_reuse", "0")):
    with open(f"/proc/sys/net/ipv4/{key}", "w") as file:
        file.write(value)
from tests.integration.doorman import Doorman
server = Doorman(asks=True).start()
command = [sys.executable, "-m", "locust", "--headless", "-u", "4", "-r", "4", "-t", "3s", "-H", server.url]
sys.exit(subprocess.run([*command, *sys.argv[1:]]).returncode)
"""
"""A network with 60 ports, and in it a server that lets its guests go first, so that their ports wait."""


def _has_networks() -> bool:
    """Tell whether this system lets us have a network of our own."""
    try:
        return subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _has_networks(), reason="needs a network of its own (unshare -rn)")
@pytest.mark.parametrize("client", EACH)
def test_ports_that_wait_are_one_sentence(client: str, write: Callable[..., Path], tmp_path: Path):
    """Each failure counts; why is said once, with the ways out."""
    write("busy.yml", JUDGED)
    file, reports = write("busy.py", BUSY.format(client=CLIENTS[client])), tmp_path / "reports"
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL"))}
    finished = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", NARROW, "-f", str(file), "--report-dir", str(reports)],
        env={**clean, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    run = Finished(finished.returncode, finished.stdout, finished.stderr, reports)
    assert run.code == 111, run.out + run.err[-3000:]
    assert "the load generator had no port left towards the target" in run.summary["reason"]
    assert run.count("connections_unmade", lacking="ports") == run.count("http_reqs", status="0") > 20
    assert 50 < run.count("connections_opened") <= 60
    assert "Traceback" not in run.err
