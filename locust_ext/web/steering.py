"""Steering from the live page: a storm now, a stop, and a start with fields of its own.

Law: it decides nothing. What starts a test is Locust's own form with all that stands before it; what stops one is the
kill switch. One start at a time, and a mistake stands at its field before anything is begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from time import monotonic
from typing import Any

import gevent
from werkzeug.datastructures import MultiDict

from locust_ext.config.horizon import Horizon
from locust_ext.config.plan import NO_SHAPE, Plan
from locust_ext.measure.metrics import DECLARED
from locust_ext.run.preparation import Preparation
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_NAME, excess, quoted
from locust_ext.text.option_names import APART, dest_of
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.strict_json import compact_json
from locust_ext.text.units import format_duration, parse_share
from locust_ext.web.actions import Done, add_action
from locust_ext.web.buttons import Buttons
from locust_ext.web.start import start
from locust_ext.web.steering_request import Entered, at_fields, plain_users, read_entered
from locust_ext.web.steering_view import form_of, locked, preview_of
from locust_ext.web.storm import CAUSES

STARTING = "another page has just started a test; this one was not started"

NOBODY = "no worker is there that could send anything: start one, and press again"

PRESSED = "somebody pressed Stop now on the live page"

FRESH = 1.0
"""Seconds for which what the form is made of is not read again."""

BEGINS = 3.0
"""Seconds in which a test that was started is seen to begin, before the next press may start one."""


@dataclass(frozen=True)
class Asked:
    """A run as the page asks for it: what Locust's form is sent, and what it will be."""

    entered: Entered
    fields: Mapping[str, Any]
    plan: Plan
    horizon: Horizon
    plain: tuple[float, float, float | None] | None


class Steering:
    """What the live page may do to the tests of this process."""

    def __init__(
        self,
        web_ui: Any,
        preparation: Preparation,
        strike: Callable[[float, str], str],
        stop: Callable[[str], str],
    ) -> None:
        self._web_ui, self._preparation, self._strike, self._stop = web_ui, preparation, strike, stop
        options = web_ui.environment.parsed_options
        run_time = getattr(options, "run_time", None)
        self._options = {
            "users": str(getattr(options, "num_users", None) or 1),
            "spawn_rate": f"{getattr(options, 'spawn_rate', None) or 1:g}",
            "run_time": format_duration(run_time) if isinstance(run_time, (int, float)) and run_time else "",
        }
        self._is_starting = False
        self._plan: Plan | None = None
        self._form: dict[str, Any] = {}
        self._version = ""
        self._read_at = 0.0

    def add(self, buttons: Buttons) -> None:
        """Add the actions to the web UI."""
        for name, act in (
            ("start", self._start),
            ("preview", self._preview),
            ("storm", self._storm),
            ("stop", self._end),
        ):
            add_action(self._web_ui, buttons, name, act)

    def piece(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return what the page must know: whether a test is under way, and the form where it has another one."""
        has = asked.get("steering", "")
        busy = self._preparation.is_busy
        if has != self._version or not self._version:
            self._look(again=not busy)
        form = {} if has == self._version else {"form": self._form}
        return {"busy": busy, "version": self._version, **form}

    def _look(self, *, again: bool) -> None:
        """Make the form again where that may show something else: a configuration is edited between two tests."""
        preparation, wrong = self._preparation, ""
        if self._plan is None:
            self._plan = preparation.plan
        elif not again or monotonic() - self._read_at < FRESH:
            return
        if again:
            self._read_at = monotonic()
            try:
                self._plan = preparation.configured()
            except ConfigurationError as error:
                wrong = OUTLET.text(str(error))
        form = form_of(self._plan, preparation.own_shape, self._usual, self._classes, OUTLET.redaction.text)
        self._form = {**form, "metrics": sorted(DECLARED.kinds), "wrong": wrong, "causes": list(CAUSES)}
        self._version = sha256(compact_json(self._form).encode()).hexdigest()[:16]

    @property
    def _usual(self) -> dict[str, str]:
        """What fields that are left empty mean."""
        scale = str(self._preparation.command_line.time_scale)
        return {**self._options, "time_scale": scale.removesuffix(".0"), "host": self._preparation.usual_host}

    @property
    def _classes(self) -> list[str]:
        """The user classes that can be chosen, where Locust's picker is on."""
        if not getattr(self._web_ui, "userclass_picker_is_active", False):
            return []
        return sorted(self._web_ui.environment.available_user_classes or {})

    def _asked(self, given: Mapping[str, Any]) -> Asked:
        """Return the run that the page asks for; raises ConfigurationError with every mistake, each at its field."""
        preparation, entered = self._preparation, read_entered(given)
        configured, usual = self._plan or preparation.plan, self._usual
        command_line, texts = preparation.command_line, entered.texts
        problems = [*entered.problems, *self._unknown_classes(entered)]
        its_own = command_line.shape or configured.config.shape
        name = texts["shape"] or its_own
        ours = {
            "shape": texts["shape"] or command_line.shape,
            "shape_params": command_line.shape_params if name == its_own else "",
            "time_scale": texts["time_scale"] or usual["time_scale"],
        }
        fields: dict[str, Any] = {self._field(key): value for key, value in ours.items()}
        fields |= {"host": texts["host"] or usual["host"], "user_classes": list(entered.classes)}
        plain = None
        if self._is_plain(name, configured):
            try:
                more, ramp, stays = plain_users(texts, usual)
                plain = float(more["user_count"]), ramp, stays
                fields |= more
            except ConfigurationError as error:
                problems += error.problems
        try:
            edits = entered.edits(locked(configured, OUTLET.text))
            plan, horizon = preparation.preview(MultiDict(fields), edits)
        except ConfigurationError as error:
            problems += at_fields(error, entered, name)
        if problems:
            raise ConfigurationError(list(dict.fromkeys(problems)))
        return Asked(entered, fields, plan, horizon, plain)

    def _field(self, name: str) -> str:
        """Return what Locust's form calls one of our options: the locustfile may have one of that name itself."""
        apart = dest_of(APART) + name
        return apart if hasattr(self._web_ui.environment.parsed_options, apart) else name

    def _is_plain(self, name: str, configured: Plan) -> bool:
        if self._preparation.own_shape and name in ("", NO_SHAPE):
            return False
        return name == NO_SHAPE or (not name and configured.schedule is None)

    def _unknown_classes(self, entered: Entered) -> Iterator[Problem]:
        for name in entered.classes:
            if name not in self._classes:
                yield Problem("classes", f"there is no user class {quoted(name)}{nearest(name, self._classes)}")

    def _preview(self, given: Mapping[str, Any]) -> Done:
        asked = self._asked(given)
        says, chart = preview_of(asked.plan, asked.horizon, asked.plain, OUTLET.text)
        return Done(says, {"chart": chart})

    def _start(self, given: Mapping[str, Any]) -> Done:
        with self._one_at_a_time():
            asked = self._asked(given)
            configured = self._plan or self._preparation.plan
            try:
                start(self._web_ui, asked.fields, asked.entered.edits(locked(configured, OUTLET.text)))
            except ConfigurationError as error:
                shape = asked.entered.texts["shape"] or asked.plan.shape
                raise ConfigurationError(at_fields(error, asked.entered, shape)) from None
            until = monotonic() + BEGINS
            while not self._preparation.is_busy and monotonic() < until:
                gevent.sleep(0.02)
        says, _ = preview_of(asked.plan, asked.horizon, asked.plain, OUTLET.text)
        return Done(f"The test begins. {says}")

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if self._is_starting:
            raise ConfigurationError([Problem("", STARTING)])
        if getattr(self._web_ui.environment.runner, "worker_count", 1) == 0:
            raise ConfigurationError([Problem("", NOBODY)])
        self._is_starting = True
        try:
            yield
        finally:
            self._is_starting = False

    def _storm(self, given: Mapping[str, Any]) -> Done:
        problems, share = [], 0.0
        drop, cause = given.get("drop"), given.get("cause")
        try:
            if not isinstance(drop, str):
                raise ValueError(f"it must be text, not {quoted(drop)}")  # noqa: TRY004, TRY301 as any other mistake
            share = parse_share(drop.strip())
        except ValueError as error:
            problems.append(Problem("drop", str(error)))
        if cause not in CAUSES:
            said = quoted(cause) if not isinstance(cause, str) or not excess(cause, LONGEST_NAME) else "this"
            problems.append(Problem("cause", f"{said} is not a cause; there are {', '.join(CAUSES)}"))
        if problems:
            raise ConfigurationError(problems)
        return Done(self._strike(share, str(cause)))

    def _end(self, _: Mapping[str, Any]) -> Done:
        return Done(self._stop(PRESSED))
