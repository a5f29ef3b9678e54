"""From outcomes and the health of a run to one verdict and one exit code.

Law: only evidence passes: a run with holes, or a generator that could not keep up, is inconclusive, never a pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.values import stated
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

MOST_FAILED, MOST_UNCLEAR = 10, 3
"""Thresholds that the verdict names; what is unclear has a long sentence each."""

IN_DOUBT = "the whole run is in doubt, see below"


@dataclass(frozen=True)
class Verdict:
    """The end: a word, an exit code, and the sentence that explains them."""

    word: str
    exit_code: int
    reason: str


UNJUDGED = Verdict("inconclusive", 111, "it was not judged")
"""What there is to say of a run before it is judged."""


def downgrade(outcomes: Sequence[Outcome], reasons: Sequence[str]) -> list[Outcome]:
    """Return the outcomes with every pass made inconclusive, if there are reasons to doubt the run."""
    if not reasons:
        return list(outcomes)
    return [
        Outcome(o.threshold, Status.INCONCLUSIVE, o.value, o.count, IN_DOUBT) if o.status is Status.PASSED else o
        for o in outcomes
    ]


def conclude(outcomes: Sequence[Outcome], found: RunHealth) -> Verdict:
    """Return the verdict: the first rule of the table that applies."""
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    unclear = [outcome for outcome in outcomes if outcome.status is Status.INCONCLUSIVE]
    judged = outcomes or found.compared or found.uncompared or found.drifting or found.undrifted or found.unwatched
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
        (
            failed or found.regressions or found.drifting,
            "failed",
            99,
            "; ".join(filter(None, _failures(failed, outcomes, found))),
        ),
        (judged and found.ended_by, "error", 107, f"user code ended the process: {found.ended_by}"),
        (raised, "error", 107, f"user code raised {plural(raised, 'exception')}{_first_of(found)}"),
        (doubt, "inconclusive", 111, "; ".join(doubt)),
        (
            unclear,
            "inconclusive",
            111,
            f"{len(unclear)} of {plural(len(outcomes), 'threshold')} inconclusive: {_named(unclear, MOST_UNCLEAR)}",
        ),
        (found.uncompared, "inconclusive", 111, f"baseline: {'; '.join(found.uncompared[:1])}"),
        (found.unwatched, "inconclusive", 111, f"drift: {'; '.join(found.unwatched[:1])}"),
        (found.signal, "aborted", 105, f"stopped by {found.signal} before its end"),
        (unseen and found.stock_exit_code, "failed", found.stock_exit_code, unseen),
        (not judged, "passed", 0, "there are no thresholds: nothing was judged"),
    ]
    for applies, word, code, reason in rules:
        if applies:
            return Verdict(word, code, reason)
    passed = f"{plural(len(outcomes), 'threshold')} passed" if outcomes else ""
    same = f"{plural(found.compared, 'figure')} no worse than before" if found.compared else ""
    steady = f"{plural(found.undrifted, 'figure')} without drift" if found.undrifted else ""
    held = ", ".join(filter(None, (passed, same, steady)))
    if found.theirs:
        return Verdict("passed", found.theirs, f"{held}, but the process ends with {found.theirs}: {found.theirs_by}")
    return Verdict("passed", 0, held)


def _first_of(found: RunHealth) -> str:
    if not found.first_error:
        return ""
    return f"{', the first' if found.user_errors > 1 else ''}: {found.first_error}"


def _unjudged(failed_requests: int) -> str:
    if not failed_requests:
        return ""
    return f"{plural(failed_requests, 'request')} failed, and there are no thresholds to say how many may"


def _failures(failed: Sequence[Outcome], outcomes: Sequence[Outcome], found: RunHealth) -> tuple[str, str, str]:
    among = f"{len(failed)} of {plural(len(outcomes), 'threshold')} failed"
    thresholds = f"{among}: {_named(failed, MOST_FAILED)}" if failed else ""
    worse = f"{plural(len(found.regressions), 'regression')}: {found.regressions[0]}" if found.regressions else ""
    drifts = f"{plural(len(found.drifting), 'drift')}: {found.drifting[0]}" if found.drifting else ""
    return thresholds, worse, drifts


def _named(outcomes: Sequence[Outcome], most: int) -> str:
    """Return the thresholds with their values and limits; of many of them the first ones, and how many more."""
    rest = len(outcomes) - most
    return "; ".join([*map(stated, outcomes[:most]), *([f"and {rest:,} more"] if rest > 0 else [])])
