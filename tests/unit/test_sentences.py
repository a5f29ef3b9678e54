"""The sentences with which configurations are refused, as a whole: tests/golden/sentences.py says how to renew them."""

from __future__ import annotations

import os
import sys

import pytest

from locust_ext.config.tags_in_code import tags_of_this_process
from tests.golden.sentences import GOLDEN, WRONG, sentences


@pytest.fixture
def found(monkeypatch):
    """What is said now, with nothing of Locust's in the environment, and no other test's code."""
    for name in [name for name in os.environ if name.startswith(("LOCUST", "BASE_URL"))]:
        monkeypatch.delenv(name)
    ours = tuple(str(GOLDEN.parents[2] / place) for place in ("tests", "benchmarks"))
    for name in [name for name, module in sys.modules.items() if str(getattr(module, "__file__", "")).startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)  # else they count as a team's own code, which may set any tag
    tags_of_this_process.cache_clear()
    yield sentences()
    tags_of_this_process.cache_clear()


@pytest.mark.slow
def test_sentences_are_what_they_were(found):
    """Each once, with its path; after a change of words: python -m tests.golden.sentences"""
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_every_wrong_configuration_has_a_sentence_of_its_own():
    """Each is refused with 104, for a reason that none before it had, and the table has no name twice."""
    blocks = GOLDEN.read_text(encoding="utf-8").split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [f"# {what}" for what, _, _ in WRONG]
    assert all(len(block.splitlines()) > 1 for block in blocks)
    assert len({what for what, _, _ in WRONG}) == len(WRONG)
