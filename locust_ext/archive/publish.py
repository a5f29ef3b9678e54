"""What becomes of a result: it is shown, written and told.

Law: what fails here is said, and changes no verdict and no exit code. What writes and tells is loaded when it has
something to say, and not before the first request.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from locust_ext.archive.provenance import REPEAT
from locust_ext.config.plan import Plan
from locust_ext.process.forgiving import Forgiving
from locust_ext.process.spoken import say, stream
from locust_ext.safety.outlet import OUTLET

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult

logger = logging.getLogger(__name__)


def show(result: RunResult, plan: Plan | None = None, *, hints: bool = True) -> None:
    """Print the verdict's table, and where the reports of a run of ``plan`` are; ``hints``: or how to get some."""
    from locust_ext.archive.whereabouts import whereabouts  # noqa: PLC0415 what a run needs at its end, it loads then
    from locust_ext.reports.console_tables import final_table  # noqa: PLC0415 as above

    out = stream()
    terminal = out is not None and Forgiving(out).isatty()
    width = shutil.get_terminal_size().columns if terminal else 200
    reports = OUTLET.text(whereabouts(plan, hints=hints)) if plan is not None else ""
    say("\n" + final_table(result, width, color=terminal, reports=reports))


def save(result: RunResult, plan: Plan) -> None:
    """Write the reports; what cannot be written is said, and changes no exit code."""
    if not (plan.report_dir or plan.summary_export):
        return
    from locust_ext.archive.report_dir import write_export, write_report_dir  # noqa: PLC0415 as above

    troubles = write_report_dir(result, Path(plan.report_dir), plan.config.reports) if plan.report_dir else []
    troubles += write_export(result, Path(plan.summary_export)) if plan.summary_export else []
    for trouble in troubles:
        logger.error(trouble)


def tell(result: RunResult, plan: Plan) -> None:
    """Tell anyone who waits elsewhere, unless this is one of several runs that are judged together."""
    from locust_ext.archive.announce import announce  # noqa: PLC0415 what a run needs at its end, it loads then

    if not os.environ.get(REPEAT):
        for trouble in announce(result, plan.config.reports):
            logger.warning("%s", trouble)
