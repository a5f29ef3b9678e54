"""A test of k6's as a configuration of ours, with comments.

Law: pure; all mistakes at once, each with its line. What is not translated is named where it would have stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locust_ext.config.schema import DEMO
from locust_ext.drafts.configuration import ConfigEntry
from locust_ext.gates.thresholds import ThresholdError, parse_selector
from locust_ext.k6.executors import scenario_entries
from locust_ext.k6.options import present
from locust_ext.k6.reading import SHORTCUTS, TRANSLATED, LoadTest, read_test
from locust_ext.k6.script import ScriptOptions
from locust_ext.k6.syntax import NOTHING_IMPORTED
from locust_ext.k6.thresholds import UNWRITTEN, Gate, ScriptContext, WrittenCode, counted, judges, merged
from locust_ext.k6.unsupported import DEFAULTS, HOOKS, OPTIONS, SAID_BY_NOTHING, ZERO
from locust_ext.measure.catalogue import CORRECTED
from locust_ext.text.document import Path
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest

PATIENCE = (
    "k6 drops an iteration when no user is free; here it waits up to 5s for one before it counts in "
    "dropped_iterations. For k6's way, write patience: 0s under arrivals"
)
WHOLE_DURATION = "http_req_duration: k6's leaves connecting and TLS out, ours includes them"
FROM_DUE = (
    "in open runs durations count from when the iteration was due; {threshold: ..., corrected: false} counts from its "
    "beginning, as k6 does"
)
NO_LOAD = "the options say nothing of the load: name a shape, or give Locust -u, -r and -t"
HOST = "k6 scripts name the host in their requests; here --host, BASE_URL or this does. demo is the demo target"


@dataclass(frozen=True)
class OwnLocustfile:
    """What a locustfile that is made of the same script needs: its host, its feeders, and by function its classes."""

    classes: Mapping[str, str]
    feeders: tuple[ConfigEntry, ...] = ()
    host: str = ""
    code: WrittenCode = UNWRITTEN


def translate(
    script: ScriptOptions, users: Sequence[str] = (), own: OwnLocustfile | None = None
) -> tuple[ConfigEntry, ...]:
    """Return the configuration that says the same; ``users`` are the classes of all scenarios, none means all.

    With an ``own`` locustfile, each scenario has the class of its function.

    Raises ConfigurationError with everything that k6 would refuse, or that only a run of the script could tell.
    """
    test, problems = read_test(script)
    gates, more = _gates(script, test, own.code if own is not None else UNWRITTEN)
    if problems or more:
        raise ConfigurationError([*problems, *more], NOTHING_IMPORTED)
    pairs = [
        scenario_entries(
            name,
            executor,
            (own.classes[executor.exec],) if own is not None and executor.exec in own.classes else tuple(users),
            _notes_on(script, test, ("scenarios", name)),
            is_written=own is not None,
        )
        for name, executor in test.scenarios.items()
    ]
    shapes = tuple(shape for _, shape in pairs if shape is not None)
    is_open = any(field.key == "arrivals" for scenario, _ in pairs for field in scenario.value)
    first = [*([] if pairs else [NO_LOAD]), *_asked(script, ()), *_left_out(script, test)]
    about_load = [*_asked(script, ("scenarios",)), *([PATIENCE] if is_open else [])]
    about_gates = [
        *_asked(script, ("thresholds",)),
        *([WHOLE_DURATION] if judges(gates, {"http_req_duration"}) else []),
        *([FROM_DUE] if is_open and judges(gates, CORRECTED) else []),
    ]
    entries = [
        ConfigEntry("host", (own.host if own is not None else "") or DEMO, (HOST,), off=True),
        ConfigEntry("feeders", own.feeders if own is not None else ()),
        ConfigEntry("tags", test.tags, _notes_on(script, test, ("tags",))),
        ConfigEntry("scenarios", tuple(scenario for scenario, _ in pairs), tuple(about_load)),
        ConfigEntry("shapes", shapes),
        _cap(test.others.get("rps")),
        ConfigEntry("thresholds", tuple(gate.entry() for gate in gates), tuple(about_gates)),
    ]
    return (ConfigEntry("version", 1, tuple(first)), *(entry for entry in entries if entry.value))


def functions_of(script: ScriptOptions) -> list[str]:
    """Return the functions that the scenarios of a script run."""
    test, _ = read_test(script)
    return list(dict.fromkeys(each.exec for each in test.scenarios.values())) or ["default"]


def judged_metrics(script: ScriptOptions) -> set[str]:
    """Return the script's own metrics that a threshold judges by their own name."""
    gates, _ = _gates(script, read_test(script)[0])
    return {parse_selector(gate.key).metric for gate in gates if gate.off} & script.metrics.keys()


def thresholds_told(script: ScriptOptions) -> str:
    """Return how many of a script's thresholds are on, moved to another metric, and off; "" where it has none."""
    return counted(_gates(script, read_test(script)[0])[0])


def _gates(script: ScriptOptions, test: LoadTest, code: WrittenCode = UNWRITTEN) -> tuple[list[Gate], list[Problem]]:
    """Return the thresholds, each where it goes, and a problem for each that k6 would refuse too."""
    judge = ScriptContext(script.metrics, test.tags, {name: each.tags for name, each in test.scenarios.items()}, code)
    gates, problems = [], []
    for key, thresholds in test.thresholds.items():
        try:
            gate = judge.place(key, thresholds)
            gate.notes += _environment(script, [at for at in script.asks if at[:2] == ("thresholds", key)])
            gates.append(gate)
        except ThresholdError as error:
            problems.append(script.options.problem(("thresholds", key), str(error)))
    return merged(gates), problems


def _notes_on(script: ScriptOptions, test: LoadTest, path: Path) -> tuple[str, ...]:
    """Return what was left out at ``path``, and which variables what stands there and below depends on."""
    below = [at for at in script.asks if at[: len(path)] == path]
    if path == ("scenarios", "default") and not script.options.values.get("scenarios"):
        below += [at for at in script.asks if at[:1] and at[0] in SHORTCUTS]
    return (*_environment(script, below), *test.notes.get(path, ()))


def _asked(script: ScriptOptions, path: Path) -> tuple[str, ...]:
    """Return which variables the choice of ``path`` itself depends on."""
    return _environment(script, [path] if path in script.asks else [])


def _environment(script: ScriptOptions, paths: Iterable[Path]) -> tuple[str, ...]:
    names = sorted({name for path in paths for name in script.asks[path]})
    if not names:
        return ()
    listed = ", ".join(name[:60] for name in names)
    return (f"the script reads {listed} from the environment; here stands what it takes without",)


def _left_out(script: ScriptOptions, test: LoadTest) -> list[str]:
    """Return a note for everything else that the script says."""
    known = {*OPTIONS, *TRANSLATED}
    notes = []
    for key, value in test.others.items():
        is_default = key in DEFAULTS and _sorted(value) == _sorted(DEFAULTS[key])
        if key == "rps" and _cap(value).value:
            continue
        is_said = key in SAID_BY_NOTHING and value is not None
        if (key,) not in script.unknown and ((not present(value) and not is_said) or is_default):
            continue
        known_way = (ZERO.get(key) if value == 0 else None) or OPTIONS.get(key)
        way = known_way or f"k6 has no such option{nearest(key, known) if _is_near(key, known) else ''}"
        notes.append(f"{key[:60]}: {way}")
    return [*notes, *(HOOKS[name] for name in script.hooks)]


def _is_near(word: str, names: Iterable[str]) -> bool:
    return "did you mean" in nearest(word, names)


def _sorted(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value


def _cap(rps: Any) -> ConfigEntry:
    """Return k6's cap on requests, switched off: it holds for one process there, for all workers here."""
    is_number = isinstance(rps, (int, float)) and not isinstance(rps, bool) and rps > 0
    note = f"rps: {OPTIONS['rps']}; k6 counts each process by itself"
    return ConfigEntry("safety", {"rate_cap": f"{rps:g}/s"} if is_number else {}, (note,), off=True)
