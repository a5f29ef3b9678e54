"""One scenario of k6's as one of ours: arrivals for the open executors, a shape for the closed ones.

Law: what has no counterpart is said beside what stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from locust_ext.drafts.configuration import ConfigEntry
from locust_ext.k6.options import (
    ConstantArrivalRate,
    ConstantVUs,
    Executor,
    PerVUIterations,
    RampingArrivalRate,
    RampingVUs,
    RampStage,
    SharedIterations,
)
from locust_ext.k6.spans import spell_rate, spell_span
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

Notes = tuple[str, ...]


@dataclass(frozen=True)
class Load:
    """How one scenario loads: its arrivals, or the shape of its users; its iterations; and what must be known of it."""

    arrivals: tuple[ConfigEntry, ...] = ()
    shape: Any = None
    iterations: tuple[ConfigEntry, ...] = ()
    notes: Notes = ()


def load_of(executor: Executor) -> Load:
    """Return the load of a scenario."""
    return _LOADS[type(executor)](executor)


def scenario_entries(
    name: str, executor: Executor, users: tuple[str, ...], notes: Iterable[str] = (), *, is_written: bool = False
) -> tuple[ConfigEntry, ConfigEntry | None]:
    """Return the entry of a scenario, and that of its shape if it is closed.

    ``is_written`` says that the users do what ``exec`` does: they are made of it.
    """
    load = load_of(executor)
    fields: list[ConfigEntry] = []
    if users:
        fields.append(ConfigEntry("users", users[0] if len(users) == 1 else list(users)))
    if load.arrivals:
        fields.append(ConfigEntry("arrivals", load.arrivals))
    else:
        fields += [ConfigEntry("shape", name), *load.iterations]
    if executor.startTime:
        fields.append(ConfigEntry("start_time", spell_span(executor.startTime)))
    if executor.tags:
        fields.append(ConfigEntry("tags", executor.tags))
    more = _notes_of_all(executor, is_open=bool(load.arrivals), has_users=bool(users), is_written=is_written)
    about = (*notes, *load.notes, *more)
    return ConfigEntry(name, tuple(fields), about), None if load.arrivals else ConfigEntry(name, load.shape)


def _notes_of_all(executor: Executor, *, is_open: bool, has_users: bool, is_written: bool) -> Notes:
    """Return what is said of the fields that all executors have."""
    notes = []
    if executor.exec != "default" and not is_written:
        way = "it must do the same" if has_users else "write users: and the class that does the same"
        notes.append(f"exec: k6 calls {quoted(executor.exec)} here; users of a class run their tasks instead: {way}")
    if executor.env:
        names = ", ".join(f"{quoted(name)}" for name in executor.env)
        notes.append(f"env: {names} cannot differ between scenarios here; let each have a user class of its own")
    if executor.options:
        notes.append("options: those of a scenario, such as the browser's, have no counterpart")
    if executor.gracefulStop is not None and not is_open:
        span = spell_span(executor.gracefulStop)
        notes.append(f"gracefulStop: a closed load stops its users as Locust does; --stop-timeout {span} lets them end")
    return tuple(notes)


def _constant_arrivals(executor: ConstantArrivalRate) -> Load:
    rate, notes = _rate(executor.rate, executor.timeUnit, "rate")
    entries = (ConfigEntry("rate", rate), ConfigEntry("duration", spell_span(executor.duration)))
    pool, more = _pool(executor)
    return Load((*entries, *pool), notes=(*notes, *more))


def _ramping_arrivals(executor: RampingArrivalRate) -> Load:
    start, notes = _rate(executor.startRate, executor.timeUnit, "startRate")
    pool, more = _pool(executor)
    rows, rounded = [], set[str]()
    for stage in executor.stages:
        target, wrong = _rate(stage.target, executor.timeUnit, "stages")
        rows.append({"target": target, "duration": spell_span(stage.duration)})
        rounded.update(wrong)
    stages = ConfigEntry("stages", tuple(rows))
    return Load((ConfigEntry("start_rate", start), *pool, stages), notes=(*notes, *sorted(rounded), *more))


def _rate(count: int, unit: int, field: str) -> tuple[str, Notes]:
    text, is_exact = spell_rate(count, unit)
    notes = () if is_exact else (f"{field}: per {spell_span(unit)} it has no end of decimals; it is rounded",)
    return text, notes


def _pool(executor: ConstantArrivalRate | RampingArrivalRate) -> tuple[tuple[ConfigEntry, ...], Notes]:
    users, notes = executor.preAllocatedVUs, Notes()
    if not users:
        notes = ("preAllocatedVUs: k6 begins with none and makes them when they are needed; here it is one",)
        users = 1
    entries = [ConfigEntry("users", users)]
    most = executor.maxVUs if executor.maxVUs is not None else users
    if most > users:
        entries.append(ConfigEntry("max_users", most))
    if executor.gracefulStop is not None:
        entries.append(ConfigEntry("graceful_stop", spell_span(executor.gracefulStop)))
    return tuple(entries), notes


def _constant_users(executor: ConstantVUs) -> Load:
    return Load(shape=_steady(executor.vus, executor.duration))


def _steady(users: int, duration: int) -> dict[str, Any]:
    return {"kind": "smoke", "users": users, "duration": spell_span(duration), "ramp": "0s"}


def _ramping_users(executor: RampingVUs) -> Load:
    rows = tuple(_row(stage) for stage in executor.stages)
    shape = (ConfigEntry("kind", "stages"), ConfigEntry("start_users", executor.startVUs), ConfigEntry("stages", rows))
    if executor.gracefulRampDown is None:
        return Load(shape=shape)
    span = spell_span(executor.gracefulRampDown)
    note = f"gracefulRampDown: Locust stops users that are too many at once; --stop-timeout {span} lets them end"
    return Load(shape=shape, notes=(note,))


def _row(stage: RampStage) -> dict[str, Any]:
    return {"target": stage.target, "duration": spell_span(stage.duration)}


def _iterations(executor: SharedIterations | PerVUIterations) -> Load:
    is_shared = isinstance(executor, SharedIterations)
    count = executor.iterations if is_shared else {"per_user": executor.iterations}
    limit = ConfigEntry("max_duration", spell_span(executor.maxDuration))
    shape = _steady(executor.vus, executor.maxDuration)
    return Load(shape=shape, iterations=(ConfigEntry("iterations", count), limit))


_LOADS: Mapping[type[Executor], Callable[[Any], Load]] = {
    ConstantArrivalRate: _constant_arrivals,
    RampingArrivalRate: _ramping_arrivals,
    ConstantVUs: _constant_users,
    RampingVUs: _ramping_users,
    SharedIterations: _iterations,
    PerVUIterations: _iterations,
}
