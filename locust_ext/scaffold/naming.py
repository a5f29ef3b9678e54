"""What a scenario may be called, and which host may stand in a file.

Law: a name that passes can be imported and hides no module; a host that passes holds no secret.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from keyword import iskeyword
from urllib.parse import urlsplit

from locust_ext.config.schema import check_host
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import Problem

LONGEST = 64

_STEM = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def problems_of_name(name: str) -> list[Problem]:
    """Return what is wrong with ``name`` as the stem of a Python module; an empty list means nothing."""
    if not _STEM.fullmatch(name) or iskeyword(name):
        return [Problem("--name", f"{quoted(name)} is not the name of a Python module{_respelt(name)}")]
    if len(name) > LONGEST:
        return [Problem("--name", f"{quoted(name)} has {len(name)} letters; it may have {LONGEST}")]
    # Locust puts the locustfile's directory first on the import path, so its name would win over that of the module.
    if name in sys.stdlib_module_names:
        return [_hidden(name, "Python's own module")]
    if name in packages_distributions():
        return [_hidden(name, "the installed package")]
    return []


def _hidden(name: str, what: str) -> Problem:
    return Problem("--name", f"{quoted(name)} would hide {what} of that name; take another, such as {name}_load")


def _respelt(name: str) -> str:
    """Return a hint at the nearest name that would do."""
    near = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    fits = _STEM.fullmatch(near) and not iskeyword(near) and len(near) <= LONGEST
    return f"; did you mean {quoted(near)}?" if fits else "; write it as feed or check_out: ASCII letters, digits and _"


def problems_of_host(host: str) -> list[Problem]:
    """Return what is wrong with ``host`` for a file that is committed; an empty one means the demo target."""
    try:
        check_host(host)
        parts = urlsplit(host)
    except ValueError as error:
        return [Problem("--host", str(error))]
    if not host.isprintable() or " " in host:
        return [Problem("--host", f"{quoted(host)} holds blanks or control characters")]
    if parts.username is not None or parts.password is not None:
        return [Problem("--host", "it holds a user or a password, which have no place in a file; set BASE_URL instead")]
    return []
