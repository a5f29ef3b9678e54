"""A simulated client beside an oracle that knows what became of every request, also of those that never came back.

The client's requests end, fail, hang and are killed at random moments; a recorder in each process notes what a real one
would, and the judge sees no more than that. Time is in microseconds, which are a histogram's units: all figures are
exact, and the oracle computes them from the plain list of requests.
"""

from __future__ import annotations

import math
import operator
import random
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations
from types import SimpleNamespace

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from locust_ext.gates.judge import Judge
from locust_ext.gates.outcomes import Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure import open_requests, recorder
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.open_requests import Begun
from locust_ext.measure.recorder import Recorder

NEVER = math.inf
LONGEST = 2000
"""Microseconds; up to 2,047 a histogram keeps every one apart."""
PHASE_ENDS = 700.5
"""In between two microseconds, so that no request begins at that moment."""
COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, eq=False)
class LevelState:
    """One request, and what really becomes of it: ``killed`` ones would have ended all the same, but nobody saw it."""

    began: int
    takes: float
    fails: bool
    status: int
    name: str
    process: int
    killed: int | None

    @property
    def ends(self) -> float:
        """When its event would come."""
        return self.began + self.takes

    @property
    def phase(self) -> str:
        """The phase in which it began."""
        return "surge" if self.began > PHASE_ENDS else "warmup"

    def left(self, end: int) -> float:
        """Return when it was no longer open: it ended, was killed, or the run was over."""
        return min(self.ends, end if self.killed is None else self.killed, end)

    def is_seen(self, end: int) -> bool:
        """Tell whether it ended in time, so that there is an event of it."""
        return self.ends == self.left(end)


@dataclass(frozen=True)
class Story:
    """A run: its requests, when reports were sent, and when it was judged."""

    fates: tuple[LevelState, ...]
    reports: tuple[int, ...]
    end: int


class Noted(Begun):
    """A request of the simulated client."""

    __slots__ = ("name",)

    def __init__(self, name):
        super().__init__()
        self.name = name

    def describe(self):
        """Return how its event will call it."""
        return "GET", self.name, {}


@st.composite
def stories(draw):
    """Draw a run of some requests; half of the runs have none that is killed or hangs."""
    troubled = draw(st.booleans())
    end = draw(st.integers(1, LONGEST))
    fates = []
    for _ in range(draw(st.integers(1, 16))):
        began = draw(st.integers(0, end))
        takes = draw(st.integers(0, LONGEST) | (st.just(NEVER) if troubled else st.nothing()))
        takes = takes if troubled else min(takes, end - began)
        killed = draw(st.none() | st.integers(began, end)) if troubled else None
        fates.append(
            LevelState(
                began,
                takes,
                fails=takes == NEVER or draw(st.booleans()),
                status=draw(st.sampled_from([200, 503])),
                name=draw(st.sampled_from("ab")),
                process=draw(st.integers(0, 1)),
                killed=killed,
            )
        )
    reports = draw(st.lists(st.integers(1, end), max_size=5, unique=True))
    return Story(tuple(fates), tuple(sorted({*reports, end})), end)


SELECTED = ["", "{name:a}", "{phase:surge}", "{status:200}", "{name:b,status:503}"]
METHODS = ["avg", "min", "max", "med", "p(25)", "p(50)", "p(75)", "p(90)", "p(0)", "p(100)", "count"]


@st.composite
def thresholds(draw, window=False):
    """Draw a threshold on durations or failures."""
    options = {"min_samples": draw(st.integers(0, 4)), "window": draw(st.integers(1, 900)) if window else None}
    selected, compare = draw(st.sampled_from(SELECTED)), draw(st.sampled_from(sorted(COMPARE)))
    if draw(st.booleans()):
        bound = draw(st.integers(0, 8)) / draw(st.integers(1, 8))
        return threshold(f"http_req_failed{selected}", f"rate{compare}{bound!r}", **options)
    method = draw(st.sampled_from(METHODS))
    bound = draw(st.integers(0, 8)) if method == "count" else draw(st.integers(0, LONGEST)) / 1000
    return threshold(f"http_req_duration{selected}", f"{method}{compare}{bound!r}", **options)


def threshold(selector, text, **options):
    """Return a threshold on a built-in metric."""
    chosen = parse_selector(selector)
    return Threshold(chosen, parse_assertion(text), BUILT_IN[chosen.metric].kind, **options)


@pytest.fixture(scope="module")
def clock():
    """The clock of the simulated processes, in seconds."""
    state = SimpleNamespace(now=0.0)
    with pytest.MonkeyPatch.context() as patch:
        for module in (recorder, open_requests):
            patch.setattr(module, "perf_counter", lambda: state.now)
        yield state


def moments(story):
    """Return all that happens, in order: what ends at a moment does so before a report of that moment."""
    found = [(PHASE_ENDS, 0, "phase", None)]
    for fate in story.fates:
        found.append((fate.began, 1, "begin", fate))
        if fate.is_seen(story.end):
            found.append((fate.ends, 2, "end", fate))
        elif fate.killed is not None:
            found.append((fate.killed, 2, "kill", fate))
    found += [(at, 3, "report", None) for at in story.reports]
    return sorted(found, key=operator.itemgetter(0, 1))


class Client:
    """Two processes whose requests begin, end and are killed, and the judge that hears of them at times."""

    def __init__(self, judged, clock):
        self.clock, self.judge = clock, Judge([judged])
        self.processes = [Recorder(), Recorder()]
        self.begun = {}
        self.outcome = None
        self.at(0)
        self.enter("warmup")

    def at(self, moment):
        """Let it be so late."""
        self.moment = moment
        self.clock.now = 1000.0 + moment / 1e6

    def enter(self, phase):
        """Begin a phase everywhere."""
        for process in self.processes:
            process.enter_phase(phase)

    def begin(self, fate):
        """Begin a request."""
        process = self.processes[fate.process]
        begun = self.begun[id(fate)] = Noted(fate.name)
        begun.phase = process.phases.name
        process.open.begin(begun)

    def end(self, fate):
        """Answer a request: its event is recorded, and it is struck off."""
        process = self.processes[fate.process]
        response, exception = SimpleNamespace(status_code=fate.status), OSError() if fate.fails else None
        process.on_request("GET", fate.name, response_time=fate.takes / 1000, response=response, exception=exception)
        process.open.end(self.begun[id(fate)])

    def kill(self, fate):
        """Kill the user that waits for it."""
        self.processes[fate.process].open.lose(self.begun[id(fate)])

    def report(self, *, ends):
        """Send the reports of both processes, and judge."""
        for number, process in enumerate(self.processes):
            self.judge.merge(process.take(ends=ends), self.moment, f"process {number}")
        (self.outcome,) = self.judge.outcomes(self.moment, {})


def simulate(story, judged, clock):
    """Let the story happen, judge at every report, and return the outcome at the end."""
    client = Client(judged, clock)
    for at, _, what, fate in moments(story):
        if at > story.end:
            break
        client.at(at)
        match what:
            case "phase":
                client.enter("surge")
            case "report":
                client.report(ends=at == story.end)
            case _:
                getattr(client, what)(fate)
    return client.outcome


def selected(judged, fates):
    """Return the requests that the threshold is about, by what they really are."""
    wanted = dict(judged.selector.tags)
    return [f for f in fates if all(str(getattr(f, key)) == value for key, value in wanted.items())]


def truth(judged, fates, ended):
    """Return whether the assertion really holds of the requests; None where they are too few to say.

    ``ended`` is how many of them are counted by ``count``, which is about what has ended.
    """
    assertion = judged.assertion
    if len(fates) < judged.needed or (assertion.method == "count" and not ended):
        return None
    return COMPARE[assertion.operator](figure(judged, fates, ended), assertion.bound)


def figure(judged, fates, ended):
    """Return the figure of the requests, plainly."""
    assertion = judged.assertion
    if judged.selector.metric == "http_req_failed":
        return sum(fate.fails for fate in fates) / len(fates)
    times = sorted(fate.takes for fate in fates)
    percent = 50 if assertion.method == "med" else assertion.percent
    if percent is not None:
        rank = max(1, math.ceil(Fraction(str(percent)) * len(times) / 100))
        return times[rank - 1] / 1000
    found = {
        "avg": lambda: sum(times) / 1000 / len(times),
        "min": lambda: times[0] / 1000,
        "max": lambda: times[-1] / 1000,
        "count": lambda: ended,
    }
    return found[assertion.method]()


def known(judged, story):
    """Return the requests that surely belong to the threshold, and those that belong to it or not: nobody knows."""
    seen = [fate for fate in story.fates if fate.is_seen(story.end)]
    unseen = [fate for fate in story.fates if not fate.is_seen(story.end)]
    blank = threshold(
        str(judged.selector).replace("status:200", "").replace(",status:503", "").replace("{}", ""),
        str(judged.assertion),
    )
    hidden = selected(blank, unseen)
    depends = "status" in dict(judged.selector.tags)
    return selected(judged, seen), [] if depends else hidden, hidden if depends else []


def imagined(fate, story, endless):
    """Return a request that was not seen as it may be at one extreme."""
    age = fate.left(story.end) - fate.began
    return LevelState(fate.began, NEVER if endless else age, endless, fate.status, fate.name, fate.process, None)


def expected(judged, story):
    """Return the status that follows from every world that nobody can rule out."""
    seen, unseen, possible = known(judged, story)
    worlds = []
    for some in chain.from_iterable(combinations(possible, size) for size in range(len(possible) + 1)):
        for endless in (False, True):
            fates = seen + [imagined(fate, story, endless) for fate in (*unseen, *some)]
            worlds.append(truth(judged, fates, len(seen)))
    return {(True,): Status.PASSED, (False,): Status.FAILED}.get(tuple(set(worlds)), Status.INCONCLUSIVE)


FROZEN = Story(tuple(LevelState(0, NEVER, True, 503, "a", 0, None) for _ in range(4)), (1500,), 1500)
"""Nothing ever came back."""


@given(story=stories(), judged=thresholds())
@example(FROZEN, threshold("http_req_duration{status:200}", "med<1"))
@example(FROZEN, threshold("http_req_duration", "med<1"))
@example(FROZEN, threshold("http_req_failed{status:200}", "rate<=1"))
@example(FROZEN, threshold("http_req_duration", "count<9"))
@pytest.mark.slow
def test_never_a_pass_that_the_oracle_refuses_nor_a_failure_that_it_denies(clock, story, judged):
    """What passes or fails does so whatever the requests that did not come back really did."""
    outcome = simulate(story, judged, clock)
    seen = [fate for fate in selected(judged, story.fates) if fate.is_seen(story.end)]
    really = truth(judged, selected(judged, story.fates), len(seen))
    event(f"{outcome.status}, really {really}")
    if outcome.status is Status.PASSED:
        assert really is True
    if outcome.status is Status.FAILED:
        assert really is False


@given(story=stories(), judged=thresholds())
@example(FROZEN, threshold("http_req_duration{status:200}", "med<1"))
@pytest.mark.slow
def test_as_sharp_as_can_be(clock, story, judged):
    """It is inconclusive only where two worlds that nobody can rule out are judged differently, or all too thin."""
    outcome = simulate(story, judged, clock)
    if len(known(judged, story)[2]) > 8:
        return  # too many subsets to try all
    if judged.assertion.operator in {"==", "===", "!="} and outcome.status is Status.INCONCLUSIVE:
        return  # the bound lies between two worlds, and none of the extreme ones need be equal to it
    assert outcome.status is expected(judged, story)


@given(story=stories(), judged=thresholds(window=True))
@pytest.mark.slow
def test_windows(clock, story, judged):
    """A window fails where one really failed, and passes only where none did in which everything had come back.

    A request belongs to the windows that hold the moment at which it ended or was lost; an open one to the present.
    """
    outcome = simulate(story, judged, clock)
    event(str(outcome.status))
    arrives = {at: previous for previous, at in zip((-1, *story.reports), story.reports, strict=False)}
    found = []
    for at in story.reports:
        if at < judged.window:
            continue
        slices = [when for when in story.reports if at - judged.window < when <= at]
        inside = [
            fate
            for fate in selected(judged, story.fates)
            if any(arrives[when] < fate.left(story.end) <= when for when in slices)
        ]
        still = [
            fate
            for fate in selected(judged, story.fates)
            if fate.began <= at < fate.left(story.end) and fate not in inside
        ]
        ended = len([fate for fate in inside if fate.is_seen(story.end)])
        found.append((truth(judged, inside + still, ended), not still))
    if outcome.status is Status.PASSED:
        assert (False, True) not in found
        assert any(holds for holds, _ in found)
    if outcome.status is Status.FAILED:
        assert any(holds is False for holds, _ in found)


def drawn(number):
    """Return a story of the same kind, by a seed."""
    rng = random.Random(number)
    end = rng.randint(500, LONGEST)
    fates = []
    for _ in range(rng.randint(1, 30)):
        began = rng.randint(0, end)
        hangs = number % 2 and rng.random() < 0.1
        takes = NEVER if hangs else rng.randint(0, min(LONGEST, end - began) if number % 2 else 300)
        killed = rng.randint(began, end) if rng.random() < 0.1 else None
        name, process = rng.choice("ab"), rng.randint(0, 1)
        fates.append(
            LevelState(began, takes, hangs or rng.random() < 0.1, rng.choice([200, 503]), name, process, killed)
        )
    return Story(tuple(fates), (end // 3, end // 2, end), end)


SAMPLED = ["http_req_duration: med<0.4", "http_req_duration{name:a}: p(90)<0.5", "http_req_failed: rate<0.2"]


@pytest.mark.parametrize("text", SAMPLED)
def test_every_outcome_occurs(clock, text):
    """The stories are not a walkover: of the same threshold some pass, some fail, and some are inconclusive."""
    judged = threshold(*text.split(": "))
    found = Counter(simulate(drawn(number), judged, clock).status for number in range(100))
    assert min(found[status] for status in Status) >= 3, found
