"""What a configuration can say of live figures: to which collector they are pushed, and where they can be scraped.

Law: pure. A secret is never written here, only the name of the environment variable that holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from locust_ext.text.fields import Section, is_http
from locust_ext.text.lengths import check_length, quoted
from locust_ext.text.units import Duration, Span
from locust_ext.text.variables import VariableName

SOONEST = 1.0
"""Seconds between two pushes at the least: figures are judged once a second."""

LONGEST_LINGER = 600.0

Protocol = Literal["http/protobuf", "grpc"]
"""As the variable OTEL_EXPORTER_OTLP_PROTOCOL spells them."""

SPELLINGS: Mapping[str, str] = {"http": "http/protobuf", "https": "http/protobuf", "protobuf": "http/protobuf"}


class OtlpOptions(Section):
    """The collector that figures are pushed to, by OTLP; what is left out is as the variables OTEL_* say."""

    endpoint: str = ""
    protocol: Protocol | None = None
    headers_env: VariableName = ""
    interval: Span | None = None

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if url and not is_http(check_length(url)):
            raise ValueError(f"{quoted(url)} is not a URL of http or https; write it as http://collector:4318")
        return url

    @field_validator("protocol", mode="before")
    @classmethod
    def _as_people_say(cls, name: Any) -> Any:
        return SPELLINGS.get(name.lower(), name.lower()) if isinstance(name, str) else name

    @field_validator("interval")
    @classmethod
    def _is_seldom(cls, interval: float | None) -> float | None:
        if interval is not None and interval < SOONEST:
            raise ValueError("figures are judged once a second; write 1s or more")
        return interval


class PrometheusOptions(Section):
    """Where figures can be scraped in Prometheus' format."""

    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    address: str = "127.0.0.1"
    token_env: VariableName = ""
    linger: Duration = 15.0

    @field_validator("linger")
    @classmethod
    def _is_short(cls, linger: float) -> float:
        if linger > LONGEST_LINGER:
            raise ValueError(f"a process lingers at most {LONGEST_LINGER:g}s for its last scrape")
        return linger


class ExportOptions(Section):
    """Live figures of a run, for where a team already looks."""

    otlp: OtlpOptions | None = None
    prometheus: PrometheusOptions | None = None

    @property
    def variables(self) -> list[str]:
        """The names of the variables that hold secrets."""
        otlp = [self.otlp.headers_env] if self.otlp else []
        return [*otlp, self.prometheus.token_env] if self.prometheus else otlp

    @field_validator("otlp", "prometheus", mode="before")
    @classmethod
    def _nothing_is_the_default(cls, options: Any) -> Any:
        return {} if options is None else options
