"""``locust-ext import-k6 --locustfile``: what k6's users did becomes a locustfile that runs, and is judged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.k6.scripts import ARTICLE

from .conftest import command
from .test_import_k6 import SHORTER

FUNCTIONS = Path(__file__).parents[1] / "unit" / "k6" / "functions"

RULES = "E,W,F,I,B,UP,N,D,ANN,SIM,C4,RUF,RET,PIE"
"""What a team may ask of its own files."""

NOT_ASKED = "D203,D213,D212,ANN401,SIM112,N999"
"""Two ways to write docstrings, ``Any`` for JSON, and the names of variables and files, which are the script's."""

TOKEN = {"LOAD_TEST_TOKEN": "t0ken"}

TWO = """
import http from 'k6/http'
import { check } from 'k6'

export const options = {
  scenarios: {
    readers: { executor: 'constant-vus', vus: 2, duration: '3s', exec: 'read' },
    writers: { executor: 'constant-arrival-rate', rate: 5, duration: '3s', preAllocatedVUs: 2, exec: 'write' },
  },
  thresholds: {
    'checks{check:read}': ['rate>0.99'],
    'http_reqs{scenario:writers}': ['count>=10'],
    http_req_failed: ['rate<0.01'],
  },
}

const BASE = __ENV.BASE_URL

export function read() {
  check(http.get(`${BASE}/communities/abc/posts?limit=20`), { read: (r) => r.status === 200 && r.json('posts') !== null })
}

export function write() {
  const posted = http.post(`${BASE}/communities/abc/posts`, JSON.stringify({ body: 'hello' }), {
    headers: { 'Content-Type': 'application/json' },
  })
  http.get(`${BASE}/posts/${posted.json('id')}`, { responseCallback: http.expectedStatuses(200, 404) })
}
"""
"""A script of two functions, the second of which takes a value from its first answer."""


@pytest.fixture
def article(write, tmp_path):
    """Return the locustfile of the article's script, rehearsed, with its configuration beside it."""
    script = ARTICLE
    for long, short in SHORTER.items():
        script = script.replace(long, short)
    run = command("import-k6", write("feed.js", script), "--locustfile", tmp_path / "feed.py")
    assert run.returncode == 0, run.stderr
    return tmp_path / "feed.py"


@pytest.mark.slow
def test_the_article_is_judged_by_what_its_own_users_do(article, start, target):
    """The script's thresholds pass a healthy target, and fail one whose slowest answers are too slow."""
    checked = command("check", article, env=TOKEN)
    assert (checked.returncode, "feed.yml: fine" in checked.stdout) == (0, True), checked.stderr
    words = ("-f", article, "--headless", "-H")
    healthy = start(*words, target().url, env=TOKEN)
    slow = start(*words, target("tail").url, env=TOKEN)

    run = healthy.finish()
    assert run.code == 0, run.out + run.err
    # 40/s for 4 s; 20/s to 60/s in 2 s, 60/s for 4 s, and down to none in 2 s
    begun = run.count("http_reqs", endpoint="feed") + run.count("dropped_iterations")  # a busy machine drops some
    assert begun == pytest.approx(160 + 80 + 240 + 60, abs=6)
    assert {row["status"] for row in run.summary["outcomes"]} == {"passed"}

    run = slow.finish()
    assert run.code == 99, run.out + run.err
    failed = {f"{row['selector']}: {row['threshold']}" for row in run.summary["outcomes"] if row["status"] == "failed"}
    assert "http_req_duration{endpoint:feed}: p(99)<1200" in failed


def test_two_functions_stay_apart(write, tmp_path, locust, target):
    """Each scenario has the users of its own function, and a value of one answer is in the next request."""
    run = command("import-k6", write("two.js", TWO), "--locustfile", tmp_path / "two.py")
    assert run.returncode == 0, run.stderr

    run = locust("-f", tmp_path / "two.py", "--headless", "-H", target().url)

    assert run.code == 0, run.out + run.err
    asked = {
        (row["tags"]["scenario"], row["tags"]["name"]) for row in run.summary["series"] if row["metric"] == "http_reqs"
    }
    assert asked == {
        ("readers", "/communities/abc/posts?limit=20"),
        ("writers", "/communities/abc/posts"),
        ("writers", "/posts/:id"),
    }


def test_a_missing_variable_ends_the_run_before_it_begins(article, locust, target):
    """104 and a sentence; ``check`` does without."""
    assert command("check", article).returncode == 0
    run = locust("-f", article, "--headless", "-H", target().url)
    assert run.code == 104
    assert "feed.py: set LOAD_TEST_TOKEN in the environment, and run it again" in run.err


def test_what_is_written_is_formatted_and_linted(tmp_path):
    """Ruff has nothing to say of any of the constructs, and nothing to format."""
    for words in (
        ("format", "--check", "--diff"),
        ("check", "--select", RULES, "--ignore", NOT_ASKED),
    ):
        options = ("--isolated", "--no-cache", "--line-length", "120", "--target-version", "py311")
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *words, *options, FUNCTIONS], capture_output=True, text=True, cwd=tmp_path
        )
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.long
@pytest.mark.slow
def test_what_is_written_has_types(tmp_path):
    """Mypy has nothing to say of any of the constructs, even where it is strict."""
    files = []
    for at, file in enumerate(sorted(FUNCTIONS.glob("*.py"))):
        files.append(tmp_path / f"written_{at}.py")
        shutil.copy(file, files[-1])
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *files], capture_output=True, text=True, cwd=tmp_path
    )
    assert run.returncode == 0, run.stdout + run.stderr
