"""What processes say to each other is input: whatever one of them says, the run has a verdict, and is never passed."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from .conftest import free_port, wait_until

LOCUSTFILE = """
    import os
    import locust_ext
    from locust import FastHttpUser, constant, events, task
    from locust.runners import MasterRunner, WorkerRunner

    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def feed(self):
            self.client.get("/health")

    HOW = os.environ["HOW"]
    KILLS = [[], "kill", {"run": 5}, {"reason": {}}]
    GARBAGE = [*KILLS, None, {}, {"run": "x" * 9999}, {"in": float("nan"), "key": [], "storm": -1, "name": {}, "id": []}]

    def spoil(data, **_):
        report = data["locust_ext"]
        if HOW == "a bucket that is a text":
            report["rows"].append(["late", [], "trend", [1, 1, 1, 0, 0, ["a", 1]]])
        if HOW == "a sequence of -1":
            report["sequence"] = -1
        if HOW == "one number for all":
            report["sequence"] = 1

    @events.init.add_listener
    def init(environment, **_):
        environment.events.report_to_master.add_listener(spoil)  # behind ours
        send = environment.runner.send_message
        if HOW == "orders that do not fit" and isinstance(environment.runner, MasterRunner):
            def spoiled(kind, data=None, client_id=None):
                send(kind, {**data, "parts": 7} if kind == "locust_ext.orders" else data, client_id)
            environment.runner.send_message = spoiled
        if HOW == "one number for all" and isinstance(environment.runner, WorkerRunner):
            def spoiled(kind, data=None, client_id=None):
                send(kind, {**data, "sequence": 1} if kind == "locust_ext.final" else data, client_id)
            environment.runner.send_message = spoiled

    @events.spawning_complete.add_listener
    def talk(**_):
        runner = known[0]
        kinds = [*runner.custom_messages, "locust_ext.final", "locust_ext.user_code", "locust_ext.phase"]
        if HOW == "garbage from a worker" and isinstance(runner, WorkerRunner):
            for kind in kinds:
                for data in KILLS if kind == "locust_ext.kill" else GARBAGE:
                    runner.send_message(kind, data)
        if HOW == "garbage from the master" and isinstance(runner, MasterRunner):
            for kind in kinds:
                for data in KILLS if kind == "locust_ext.kill" else GARBAGE:
                    runner.send_message(kind, data)

    known = []
    events.init.add_listener(lambda environment, **_: known.append(environment.runner))
"""

HOWS = {
    "a bucket that is a text": "was refused: rows: row",
    "a sequence of -1": "was refused: sequence: ",
    "one number for all": "under a number that it had used before",
    "garbage from a worker": "a locust_ext.hello message from worker",
    "garbage from the master": "locust_ext.lease message from the master was refused",
    "orders that do not fit": "got orders that cannot be read",
}


def test_whatever_a_process_says(write, start, target):
    """The run is in doubt and says why; the summary is there, and no traceback."""
    locustfile, url = write("said.py", LOCUSTFILE), target().url
    write("said.yml", 'thresholds: {http_req_failed: ["rate<0.01"]}')
    running = {}
    for how in HOWS:
        port = str(free_port())
        running[how] = start(
            *("-f", locustfile, "--headless", "--processes", 2, "-u", 4, "-r", 4, "-t", "5s", "-H", url),
            env={"HOW": how, "LOCUST_MASTER_BIND_PORT": port, "LOCUST_MASTER_NODE_PORT": port},
        )
    for how, locust in running.items():
        run = locust.finish()
        assert run.code == 111, (how, run.out[-2000:], run.err[-3000:])
        assert HOWS[how] in run.summary["reason"], (how, run.summary["reason"])
        assert run.summary["complete"] is False, how
        assert "Traceback" not in run.err, (how, run.err[-3000:])
        assert how != "orders that do not fit" or not run.count("http_reqs")


def post(url, **form):
    """Post a form and return the answer."""
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
        return json.loads(answer.read())


def test_a_hundred_starts_at_once(write, start, target):
    """One test begins, with its users; all others are told so; the workers end with their master."""
    web = free_port()
    locustfile, url = write("plain.py", LOCUSTFILE), target().url
    write("plain.yml", 'thresholds: {http_req_failed: ["rate<0.01"]}')
    locust = start(
        "-f", locustfile, "--processes", 2, "--web-port", web, "--web-host", "127.0.0.1", "-H", url, env={"HOW": ""}
    )
    page = f"http://127.0.0.1:{web}"

    def state():
        try:
            with urllib.request.urlopen(f"{page}/stats/requests", timeout=5) as answer:
                return json.loads(answer.read())
        except OSError:
            return {"workers": []}

    wait_until(lambda: len(state()["workers"]) == 2, "two workers")
    with ThreadPoolExecutor(100) as many:
        answers = list(many.map(lambda n: post(f"{page}/swarm", user_count=4, spawn_rate=4), range(100)))
    begun = [answer for answer in answers if answer["success"]]
    told = [answer["message"] for answer in answers if not answer["success"]]
    assert begun
    assert all("a test is being started already" in message for message in told)
    wait_until(lambda: state()["user_count"] == 4, "four users")
    assert post(f"{page}/stop")["success"]
    locust.process.terminate()
    run = locust.finish()
    assert run.code in {0, 111}, run.err[-3000:]  # 111: a busy machine
    assert (run.summary["complete"], run.summary["workers"]) == (True, 2)
    assert run.count("http_reqs")
