"""What a script says, as k6 would understand it: scenarios, thresholds, tags, and all the rest by name.

Law: what k6 refuses and what only a run could tell are problems, each with its line; parts that are not translated
never are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from locust_ext.k6.options import EXECUTORS, GONE, Executor, Shortcuts, Threshold, present
from locust_ext.k6.script import ScriptOptions
from locust_ext.k6.unsupported import COMPUTED
from locust_ext.safety.known_secrets import says_secret
from locust_ext.text.document import Path
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.validation import problems_of

LONGEST_NAME = 200
"""Letters of a name; a key of more than about 1,000 is none to YAML."""

SHORTCUTS = tuple(Shortcuts.model_fields)
"""The options that make the scenario ``default``."""

TRANSLATED = frozenset({*SHORTCUTS, "scenarios", "tags", "thresholds"})
"""The options that have a place in a configuration of ours."""

_SCENARIO = re.compile(r"[0-9A-Za-z_-]+")
_APART = {("env",), ("options",), ("tags",)}
"""The fields of a scenario that only a run may tell: two are not translated, and tags are left out one by one."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass
class LoadTest:
    """One test of k6's; ``notes`` say by path what was left out of it."""

    scenarios: dict[str, Executor] = field(default_factory=dict)
    thresholds: dict[str, list[Threshold]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    notes: dict[Path, list[str]] = field(default_factory=dict)


def read_test(script: ScriptOptions) -> tuple[LoadTest, list[Problem]]:
    """Return the test without what is wrong, and what that is."""
    reading = _Reading(script)
    return reading.test, list(dict.fromkeys(reading.problems))


class _Reading:
    def __init__(self, script: ScriptOptions) -> None:
        self._said = script
        self._options = script.options.values
        self.test, self.problems = LoadTest(), list[Problem]()
        self._read_load()
        self._read_thresholds()
        self.test.tags = self._tags(("tags",), self._section("tags"))
        computed = COMPUTED if self._options.keys() >= COMPUTED else frozenset()
        self.test.others = {key: each for key, each in self._options.items() if key not in TRANSLATED | computed}

    def _read_load(self) -> None:
        """Read the scenarios, or make the one that the shortcuts stand for."""
        shortcuts = {key: self._options[key] for key in SHORTCUTS if self._options.get(key) not in (None, [])}
        named = self._section("scenarios")
        # k6 inspect shows both, and has made the scenarios out of the shortcuts.
        is_computed = self._options.keys() >= COMPUTED
        if named and shortcuts and not is_computed:
            clash = ", ".join(shortcuts)
            self._say(("scenarios",), f"scenarios do not go with {clash}, which make a scenario too; take one out")
        if not named:
            unknown = {path: why for path, why in self._said.unknown.items() if path[:1] and path[0] in SHORTCUTS}
            made = self._read(Shortcuts, shortcuts, (), unknown)
            found = {"default": made.scenario() if made is not None else None}
        else:
            found = {name: self._scenario(name, value) for name, value in named.items()}
        self.test.scenarios = {name: executor for name, executor in found.items() if executor is not None}

    def _scenario(self, name: str, value: Any) -> Executor | None:
        path: Path = ("scenarios", name)
        if not _SCENARIO.fullmatch(name) or len(name) > LONGEST_NAME:
            self._say(path, "the name of a scenario consists of letters, digits, _ and -")
        unknown = self._said.unknown_in(path)
        if not isinstance(value, dict):
            return self._read(Executor, value, path, unknown)
        kind = value.get("executor")
        if kind == GONE:
            self._say((*path, "executor"), f"{GONE} has left k6, and has no counterpart; take another executor")
        elif not isinstance(kind, str) or kind not in EXECUTORS:
            what = f"there is no executor {quoted(str(kind))}" if kind is not None else "it has no executor"
            if (*path, "executor") not in unknown:
                self._say((*path, "executor"), f"{what}{nearest(str(kind), EXECUTORS)}")
        tags = value.get("tags")
        read = {
            **present(value),
            **({"env": dict.fromkeys(value["env"], "")} if isinstance(value.get("env"), dict) else {}),
            **({"tags": self._tags((*path, "tags"), tags)} if isinstance(tags, dict) else {}),
        }
        matters = {at: why for at, why in unknown.items() if at[2:3] not in _APART}
        model = EXECUTORS.get(kind) if isinstance(kind, str) else None
        if model is None:
            self.problems += [self._said.problem_of(at, why) for at, why in matters.items()]
            return None
        return self._read(model, read, path, matters)

    def _read_thresholds(self) -> None:
        for key, value in self._section("thresholds").items():
            path: Path = ("thresholds", key)
            if len(key) > LONGEST_NAME:
                self._say(("thresholds",), f"a key has more than {LONGEST_NAME} letters: {quoted(key)}")
                continue
            items = value if isinstance(value, list) else [value]
            read = [
                self._read(
                    Threshold,
                    {"threshold": item} if isinstance(item, str) else item,
                    (*path, index) if isinstance(value, list) else path,
                    self._said.unknown_in((*path, index) if isinstance(value, list) else path),
                )
                for index, item in enumerate(items)
            ]
            self.test.thresholds[key] = [each for each in read if each is not None]

    def _tags(self, path: Path, tags: Mapping[str, Any]) -> dict[str, str]:
        """Return tags as text; those that only a run could tell, and secrets, are left out with a note."""
        found = {}
        for key, value in tags.items():
            unknown = self._said.unknown_in((*path, key))
            if unknown or says_secret(key):
                why = "; ".join(unknown.values()) or "its name says that it is a secret"
                self.test.notes.setdefault(path[:-1] or path, []).append(f"tags: {quoted(key)} is left out: {why}")
            elif not isinstance(value, str) or len(key) > LONGEST_NAME:
                self._say((*path, key), "a tag must be text, under a short name")
            else:
                found[key] = value
        return found

    def _section(self, key: str) -> dict[str, Any]:
        """Return what stands under a top-level key, if it holds keys and values."""
        value, unknown = self._options.get(key), self._said.unknown.get((key,))
        if unknown is not None:
            self.problems.append(self._said.problem_of((key,), unknown))
        elif value is not None and not isinstance(value, dict):
            self._say((key,), "this must be an object with keys and values")
        return value if isinstance(value, dict) else {}

    def _read(self, model: type[Model], value: Any, path: Path, unknown: Mapping[Path, str]) -> Model | None:
        """Return ``value`` as ``model``, or note everything that is wrong with it."""
        problems = [self._said.problem_of(at, why) for at, why in unknown.items()]
        found = None
        try:
            found = model.model_validate(present(value))
        except ValidationError as error:
            problems += _elsewhere(problems_of(error, model, self._said.options, path), problems)
        self.problems += problems
        return None if problems else found

    def _say(self, path: Path, message: str) -> None:
        self.problems.append(self._said.options.problem(path, message))


def _elsewhere(found: Iterable[Problem], known: Iterable[Problem]) -> list[Problem]:
    """Return what was found, without what is wrong only because a value is unknown there."""
    paths = [problem.path for problem in known]
    return [one for one in found if not any(one.path == path or one.path.startswith(f"{path}.") for path in paths)]
