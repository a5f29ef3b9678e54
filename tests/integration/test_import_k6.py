"""``locust-ext import-k6``, as a team types it that comes from k6."""

from __future__ import annotations

import pytest

from tests.unit.k6.scripts import ARTICLE

from .conftest import FEED, command

SHORTER = {
    "rate: 200": "rate: 40",
    "startRate: 200": "startRate: 20",
    "target: 800": "target: 60",
    "'2m' }": "'2s' }",
    "'2m'": "'4s'",
    "'3m'": "'5s'",
    "'5m'": "'2s'",
    "'30m'": "'4s'",
}
"""The article's script in a quarter of a minute: each of its numbers, made small."""


@pytest.fixture
def shorter():
    """Return the article's script, rehearsed."""
    script = ARTICLE
    for long, short in SHORTER.items():
        assert long in script
        script = script.replace(long, short)
    return script


def test_the_article_is_imported_and_checked(write, tmp_path):
    """The script alone becomes a configuration that ``check`` takes, with all four gates."""
    target = tmp_path / "feed.yml"
    run = command("import-k6", write("feed.js", ARTICLE), "-o", target, "--users", "FeedUser")
    assert (run.returncode, run.stdout.count("\n")) == (0, 1), run.stderr
    assert "note: thresholds.http_req_failed: api_errors: the script feeds it res.status >= 500" in run.stderr

    run = command("check", target)
    assert run.returncode == 0, run.stderr
    for expected in (
        "feed.yml: fine",
        "smoke",
        "soak",
        "thresholds   4",
        "http_req_duration{endpoint:feed}: p(99)<1200",
        "http_req_failed: rate<0.005",
    ):
        assert expected in run.stdout


def test_a_script_that_cannot_be_read(write, tmp_path):
    """104, where and why, and the way out; nothing is written."""
    run = command(
        "import-k6", write("feed.js", "export const options = {\n  vus: many(),\n}"), "-o", tmp_path / "x.yml"
    )
    assert run.returncode == 104
    assert "feed.js:2: vus: only a run of the script could tell" in run.stderr
    assert "k6 inspect" in run.stderr
    assert not (tmp_path / "x.yml").exists()


@pytest.mark.slow
@pytest.mark.long
def test_the_article_runs_against_the_demo(write, tmp_path, locust, target, shorter):
    """Both scenarios arrive as k6 would send them, and the gates of the script judge the shipped locustfile."""
    configuration = tmp_path / "feed.yml"
    assert command("import-k6", write("feed.js", shorter), "-o", configuration, "--users", "FeedUser").returncode == 0

    run = locust("-f", FEED, "--loadtest", configuration, "--headless", "-H", target().url)

    assert run.code == 0, run.out + run.err
    outcomes = {f"{row['selector']}: {row['threshold']}": row["status"] for row in run.summary["outcomes"]}
    assert outcomes == {
        "http_req_duration{endpoint:feed}: p(95)<400": "passed",
        "http_req_duration{endpoint:feed}: p(99)<1200": "passed",
        "http_req_failed: rate<0.005": "passed",
        "http_req_failed: rate<0.01": "passed",
    }
    # 40/s for 4 s; 20/s to 60/s in 2 s, 60/s for 4 s, and down to none in 2 s
    assert run.count("http_reqs", scenario="smoke") == pytest.approx(160, abs=2)
    assert run.count("http_reqs", scenario="soak") == pytest.approx(80 + 240 + 60, abs=4)
