"""How often pages ask, by how many of them do."""

from __future__ import annotations

import pytest

from locust_ext.web.polling import MOST, SLOWEST, Polling


def level(pages: int, seconds: float = 60.0) -> tuple[float, float]:
    """Return the seconds between two questions that so many pages end at, and the questions of the last ten seconds."""
    now = [0.0]
    polling = Polling(lambda: now[0])
    due = [number / pages for number in range(pages)]
    late, told = 0, 1.0
    while (at := min(due)) < seconds:
        now[0] = at
        told = polling.asked()
        due[due.index(at)] = at + told
        late += at >= seconds - 10
    return told, late / 10


@pytest.mark.parametrize(("pages", "expected"), [(1, 1.0), (5, 1.0), (12, 1.0), (20, 20 / 12), (60, 5.0)])
def test_pages_ask_each_second_while_they_are_few_and_share_a_bound_when_they_are_many(pages, expected):
    told, a_second = level(pages)
    assert told == pytest.approx(expected, rel=0.15)
    assert a_second <= MOST * 1.15


def test_no_page_waits_longer_than_the_longest():
    assert level(1000)[0] == SLOWEST


def test_those_that_stay_ask_each_second_again_when_the_others_have_gone():
    now = [0.0]
    polling = Polling(lambda: now[0])
    for question in range(1000):
        now[0] = question / 100
        told = polling.asked()
    assert told > 5
    for question in range(10):
        now[0] = 10 + 5.0 * question
        told = polling.asked()
    assert told == 1.0
