"""Where everything meets Locust: what is registered once a process.

Law: ``install()`` registers, importing does not. One Installation a process, as there is one ``locust.events``; the
:class:`~locust_ext.run.participation.Participation` of an Environment registers what belongs to that. Whichever way and
order we were installed, our ``request`` listener reads first, and the verdict is the last word.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import currentframe
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust import events
from locust.runners import WorkerRunner

from locust_ext.config.command_line import CommandLine
from locust_ext.config.options import other_name
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Kill
from locust_ext.measure.user_code import UserCode
from locust_ext.parts import take_part
from locust_ext.process.collector import paused, set_aside
from locust_ext.process.forgiving import forgive
from locust_ext.process.last_word import speak_last
from locust_ext.process.supervised import RAISES, Stake, guarded, report
from locust_ext.process.whereabouts import here
from locust_ext.process.whole_names import keep_names_whole
from locust_ext.run.controller import SAFETY_STOP, UNDECIDED
from locust_ext.run.exits import Exits
from locust_ext.run.own_environment import planned, take_in
from locust_ext.run.participation import Participation
from locust_ext.run.planning import Planning
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.guard import hosts_of
from locust_ext.safety.outlet import OUTLET, veil_logs

if TYPE_CHECKING:
    from locust_ext.run.attachment import Attached

logger = logging.getLogger(__name__)


class Installation:
    """This process's listeners, and the parts that it takes in runs."""

    def __init__(self) -> None:
        self.planning = Planning()
        self._runs: dict[int, Participation] = {}
        self._user_code = UserCode()
        self._exits = Exits(self._user_code, self._runs, self)

    def register(self) -> None:
        """Register with Locust."""
        forgive()
        veil_logs()
        keep_names_whole()
        self.planning.open()
        events.init.add_listener(self.on_init)
        for hook, last in (
            (events.init, self._exits.after_init),
            (events.test_stopping, lambda **_: None),
            (events.test_stop, lambda **_: None),
            (events.quitting, self.on_quitting),
            (events.quit, self.on_quit),
        ):
            speak_last(hook, guarded("locust_ext's last word", last), self._exits.note).open()
        self._exits.open()

    def on_init(self, environment: Any, web_ui: Any = None, **_: Any) -> None:
        """Take charge of an environment; a process in which that fails has no run."""
        try:
            with paused():
                self._take_charge(environment, web_ui)
                if self.planning.is_mains:  # a script may make many environments, and lets go of them
                    set_aside()
        except RAISES as error:
            report("locust_ext's listener of init", error, Stake.LOCK)
            raise SystemExit(self._never_begin(environment)) from None

    def _never_begin(self, environment: Any) -> int:
        """Return what a process ends with that we cannot take charge of; its master, if it has one, ends too."""
        if isinstance(environment.runner, WorkerRunner):
            reason = "locust_ext could not take charge of a worker: its log says why"
            Kill(by=here(), reason=reason).send(environment.runner)
        intent = replace(self.planning.plan.safety, hosts=tuple(hosts_of(environment)))
        return SAFETY_STOP if SafetyCoordinator.locks(intent) else UNDECIDED

    def _take_charge(self, environment: Any, web_ui: Any) -> None:
        # importing took its time, and timers such as --run-time count from when the loop last looked at the clock
        gevent.get_hub().loop.update_now()
        if environment.runner is None:  # run_single_user: one user to debug, nothing to judge
            DECLARED.listen(Recorder(hide=OUTLET.label))
            return
        planning = self.planning
        if not planning.is_mains:
            planning.take_in(environment)
        for word in planning.taken if not isinstance(environment.runner, WorkerRunner) else ():
            logger.warning("%s", other_name(word))
        run = take_part(environment, planning.plan, planning.command_line, self._user_code, web_ui)
        run.watched_by(self._exits)
        self._runs[id(environment)] = run

    def on_quitting(self, environment: Any, **_: Any) -> None:
        """Judge, after every other listener."""
        run = self._runs.get(id(environment))
        if run:
            self._exits.closing = True
            run.quitting()

    def on_quit(self, **_: Any) -> None:
        """Have the last word on the console."""
        for run in self._runs.values():
            run.close()


_installed: list[Installation] = []


def install(loadtest: str = "") -> None:
    """Measure, judge and mark every run of this process.

    Call it at the top of a locustfile, before the user classes. ``loadtest`` names the configuration; by default it
    is ``--loadtest``, else the YAML file beside the locustfile with the same stem. A second call does nothing but name
    the configuration of the locustfile that makes it. Those of several locustfiles are united.
    """
    if not _installed:
        installation = Installation()
        installation.register()
        _installed.append(installation)
    # not by getframeinfo: it looks at every module that there is, which takes as long as reading the configuration
    caller = frame.f_back.f_code.co_filename if (frame := currentframe()) and frame.f_back else ""
    if loadtest:
        _installed[0].planning.named.setdefault(str(Path(caller).absolute()), loadtest)


def named() -> Mapping[str, str]:
    """Return the configurations that files have named in their call of :func:`install`, by that file."""
    return dict(_installed[0].planning.named) if _installed else {}


def attach(
    environment: Any,
    loadtest: str = "",
    thresholds: Mapping[str, Sequence[Any]] | None = None,
    *,
    report_dir: str = "",
    baseline: str = "",
    name: str = "",
) -> Attached:
    """Measure and judge the runs of an ``Environment`` that a script has made.

    Call it after the runner was created and before it starts. ``loadtest`` names a configuration, and ``thresholds``
    are added to its own, in the same words. When the runner quits, or stops, the run is judged: the verdict is printed,
    the reports are written to ``report_dir``, and ``environment.process_exit_code`` is set. The handle that is returned
    says the same, and its ``finish()`` does it all at once.
    """
    if environment.runner is None:
        raise RuntimeError("create the runner first: environment.create_local_runner(), then locust_ext.attach()")
    if environment.runner.state not in ("ready", "stopped"):
        raise RuntimeError("the runner has started: call locust_ext.attach() before, so that every request is seen")
    own = {"name": name, "thresholds": dict(thresholds or {})}
    command_line = CommandLine(
        loadtest, report_dir=report_dir, baseline=baseline, own={key: value for key, value in own.items() if value}
    )
    take_in(environment)
    from locust_ext.run.attachment import Attached  # noqa: PLC0415 only a script asks for it

    run = take_part(environment, planned(command_line), command_line, web_ui=environment.web_ui)
    return Attached(environment, run)
