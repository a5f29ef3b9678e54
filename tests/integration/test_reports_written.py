"""What a run leaves behind: reports that hold no secret, a CI that is told, and a disk that is full."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import command, rows
from .listener import Listener

CANARIES = {
    "token": "canary-token-11aa",
    "header": "canary-header-22bb",
    "query": "canary-query-33cc",
    "password": "canary-password-44dd",
    "webhook": "canary-webhook-55ee",
    "variable": "canary-variable-66ff",
}
USERS = f"""
    import os
    from locust import FastHttpUser, HttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.05)

        def on_start(self):
            self.client.get("/feed?limit=20&key={CANARIES["query"]}", headers={{"X-Api-Key": "{CANARIES["header"]}"}})

        @task
        def page(self):
            self.client.get("/page", name="/a|b`<script>alert(1)</script>" + "x" * 10_000)

        @task
        def named_after_a_secret(self):
            self.client.get("/other", name="/users/" + os.environ["MY_API_KEY"])

    class Plain(HttpUser):
        wait_time = constant(0.05)

        @task
        def page(self):
            self.client.get("http://user:{CANARIES["password"]}@" + self.host.rpartition("@")[2].removeprefix("http://") + "/x")
"""
CONFIGURATION = """
    tenant: {}
    tags: {build: "https://ci.example.com/?job=canary-query-33cc"}
    reports: {slack_env: MY_WEBHOOK, summary_export: export.json}
    thresholds: {http_req_failed: ['rate<0.0001'], "http_req_duration{name:/feed?limit=20&key=canary-query-33cc}": ['max<1']}
"""
ARGUMENTS = ("--headless", "-u", 6, "-r", 6, "-t", 4)


@pytest.fixture
def listen():
    """Start listeners."""
    started = []

    def begin(**options):
        started.append(Listener(500, **options))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def exported(name: str, reports: Path) -> str:
    """What a tool that keeps a history is given of the run; whoever exports need not know its secrets."""
    done = command("export", name, reports)
    assert done.returncode == 0, done.stderr
    assert all(f"{figure}" in done.stdout for figure in ("p50-ms", "failed-share", "threshold http_req_failed rate"))
    return done.stdout + done.stderr


def test_no_secret_is_left_behind(locust, write, listen, tmp_path):
    """Canaries in a header, the token, a query, a URL, the webhook and a variable are in no artefact and no log."""
    write("quick.yml", CONFIGURATION)
    slack = listen()
    environment = {
        "BASE_URL": f"http://bob:{CANARIES['password']}@{slack.host}",
        "LOAD_TEST_TOKEN": CANARIES["token"],
        "MY_API_KEY": CANARIES["variable"],
        "MY_WEBHOOK": f"http://{slack.host}/services/{CANARIES['webhook']}",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "step.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output.txt"),
    }

    run = locust("-f", write("quick.py", USERS), *ARGUMENTS, env=environment)

    assert run.code == 99, run.err
    files = [*run.reports.iterdir(), tmp_path / "step.md", tmp_path / "output.txt", tmp_path / "export.json"]
    assert len(files) == 10
    artefacts = {file.name: file.read_text("utf-8") for file in files}
    artefacts["slack"] = json.dumps(slack.received[0][1])
    artefacts["our lines"] = run.out.partition("Thresholds of")[2]
    artefacts |= {name: exported(name, run.reports) for name in ("bencher", "github-benchmark", "otava")}
    for place, text in artefacts.items():
        leaked = [name for name, canary in CANARIES.items() if canary in text]
        assert leaked == [], place
    assert "/feed?limit=20&key=***" in artefacts["summary.json"]
    assert [path for path, _ in slack.received] == [f"/services/{CANARIES['webhook']}"]


def test_github_is_told(locust, write, listen, tmp_path):
    """The step's summary, its outputs, and one annotation; what stood in the files before is kept."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    (tmp_path / "output.txt").write_text("before=1\n")
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "step.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output.txt"),
        "MY_API_KEY": "not-a-secret",
    }

    run = locust("-f", write("quick.py", USERS), *ARGUMENTS, "-H", f"http://{listen().host}", env=environment)

    assert run.code == 99
    outputs = (tmp_path / "output.txt").read_text().splitlines()
    assert outputs[:3] == ["before=1", "verdict=failed", "exit_code=99"]
    assert (tmp_path / "step.md").read_text() == (run.reports / "summary.md").read_text()
    annotations = [line for line in run.out.splitlines() if line.startswith("::")]
    assert len(annotations) == 1
    assert annotations[0].startswith("::error title=")


SLACK = [
    ("it answers 500", {"posts": 500}, "Slack was not told: it answered 500"),
    ("it hangs", {"seconds": 30}, "Slack was not told: ReadTimeout"),
    ("nobody is there", None, "Slack was not told: ConnectionError"),
]


@pytest.mark.parametrize("options, sentence", rows(SLACK, "it hangs"))
def test_slack_changes_no_exit_code(locust, write, listen, options, sentence):
    """Whatever it does, the verdict stands, and the webhook is not shown."""
    write(
        "quick.yml",
        "{reports: {slack_env: MY_WEBHOOK, slack_when: always}, thresholds: {http_req_failed: ['rate<=1']}}",
    )
    host = listen(**options).host if options is not None else "127.0.0.1:1"
    environment = {"MY_WEBHOOK": f"http://{host}/services/{CANARIES['webhook']}", "MY_API_KEY": "not-a-secret"}

    run = locust("-f", write("quick.py", USERS), *ARGUMENTS, "-H", f"http://{listen().host}", env=environment)

    assert run.code == 0, run.err
    assert sentence in run.err
    assert CANARIES["webhook"] not in run.out + run.err


def test_slack_is_not_told_of_what_passed(locust, write, listen):
    """By default only of what did not."""
    write("quick.yml", "{reports: {slack_env: MY_WEBHOOK}, thresholds: {http_req_failed: ['rate<=1']}}")
    slack = listen()
    environment = {"MY_WEBHOOK": f"http://{slack.host}/x", "MY_API_KEY": "not-a-secret"}

    assert locust("-f", write("quick.py", USERS), *ARGUMENTS, "-H", f"http://{slack.host}", env=environment).code == 0
    assert slack.received == []


def test_a_full_disk_keeps_the_verdict(write, listen, tmp_path):
    """A limit of 100 KiB a file: the page does not fit, the rest is there, the exit code is that of the verdict."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    words = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        write("quick.py", USERS),
        *ARGUMENTS,
        "-H",
        f"http://{listen().host}",
    ]
    limited = f"ulimit -f 100; exec {' '.join(map(str, words))} --report-dir reports"

    run = subprocess.run(
        ["bash", "-c", limited],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "MY_API_KEY": "not-a-secret"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 99, run.stderr
    assert "report.html was not written: File too large" in run.stderr
    assert "Traceback" not in run.stderr
    left = {file.name for file in (tmp_path / "reports").iterdir()}
    assert {"summary.json", "run.hlog", "junit.xml", "summary.md"} <= left
    assert "report.html" not in left
    assert not any(name.startswith(".") for name in left)


def test_a_refused_configuration_is_reported_too(locust, write, tmp_path):
    """104 has a summary, a page, a JUnit file and an annotation, and no secret of the configuration in them."""
    write("quick.yml", f"{{shape: spkie, host: 'ftp://bob:{CANARIES['password']}@example.com'}}")
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "step.md"), "MY_API_KEY": "x"}

    run = locust("-f", write("quick.py", USERS), *ARGUMENTS, env=environment)

    assert run.code == 104
    assert "::error" in run.out
    assert "did you mean" in (tmp_path / "step.md").read_text()
    for file in run.reports.iterdir():
        assert CANARIES["password"] not in file.read_text("utf-8"), file.name
    assert CANARIES["password"] not in run.err
