"""The end of a run that has done what it was to do, before its time.

Law: it has ended as told: nothing of it counts as cut short.
"""

from __future__ import annotations

import logging

from locust_ext.run.controller import RunController

logger = logging.getLogger(__name__)


def end_as_planned(controller: RunController, why: str) -> None:
    """End the run that is under way, since ``why``; one that ends already ends for its own reason."""
    run = controller.run
    if run is None or run.ended is not None or run.done or run.abort or run.halted:
        return
    run.done = why
    controller.on_over()
    logger.info("%s", why)
    controller._end_run()  # noqa: SLF001 it ends as by a rule of the controller's own
