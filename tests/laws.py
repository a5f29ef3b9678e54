"""What must hold of every run, whatever became of its letters and its processes.

Law: each is a function of what was played alone, and returns what breaks it, or nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import inf

from tests.simulation import MISHAPS, PLANNED, USERS, WORKERS, Played, where

CODES = {"passed": 0, "inconclusive": 111, "aborted": 108}
BACK = 5.0
"""Seconds within which a client of the default policy is connected again: it waits for 1 s, and jitter."""
HEARD = 0.05
"""Seconds in which a worker that has heard of the end may still finish what it was at."""


def ends(played: Played) -> str:
    """It has its verdict, and a word that fits its code."""
    verdict = played.result.verdict
    return "" if CODES.get(verdict.word) == verdict.exit_code else f"{verdict}"


def knows_what_was_told(played: Played) -> str:
    """Where it passed, every request that a user told of is in the figures."""
    counted = played.result.outcomes[0].value
    holds = played.word != "passed" or counted == played.book.told
    return "" if holds else f"passed with {counted:g} requests of {played.book.told}"


def keeps_the_cap(played: Played) -> str:
    """No second has more requests than the cap allows, wherever one begins to count."""
    sent, cap = sorted(played.book.sent), played.load.cap
    for first, next_one in zip(sent, sent[cap:], strict=False) if cap else ():
        if next_one - first < 1 - 1e-6:
            return f"{cap + 1} requests within {next_one - first:.3f} s from {first:.3f} s on"
    return ""


def begins_an_arrival_once(played: Played) -> str:
    """No arrival is begun twice, by whomever."""
    book = played.book
    begun = Counter(book.offered.get(one, f"nobody offered {one}") for one in book.arrivals)
    twice = [number for number, times in begun.items() if times > 1 or not isinstance(number, int)]
    return f"begun twice, or out of nowhere: {twice[:5]}" if twice else ""


def loses_no_arrival(played: Played) -> str:
    """Where it passed, each arrival was begun, or is counted as dropped, but for one a process: so exact a run says it is."""
    due, figures = played.load.arrivals, played.figures
    begun = len(played.book.arrivals)
    holds = (
        not due or played.word != "passed" or due - WORKERS - 1 <= begun + figures["dropped"] == figures["made"] <= due
    )
    return "" if holds else f"of {due} arrivals {begun} were begun, and the run says {figures}"


def makes_no_more(played: Played) -> str:
    """No more iterations begin than there are; what the run says of them adds up, and holds what really began."""
    wanted, made, figures = played.load.iterations, len(played.book.made), played.figures
    if not wanted:
        return ""
    known, unknown = figures.get("begun", 0), figures.get("unknown", 0)
    adds_up = "begun" not in figures or known + unknown + figures["missing"] == wanted
    holds = made <= wanted and adds_up and known <= made and ("begun" not in figures or made <= known + unknown)
    return "" if holds else f"of {wanted} iterations {made} began, and the run says {figures}"


def makes_all(played: Played) -> str:
    """Where it passed, all iterations were made."""
    wanted, made = played.load.iterations, len(played.book.made)
    return "" if not wanted or played.word != "passed" or made == wanted else f"passed with {made} of {wanted}"


def drops_its_share(played: Played) -> str:
    """A storm drops at most its share of all users, and each of them once."""
    dropped, most = Counter(user for _, user in played.book.dropped), int(USERS * played.load.drop + 0.5)
    twice = sum(times > 1 for times in dropped.values())
    holds = len(dropped) <= most and not twice
    return "" if holds else f"{len(dropped)} of at most {most} dropped, {twice} of them twice"


def brings_all_back(played: Played) -> str:
    """Whoever dropped is soon connected again, unless it was stopped, or its process died or stood still."""
    book = played.book
    for at, user in book.dropped:
        is_back = any(one is user and at <= when <= at + BACK for when, one in book.back)
        was_stopped = book.stopped.get(user, inf) < at + BACK
        if not is_back and not was_stopped and where(user) not in played.struck:
            return f"who dropped at {at:.2f} s was not back {BACK:g} s later"
    return ""


def starts_nobody_after_the_end(played: Played) -> str:
    """No worker that has heard of the end starts a user, and in the end nobody is left."""
    ended = played.book.ended
    late = [(at, worker) for at, worker in played.book.began if at > ended.get(worker, at) + HEARD]
    left = f"{played.left} users are left; " if played.left else ""
    return left + (f"started late: {late[:3]}, ended {ended}" if late else "")


def passes_when_all_is_well(played: Played) -> str:
    """Nothing went wrong, and it did all that it was asked for."""
    if played.mishap != MISHAPS["all is well"]:
        return ""
    book, load = played.book, played.load
    did = (
        played.word == "passed",
        len(book.began) >= USERS,
        not load.arrivals or len(book.arrivals) == load.arrivals,
        len(book.made) == load.iterations,
        len(book.dropped) == int(USERS * load.drop + 0.5),
        not load.cap or len(book.sent) > 0.7 * load.cap * PLANNED,
    )
    return "" if all(did) else f"{did}: {played.result.verdict}"


LAWS: tuple[Callable[[Played], str], ...] = (
    ends,
    knows_what_was_told,
    keeps_the_cap,
    begins_an_arrival_once,
    loses_no_arrival,
    makes_no_more,
    makes_all,
    drops_its_share,
    brings_all_back,
    starts_nobody_after_the_end,
    passes_when_all_is_well,
)


def broken(played: Played) -> list[str]:
    """Return the laws that a run breaks, and how."""
    if played.result is None:
        return [f"ends: it had no verdict after {played.seconds:.0f} s"]
    return [f"{law.__name__}: {how}" for law in LAWS if (how := law(played))]
