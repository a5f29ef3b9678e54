"""How a page draws its charts: Plotly's script, ours, and the policy that lets these two run and nothing else.

Law: a page works offline and asks nobody for anything. Plotly's script stands in it packed, and our script unpacks it;
what comes out must have the hash that the policy names. Nothing of Plotly's Python is imported: its package is only
where the script lies. What is read from files are constants that ship with the packages.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache, partial
from importlib.resources import files
from importlib.resources.abc import TraversableResources
from importlib.util import find_spec
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from locust_ext.gates.values import MISSING
from locust_ext.reports.console import plain
from locust_ext.reports.figure import DARK, Chart
from locust_ext.text.strict_json import strict_json

_HERE = "locust_ext.reports"

_BREAKS = re.compile(r"[/,]+(?=\S)")

LEVEL = 9
"""Of packing: as small as it gets; of Plotly's script it is done once a process, in a sixth of a second."""


def drawn(charts: Iterable[Chart]) -> Markup:
    """Return the charts as our script reads them, packed; nothing where there are none."""
    found = {
        chart.id: {"data": chart.data, "layout": chart.layout, "says": chart.says, "choice": chart.choice}
        for chart in charts
    }
    return _packed(strict_json({"dark": DARK, "charts": found}).encode()) if found else Markup()


def plotly() -> Markup:
    """Return Plotly's script, packed."""
    return _of_plotly()[0]


def script() -> Markup:
    """Return our own script: how a chart is drawn, which the live page shares, and then what a report does."""
    return Markup(_text("drawing.js") + _text("report.js"))  # noqa: S704 ours


def style() -> Markup:
    """Return the look of all pages."""
    return Markup(_text("report.css") + _text("errors.css"))  # noqa: S704 ours


@cache
def policy() -> str:
    """Return the content security policy of a page: only these two scripts, and no request."""
    allowed = f"{_of_plotly()[1]} {_hash(script().encode())}"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def templates(*rooms: str) -> Environment:
    """Return what makes pages of the templates in some rooms, by default the reports'.

    Everything that a template shows is escaped, and free of control characters.
    """
    environment = Environment(
        loader=FunctionLoader(partial(_found, rooms or (_HERE,))),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(plotly=plotly, policy=policy, script=script, style=style)
    return environment


def broken(text: str) -> Markup:
    """Return a text as a page shows it, which may break behind each ``/`` and each comma."""
    return Markup(_BREAKS.sub(r"\g<0><wbr>", str(escape(plain(text)))))  # noqa: S704 escaped, and no entity has either


def _packed(content: bytes) -> Markup:
    """Return what the browser unpacks; there is no character in it that a page could take for its own."""
    return Markup(base64.b64encode(gzip.compress(content, LEVEL, mtime=0)).decode())  # noqa: S704 base64


def _shown(value: Any) -> Any:
    """Return what the page shows of a value: text without control characters, a dash where there is none."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value)
    return MISSING if value is None else value


def plotly_script() -> bytes:
    """Return Plotly's script as its package has it."""
    return _plotly()


@cache
def _text(name: str, room: str = _HERE) -> str:
    return files(room).joinpath(name).read_text("utf-8")


def _found(rooms: Sequence[str], name: str) -> str | None:
    """Return the template of a name, of the first room that has it."""
    return next((_text(name, room) for room in rooms if files(room).joinpath(name).is_file()), None)


@cache
def _of_plotly() -> tuple[Markup, str]:
    """Return Plotly's script, packed, and the hash of what it unpacks to."""
    content = _plotly()
    return _packed(content), _hash(content)


def _plotly() -> bytes:
    """Return Plotly's script from where its package lies, which is not imported for it."""
    spec = find_spec("plotly")
    loader: Any = spec.loader if spec else None
    reader = loader.get_resource_reader("plotly") if loader else None
    if not isinstance(reader, TraversableResources):
        raise FileNotFoundError("the package plotly is not there, and pages need its script; pip install plotly")
    return reader.files().joinpath("package_data", "plotly.min.js").read_bytes()


def _hash(content: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"
