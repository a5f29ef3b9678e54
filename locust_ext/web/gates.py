"""The Thresholds tab in Locust's web UI: how the gates stand, while the test runs and after it.

Law: this file translates outcomes into a table of plain text; React escapes it. Locust asks for its statistics every
two seconds while a test runs, and the tab travels in the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request

from locust_ext.gates.outcomes import Outcome
from locust_ext.gates.values import format_limit, format_value
from locust_ext.reports.console import plain
from locust_ext.web.beside_others import TABLES, TABS, add_beside, answer_last

KEY = "locust-ext-thresholds"
OK = 200
"""What Locust answers to those who may see its statistics."""

COLUMNS = {"threshold": "Threshold", "value": "Value", "limit": "Limit", "samples": "Samples", "outcome": "Outcome"}


def show_gates(web_ui: Any, outcomes: Callable[[], Sequence[Outcome]]) -> None:
    """Add the tab to ``web_ui``; ``outcomes`` tells how the thresholds stand."""
    structure = [{"key": key, "title": title} for key, title in COLUMNS.items()]
    add_beside(web_ui, TABS, {"title": "Thresholds", "key": KEY})
    add_beside(web_ui, TABLES, {"key": KEY, "structure": structure})

    def after_request(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.is_json and response.status_code == OK:
            answer = response.get_json()
            rows = {"key": KEY, "data": [_row(outcome) for outcome in outcomes()]}
            theirs = [each for each in answer.get("extended_stats") or [] if not _is_ours(each)]
            answer["extended_stats"] = [*theirs, rows]  # Locust hands out an answer again, for as long as it is fresh
            response.set_data(json.dumps(answer))
        return response

    answer_last(web_ui, after_request)


def _is_ours(table: Any) -> bool:
    return isinstance(table, dict) and table.get("key") == KEY


def _row(outcome: Outcome) -> dict[str, str]:
    return {
        "threshold": plain(str(outcome.threshold)),
        "value": format_value(outcome),
        "limit": format_limit(outcome.threshold),
        "samples": f"{outcome.count:,}",
        "outcome": plain(outcome.status + (f": {outcome.reason}" if outcome.reason else "")),
    }
