"""Several locustfiles, each with its configuration, make one run whose verdict does not depend on their order."""

from textwrap import dedent

import pytest

from locust_ext.cli import AUTOLOAD

USER = """
    from locust import FastHttpUser, constant, task

    class User_{name}(FastHttpUser):
        host = "{host}"
        wait_time = constant(0.05)

        @task
        def look(self):
            self.client.get("/health", name="/{name}")
"""

CONFIGURATION = """
    version: 1
    tags: {{{name}: told}}
    thresholds:
      http_req_duration{{name:/{name}}}: ["count{bound}"]
"""

ORDERS = [
    ("the good one first", "two_a.py,two_b.py,{autoload}"),
    ("the good one last, the pack between them", "two_b.py,{autoload},two_a.py"),
    ("the pack first", "{autoload},two_a.py,two_b.py"),
    ("a directory", "{directory},{autoload}"),
]


@pytest.fixture
def two(target, tmp_path):
    """Two locustfiles: /a holds its bound, /b cannot."""
    host = target().url
    directory = tmp_path / "both"
    directory.mkdir()
    for name, bound in (("a", ">0"), ("b", "<1")):
        (directory / f"two_{name}.py").write_text(dedent(USER).format(name=name, host=host))
        (directory / f"two_{name}.yml").write_text(dedent(CONFIGURATION).format(name=name, bound=bound))
    return directory


@pytest.mark.parametrize("files", [row[1] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_each_file_is_judged(two, locust, files):
    """The threshold of each of them counts, in whatever order they stand."""
    given = [path.format(autoload=AUTOLOAD, directory=two) if "{" in path else two / path for path in files.split(",")]
    run = locust("-f", ",".join(map(str, given)), "--headless", "-u", 4, "-r", 4, "-t", "2s")
    assert run.code == 99, run.out + run.err
    assert {outcome["selector"]: outcome["status"] for outcome in run.summary["outcomes"]} == {
        "http_req_duration{name:/a}": "passed",
        "http_req_duration{name:/b}": "failed",
    }
    assert run.summary["tags"]["a"] == run.summary["tags"]["b"] == "told"


def test_two_files_that_do_not_agree(two, locust):
    """Before the first request both files are named."""
    (two / "two_b.yml").write_text("tags: {a: lies}\n")
    run = locust("-f", f"{two / 'two_a.py'},{two / 'two_b.py'},{AUTOLOAD}", "--headless", "-t", "2s")
    assert run.code == 104
    assert f"{two / 'two_b.yml'}:1: tags.a: {two / 'two_a.yml'}:3 says something else" in run.err
    assert "Traceback" not in run.err
