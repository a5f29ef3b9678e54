"""Which run figures are of, as the attributes of a resource of OpenTelemetry.

Law: what the run itself says comes before what ``OTEL_RESOURCE_ATTRIBUTES`` says of it, the name of the service aside,
which is the team's. No attribute holds a secret, wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.util.types import AttributeValue

from locust_ext.exports.family import RunTold

SERVICE, INSTANCE = "service.name", "service.instance.id"
RUN_ID, STARTED, RUN_NAME = "loadtest.run.id", "loadtest.run.started_at", "loadtest.name"
REVISION, TAG = "vcs.ref.head.revision", "loadtest.tag."

GIT_SHA = "git_sha"
"""The tag that names the revision under test."""

OURS = "locust_ext"
"""The name of the service, unless the environment has one."""

_NAMELESS = "unknown_service"
"""What the SDK calls a service that has no name."""


def resource_of(run: RunTold, hide: Callable[[str], str]) -> Resource:
    """Return the resource of a run, with what the environment says of it; each run is an instance of the service."""
    attributes = {INSTANCE: run.id, RUN_ID: run.id, STARTED: run.started_at, RUN_NAME: run.name, **_tags(run.tags)}
    found = dict(Resource.create({key: value for key, value in attributes.items() if value}).attributes)
    if str(found.get(SERVICE, _NAMELESS)).startswith(_NAMELESS):
        found[SERVICE] = OURS
    return Resource({key: _hidden(value, hide) for key, value in found.items()})


def _hidden(value: AttributeValue, hide: Callable[[str], str]) -> AttributeValue:
    """Return a value without secrets: some detectors tell the whole command line, word by word."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Sequence):
        return tuple(hide(one) if isinstance(one, str) else one for one in value)
    return value


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {REVISION if key == GIT_SHA else f"{TAG}{key}": value for key, value in tags.items()}
