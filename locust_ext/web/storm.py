"""A page beside Locust's web UI that starts a storm now.

Law: it only asks the director.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from locust_ext.text.units import parse_share
from locust_ext.web.buttons import Buttons
from locust_ext.web.frame import framed
from locust_ext.web.notice import Current, Notice

PATH = "/locust-ext/storm"

PAGE = framed(
    "Reconnect storm",
    """<form method="post">{{ token }}
<label>Share of the users that drop <input name="drop" value="{{ drop }}" required></label>
<label>How <select name="cause">{% for cause in causes %}<option>{{ cause }}</option>{% endfor %}</select></label>
<button>Storm now</button>
</form>""",
)

CAUSES = ("reset", "close", "half_open")


def show_storm(buttons: Buttons, current: Current, drop_users: Callable[[float, str], str]) -> None:
    """Add the page; ``drop_users`` takes a share and a cause, and returns what to say."""
    notice = Notice("Users that are storm users lose their connection, and come back by their policy.", current)

    def shown() -> dict[str, Any]:
        return {"message": notice.text, "drop": "30%", "causes": CAUSES}

    def press() -> None:
        notice.say(_start(drop_users, request.form.get("drop", ""), request.form.get("cause", "")))

    buttons.page(PATH, "locust_ext_storm", PAGE, shown, press)


def _start(drop_users: Callable[[float, str], str], drop: str, cause: str) -> str:
    try:
        share = parse_share(drop)
    except ValueError as error:
        return str(error)
    if cause not in CAUSES:
        return f"{cause!r} is not a cause; there are {', '.join(CAUSES)}"
    return drop_users(share, cause)
