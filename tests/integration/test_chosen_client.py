"""A locustfile of FastHttpUsers, measured with LeanHttpUser's client: by its configuration, by an option, by a variable."""

import pytest

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
