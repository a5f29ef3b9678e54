"""A page beside Locust's web UI that starts a storm now.

Law: it only asks the director; whoever may not use Locust's UI may not use this page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template_string, request, url_for

from locust_ext.units import parse_share
from locust_ext.web.frame import framed

PATH = "/locust-ext/storm"

PAGE = framed(
    "Reconnect storm",
    """<form method="post">
<label>Share of the users that drop <input name="drop" value="{{ drop }}" required></label>
<label>How <select name="cause">{% for cause in causes %}<option>{{ cause }}</option>{% endfor %}</select></label>
<button>Storm now</button>
</form>""",
)

CAUSES = ("reset", "close", "half_open")


def show_storm(web_ui: Any, strike: Callable[[float, str], str]) -> None:
    """Add the page to ``web_ui``; ``strike`` starts a storm of a share and a cause, and returns what to say."""
    messages = ["Users that are storm users lose their connection, and come back by their policy."]

    @web_ui.app.route(PATH, methods=["GET", "POST"], endpoint="locust_ext_storm")  # type: ignore[untyped-decorator]
    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]
    def storm() -> Any:
        drop = request.form.get("drop", "30%")
        if request.method == "POST":
            messages[0] = _start(strike, drop, request.form.get("cause", ""))
            return redirect(url_for("locust_ext_storm"))
        return render_template_string(PAGE, message=messages[0], drop=drop, causes=CAUSES)


def _start(strike: Callable[[float, str], str], drop: str, cause: str) -> str:
    try:
        share = parse_share(drop)
    except ValueError as error:
        return str(error)
    if cause not in CAUSES:
        return f"{cause!r} is no cause; there are {', '.join(CAUSES)}"
    return strike(share, cause)
