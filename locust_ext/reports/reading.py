"""A run read back from its summary.json.

Law: what ``summary`` wrote is read as the same run, its histograms apart; what is not our summary, or is of a version
to come, is refused with a sentence, and no exception but NoSummaryError leaves this file.
"""

from __future__ import annotations

import json

from pydantic import ValidationError

from locust_ext.reports.result import RunResult
from locust_ext.reports.schema import SCHEMA, Summary


class NoSummaryError(ValueError):
    """What was read is not a summary that this version knows; the sentence says why."""


def read_summary(text: str) -> RunResult:
    """Return the run in the text of a ``summary.json``; its trends have no histograms yet. Raises NoSummaryError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NoSummaryError("it is not JSON, or it was cut off") from None
    version = document.get("schema") if isinstance(document, dict) else None
    if isinstance(version, bool) or not isinstance(version, int):
        raise NoSummaryError("it is not a summary of locust_ext: it has no schema")
    if version > SCHEMA:
        raise NoSummaryError(f"its schema is {version}, and this version reads up to {SCHEMA}: update locust_ext")
    try:
        return Summary.model_validate(document).result()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise NoSummaryError(f"it is not a summary of locust_ext: {place}: {first['msg'].lower()}") from None
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise NoSummaryError(f"it is not a summary of locust_ext: {error}") from None
