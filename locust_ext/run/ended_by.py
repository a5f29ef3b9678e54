"""What ended a run from outside of it, read off Locust and off what user code did.

Law: it only reads; a run can be concluded as often as something new of it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from locust_ext.measure.user_code import UserCode
from locust_ext.run.conclusion import Ending
from locust_ext.run.exit_code import ExitCode
from locust_ext.run.resets import failed_in, raised_in

if TYPE_CHECKING:
    from locust_ext.run.run import Run


def ending_of(
    runner: Any,
    user_code: UserCode,
    exit_code: ExitCode,
    signal: str,
    no_run: str,
    warnings: Sequence[str],
    run: Run | None,
) -> Ending:
    """Return what is known of the end of ``run``, which remembers what Locust was told to forget."""
    raised_before, failed_before = (run.raised_before, run.failed_before) if run else (0, 0)
    seen = raised_before + raised_in(runner)
    seen = seen or int(exit_code.is_flagged)
    errors = max(seen, user_code.count)
    theirs, how = exit_code.theirs("" if signal else no_run)
    return Ending(
        signal=signal,
        user_errors=errors,
        unseen_errors=0 if seen else errors,
        first_error=user_code.first,
        ended_by=user_code.departure.text if user_code.departure else "",
        no_run=no_run,
        warnings=warnings,
        failed_requests=failed_before + failed_in(runner),
        stock_exit_code=exit_code.on_error,
        theirs=theirs,
        theirs_by=how,
    )
