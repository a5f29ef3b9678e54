"""What a configuration says of trace context: which share of requests carries it, and where people look traces up.

Law: pure; absent means that no request carries any.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import field_validator

from locust_ext.text.fields import Section, is_http
from locust_ext.text.lengths import check_length, quoted
from locust_ext.text.units import Share

PLACE = "{trace_id}"
"""Where the id stands in the address of a trace."""

USUAL_SHARE = 0.01
"""Of a hundred requests one: the percentiles up to p99 hardly know of what recording costs the target."""


class TraceOptions(Section):
    """Which requests carry a ``traceparent``."""

    share: Share = USUAL_SHARE
    sampled: bool = True
    url: str = ""

    @field_validator("url")
    @classmethod
    def _is_a_template(cls, url: str) -> str:
        if not url:
            return url
        if not is_http(check_length(url)) or "@" in urlsplit(url).netloc:
            raise ValueError(f"this is not an address of http or https without a password; write it as {_EXAMPLE}")
        if url.count(PLACE) != 1 or set(url.replace(PLACE, "")) & set("{}\"'<>\\`"):
            raise ValueError(f"{quoted(url)} does not say once where the id belongs; write it as {_EXAMPLE}")
        if PLACE in urlsplit(url).netloc:
            raise ValueError(f"{quoted(url)} has the id in the name of a host; write it as {_EXAMPLE}")
        return url


_ID = re.compile(r"[0-9a-f]{32}")
_EXAMPLE = "https://grafana.example.com/trace/{trace_id}"


def link(template: str, trace_id: str) -> str:
    """Return the address of a trace; ``""`` without a template, and for what is not the id of one."""
    is_one = template.count(PLACE) == 1 and is_http(template) and _ID.fullmatch(trace_id)
    return template.replace(PLACE, trace_id) if is_one else ""
