"""One end at a time: a second one waits for the first, unless that is there no more, or is its own."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
from gevent.event import Event
from gevent.pool import Group

from locust_ext.run.one_end import OneEnd


class Runner:
    """A master's runner, as far as an end goes; it ends when ``all_said`` is set."""

    def __init__(self):
        self.clients, self.greenlet, self.told, self.all_said = {}, Group(), [], Event()

    def stop(self, who="quit"):
        self.told.append(f"{who} begins")
        if len(self.told) == 1:
            self.all_said.wait()
        self.told.append(f"{who} has stopped")

    def quit(self):
        self.stop()
        self.told.append("the workers are sent away")


def begun():
    runner = Runner()
    OneEnd(runner).install()
    first = gevent.spawn(runner.stop, "the first")
    gevent.sleep(0)
    return runner, first


def test_a_second_end_waits_for_the_first():
    """The workers are sent away when all has been said."""
    runner, _ = begun()
    second = gevent.spawn(runner.quit)
    gevent.sleep(0)
    assert runner.told == ["the first begins"]

    runner.all_said.set()
    second.join()

    ends = ["the first begins", "the first has stopped", "quit begins", "quit has stopped"]
    assert runner.told == [*ends, "the workers are sent away"]


def test_what_the_runner_hears_with_does_not_wait():
    """One of its own greenlets goes on at once: the first end needs it."""
    runner, _ = begun()
    runner.greenlet.spawn(runner.stop, "a listener").join()

    assert runner.told == ["the first begins", "a listener begins", "a listener has stopped"]


def test_an_end_that_was_cut_off_holds_nobody_up():
    """The one that was at it is dead, or raised."""
    runner, first = begun()
    first.kill()
    gevent.spawn(runner.quit).join(1)

    assert runner.told[-1] == "the workers are sent away"


def test_within_an_end_nobody_waits_for_himself():
    """``quit`` calls ``stop``, and a listener of the end may call it again."""
    runner = Runner()
    runner.all_said.set()
    OneEnd(runner).install()
    stop = runner.stop
    runner.told.append("a listener")

    def twice(who):
        stop(who)
        stop(who)

    gevent.spawn(twice, "he").join(1)

    assert runner.told == ["a listener", "he begins", "he has stopped", "he begins", "he has stopped"]


def test_a_local_runner_is_left_alone():
    """It has nobody to listen to."""
    runner = SimpleNamespace(stop=lambda: "stock")
    stock = runner.stop
    OneEnd(runner).install()

    assert runner.stop is stock
