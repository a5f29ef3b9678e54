"""Locust as a library: a script's own Environment, measured and judged; and one user to debug."""

from __future__ import annotations

import json
import os
import textwrap

import pytest

from .conftest import launch
from .warm import PATIENT, lateness

USERS = """
    import logging
    import os
    import sys
    import gevent
    import locust_ext
    from locust import HttpUser, constant, events, run_single_user, task
    from locust.env import Environment
    from locust.exception import StopUser

    debugged = "single" in sys.argv

    class Reader(HttpUser):
        host = sys.argv[1]
        wait_time = constant(0.05)
        seen = 0

        @task
        def feed(self):
            self.client.get("/health")
            self.seen += 1
            if self.seen == 4 and debugged:
                raise StopUser
"""

RUN = """
    def run(environment, runner, seconds=1.5):
        runner.start(2, spawn_rate=2)
        gevent.spawn_later(seconds, runner.quit)
        runner.greenlet.join()
"""

ATTACHED = """
    environment = Environment(user_classes=[Reader])
    runner = environment.create_local_runner()
    attached = locust_ext.attach(environment, thresholds={THRESHOLD}, report_dir="reports")
    logging.getLogger("locust_ext.mine").warning("it holds %s", os.environ["MY_PASS"])
    run(environment, runner)
    assert environment.process_exit_code == attached.exit_code == attached.summary["exit_code"]
    sys.exit(attached.finish())
"""

INSTALLED = """
    locust_ext.install("loadtest.yml")
    environment = Environment(user_classes=[Reader], events=events)
    runner = environment.create_local_runner()
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    run(environment, runner)
    sys.exit(environment.process_exit_code)
"""

NEVER = """
    environment = Environment(user_classes=[Reader])
    environment.create_local_runner()
    sys.exit(locust_ext.attach(environment, thresholds={"http_reqs": ["count>=0"]}).finish())
"""

SINGLE = """
    locust_ext.install()
    sys.argv[1:] = []
    run_single_user(Reader)
"""

EARLY = """
    environment = Environment(user_classes=[Reader])
    try:
        locust_ext.attach(environment)
    except RuntimeError as error:
        sys.exit(str(error))
"""

IN_A_ROW = """
    import gc
    import weakref

    def one():
        environment = Environment(user_classes=[Reader])
        runner = environment.create_local_runner()
        attached = locust_ext.attach(environment, thresholds={"http_reqs": ["count>0"]})
        run(environment, runner, 0.5)
        assert attached.finish() == 0
        return weakref.ref(environment)

    gone = [one() for _ in range(3)]
    for _ in range(30):  # Locust's own watch of the processor goes on for five seconds
        gevent.sleep(0.5)
        gc.collect()
        if not any(environment() for environment in gone):
            sys.exit("all three are gone")
"""


def attached(threshold):
    """Return a script that attaches, with a threshold."""
    return RUN + ATTACHED.replace("THRESHOLD", f'"http_req_duration": [{threshold!r}]')


ROWS = [
    ("passes", attached("p(95)<9000"), 0, "PASSED: 1 threshold passed"),
    ("fails", attached("count<1"), 99, "FAILED"),
    ("is wrong", attached("p(95)>"), 104, "p(95)>"),
    ("installed", RUN + INSTALLED, 99, "FAILED"),
    ("never began", NEVER, 111, "INCONCLUSIVE"),
    ("one user to debug", SINGLE, 0, "/health"),
    ("too early", EARLY, 1, "create the runner first"),
    ("three in a row", RUN + IN_A_ROW, 1, "all three are gone"),
]


ITS_ORDER = pytest.mark.cold  # of its imports, as a script has it; that of others is the same


@pytest.mark.parametrize(
    "script, code, said",
    [pytest.param(*row, id=name, marks=ITS_ORDER if name == "passes" else ()) for name, *row in ROWS],
)
def test_a_script(tmp_path, request, target, script, code, said):
    """It ends with the verdict's code, told once, and its reports say the same."""
    (tmp_path / "script.py").write_text(textwrap.dedent(USERS) + textwrap.dedent(script), "utf-8")
    (tmp_path / "loadtest.yml").write_text("version: 1\nthresholds: {http_reqs: ['count<3']}\n", "utf-8")
    arguments = (target().url, *(["single"] if script is SINGLE else []))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    clean["MY_PASS"] = "canary-11aa22bb"
    clean["PYTHONPATH"] = lateness(tmp_path / "late", PATIENT)
    cold = request.node.get_closest_marker("cold") is not None
    done = launch("script", *arguments, cwd=tmp_path, env=clean, cold=cold)
    out, err = done.communicate(timeout=60)
    assert done.returncode == code, out + err
    assert (out + err).count(said) >= 1
    assert out.count("(exit code") <= (3 if script.endswith(IN_A_ROW) else 1)
    assert "Traceback" not in err
    assert "canary" not in out + err
    if (tmp_path / "reports" / "summary.json").exists():
        assert json.loads((tmp_path / "reports" / "summary.json").read_text("utf-8"))["exit_code"] == code
