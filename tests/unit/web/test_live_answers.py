"""Answers to the live page: made once for all who ask the same within a moment."""

import gzip

import gevent
import pytest

from locust_ext.web.answers import FRESH, LONGEST, MOST_KEPT, Answers, shared


class Maker:
    """Makes answers, and counts them; others have their turn meanwhile."""

    def __init__(self, size=3):
        self.made, self._size = 0, size

    def __call__(self):
        """Make one."""
        self.made += 1
        gevent.sleep(0)
        return b"x" * self._size


@pytest.fixture
def now():
    """Return the time, to be changed."""
    return [100.0]


@pytest.fixture
def answers(now):
    """Return answers on that clock."""
    return Answers(lambda: now[0])


def test_twenty_ask_at_once_and_one_answer_is_made(answers):
    """They wait for each other, and for nothing else."""
    make = Maker()
    asking = [gevent.spawn(answers.get, b"hi=3", make) for _ in range(20)]
    gevent.joinall(asking, timeout=5)
    assert ({one.get() for one in asking}, make.made) == ({(b"xxx", b"")}, 1)
    assert answers._turns == {}


ROWS = [
    ("the same, at once", 0.0, b"hi=3", None, 1),
    ("the same, a moment later", FRESH + 0.01, b"hi=3", None, 2),
    ("something else", 0.0, b"hi=4", None, 2),
    ("the same, after something was done", 0.0, b"hi=3", "forget", 2),
]


@pytest.mark.parametrize("later, question, act, made", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_when_it_is_made_again(answers, now, later, question, act, made):
    """After half a second, or when an action may have changed it."""
    make = Maker()
    answers.get(b"hi=3", make)
    now[0] += later
    if act:
        answers.forget()
    answers.get(question, make)
    assert make.made == made


def test_what_is_kept_is_bounded(answers):
    """In number; a question that is too long is answered and not kept."""
    for number in range(3 * MOST_KEPT):
        answers.get(str(number).encode(), Maker())
    answers.get(b"x" * (LONGEST + 1), Maker())
    assert len(answers._kept) <= MOST_KEPT
    assert answers._turns == {}


def test_what_is_large_is_packed(answers):
    """What is small is not."""
    content, packed = answers.get(b"", Maker(10_000))
    assert (len(content), gzip.decompress(packed)) == (10_000, content)


def test_one_that_cannot_be_made_is_tried_again(answers):
    """It keeps nobody waiting."""
    with pytest.raises(ZeroDivisionError):
        answers.get(b"a", lambda: 1 // 0)
    assert answers.get(b"a", Maker())[0] == b"xxx"


def test_a_piece_is_shared_by_pages_that_ask_for_other_charts(now):
    """Only what it depends on has it made again, and time."""
    made = []
    piece = shared(lambda asked: made.append(1) or {"hi": asked["hi"]}, "hi", clock=lambda: now[0])
    for figure in ("herd", "drift", "herd"):
        assert piece({"hi": "3", "figure": figure}) == '{"hi":"3"}'
    assert piece({"hi": "4"}) == '{"hi":"4"}'
    now[0] += FRESH + 0.01
    assert (piece({"hi": "3"}), len(made)) == ('{"hi":"3"}', 3)
