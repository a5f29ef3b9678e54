"""JSON that every reader reads."""

import json
import math

import pytest

from locust_ext.text.strict_json import compact_json, strict_json


def refuse(word):
    """Refuse what JSON does not have."""
    raise AssertionError(word)


VALUES = [
    ("a number", 1.5, 1.5),
    ("no number", math.nan, None),
    ("infinity", [math.inf, -math.inf], [None, None]),
    ("deep inside", {"a": [{"b": math.nan}]}, {"a": [{"b": None}]}),
    ("a tuple", (1, 2), [1, 2]),
    ("other alphabets", "ü€😀", "ü€😀"),
    ("half a surrogate pair", "a\ud800b", "a\ud800b"),
    ("a half pair as a key", {"\udfff": 1}, {"\udfff": 1}),
]


@pytest.mark.parametrize("value, read", [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_reads_back(value, read):
    """What is written reads back, in UTF-8, with null for what JSON does not have."""
    text = strict_json(value)
    assert text.endswith("\n")
    assert read == json.loads(text.encode("utf-8"), parse_constant=refuse)


@pytest.mark.parametrize("value", [{"a": [1, None, "ä\n\ud800"]}, {"a": math.nan, "b": [math.inf, (-math.inf, 1.5)]}])
def test_compact_json_says_the_same_on_one_line(value):
    """Whatever JSON does not have is null there too."""
    text = compact_json(value)
    assert (text.count("\n"), text.isascii()) == (1, True)
    assert json.loads(text) == json.loads(strict_json(value))
