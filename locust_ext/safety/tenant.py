"""The synthetic tenant: every request to the host under test says that it is not real, and none elsewhere does.

Law: the mark is set on the request that goes out, hop by hop, below redirects and above retries, so that neither a
second session nor a redirect escapes. To another origin neither the mark nor our token ever goes. A key stays in its
process: only what it has signed leaves it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import field
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from locust_ext.process.clock import SteadyClock
from locust_ext.safety.options import TenantOptions
from locust_ext.safety.origin import Origin, Origins, authority_of, origin_of
from locust_ext.text.frozen import dataclass

if TYPE_CHECKING:
    from locust_ext.safety.middleware import Key

BAGGAGE = "baggage"
"""The header of W3C Baggage."""

RENEWALS = 3
"""How often a signature is renewed within its lifetime."""

NO_RUN = "none"
"""What a signature says where there is no run."""

_PROCESS = uuid4().hex
"""What a signature says where no plugin gives the run an id."""


@dataclass(frozen=True)
class TenantHeaders:
    """What marks a request: the header, signed for each host where there is a key, and the bearer token."""

    header: str
    value: str
    origins: Origins
    authorization: str = field(default="", repr=False)
    signed: Mapping[Origin, str] = field(default_factory=dict, repr=False)
    """The header's value by origin; empty without a key."""
    baggage: str = ""
    """The member of W3C Baggage that says it too, where it is signed."""

    def value_for(self, url: str) -> str:
        """Return the header's value for a URL of the host under test."""
        origin = origin_of(url) if len(self.signed) > 1 else None  # with one host it is always the same
        return self.signed.get(origin, self.value) if origin else self.value

    def stamp(self, url: str, headers: MutableMapping[str, Any]) -> bool:
        """Set the mark on ``headers`` if ``url`` goes to the host under test, else take it off; return which.

        An ``Authorization`` that the locustfile has set itself stays. ``headers`` must not care about capitals.
        """
        if self.origins.covers(url):
            headers[self.header] = self.value_for(url)
            if self.authorization and "Authorization" not in headers:
                headers["Authorization"] = self.authorization
            if self.baggage:
                headers[BAGGAGE] = ",".join([*_others(headers, self.baggage), self.baggage])
            return True
        headers.pop(self.header, None)
        if self.authorization and headers.get("Authorization") == self.authorization:
            headers.pop("Authorization", None)
        if self.baggage and BAGGAGE in headers:
            others = _others(headers, self.baggage)
            headers.pop(BAGGAGE, None)
            if others:
                headers[BAGGAGE] = ",".join(others)
        return False


def _others(headers: MutableMapping[str, Any], member: str) -> list[str]:
    """Return the members of ``baggage`` that the locustfile has set itself."""
    given = headers.get(BAGGAGE) or ""
    text = ",".join(given) if isinstance(given, list) else str(given)
    return [own for own in map(str.strip, text.split(",")) if own not in ("", member)]


def mark_for(
    options: TenantOptions, hosts: Iterable[str | None], run: str = "", now: float | None = None
) -> TenantHeaders:
    """Return the mark for these hosts; token and key come from the environment.

    With a key the header is signed for ``run``, and good from ``now`` (seconds since 1970) for its lifetime. Raises
    ValueError, without showing either, for a token or a key that cannot be used.
    """
    origins, bearer, key = Origins.of(hosts), bearer_of(options), key_of(options)
    if key is None:
        return TenantHeaders(options.header, options.value, origins, bearer)
    from locust_ext.safety.middleware import sign  # noqa: PLC0415

    expires = (SteadyClock().now() if now is None else now) + options.lifetime
    signed = {
        origin: sign(key, authority_of(origin), run or NO_RUN, options.value, expires) for origin in origins.origins
    }
    value = next(iter(signed.values()), options.value)
    return TenantHeaders(options.header, value, origins, bearer, signed, f"synthetic-tenant={options.value}")


def bearer_of(options: TenantOptions) -> str:
    """Return the value of ``Authorization``, or ``""`` without a token; raises ValueError."""
    token = os.environ.get(options.token_env, "").strip() if options.token_env else ""
    if not token.isascii() or not token.isprintable():
        raise ValueError(f"the token in ${options.token_env} holds characters that cannot stand in a header")
    return f"Bearer {token}" if token else ""


def key_of(options: TenantOptions) -> Key | None:
    """Return the key that signs, the first of those in the environment, or None; raises ValueError."""
    text = os.environ.get(options.key_env, "").strip() if options.key_env else ""
    if not text:
        return None
    from locust_ext.safety.middleware import read_keys, sign  # noqa: PLC0415 only who has a key signs

    try:
        key = read_keys(text)[0]
        sign(key, "localhost", NO_RUN, options.value, 0)
    except ValueError as error:
        raise ValueError(f"the key in ${options.key_env}: {error}") from None
    return key


class MarkHolder(Protocol):
    """Where a wrapper looks for the mark of the moment."""

    @property
    def mark(self) -> TenantHeaders | None:
        """The mark of the moment; None while nothing is marked."""

    def learn(self, url: str) -> TenantHeaders | None:
        """Return the mark with the host of the user that sends, if ``url`` leads there and only its code knew it."""


class MarksItself:
    """A user class that marks its requests by itself."""

    @classmethod
    def tenant_options(cls) -> TenantOptions:
        """Return how this class marks its requests."""
        raise NotImplementedError


def tenants_of(users: Iterable[type[Any]], configured: TenantOptions | None = None) -> list[TenantOptions]:
    """Return how requests are marked, in the configuration and by user classes themselves."""
    own = [user.tenant_options() for user in users if issubclass(user, MarksItself)]
    return [configured, *own] if configured else own


class RotatingHeaders:
    """A mark that is signed again before it expires, for anyone who has no plugin that does it."""

    def __init__(self, options: TenantOptions, hosts: Iterable[str | None], run: str = _PROCESS) -> None:
        self._options, self._hosts, self._run, self._clock = options, tuple(hosts), run, SteadyClock()
        self._renew_at = -math.inf
        self._mark: TenantHeaders | None = None

    @property
    def mark(self) -> TenantHeaders:
        """The mark of the moment."""
        if self._mark is None or monotonic() >= self._renew_at:
            self._mark = mark_for(self._options, self._hosts, self._run, self._clock.now())
            self._renew_at = monotonic() + self._options.lifetime / RENEWALS
        return self._mark

    def learn(self, url: str) -> None:
        """Learn nothing: it has known the host of its user from the beginning."""
