"""A real Prometheus scrapes a real run: what it answers afterwards is what the run's summary says."""

from __future__ import annotations

from tests.integration.conftest import free_port, start, target, write  # noqa: F401 fixtures
from tests.integration.test_scraped_run import CONFIGURATION, DURATION, TOKEN, USERS
from tests.prometheus.server import prometheus

FAILED = 'loadtest_threshold_status{status="failed"} == 1'
"""As an alert has it."""

DURING = "[5m]"


def test_what_prometheus_knows_of_a_run(start, write, target, tmp_path):  # noqa: F811 the fixtures
    """Two workers, a token, a linger that ends with the last scrape."""
    port = free_port()
    options = f"{{port: {port}, token_env: SCRAPE_TOKEN, linger: 20s}}"
    write("scraped.yml", CONFIGURATION.format(options=options))
    arguments = ("-f", write("scraped.py", USERS), "--headless", "--processes", "2", "-H", target().url)
    asked = {"authorization": {"credentials": TOKEN}}
    with prometheus(tmp_path / "prometheus", {"load": [f"127.0.0.1:{port}"]}, options=asked) as server:
        server.until("up == 0")  # it looks for its targets some seconds after it has begun
        locust = start(*arguments, env={"SCRAPE_TOKEN": TOKEN})
        server.until("loadtest_running == 1")
        run = locust.finish()
        (failed,) = server.until(f"last_over_time(({FAILED}){DURING[:-1]}:1s])")
        known = {
            query: float(server.at(query)[0]["value"][1])
            for query in (
                f"sum(last_over_time(loadtest_requests_total{DURING}))",
                f"sum(last_over_time({DURATION}_count{DURING}))",
                f"last_over_time(loadtest_exit_code{DURING})",
                f"histogram_quantile(0.95, sum by (le) (last_over_time({DURATION}_bucket{DURING})))",
                f"max_over_time(up{DURING})",
            )
        }
        edges = sorted(
            float(one["metric"]["le"])
            for one in server.at(f"count by (le) (last_over_time({DURATION}_bucket{DURING}))")
        )
        (info,) = server.at(f"last_over_time(loadtest_run_info{DURING})")

    counted, timed, code, p95, up = known.values()
    (exact,) = (one["value"] / 1000 for one in run.summary["outcomes"] if one["threshold"] == "p(95)<4000")
    assert counted == timed == run.count("http_reqs")
    assert (run.code, code, up) == (99, 99, 1)
    assert failed["metric"]["threshold"] == "count>1000000"
    assert info["metric"]["run_id"] == run.summary["id"]
    place = next(number for number, edge in enumerate(edges) if exact <= edge)
    assert edges[place - 1] <= p95 <= edges[place]
