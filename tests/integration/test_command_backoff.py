"""``locust-ext backoff``, as a user types it."""

from __future__ import annotations

import json

import pytest

from .conftest import command


def test_lists_the_clients():
    """Each with its version, the package that was read, and its options."""
    run = command("backoff")

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0].split() == ["CLIENT", "VERSION", "READ", "IN", "OPTIONS"]
    rows = {line.split()[0]: line for line in run.stdout.splitlines()}
    assert "socket.io-client" in rows["socket.io"]
    assert "delay jitter attempts" in rows["constant"]


def test_describes_a_client():
    """Its waits, its end, its herd and the judgement."""
    run = command("backoff", "socket.io", "reconnectionDelay=2000", "reconnectionDelayMax=4000", "--version", "4.8")

    assert run.returncode == 0, run.stderr
    # draws from 0.9 on have an odd first digit and add: at most 45 % are taken away
    assert "1st wait   1.1 s .. 3 s" in run.stdout
    assert "8th wait   4 s, always the same" in run.stdout
    assert "connecting  20 s for one attempt" in run.stdout
    assert "█" in run.stdout
    assert "each wait is exactly 4 s for everyone" in run.stdout


def test_says_it_in_json():
    run = command("backoff", "table", "delays=[0.5, 2]", "stop=true", "--json")

    found = json.loads(run.stdout)
    assert run.returncode == 0, run.stderr
    assert [wait["low"] for wait in found["waits"]] == [0.5, 2]
    assert found["options"] == {"delays": [0.5, 2], "stop": True}
    assert found["end"] == "after 2 attempts"
    assert found["peak_per_100ms"] == 1000


def test_draws_several_above_each_other(tmp_path):
    """One page that fetches nothing, with the peak of each."""
    run = command("backoff", "constant@1,table", "jitter=0.5", "-o", tmp_path / "herd.html")

    page = (tmp_path / "herd.html").read_text(encoding="utf-8")
    assert run.returncode == 0, run.stderr
    assert "herd.html: constant, table" in run.stdout
    assert "table 1: at most 1,000 in 100 ms" in page
    assert '<script src="http' not in page


@pytest.mark.parametrize(
    ("name", "text", "arguments", "first"),
    [
        ("client.properties", "reconnect.backoff.ms=700\n", ["reconnect.backoff.max.ms=700"], "kafka-java"),
        ("channel.json", '{"grpc.initial_reconnect_backoff_ms": 300}', [], "grpc-core"),
        ("retry.yml", "{waitDuration: 700ms, maxAttempts: 4}", ["resilience4j"], "resilience4j"),
        (".env", "AWS_RETRY_MODE=standard\nAWS_MAX_ATTEMPTS=4\n", ["aws-standard@1.38"], "aws-standard 1.38"),
    ],
)
def test_reads_configuration_as_shipped(write, name, text, arguments, first):
    """The file says whose it is; the client's name and further options may stand beside it."""
    run = command("backoff", *arguments, "--from", write(name, text))

    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(first)


@pytest.mark.parametrize(
    ("arguments", "sentences"),
    [
        (["sockt.io"], ["there is no client 'sockt.io'; did you mean 'socket.io'?"]),
        (["socket.io", "--version", "3"], ["socket.io is known in version 4, not in '3'"]),
        (["socket.io", "reconectionDelay=3", "timeout=no"], ["2 mistakes", "did you mean 'reconnectionDelay'?", "timeout: must be"]),
        (["--from", "missing.json"], ["missing.json: cannot be read: No such file or directory"]),
        (["constant", "-o", "/dev/null/herd.html"], ["/dev/null/herd.html: cannot be written"]),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence(arguments, sentences):
    """Exit 104, and no traceback."""
    run = command("backoff", *arguments)

    assert run.returncode == 104
    assert not run.stdout
    for sentence in sentences:
        assert sentence in run.stderr


def test_a_file_of_another_client_is_a_mistake(write):
    run = command("backoff", "grpc-core", "--from", write("client.properties", "reconnect.backoff.ms=700"))

    assert run.returncode == 104
    assert "configures kafka-java, not grpc-core" in run.stderr
