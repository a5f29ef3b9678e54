"""The demo target knows synthetic traffic: it keeps its writes apart, and with a key it verifies who claims to be it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import pytest
import requests
import websocket
from prometheus_client.parser import text_string_to_metric_families

from locust_ext.demo.process import DemoTarget, TargetNotStarted
from tests.integration.conftest import wait_until
from tests.integration.serving import KEYS, NEW, OLD, signed, wrong_headers


@pytest.fixture(scope="module", params=["unsigned", "signed"])
def target(request):
    """A target without a key, and one with two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOAD_TEST_KEY", raising=False)
        if request.param == "signed":
            patch.setenv("LOAD_TEST_KEY", KEYS)
        with DemoTarget() as running:
            running.verifies = request.param == "signed"
            yield running


@pytest.fixture(scope="module")
def verifying():
    """A target with two keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAD_TEST_KEY", KEYS)
        with DemoTarget() as running:
            yield running


def address(target):
    return target.url.removeprefix("http://")


def mark(target):
    """The header of a load test: signed where it has to be."""
    return {"x-synthetic-tenant": signed(address(target)) if target.verifies else "true"}


def bodies(target, community, headers):
    posts = requests.get(f"{target.url}/communities/{community}/posts?limit=3", headers=headers, timeout=5).json()
    return [post["body"] for post in posts["posts"]]


def samples(target, name):
    """The samples of one counter, by the values of their labels."""
    families = text_string_to_metric_families(requests.get(f"{target.url}/metrics", timeout=5).text)
    found = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in found}


def test_sandbox(target):
    """A synthetic write is read back by synthetic readers; real readers never see it, nor these what is real."""
    url = f"{target.url}/communities/7/posts"
    before = samples(target, "app_writes_total")
    assert set(before) == {("real",), ("synthetic",)}
    for body in ("synthetic", "synthetic too"):
        answer = requests.post(url, json={"body": body}, headers=mark(target), timeout=5)
        assert answer.status_code == 201
        assert answer.headers["x-synthetic-tenant-ack"] == ("nightly-7" if target.verifies else "unsigned")
    last = answer.json()["id"]
    wait_until(lambda: bodies(target, 7, mark(target))[:2] == ["synthetic too", "synthetic"], "the replica's update")
    assert requests.get(f"{target.url}/posts/{last}", headers=mark(target), timeout=5).status_code == 200
    assert requests.get(f"{target.url}/posts/{last}", timeout=5).status_code == 404
    assert bodies(target, 7, {})[0] == "founding post 20"
    real = requests.post(url, json={"body": "real"}, timeout=5)
    assert real.status_code == 201
    assert "x-synthetic-tenant-ack" not in real.headers
    wait_until(lambda: bodies(target, 7, {})[0] == "real", "the replica's update")
    assert bodies(target, 7, mark(target))[0] == "synthetic too"
    after = samples(target, "app_writes_total")
    assert {key: after[key] - before[key] for key in after} == {("real",): 1, ("synthetic",): 2}


def test_untagged(target):
    """Real requests count as untagged, synthetic ones do not."""
    before = samples(target, "app_requests_untagged_total")[()]
    requests.get(f"{target.url}/posts/1", headers=mark(target), timeout=5)
    requests.get(f"{target.url}/posts/1", timeout=5)
    assert samples(target, "app_requests_untagged_total")[()] == before + 1


def test_handshake(target):
    """The answer to a synthetic handshake acknowledges it, that to a real one does not."""
    url = target.url.replace("http", "ws") + "/ticks"
    for headers, ack in ((mark(target), "nightly-7" if target.verifies else "unsigned"), ({}, None)):
        with closing(websocket.create_connection(url, header=headers, timeout=5)) as ticks:
            assert ticks.getheaders().get("x-synthetic-tenant-ack") == ack
            assert "seq" in ticks.recv()


@pytest.mark.parametrize("what", list(wrong_headers()))
def test_wrong(verifying, what):
    """Every route refuses the six wrong headers, the handshake too."""
    headers = {"x-synthetic-tenant": wrong_headers(address(verifying))[what]}
    for path in ("/communities/7/posts", "/posts/1", "/hot/a", "/ticks", "/health", "/metrics", "/nowhere"):
        answer = requests.get(verifying.url + path, headers=headers, timeout=5)
        assert answer.status_code == 403
        assert list(answer.json()) == ["error"]
    assert (
        requests.post(
            f"{verifying.url}/communities/7/posts", data=b"x" * 50_000, headers=headers, timeout=5
        ).status_code
        == 403
    )
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(verifying.url.replace("http", "ws") + "/ticks", header=headers, timeout=5)
    assert refused.value.status_code == 403


def test_watchers_need_no_key(verifying):
    """Health and metrics stay open for anyone who sends no header."""
    for path in ("/health", "/metrics"):
        assert requests.get(verifying.url + path, timeout=5).status_code == 200


def test_rotation(verifying):
    """What the older key signed is good as long as the target knows it."""
    for key in (NEW, OLD):
        headers = {"x-synthetic-tenant": signed(address(verifying), key)}
        assert requests.get(f"{verifying.url}/posts/1", headers=headers, timeout=5).status_code == 200


WRONG_KEYS = [
    ("a secret alone", "hush-hush-hush-hush", "key 1 is not written as KID:SECRET"),
    ("a secret that is too short", "k1:hush-hush", "key 1: the secret of a key has to have at least 16 characters"),
    ("an id twice", "k1:hush-hush-hush-hush,k1:hush-hush-hush-hash", "two keys have the same id"),
]


@pytest.mark.parametrize("text, sentence", [row[1:] for row in WRONG_KEYS], ids=[row[0] for row in WRONG_KEYS])
def test_wrong_keys(monkeypatch, text, sentence):
    """The target does not start; it says why in one line that shows no secret."""
    monkeypatch.setenv("LOAD_TEST_KEY", text)
    command = [sys.executable, "-m", "locust_ext.demo", "--port", "0"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=20, env=dict(os.environ))
    assert (refused.returncode, refused.stdout) == (104, "")
    assert refused.stderr == f"The environment variable LOAD_TEST_KEY cannot be used: {sentence}.\n"
    assert "hush" not in refused.stderr
    with pytest.raises(TargetNotStarted, match="LOAD_TEST_KEY"):
        DemoTarget().start()


def test_an_empty_key_is_none(monkeypatch):
    """CI systems hand over a secret that is not there as an empty variable."""
    monkeypatch.setenv("LOAD_TEST_KEY", "  ")
    with DemoTarget() as target:
        headers = {"x-synthetic-tenant": "true"}
        answer = requests.get(f"{target.url}/posts/1", headers=headers, timeout=5)
        assert answer.headers["x-synthetic-tenant-ack"] == "unsigned"
