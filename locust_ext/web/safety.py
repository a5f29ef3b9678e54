"""The way to stop a test from Locust's web UI at once, and the checklist that it began with.

Law: this file shows and asks, it decides nothing. The button stands on Locust's own page too: who needs it has no time
to look for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, render_template_string, request

from locust_ext.reports.console import plain
from locust_ext.safety.checklist import Check
from locust_ext.web.buttons import Buttons
from locust_ext.web.frame import framed
from locust_ext.web.notice import Current, Notice

OK = 200

PATH = "/locust-ext/safety"

PAGE = framed(
    "Safety",
    """{% if halted %}<p class="WRONG">The last test was stopped: {{ halted }}</p>{% endif %}
<form method="post">{{ token }}<button class="danger">Stop now</button></form>
<p>Then no worker sends anything any more, the run ends with exit code 108, and only a new test sends again.</p>
<h2>Checklist</h2>
{% if checks %}<ul>{% for check in checks %}<li class="{{ check.found.name }}">{{ check.found }}: {{ check.what }}</li>
{% endfor %}</ul>{% else %}<p>There was nothing to check: the target is not production, and there is no kill switch.</p>
{% endif %}""",
)

BUTTON = """<form method="post" action=".{{ path }}"
style="position:fixed;right:1rem;bottom:1rem;z-index:9999;margin:0">{{ token }}
<button style="font:600 15px system-ui,sans-serif;padding:.6rem 1.1rem;color:#fff;background:#b3261e;border:0;
border-radius:.4rem;cursor:pointer" title="Nothing is sent any more; exit code 108">Stop now</button></form></body>"""


def show_safety(
    web_ui: Any,
    buttons: Buttons,
    stop: Callable[[str], str],
    checks: Callable[[], Sequence[Check]],
    halted: Callable[[], str],
    current: Current,
) -> None:
    """Add the page and the button.

    ``stop`` ends the test and returns what to say; ``checks`` and ``halted``, why it was stopped, are of the last one,
    and ``current`` tells which that is.
    """
    notice = Notice("A test can be stopped at once, on all workers.", current)

    def shown() -> dict[str, Any]:
        return {"message": notice.text, "checks": checks(), "halted": plain(halted())}

    def press() -> None:
        notice.say(plain(stop("somebody pressed Stop now in the web UI")))

    buttons.page(PATH, "locust_ext_safety", PAGE, shown, press)

    def after_request(response: Response) -> Response:
        is_index = request.endpoint == "locust.index" and response.mimetype == "text/html" and not response.is_streamed
        if is_index and response.status_code == OK and buttons.may_show:
            button = render_template_string(BUTTON, path=PATH, token=buttons.field)
            response.set_data(response.get_data(as_text=True).replace("</body>", button, 1))
            response.headers["Cache-Control"] = "no-store"
        return response

    web_ui.app.after_request(after_request)
