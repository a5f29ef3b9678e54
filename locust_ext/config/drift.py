"""The rules of drift that a run has: those that are written, else those that a soak has by itself.

Law: pure; a problem names the path of its rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from locust_ext.gates.drift_options import LEAST_OF_TAILS, DriftOptions, drift_rule
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.labels import Labels
from locust_ext.gates.thresholds import ThresholdError
from locust_ext.load.profile import Profile
from locust_ext.load.profiles import Soak
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.document import Document
from locust_ext.text.problems import Problem

if TYPE_CHECKING:
    from locust_ext.config.schema import Config

WATCHED = ("process_open_fds", "process_resident_memory_bytes", "process_threads")
"""Series of a probe that a soak watches by itself, where they are."""

SOAK = "soak"
"""The phase of a soak's steady load."""


def drift_rules(
    written: Sequence[DriftOptions] | None, kinds: Mapping[str, Kind], labels: Labels, document: Document
) -> tuple[list[DriftRule], list[Problem]]:
    """Return the rules that are written and can match something, and a problem for each that cannot."""
    rules: list[DriftRule] = []
    problems: list[Problem] = []
    for index, options in enumerate(written or ()):
        try:
            rule = drift_rule(options, kinds)
        except ThresholdError as error:
            problems.append(document.problem(("drift", index, "of"), str(error)))
            continue
        if why := labels.never(rule.selector):
            problems.append(document.problem(("drift", index, "of"), why))
        rules.append(rule)
    return rules, problems


def watched_rules(written: Sequence[DriftRule], config: Config, profile: Profile | None) -> tuple[DriftRule, ...]:
    """Return what a run watches: what is written, be that nothing; else what its shape has by itself."""
    return tuple(written if config.drift is not None else default_rules(profile, config.probes))


def default_rules(profile: Profile | None, probes: Collection[str]) -> list[DriftRule]:
    """Return what a soak watches where nobody wrote what: its probes' leaks, and its slowest answers."""
    if not isinstance(profile, Soak):
        return []
    leaks = [
        DriftRule(Selector("probe", (("instance", instance), ("series", series))), Kind.GAUGE, is_written=False)
        for instance in sorted(probes)
        for series in WATCHED
    ]
    slowest = Selector("http_req_duration", (("phase", SOAK),))
    return [*leaks, DriftRule(slowest, Kind.TREND, "p(99)", 99.0, LEAST_OF_TAILS, is_written=False)]
