"""How a runbook shows what a configuration says.

Law: it is untrusted, so it stands in a code span, where Markdown and HTML mean nothing, or as a link that nothing in it
can end; on one line, and without secrets.
"""

from __future__ import annotations

from urllib.parse import quote

from locust_ext.reports.markdown import code
from locust_ext.safety.outlet import OUTLET

_MOST = 500
"""Characters of a value that are shown."""

_IN_A_LINK = ":/?#[]@!$&'()*+,=%~"
"""What stays as it is in a link; a semicolon is not among them: it could end the name of a character."""


def shown(text: str) -> str:
    """Return ``text`` as Markdown; nothing for nothing."""
    return code(_clean(text), _MOST)


def link(url: str) -> str:
    """Return a URL as a link to itself; one that held a secret leads nowhere, and is shown alone."""
    if not url or _clean(url) != url:
        return shown(url)
    return f"[{shown(url)}](<{quote(url, safe=_IN_A_LINK)}>)"


def _clean(text: str) -> str:
    return " ".join(OUTLET.text(text).split())
