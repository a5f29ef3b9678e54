"""SyntheticTenant: user classes that mark their requests by themselves, without a configuration and without the plugin.

Law: the mark is a matter of one client, not of its class; a client that nobody knows here is left alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

from requests.structures import CaseInsensitiveDict

from locust_ext.clients.sessions import session_of
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.tenant import MarksItself, RotatingHeaders


class SyntheticTenant(MarksItself):
    """Mixin that marks every request of one user class, without a configuration and without the plugin.

    ``class FeedUser(SyntheticTenant, HttpUser)``. The token comes from the environment variable ``token_env``, if
    it is set. For a WebSocket pass ``header=self.tenant_headers(url)`` to ``websocket.create_connection``.
    """

    tenant_header: ClassVar[str] = "x-synthetic-tenant"
    tenant_value: ClassVar[str] = "true"
    token_env: ClassVar[str] = "LOAD_TEST_TOKEN"  # noqa: S105 the name of a variable
    key_env: ClassVar[str] = "LOAD_TEST_KEY"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._marks = RotatingHeaders(self.tenant_options(), [getattr(self, "host", None)])
        client = getattr(self, "client", None)
        if (session := session_of(client)) is not None:
            session.mark(client, self._marks)

    @classmethod
    def tenant_options(cls) -> TenantOptions:
        """Return how this class marks its requests."""
        return TenantOptions(
            header=cls.tenant_header, value=cls.tenant_value, token_env=cls.token_env, key_env=cls.key_env
        )

    def tenant_headers(self, url: str) -> dict[str, str]:
        """Return the headers for a handshake with ``url``: none when that is not the host under test."""
        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self._marks.mark.stamp(url, headers)
        return dict(headers)
