"""Probes of the target in real runs: what they read is judged, and what answers them badly harms nothing."""

from __future__ import annotations

import pytest

from .mischief import Mischief

READER = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Reader(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def read(self):
            self.client.get("/page", name="page")
"""

HEALTHY = """
    shapes: {smoke: {users: 4, duration: 5s, ramp: 1s}}
    shape: smoke
    probes:
      api: {url: "{host}/metrics", every: 1s}
      demo: {url: "{host}/metrics", every: 500ms, series: [app_requests_total]}
    thresholds:
      "probe{series:process_open_fds,instance:api}": ["value>3", "value<1000"]
      "probe{series:app_requests_total,instance:demo}": ["value>1"]
      "probe_failed{instance:api}": ["rate==0"]
      "probe_duration{instance:api}": ["avg<500"]
"""


@pytest.fixture
def mischief():
    """Start the server."""
    one = Mischief()
    yield one
    one.stop()


def test_the_target_s_own_series_are_judged(locust, write, target):
    """With workers: they are read where the run is judged, counters as rates, and their cost is told."""
    write("probed.yml", HEALTHY)
    run = locust(
        *("-f", write("probed.py", READER.replace("/page", "/communities/1/posts"))),
        *("--headless", "--processes", 2, "-H", target().url),
    )
    assert run.code == 0, run.out + run.err
    series = {
        (row["tags"]["instance"], row["tags"]["series"]) for row in run.summary["series"] if row["metric"] == "probe"
    }
    assert {
        ("api", "process_open_fds"),
        ("api", "process_resident_memory_bytes"),
        ("demo", "app_requests_total"),
    } <= series
    cost = {finding["instance"]: finding for finding in run.summary["findings"] if finding["kind"] == "probe"}
    assert 4 <= cost["api"]["reads"] <= 9
    assert cost["demo"]["every_s"] == 0.5
    assert cost["api"]["mean_bytes"] > 500
    assert run.count("http_reqs") == run.count("http_reqs", name="page")


HOSTILE = """
    shapes: {{smoke: {{users: 4, duration: 6s, ramp: 1s}}}}
    shape: smoke
    tenant: {{}}
    probes:
      hang: {{url: "{{host}}/hang", every: 500ms, timeout: 500ms}}
      drip: {{url: "{{host}}/drip", every: 500ms, timeout: 500ms}}
      flood: {{url: "{{host}}/flood", every: 500ms}}
      html: {{url: "{{host}}/html", every: 500ms}}
      denied: {{url: "http://bob:hunter2-hunter2@127.0.0.1:{port}/denied?key=canary-2718281828", every: 500ms, headers_env: PROBE_HEADERS}}
      elsewhere: {{url: "{{host}}/elsewhere", every: 500ms, headers_env: PROBE_HEADERS}}
      dies: {{url: "{{host}}/dies", every: 500ms}}
      turns: {{url: "{{host}}/turns", every: 500ms}}
      nobody: {{process: {{name: nobody-of-this-name}}, every: 1s}}
    thresholds:
      {rules}
      http_req_failed: ["rate<0.01"]
      "http_req_duration{{name:page}}": ["p(50)<1000"]
"""
SAID = {
    "hang": "it did not answer within 0.5 s",
    "drip": "it did not answer within 0.5 s",
    "flood": "it sent more than 5 MB",
    "html": "it answered HTML, not metrics",
    "denied": "it answered 401",
    "elsewhere": "it redirects elsewhere (302), and is not followed",
    "dies": "it closed the connection without an answer",
    "turns": "several processes answer at this address",
    "nobody": "there is no process of that name",
}


def test_hostile_endpoints_make_their_rules_inconclusive_and_nothing_else(locust, write, mischief):
    """Each is said once, in words; the run is measured as ever, and no secret stands anywhere."""
    rules = "\n      ".join(f'"probe{{series:process_open_fds,instance:{name}}}": ["value<1000"]' for name in SAID)
    write("probed.yml", HOSTILE.format(rules=rules, port=mischief.port))
    run = locust(
        *("-f", write("probed.py", READER), "--headless", "--processes", 2, "-H", f"http://127.0.0.1:{mischief.port}"),
        env={"PROBE_HEADERS": "Authorization: Bearer canary-3141592653"},
    )
    assert run.code == 111, run.out + run.err
    outcomes = {outcome["selector"]: outcome for outcome in run.summary["outcomes"]}
    for name, why in SAID.items():
        outcome = next(one for selector, one in outcomes.items() if f"instance:{name}" in selector)
        assert outcome["status"] == "inconclusive", outcome
        assert why in outcome["reason"], outcome
    assert [one["status"] for selector, one in outcomes.items() if "instance" not in selector] == ["passed", "passed"]
    assert run.summary["complete"]
    assert run.count("http_reqs") == len(mischief.requests("/page"))
    everything = (
        run.out
        + run.err
        + "".join(file.read_text("utf-8", "replace") for file in run.reports.rglob("*") if file.is_file())
    )
    assert "Traceback" not in everything
    for secret in ("canary-3141592653", "canary-2718281828", "hunter2-hunter2"):
        assert secret not in everything
    assert run.err.count("probe denied: it answered 401") == 1
    assert not mischief.requests("/metrics"), "nobody was followed elsewhere"
    assert all("x-synthetic-tenant" in headers for headers in mischief.requests("/page"))
    assert not any("x-synthetic-tenant" in headers for path, headers in mischief.asked if path != "/page")
    assert {path for path, headers in mischief.asked if "authorization" in headers} == {"/denied", "/elsewhere"}
    assert 2 <= len(mischief.requests("/hang")) <= 14
