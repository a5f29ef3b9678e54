"""What ``locust-ext init`` writes, and how a test has it written."""

from pathlib import Path

from locust_ext.scaffold.command import init

GITHUB = ".github/workflows/load-test.yml"
GITLAB = ".gitlab/load-test.gitlab-ci.yml"
EVERY = {
    "loadtests/feed.py",
    "loadtests/feed.yml",
    "loadtests/requirements.txt",
    "loadtests/RUNBOOK.md",
    ".gitignore",
    GITHUB,
    GITLAB,
}


def write(directory, name="feed", host="", ci="both", force=False):
    """Write it into a directory, and return what is printed."""
    return init(Path(directory), name, host, ci, force=force)
