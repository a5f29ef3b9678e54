"""Which probe a selection means, and which series somebody asks for.

Law: pure. A gauge of several instances would be that of any of them, so a rule names one series of one instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from locust_ext.measure.series import Selector
from locust_ext.probes.options import OF_PROCESSES, ProbeOptions
from locust_ext.probes.series import KNOWN, parse_series
from locust_ext.text.lengths import quoted
from locust_ext.text.spelling import misspelt_name, nearest

PROBE, DURATION, FAILED, SIZE = "probe", "probe_duration", "probe_failed", "probe_bytes"
OF_PROBES = frozenset({PROBE, DURATION, FAILED, SIZE})
"""The metrics that probes make."""

SERIES, INSTANCE = "series", "instance"
"""Their tags."""


def never(selector: Selector, probes: Mapping[str, ProbeOptions]) -> str:
    """Return why no probe of the run can match a selection, as a sentence; ``""`` where one can."""
    if selector.metric not in OF_PROBES:
        return ""
    tags = dict(selector.tags)
    if not probes:
        return "there are no probes: say under probes: which endpoint or process of the target is read"
    wanted = tags.get(INSTANCE, "")
    if wanted and not _matching(wanted, probes):
        return f"there is no probe {quoted(wanted)}{nearest(wanted, probes)}"
    if selector.metric != PROBE:
        return ""
    instance = instance_of(selector, probes)
    if instance is None:
        return f"{selector} is of several instances, and their readings are not one: add instance:{next(iter(probes))}"
    return _no_series(tags.get(SERIES, ""), instance, probes[instance])


def never_in(probes: Mapping[str, ProbeOptions], wrong: Iterable[str]) -> Callable[[Selector], str]:
    """Return :func:`never` for these probes; where one of the paths that are ``wrong`` is theirs, they are not all."""
    if any(path.startswith("probes") for path in wrong):
        return lambda _: ""
    return lambda selector: never(selector, probes)


def _no_series(wanted: str, instance: str, options: ProbeOptions) -> str:
    if not wanted or "*" in wanted:
        return "the readings of several series are not one: name one, such as series:process_open_fds"
    known = options.series or (OF_PROCESSES if options.process else ())
    if known and wanted not in known:
        return f"the probe {instance} reads no {quoted(wanted)}{nearest(wanted, known)}"
    try:
        series = parse_series(wanted)
    except ValueError as error:
        return str(error)
    if str(series) != wanted:
        return f"{quoted(wanted)} is written as {series}"
    meant = "" if known or wanted in KNOWN else misspelt_name(wanted, KNOWN)
    return f"processes have no {quoted(wanted)}; did you mean {meant!r}?" if meant else ""


def instance_of(selector: Selector, probes: Mapping[str, ProbeOptions]) -> str | None:
    """Return the one instance that a selection is about; None where it is about several, or none."""
    found = _matching(dict(selector.tags).get(INSTANCE, "*"), probes)
    return found[0] if len(found) == 1 else None


def _matching(wanted: str, probes: Iterable[str]) -> list[str]:
    selector = Selector("", ((INSTANCE, wanted),))
    return [name for name in probes if selector.matches({INSTANCE: name})]


def asked_for(selectors: Iterable[Selector], probes: Mapping[str, ProbeOptions]) -> dict[str, tuple[str, ...]]:
    """Return by instance the series that selections name."""
    found: dict[str, dict[str, None]] = {name: {} for name in probes}
    for selector in selectors:
        series, instance = dict(selector.tags).get(SERIES, ""), instance_of(selector, probes)
        if selector.metric == PROBE and series and instance is not None:
            found[instance][series] = None
    return {name: tuple(series) for name, series in found.items()}
