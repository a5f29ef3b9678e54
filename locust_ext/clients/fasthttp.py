"""Locust's client over geventhttpclient: where its requests begin.

Law: a request begins when it has had its turn, and what it is called is read as the client itself would call it.
"""

from __future__ import annotations

from locust.contrib.fasthttp import FastHttpSession

from locust_ext.clients.beginning import SentByLocust, noting
from locust_ext.measure.recorder import Recorder
from locust_ext.process.seam import Seam


class SentByFastHttp(SentByLocust):
    """A request of a FastHttpSession: without a name it is called as its address was written."""

    __slots__ = ()

    def unnamed(self) -> object:
        """Return the address as it was given."""
        return self.given("url")


def begin_seam(recorder: Recorder) -> Seam:
    """Return the seam that notes each request of a FastHttpSession when it begins."""
    return Seam(FastHttpSession, "request", noting(recorder, SentByFastHttp))
