"""The way of requests that are not plain: geventhttpclient's own, over connections of ours.

Law: every request that leaves passes ``_urlopen`` here, also one whose head is built once for many others: there is
looked where it goes, and there it is marked.
"""

from __future__ import annotations

from typing import Any

from locust.contrib.fasthttp import FastRequest, LocustUserAgent

from locust_ext.clients.lean.pool import UserPools


class Rehearsal(FastRequest):
    """A request that is not sent: what its head would be is all that is asked."""


class LeanAgent(LocustUserAgent):
    """Sends as ``agent`` does, with all that it is told and knows, over connections that stay open."""

    def __init__(self, agent: LocustUserAgent) -> None:
        self.stock = agent  # what it lacks itself it asks there: user code may change it at any time
        self.pools = UserPools(**agent.clientpool.client_args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stock, name)

    @property
    def valid_response_codes(self) -> Any:  # type: ignore[override]
        """The statuses that do not count as failures."""
        return self.stock.valid_response_codes

    @property
    def redirect_response_codes(self) -> Any:  # type: ignore[override]
        """The statuses that lead elsewhere."""
        return self.stock.redirect_response_codes

    def _urlopen(self, request: Any) -> Any:
        """Send a request and return its answer, a FastResponse; of a rehearsal, return the client and the head."""
        client = self.pools.get_client(request.url_split)
        if isinstance(request, Rehearsal):
            text = client._build_request(  # noqa: SLF001 what it sends is what we want to send
                request.method, request.url_split.quoted_uri, body=request.payload, headers=request.headers
            )
            return client, text
        try:
            answer = client.request(
                request.method, request.url_split.quoted_uri, body=request.payload, headers=request.headers
            )
        except BaseException:  # it gives a connection back for errors of sockets alone
            client._connection_pool.abandon()  # type: ignore[attr-defined]  # noqa: SLF001
            raise
        return self.response_type(answer, request=request, sent_request=answer._sent_request)  # noqa: SLF001 as it does
