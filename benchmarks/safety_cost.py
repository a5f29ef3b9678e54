"""What cap, kill switch and guard together cost a request, while the cap is not reached.

The doors' own steps for one request of a FastHttpUser, with nothing behind them, bare and watched in turns. In a whole
generator (throughput.py) a microsecond drowns in the noise of such machines.
"""

from __future__ import annotations

import statistics
import time
from types import SimpleNamespace

from geventhttpclient.connectionpool import ConnectionPool
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from locust.env import Environment
from side_by_side import Row, in_turns

from locust_ext.clients.doors import DOORS
from locust_ext.measure.recorder import Recorder
from locust_ext.process.seam import Seam
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.options import SafetyOptions

REQUESTS = 50_000
GOAL = 2.0
NEVER_REACHED = 10**9
STEPS = ((FastHttpSession, "_build_url"), (LocustUserAgent, "_urlopen"), (ConnectionPool, "get_socket"))
HOST = "http://127.0.0.1:8080"


def _send_all() -> float:
    """Return microseconds for one request's way through the doors."""
    client, agent, pool = SimpleNamespace(user=SimpleNamespace()), SimpleNamespace(), SimpleNamespace()
    request = SimpleNamespace(url=f"{HOST}/communities/abc/posts?limit=20")
    build_url, urlopen, get_socket = (getattr(owner, name) for owner, name in STEPS)
    began = time.perf_counter()
    for _ in range(REQUESTS):
        build_url(client, "/communities/abc/posts?limit=20")
        urlopen(agent, request)
        get_socket(pool)
    return (time.perf_counter() - began) / REQUESTS * 1e6


def _watched(doors: Interceptors, admission: Admission) -> float:
    """Return the same with a cap that is not reached, a switch that allows, and a guard that knows the host."""
    admission.reset()
    admission.cap()
    admission.lend(NEVER_REACHED, 1.0, time.monotonic() + 60)
    admission.vouch(time.monotonic() + 60)
    doors.open(mark=None, guard=Guard(Targets.of([HOST], SafetyOptions()), lambda _: None), waits=True)
    try:
        return _send_all()
    finally:
        doors.close()


def measure() -> Row:
    """Compare a request with and without the doors, in turns."""
    environment, admission = Environment(), Admission(Recorder())
    doors = Interceptors(environment, admission, DOORS)
    nothing = [Seam(owner, name, lambda _: lambda *_: None) for owner, name in STEPS]
    for seam in nothing:
        seam.open()
    found = in_turns(_send_all, lambda: _watched(doors, admission), 15)
    for seam in nothing:
        seam.close()
    cost = statistics.median(ours - bare for bare, ours in found)
    return Row("cap, kill switch and guard together, a request", f"<= {GOAL} us", f"+{cost:.2f} us", "-", cost <= GOAL)


if __name__ == "__main__":
    print(measure())
