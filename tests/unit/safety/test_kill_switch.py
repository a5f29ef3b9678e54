"""The kill switch: it reads its flags each second, vouches for five, and once pulled it stays so for its run."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.safety import killswitch as module
from locust_ext.safety.flags import Reading
from locust_ext.safety.killswitch import KillSwitch

YES = Reading(allowed=True, why="file allows it")
NO = Reading(allowed=False, why="file says false")


class Flag:
    """A source that gives its answers one after the other, each of which takes a while on the test's clock."""

    name = "file"

    def __init__(self, clock, *answers, takes=0.25):
        self.clock, self.answers, self.takes, self.asked = clock, list(answers), takes, []

    def read(self, timeout):
        """Return the next."""
        self.asked.append((self.clock.now, timeout))
        self.clock.now += self.takes
        return self.answers.pop(0)


class Admitted:
    """Keeps what it is told."""

    def __init__(self):
        self.told, self.on_stale = [], None

    def await_word(self, until):
        self.told.append(("await", until))

    def vouch(self, until):
        self.told.append(("vouch", until))

    def close(self, reason):
        self.told.append(("close", reason))


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves with each sleep of the switch."""
    fake = SimpleNamespace(now=100.0, slept=[])

    def sleep(seconds):
        fake.slept.append(seconds)
        fake.now += seconds
        gevent.sleep(0)

    monkeypatch.setattr(module, "monotonic", lambda: fake.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep, Greenlet=gevent.Greenlet))
    return fake


@pytest.fixture
def admission():
    return Admitted()


@pytest.fixture
def switch(admission):
    """Return a switch, whose reasons are kept."""
    told = []
    one = KillSwitch(admission, told.append)
    one.told = told
    yield one
    one.stop()


def settle():
    """Let everything run that can without time passing."""
    for _ in range(30):
        gevent.sleep(0)


def test_a_flip_is_noticed_with_the_next_read(clock, admission, switch, caplog):
    """Each second from beginning to beginning it asks; what it has read holds for five seconds from then."""
    flag = Flag(clock, YES, YES, NO)
    switch.start((flag,))
    assert admission.told == [("await", 105.0)]
    settle()
    assert flag.asked == [(100.0, 1.5), (101.0, 1.5), (102.0, 1.5)]
    assert clock.slept == [0.75, 0.75]
    reason = "the kill switch: file says false"
    assert admission.told[1:] == [("vouch", 105.0), ("vouch", 106.0), ("close", reason)]
    assert (switch.pulled, switch.told) == (reason, [reason])
    assert f"{reason}: nothing is sent any more" in caplog.text


def test_a_slow_read_is_followed_by_the_next(clock, admission, switch):
    """It does not wait for a time that is over."""
    switch.start((Flag(clock, YES, NO, takes=1.25),))
    settle()
    assert clock.slept == [0.0]


def test_what_cannot_be_read_is_a_no(clock, admission, switch, monkeypatch):
    """Whatever is raised, without what it says."""

    def broken(*_):
        raise OSError("s3cr3t")

    monkeypatch.setattr(module, "read_all", broken)
    switch.start((Flag(clock),))
    settle()
    assert switch.told == ["the kill switch: the flag could not be read: OSError"]
    assert admission.told == [("await", 105.0), ("close", switch.pulled)]


def test_without_a_flag_nothing_is_watched(clock, admission, switch):
    """And nothing has to wait for a word."""
    switch.start(())
    settle()
    assert admission.told == []
    assert switch._greenlet is None


def test_the_first_reason_stays(admission, switch):
    """It is told once, and its admission closed once."""
    switch.pull("first")
    switch.pull("second")
    assert (switch.pulled, switch.told, admission.told) == ("first", ["first"], [("close", "first")])


def test_a_passage_whose_word_ran_out_pulls_it(admission, switch):
    """Then the greenlet that reads stands still."""
    admission.on_stale("nobody has read the flag")
    assert switch.told == ["nobody has read the flag"]


def test_a_switch_that_was_pulled_reads_no_more(clock, admission, switch):
    """Until the next run, which knows nothing of it."""
    flag = Flag(clock, YES, YES, YES, NO)
    switch.start((flag,))
    gevent.sleep(0)
    switch.pull("by hand")
    settle()
    assert len(flag.asked) == 1
    switch.start((flag,))
    assert switch.pulled == ""
    settle()
    assert switch.told == ["by hand", "the kill switch: file says false"]


def test_a_switch_that_stops_watches_no_more(clock, switch):
    """A second stop finds nothing."""
    flag = Flag(clock, *[YES] * 100)
    switch.start((flag,))
    settle()
    switch.stop()
    assert switch._greenlet is None
    asked = len(flag.asked)
    settle()
    assert 0 < len(flag.asked) == asked
    switch.stop()


def test_a_new_run_watches_its_own_flags_alone(clock, switch):
    """Those of the last one are read no more."""
    old, new = Flag(clock, *[YES] * 100), Flag(clock, *[YES] * 100)
    switch.start((old,))
    settle()
    asked = len(old.asked)
    switch.start((new,))
    settle()
    assert len(old.asked) == asked
    assert new.asked
