"""Policies whose options stand where they are shipped: ``from:`` a file, a JavaScript module or the environment.

Law: read once, on the machine that plans the run; workers are told the options, never the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust_ext.storms.node import from_node
from locust_ext.storms.options import FROM
from locust_ext.storms.shipped import aws_environment, load
from locust_ext.text.lengths import quoted

ENVIRONMENT = "environment"


def with_shipped(policy: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Return ``{client, version, options...}`` with what ``from`` names read in; options beside it win.

    ``from`` is a file as in :func:`~locust_ext.storms.shipped.load`, ``{node: FILE, export: NAME}``, or ``environment``
    for the variables of the AWS SDKs; relative files are seen from ``base``. Raises ValueError with a sentence.
    """
    rest = {key: value for key, value in policy.items() if key != FROM}
    if FROM not in policy:
        return rest
    source = policy[FROM]
    if isinstance(source, Mapping):
        module = from_node(source, base)
        return _merged(module.client, module.options, rest)
    if source == ENVIRONMENT:
        return _merged(*aws_environment(os.environ), rest)
    if not isinstance(source, str):
        raise ValueError(f"{quoted(source)} is not a source; name a file, {{node: FILE}}, or {ENVIRONMENT}")  # noqa: TRY004
    file = base / source
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ValueError(f"{file}: cannot be read: {reason}") from None
    return _merged(*load(text, file.name), rest)


def _merged(client: str, options: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    named = rest.get("client", client)
    if client and named != client:
        raise ValueError(f"what it names is the configuration of {client}, not of {named}")
    return {**options, **rest, **({"client": named} if named else {})}
