"""A flag of OpenFeature as a source of the kill switch.

Law: an evaluation never fails, it returns a default; so a value alone proves nothing. Allowed is what a provider that
is set and ready says without an error. The packages are an extra, and are imported when a flag is named.
"""

from __future__ import annotations

import itertools
import logging
from importlib import import_module
from typing import Any
from weakref import WeakSet

import gevent

from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.reading import Reading, SourceLine, StopError

_MAKING_SECONDS = 10.0
"""How long the making of a provider may take, before anything is sent."""

_NEEDED = (
    "attach",
    "get_metadata",
    "get_provider_hooks",
    *(f"resolve_{kind}_details" for kind in ("boolean", "integer", "float", "object", "string")),
)
"""What the SDK calls, or looks up, on every provider that evaluates a boolean."""

_DOMAINS = itertools.count(1)

_CODES = {
    "FLAG_NOT_FOUND": "is not known to its provider",
    "PARSE_ERROR": "was answered in a form that its provider does not understand",
    "PROVIDER_FATAL": "has a provider that has given up",
    "PROVIDER_NOT_READY": "has a provider that is not ready",
    "TYPE_MISMATCH": "is not a boolean",
}
"""What an error code is in words."""

_REASONS = {
    "DISABLED": "is disabled",
    "ERROR": "was not evaluated (ERROR)",
    "STALE": "is stale",
}
"""Reasons that make a value void, and what they are in words."""


_asking: WeakSet[Any] = WeakSet()
"""Greenlets that evaluate a flag for us."""


def _is_not_ours(_: logging.LogRecord) -> bool:
    """Drop what the SDK logs of our evaluations: a traceback whose text may hold a secret; we say what failed."""
    return gevent.getcurrent() not in _asking


class OpenFeatureSource:
    """A boolean flag, asked of one provider, or of the one that the process has set for all."""

    def __init__(self, flag: str, provider: Any = None) -> None:
        self.name = f"openfeature flag {flag}"
        self._flag, self._provider = flag, provider
        self._api = import_module("openfeature.api")
        self._none = import_module("openfeature.provider.no_op_provider").NoOpProvider
        self._domain = f"locust_ext kill switch {next(_DOMAINS)}" if provider is not None else None
        self._is_set = provider is None
        self._line = SourceLine()
        logging.getLogger("openfeature").addFilter(_is_not_ours)

    def read(self, timeout: float) -> Reading:
        """Return what the provider says; the first reading starts the provider."""
        return self._line.ask(self.name, self._evaluate, timeout)

    def _evaluate(self) -> None:
        _asking.add(gevent.getcurrent())
        if not self._is_set:
            self._start()
        client = self._api.get_client(domain=self._domain)
        if isinstance(client.provider, self._none):
            raise StopError("has no provider: none is set")
        if self._provider is not None and client.provider is not self._provider:
            raise StopError("has another provider than was named: somebody replaced it")
        details = client.get_boolean_details(self._flag, False)  # noqa: FBT003 its only signature
        if details.error_code is not None:
            code = str(getattr(details.error_code, "value", details.error_code))
            raise StopError(_CODES.get(code, f"was not evaluated ({code})"))
        if words := _REASONS.get(str(details.reason or "").upper()):
            raise StopError(words)
        if details.value is not True:
            raise StopError("says false")
        status = client.get_provider_status()  # a provider in trouble goes on to serve what it knew
        if status.value != "READY":
            raise StopError(f"has a provider that is not ready ({status.value})")

    def _start(self) -> None:
        try:
            self._api.set_provider_and_wait(self._provider, domain=self._domain)
        except Exception as error:
            raise StopError(f"has a provider that does not start: {type(error).__name__}") from error
        self._is_set = True


def flag_of(flag: str, provider: str = "") -> OpenFeatureSource:
    """Return the source for a flag, with the provider that ``module:name`` is or returns.

    Raises ValueError, with a sentence, where the extra is not installed or there is no such provider.
    """
    try:
        import_module("openfeature.api")
    except ImportError:
        raise ValueError("openfeature: it is not installed; pip install 'locust-ext-pack[openfeature]'") from None
    return OpenFeatureSource(flag, _made(provider) if provider else None)


def _made(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        named = getattr(import_module(module), name)
        with gevent.Timeout(_MAKING_SECONDS):
            made = named if _is_provider(named) else named()
    except (Exception, gevent.Timeout) as error:
        reason = OUTLET.text(f"{type(error).__name__}: {error}")
        raise ValueError(f"provider: {path} gives no provider: {reason}") from error
    if not _is_provider(made):
        raise ValueError(f"provider: {path} is not a provider of OpenFeature, nor does it return one")
    return made


def _is_provider(thing: Any) -> bool:
    return not isinstance(thing, type) and all(callable(getattr(thing, name, None)) for name in _NEEDED)
