"""The pictures in README and in the documents: there, small, and said in words for who cannot see them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = [
    (page, alt, target)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    for alt, target in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", page.read_text("utf-8"))
]


@pytest.mark.parametrize("page, alt, target", SHOWN, ids=[f"{page.name}: {target}" for page, _, target in SHOWN])
def test_a_picture_is_there_and_small(page, alt, target):
    """At most 150 kB, and a sentence in its place says what it shows."""
    picture = page.parent / target
    assert picture.stat().st_size < 160_000
    assert len(alt.split()) >= 5


def test_readme_opens_with_the_report_and_a_storm():
    """Before anything is explained."""
    opening = (ROOT / "README.md").read_text("utf-8").partition("```")[0]
    assert re.findall(r"\]\((\S+)\)", opening)[1:] == ["docs/pictures/report.png", "docs/pictures/storm.png"]
