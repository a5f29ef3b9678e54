"""The YAML beside a locustfile: ours, or a team's own file of the same name."""

import pytest

from locust_ext.config.beside import is_ours
from locust_ext.config.command_line import CommandLine, find_files
from locust_ext.text.document import MOST_BYTES

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


LIKE = [
    pytest.param("treshod: 1\nother: 1\n", True, id="a gate, with two slips of the pen"),
    pytest.param("trehod: 1\nother: 1\n", False, id="what is no gate any more"),
    pytest.param("storm1: 1\nother: 1\n", True, id="another key of ours, with one slip"),
    pytest.param("stormxy: 1\nother: 1\n", False, id="with two, it may be anything"),
    pytest.param("tag: 1\nother: 1\n", False, id="like a key that anybody has"),
    pytest.param("saftey: 1\nother: 1\n", True, id="safety, which must not be lost"),
    pytest.param("tennant: 1\nother: 1\n", True, id="a tenant, which must not be lost"),
    pytest.param("basline: 1\nother: 1\n", True, id="a baseline, which must not be lost"),
    pytest.param('"thresholds": 1\nother: 1\n', True, id="in quotes"),
    pytest.param("'thresholds' : 1\nother: 1\n", True, id="with a space behind it"),
    pytest.param("deep:\n  thresholds: 1\n", False, id="further in"),
    pytest.param("http://thresholds:80\nother: 1\n", False, id="within a word"),
    pytest.param("[thresholds: 1]\n", False, id="a list in flow style"),
    pytest.param("just a word\n", True, id="no key at all"),
    pytest.param("# thresholds: 1\n\n- a\n", False, id="a list after a comment"),
    pytest.param("  # users: 1\n {shape: smoke, a: 1}\n", True, id="flow style after a comment"),
    pytest.param("{a: 1, b: {shape: x}}\n", True, id="further in, in flow style: it may be meant"),
]


@pytest.mark.parametrize("text, ours", LIKE)
def test_what_is_like_ours(tmp_path, text, ours):
    """What may be meant as ours counts, by how near it is, and by what it would cost to lose it."""
    (tmp_path / "feed.yml").write_text(text, "utf-8")
    assert is_ours(tmp_path / "feed.yml") is ours


@pytest.mark.parametrize("before, ours", [(999, True), (1000, False)])
def test_a_thousand_keys_are_likened(tmp_path, before, ours):
    """What has more of them is no configuration."""
    text = "".join(f"k{number}: 1\n" for number in range(before))
    (tmp_path / "feed.yml").write_text(f"{text}treshold: 1\n", "utf-8")
    assert is_ours(tmp_path / "feed.yml") is ours


@pytest.mark.parametrize("fill", ["é", "xé"])
def test_a_file_that_is_too_large_is_looked_at_as_far_as_it_may_be(tmp_path, fill):
    """Wherever that cuts a character in two; one that is no text is ours, so that it is said what is wrong with it."""
    file = tmp_path / "feed.yml"
    for key, ours in (("users", False), ("thresholds", True)):
        file.write_text(f"{key}: 1\n# {fill[:-1]}" + fill[-1] * MOST_BYTES, "utf-8")
        assert is_ours(file) is ours
    file.write_bytes(b"users: 1\n# \xff\n")
    assert is_ours(file)
    assert is_ours(tmp_path / "nowhere.yml")
