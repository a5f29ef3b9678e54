"""The comment on a pull request, by the very steps that ``init`` writes: real processes, and a forge over a real socket."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import yaml

from tests.forge import WRITES, Forge

from .test_init import GITHUB, GITLAB, bash, initialised, repository  # noqa: F401 the fixtures are these

RUN = "https://github.com/ada/shop/actions/runs/20"


class Quiet(WSGIRequestHandler):
    """Says nothing of its requests."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Threaded(ThreadingMixIn, WSGIServer):
    """Answers several at once."""

    daemon_threads = True


@pytest.fixture
def serve() -> Iterator[Callable[[str], tuple[Forge, str]]]:
    """Start a forge; return it and the address of its API."""
    servers = []

    def start(kind: str) -> tuple[Forge, str]:
        forge = Forge(kind)
        server = make_server("127.0.0.1", 0, forge, server_class=Threaded, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return forge, f"http://127.0.0.1:{server.server_port}{'' if kind == 'GitHub' else '/api/v4'}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def heads(forge: Forge) -> list[str]:
    """The heading of each comment of ours."""
    return [body.splitlines()[2] for body in forge.bodies()]


def test_the_steps_on_github(serve, repository: Path):  # noqa: F811
    """A run that is refused, and then one that leaves no report: one comment, and never a red step of its own."""
    forge, api = serve("GitHub")
    smoke = yaml.safe_load((repository / GITHUB).read_text(encoding="utf-8"))["jobs"]["smoke"]
    run, comment = (step for step in smoke["steps"] if step.get("run", "").startswith(("locust -f", "locust-ext")))
    given = {
        "${{ github.token }}": WRITES,
        "${{ steps.run.outcome }}": "failure",
        "${{ steps.artifact.outputs.artifact-url }}": f"{RUN}/artifacts/5",
    }
    environment = {name: given[value] for name, value in comment["env"].items()}
    job = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": api,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "ada/shop",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_RUN_ID": "20",
        "GITHUB_SHA": "0a1b2c3d" * 5,
    }
    refused = bash(run["run"], repository, **job, LOCUST_EXT_SHAPE="smke")
    assert refused.returncode == 104, refused.stdout + refused.stderr
    told = bash(comment["run"], repository, **job, **environment)
    assert (told.returncode, told.stdout, told.stderr) == (0, "pull request 7 of ada/shop: the comment was added\n", "")
    assert heads(forge) == ["### ❌ Load test `feed` ended with an error"]
    assert "did you mean 'smoke'?" in forge.bodies()[0]
    assert f"[Reports]({RUN}/artifacts/5) · [CI run]({RUN}) · commit `0a1b2c3d`" in forge.bodies()[0]

    shutil.rmtree(repository / "reports")
    told = bash(comment["run"], repository, **job, **environment)
    assert (told.returncode, told.stdout) == (0, "pull request 7 of ada/shop: the comment was updated\n")
    assert heads(forge) == ["### ❌ Load test `feed` left no report"]


def test_the_steps_on_gitlab(serve, repository: Path):  # noqa: F811
    """After a script that failed; a forge that hangs up in the middle changes nothing about that."""
    forge, api = serve("GitLab")
    job = yaml.safe_load((repository / GITLAB).read_text(encoding="utf-8"))["load-test-smoke"]
    environment = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": api,
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_PROJECT_DIR": str(repository),
        "CI_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_JOB_STATUS": "failed",
        "LOCUST_EXT_GITLAB_TOKEN": WRITES,
    }
    forge.fault("POST", 502, after=True)
    told = bash("\n".join(job["after_script"]), repository, **environment)
    assert (told.returncode, told.stderr) == (0, "")
    assert heads(forge) == ["### ❌ Load test `feed` left no report"]
