"""Selectors that can never match: refused by the check and by the run, but not the team's own tags."""

import pytest

from locust_ext.cli import AUTOLOAD

from .conftest import command

PLAIN = """
    from locust import FastHttpUser, constant, task

    class Reader(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def look(self):
            self.client.get("/health", context={"tags": {"area": "health"}})
"""

NEVER = """
    thresholds:
      http_req_failed: ["rate<0.5"]
      http_req_failed{group:checkout}: ["rate<0.5"]
"""


def run_of(file, target):
    """The arguments of a second's run."""
    return ["-f", f"{file},{AUTOLOAD}", "--headless", "-u", 2, "-r", 2, "-t", "1s", "-H", target.url]


def check_of(file):
    """Check it as a user does."""
    return command("check", file)


ROWS = [
    ("one that nobody sets", PLAIN, NEVER, 104, "there are no groups"),
    ("an optional one", PLAIN, NEVER.replace('{group:checkout}: ["rate<0.5"]',
     '{group:checkout}: [{threshold: "rate<0.5", optional: true}]'), 0, ""),
    ("one that the team sets", PLAIN.replace('"area": "health"', '"group": "checkout"'), NEVER, 0, ""),
]  # fmt: skip


@pytest.mark.parametrize("code, text, expected, sentence", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_selector(locust, target, write, code, text, expected, sentence):
    """The check and the run say the same."""
    write("reader.yml", text)
    file = write("reader.py", code)

    run, checked = locust(*run_of(file, target()), stock=False), check_of(file)

    assert (run.code, checked.returncode) == (expected, expected), run.err + checked.stderr
    assert sentence in run.err
    assert sentence in checked.stderr
    assert not expected or "nothing was sent" in run.err
