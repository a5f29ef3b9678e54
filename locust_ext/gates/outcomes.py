"""How a threshold stands: what was measured, judged.

Law: three outcomes, and only evidence passes: no samples, too few samples, or requests that have not come back and
could change the outcome, are inconclusive, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from locust_ext.gates.bounds import OPERATORS, figures_between, holds_of_all, sentence
from locust_ext.gates.thresholds import Assertion, Threshold
from locust_ext.measure.censored import Censored
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, RateSink, TimelineSink
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

NOTHING_OPEN = Censored()
"""All requests have come back."""


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
        too_few = f"only {plural(sure, 'sample')}; needs {threshold.needed}"
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
