"""Everything that is added to Locust's web UI.

Law: a page asks the objects that it is given, and decides nothing. What it is given has no secrets in it any more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from locust_ext.run.aside import Aside
from locust_ext.run.controller import RunController
from locust_ext.run.preparation import Preparation
from locust_ext.run.scraped_text import ScrapedText
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.outlet import OUTLET
from locust_ext.storms.on_demand import StormsOnDemand
from locust_ext.web.actions import add_action
from locust_ext.web.answers import shared
from locust_ext.web.buttons import Buttons
from locust_ext.web.comparing import Comparing
from locust_ext.web.course import Course
from locust_ext.web.errors_so_far import ErrorsSoFar
from locust_ext.web.form import watch_form, watch_users
from locust_ext.web.gates import show_gates
from locust_ext.web.link import show_link
from locust_ext.web.live import show_live
from locust_ext.web.report import show_report
from locust_ext.web.runs import RunsOfThisProcess, show_runs
from locust_ext.web.safety import show_safety
from locust_ext.web.scrape import show_metrics
from locust_ext.web.steering import Steering
from locust_ext.web.stop import watch_stop
from locust_ext.web.storm import show_storm
from locust_ext.web.strangers import keep_out
from locust_ext.web.watched_figures import WatchedFigures
from locust_ext.web.watching import Watching


def add_pages(
    web_ui: Any,
    controller: RunController,
    storms: StormsOnDemand,
    safety: SafetyAgent,
    preparation: Preparation,
    text: ScrapedText,
) -> None:
    """Add the form's check, the thresholds, the storm, the live page, the reports, and the button that stops a test."""
    hide = OUTLET.text

    def public() -> str:
        return preparation.plan.config.web.origin

    def current() -> str:
        return controller.run.id if controller.run else ""

    def stopped() -> None:
        controller.account.note_stop()  # each run has an account of its own

    buttons = Buttons(web_ui, public)
    keep_out(web_ui, public)
    watch_form(web_ui, preparation.prepare_form, hide)
    watch_stop(web_ui, safety.never_begin, stopped)
    watch_users(web_ui, preparation.prepare_user, hide)
    show_gates(web_ui, lambda: controller.outcomes)
    show_storm(buttons, current, lambda share, cause: hide(storms.strike_now(share, cause)))
    watching = Watching(web_ui.environment, controller, safety, preparation)
    steering = Steering(web_ui, preparation, storms.strike_now, safety.stop_now)
    runs = RunsOfThisProcess(controller, buttons, Aside())
    comparing = Comparing(runs, lambda: preparation.plan)
    show_live(
        web_ui,
        buttons,
        {
            **{name: shared(piece) for name, piece in watching.pieces.items()},
            "errors": ErrorsSoFar(lambda: controller.run).piece,
            "course": shared(Course(lambda: controller.run).piece, "run", "names", "lo", "hi"),
            "figures": WatchedFigures(lambda: controller.run).piece,
            "steering": steering.piece,
            "runs": runs.piece,
        },
    )
    show_link(web_ui)
    show_metrics(web_ui, text, lambda: preparation.plan.config.export.prometheus, public)
    show_runs(web_ui, runs)
    steering.add(buttons)
    add_action(web_ui, buttons, "keep-as-baseline", runs.keep)
    add_action(web_ui, buttons, "runs-to-compare", comparing.choices)
    add_action(web_ui, buttons, "compare-runs", comparing.compare)
    show_report(web_ui, lambda: controller.result, runs.page)
    show_safety(
        web_ui,
        buttons,
        lambda reason: hide(safety.stop_now(reason)),
        lambda: [replace(check, what=hide(check.what)) for check in preparation.checks],
        lambda: hide(controller.halted),
        current,
    )
