"""The start of a run: what it does not need is not loaded for it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

LOCUSTFILE = """
    import gc
    import sys
    from pathlib import Path
    import locust_ext
    from locust import FastHttpUser, constant, task

    locust_ext.install()

    class Reader(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def read(self):
            loaded = Path(__file__).with_name("loaded")
            if not loaded.exists():
                loaded.write_text("\\n".join(sys.modules))
                collector = loaded.with_name("collector")
                collector.write_text(f"{gc.isenabled()} {gc.get_freeze_count() > len(gc.get_objects())}")
            self.client.get("/health")
"""

PLAIN = """
    version: 1
    thresholds: {http_req_failed: ["rate<0.5"]}
"""

NOT_NEEDED = (
    ("rich", "tables are drawn when the run is over"),
    ("prometheus_client", "no metrics of a target are read, and metrics.txt is written at the end"),
    ("hdrh", "run.hlog is written at the end"),
    ("plotly", "the report is drawn at the end"),
    ("locust_ext.archive.announce", "nobody is told before there is a verdict"),
    ("locust_ext.run.repeats", "nothing is confirmed"),
    ("locust_ext.gates.cliff", "no cliff is searched for"),
    ("locust_ext.gates.figures", "the run is compared with none"),
    ("locust_ext.k6", "nothing is imported from k6"),
    ("locust_ext.reports.hlog", "no run is read"),
    ("locust_ext.reports.html", "the report is drawn at the end"),
    ("locust_ext.reports.schema", "no run is read"),
    ("locust_ext.safety.middleware", "no key signs anything"),
    ("locust_ext.load.agent", "nothing arrives"),
    ("locust_ext.load.coordinator", "nothing arrives"),
    ("locust_ext.gates.verdict", "it is given at the end"),
    ("locust_ext.reports.result", "there is none before the end"),
    ("locust_ext.run.exposing", "nobody is told"),
    ("locust_ext.run.scraped_text", "nobody asks"),
    ("locust_ext.run.pushing", "nothing is pushed"),
    ("locust_ext.clients.tracer", "no request has a trace"),
    ("opentelemetry", "nothing is pushed"),
    ("locust_ext.storms.agent", "there is no storm"),
    ("locust_ext.storms.coordinator", "there is no storm"),
    ("locust_ext.storms.stampede", "there is no stampede"),
    ("locust_ext.storms.backoff", "there is no storm"),
    ("locust_ext.storms.clients", "there is no storm"),
    ("locust_ext.storms.policy", "there is no storm"),
    ("locust_ext.web.pages", "there is no web UI"),
)


def test_what_is_not_needed_is_there():
    """A module that got another name would be missing here in silence."""
    assert [name for name, _ in NOT_NEEDED if find_spec(name) is None] == []


@pytest.mark.cold
def test_what_a_run_does_not_need_is_not_loaded_for_it(locust, target, write, tmp_path):
    """Before the first request of a plain run."""
    file = write("plain.py", LOCUSTFILE)
    write("plain.yml", PLAIN)
    finished = locust("-f", file, "--headless", "-u", 2, "-r", 2, "-t", 2, "-H", target().url, report_dir=False)
    assert finished.code == 0, finished.out
    loaded = set((tmp_path / "loaded").read_text().splitlines())
    assert {"locust_ext.plugin", "locust_ext.run.start", "pydantic"} <= loaded, "it was not a run of ours"
    assert {name: why for name, why in NOT_NEEDED if name in loaded} == {}
    assert (tmp_path / "collector").read_text() == "True True", "it collects, but not among what is loaded"
