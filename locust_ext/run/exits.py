"""The ways out of the process: none of them leads past a verdict.

Law: Locust ends a process in one place, its ``main``; whatever else would end it is noted as user code's doing and
led there. What the process ends with is what was judged. ``os._exit`` and SIGKILL are beyond reach.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NoReturn

import gevent
import locust.main

from locust_ext.measure.user_code import UserCode, exit_code_of
from locust_ext.process.exceptions import EXITS
from locust_ext.process.seam import Seam
from locust_ext.run.controller import UNDECIDED

_SWALLOW = ("locust.event", "locust.runners", "locust.user.task")
"""Modules of Locust that log an exception of user code, and nothing more."""


class StandIn:
    """A module as another one sees it, with some of its functions replaced."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self._module = module
        vars(self).update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class Exits:
    """Watches over the ways out of this process; ``open`` once, before Locust's ``main`` goes on."""

    def __init__(
        self,
        user_code: UserCode,
        runs: Mapping[Any, Any],
        owner: object,
    ) -> None:
        self._user_code, self._runs = user_code, runs
        self._owner = owner
        """Whose listeners may end the process as they like."""
        self.closing = False
        """The last word is being said."""
        self.forced = False
        """Somebody does not want to wait for it."""
        self._final: SystemExit | None = None
        self._has_exited = False
        """Locust has called ``sys.exit``: its main greenlet is on its way out."""

    def open(self) -> None:
        """Begin to watch."""
        hub = gevent.get_hub()
        for seam in (
            Seam(hub, "handle_error", self._around_errors),
            Seam(threading, "excepthook", self._around_threads),
            Seam(sys, "excepthook", self._around_uncaught),
            Seam(locust.main, "sys", lambda _: StandIn(sys, exit=self._exit)),  # type: ignore[arg-type,return-value]
            *(
                Seam(import_module(module), "logging", lambda _: StandIn(logging, error=self._error))  # type: ignore[arg-type,return-value]
                for module in _SWALLOW
            ),
        ):
            seam.open()

    def after_init(self, **_: Any) -> None:
        """End the process where a listener of ``init`` ended it."""
        if self._user_code.departure is not None and self._runs:
            raise self.depart(None)

    def note(self, error: BaseException, listener: Callable[..., object]) -> bool:
        """Note that a listener tried to end the process, or used control flow where there is nothing to steer."""
        if getattr(listener, "__self__", None) is self._owner or self.means_it(error):
            return False
        self._user_code.left(error, uncaught=gevent.getcurrent() is gevent.get_hub().parent)
        if not self.closing:
            self._leave()
        return True

    def _judge(self, code: int | None, how: str) -> int | None:
        """Return the verdict of a process that ends with a code of its own; None where there is none to give."""
        found: list[int | None] = [run.verdict(code, how) for run in self._runs.values() if not run.is_a_script_s]
        return found[-1] if found else None

    def _given(self) -> int | None:
        """Return what the process was given as its exit code."""
        found: list[int | None] = [run.given for run in self._runs.values()]
        return found[-1] if found else None

    def _leave(self) -> bool:
        """Bring the process to its end, as Ctrl-C does; tell whether it could."""
        left = [run.leave() for run in self._runs.values()]
        return any(left)

    def _error(self, *arguments: Any, **named: Any) -> None:
        """Log as Locust does, and count the exception that it swallows."""
        error = sys.exc_info()[1]
        if error is not None:
            self._user_code.raised(error)
        logging.error(*arguments, **named)  # noqa: LOG015 as Locust does

    def _around_errors(self, stock: Callable[..., None]) -> Callable[..., None]:
        """Wrap what gevent calls when a greenlet dies of an exception."""

        def handle_error(context: Any, kind: Any, value: Any, trace: Any) -> None:
            if self._has_exited and isinstance(value, gevent.GreenletExit):
                return  # of a signal's handler: gevent would raise it in main
            if isinstance(context, gevent.Greenlet) and isinstance(value, BaseException) and not self.means_it(value):
                if not isinstance(value, EXITS):
                    self._user_code.raised(value)
                else:
                    self._user_code.left(value)
                    if self.closing or self._leave():
                        return
            stock(context, kind, value, trace)

        return handle_error

    def _around_threads(self, stock: Callable[..., None]) -> Callable[..., None]:
        def excepthook(arguments: Any, /) -> None:
            if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
                self._user_code.raised(arguments.exc_value)
            stock(arguments)

        return excepthook

    def _around_uncaught(self, stock: Callable[..., None]) -> Callable[..., None]:
        """Wrap what Python calls when ``main`` itself died of an exception."""

        def excepthook(kind: Any, value: Any, trace: Any, /) -> None:
            stock(kind, value, trace)
            if self.forced or not isinstance(value, BaseException):
                return
            what = "".join(traceback.format_exception_only(value)).strip().splitlines()[-1]
            code = self._judge(130 if isinstance(value, KeyboardInterrupt) else 1, f"it died of {what}")
            if code is not None:
                sys.stdout.flush()
                raise SystemExit(code)

        return excepthook

    def _exit(self, code: object = None) -> NoReturn:
        """Stand in for ``sys.exit`` in Locust's ``main``; a second shutdown strikes nobody who is leaving."""
        if self._has_exited and gevent.getcurrent() is not gevent.get_hub().parent:
            raise gevent.GreenletExit
        self._has_exited = True
        if not self.closing:
            raise self.depart(code)
        given = self._given()
        raise self._end(code if given is None else given)

    def force(self) -> None:
        """Stand in nobody's way from now on."""
        self.forced = True

    def depart(self, code: object) -> SystemExit:
        """Return what ends a process that Locust does not look after: it would end with ``code``."""
        if self._final is not None:
            return self._final
        chosen = code if code is None else exit_code_of(code)
        self.closing = True
        judged = self._judge(chosen, "Locust itself set that")
        return self._end(code if judged is None else judged)

    def means_it(self, error: BaseException) -> bool:
        """Tell whether ``error`` is the end itself, or that of somebody who does not want to wait for it."""
        return error is self._final or (self.forced and isinstance(error, KeyboardInterrupt))

    def _end(self, code: object) -> SystemExit:
        if not code and not all(run.is_judged for run in self._runs.values()):
            code = UNDECIDED  # whatever kept the verdict from being given, its absence is not a pass
        self._final = self._final or SystemExit(code)
        return self._final
