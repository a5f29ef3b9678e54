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

KEY = "locust-ext-thresholds"
OK = 200
"""What Locust answers to those who may see its statistics."""

COLUMNS = {"threshold": "Threshold", "value": "Value", "limit": "Limit", "samples": "Samples", "outcome": "Outcome"}


def show_gates(web_ui: Any, outcomes: Callable[[], Sequence[Outcome]]) -> None:
    """Add the tab to ``web_ui``; ``outcomes`` tells how the thresholds stand."""
    arguments = web_ui.template_args
    tab = {"title": "Thresholds", "key": KEY}
    table = {"key": KEY, "structure": [{"key": key, "title": title} for key, title in COLUMNS.items()]}
    arguments["extended_tabs"] = [*(arguments.get("extended_tabs") or []), tab]
    arguments["extended_tables"] = [*(arguments.get("extended_tables") or []), table]

    def after_request(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.is_json and response.status_code == OK:
            answer = response.get_json()
            rows = {"key": KEY, "data": [_row(outcome) for outcome in outcomes()]}
            answer["extended_stats"] = [*(answer.get("extended_stats") or []), rows]
            response.set_data(json.dumps(answer))
        return response

    web_ui.app.after_request(after_request)


def _row(outcome: Outcome) -> dict[str, str]:
    return {
        "threshold": plain(str(outcome.threshold)),
        "value": format_value(outcome),
        "limit": format_limit(outcome.threshold),
        "samples": f"{outcome.count:,}",
        "outcome": plain(outcome.status + (f": {outcome.reason}" if outcome.reason else "")),
    }
