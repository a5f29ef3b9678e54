"""A drift in a sentence: how fast it grows, how sure that is, what could have been seen, and when it breaks.

Law: pure, and true to the verdict: what is not known is left out, and no infinity and no NaN is written. Names come
from outside: who shows a sentence takes care of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from locust_ext.gates.drift import Drift
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.drift_units import PROBE, is_number, number, unit_of
from locust_ext.gates.outcomes import Status
from locust_ext.measure.series import shorten
from locust_ext.measure.sinks import Kind
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

MOST_GROWTH = 100.0
"""A growth beyond it is not written out: the level was next to nothing."""

MOST_STEPS = 3
"""Steps that a sentence tells one by one."""

MINUTE, HOUR, DAY, YEAR = 1 / 60, 1.0, 24.0, 365 * 24.0
"""In hours."""


def sentence(drift: Drift) -> str:
    """Return what is watched and what was found, in one sentence."""
    rule = name_of(drift.rule)
    found = remark(drift)
    if not found.startswith(_VERBS):
        return f"{rule}: {found}"
    subject = f": {_subject(drift.rule)}" if drift.rule.kind is Kind.GAUGE else ""
    return f"{rule}{subject} {found}"


def name_of(rule: DriftRule) -> str:
    """Return what a rule watches, at most 200 characters of it."""
    return shorten(str(rule))


def remark(drift: Drift) -> str:
    """Return what was found, without the name of what is watched."""
    return "; ".join(part for part in (_found(drift), *_seen(drift), *_details(drift)) if part)


def note(drift: Drift) -> str:
    """Return what there is to say beside the rate, its bound, the smallest that could have been seen and the limit."""
    if drift.status is Status.INCONCLUSIVE or drift.reason:
        found = drift.reason
    elif drift.status is Status.PASSED and not _is_sure(drift):
        found = "no rise"
    else:
        found = _grown(drift)
    return "; ".join(part for part in (found, *_details(drift)) if part)


def change(rule: DriftRule, difference: float | None) -> str:
    """Return a difference of values, with its sign: ``+38 MB``; ``""`` for none."""
    return _change(rule, difference, signed=True) if is_number(difference) else ""


def an_hour(rule: DriftRule, rate: float | None, *, signed: bool = False) -> str:
    """Return a rate in the unit of what is watched: ``38 MB an hour``; ``""`` for none."""
    return f"{_change(rule, rate, signed=signed)} an hour" if is_number(rate) else ""


def left(drift: Drift) -> str:
    """Return how long it is until the limit: ``21 hours``; ``""`` where nothing grows towards one."""
    hours = drift.hours_left
    if not is_number(hours):
        return ""
    if hours <= 0:
        return "reached"
    if hours < 2 * HOUR:
        return plural(max(1, round(hours / MINUTE)), "minute")
    if hours < 2 * DAY:
        return plural(round(hours), "hour")
    return plural(round(hours / DAY), "day") if hours < 2 * YEAR else "over two years"


def percent(share: float) -> str:
    """Return a finite share as people read it: ``12 %``, ``0.4 %``."""
    return f"{number(round(share * 100, 0 if abs(share) >= 0.1 else 1))} %"  # noqa: PLR2004 below 10 % a tenth tells


def _found(drift: Drift) -> str:
    if drift.status is Status.INCONCLUSIVE:
        return f"inconclusive: {drift.reason or 'it could not be judged'}{_measured(drift)}"
    if drift.status is Status.FAILED:
        return "; ".join(part for part in (drift.reason, _moves(drift) if _is_sure(drift) else "") if part) or "drifts"
    if _is_sure(drift):
        allowed = percent(drift.rule.min_growth) if is_number(drift.rule.min_growth) else ""
        return _moves(drift) + (f"; up to {allowed} over the load is allowed" if allowed else "")
    unseen = an_hour(drift.rule, drift.visible)
    return f"no rise{f': one of more than {unseen} would have been seen' if unseen else ''}{_measured(drift)}"


_VERBS = ("rises by ", "falls by ", "drifts")
"""How a remark begins that needs a subject."""


def _is_sure(drift: Drift) -> bool:
    """Tell whether the rise is more than noise."""
    return is_number(drift.rate) and drift.low is not None and drift.low > 0


def _moves(drift: Drift) -> str:
    """Return how fast it rises, how sure that is, and when it breaks."""
    rate, low = drift.rate or 0.0, drift.low
    said = f"{'rises' if rate >= 0 else 'falls'} by {an_hour(drift.rule, abs(rate))}"
    if is_number(low):
        said += f" (at least {_change(drift.rule, low)})"
    if grown := _grown(drift):
        said += f", {grown}"
    until = left(drift)
    if until and is_number(drift.limit):
        limit = unit_of(drift.rule).spell(drift.limit)
        said += f"; {limit} are reached" if until == "reached" else f"; at this rate {limit} are reached in {until}"
    return said


def _grown(drift: Drift) -> str:
    growth = drift.growth
    if not is_number(growth):
        return ""
    return f"{f'over {MOST_GROWTH * 100:,.0f} %' if growth > MOST_GROWTH else percent(growth)} over the load"


def _measured(drift: Drift) -> str:
    """Return a rate that is within the noise, and its bound, in brackets."""
    rate = an_hour(drift.rule, drift.rate, signed=True)
    if not rate:
        return ""
    low = drift.low
    bound = f", at least {_change(drift.rule, low, signed=True)}" if is_number(low) else ""
    return f" (measured: {rate}{bound})"


def _seen(drift: Drift) -> Iterator[str]:
    """Yield the smallest rate that could have been seen, where it is not said with what was found."""
    unseen = an_hour(drift.rule, drift.visible)
    if unseen and (drift.status is not Status.PASSED or _is_sure(drift)):
        yield f"the smallest rise that this run could have seen is {unseen}"


def _details(drift: Drift) -> Iterator[str]:
    """Yield how it was judged, as far as that is out of the ordinary."""
    rule = drift.rule
    if is_number(drift.settled):
        yield f"judged from {format_duration(round(max(0.0, drift.settled)))} on, after its start"
    if drift.restarts > 0:
        yield f"{plural(drift.restarts, 'restart')}, the parts between them judged apart"
    if drift.teeth > 0:
        yield f"judged by the lowest points of {'one tooth' if drift.teeth == 1 else f'{drift.teeth:,} teeth'}"
    steps = [step for step in drift.steps if is_number(step.at) and is_number(step.by)]
    for step in steps[:MOST_STEPS]:
        size = _change(rule, step.by, signed=True)
        yield f"a step of {size} at {format_duration(round(max(0.0, step.at)))}, told apart"
    yield from _returned(drift)
    if not rule.is_written:
        yield "a rule by default"


def _returned(drift: Drift) -> Iterator[str]:
    """Yield what came back after the load, where the reason does not say it."""
    kept = drift.retained
    is_said = drift.rule.must_return and drift.status is Status.FAILED and drift.reason
    if kept is None or is_said or not kept.under > kept.before or not is_number(kept.share):
        return
    if kept.share <= 0:
        yield "all of what the load took was back after the rest"
    else:
        yield f"of what the load took {percent(kept.share)} was still held after the rest"


def _change(rule: DriftRule, value: float | None, *, signed: bool = False) -> str:
    return unit_of(rule).spell(value or 0.0, change=True, signed=signed)


def _subject(rule: DriftRule) -> str:
    """Return what rises: the series of a probe by its name."""
    series = dict(rule.selector.tags).get("series", "") if rule.selector.metric == PROBE else ""
    return shorten(series) if series and not series.endswith("*") else "it"
