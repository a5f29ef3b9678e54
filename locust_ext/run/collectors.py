"""Whether figures can be pushed where the configuration or the environment wants them: asked before a run, and said.

Law: what the configuration asks for and cannot be is a mistake in it; what variables alone ask for and cannot be is a
warning, and the run goes on without.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import gevent

from locust_ext.config.plan import Plan
from locust_ext.exports.options import ExportOptions, OtlpOptions, Protocol
from locust_ext.exports.otlp_settings import (
    FILES,
    SettingsError,
    Trouble,
    collector_of,
    is_asked,
    switched_off,
)
from locust_ext.safety.outlet import OUTLET
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem

if TYPE_CHECKING:
    from locust_ext.run.exposing import Exposing
    from locust_ext.run.pushing import Pushing

logger = logging.getLogger(__name__)

TURN = 0.01
"""Seconds for others after the SDK was loaded: what that took is known then, and is not taken for lag of the run."""

INSTALL = "pip install 'locust-ext-pack[otel]'"

NEEDED: Mapping[Protocol, tuple[str, ...]] = {
    "http/protobuf": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    "grpc": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.grpc", "grpc"),
}
"""The modules of the extra, for each protocol."""


def problems_of(plan: Plan, environment: Mapping[str, str] = os.environ) -> list[Problem]:
    """Return what is wrong with the collector that the configuration asks for; none where it asks for none."""
    options = plan.config.export.otlp
    if options is None or not is_asked(options, environment):
        return []
    OUTLET.know([options.headers_env], [options.endpoint])
    troubles = list(_troubles(options, environment))
    document = plan.document
    return [
        document.problem(("export", "otlp", place), what)
        if place in OtlpOptions.model_fields
        else document.problem(("export", "otlp"), f"{place}: {what}" if place else what)
        for place, what in troubles
    ]


def _troubles(options: OtlpOptions | None, environment: Mapping[str, str]) -> Iterator[Trouble]:
    try:
        collector = collector_of(options, environment)
    except SettingsError as error:
        yield from error.troubles
        collector = None
    if collector is not None and (missing := lacking(collector.protocol)):
        yield "", missing
    for variable in FILES:
        if (file := environment.get(variable, "").strip()) and not os.access(file, os.R_OK):
            yield variable, f"the file {quoted(file)} cannot be read"


def lacking(protocol: Protocol) -> str:
    """Return what has to be installed for a protocol, as a sentence; empty: nothing."""
    if all(_is_there(name) for name in NEEDED[protocol]):
        return ""
    return f"figures are pushed by the OpenTelemetry SDK, which is not installed: {INSTALL}"


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # of a package within one that is not there
        return False


def said_of(options: OtlpOptions | None, environment: Mapping[str, str] = os.environ) -> str:
    """Return where figures of a run will go, as a line for people; empty: nobody asks."""
    if not is_asked(options, environment):
        off = switched_off(environment)
        return f"to no collector: {off}" if options is not None and off else ""
    try:
        collector = collector_of(options, environment)
    except SettingsError as error:
        return f"to no collector: {error}"
    assert collector is not None
    if missing := lacking(collector.protocol):
        return "" if collector.by_variables else missing
    by = ", as OTEL_EXPORTER_OTLP_ENDPOINT says" if collector.by_variables else ""
    return f"to {collector.host} by {collector.protocol} every {collector.interval:g}s{by}"


def pushing_to(environment: Any, exposing: Exposing, options: ExportOptions) -> Pushing | None:
    """Return what pushes the figures of an environment's runs; None, and why, where it cannot be."""
    found = next(_troubles(options.otlp, os.environ), None)
    if found is None:
        collector = collector_of(options.otlp, os.environ)
        assert collector is not None
        from locust_ext.run.pushing import make  # noqa: PLC0415 it loads the SDK

        found_way = make(environment, exposing, collector)
        gevent.sleep(TURN)
        return found_way
    place, what = found
    if options.otlp is not None or place:  # variables alone, and no SDK: nobody asked us
        logger.warning("no live figures are pushed: %s%s", f"{place}: " if place else "", what)
    return None
