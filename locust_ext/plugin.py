"""Where everything meets Locust: what is registered once a process, and the plan that is checked before anything.

Law: ``install()`` registers, importing does not. One Installation a process, as there is one ``locust.events``; the
:class:`~locust_ext.run.participation.Participation` of an Environment registers what belongs to that. Whichever way and
order we were installed, our ``request`` listener reads first, and the verdict is the last word.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import currentframe
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from locust import events
from locust.argument_parser import parse_locustfile_paths
from locust.runners import WorkerRunner

from locust_ext.config.choices import Choices
from locust_ext.config.command_line import parser_seam
from locust_ext.config.options import add_options, choices_of, other_name
from locust_ext.config.plan import Plan
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Kill
from locust_ext.measure.user_code import UserCode
from locust_ext.parts import take_part
from locust_ext.process.collector import paused, set_aside
from locust_ext.process.forgiving import forgive
from locust_ext.process.last_word import speak_last
from locust_ext.process.spoken import speak_beside
from locust_ext.process.supervised import RAISES, Stake, guarded, report
from locust_ext.process.whereabouts import here
from locust_ext.process.whole_names import keep_names_whole
from locust_ext.run.controller import SAFETY_STOP, UNDECIDED
from locust_ext.run.exits import Exits
from locust_ext.run.own_environment import planned, take_in
from locust_ext.run.participation import Participation
from locust_ext.run.preflight import check_users, checked_plan, refuse, starts_anything
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.guard import hosts_of
from locust_ext.safety.outlet import OUTLET, veil_logs
from locust_ext.text.problems import ConfigurationError

if TYPE_CHECKING:
    from locust_ext.run.attachment import Attached

AUTOLOAD = "locust_ext_autoload.py"

logger = logging.getLogger(__name__)


class Installation:
    """This process's listeners, and the plan that was made before Locust forked, bound or sent anything."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        """The configurations that files name in their call of install(), by that file."""
        self._checked = self._is_mains = False
        self._taken: list[str] = []
        self._plan = Plan("locust")
        self._choices = Choices()
        self._runs: dict[int, Participation] = {}
        self._user_code = UserCode()
        self._exits = Exits(self._user_code, self._runs, self)

    def register(self) -> None:
        """Register with Locust."""
        forgive()
        veil_logs()
        keep_names_whole()
        parser_seam(self.add_options, self.on_options).open()
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

    def add_options(self, parser: Any) -> None:
        """Add our options to a parser of Locust's."""
        self._taken = add_options(parser, self._plan.shape_names, self._plan.shape)

    def on_options(self, options: Namespace) -> None:
        """Check the whole configuration, once: the process exits with 104 when it is wrong."""
        try:
            self._check(options)
        except ConfigurationError as error:
            refuse(error, self._choices)
        except RAISES as error:
            report("locust_ext's check of the configuration", error, Stake.LOCK)
            raise SystemExit(UNDECIDED) from None

    def _check(self, options: Namespace) -> None:
        self._is_mains = True
        speak_beside(bool(options.json))
        if self._checked or options.worker or not starts_anything(options):
            return
        self._checked = True
        given = [path.strip() for path in options.locustfile.split(",")]
        files = [
            file  # those of a directory in one order on every machine
            for path in given
            for file in sorted(parse_locustfile_paths([path]))
            if not file.endswith(AUTOLOAD)
        ]
        choices = self._choices = choices_of(options, files).with_named(self.named)
        with paused():
            self._plan = checked_plan(choices, final=bool(options.headless or options.autostart))
            check_users(options, self._plan, files)
        if not self._plan.confirm:
            return
        from locust_ext.run.repeats import confirm, wants_confirmation  # noqa: PLC0415 most runs confirm nothing

        if wants_confirmation(self._plan, options):
            raise SystemExit(confirm(self._plan, options.exit_code_on_error))

    def on_init(self, environment: Any, web_ui: Any = None, **_: Any) -> None:
        """Take charge of an environment; a process in which that fails has no run."""
        try:
            with paused():
                self._take_charge(environment, web_ui)
                if self._is_mains:  # a script may make many environments, and lets go of them
                    set_aside()
        except RAISES as error:
            report("locust_ext's listener of init", error, Stake.LOCK)
            raise SystemExit(self._never_begin(environment)) from None

    def _never_begin(self, environment: Any) -> int:
        """Return what a process ends with that we cannot take charge of; its master, if it has one, ends too."""
        if isinstance(environment.runner, WorkerRunner):
            reason = "locust_ext could not take charge of a worker: its log says why"
            Kill(by=here(), reason=reason).send(environment.runner)
        intent = replace(self._plan.safety, hosts=tuple(hosts_of(environment)))
        return SAFETY_STOP if SafetyCoordinator.locks(intent) else UNDECIDED

    def _take_charge(self, environment: Any, web_ui: Any) -> None:
        # importing took its time, and timers such as --run-time count from when the loop last looked at the clock
        gevent.get_hub().loop.update_now()
        if environment.runner is None:  # run_single_user: one user to debug, nothing to judge
            DECLARED.listen(Recorder(hide=OUTLET.label))
            return
        if not self._is_mains:
            self._take_in(environment)
        for word in self._taken if not isinstance(environment.runner, WorkerRunner) else ():
            logger.warning("%s", other_name(word))
        run = take_part(environment, self._plan, self._choices, self._user_code, web_ui)
        run.watched_by(self._exits)
        self._runs[id(environment)] = run

    def _take_in(self, environment: Any) -> None:
        """Plan the runs of an environment that a script has made."""
        take_in(environment)
        self._choices = choices_of(environment.parsed_options, ()).with_named(self.named)
        self._plan = planned(self._choices)

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
        _installed[0].named.setdefault(str(Path(caller).absolute()), loadtest)


def named() -> Mapping[str, str]:
    """Return the configurations that files have named in their call of :func:`install`, by that file."""
    return dict(_installed[0].named) if _installed else {}


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
    choices = Choices(
        loadtest, report_dir=report_dir, baseline=baseline, own={key: value for key, value in own.items() if value}
    )
    take_in(environment)
    from locust_ext.run.attachment import Attached  # noqa: PLC0415 only a script asks for it

    run = take_part(environment, planned(choices), choices, web_ui=environment.web_ui)
    return Attached(environment, run)
