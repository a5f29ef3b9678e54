"""A user's cookies, and when they change.

Law: what a request carries is what the jar itself would have given it.
"""

from __future__ import annotations

import math
import time
from http.cookiejar import Cookie, CookieJar
from typing import Any

from geventhttpclient.header import Headers
from locust.contrib.fasthttp import FastRequest

MOST = 256
"""Addresses whose cookies a user remembers."""


class Jar(CookieJar):
    """A jar that knows when it changes, so that a header with its cookies is made once."""

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        """Grows with each change; 0: nothing has ever been in it."""
        self._made: dict[str, str | None] = {}
        self._good_until = math.inf

    def set_cookie(self, cookie: Cookie) -> None:
        """Set a cookie."""
        self._change()
        super().set_cookie(cookie)

    def clear(self, *which: Any, **named: Any) -> None:
        """Take out cookies."""
        self._change()
        super().clear(*which, **named)

    def set_policy(self, policy: Any) -> None:
        """Set what says which cookies are taken and given."""
        self._change()
        super().set_policy(policy)

    def _change(self) -> None:
        self.version += 1
        self._made.clear()
        self._good_until = math.inf

    def header(self, url: str) -> str | None:
        """Return the header that a request to ``url`` carries; None: it carries none."""
        now = time.time()  # cookies end by the calendar
        if now >= self._good_until or len(self._made) >= MOST:
            self._change()
        try:
            return self._made[url]
        except KeyError:
            request = FastRequest(url, headers=Headers())
            self.add_cookie_header(request)  # takes out what has expired, and so may change us
            made = request.headers.get("Cookie")  # one line, however many cookies
            self._good_until = min((cookie.expires for cookie in self if cookie.expires is not None), default=math.inf)
            self._made[url] = header = made if isinstance(made, str) else None
            return header
