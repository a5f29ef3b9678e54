"""The synthetic tenant: every request to the host under test says that it is not real, and none elsewhere does.

Law: the mark is set on the request that goes out, hop by hop, below redirects and above retries, so that neither a
second session nor a redirect escapes. To another origin neither the mark nor our token ever goes.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from types import MethodType
from typing import Any, ClassVar, Protocol

import websocket
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from requests.structures import CaseInsensitiveDict

from locust_ext.config import TenantOptions
from locust_ext.safety.origin import Origins
from locust_ext.seam import Seam


@dataclass(frozen=True)
class Mark:
    """What marks a request: the header, and the bearer token where there is one."""

    header: str
    value: str
    origins: Origins
    authorization: str = field(default="", repr=False)

    def stamp(self, url: str, headers: MutableMapping[str, Any]) -> None:
        """Set the mark on ``headers`` if ``url`` goes to the host under test, else take it off.

        An ``Authorization`` that the locustfile has set itself stays. ``headers`` must not care about capitals.
        """
        if self.origins.covers(url):
            headers[self.header] = self.value
            if self.authorization and "Authorization" not in headers:
                headers["Authorization"] = self.authorization
        else:
            headers.pop(self.header, None)
            if self.authorization and headers.get("Authorization") == self.authorization:
                headers.pop("Authorization", None)


def mark_for(options: TenantOptions, hosts: Iterable[str | None]) -> Mark:
    """Return the mark for these hosts; the token comes from the environment, as ``Bearer TOKEN``.

    Raises ValueError, without showing it, for a token that cannot stand in a header.
    """
    token = os.environ.get(options.token_env, "").strip()
    if not token.isascii() or not token.isprintable():
        raise ValueError(f"the token in ${options.token_env} holds characters that cannot stand in a header")
    return Mark(options.header, options.value, Origins.of(hosts), f"Bearer {token}" if token else "")


class MarkHolder(Protocol):
    """Where a wrapper looks for the mark of the moment."""

    mark: Mark | None


def _stamp_requests(holder: MarkHolder, send: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``requests.Session.send``, which every request and every redirect of it passes."""

    @functools.wraps(send)
    def stamped(session: Any, request: Any, **options: Any) -> Any:
        mark = holder.mark
        if mark is not None:
            mark.stamp(request.url, request.headers)
        return send(session, request, **options)

    return stamped


def _stamp_fast(holder: MarkHolder, urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``LocustUserAgent._urlopen``, which every request and every redirect of it passes.

    An agent learns the mark as a default header with its first request, so that for the others there is only left
    to see that they do not go elsewhere.
    """

    @functools.wraps(urlopen)
    def stamped(agent: Any, request: Any) -> Any:
        mark = holder.mark
        if mark is None:
            return urlopen(agent, request)
        knows = getattr(agent, "_locust_ext_mark", None) is mark
        if not (knows and request.url.startswith(mark.origins.beginnings)):
            if mark.origins.covers(request.url):
                mark.stamp(request.url, agent.default_headers)
                agent._locust_ext_mark = mark  # noqa: SLF001 our own attribute
            mark.stamp(request.url, request.headers)
        return urlopen(agent, request)

    return stamped


def _stamp_handshake(holder: MarkHolder, handshake: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap websocket-client's handshake, which every connection and every redirect of it passes."""

    @functools.wraps(handshake)
    def stamped(sock: Any, url: str, *address: Any, **options: Any) -> Any:
        mark = holder.mark
        if mark is not None:
            given = options.get("header") or {}
            pairs = given.items() if isinstance(given, dict) else (line.partition(":")[::2] for line in given)
            headers = CaseInsensitiveDict({name.strip(): value.strip() for name, value in pairs})
            mark.stamp(url, headers)
            options["header"] = dict(headers)
        return handshake(sock, url, *address, **options)

    return stamped


class TenantSeams:
    """Marks every request of this process while open: HttpUser, FastHttpUser, WebSocket handshakes."""

    def __init__(self) -> None:
        self.mark: Mark | None = None
        self._seams = tuple(
            Seam(owner, name, functools.partial(wrap, self))
            for owner, name, wrap in (
                (HttpSession, "send", _stamp_requests),
                (LocustUserAgent, "_urlopen", _stamp_fast),
                (websocket._core, "handshake", _stamp_handshake),  # noqa: SLF001 the only place below its redirects
            )
        )

    def open(self, mark: Mark) -> None:
        """Mark requests from now on with ``mark``."""
        self.mark = mark
        for seam in self._seams:
            seam.open()

    def close(self) -> None:
        """Mark nothing any more."""
        self.mark = None
        for seam in self._seams:
            seam.close()


class SyntheticTenant:
    """Mixin that marks every request of one user class, without a configuration and without the plugin.

    ``class FeedUser(SyntheticTenant, HttpUser)``. The token comes from the environment variable ``token_env``, if
    it is set. For a WebSocket pass ``header=self.tenant_headers(url)`` to ``websocket.create_connection``.
    """

    tenant_header: ClassVar[str] = "x-synthetic-tenant"
    tenant_value: ClassVar[str] = "true"
    token_env: ClassVar[str] = "LOAD_TEST_TOKEN"  # noqa: S105 the name of a variable

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = TenantOptions(header=self.tenant_header, value=self.tenant_value, token_env=self.token_env)
        self._mark = mark_for(options, [getattr(self, "host", None)])
        arm(getattr(self, "client", None), self._mark)

    def tenant_headers(self, url: str) -> dict[str, str]:
        """Return the headers for a handshake with ``url``: none when that is not the host under test."""
        headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self._mark.stamp(url, headers)
        return dict(headers)


@dataclass
class _Held:
    mark: Mark | None


def arm(client: Any, mark: Mark) -> None:
    """Let one client, an HttpSession or a FastHttpSession, mark its requests; any other is left alone."""
    if isinstance(client, HttpSession):
        vars(client)["send"] = MethodType(_stamp_requests(_Held(mark), type(client).send), client)
    elif isinstance(client, FastHttpSession):
        agent = client.client
        vars(agent)["_urlopen"] = MethodType(_stamp_fast(_Held(mark), type(agent)._urlopen), agent)  # noqa: SLF001
