"""From thresholds and measurements to outcomes, one verdict and one exit code.

Law: three outcomes, and only evidence passes: no samples, too few samples, a run with holes or a generator that
could not keep up are inconclusive, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from locust_ext.gates.bounds import OPERATORS, figures_between, holds_of_all, sentence
from locust_ext.gates.circumstances import Circumstances, doubts
from locust_ext.gates.thresholds import Assertion, Threshold
from locust_ext.measure.censored import Censored
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, RateSink, TimelineSink
from locust_ext.text.spelling import plural

NOTHING_OPEN = Censored()
"""All requests have come back."""

IN_DOUBT = "the whole run is in doubt, see below"


class Status(StrEnum):
    """The outcome of one threshold."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Outcome:
    """One threshold, judged: the value it had, of how many samples, and why it is not plainly passed or failed."""

    threshold: Threshold
    status: Status
    value: float | None
    count: int
    reason: str = ""


def measure(assertion: Assertion, sink: AnySink, seconds: float) -> tuple[float | None, int]:
    """Return the value that the assertion is about, and the number of samples behind it.

    ``seconds`` is the time over which the sink was filled: a counter's rate is its sum over that.
    """
    match sink:
        case Histogram():
            return _of_trend(assertion, sink), sink.count
        case RateSink():
            return (sink.hits / sink.total if sink.total else None), sink.total
        case CounterSink():
            over = seconds if assertion.method == "rate" else 1.0
            return (sink.value / over if sink.seen and over > 0 else None), max(sink.steps, int(sink.seen))
        case GaugeSink():
            return (sink.value, 1) if sink.stamp > float("-inf") else (None, 0)
        case TimelineSink():
            return None, 0


def _of_trend(assertion: Assertion, sink: Histogram) -> float | None:
    if assertion.percent is not None:
        return sink.percentile(assertion.percent)
    methods: Mapping[str, Callable[[], float | None]] = {
        "avg": lambda: sink.mean,
        "min": lambda: sink.minimum,
        "max": lambda: sink.maximum,
        "med": lambda: sink.percentile(50),
        "count": lambda: float(sink.count) or None,
    }
    return methods[assertion.method]()


def judge(
    threshold: Threshold, sink: AnySink, seconds: float, *, blind: bool = False, censored: Censored = NOTHING_OPEN
) -> Outcome:
    """Return the outcome of one threshold.

    ``blind``: some of what it selects may have been lumped together with other series. ``censored`` are the requests
    of its selection that have not come back: what depends on them is inconclusive.
    """
    plain, ended = measure(threshold.assertion, sink, seconds)
    count, sure = ended + censored.count, ended + censored.ages.count
    between = figures_between(threshold.assertion, sink, censored) if censored.count else []
    value, bound = between[0] if between else plain, threshold.assertion.bound
    waiting = sentence(threshold.judged.metric, censored, count) if censored.count else ""
    if value is None:
        status = Status.PASSED if threshold.optional and not count else Status.INCONCLUSIVE
        return Outcome(threshold, status, None, count, waiting or ("no time has passed" if count else "no samples"))
    if sure < threshold.needed:
        too_few = f"{plural(sure, 'sample')}; it takes {threshold.needed}"
        return Outcome(threshold, Status.INCONCLUSIVE, value, count, "; ".join(filter(None, (too_few, waiting))))
    holds = holds_of_all(threshold.assertion, between or [value, value])
    if holds is None:
        return Outcome(threshold, Status.INCONCLUSIVE, value, count, waiting)
    if not holds:
        fails_anyway = not between or (plain is not None and not OPERATORS[threshold.assertion.operator](plain, bound))
        return Outcome(threshold, Status.FAILED, value, count, "" if fails_anyway else waiting)
    if blind or censored.blind:
        return Outcome(threshold, Status.INCONCLUSIVE, value, count, "too many different tags: some are missing here")
    return Outcome(threshold, Status.PASSED, value, count)


@dataclass(frozen=True)
class Verdict:
    """The end: a word, an exit code, and the sentence that explains them."""

    word: str
    exit_code: int
    reason: str


def temper(outcomes: Sequence[Outcome], reasons: Sequence[str]) -> list[Outcome]:
    """Return the outcomes with every pass made inconclusive, if there are reasons to doubt the run."""
    if not reasons:
        return list(outcomes)
    return [
        Outcome(o.threshold, Status.INCONCLUSIVE, o.value, o.count, IN_DOUBT) if o.status is Status.PASSED else o
        for o in outcomes
    ]


def conclude(outcomes: Sequence[Outcome], found: Circumstances) -> Verdict:
    """Return the verdict: the first rule of the table that applies."""
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    unclear = [outcome for outcome in outcomes if outcome.status is Status.INCONCLUSIVE]
    judged = outcomes or found.compared or found.uncompared
    doubt = doubts(found) if judged else list(found.incomplete)
    unseen = "; ".join(map(str, found.uncovered)) if judged else _unjudged(found.failed_requests)
    raised = found.user_errors - (0 if judged else found.unseen_errors)
    rules: list[tuple[object, str, int, str]] = [
        (
            found.configuration_errors,
            "error",
            104,
            f"{plural(found.configuration_errors, 'mistake')} in the configuration",
        ),
        (found.safety_stop, "aborted", 108, found.safety_stop),
        (
            not judged and found.theirs is not None,
            "failed" if found.theirs else "passed",
            found.theirs or 0,
            f"there are no thresholds: nothing was judged; the process ends with {found.theirs}: {found.theirs_by}",
        ),
        (failed or found.regressions, "failed", 99, "; ".join(filter(None, _failures(failed, outcomes, found)))),
        (judged and found.ended_by, "error", 107, f"user code ended the process: {found.ended_by}"),
        (raised, "error", 107, f"user code raised {plural(raised, 'exception')}{_first_of(found)}"),
        (doubt, "inconclusive", 111, "; ".join(doubt)),
        (
            unclear,
            "inconclusive",
            111,
            f"{len(unclear)} of {plural(len(outcomes), 'threshold')} inconclusive: {_name(unclear)}",
        ),
        (found.uncompared, "inconclusive", 111, f"baseline: {'; '.join(found.uncompared[:1])}"),
        (found.signal, "aborted", 105, f"stopped by {found.signal} before its end"),
        (unseen and found.stock_exit_code, "failed", found.stock_exit_code, unseen),
        (not judged, "passed", 0, "there are no thresholds: nothing was judged"),
    ]
    for applies, word, code, reason in rules:
        if applies:
            return Verdict(word, code, reason)
    passed = f"{plural(len(outcomes), 'threshold')} passed" if outcomes else ""
    same = f"{plural(found.compared, 'figure')} no worse than before" if found.compared else ""
    held = ", ".join(filter(None, (passed, same)))
    if found.theirs:
        return Verdict("passed", found.theirs, f"{held}, but the process ends with {found.theirs}: {found.theirs_by}")
    return Verdict("passed", 0, held)


def _first_of(found: Circumstances) -> str:
    if not found.first_error:
        return ""
    return f"{', the first' if found.user_errors > 1 else ''}: {found.first_error}"


def _unjudged(failed_requests: int) -> str:
    if not failed_requests:
        return ""
    return f"{plural(failed_requests, 'request')} failed, and there are no thresholds to say how many may"


def _failures(failed: Sequence[Outcome], outcomes: Sequence[Outcome], found: Circumstances) -> tuple[str, str]:
    thresholds = f"{len(failed)} of {plural(len(outcomes), 'threshold')} failed: {_name(failed)}" if failed else ""
    worse = f"{plural(len(found.regressions), 'regression')}: {found.regressions[0]}" if found.regressions else ""
    return thresholds, worse


def _name(outcomes: Sequence[Outcome]) -> str:
    first = outcomes[0] if outcomes else None
    if first is None:
        return ""
    return f"{first.threshold}" + (f" ({first.reason})" if first.reason else "")
