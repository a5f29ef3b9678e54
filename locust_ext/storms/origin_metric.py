"""What a target tells of its origin: one metric on its page of metrics.

Law: pure; a page that cannot be read tells nothing, which is not 0.
"""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


def origin_metric(page: str, name: str) -> float | None:
    """Return the sum of a metric's samples on a page in Prometheus' text format; None where there are none."""
    try:
        families = list(text_string_to_metric_families(page))
    except (ValueError, IndexError):  # the parser raises either on a page that it cannot read
        return None
    found = [sample.value for family in families for sample in family.samples if sample.name == name]
    return sum(found) if found else None
