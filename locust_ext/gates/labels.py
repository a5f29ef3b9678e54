"""Which tags a measurement of this run can carry: a selection of any other never matches.

Law: pure. Refused is only what is known before the run; a tag that the locustfile may set itself is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field

from locust_ext.measure.catalogue import BUILT_IN, CORRECTED, HTTP, HTTP_METHODS, OTHER_REQUESTS
from locust_ext.measure.series import Selector
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.spelling import nearest

FOREIGN: Mapping[str, str] = {
    "expected_response": "failed requests have durations too here: leave the tag out, and judge http_req_failed beside",
    "group": "there are no groups; give the requests a name or a tag of their own",
    "url": "give the requests a name in the locustfile, and select that",
    **dict.fromkeys(
        (
            "cond",
            "error",
            "error_code",
            "ip",
            "iter",
            "ocsp_status",
            "proto",
            "service",
            "subproto",
            "tls_version",
            "vu",
        ),
        "requests do not carry it here",
    ),
}
"""k6's own tags that no measurement carries here by itself, and what to do instead."""

_HTTP_LABELS, _OTHER_LABELS = ("name", "method", "status"), ("name", "type", "status")

OF_PROBES: Mapping[str, tuple[str, ...]] = {
    "probe": ("series", "instance"),
    **dict.fromkeys(("probe_duration", "probe_failed", "probe_bytes"), ("instance",)),
}
"""The tags of what probes measure; others may well give these words another meaning."""

OWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*HTTP, CORRECTED["http_req_duration"]), _HTTP_LABELS),
    **dict.fromkeys((*OTHER_REQUESTS, CORRECTED["req_duration"]), _OTHER_LABELS),
    **dict.fromkeys(("message_age", "messages_missed", "retry_amplification", "retries_refused"), ("name",)),
    **dict.fromkeys(
        ("replica_lag", "never_seen", "reads_failed", "versions_behind", "monotonic_violations"), ("name",)
    ),
    "stale_reads": ("name", "read"),
    "blocked_requests": ("origin",),
    "connections_unmade": ("lacking", "ulimit"),
    "checks": ("check",),
    "feeder_wait": ("feeder",),
    **OF_PROBES,
    "reconnect_herd": ("storm",),
    "unreadable_events": ("metric",),
}
"""The tags that measurements carry by themselves, beside the phase and the scenario."""

SYSTEM = frozenset(
    {*FOREIGN, "scenario", *(label for metric, labels in OWN.items() if metric not in OF_PROBES for label in labels)}
)
"""Tags that nobody is likely to give another meaning: the locustfile must say the word, or they are not there."""

OPEN = frozenset(
    {*HTTP, *OTHER_REQUESTS, CORRECTED["http_req_duration"], CORRECTED["req_duration"], "checks"}  # by their context
)
"""Metrics that take the locustfile's own tags, as all of its own metrics do."""

OF_NO_SCENARIO = frozenset(
    {
        "generator_lag",
        "generator_pauses",
        "origin_computations",
        *OF_PROBES,
        "reconnect_drop_spread",
        "reconnect_drops",
        "reconnect_peak_100ms",
        "reconnect_peak_1s",
        "user_seconds",
        "vus",
    }
)
"""Metrics that are measured of a process or of the whole run."""

OF_THE_CHECKOUT = "git_sha"
"""The tag whose value is looked up when a run starts."""

_CLASS_OF_STATUS = re.compile(r"[1-5]xx", re.IGNORECASE)


@dataclass(frozen=True)
class CodeTags:
    """The words that a locustfile may use as tags."""

    words: frozenset[str] = frozenset()
    is_read: bool = False
    """Whether there was a locustfile to read."""
    has_any: bool = False
    """Whether it sets tags whose names only a run tells, such as those of a file."""

    def may_set(self, word: str) -> bool:
        """Tell whether it may set a tag of this name."""
        return self.has_any or word in self.words


@dataclass(frozen=True)
class Labels:
    """What is known of a run's tags before it starts."""

    phases: frozenset[str] = frozenset()
    is_settled: bool = False
    """Whether these are the phases of the load that the run will have, and not of all that it might."""
    scenarios: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The tags of each scenario, by its name."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Those of the whole run."""
    code: Callable[[], CodeTags] = CodeTags
    others: Callable[[], Collection[str]] = tuple
    """The phases of what else the load might be; they are looked up where somebody asks for a phase."""
    probed: Callable[[Selector], str] = lambda _: ""
    """Returns why no probe can match a selection, as a sentence."""

    def never(self, selector: Selector) -> str:
        """Return why no measurement of the run can match, as a sentence; ``""`` where one can."""
        by_tag = (self._never(selector, key, wanted) for key, wanted in selector.tags)
        return self.probed(selector) or next(filter(None, by_tag), "")

    def _never(self, selector: Selector, key: str, wanted: str) -> str:
        metric = selector.metric
        if key == "phase":
            return self._no_phase(metric, wanted)
        if key == "scenario" and self.scenarios and metric not in OF_NO_SCENARIO:
            known = {*self.scenarios, *self._common(key)}
            return "" if _fits(wanted, known) else f"there is no scenario {quoted(wanted)}{nearest(wanted, known)}"
        if key == OF_THE_CHECKOUT or key in OWN.get(metric, ()):
            return _no_value(metric, key, wanted)
        return self._of_no_team(selector, key, wanted)

    def _of_no_team(self, selector: Selector, key: str, wanted: str) -> str:
        """Return why nobody sets a tag that measurements do not carry by themselves; ``""`` where somebody may."""
        values, metric = self._values(selector, key), selector.metric
        known = bool(values) or any(key in tags for tags in self.scenarios.values())
        if _fits(wanted, values) or self._is_set_by_code(metric, key, known=known):
            return ""
        if values:
            return f"{key} is {' or '.join(sorted(values))} in this run, and never {quoted(wanted)}"
        return _not_carried(metric, key, scenarios=bool(self.scenarios))

    def _no_phase(self, metric: str, wanted: str) -> str:
        known = {*self.phases, *self.others(), *self._common("phase")}
        if _fits(wanted, known) or (self._takes_tags(metric) and metric not in _REQUESTS and self._says("phase")):
            return ""
        if wanted.endswith("*") and not self.is_settled:
            return ""
        what = "the load of this run has no phase" if self.is_settled else "no shape has a phase"
        return f"{what} {quoted(wanted)}{nearest(wanted, known)}"

    def _common(self, key: str) -> tuple[str, ...]:
        return (self.tags[key],) if key in self.tags else ()

    def _values(self, selector: Selector, key: str) -> set[str]:
        """Return what the configuration lets a tag be: its value of the whole run, and those of its scenarios."""
        chosen = dict(selector.tags).get("scenario", "*")
        those = [] if selector.metric in OF_NO_SCENARIO else [n for n in self.scenarios if _fits(chosen, (n,))]
        return {*self._common(key), *(self.scenarios[name][key] for name in those if key in self.scenarios[name])}

    def _is_set_by_code(self, metric: str, key: str, *, known: bool) -> bool:
        """Tell whether the locustfile may set the tag; ``known``: the configuration sets it, to other values."""
        if not self._takes_tags(metric):
            return False
        if known:
            return not self.code().is_read or self._says(key)
        return key not in SYSTEM or self._says(key)

    def _takes_tags(self, metric: str) -> bool:
        return metric in OPEN or metric not in BUILT_IN or metric in self.code().words

    def _says(self, word: str) -> bool:
        return self.code().may_set(word)


_REQUESTS = OPEN - {"checks"}
"""Their phase is ours alone."""


def _fits(wanted: str, values: Iterable[str]) -> bool:
    selector = Selector("", (("", wanted),))
    return any(selector.matches({"": value}) for value in values)


def _no_value(metric: str, key: str, wanted: str) -> str:
    """Return what is wrong with the value of a tag that measurements carry by themselves."""
    if key == "method" and not _fits(wanted.upper(), HTTP_METHODS):
        return f"{quoted(wanted)} is not a method of HTTP{nearest(wanted.upper(), HTTP_METHODS)}"
    if key == "type" and wanted.upper() in HTTP_METHODS:
        return f"requests of the type {wanted} are HTTP: their metrics begin with http_"
    if key == "status" and metric in HTTP and _CLASS_OF_STATUS.fullmatch(wanted):
        return f"statuses are numbers: write {wanted[0]}*"
    return ""


def _not_carried(metric: str, key: str, *, scenarios: bool) -> str:
    if key == "scenario" and not scenarios:
        return "the run has no scenarios"
    if key in FOREIGN and (metric in OPEN or metric not in BUILT_IN):
        return f"no measurement carries the tag {quoted(key)}: {FOREIGN[key]}"
    carried = ["phase", *(["scenario"] if scenarios and metric not in OF_NO_SCENARIO else []), *OWN.get(metric, ())]
    return f"{metric} carries no tag {quoted(key)}{nearest(key, carried)}"
