"""The probes of a run, where it is judged: one greenlet an instance, from before the load to the end.

Law: workers have none, and are told nothing of them. They bear on nothing but their own metrics: what a target does not
tell makes rules on it inconclusive, and changes nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from functools import partial
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import gevent
from gevent.event import Event

from locust_ext.measure.interval_history import History
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector
from locust_ext.process.part import Part
from locust_ext.process.supervised import Work
from locust_ext.safety.options import SafetyOptions
from locust_ext.text.frozen import dataclass

if TYPE_CHECKING:
    from locust_ext.probes.instance import Doubts, Instance, Reading
    from locust_ext.probes.options import ProbeOptions
    from locust_ext.probes.source import Source

PROBING = Work("the probes of the target")

FIRST = 1.0
"""Seconds that a run waits at the most for the first reading of each: the level before the load."""

UNREAD = "no probe of this run reads it"


OF_ALL = ("locust_ext.probes.instance", "locust_ext.probes.reach")
OF_ENDPOINTS = ("locust_ext.probes.exposition", "locust_ext.probes.endpoint")
OF_PROCESSES = ("locust_ext.probes.process_source",)


def load(probes: Mapping[str, ProbeOptions]) -> None:
    """Load what reads these probes, before the run: in the midst of it, users would wait for that."""
    modules: tuple[str, ...] = OF_ALL if probes else ()
    for options in probes.values():
        modules += OF_PROCESSES if options.process else OF_ENDPOINTS
    for module in dict.fromkeys(modules):
        import_module(module)


@dataclass(frozen=True)
class ProbesIntent:
    """The probes of a run, where it goes, how far its times are stretched, and what rules are about."""

    probes: Mapping[str, ProbeOptions] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    scale: float = 1.0
    selectors: tuple[Selector, ...] = ()
    safety: SafetyOptions = field(default_factory=SafetyOptions.model_construct)


Keep = Callable[[float, Mapping[tuple[str, str], float], Collection[str]], None]
"""Takes the seconds of the run, values by series and instance, and the instances that have begun again."""


class Stage(Protocol):
    """The run that is under way: the controller."""

    run: Any

    def mention(self, sentence: str) -> None:
        """Note what changes nothing of the verdict."""


class _DoubtsOfRun:
    """Hands on what is in doubt to the judge of the run that is under way."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def doubt(self, metric: str, tags: Mapping[str, str], why: str, *, whole: bool = False) -> None:
        if self._stage.run is not None:
            self._stage.run.judge.suspects.doubt(metric, tags, why, whole=whole)

    def trust(self, metric: str, tags: Mapping[str, str]) -> None:
        if self._stage.run is not None:
            self._stage.run.judge.suspects.trust(metric, tags)


class Prober(Part[ProbesIntent, Any]):
    """Reads the instances of a run."""

    def __init__(
        self, recorder: Recorder, stage: Stage, environment: Mapping[str, str] = os.environ, first: float = FIRST
    ) -> None:
        self._recorder, self._stage, self._environment, self._first = recorder, stage, environment, first
        self._instances: dict[str, Instance] = {}
        self._probes: Mapping[str, ProbeOptions] = {}
        self._greenlets: list[gevent.Greenlet] = []
        self.on_read: Keep = lambda *_: None
        """Called with what was read, when, and of which instances the process has begun again."""

    def begins(self, intent: ProbesIntent, run: str) -> None:  # noqa: ARG002 it has one run at a time
        """Begin to read, and wait a moment for the level before the load; raises ValueError where one may not."""
        self._stop()
        self._instances, self._probes = {}, intent.probes
        if not intent.probes:
            return
        from locust_ext.probes.instance import Instance  # noqa: PLC0415 only a run with probes

        doubts: Doubts = _DoubtsOfRun(self._stage)
        for how in _readings_of(intent, self._environment):
            one = self._instances[how.name] = Instance(how, self._recorder, doubts, self._clock())
            one.on_read = partial(self._keep, how.name, self._clock())
        if self._stage.run is not None:
            self._stage.run.drifting.probed = self
        firsts = [Event() for _ in self._instances]
        self._greenlets = [
            PROBING.start(_follow, one, first) for one, first in zip(self._instances.values(), firsts, strict=True)
        ]
        gevent.wait(firsts, timeout=self._first)

    def _keep(self, instance: str, clock: Callable[[], float], values: Mapping[str, float], restarted: bool) -> None:  # noqa: FBT001
        read = {(series, instance): value for series, value in values.items()}
        self.on_read(clock(), read, (instance,) if restarted else ())

    def _clock(self) -> Callable[[], float]:
        run, began = self._stage.run, monotonic()
        return lambda: float(run.at(monotonic()) if run is not None else monotonic() - began)

    def leave(self) -> None:
        """Read no more, and say what went wrong; what was read stays for those who judge."""
        if self._stop():
            for one in self._instances.values():
                if sentence := one.account():
                    self._stage.mention(sentence)

    def _stop(self) -> bool:
        greenlets, self._greenlets = self._greenlets, []
        gevent.killall(greenlets, block=False)
        for one in self._instances.values() if greenlets else ():
            one.how.source.close()
        return bool(greenlets)

    def let_go(self) -> None:
        """Leave the process as it was."""
        self._stop()
        self._instances = {}

    def history(self, selector: Selector) -> History:
        """Return the series over time that a selection ``probe{series:...,instance:...}`` is about.

        ``missing`` says why there are no points.
        """
        series, instance = self._meant(selector)
        return instance.history(series) if instance is not None else History(missing=UNREAD)

    def limit(self, selector: Selector) -> float | None:
        """Return the value at which the selected series breaks, where its instance says it: ``process_max_fds``."""
        series, instance = self._meant(selector)
        return instance.readings.limit_of(series) if instance is not None else None

    def histories(self) -> dict[tuple[str, str], History]:
        """Return each series of each instance over time, by both: all that was read, also what is not evidence."""
        return {(series, instance): one.readings.history(series) for series, instance, one in self._all()}

    def _all(self) -> Iterator[tuple[str, str, Instance]]:
        from locust_ext.probes.series import ABOUT  # noqa: PLC0415 only a run with probes

        for name, one in self._instances.items():
            yield from ((s, name, one) for s in one.readings.series if s not in ABOUT or s in one.how.asked)

    def _meant(self, selector: Selector) -> tuple[str, Instance | None]:
        from locust_ext.probes.selection import SERIES, instance_of  # noqa: PLC0415 only a run with probes

        name = instance_of(selector, self._probes)
        return dict(selector.tags).get(SERIES, ""), self._instances.get(name or "")


def _follow(one: Instance, first: Event) -> None:
    """Read an instance for ever, in even steps; those that a late answer has passed are left out."""
    due = monotonic()
    while True:
        try:
            one.read()
        finally:
            first.set()
        missed = max(1, int((monotonic() - due) / one.how.every) + 1)
        due += missed * one.how.every
        gevent.sleep(max(0.0, due - monotonic()))


def _readings_of(intent: ProbesIntent, environment: Mapping[str, str]) -> Iterator[Reading]:
    """Yield how each instance is read; raises ValueError where one may not be."""
    from locust_ext.probes.instance import Reading  # noqa: PLC0415 only a run with probes
    from locust_ext.probes.reach import forbidden  # noqa: PLC0415
    from locust_ext.probes.selection import asked_for  # noqa: PLC0415

    if refused := list(forbidden(intent.probes, intent.hosts, intent.safety)):
        raise ValueError("; ".join(f"probes.{'.'.join(path)}: {why}" for path, why in refused))
    asked = asked_for(intent.selectors, intent.probes)
    for name, options in intent.probes.items():
        names = tuple(dict.fromkeys((*options.series, *asked[name])))
        source = _source(options, names, intent.hosts, environment)
        parts = "processes" if options.process else "label sets"
        yield Reading(name, source, options.interval(intent.scale), options.timeout, names, parts)


def _source(
    options: ProbeOptions, names: tuple[str, ...], hosts: tuple[str, ...], environment: Mapping[str, str]
) -> Source:
    if options.process is not None:
        from locust_ext.probes.process_source import ProcessSource  # noqa: PLC0415 only where a probe is of one

        return ProcessSource(options.process, names)
    from locust_ext.probes.endpoint import Endpoint  # noqa: PLC0415 only where a probe is of one
    from locust_ext.probes.exposition import Wanted  # noqa: PLC0415
    from locust_ext.probes.headers import headers_of  # noqa: PLC0415
    from locust_ext.probes.reach import url_of  # noqa: PLC0415
    from locust_ext.probes.series import parse_series  # noqa: PLC0415

    wanted = Wanted(tuple(map(parse_series, names)), process=not options.series)
    return Endpoint(url_of(options, hosts), headers_of(options.headers_env, environment), wanted)
