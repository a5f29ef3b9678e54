"""Locust's client over requests: where its requests begin.

Law: a request begins when it has had its turn, and what it is called is read as the client itself would call it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import requests
from locust.clients import HttpSession

from locust_ext.clients.beginning import SentByLocust, noting
from locust_ext.measure.recorder import Recorder
from locust_ext.process.seam import Seam


class SentByRequests(SentByLocust):
    """A request of an HttpSession: without a name it is called by its path, with the query that was built."""

    __slots__ = ()

    def unnamed(self) -> object:
        """Return the path of the request, as the session will report it."""
        options: Mapping[str, Any] = self.options
        build = inspect.unwrap(type(self.client)._build_url)  # noqa: SLF001 without the turn that a request waits for there
        url = build(self.client, str(self.given("url")))
        return requests.Request("GET", url, params=options.get("params")).prepare().path_url


def begin_seam(recorder: Recorder) -> Seam:
    """Return the seam that notes each request of an HttpSession when it begins."""
    return Seam(HttpSession, "request", noting(recorder, SentByRequests))
