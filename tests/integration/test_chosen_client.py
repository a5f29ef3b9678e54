"""A locustfile of FastHttpUsers, measured with LeanHttpUser's client: by its configuration, by an option, by a variable."""

import pytest
import requests

from .conftest import free_port, judged, wait_until

LOCUSTFILE = """
from locust import FastHttpUser, constant, task
from locust.contrib.fasthttp import FastHttpSession
import locust_ext

locust_ext.install()


class Shop(FastHttpUser):
    wait_time = constant(0.05)

    def __init__(self, environment):
        super().__init__(environment)
        assert isinstance(self.client, FastHttpSession)

    @task
    def read(self):
        with self.client.get("/communities/abc/posts", name=type(self.client).__name__, catch_response=True) as answer:
            answer.success()
"""

OWN = '''

class Session(FastHttpSession):
    """A team's own."""


class Own(Shop):
    def __init__(self, environment):
        super().__init__(environment)
        self.client = Session(
            self.host, environment.events.request, self, network_timeout=5, connection_timeout=5
        )
'''

WAYS = [
    pytest.param("client: lean", (), OWN, {"LeanSession", "Session"}, "LeanHttpUser", id="by the file, beside a session of its own"),
    pytest.param("client: lean", ("--processes", 2), "", {"LeanSession"}, "LeanHttpUser", id="by the file, on two workers"),
    pytest.param("", ("--client", "lean"), "", {"LeanSession"}, "LeanHttpUser", id="by the option"),
    pytest.param("client: lean", ("--client", "as_written"), "", {"FastHttpSession"}, "FastHttpUser", id="switched off", marks=pytest.mark.long),
]  # fmt: skip


@pytest.mark.parametrize("line, options, more, sessions, name", WAYS)
def test_a_locustfile_unchanged(locust, target, write, line, options, more, sessions, name):
    """Its users have the client that was chosen, and the summary and the page say which that was."""
    write("shop.yml", f"{line}\nthresholds: {{http_req_failed: ['rate<0.5']}}\n")
    file, host = write("shop.py", LOCUSTFILE + more), target().url
    run = locust("-f", file, "--headless", "-H", host, "-u", 4, "-r", 4, "-t", "2s", *options)
    assert run.code == 0, run.out + run.err
    found = run.summary
    assert {row["tags"].get("name") for row in found["series"]} - {None} == sessions
    assert (found["clients"], found["fingerprint"]["client"]) == ([name], name)
    assert f"<dt>measured with</dt><dd>{name}</dd>" in (run.reports / "report.html").read_text("utf-8")
    said = "client: lean: Own has a client of its own, Session, and is measured with that"
    assert (said in found["warnings"]) is bool(more)


def test_a_slip_of_the_pen(locust, write):
    """Is refused before anything is sent, with the nearest name: in the file, and on the command line."""
    write("shop.yml", "client: leen\n")
    run = locust("-f", write("shop.py", LOCUSTFILE), "--headless", "-t", "1s", "--client", "laen")
    assert run.code == 104
    said = run.out + run.err
    assert "client: there is no client 'leen'; did you mean 'lean'?" in said
    assert "--client: there is no client 'laen'; did you mean 'lean'?" in said


@pytest.mark.long
def test_runs_of_one_web_ui_each_with_its_own_client(start, write, doorman):
    """Lean, as written, lean: each says its own, and leaves no connection to the next."""
    write(
        "shop.yml", "shapes: {smoke: {users: 3, duration: 2s, ramp: 1s}}\nthresholds: {http_req_failed: ['rate<0.5']}\n"
    )
    server, port = doorman(), free_port()
    run = start("-f", write("shop.py", LOCUSTFILE), "-H", server.url, "--web-host", "127.0.0.1", "--web-port", port)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: server_answers(url), "the web UI")
    form = {"user_count": 1, "spawn_rate": 1, "shape": "smoke", "shape_params": "", "time_scale": "1.0"}
    before, prints = None, []
    for number, (client, session, name) in enumerate([LEAN, WRITTEN, LEAN], 1):
        told = requests.post(f"{url}/swarm", data={**form, "client": client}, timeout=5).json()
        assert told["success"], told
        began = before
        found = wait_until(lambda: another(judged(run.reports), began), f"summary {number}")  # noqa: B023
        before = found["started_at"]
        assert {row["tags"].get("name") for row in found["series"]} - {None} == {session}
        assert (found["clients"], found["verdict"]) == ([name], "passed")
        wait_until(lambda: server.inside == 0, "the end of all connections", 5)
        assert len(server.came) == 3 * number, "each user of each run opens one of its own"
        prints.append(found["fingerprint"])
    assert [each["client"] for each in prints] == ["LeanHttpUser", "FastHttpUser", "LeanHttpUser"]
    assert prints[0] == prints[2] != prints[1]


LEAN = ("lean", "LeanSession", "LeanHttpUser")
WRITTEN = ("as_written", "FastHttpSession", "FastHttpUser")


def server_answers(url):
    try:
        return requests.get(url, timeout=2).ok
    except requests.ConnectionError:
        return False


def another(summary, before):
    """Return a summary unless it is that of the run before."""
    return summary if summary and summary["started_at"] != before else None
