"""Configurations with comments: what is written is what is read."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.drafts.configuration import WIDTH, ConfigEntry, notes_of, render

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
SCALARS = TEXTS | st.integers() | st.booleans()
INLINE = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(KEYS, SCALARS, max_size=3)


def entries(value):
    return st.lists(
        st.builds(ConfigEntry, KEYS, value, st.lists(TEXTS, max_size=2).map(tuple), st.booleans()),
        min_size=1,
        max_size=3,
        unique_by=lambda entry: entry.key,
    ).map(tuple)


DRAFTS = entries(INLINE | st.lists(st.dictionaries(KEYS, SCALARS), min_size=1, max_size=3).map(tuple) | entries(INLINE))


def values(draft, *, everything=False):
    """Return what a draft says, with or without what is switched off."""
    found = {}
    for entry in draft:
        if entry.is_off and not everything:
            continue
        below = isinstance(entry.value, tuple)
        is_rows = below and not isinstance(entry.value[0], ConfigEntry)
        found[entry.key] = (
            list(entry.value) if is_rows else values(entry.value, everything=everything) if below else entry.value
        )
    return found


@given(draft=DRAFTS)
def test_reads_back(draft):
    """Law: whatever stands in keys, values and notes, YAML reads the values and nothing else."""
    assert (yaml.safe_load(render(draft, ["a\nheading: 1"])) or {}) == values(draft)


@given(draft=DRAFTS)
def test_off_is_one_sign_away(draft):
    """Law: without the notes, taking every # at the beginning of a line away gives what was switched off too."""
    bare = tuple(ConfigEntry(entry.key, _bare(entry.value), (), entry.off) for entry in draft)
    text = "\n".join(_without_sign(line) for line in render(bare).splitlines())
    assert yaml.safe_load(text) == values(bare, everything=True)


def _bare(value):
    is_below = isinstance(value, tuple) and isinstance(value[0], ConfigEntry)
    return tuple(ConfigEntry(entry.key, entry.value, (), entry.off) for entry in value) if is_below else value


def _without_sign(line):
    before, sign, after = line.partition("#")
    return before + after if sign and not before.strip() else line


def test_looks_like_written_by_hand():
    """Short things stay on one line, and only what needs quotes has them."""
    draft = (
        ConfigEntry("version", 1, ("first",)),
        ConfigEntry(
            "thresholds",
            (
                ConfigEntry("http_req_duration{endpoint:feed}", ["p(95)<400"], ("why",)),
                ConfigEntry("mine", ["rate<0.1"], off=True),
            ),
        ),
        ConfigEntry(
            "all_off", (ConfigEntry("a", "5m", off=True), ConfigEntry("b", (ConfigEntry("c", 1, ("n",), off=True),)))
        ),
        ConfigEntry("stages", ({"target": "800/s", "duration": "5m"},)),
    )
    assert render(draft, ["head"]) == (
        "# head\n"
        "# first\n"
        "version: 1\n"
        "thresholds:\n"
        "  # why\n"
        '  http_req_duration{endpoint:feed}: ["p(95)<400"]\n'
        '  #mine: ["rate<0.1"]\n'
        "#all_off:\n"
        "#  a: 5m\n"
        "#  b:\n"
        "#    # n\n"
        "#    c: 1\n"
        "stages:\n"
        "  - {target: 800/s, duration: 5m}\n"
    )
    assert list(notes_of(draft)) == [
        ("version", "first"),
        ("thresholds.http_req_duration{endpoint:feed}", "why"),
        ("all_off.b.c", "n"),
    ]


@pytest.mark.parametrize(
    "note", ["a\nsafety: {}", "a\u2028b: 1", "a\x85b: 1", "a\rb: 1", "x " * 300, "\x00\x07", "y" * 500]
)
def test_a_note_stays_a_comment(note):
    """No sign of a line's end ends a comment."""
    text = render((ConfigEntry("version", 1, (note,)),))
    assert yaml.safe_load(text) == {"version": 1}
    assert all(line.startswith("#") for line in text.splitlines()[:-1])


def test_notes_are_wrapped_between_words():
    """No line is too long; a word with hyphens stays whole, as it must be found again."""
    word = "http-request-duration-of-all-the-things"
    lines = render((ConfigEntry("a", 1, (" ".join([word] * 4),)),)).splitlines()
    assert [line for line in lines if word not in line] == ["a: 1"]
    assert all(len(line) <= WIDTH for line in lines)
    assert "".join(lines[:-1]).replace("# ", " ").split() == [word] * 4
