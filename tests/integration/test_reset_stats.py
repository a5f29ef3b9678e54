"""Locust's figures start again, and ours with them: the option is refused where it would hide what is judged."""

import pytest
import requests

from locust_ext.cli import AUTOLOAD

from .conftest import free_port, wait_until

READER = """
    from locust import FastHttpUser, constant, task

    class Reader(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def look(self):
            self.client.get("/health")
"""

JUDGED = "thresholds: {http_req_failed: ['rate<0.5']}"
SHORT = ("-u", 2, "-r", 2, "-t", "1s")

WAYS = [
    ("an option", JUDGED, ["--reset-stats"], {}, "", 104),
    ("a variable", JUDGED, [], {"LOCUST_RESET_STATS": "true"}, "", 104),
    ("a file", JUDGED, [], {}, "reset-stats = true", 104),
    ("nothing is judged", "name: plain", ["--reset-stats"], {}, "", 0),
]


@pytest.mark.parametrize("text, option, env, conf, code", [row[1:] for row in WAYS], ids=[row[0] for row in WAYS])
def test_where_something_is_judged_it_is_refused(locust, target, write, text, option, env, conf, code):
    """However it was set, in one sentence; without thresholds it is Locust's affair."""
    write("reader.yml", text)
    file = f"{write('reader.py', READER)},{AUTOLOAD}"
    options = [*option, *(["--config", write("team.conf", conf)] if conf else [])]

    run = locust("-f", file, "--headless", *SHORT, "-H", target().url, *options, env=env, stock=False)

    assert run.code == code, run.out + run.err
    assert ("--reset-stats: thresholds judge the whole run" in run.err) == bool(code)
    assert run.count("http_reqs") > 0 if not code else "nothing was sent" in run.err
    assert code or run.summary["reset_at"] > 0


def test_the_button_clears_ours_with_locusts_table(start, target, write):
    """Both tell of the same requests; those of before are still judged, and were fine."""
    write("reader.yml", JUDGED)
    port = free_port()
    process = start(
        "-f", f"{write('reader.py', READER)},{AUTOLOAD}", "--autostart", "--autoquit", 0, *SHORT[:4], "-t", "4s",
        "--web-port", port, "-H", target().url, stock=False,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/stats"

    def has_sent() -> bool:
        try:
            return requests.get(f"{url}/requests", timeout=2).json()["total_rps"] > 0
        except requests.ConnectionError:
            return False

    wait_until(has_sent, "requests", 15)
    assert requests.post(f"{url}/reset", timeout=2).text == "ok"
    run = process.finish()

    assert run.code == 0, run.out + run.err
    left = [int(line.split()[1]) for line in (run.out + run.err).splitlines() if line.split()[:1] == ["Aggregated"]]
    assert run.count("http_reqs") == left[0] > 0
    assert 0 < run.summary["reset_at"] < run.summary["duration_s"]
