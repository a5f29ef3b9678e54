"""What never comes within a run is refused before it, by the run and by ``check``; what may not come is said."""

from __future__ import annotations

from .conftest import command
from .listener import Listener

USERS = """
    from locust import FastHttpUser, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        @task
        def feed(self):
            self.client.get("/")
"""
NEVER = """
    version: 1
    {load}
    storm: {{users: [Quick], at: 30s}}
    thresholds: {{http_req_failed: [{{threshold: "rate<0.5", window: 20s}}]}}
"""
SHAPE = "shape: smoke\n    shapes: {smoke: {users: 1, duration: 10s}}"


def test_what_never_comes_is_refused(locust, write):
    """All of it at once, with lines, exit code 104 and not one request; ``check`` says the same."""
    listener = Listener(200)
    file = write("quick.py", USERS)
    config = write("quick.yml", NEVER.format(load=SHAPE))

    run = locust("-f", file, "--headless", "-H", listener.url)
    checked = command("check", config)

    assert (run.code, checked.returncode, listener.gets) == (104, 104, 0)
    for said in (run.err, checked.stderr):
        assert "2 mistakes" in said
        assert (
            "quick.yml:5: storm.at: the storm is to come at 30s, and the run ends after 10s: it never happens" in said
        )
        assert "quick.yml:6: thresholds.http_req_failed[0].window: a window of 20s is never full" in said
    listener.stop()


def test_what_may_not_come_is_said(locust, write):
    """A run time is an end, too; without one, and under a time scale, it is a warning, and ``check`` says the same."""
    listener = Listener(200)
    file = write("quick.py", USERS)
    config = write("quick.yml", NEVER.format(load=SHAPE).replace("at: 30s", "at: 5s"))

    run = locust("-f", file, "--headless", "-H", listener.url, "--time-scale", "0.2")
    checked = command("check", config, "--time-scale", "0.2")
    write("quick.yml", NEVER.format(load=""))
    refused = locust("-f", file, "--headless", "-H", listener.url, "-t", "15")
    unknown = command("check", config)

    assert (run.code, checked.returncode, refused.code, unknown.returncode) == (111, 0, 104, 0)
    for said in (run.err, checked.stdout):
        assert "a window of 20s is never full in a run of 2s at the time scale 0.2" in said
    assert "the run ends after 15s" in refused.err
    assert "storm.at: nothing says how long the run is" in unknown.stdout
    listener.stop()
