"""One client's waits: what starts again and when, what each cause does, and what a server may ask for."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.storms.backoff import LONGEST, Backoff, Hint, HintRule, Reaction, Reset
from locust_ext.storms.curves import Exponential, Linear, Table
from locust_ext.storms.waits import Waits

UPTIME = 10.0
AGAIN, ON = 1.0, 4.0  # the third wait of 1, 2, 4, ...: started again, or gone on


def doubling(**more):
    """Return the waits 1, 2, 4, ... of one client."""
    return Waits(Backoff(Exponential(1.0), **more), Random(1))


def lost_early(waits):
    """Lose a connection that lasted a moment."""
    waits.lost(UPTIME - 0.1)


def lost_late(waits):
    """Lose a connection that lasted just long enough."""
    waits.lost(UPTIME)


def opened(waits):
    """Open a connection."""
    waits.opened()


def ready(waits):
    """Be accepted by the server."""
    waits.ready()


# When the rule starts again, the rule, what happened after two waits, and the third wait.
RESETS = [
    ("opening is enough", Reset.ON_OPEN, opened, AGAIN),
    ("who is ready has opened", Reset.ON_OPEN, ready, AGAIN),
    ("a loss alone goes on", Reset.ON_OPEN, lost_early, ON),
    ("a late loss alone goes on", Reset.ON_OPEN, lost_late, ON),
    ("opening is not being ready", Reset.ON_READY, opened, ON),
    ("being ready is", Reset.ON_READY, ready, AGAIN),
    ("a loss is not being ready", Reset.ON_READY, lost_early, ON),
    ("nor is a late one", Reset.ON_READY, lost_late, ON),
    ("opening lasts no time", Reset.ON_UPTIME, opened, ON),
    ("being ready lasts no time", Reset.ON_UPTIME, ready, ON),
    ("lost too early goes on", Reset.ON_UPTIME, lost_early, ON),
    ("lost after the uptime starts again", Reset.ON_UPTIME, lost_late, AGAIN),
    ("opening is not an incident", Reset.PER_INCIDENT, opened, ON),
    ("being ready is not an incident", Reset.PER_INCIDENT, ready, ON),
    ("each loss is an incident", Reset.PER_INCIDENT, lost_early, AGAIN),
    ("a late loss is one as well", Reset.PER_INCIDENT, lost_late, AGAIN),
]


@pytest.mark.parametrize("what, rule, happens, third", RESETS, ids=[row[0] for row in RESETS])
def test_resets(what, rule, happens, third):
    """What a client remembers is decided by its reset rule alone."""
    waits = doubling(reset=rule, uptime=UPTIME)
    assert [waits.next(), waits.next()] == [1.0, 2.0]
    happens(waits)
    assert waits.next() == third


@given(st.sampled_from(list(Reset)), st.lists(st.sampled_from(["next", "early", "late", "opened", "ready"])))
def test_resets_in_any_order(rule, events):
    """After any history the next wait is two to the number of waits since the last event that resets."""
    resetting = {
        Reset.ON_OPEN: {"opened", "ready"},
        Reset.ON_READY: {"ready"},
        Reset.ON_UPTIME: {"late"},
        Reset.PER_INCIDENT: {"early", "late"},
    }[rule]
    does = {"next": Waits.next, "early": lost_early, "late": lost_late, "opened": opened, "ready": ready}
    waits, since = doubling(reset=rule, uptime=UPTIME), 0
    for event in events:
        does[event](waits)
        since = 0 if event in resetting else since + (event == "next")
    assert waits.next() == 2.0**since


CAUSES = {"close:1000": Reaction.STOP, "close:1012": Reaction.IMMEDIATE, "status:503": Reaction.RETRY}

# What the cause does, the cause, the wait, and the wait after it.
REACTIONS = [
    ("a cause that says stop ends it", "close:1000", None, 1.0),
    ("an immediate one costs no wait of the curve", "close:1012", 0.0, 1.0),
    ("a cause that says retry waits", "status:503", 1.0, 2.0),
    ("a cause that nobody named waits", "refused", 1.0, 2.0),
    ("no cause waits", "", 1.0, 2.0),
]


@pytest.mark.parametrize("what, cause, wait, after", REACTIONS, ids=[row[0] for row in REACTIONS])
def test_causes(what, cause, wait, after):
    """What a client does about one cause."""
    waits = doubling(causes=CAUSES)
    assert waits.next(cause) == wait
    assert waits.next() == after


# What becomes of the hint, its rule, the hint, and the second wait of 1, 2, 4.
HINTS = [
    ("ignored", Hint(), 9.0, 2.0),
    ("ignored, also when shorter", Hint(HintRule.IGNORE), 0.5, 2.0),
    ("instead of the own wait", Hint(HintRule.REPLACE), 9.0, 9.0),
    ("instead, also when shorter", Hint(HintRule.REPLACE), 0.5, 0.5),
    ("instead, also nothing at all", Hint(HintRule.REPLACE), 0.0, 0.0),
    ("at least the hint", Hint(HintRule.AT_LEAST), 9.0, 9.0),
    ("at least the hint, and the own wait is longer", Hint(HintRule.AT_LEAST), 0.5, 2.0),
    ("no hint, no change", Hint(HintRule.REPLACE), None, 2.0),
    ("no hint, no change, with at least", Hint(HintRule.AT_LEAST), None, 2.0),
    ("a hint up to the limit", Hint(HintRule.REPLACE, limit=5.0), 9.0, 5.0),
    ("at least the limit", Hint(HintRule.AT_LEAST, limit=5.0), 9.0, 5.0),
    ("at most so much above the own wait", Hint(HintRule.AT_LEAST, beyond=3.0), 9.0, 5.0),
    ("less than that above it", Hint(HintRule.AT_LEAST, beyond=3.0), 4.0, 4.0),
    ("no room above it, and the own wait stays", Hint(HintRule.AT_LEAST, beyond=0.0), 9.0, 2.0),
    ("a hint below nothing is nothing", Hint(HintRule.REPLACE), -3.0, 0.0),
    ("a hint below nothing leaves the own wait", Hint(HintRule.AT_LEAST), -3.0, 2.0),
    ("no hint is longer than the longest wait", Hint(HintRule.REPLACE), math.inf, LONGEST),
]


@pytest.mark.parametrize("what, hint, asked, wait", HINTS, ids=[row[0] for row in HINTS])
def test_hints(what, hint, asked, wait):
    """What a client does with the wait that a server asks for; its own curve goes on meanwhile."""
    waits = doubling(hint=hint)
    assert waits.next() == 1.0
    assert waits.next(hint=asked) == wait
    assert waits.next() == 4.0


# Whether the curve starts again, the hint's rule, the hint, and the wait after it.
ANEW_AFTER_HINT = [
    ("a hint that resets", Hint(HintRule.REPLACE, resets=True), 9.0, 1.0),
    ("one that does not", Hint(HintRule.REPLACE), 9.0, 4.0),
    ("no hint, no reset", Hint(HintRule.REPLACE, resets=True), None, 4.0),
    ("an ignored hint resets nothing", Hint(HintRule.IGNORE, resets=True), 9.0, 4.0),
]


@pytest.mark.parametrize("what, hint, asked, after", ANEW_AFTER_HINT, ids=[row[0] for row in ANEW_AFTER_HINT])
def test_hints_that_reset(what, hint, asked, after):
    """Whether the curve starts again after a hint."""
    waits = doubling(hint=hint)
    waits.next()
    waits.next(hint=asked)
    assert waits.next() == after


def test_the_end_is_the_end():
    """Who has given up does not wait for a hint, and comes back only when something starts again."""
    waits = Waits(Backoff(Table((1.0,), tail="stop"), hint=Hint(HintRule.REPLACE)), Random(1))
    assert waits.next() == 1.0
    assert waits.next(hint=5.0) is None
    assert waits.next() is None
    waits.opened()
    assert waits.next() == 1.0


def test_a_wait_is_never_negative():
    """A policy that computes less than nothing does not wait."""
    waits = Waits(Backoff(Linear(-1.0, 1.0)), Random(1))
    assert [waits.next() for _ in range(3)] == [0.0, 0.0, 1.0]


def test_what_is_drawn_once_stays():
    """A client keeps the base that it drew at its start, from one loss to the next."""
    waits = Waits(Backoff(Exponential(1.0, spread=5.0), reset=Reset.PER_INCIDENT), Random(1))
    first = waits.next()
    for _ in range(3):
        waits.lost(0.0)
        assert waits.next() == first
