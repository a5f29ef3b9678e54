"""What a configuration can say of probes: which endpoints or processes of the target are read, and how often.

Law: pure; names of environment variables stand here, never what they hold. Whatever passes here can be read.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from locust_ext.probes.series import CPU, MAX_FDS, OPEN_FDS, RESIDENT, START_TIME, THREADS, parse_series
from locust_ext.safety.options import check_header
from locust_ext.text.fields import Names, Section, is_http
from locust_ext.text.lengths import check_length, quoted
from locust_ext.text.spelling import nearest
from locust_ext.text.units import Span
from locust_ext.text.variables import VariableName, check_variable

MOST_PROBES, MOST_SERIES = 32, 64
"""Instances of a run, and series of each."""

SOONEST = 0.5
"""Seconds between two reads at the least, however a run is rehearsed: the probe must not be the load."""

LONGEST_TIMEOUT = 30.0
HOST = "{host}"
"""What stands for the run's host in a URL."""

WHOLE = ""
"""The key of ``headers_env`` whose variable holds whole headers, one a line."""

OF_PROCESSES = (OPEN_FDS, RESIDENT, THREADS, CPU, START_TIME, MAX_FDS)
"""The series of a process on the same machine."""

_INSTANCE = re.compile(r"[A-Za-z0-9_][\w.-]{0,63}", re.ASCII)


class ProcessOptions(Section):
    """A process on the machine that judges the run, by its number or by its name."""

    pid: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    name: str = ""

    @model_validator(mode="after")
    def _is_one(self) -> ProcessOptions:
        if (self.pid is None) == (not self.name):
            raise ValueError("name the process by its pid or by its name: {pid: 4711} or {name: postgres}")
        return self


def _whole_or_each(headers: Any) -> Any:
    return {WHOLE: check_variable(headers)} if isinstance(headers, str) else headers


class ProbeOptions(Section):
    """One instance of the target: an endpoint in Prometheus' format, or a process on the same machine."""

    url: str = ""
    process: ProcessOptions | None = None
    every: Span = 5.0
    timeout: Span = 2.0
    headers_env: Annotated[dict[str, VariableName], BeforeValidator(_whole_or_each)] = Field(default={})
    series: Names = ()

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        meant = url.replace(HOST, "https://host", 1) if url.startswith(HOST) else url
        follows = url[len(HOST) :][:1]
        if (
            not is_http(check_length(meant))
            or "{" in meant
            or "}" in meant
            or (meant is not url and follows not in ("", "/"))
        ):
            raise ValueError(
                "this is not a URL of http or https; write it as https://api.staging.example.com/metrics, or as "
                f"{HOST}/metrics for the host of the run"
            )
        return url

    @field_validator("every")
    @classmethod
    def _is_seldom(cls, every: float) -> float:
        if every < SOONEST:
            raise ValueError("a probe reads at most twice a second, so as not to be a load itself; write 500ms or more")
        return every

    @field_validator("timeout")
    @classmethod
    def _is_soon(cls, timeout: float) -> float:
        if timeout > LONGEST_TIMEOUT:
            raise ValueError(f"a probe waits at most {LONGEST_TIMEOUT:g}s for its answer")
        return timeout

    @field_validator("headers_env")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        return {name and check_header(name): variable for name, variable in headers.items() if variable}

    @field_validator("series")
    @classmethod
    def _are_series(cls, series: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(str(parse_series(name)) for name in series))
        if len(names) > MOST_SERIES:
            raise ValueError(f"a probe reads at most {MOST_SERIES} series, and these are {len(names)}")
        return names

    @model_validator(mode="after")
    def _is_one(self) -> ProbeOptions:
        if bool(self.url) == (self.process is not None):
            raise ValueError("name either a url or a process on this machine, and not both")
        if self.process is not None:
            if self.headers_env:
                raise ValueError("headers_env: a process is sent nothing; headers are for a url")
            if odd := [name for name in self.series if name not in OF_PROCESSES]:
                raise ValueError(f"series: a process has no {quoted(odd[0])}{nearest(odd[0], OF_PROCESSES)}")
        return self

    def interval(self, scale: float) -> float:
        """Return the seconds from one read to the next in a run whose times are ``scale`` times as long."""
        return max(SOONEST, self.every * scale)


def _check_instance(name: str) -> str:
    if not _INSTANCE.fullmatch(name):
        raise ValueError(f"{quoted(name)} is not the name of an instance: one word of letters, digits, _, . and -")
    return name


def _check_number(probes: dict[str, ProbeOptions]) -> dict[str, ProbeOptions]:
    if len(probes) > MOST_PROBES:
        raise ValueError(f"there can be at most {MOST_PROBES} probes, and these are {len(probes)}")
    return probes


def _none_is_empty(probes: Any) -> Any:
    return {} if probes is None else probes


Probes = Annotated[
    dict[Annotated[str, AfterValidator(_check_instance)], ProbeOptions],
    BeforeValidator(_none_is_empty),
    AfterValidator(_check_number),
]
"""Probes by the names of their instances."""
