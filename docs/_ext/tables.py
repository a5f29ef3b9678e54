"""Tables of the reference that are made from the code, so that the two cannot drift apart.

``{model}`` describes a model of the configuration: its keys, types and defaults are read from the code, and so are the
descriptions that stand there; a key without a description, or a description without a key, is an error. ``{metrics}``,
``{families}``, ``{methods}`` and ``{faults}`` list what their names say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from docutils import nodes
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from locust_ext.demo.faults import FAULTS
from locust_ext.exports.names import FAMILIES, prometheus_name
from locust_ext.gates.thresholds import METHODS
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.storms.backoff import MILLISECONDS
from locust_ext.storms.client import Client, Option
from locust_ext.storms.clients import CLIENTS
from locust_ext.text.units import ArrivalLevel, ArrivalRate, Duration, Rate, Share, format_duration, format_rate

_WORDS = {str: "text", bool: "true or false", int: "whole number", float: "number", NoneType: "nothing"}
_READ: Mapping[Any, str] = {
    kind.__metadata__[0].func: word
    for kind, word in (
        (Duration, "duration"),
        (Share, "share"),
        (Rate, "rate"),
        (ArrivalRate, "rate"),
        (ArrivalLevel, "rate"),
    )
}
"""What is read by a function of its own; any other reader only takes short forms of what the type says."""

_WRITTEN: Mapping[str, Callable[[float], str]] = {
    "duration": format_duration,
    "share": "{:.0%}".format,
    "rate": format_rate,
}

_LIMITS = (("ge", "at least {}"), ("gt", "more than {}"), ("le", "at most {:,}"), ("lt", "less than {}"))


class _Table(SphinxDirective):
    """A directive whose result is one table."""

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[nodes.Node]:
        """Return the table; cells are inline markup, each line of a cell a paragraph."""
        group = nodes.tgroup(cols=len(head))
        group += [nodes.colspec(colwidth=1) for _ in head]
        group += nodes.thead("", self._row(head))
        group += nodes.tbody("", *(self._row(row) for row in rows))
        return [nodes.table("", group)]

    def _row(self, cells: Sequence[str]) -> nodes.row:
        row = nodes.row()
        for cell in cells:
            entry = nodes.entry("")
            for line in cell.split("\n"):
                children, messages = self.parse_inline(line) if line else ([], [])
                entry += [nodes.paragraph("", "", *children), *messages]
            row += entry
        return row


class ModelTable(_Table):
    """``{model} package.module.Model`` with one line ``key: description`` for each key."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the table of the model's keys."""
        module, _, name = self.arguments[0].rpartition(".")
        model: type[BaseModel] = getattr(import_module(module), name)
        said = {key: field.description for key, field in model.model_fields.items() if field.description}
        about = {**said, **dict(self._pairs())}
        if set(about) != set(model.model_fields):
            raise self.error(f"{name}: the keys {sorted(set(about) ^ set(model.model_fields))} are here or there only")
        rows = [
            (f"`{key}`", type_of(field.annotation, field.metadata), default_of(field), about[key])
            for key, field in model.model_fields.items()
        ]
        return self.table(("key", "type", "default", "meaning"), rows)

    def _pairs(self) -> Iterable[tuple[str, str]]:
        for line in self.content:
            key, colon, text = line.partition(":")
            if colon:
                yield key.strip(), text.strip()


class MetricsTable(_Table):
    """``{metrics}``: every built-in metric."""

    def run(self) -> list[nodes.Node]:
        """Return the table of the catalogue."""
        rows = [(f"`{metric.name}`", metric.kind, metric.unit, metric.about) for metric in BUILT_IN.values()]
        return self.table(("metric", "kind", "unit", "what it tells"), rows)


class FamiliesTable(_Table):
    """``{families}``: every figure of a run under way, and how Prometheus spells it."""

    def run(self) -> list[nodes.Node]:
        """Return the table of names."""
        rows = [
            (f"`{one.name}`", f"`{prometheus_name(one)}`", one.form, f"`{one.unit}`" if one.unit else "", one.about)
            for one in FAMILIES.values()
        ]
        return self.table(("name", "in Prometheus", "kind", "unit", "what it tells"), rows)


class MethodsTable(_Table):
    """``{methods}``: what can be asked of each kind of metric."""

    def run(self) -> list[nodes.Node]:
        """Return the table of kinds and methods."""
        rows = [(kind, ", ".join(f"`{method}`" for method in methods)) for kind, methods in METHODS.items()]
        return self.table(("kind", "methods"), rows)


class FaultsTable(_Table):
    """``{faults}``: what can go wrong in the demo target."""

    def run(self) -> list[nodes.Node]:
        """Return the table of faults."""
        return self.table(("fault", "what happens"), [(f"`{fault.name}`", fault.summary) for fault in FAULTS.values()])


class ClientsTable(_Table):
    """``{clients}``: every preset, as its client ships."""

    def run(self) -> list[nodes.Node]:
        """Return the table of clients, versions and options."""
        return self.table(("client", "version", "what was read", "unit", "options = defaults"), map(_client, CLIENTS))


def _client(client: Client) -> tuple[str, ...]:
    read = "\n".join(text for text in (client.package, client.about) if text not in ("", "-"))
    unit = "ms" if client.unit == MILLISECONDS else "s"
    options = "\n".join(f"`{name} = {_option(option)}`" + _about(option) for name, option in client.options.items())
    return f"`{client.name}`", f"`{client.version}`", read, unit, options or "none"


def _option(option: Option) -> str:
    return written(list(option.default) if isinstance(option.default, tuple) else option.default)


def _about(option: Option) -> str:
    texts = [option.about, "one of " + ", ".join(f"`{choice}`" for choice in option.choices) if option.choices else ""]
    return " " + "; ".join(filter(None, texts)) if any(texts) else ""


def written(value: Any) -> str:
    """Return a value as one writes it in YAML.

    >>> written({"client": "socket.io"}), written([1.0, 2.5]), written(True), written(float("inf"))
    ('{client: socket.io}', '[1, 2.5]', 'true', '.inf')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        return ".inf" if math.isinf(value) else f"{value:.12g}"
    return str(value)


def type_of(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """Return the type of a key in words, with its limits."""
    limits = [text.format(getattr(item, name)) for item in metadata for name, text in _LIMITS if hasattr(item, name)]
    origin, inner = get_origin(annotation), get_args(annotation)
    if read := _read_as(metadata):
        word = read
    elif hasattr(annotation, "__metadata__"):
        nested = annotation.__metadata__
        flat = [part for item in nested for part in (item.metadata if isinstance(item, FieldInfo) else [item])]
        return type_of(inner[0], flat)
    elif origin in (Union, UnionType):
        return " or ".join(type_of(part) for part in inner if part is not NoneType)
    elif origin is Literal:
        word = " or ".join(f"`{value}`" for value in inner)
    elif origin is dict:
        word = "mapping"
    elif origin in (list, tuple):
        word = "list"
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        word = "mapping, see below"
    else:
        word = _WORDS[annotation]
    return ", ".join([word, *limits])


def _read_as(metadata: Sequence[Any]) -> str:
    """Return what a reader of our own makes of the key; nothing where there is none."""
    readers = [item.func for item in metadata if isinstance(item, BeforeValidator)]
    return next((_READ[reader] for reader in readers if reader in _READ), "")


def default_of(field: FieldInfo) -> str:
    """Return the default as one writes it; nothing for none."""
    value = field.default
    if field.is_required():
        return "(required)"
    if read := _read_as(field.metadata):
        return f"`{_WRITTEN[read](value)}`"
    if value in (None, "", {}, ()) or isinstance(value, BaseModel):
        return ""
    return f"`{written(value)}`"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    directives: dict[str, type[SphinxDirective]] = {
        "model": ModelTable,
        "metrics": MetricsTable,
        "families": FamiliesTable,
        "methods": MethodsTable,
        "faults": FaultsTable,
        "clients": ClientsTable,
    }
    for name, directive in directives.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True}
