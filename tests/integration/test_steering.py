"""A test that is started from the live page: the run that follows is the one that was entered, on every process."""

from __future__ import annotations

import re

import pytest
import requests

from .conftest import free_port, judged, rows, wait_until

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="feed")
"""
CONFIGURATION = """
    shape: smoke
    shapes: {smoke: {users: 6, duration: 60s, ramp: 1s}}
    thresholds: {http_req_failed: ["rate<0.01"], http_req_duration: ["p(95)<0.001"]}
"""
EASIER = [{"select": "http_req_failed", "must": "rate<0.01"}, {"select": "http_req_duration", "must": "p(95)<4000"}]


@pytest.fixture
def ui(start, write, target):
    """Start the web UI with these processes, when its workers are there; return the process and its address."""

    def begin(*processes):
        port = free_port()
        write("quick.yml", CONFIGURATION)
        file = write("quick.py", USERS)
        locust = start("-f", file, "-H", target().url, "--web-host", "127.0.0.1", "--web-port", port, *processes)
        url = f"http://127.0.0.1:{port}"

        def is_ready():
            try:
                count = requests.get(f"{url}/worker-count", timeout=5).json()["worker_count"]
            except requests.ConnectionError:
                return False
            return count == (2 if processes else 0)

        wait_until(is_ready, "the web UI and its workers")
        return locust, url

    return begin


def ask(url, name, sent):
    """Press a button of the live page; return the status and what it says."""
    token = re.search(r'data-token="(\w+)"', requests.get(f"{url}/locust-ext/", timeout=5).text)[1]
    answer = requests.post(f"{url}/locust-ext/do/{name}", json=sent, headers={"X-Locust-Ext-Token": token}, timeout=30)
    return answer.status_code, answer.json()


PROCESSES = {"one process": (), "two workers": ("--processes", "2")}


@pytest.mark.parametrize("processes", rows(PROCESSES, "two workers"))
@pytest.mark.slow
def test_a_run_as_it_was_entered(ui, processes):
    """Its load, its length and its thresholds; a second press is told so; the report says what was changed."""
    locust, url = ui(*processes)
    entered = {"params": {"users": "4", "duration": "40s"}, "time_scale": "0.1", "thresholds": EASIER}
    wrong = ask(url, "start", {**entered, "params": {"users": "many"}})
    begun = ask(url, "start", entered)
    second = ask(url, "start", entered)
    summary = wait_until(lambda: judged(locust.reports), "the end of the run")

    assert (wrong[0], [one["field"] for one in wrong[1]["problems"]]) == (400, ["params.users"])
    assert begun == (
        200,
        {"said": "The test begins. 4s, at most 4 users, rehearsed at 0.1: 40s in full.", "problems": []},
    )
    assert second[0] == 400
    assert re.search("a test is (under way|being started already)", second[1]["problems"][0]["said"])
    assert (summary["exit_code"], summary["complete"]) == (0, True), summary["reason"]
    assert "less strict in the web UI" in summary["reason"]
    changed = "users 4 instead of 6; duration 40s instead of 1m; time scale 0.1 instead of 1; "
    assert summary["fingerprint"]["changed"].startswith(changed)
    assert summary["fingerprint"]["workers"] == ("2" if processes else "1")
    assert "http_req_duration: p(95)<4000 instead of p(95)<0.001: looser" in summary["warnings"][0]
    assert max(row["max"] for row in summary["series"] if row["metric"] == "vus") == 4


@pytest.mark.parametrize("processes", rows(PROCESSES))
@pytest.mark.parametrize("page", rows({"the live page": True, "Locust's own form": False}))
def test_a_test_begins_when_the_one_before_has_ended(ui, processes, page):
    """Locust says "stopped" before that: what ended the first test would have ended the second one."""
    locust, url = ui(*processes)
    plain = {"shape": "none", "users": "3", "spawn_rate": "3", "thresholds": []}

    def state():
        return requests.get(f"{url}/stats/requests", timeout=5).json()["state"]

    assert ask(url, "start", plain)[0] == 200
    wait_until(lambda: state() == "running", "users")
    ask(url, "stop", {})
    wait_until(lambda: state() in {"ready", "stopped"}, "the end of the users")
    if page:
        assert ask(url, "start", {**plain, "run_time": "5s"})[0] == 200
    else:
        form = {"user_count": 3, "spawn_rate": 3, "run_time": "5s", "shape": "none"}
        assert requests.post(f"{url}/swarm", data=form, timeout=30).json()["success"]
    first = judged(locust.reports)
    summary = wait_until(lambda: (now := judged(locust.reports)) and now != first and now, "the end of the second test")

    assert (summary["verdict"] == "aborted", summary["duration_s"] > 4) == (False, True), summary["reason"]
