"""Locustfiles in the styles of Locust's documentation run unchanged under ``python -m locust_ext``."""

from __future__ import annotations

import pytest

from .conftest import rows

STYLES = {
    "HttpUser": (
        """
        from locust import HttpUser, between, task

        class QuickstartUser(HttpUser):
            wait_time = between(0.1, 0.2)

            @task
            def hello(self):
                self.client.get("/communities/1/posts")
                self.client.get("/posts/1")

            @task(3)
            def view(self):
                for item in range(3):
                    self.client.get(f"/hot/{item}", name="/hot")

            def on_start(self):
                self.client.post("/communities/1/posts", json={"body": "foo"})
        """,
        ["/communities/1/posts", "/hot"],
    ),
    "FastHttpUser": (
        """
        from locust import task, FastHttpUser

        class MyUser(FastHttpUser):
            @task
            def index(self):
                response = self.client.get("/communities/1/posts?limit=20")
                assert response.status_code == 200

            @task
            def hot(self):
                with self.rest("GET", "/hot/1") as resp:
                    assert resp.js["key"] == "1"
        """,
        ["/communities/1/posts?limit=20", "/hot/1"],
    ),
    "several users with weights": (
        """
        from locust import User, HttpUser, constant, task

        class WebUser(HttpUser):
            weight = 3
            wait_time = constant(0.1)
            @task
            def web(self):
                self.client.get("/hot/web")

        class MobileUser(HttpUser):
            weight = 1
            wait_time = constant(0.1)
            @task
            def mobile(self):
                self.client.get("/hot/mobile")

        class AdminUser(HttpUser):
            fixed_count = 1
            wait_time = constant(0.1)
            @task
            def admin(self):
                self.client.get("/hot/admin")
        """,
        ["/hot/web", "/hot/mobile", "/hot/admin"],
    ),
    "SequentialTaskSet": (
        """
        from locust import HttpUser, SequentialTaskSet, TaskSet, constant, task

        class Steps(SequentialTaskSet):
            @task
            def first(self):
                self.client.get("/hot/first")

            @task
            class Nested(TaskSet):
                @task
                def inner(self):
                    self.client.get("/hot/inner")
                    self.interrupt()

            @task
            def last(self):
                self.client.get("/hot/last")

        class Walker(HttpUser):
            tasks = {Steps: 1}
            wait_time = constant(0.05)
        """,
        ["/hot/first", "/hot/inner", "/hot/last"],
    ),
    "catch_response": (
        """
        from locust import HttpUser, constant, task
        from locust.exception import RescheduleTask

        class Catching(HttpUser):
            wait_time = constant(0.1)
            @task
            def catch(self):
                with self.client.get("/posts/none", catch_response=True) as response:
                    if response.status_code == 404:
                        response.success()
                with self.client.get("/hot/1", catch_response=True) as response:
                    if response.elapsed.total_seconds() > 100:
                        response.failure("Request took too long")
                with self.client.get("/hot/2", catch_response=True) as response:
                    if response.status_code == 200:
                        raise RescheduleTask()
        """,
        ["/posts/none", "/hot/1"],
    ),
    "own client": (
        """
        import time
        from locust import User, task, events

        class Client:
            def __init__(self, request_event):
                self._request_event = request_event

            def __getattr__(self, name):
                def wrapper(*args):
                    meta = {"request_type": "xmlrpc", "name": name, "start_time": time.time(), "response_length": 0,
                            "response": None, "context": {}, "exception": None}
                    began = time.perf_counter()
                    time.sleep(0.01)
                    meta["response_time"] = (time.perf_counter() - began) * 1000
                    self._request_event.fire(**meta)
                return wrapper

        class XmlRpcUser(User):
            abstract = True
            def __init__(self, environment):
                super().__init__(environment)
                self.client = Client(request_event=environment.events.request)

        class MyUser(XmlRpcUser):
            @task
            def get_time(self):
                self.client.get_server_time()

            @task
            def measured(self):
                with self.environment.events.request.measure("xmlrpc", "measured"):
                    time.sleep(0.01)
        """,
        ["get_server_time", "measured"],
    ),
    "custom shape": (
        """
        from locust import HttpUser, LoadTestShape, constant, task

        class Own(HttpUser):
            wait_time = constant(0.1)
            @task
            def hot(self):
                self.client.get("/hot/1")

        class StagesShape(LoadTestShape):
            stages = [
                {"duration": 2, "users": 2, "spawn_rate": 2},
                {"duration": 4, "users": 5, "spawn_rate": 5},
            ]

            def tick(self):
                run_time = self.get_run_time()
                for stage in self.stages:
                    if run_time < stage["duration"]:
                        return (stage["users"], stage["spawn_rate"])
                return None
        """,
        ["/hot/1"],
    ),
    "event listeners": (
        """
        from locust import HttpUser, constant, events, task
        from locust.runners import WorkerRunner

        @events.init_command_line_parser.add_listener
        def _(parser):
            parser.add_argument("--my-argument", type=str, env_var="LOCUST_MY_ARGUMENT", default="x")

        @events.test_start.add_listener
        def on_test_start(environment, **kwargs):
            assert environment.parsed_options.my_argument == "x"

        @events.quitting.add_listener
        def _(environment, **kw):
            assert isinstance(environment.runner, WorkerRunner) or environment.stats.total.num_requests > 0
            environment.process_exit_code = 0

        class Listening(HttpUser):
            wait_time = constant(0.1)
            @task
            def hot(self):
                self.client.get("/hot/1")
        """,
        ["/hot/1"],
    ),
}
WITH_TAGS = """
    from locust import HttpUser, constant, tag, task

    class Tagged(HttpUser):
        wait_time = constant(0.1)

        @tag("wanted")
        @task
        def wanted(self):
            self.client.get("/hot/wanted")

        @tag("unwanted")
        @task
        def unwanted(self):
            self.client.get("/hot/unwanted")
"""
PLAIN = ("--headless", "-u", 5, "-r", 5, "-t", 4)
EACH_TIME = {
    *(("HttpUser", "one process"), ("HttpUser", "two workers"), ("FastHttpUser", "one process")),
    *(("SequentialTaskSet", "two workers"), ("event listeners", "one process")),
}
"""Those that each pull request runs; ``nox -s long`` runs all, in both places."""


@pytest.mark.parametrize(
    "text, names, processes",
    [
        pytest.param(*style, given, id=f"{name}-{where}", marks=() if (name, where) in EACH_TIME else pytest.mark.long)
        for name, style in STYLES.items()
        for where, given in {"one process": (), "two workers": ("--processes", "2")}.items()
    ],
)
def test_a_locustfile_of_the_documentation_runs_unchanged(locust, target, write, text, names, processes):
    """Its requests are measured exactly, its exit code is Locust's, and nothing is logged as an error."""
    locustfile = write("theirs.py", text)
    if "RescheduleTask" in text:  # it leaves a request open, which the run would wait for
        write("theirs.yml", "graceful_stop: 2s")

    run = locust("-f", locustfile, "-H", target().url, *PLAIN, "-t", 2, *processes, stock=False)

    assert run.code == 0, run.out + run.err
    assert "Traceback" not in run.err
    measured = {row["tags"].get("name") for row in run.summary["series"] if row["metric"] in {"http_reqs", "reqs"}}
    assert set(names) <= measured


@pytest.mark.parametrize("processes", rows({"one process": (), "two workers": ("--processes", "2")}, "two workers"))
def test_iterations_are_counted_when_a_threshold_asks(locust, target, write, processes):
    """A nested TaskSet is not an iteration, its tasks are."""
    write("theirs.yml", "thresholds: {iterations: ['count>0'], iteration_duration: ['p(50)<4000']}")

    run = locust(
        "-f", write("theirs.py", STYLES["SequentialTaskSet"][0]), "-H", target().url, *PLAIN, *processes, stock=False
    )

    assert run.code == 0, run.out + run.err
    assert run.count("http_reqs") - 5 <= run.count("iterations") <= run.count("http_reqs")


def test_tags_choose_tasks_as_ever(locust, target, write):
    """``--tags`` is Locust's own; ours stays clear of it."""
    run = locust("-f", write("theirs.py", WITH_TAGS), "-H", target().url, *PLAIN, "--tags", "wanted", stock=False)

    assert run.code == 0
    assert run.count("http_reqs", name="/hot/wanted") > 0 == run.count("http_reqs", name="/hot/unwanted")


def test_several_locustfiles_run_together(locust, target, write):
    """The configuration is the one beside the first that has one."""
    first = write("first.py", STYLES["HttpUser"][0])
    second = write("second.py", STYLES["FastHttpUser"][0])
    write("second.yml", "{name: both, thresholds: {http_req_failed: ['rate<0.5']}}")

    run = locust("-f", f"{first},{second}", "-H", target().url, *PLAIN, stock=False)

    assert (run.code, run.summary["name"], len(run.summary["outcomes"])) == (0, "both", 1), run.err


def test_the_autoload_file_beside_a_locustfile_does_the_same(locust, target, write):
    """``locust -f theirs.py,$(locust-ext path)``: thresholds from the YAML beside theirs, no code."""
    import subprocess
    import sys

    path = subprocess.run(
        [sys.executable, "-m", "locust_ext.cli", "path"], capture_output=True, text=True
    ).stdout.strip()
    write("theirs.yml", "thresholds: {http_req_failed: ['rate<0']}")

    run = locust("-f", f"{write('theirs.py', STYLES['HttpUser'][0])},{path}", "-H", target().url, *PLAIN)

    assert run.code == 99, run.err


def test_a_team_s_own_exit_code_stands(locust, target, write):
    """When we find nothing wrong, what their listener found stands."""
    text = STYLES["event listeners"][0].replace("process_exit_code = 0", "process_exit_code = 42")

    assert locust("-f", write("theirs.py", text), "-H", target().url, *PLAIN, stock=False).code == 42


ARTICLE = """
    from locust import HttpUser, task, between
    from locust_ext import StagesShape
    import os

    class FeedUser(HttpUser):
        wait_time = between(0.1, 0.4)

        def on_start(self):
            token = os.environ["LOAD_TEST_TOKEN"]
            self.client.headers.update({{
                "Authorization": f"Bearer {{token}}",
                "x-synthetic-tenant": "true",
            }})

        @task(8)
        def feed(self):
            with self.client.get(
                "/communities/abc/posts?limit=20",
                name="/communities/:id/posts",
                catch_response=True,
            ) as r:
                if r.status_code >= 500:
                    r.failure(f"server error {{r.status_code}}")

    class MarketOpenSpike(StagesShape):
        stages = [
            {{"duration": 60, "users": 20, "spawn_rate": 5}},
            {{"duration": 30, "users": 60, "spawn_rate": 80}},
            {{"duration": 60, "users": 60, "spawn_rate": 20}},
            {{"duration": 30, "users": 10, "spawn_rate": 5}},
        ]
        {tick}
"""
OWN_TICK = """
        def tick(self):
            run_time = self.get_run_time()
            elapsed = 0
            for stage in self.stages:
                elapsed += stage["duration"] * float(self.runner.environment.parsed_options.time_scale)
                if run_time < elapsed:
                    return (stage["users"], stage["spawn_rate"])
            return None
"""


@pytest.mark.parametrize("tick", ["", OWN_TICK], ids=["our tick", "its own tick"])
@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timed  # a busy generator proves nothing
def test_the_article_s_shape_works_with_only_its_base_class_changed(locust, target, write, tick):
    """Stages in the article's notation give phases that thresholds can judge."""
    write("article.yml", "thresholds: {'http_req_duration{phase:stage-2}': ['p(95)<4000']}")

    run = locust(
        *(
            "-f",
            write("article.py", ARTICLE.format(tick=tick)),
            "--headless",
            "-H",
            target().url,
            "--time-scale",
            "0.1",
        ),
        env={"LOAD_TEST_TOKEN": "x"},
        stock=False,
    )

    assert run.code == 0, run.err
    assert [phase["name"] for phase in run.summary["phases"]] == ["stage-1", "stage-2", "stage-3", "stage-4"]
    assert 17 < run.summary["duration_s"] < 21


def test_pieces_can_be_imported_alone(locust, target, write):
    """Stock Locust with one of our shapes and a metric: no plugin, no YAML, a hint that the metric is not recorded."""
    text = """
        from locust import FastHttpUser, constant, task
        from locust_ext import MarketOpenShape, SmokeShape, SoakShape, SpikeShape, StagesShape, StressShape, Trend

        size = Trend("size")

        class Mine(SmokeShape):
            users = 3
            duration = "3s"
            ramp = 1

        class One(FastHttpUser):
            wait_time = constant(0.1)
            @task
            def hot(self):
                self.client.get("/hot/1")
                size.add(3)
    """
    run = locust("-f", write("theirs.py", text), "--headless", "-H", target().url, report_dir=False)

    assert run.code == 0, run.err
    assert "call locust_ext.install()" in run.err


def test_a_locustfile_names_its_configuration_also_under_the_module(locust, target, write):
    """``python -m locust_ext`` installs first; the name that the locustfile gives is taken all the same."""
    write("elsewhere.yml", "thresholds: {http_reqs: ['count>=1']}")
    users = """
        from locust import FastHttpUser, constant, task
        import locust_ext
        locust_ext.install("elsewhere.yml")

        class Quick(FastHttpUser):
            wait_time = constant(0.1)

            @task
            def health(self):
                self.client.get("/health")
    """
    run = locust("-f", write("quick.py", users), "--headless", "-u", 2, "-t", 2, "-H", target().url, stock=False)
    assert [outcome["threshold"] for outcome in run.summary["outcomes"]] == ["count>=1"], run.err
