"""How long a process stays up for its last scrape, by a virtual clock; who ends it meanwhile."""

from __future__ import annotations

import signal
from time import monotonic

import gevent
import pytest
from locust.event import EventHook

from locust_ext.run.lingering import AFTERWARDS, LOOK_EVERY, MOST_SCRAPERS, OneExit, Scrapers, linger
from tests.virtual_time import virtual_time

V1, V2 = (("verdict", "failed"),), (("verdict", "passed"),)
KNOWN = [
    ("nobody has scraped", [], False),
    ("during the run alone", [("a", None)], False),
    ("once after it", [("a", None), ("a", V1)], True),
    ("one of two", [("a", None), ("b", None), ("a", V1)], False),
    ("both", [("a", None), ("b", None), ("a", V1), ("b", V1)], True),
    ("another verdict", [("a", V2)], False),
    ("a run after it", [("a", V1), ("a", None)], False),
]


@pytest.mark.parametrize("scrapes, is_known", [row[1:] for row in KNOWN], ids=[row[0] for row in KNOWN])
def test_everybody_who_has_scraped_is_to_be_told(scrapes, is_known):
    scrapers = Scrapers()
    for address, verdict in scrapes:
        scrapers.note(address, verdict)
    assert (scrapers.told_at(V1) is not None) is is_known
    assert scrapers.are_there is bool(scrapes)


def test_a_scraper_whose_address_changes_is_forgotten():
    scrapers = Scrapers()
    for number in range(10 * MOST_SCRAPERS):
        scrapers.note(str(number), None)
    for number in range(MOST_SCRAPERS):
        scrapers.note(str(number), V1)
    assert scrapers.told_at(V1) is not None


LASTS = [
    ("nobody comes", 15.0, None, 15.0),
    ("somebody does", 15.0, 4.0, 4.0 + AFTERWARDS),
    ("somebody was there just before", 15.0, 0.0, AFTERWARDS),
    ("all were there long before", 15.0, -60.0, 0.0),
    ("at the last moment", 15.0, 14.5, 15.0),
    ("no time at all", 0.0, None, 0.0),
]


@pytest.mark.parametrize("seconds, told_at, lasts", [row[1:] for row in LASTS], ids=[row[0] for row in LASTS])
def test_it_ends_when_everybody_knows_or_time_is_up(seconds, told_at, lasts):
    with virtual_time():
        begun = monotonic()
        known = None if told_at is None else begun + told_at
        linger(seconds, lambda: known if known is not None and monotonic() >= known else None, ours=False)
        assert lasts <= monotonic() - begun <= lasts + 2.5 * LOOK_EVERY


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("in_main", [True, False], ids=["in main", "in a greenlet"])
def test_a_signal_ends_it_and_does_nothing_else(number, in_main):
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    begun = monotonic()
    try:
        gevent.spawn_later(0.01, signal.raise_signal, number)
        if in_main:
            linger(30.0, lambda: None)
        else:
            gevent.spawn(linger, 30.0, lambda: None).get()
        assert monotonic() - begun < 5
        assert signal.getsignal(signal.SIGINT) == before[signal.SIGINT]
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_two_who_end_a_process_do_it_one_after_the_other():
    hook, said = EventHook(), []
    with virtual_time():
        begun = monotonic()
        ends = OneExit(hook)
        hook.add_listener(lambda **named: said.extend(named.values()))

        def end(name, lasts):
            hook.fire(name=name, reverse=False)
            gevent.sleep(lasts)
            said.append(f"{name} ended")
            assert monotonic() - begun < 4.5

        first, second = gevent.spawn(end, "one", 3.0), gevent.spawn_later(1.0, end, "two", 0.0)
        gevent.joinall([first, second], raise_error=True)
        ends.let_go()
        hook.fire(name="later")
    assert said == ["one", "one ended", "two", "two ended", "later"]


def test_one_who_ends_it_twice_waits_for_nobody():
    hook = EventHook()
    with virtual_time():
        OneExit(hook)
        begun = monotonic()
        hook.fire()
        hook.fire()
        assert monotonic() == begun
