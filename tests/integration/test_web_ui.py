"""The engineer's way: Locust's web UI, over its own HTTP interface."""

from __future__ import annotations

import json
import re
import signal

import pytest
import requests

from .conftest import free_port, judged, rows, wait_until
from .listener import Listener

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install("other.yml")

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="feed")
"""
CONFIGURATION = """
    shapes: {smoke: {users: 6, duration: 4s, ramp: 1s}}
    thresholds: {http_req_failed: ["rate<0.01"], http_req_duration: ["p(95)<4000"]}
"""


@pytest.fixture
def ui(start, write):
    """Start the web UI on a free port and return (process, url)."""

    def begin(*arguments):
        write("other.yml", CONFIGURATION)
        port = free_port()
        locust = start("-f", write("quick.py", USERS), "--web-host", "127.0.0.1", "--web-port", port, *arguments)
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), "the web UI")
        return locust, url

    return begin


def _answers(url):
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False


def _options_on_page(url):
    """The options that Locust offers in its form, as the page carries them."""
    page = requests.get(url, timeout=5).text
    found = re.search(r"window\.templateArgs = (\{.*?\})\s*(?:;|window|</script>)", page, re.DOTALL)
    return json.loads(found[1])["extra_options"]


def _summary(locust):
    return judged(locust.reports)


def test_the_form_offers_shapes_and_their_parameters(ui, target):
    """A list of shapes, a field for parameters, a field for the time scale."""
    _, url = ui("-H", target().url)

    options = _options_on_page(url)

    assert {"shape", "shape_params", "time_scale"} <= set(options)
    assert {"", "none", "smoke", "spike", "soak", "stress", "market-open"} <= set(options["shape"]["choices"])
    assert "report_dir" not in options


@pytest.mark.slow
def test_a_second_test_starts_clean(ui, target):
    """In one process: a run against a sick target fails, the next against a healthy one passes."""
    healthy, sick = target(), target("fast500")
    locust, url = ui("-H", healthy.url)
    form = {"user_count": 1, "spawn_rate": 1, "shape": "smoke", "shape_params": "", "time_scale": "1.0"}

    first = requests.post(f"{url}/swarm", data={**form, "host": sick.url}, timeout=5).json()
    wait_until(lambda: _summary(locust), "the first summary")
    failed = _summary(locust)
    second = requests.post(f"{url}/swarm", data={**form, "host": healthy.url}, timeout=5).json()
    wait_until(lambda: (_summary(locust) or failed)["started_at"] != failed["started_at"], "the second summary")
    passed = _summary(locust)
    locust.send(signal.SIGINT)
    run = locust.finish()

    assert (first["success"], second["success"]) == (True, True)
    assert (failed["verdict"], failed["exit_code"]) == ("failed", 99)
    assert (passed["verdict"], passed["exit_code"]) == ("passed", 0)
    assert {row["tags"]["status"] for row in passed["series"] if row["metric"] == "http_reqs"} == {"200"}
    assert run.code == 0, "the process ends with the last verdict"


def test_plain_users_without_a_shape(ui, target):
    """``none`` runs users as stock Locust does, Stop ends and judges the run; a storm hits nobody, and is none."""
    locust, url = ui("-H", target().url)
    form = {"user_count": 7, "spawn_rate": 7, "shape": "none", "shape_params": "", "time_scale": "1.0"}

    requests.post(f"{url}/swarm", data=form, timeout=5)
    wait_until(lambda: requests.get(f"{url}/stats/requests", timeout=5).json()["user_count"] == 7, "seven users")
    wait_until(lambda: requests.get(f"{url}/stats/requests", timeout=5).json()["total_rps"] > 10, "requests")
    page = f"{url}/locust-ext/storm"
    token = re.search(r'name="token" value="(\w+)"', requests.get(page, timeout=5).text)[1]
    storm = requests.post(page, {"drop": "30%", "cause": "reset", "token": token}, timeout=5).text
    requests.get(f"{url}/stop", timeout=10)
    requests.post(f"{url}/stop", timeout=10)

    summary = wait_until(lambda: _summary(locust), "the summary")
    assert (summary["verdict"], summary["phases"]) == ("passed", [])
    assert "no user class of this test is a storm user" in storm
    assert not [row for row in summary["series"] if row["tags"].get("phase") in {"storm", "recovery"}]


TWO = ("--processes", "2")
STOPPED_AT = r"the run was stopped at \d+s of {}: somebody pressed Stop in the web UI"


@pytest.mark.slow
def test_stop_before_the_planned_end_is_said_in_the_verdict(ui, target):
    """Of a run time and of a shape: inconclusive, but where a threshold had failed it stays failed."""
    healthy, sick = target(), target("fast500")
    locust, url = ui("-H", healthy.url)
    found = []

    def stats():
        return requests.get(f"{url}/stats/requests", timeout=5).json()

    def busy():
        now = stats()
        return now["state"] == "running" and now["stats"][-1]["num_requests"] > 20

    for host, load in (
        (healthy, {"shape": "none", "run_time": "1m"}),
        (sick, {"shape": "smoke", "shape_params": "duration=40s"}),
    ):
        form = {"user_count": 6, "spawn_rate": 6, "host": host.url, **load}
        assert requests.post(f"{url}/swarm", data=form, timeout=5).json()["success"]
        wait_until(busy, "requests")
        requests.post(f"{url}/stop", timeout=30)
        wait_until(lambda: stats()["state"] in {"ready", "stopped"}, "the end")
        found.append(wait_until(lambda: _summary(locust), "the summary"))

    assert [summary["exit_code"] for summary in found] == [111, 99]
    assert re.match(STOPPED_AT.format("1m"), found[0]["reason"])
    assert any(re.match(STOPPED_AT.format("40s"), warning) for warning in found[1]["warnings"])


@pytest.mark.parametrize("processes", rows({"one process": (), "two workers": TWO}, "two workers"))
@pytest.mark.slow
def test_a_run_without_a_shape_is_in_no_phase_of_the_run_before_it(ui, target, processes):
    """Neither the phase nor the configuration of ``install("...")`` is mixed up by the form."""
    locust, url = ui("-H", target().url, *processes)
    form = {"user_count": 4, "spawn_rate": 4, "shape_params": "", "time_scale": "1.0"}

    def stats():
        return requests.get(f"{url}/stats/requests", timeout=5).json()

    def idle():
        now = stats()
        return now["state"] in {"ready", "stopped"} and (not processes or now["worker_count"] == 2)

    def busy():
        now = stats()
        return now["state"] == "running" and now["user_count"] == 4 and now["stats"][-1]["num_requests"] > 20

    wait_until(idle, "readiness")
    requests.post(f"{url}/swarm", data={**form, "shape": "smoke"}, timeout=5)
    first = wait_until(lambda: _summary(locust), "the first summary")
    wait_until(idle, "the end of the first run")
    requests.post(f"{url}/swarm", data={**form, "shape": "none"}, timeout=5)
    wait_until(busy, "the second run")
    requests.post(f"{url}/stop", timeout=90)
    wait_until(lambda: (_summary(locust) or first)["started_at"] != first["started_at"], "the second summary")

    second = _summary(locust)
    assert {"steady"} <= {row["tags"].get("phase") for row in first["series"] if row["metric"] == "http_reqs"}
    assert {None} == {row["tags"].get("phase") for row in second["series"] if row["metric"] == "http_reqs"}
    assert len(second["outcomes"]) == 2, "the thresholds of the file that install() named"


@pytest.mark.parametrize(
    "field, value, sentence",
    [
        ("shape", "spkie", "did you mean 'spike'?"),
        ("shape_params", "usrs=5", "did you mean 'users'?"),
        ("shape_params", "duration=10", None),
        ("shape_params", "duration=10x", "'10x' is not a duration"),
        ("time_scale", "-1", "must be a number above 0"),
    ],
)
def test_a_form_that_cannot_mean_anything_is_refused_with_a_sentence(ui, target, field, value, sentence):
    """Nothing starts, and the form says why."""
    _, url = ui("-H", target().url)
    form = {"user_count": 1, "spawn_rate": 1, "shape": "smoke", "shape_params": "", "time_scale": "1.0", field: value}

    answer = requests.post(f"{url}/swarm", data=form, timeout=5).json()

    if sentence is None:
        assert answer["success"] is False, "a number without a unit is refused in text"
        assert "write it as 90s" in answer["message"]
    else:
        assert (answer["success"], sentence in answer["message"]) == (False, True), answer
    assert requests.get(f"{url}/stats/requests", timeout=5).json()["state"] == "ready"


@pytest.mark.parametrize(
    "fault, code, processes",
    [
        pytest.param((), 0, (), id="healthy-one process"),
        pytest.param((), 0, TWO, id="healthy-two workers", marks=pytest.mark.long),
        pytest.param(("fast500",), 99, (), id="sick-one process", marks=pytest.mark.long),
        pytest.param(("fast500",), 99, TWO, id="sick-two workers"),
    ],
)
def test_autoquit_sets_the_exit_code(ui, target, fault, code, processes):
    """``--autostart --autoquit 0`` in the web UI ends with the verdict."""
    locust, _ = ui("-H", target(*fault).url, "--autostart", "--autoquit", "0", "--shape", "smoke", *processes)

    run = locust.finish()

    assert (run.code, run.summary["complete"]) == (code, True), run.err


def test_stop_in_a_distributed_web_ui_loses_nothing(ui, target):
    """The workers' last reports arrive although Locust itself has let the workers go."""
    demo = target()
    locust, url = ui("-H", demo.url, "--processes", "2", "--stop-timeout", "5")
    wait_until(lambda: requests.get(f"{url}/stats/requests", timeout=5).json()["worker_count"] == 2, "two workers")
    requests.post(f"{url}/swarm", data={"user_count": 6, "spawn_rate": 6, "shape": "none"}, timeout=5)
    wait_until(lambda: requests.get(f"{url}/stats/requests", timeout=5).json()["total_rps"] > 10, "requests")
    requests.post(f"{url}/stop", timeout=90)

    summary = wait_until(lambda: _summary(locust), "the summary")
    counted = sum(row["value"] for row in summary["series"] if row["metric"] == "http_reqs")
    text = requests.get(f"{demo.url}/metrics", timeout=5).text
    seen = sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("app_requests_total{"))
    assert (summary["complete"], counted) == (True, seen)


def test_the_report_is_a_page_of_the_ui(ui, target):
    """Before a test it says that there is none; afterwards it is the page that stands in the report directory."""
    locust, url = ui("-H", target().url)
    page = f"{url}/locust-ext/report"
    assert "No report yet" in requests.get(page, timeout=5).text
    assert "./locust-ext/report" in requests.get(url, timeout=5).text

    requests.post(f"{url}/swarm", data={"user_count": 1, "spawn_rate": 1, "shape": "smoke"}, timeout=5)
    wait_until((locust.reports / "report.html").exists, "the end of the shape")

    assert requests.get(page, timeout=10).text == (locust.reports / "report.html").read_text("utf-8")


WITH_LOGIN = """
    from flask import redirect
    from flask_login import UserMixin, login_user
    from locust import events

    class Person(UserMixin):
        id = "bob"

    @events.init.add_listener
    def logins(environment, web_ui, **_):
        web_ui.app.secret_key = "x"
        web_ui.login_manager.user_loader(lambda _: Person())

        @web_ui.app.route("/in")
        def come_in():
            login_user(Person())
            return redirect("/locust-ext/storm")
"""


def test_nothing_happens_before_the_login(start, write):
    """Anyone who is not logged in makes us ask nothing and send nothing; after the login the same form does."""
    flag, port = Listener(404), free_port()
    write("quick.yml", f"safety: {{kill_switch: {{url: '{flag.url}/flag'}}}}")
    file = write("quick.py", USERS.replace('"other.yml"', "") + WITH_LOGIN)
    start("-f", file, "-H", "http://127.0.0.1:9", "--web-host", "127.0.0.1", "--web-port", port, "--web-login")
    url, form = f"http://127.0.0.1:{port}", {"user_count": 1, "spawn_rate": 1, "shape": "none", "host": flag.url}
    wait_until(lambda: _answers(f"{url}/login"), "the web UI")

    with requests.Session() as session:
        for path in ("swarm", "locust-ext/safety", "locust-ext/storm", "stop", "stats/reset"):
            answer = session.post(f"{url}/{path}", data=form, timeout=5, allow_redirects=False)
            assert (answer.status_code, flag.gets) in {(302, 0), (405, 0)}, (path, answer.text)
            assert "flag" not in answer.text
        assert "Reconnect storm" in session.get(f"{url}/in", timeout=5).text
        refused = session.post(f"{url}/swarm", data=form, timeout=10).json()

    assert (flag.gets, refused["success"]) == (1, False)
    assert "answered 404" in refused["message"]
    flag.stop()
