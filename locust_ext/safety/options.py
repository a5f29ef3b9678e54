"""What a configuration can say of safety: marks, a cap, a kill switch, and what production asks for.

Law: pure; names of environment variables stand here, never what they hold.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from locust_ext.safety.hosts import STAGING
from locust_ext.safety.origin import origin_of
from locust_ext.safety.window import parse_window
from locust_ext.text.fields import Section, is_a_path, is_http, one_is_a_list, value_as_text
from locust_ext.text.lengths import quoted
from locust_ext.text.units import Rate, Share, Span
from locust_ext.text.variables import VariableName

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def check_header(name: str) -> str:
    """Return ``name`` if it can be that of a header (RFC 9110, section 5.6.2); raises ValueError."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{quoted(name)} is not the name of a header")
    return name


class TenantOptions(Section):
    """How synthetic traffic is marked, and the environment variables that hold the token and the key."""

    header: str = "x-synthetic-tenant"
    value: str = "true"
    token_env: VariableName = "LOAD_TEST_TOKEN"  # noqa: S105 the name of a variable, not a secret
    key_env: VariableName = "LOAD_TEST_KEY"
    lifetime: Span = 900.0
    ack_header: str = "x-synthetic-tenant-ack"

    @field_validator("header", "ack_header")
    @classmethod
    def _is_token(cls, header: str) -> str:
        return check_header(header)

    @field_validator("value", mode="before")
    @classmethod
    def _is_one_line(cls, value: Any) -> str:
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else value_as_text(value)
        if not isinstance(text, str) or not text or not text.isprintable() or not text.isascii():
            raise ValueError(f"{quoted(text)} cannot be the value of a header")
        return text


class _Remote(Section):
    """Something that is asked over HTTP, or not at all."""

    url: str = ""
    pointer: str | None = None
    headers_env: dict[str, VariableName] = Field(default={})

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if url and not is_http(url):
            raise ValueError("this is not a URL of http or https")
        return url

    @field_validator("pointer")
    @classmethod
    def _is_pointer(cls, pointer: str | None) -> str | None:
        if pointer and (not pointer.startswith("/") or re.search(r"~(?![01])", pointer)):
            raise ValueError(f"{quoted(pointer)} is not a JSON pointer; write it as /load-test/allowed")
        return pointer

    @field_validator("headers_env")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        return {check_header(name): variable for name, variable in headers.items()}


class KillSwitchOptions(_Remote):
    """Flags that mean *allowed*: all that are named must say so, or the run ends."""

    file: str = ""
    env: VariableName = ""
    openfeature: str = ""
    provider: str = ""

    @field_validator("provider")
    @classmethod
    def _names_a_callable(cls, provider: str) -> str:
        if provider and not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", provider):
            raise ValueError(f"{quoted(provider)} names no provider; write it as module:name")
        return provider

    @model_validator(mode="after")
    def _has_a_source(self) -> KillSwitchOptions:
        if not (self.file or self.url or self.env or self.openfeature):
            raise ValueError("there is no flag to read: name a file, a url, an env or an openfeature flag")
        if self.provider and not self.openfeature:
            raise ValueError("provider: there is no openfeature flag to ask it for")
        return self


class AlarmOptions(_Remote):
    """A probe that tells whether an alarm is on."""

    url: str
    every: Span = 5.0

    @field_validator("url")
    @classmethod
    def _is_somewhere(cls, url: str) -> str:
        if not url:
            raise ValueError("this is not a URL of http or https")
        return url


class AbortOptions(Section):
    """When a run ends because it does harm."""

    error_rate: Share = 0.05
    error_window: Span = 10.0
    min_requests: Annotated[int, Field(ge=1)] = 50
    p99_ratio: Annotated[float, Field(gt=1, le=100)] = 2.0
    p99_for: Span = 30.0
    ack: bool = True
    alarm: AlarmOptions | None = None


class ProductionOptions(Section):
    """The written go-ahead for hosts that are production, and which those are."""

    window: str = ""
    on_call: str = ""
    dashboard: str = ""
    announcement: str = ""
    go_ahead_for: tuple[str, ...] = ()
    staging: tuple[str, ...] = STAGING
    hosts: tuple[str, ...] = ()

    _patterns = field_validator("go_ahead_for", "staging", "hosts", mode="before")(one_is_a_list)

    @field_validator("go_ahead_for", "staging", "hosts")
    @classmethod
    def _are_names(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if not pattern or re.search(r"[/,\s]", pattern) or re.search(r"[^:]:\d+$", pattern):
                raise ValueError(
                    f"{quoted(pattern)} is not a name; write it without scheme and port, as *.staging.example.com"
                )
        return patterns

    @field_validator("window")
    @classmethod
    def _is_a_window(cls, window: str) -> str:
        if window:
            parse_window(window)
        return window

    @field_validator("dashboard", "announcement")
    @classmethod
    def _is_a_link(cls, link: str) -> str:
        if link and not is_http(link):
            raise ValueError(f"{quoted(link)} is not a link; write it as https://...")
        return link


class SafetyOptions(Section):
    """What keeps a run from doing harm."""

    rate_cap: Rate | None = None
    kill_switch: KillSwitchOptions | None = None
    origins: tuple[str, ...] = ()
    production: ProductionOptions = ProductionOptions.model_construct()
    abort: AbortOptions | None = None
    check_path: str = "/"
    run_log: str = ""

    @field_validator("rate_cap", mode="before")
    @classmethod
    def _is_a_rate(cls, rate: Any) -> Any:
        if rate is None:
            raise ValueError("there is no rate; write it as 200/s, or leave the key out")
        return rate

    _origins = field_validator("origins", mode="before")(one_is_a_list)
    _check_path = field_validator("check_path")(is_a_path)

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin_of(origin) is None:
                raise ValueError(f"{quoted(origin)} is not an origin; write it as https://login.example.com")
        return origins

    @field_validator("abort", "kill_switch", mode="before")
    @classmethod
    def _nothing_is_the_default(cls, options: Any) -> Any:
        return {} if options is None else options
