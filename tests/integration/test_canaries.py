"""Secrets are sown wherever a run takes in texts, and looked for in everything that it lets out."""

from __future__ import annotations

import base64
import json
import re
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, quote_plus

import pytest
import requests

from .conftest import free_port, judged, wait_until


def canary(number):
    """A secret that looks like one: letters, digits, and what is spelled differently everywhere."""
    return f'canary {number:02d}+/=&"\\ü{number:02d}zz'


MASTER, WORKER = ["M_API_KEY", "M_PASS", "MINE"], ["W_SECRET", "W_PWD", "W_PASS", "W_TOKEN"]
"""Variables of the master, ``MINE`` of all processes; and of the workers alone."""

TOKEN = "canary00token00"
ENVIRONMENT = {name: canary(number) for number, name in enumerate([*MASTER, *WORKER], 1)}
ENVIRONMENT["MINE"] = "canary/09/mine/09"  # a header can hold it, and only the configuration says that it is secret
UNKNOWN = {
    name: f"canary{number}{name}" for number, name in enumerate(["password", "query", "sig", "access", "form"], 50)
}
"""What no environment holds, and what only its place says of."""

WAYS = {
    "as it is": lambda text: text,
    "percent-encoded": lambda text: quote(text, safe=""),
    "in lower case": lambda text: quote(text, safe="").replace("%2B", "%2b").replace("%C3%BC", "%c3%bc"),
    "in part": lambda text: text.replace(" ", "%20").replace("n", "%6E"),
    "twice": lambda text: quote(quote(text)),
    "as in a form": quote_plus,
    "as in JSON": lambda text: json.dumps(text)[1:-1],
    "in base64": lambda text: base64.b64encode(f"bob:{text}".encode()).decode(),
    "at the cut": lambda text: "x" * 190 + text,
    "at the cut, encoded": lambda text: "x" * 190 + quote(text),
}
SOWN = [f"/w/{way(ENVIRONMENT['W_SECRET'])}" for way in WAYS.values()]
SOWN += [f"/m/{way(ENVIRONMENT['M_API_KEY'])}" for way in WAYS.values()]
SOWN += [f"/other/{ENVIRONMENT[name]}" for name in ("M_PASS", "MINE", "W_PWD", "W_PASS")]
SOWN += [f"/token/{TOKEN}", f"/a?q={UNKNOWN['query']}&sig={UNKNOWN['sig']}", f"/cb#access_token={UNKNOWN['access']}"]
SOWN += [f"client_secret={UNKNOWN['form']}&x=1", "x" * 180 + f"https://bob:{UNKNOWN['password']}@example.com/"]

USERS = """
    import json
    import logging
    import os
    from locust import FastHttpUser, constant, events, task
    import locust_ext
    from locust_ext import Trend
    locust_ext.install()

    SOWN = json.load(open("sown.json"))
    KNOWN = SOWN["environment"]
    HELD = os.environ.get("W_SECRET")
    logger = logging.getLogger("locust_ext.sower")
    logger.warning("it holds %s", HELD)  # before Locust has set up the log
    own = Trend("own")

    class Sower(FastHttpUser):
        wait_time = constant(0.2)

        def on_start(self):
            logger.warning("it has %s", HELD)
            own.add(1, {KNOWN["W_TOKEN"]: "key", "value": KNOWN["W_TOKEN"]})
            for name in SOWN["names"]:
                self.client.get("/x", name=name, context={"tags": {name: name}})

        @task
        def hang(self):
            self.client.get("/hang", name="/hang/" + SOWN["names"][0])

        @task
        def blocked(self):
            self.client.get(f"https://bob:{SOWN['unknown']['password']}@canary00token00.example.org/?x={SOWN['unknown']['sig']}")

    class Raiser(FastHttpUser):
        wait_time = constant(0.2)

        @task
        def raise_it(self):
            raise ValueError("y" * 180 + KNOWN["W_SECRET"] + SOWN["unknown"]["query"])

        @task
        def raise_another(self):
            raise ValueError(f"{KNOWN['W_PASS']} ?sig={SOWN['unknown']['sig']}")
"""


@pytest.fixture
def target():
    """A target that is also the flag, and what Slack is: it keeps what is posted."""
    posted = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            time.sleep(30 if self.path.startswith("/hang") else 0)
            self._answer(b"true" if self.path.startswith("/flag") else b"ok")

        def do_POST(self):
            posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self._answer(b"ok")

        def _answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # who hung has left
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.posted = posted
    yield server
    server.shutdown()
    server.server_close()


def leaks_in(text):
    """What of any secret stands in a text: itself, a beginning of it, or another spelling."""
    found = [name for name, secret in UNKNOWN.items() if secret in text]
    for name, secret in {**ENVIRONMENT, "TOKEN": TOKEN}.items():
        found += [f"{name} {how}" for how, way in WAYS.items() if "cut" not in how and way(secret) in text]
    return [*found, *re.findall(r".{20}(?:canary|c%61nary|ca%6E)..{20}", text)]


def ours(stderr):
    """The lines on the error stream that are ours: log lines, and the progress."""
    return "\n".join(line for line in stderr.splitlines() if re.search(r"/locust_ext|^\S+  \d+s|^it holds", line))


@pytest.mark.slow
def test_nothing_gets_out(start, write, tmp_path, target):
    """Two workers, the web UI and its form: reports, pages, messages, log lines, and what the form answers."""
    host = f"127.0.0.1:{target.server_port}"
    write("sown.json", json.dumps({"environment": ENVIRONMENT, "unknown": UNKNOWN, "names": SOWN}))
    write(
        "sower.yml",
        json.dumps(
            {
                "tenant": {"token_env": "LOAD_TEST_TOKEN"},
                "tags": {ENVIRONMENT["M_PASS"]: ENVIRONMENT["M_API_KEY"], "build": f"x?job={UNKNOWN['query']}"},
                "reports": {"slack_env": "HOOK", "slack_when": "always", "summary_export": "export.json"},
                "baseline": {"dir": "baselines"},
                "graceful_stop": "1s",
                "safety": {
                    "run_log": "runs.jsonl",
                    "kill_switch": {
                        "url": f"http://bob:{UNKNOWN['password']}@{host}/flag?token={UNKNOWN['sig']}",
                        "headers_env": {"X-Key": "MINE"},
                    },
                    "abort": {"alarm": {"url": f"http://{host}/x?sig={UNKNOWN['sig']}"}, "error_rate": "100%"},
                },
                "thresholds": {
                    f"http_req_duration{{name:/a?q={UNKNOWN['query']}&sig={UNKNOWN['sig']}}}": ["p(50)<40000"],
                    f"http_req_duration{{name:/token/{TOKEN}}}": ["p(50)<4000"],
                    "http_req_failed": ["rate<0.99"],
                },
            }
        ),
    )
    common = {"LOAD_TEST_TOKEN": TOKEN, "MINE": ENVIRONMENT["MINE"], "XDG_RUNTIME_DIR": str(tmp_path)}
    github = {name: str(tmp_path / f"{name}.txt") for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    file, port = write("sower.py", USERS), free_port()
    url = f"http://127.0.0.1:{port}"
    hook = f"http://{host}/services/{quote(ENVIRONMENT['MINE'])}"
    held = {name: ENVIRONMENT[name] for name in MASTER if name != "MINE"}
    master = start(
        *("-f", file, "--master", "--web-host", "127.0.0.1", "--web-port", port),
        *("-H", f"http://bob:{UNKNOWN['password']}@{host}"),
        env={**common, **held, **github, "GITHUB_ACTIONS": "true", "HOOK": hook},
    )
    alone = {name: ENVIRONMENT[name] for name in WORKER}
    workers = [start("-f", file, "--worker", report_dir=False, env={**common, **alone}) for _ in range(2)]

    def stats():
        for each in (master, *workers):
            assert each.process.poll() is None, each.process.communicate()
        try:
            return requests.get(f"{url}/stats/requests", timeout=5).json()
        except requests.ConnectionError:
            return {}

    wait_until(lambda: stats().get("worker_count") == 2, "two workers", 60)
    form = {"user_count": 4, "spawn_rate": 4, "shape": "none", "shape_params": "", "time_scale": "1.0"}
    elsewhere = f"https://bob:{UNKNOWN['password']}@shop.example.com/?sig={UNKNOWN['sig']}"
    pages = {"refused": requests.post(f"{url}/swarm", data={**form, "host": elsewhere}, timeout=10).text}
    assert requests.post(f"{url}/swarm", data=form, timeout=10).json()["success"]
    wait_until(lambda: stats().get("total_rps", 0) > 5, "requests")
    time.sleep(3)
    for page in ("safety", "storm", "report"):
        pages[page] = requests.get(f"{url}/locust-ext/{page}", timeout=5).text
    pages["tab"] = json.dumps(stats()["extended_stats"])
    entries = [entry.read_text() for entry in (tmp_path / "locust-ext-0").glob("*.json")]
    requests.post(f"{url}/stop", timeout=30)
    wait_until(lambda: judged(master.reports), "the summary")
    pages["after"] = requests.get(f"{url}/locust-ext/report", timeout=5).text
    pages["tab after"] = json.dumps(stats()["extended_stats"])
    master.send(signal.SIGTERM)
    run = master.finish()
    ended = [worker.finish() for worker in workers]

    written = {file.name: file.read_text("utf-8") for file in [*master.reports.iterdir(), *tmp_path.glob("*.txt")]}
    written |= {name: (tmp_path / name).read_text("utf-8") for name in ("export.json", "runs.jsonl")}
    written |= {f"page {name}": text for name, text in pages.items()}
    written |= {f"entry {number}": text for number, text in enumerate(entries)}
    written |= {f"posted {number}": text for number, (_, text) in enumerate(target.posted)}
    written["console"] = (
        run.out.partition("checklist")[2].partition("Type  ")[0] + run.out.partition("Thresholds of")[2]
    )
    written |= {f"log {number}": ours(each.err) for number, each in enumerate([run, *ended])}
    leaks = {place: found for place, text in written.items() if (found := leaks_in(text))}
    assert leaks == {}, leaks
    assert len(written) == 24, sorted(written)
    assert "[ok] url http://***@127.0.0.1" in written["console"], "the checklist"
    series = {row["tags"].get("name", "") for row in run.summary["series"]}
    assert {"/w/***", "/m/***", "/other/***", "/token/***", "/a?q=***&sig=***", "/cb#access_token=***"} <= series
    assert all("it holds ***" in each.err for each in ended)
    assert any("it has ***" in ours(each.err) for each in ended), [each.err for each in ended]
    assert "https://***@shop.example.com" in pages["refused"]
    assert (run.code, "ValueError: " in run.summary["reason"]) == (107, True), run.out
