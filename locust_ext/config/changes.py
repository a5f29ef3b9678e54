"""What somebody has changed before a run in the web UI: in words, and whether it made the run easier to pass.

Law: pure. A threshold that cannot be proved to be as strict as the configured one counts as looser, and is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from locust_ext.config.plan import Plan
from locust_ext.config.schema import profile_for
from locust_ext.gates.thresholds import Threshold
from locust_ext.load.parameters import differing
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_NAME, shortened
from locust_ext.text.problems import ConfigurationError

MOST_NAMED = 20
"""Changes that are named in a sentence; the rest is counted."""

LONGEST_MARK = 400
"""Characters of a fingerprint that say what was changed; longer ones end in a digest of all of it."""

LESS_STRICT = "thresholds were taken away or made less strict in the web UI"

_UPPER, _LOWER = ("<", "<="), (">", ">=")


@dataclass(frozen=True)
class Changes:
    """What was changed, each in a phrase, and which thresholds are not as strict as configured."""

    said: tuple[str, ...] = ()
    looser: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every report of the run must say."""
        easier = f"this verdict is not that of the configuration, since {LESS_STRICT}: {_listed(self.looser)}"
        others = [one for one in self.said if one not in self.looser]
        return (
            *([easier] if self.looser else []),
            *([f"changed in the web UI: {_listed(others)}"] if others else []),
        )

    @property
    def reservation(self) -> str:
        """What a pass must say beside its reason; ``""`` where the thresholds are as strict as configured."""
        return LESS_STRICT if self.looser else ""

    @property
    def mark(self) -> str:
        """What a fingerprint says of it; ``""`` where nothing was changed."""
        text = "; ".join(self.said)
        if len(text) <= LONGEST_MARK:
            return text
        digest = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
        return f"{shortened(text, LONGEST_MARK)} ({digest})"


def changes_of(configured: Plan, plan: Plan, *, elsewhere: bool = False) -> Changes:
    """Return in what ``plan`` differs from what is configured; ``elsewhere``: it goes to a host that nobody named."""
    said, looser = _of_thresholds(configured.thresholds, plan.thresholds)
    return Changes((*_of_load(configured, plan), *_beside(configured, plan, elsewhere=elsewhere), *said), tuple(looser))


def _listed(phrases: Sequence[str]) -> str:
    rest = len(phrases) - MOST_NAMED
    named = [shortened(one, LONGEST_NAME) for one in phrases[:MOST_NAMED]]
    return "; ".join([*named, *([f"and {rest:,} more"] if rest > 0 else [])])


def _of_load(configured: Plan, plan: Plan) -> Iterator[str]:
    before, after = (one.load_name or "plain users" for one in (configured, plan))
    if before != after:
        yield f"{after} instead of {before}"
    if plan.profile is None:
        return
    usual = configured.profile if before == after else None
    if usual is None:
        with suppress(ConfigurationError):
            usual = profile_for(plan.shape, plan.config, plan.document)
    if usual is not None and usual.kind == plan.profile.kind:
        yield from (f"{key} {new} instead of {old}" for key, old, new in differing(usual, plan.profile))


def _beside(configured: Plan, plan: Plan, *, elsewhere: bool) -> Iterator[str]:
    if configured.time_scale != plan.time_scale:
        yield f"time scale {plan.time_scale:g} instead of {configured.time_scale:g}"
    if configured.config.client != plan.config.client:
        yield f"client {plan.config.client} instead of {configured.config.client}"
    if elsewhere:  # hosts are left out of reports that are compared: they may be secret
        yield "another host than the configured one"


def _of_thresholds(configured: Sequence[Threshold], given: Sequence[Threshold]) -> tuple[list[str], list[str]]:
    """Return what was changed, and which of it may be less strict."""
    gone, new = _without(configured, given), _without(given, configured)
    said, looser = [], []
    for old in gone:
        successor = _successor(old, new)
        if successor is None:
            phrase, how = f"threshold {old.selector}: {_rule(old)} taken away", "looser"
        else:
            new.remove(successor)
            how = (
                "stricter"
                if _is_as_strict(old, successor)
                else "looser"
                if _is_alike(old, successor)
                else "of another kind"
            )
            phrase = f"threshold {old.selector}: {_rule(successor)} instead of {_rule(old)}: {how}"
        said.append(phrase)
        looser += [phrase] if how != "stricter" else []
    return [*said, *(f"threshold {one.selector}: {_rule(one)} added" for one in new)], looser


def _without(some: Sequence[Threshold], others: Sequence[Threshold]) -> list[Threshold]:
    """Return those of ``some`` that are not among the others; of two that are the same, both must be there."""
    rest = [_settled(one) for one in others]
    found = []
    for one in map(_settled, some):
        if one in rest:
            rest.remove(one)
        else:
            found.append(one)
    return found


def _settled(threshold: Threshold) -> Threshold:
    """Return a threshold as it is written, whatever load it judges."""
    return replace(threshold, corrected=False if threshold.corrected is False else None)


def _successor(old: Threshold, new: Sequence[Threshold]) -> Threshold | None:
    """Return what stands in the place of a threshold: of the same selection, best of the same method."""
    same = [one for one in new if one.selector == old.selector]
    alike = [one for one in same if one.assertion.aggregate == old.assertion.aggregate]
    return next(iter([*alike, *same]), None)


def _is_alike(old: Threshold, new: Threshold) -> bool:
    """Tell whether two thresholds differ in nothing but their bounds."""
    return replace(new, assertion=old.assertion) == old and new.assertion.aggregate == old.assertion.aggregate


def _is_as_strict(old: Threshold, new: Threshold) -> bool:
    """Tell whether whatever passes the new threshold would have passed the old one."""
    if not _is_alike(old, new):
        return False
    one, other = old.assertion, new.assertion
    for family, sign in ((_UPPER, 1), (_LOWER, -1)):
        if one.operator in family and other.operator in family:
            if one.bound == other.bound:
                return other.operator == family[0]
            return sign * other.bound < sign * one.bound
    return False


def _rule(threshold: Threshold) -> str:
    """Return what must hold, with what else a threshold says."""
    usual = Threshold(threshold.selector, threshold.assertion, threshold.kind, corrected=threshold.corrected)
    options = ("abort_on_fail", "delay_abort", "window", "min_samples", "optional")
    others = [f"{key}: {getattr(threshold, key)}" for key in options if getattr(threshold, key) != getattr(usual, key)]
    return threshold.rule + (f" ({', '.join(others)})" if others else "")
