"""The YAML beside a locustfile: ours, or a team's own file of the same name."""

import pytest

from locust_ext.config.beside import is_ours
from locust_ext.config.command_line import CommandLine, find_files

OURS = [
    ("a version", "version: 1\n"),
    ("a key of ours", "# ours\nthresholds:\n  checks: ['rate>0.9']\n"),
    ("only where the web UI is", "web: {origin: 'https://load.example.com'}\n"),
    ("only keys that anybody has", "name: feed\nhost: http://127.0.0.1\n"),
    ("a gate that is spelt wrong", "treshold:\n  checks: ['rate>0.9']\nother: 1\n"),
    ("in flow style", "{version: 1, shape: smoke}\n"),
    ("nothing at all", "# to be done\n"),
]
FOREIGN = [
    ("users to log in with", "users:\n  - {name: ann, password: x}\nhost: https://shop.com\n"),
    ("a list", "- ann\n- bob\n"),
    ("a playbook", "---\nhosts: all\ntasks:\n  - name: x\n    shape: y\n"),
    ("tags of its own", "secret: !vault x\nname: y\n"),
    ("in flow style", "{users: [ann], name: x}\n"),
    ("services of its own", "web: {port: 80}\ndb: {port: 5432}\n"),
]


@pytest.mark.parametrize("text", [row[1] for row in OURS], ids=[row[0] for row in OURS])
def test_ours(tmp_path, text):
    """A key of ours, or what may have been meant as one that judges, makes it ours."""
    (tmp_path / "feed.yml").write_text(text, "utf-8")
    assert is_ours(tmp_path / "feed.yml")


@pytest.mark.parametrize("text", [row[1] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_foreign(tmp_path, text):
    """A team's own file is left alone, unless it is named."""
    file = tmp_path / "feed.yml"
    file.write_text(text, "utf-8")
    assert find_files(CommandLine(locustfiles=(str(tmp_path / "feed.py"),))) == []
    assert find_files(CommandLine(file=str(file))) == [file]
