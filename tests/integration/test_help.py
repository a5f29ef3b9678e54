"""Where our options are listed, and where it is said."""

import os
import re
from pathlib import Path

import pytest

from .conftest import FEED, ROOT, command, launch

ADDED = (ROOT / "docs/reference/command-line.md").read_text("utf-8").split("## ")[1]
OPTIONS = re.findall(r"^\| `(--[a-z-]+)", ADDED, re.MULTILINE)
WAY = "python -m locust_ext --help"


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["-f", FEED, "--help"]], ids=["long", "short", "with a file"])
def test_the_help_of_our_own_entry_lists_our_options(words):
    """All that the reference has, whatever else is said."""
    process = launch("locust_ext", *words, cwd=Path.cwd(), env=dict(os.environ))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(OPTIONS) >= 8
    assert [
        option for option in OPTIONS if not re.search(rf"^  {option}\b.*--locust-ext{option[1:]}", out, re.MULTILINE)
    ] == []


def test_it_is_said_where_people_look():
    """``locust --help`` is printed before the locustfile is loaded; who looks there in vain finds this."""
    assert WAY in command("--help").stdout
    for document in ("README.md", "docs/reference/command-line.md", "docs/explanation/what-differs-from-locust.md"):
        assert f"`{WAY}`" in (ROOT / document).read_text("utf-8")
