"""The headers of a probe, from the variables that its options name.

Law: pure; a sentence names the variable, and never what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from locust_ext.probes.options import WHOLE
from locust_ext.safety.options import check_header


def headers_of(names: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return headers: each from its own variable, or all of those that one variable holds, one a line.

    Raises ValueError with a sentence for each that cannot be.
    """
    headers: dict[str, str] = {}
    troubles: list[str] = []
    for header, variable in names.items():
        value = environment.get(variable, "").strip()
        try:
            headers |= dict(_lines(value)) if header == WHOLE and value else {header: _checked(value)}
        except ValueError as error:
            troubles.append(f"${variable}{f' for the header {header}' if header else ''} {error}")
    if troubles:
        raise ValueError("; ".join(troubles))
    return headers


def _lines(value: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, map(str.strip, value.splitlines())):
        name, colon, rest = line.partition(":")
        try:
            yield check_header(name.strip() if colon else ""), _checked(rest.strip())
        except ValueError:
            raise ValueError("must hold headers, one a line, as Authorization: Bearer ...") from None


def _checked(value: str) -> str:
    if not value:
        raise ValueError("is not set")
    if not (value.isascii() and value.isprintable()):
        raise ValueError("holds characters that cannot stand in a header")
    return value
