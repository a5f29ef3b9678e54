"""A run as Prometheus sees it: scraped while it lasts and after its verdict, on a port and on Locust's web server."""

from __future__ import annotations

import re
import signal
import time

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from .conftest import free_port, judged, rows, wait_until

USERS = """
    from locust import FastHttpUser, constant, events, task
    from flask_login import UserMixin
    import locust_ext
    locust_ext.install("scraped.yml")

    @events.init.add_listener
    def on_init(environment, web_ui=None, **_):
        if web_ui and web_ui.web_login:
            web_ui.app.secret_key = "key"
            web_ui.login_manager.user_loader(lambda _: None)

    class Quick(FastHttpUser):
        wait_time = constant(0.02)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name='the "feed"')

        @task
        def other(self):
            self.client.get("/health", name="health")
"""
CONFIGURATION = """
    tags: {{run_type: pr}}
    shapes: {{smoke: {{users: 6, duration: 3s, ramp: 1s}}}}
    shape: smoke
    thresholds: {{http_reqs: ["count>1000000"], http_req_duration: ["p(95)<4000", "p(99)<250"]}}
    export: {{prometheus: {options}}}
"""
TOKEN = "s3cret-of-the-scraper"
BEARER = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"}
DURATION = "http_client_request_duration_seconds"


def samples(text):
    """What OpenMetrics' own parser reads, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(found, name):
    return sum(value for (one, _), value in found.items() if one == name)


def value(found, metric, **labels):
    ((_, found_one),) = (
        (key, one) for key, one in found.items() if key[0] == metric and labels.items() <= dict(key[1]).items()
    )
    return found_one


def quantile(found, share):
    """The edges of the bucket that ``histogram_quantile(share, sum by (le) (...))`` interpolates in."""
    edges = {}
    for (name, labels), count in found.items():
        if name == f"{DURATION}_bucket":
            edge = float(dict(labels)["le"])
            edges[edge] = edges.get(edge, 0) + count
    below = 0.0
    for edge, count in sorted(edges.items()):
        if count >= share * edges[float("inf")]:
            return below, edge
        below = edge
    raise AssertionError(edges)


def test_a_run_is_scraped_to_its_verdict(start, write, target):
    """Two workers, a scraper with a token; the last scrape is of what summary.json says, and nobody waits longer."""
    port = free_port()
    options = f"{{port: {port}, token_env: SCRAPE_TOKEN, linger: 20s}}"
    write("scraped.yml", CONFIGURATION.format(options=options))
    locust = start(
        *("-f", write("scraped.py", USERS), "--headless", "--processes", "2", "-H", target().url),
        env={"SCRAPE_TOKEN": TOKEN},
    )
    url, seen, refused, last = f"http://127.0.0.1:{port}/metrics", [], set(), 0.0
    while locust.process.poll() is None:
        try:
            answer = requests.get(url, headers=BEARER, timeout=5)
            refused.add(requests.get(url, headers={"Authorization": "Bearer other"}, timeout=5).status_code)
        except requests.ConnectionError:
            pass
        else:
            assert answer.status_code == 200
            seen.append(samples(answer.text))
            if total(seen[-1], "loadtest_exit_code"):
                last = last or time.monotonic()
        time.sleep(0.3)
    lingered = time.monotonic() - last
    run = locust.finish()

    final, summary = seen[-1], run.summary
    assert (run.code, refused) == (99, {401})
    assert lingered < 8, "everybody knew"
    assert value(final, "loadtest_running") == 0
    assert 2 in {total(one, "loadtest_workers") for one in seen}
    assert value(final, "loadtest_verdict", verdict="failed") == 1
    assert value(final, "loadtest_exit_code") == 99
    assert value(final, "loadtest_threshold_status", threshold="count>1000000", status="failed") == 1
    assert value(final, "loadtest_threshold_bound", threshold="p(95)<4000") == 4
    assert value(final, "loadtest_run_info", run_id=summary["id"], name="scraped", tag_run_type="pr") == 1
    assert total(final, "loadtest_requests_total") == total(final, f"{DURATION}_count") == run.count("http_reqs") > 50
    for name in ('the "feed"', "health"):
        assert value(final, f"{DURATION}_count", url_template=name) == run.count("http_reqs", name=name)
    (p95,) = (one["value"] / 1000 for one in summary["outcomes"] if one["threshold"] == "p(95)<4000")
    low, high = quantile(final, 0.95)
    assert low <= p95 <= high * 1.001
    assert {4.0, 0.25} <= {float(dict(labels)["le"]) for name, labels in final if name == f"{DURATION}_bucket"}
    for before, after in zip(seen, seen[1:], strict=False):
        fell = [key for key in before if key[0].endswith(("_total", "_bucket", "_count")) and after[key] < before[key]]
        assert not fell
    written = "".join(file.read_text(errors="replace") for file in locust.reports.rglob("*") if file.is_file())
    assert TOKEN not in run.out + run.err + written


@pytest.fixture
def ui(start, write, target):
    """Start the web UI on a free port and return (process, url)."""

    def begin(*arguments, options="{}", path=""):
        write("scraped.yml", CONFIGURATION.format(options=options))
        port = free_port()
        file = write("scraped.py", USERS)
        where = ("--web-host", "127.0.0.1", "--web-port", port, "-H", target().url)
        locust = start("-f", file, *where, *arguments, env={"SCRAPE_TOKEN": TOKEN})
        url = f"http://127.0.0.1:{port}{path}"
        wait_until(lambda: _answers(f"{url}/metrics"), "the web UI")
        return locust, url

    return begin


def _answers(url):
    try:
        return requests.get(url, timeout=2).status_code
    except requests.ConnectionError:
        return False


def test_locusts_web_server_is_scraped(ui):
    """Before any run, while one is under way, and when it has ended; a Ctrl-C does not wait for who knows."""
    locust, url = ui()
    before = requests.get(f"{url}/metrics", timeout=5)
    assert before.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert [line for line in before.text.splitlines() if line[0] != "#"] == ["loadtest_running 0.0"]

    form = {"user_count": 1, "spawn_rate": 1, "shape": "smoke", "shape_params": "", "time_scale": "1.0"}
    assert requests.post(f"{url}/swarm", data=form, timeout=5).json()["success"]
    wait_until(lambda: value(_scrape(url), "loadtest_running") == 1, "a run")
    summary = wait_until(lambda: judged(locust.reports), "the summary")
    final = _scrape(url)
    assert value(final, "loadtest_verdict", verdict="failed") == 1
    assert total(final, "loadtest_requests_total") == sum(
        row["value"] for row in summary["series"] if row["metric"] == "http_reqs"
    )
    locust.send(signal.SIGINT)
    begun = time.monotonic()
    assert locust.finish().code == 99
    assert time.monotonic() - begun < 10


def _scrape(url):
    return samples(requests.get(f"{url}/metrics", headers=BEARER, timeout=5).text)


LOGIN, ASKED = ("--web-login",), "{token_env: SCRAPE_TOKEN}"
WHO = [
    ("a login and a token", LOGIN, ASKED, BEARER, 200),
    ("a wrong token", LOGIN, ASKED, {"Authorization": "Bearer other"}, 401),
    ("a login, and this machine", LOGIN, "{}", {}, 200),
    ("a login, and a proxy", LOGIN, "{}", {"X-Forwarded-For": "10.0.0.7"}, 403),
    ("under a base path", ("--web-base-path", "/load"), "{}", {}, 200),
]


@pytest.mark.parametrize("arguments, options, headers, status", rows(WHO, "a login, and a proxy"))
def test_who_may_scrape_the_web_server(ui, arguments, options, headers, status):
    """The figures, or a refusal; a login keeps everything else."""
    path = "/load" if "/load" in arguments else ""
    _, url = ui(*arguments, options=options, path=path)
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=5)
    assert answer.status_code == status
    assert bool(re.search("^loadtest_running 0", answer.text, re.MULTILINE)) == (status == 200)
    assert TOKEN not in answer.text
    if arguments == LOGIN:
        assert "authArgs" in requests.get(url, timeout=5).text
