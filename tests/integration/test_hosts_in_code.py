"""Hosts that only the locustfile's code knows: asked for before the first request, never a false mistake."""

import json

import pytest

from locust_ext.cli import AUTOLOAD

HEAD = """
    from locust import FastHttpUser, HttpUser, constant, events, task

    HOST = "{host}"

    class Reader({base}):
        wait_time = constant(0.1)

        @task
        def look(self):
            self.client.get("/health")
"""

IN_LISTENER = """
    @events.init.add_listener
    def _(environment, **kw):
        environment.host = HOST
"""
IN_INIT = """
        def __init__(self, environment):
            self.host = HOST
            super().__init__(environment)
"""
PROPERTY = """
        @property
        def host(self):
            return HOST
"""

WAYS = [
    ("an init listener", "FastHttpUser", IN_LISTENER),
    ("the user itself", "HttpUser", IN_INIT),
    ("a property", "FastHttpUser", PROPERTY),
]

ROWS = [pytest.param(*row[1:], id=row[0]) for row in WAYS]


def arguments(write, host, base, how):
    """A short run of a locustfile that says its host in its own way."""
    write("hosts.yml", "thresholds: {http_req_failed: ['rate<0.5']}\n")
    file = write("hosts.py", HEAD.format(host=host, base=base) + how)
    return ["-f", f"{file},{AUTOLOAD}", "--headless", "-u", 2, "-r", 2]


@pytest.mark.parametrize("base, how", ROWS)
def test_a_host_in_code_is_taken(locust, target, write, base, how):
    """It is not a mistake that nobody knew it before, and the run is judged."""
    run = locust(*arguments(write, target().url, base, how), "-t", "1s")
    assert run.code == 0, run.out + run.err


@pytest.mark.parametrize("production", [False, True], ids=["private", "production"])
def test_a_host_of_config_users(locust, target, write, production):
    """It takes the place of the class's own: asked for before the first request, and no mistake of anybody's."""
    host = "http://shop.example.com" if production else target().url
    given = write("users.json", json.dumps({"user_class_name": "Reader", "host": host}))
    own = """
        host = "https://www.example.com"
"""
    run = locust(*arguments(write, "", "FastHttpUser", own), "-t", "1s", "--config-users", given)
    assert run.code == (108 if production else 0), run.out + run.err
    assert run.count("http_reqs") == 0 if production else run.count("http_reqs") > 0
    assert "Traceback" not in run.err


@pytest.mark.parametrize("base, how", ROWS)
def test_a_production_host_in_code_ends_the_run(locust, write, base, how):
    """Nothing is sent to it, and the run ends for safety."""
    run = locust(*arguments(write, "http://shop.example.com", base, how), "-t", "20s")
    assert run.code == 108, run.out + run.err
    assert "counts as production" in run.summary["reason"]
    assert "Traceback" not in run.err
