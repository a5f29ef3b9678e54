"""Where the probes of a run go, and why one may not.

Law: pure, and the guard's own rule: what counts as production is asked only where it is under test or declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from locust_ext.probes.headers import headers_of
from locust_ext.probes.options import HOST, ProbeOptions
from locust_ext.safety.guard import Blocked, Guard, Targets
from locust_ext.safety.options import SafetyOptions

Refusal = tuple[tuple[str, ...], str]
"""The keys below ``probes``, and a sentence."""


def url_of(options: ProbeOptions, hosts: Sequence[str]) -> str:
    """Return the address of a probe; raises ValueError where the run has not one host that ``{host}`` stands for."""
    if not options.url.startswith(HOST):
        return options.url
    different = sorted({host.rstrip("/") for host in hosts})
    if len(different) != 1:
        why = "the run has no host" if not different else f"the run has {len(different)} hosts"
        raise ValueError(f"{why}, and {HOST} stands for one: write the whole URL")
    return different[0] + options.url[len(HOST) :]


def forbidden(
    probes: Mapping[str, ProbeOptions], hosts: Sequence[str], safety: SafetyOptions, *, known: bool = True
) -> Iterator[Refusal]:
    """Yield the probes that may not be read in a run against ``hosts``; ``known``: there are no others."""
    guard = Guard(Targets.of(hosts, safety), lambda _: None)
    for name, options in probes.items():
        if not options.url or (not known and options.url.startswith(HOST)):
            continue
        try:
            guard.check(url_of(options, hosts))
        except (ValueError, Blocked) as error:
            yield (name, "url"), str(error)


def unset(probes: Mapping[str, ProbeOptions], environment: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield the probes whose headers cannot be made of this environment."""
    for name, options in probes.items():
        try:
            headers_of(options.headers_env, environment)
        except ValueError as error:
            yield (name, "headers_env"), str(error)
