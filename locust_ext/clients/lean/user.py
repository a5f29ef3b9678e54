"""LeanHttpUser: FastHttpUser at a third of its cost."""

from __future__ import annotations

from typing import Any

from locust import FastHttpUser

from locust_ext.clients.lean.session import LeanSession


class LeanHttpUser(FastHttpUser):
    """FastHttpUser, with a ``client`` that sends three times as many requests on a core.

    All of FastHttpUser's settings mean what they mean there, with one addition: ``network_timeout`` also bounds each
    exchange as a whole, and both timeouts together the whole request with its redirects. FastHttpUser's are for each
    wait, so that a server that drips one byte a second holds its user for ever.
    """

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.client = LeanSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout,
            max_redirects=self.max_redirects,
            max_retries=self.max_retries,
            insecure=self.insecure,
            concurrency=self.concurrency,
            user=self,
            client_pool=self.client_pool,
            ssl_context_factory=self.ssl_context_factory,
            headers=self.default_headers,
            proxy_host=self.proxy_host,
            proxy_port=self.proxy_port,
        )
