"""What the small pages beside Locust's web UI have in common.

Law: a body is a template of Jinja, with autoescape; nothing here is asked or decided.
"""

from __future__ import annotations

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 44rem; margin: 3rem auto; padding: 0 1rem }}
label {{ display: block; margin: .8rem 0 }} input, select, button {{ font: inherit; padding: .3rem .5rem }}
button {{ margin-top: .5rem; padding: .5rem 1rem }} li, p {{ overflow-wrap: anywhere }}
.danger {{ padding: .7rem 1.4rem; font-weight: 600; color: #fff; background: #b3261e; border: 0; border-radius: .4rem }}
.WRONG {{ color: #b3261e; font-weight: 600 }}
@media (prefers-color-scheme: dark) {{ .WRONG {{ color: #ff8a80 }} }}
</style></head><body>
<h1>{title}</h1>
<p role="status">{{{{ message }}}}</p>
{body}
<p>The thresholds and figures are on <a href="..">Locust's own page</a>.</p>
</body></html>
"""


def framed(title: str, body: str) -> str:
    """Return the template of a page; it is rendered with a ``message``."""
    return _FRAME.format(title=title, body=body)
