"""The command ``locust-ext backoff``: say how a client comes back, and draw the herd of a thousand of them.

Law: what is wrong is raised as one ConfigurationError with all of it; nothing here exits or reads the command line.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from locust_ext.process.files import write_atomically
from locust_ext.storms.backoff import Backoff
from locust_ext.storms.client import Client
from locust_ext.storms.clients import CLIENTS, UnknownClientError, find
from locust_ext.storms.describe import describe, judgement
from locust_ext.storms.node import read_module
from locust_ext.storms.reading import misspelt
from locust_ext.storms.shipped import load
from locust_ext.storms.study import HERD, Study, span_of, study
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest

MODULES = (".js", ".mjs", ".cjs")
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Asked:
    """The arguments of one call of the command."""

    clients: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    shipped: Path | None = None


def asked(client: str, words: Sequence[str], version: str = "", shipped: Path | None = None) -> Asked:
    """Return what the words of a command line mean; with a file the client may be left out."""
    if "=" in client:
        client, words = "", (client, *words)
    _refuse([Problem(word, "is not an option; write it as OPTION=VALUE") for word in words if "=" not in word])
    options = {key.strip(): parse_value(value) for key, _, value in (word.partition("=") for word in words)}
    return Asked(tuple(name.strip() for name in client.split(",") if name.strip()), options, version, shipped)


def parse_value(text: str) -> Any:
    """Return a number, a switch, null or a list written in JSON; everything else is text, and ``inf`` is endless."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return math.inf if text.strip().lower() in {"inf", "infinity"} else text
    return text if isinstance(value, dict) else value


def backoff(question: Asked, output: Path | None = None, *, as_json: bool = False) -> str:
    """Return what is printed: the list of all clients, or the description of those that were asked for.

    With ``output`` the picture is written there. Raises ConfigurationError.
    """
    if not question.clients and question.shipped is None:
        idle = [*question.options, *(["--version"] if question.version else []), *(["-o"] if output else [])]
        _refuse([Problem(name, "belongs to a client, and none is named") for name in idle])
        return list_clients(as_json=as_json)
    policies, notes = _policies(question)
    span = max(span_of(policy) for _, policy, _ in policies)
    studies = [study(client.name, client.version, client.package, policy, span) for client, policy, _ in policies]
    if output is not None:
        _draw(studies, output, span)
    if as_json:
        found = [
            {**one.as_json(), "options": options, "notes": notes, "judgement": judgement(one)}
            for one, (_, _, options) in zip(studies, policies, strict=True)
        ]
        return json.dumps(_finite(found[0] if len(found) == 1 else found), indent=2, allow_nan=False)
    texts = ["\n".join(f"note: {note}" for note in notes)] if notes else []
    texts += [describe(one) for one in studies]
    texts += [f"{output}: {', '.join(one.name for one in studies)}, {span:g} s"] if output is not None else []
    return "\n\n".join(texts)


def list_clients(*, as_json: bool = False) -> str:
    """Return all clients with their versions, packages and options."""
    if as_json:
        rows = [
            {
                "client": client.name,
                "version": client.version,
                "package": client.package,
                "about": client.about,
                "options": {
                    name: {"default": option.default, "about": option.about} for name, option in client.options.items()
                },
            }
            for client in CLIENTS
        ]
        return json.dumps(_finite(rows), indent=2, allow_nan=False)
    table = [("CLIENT", "VERSION", "READ IN", "OPTIONS")]
    table += [(each.name, each.version, each.package, " ".join(each.options) or each.about) for each in CLIENTS]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in table
    )


def printable(text: str, encoding: str | None = None) -> str:
    """Return the text with ``#`` and ``?`` for what the terminal cannot show."""
    coding = encoding or sys.stdout.encoding or "utf-8"
    try:
        text.encode(coding)
    except (UnicodeEncodeError, LookupError):
        return "".join("#" if "▁" <= sign <= "█" else sign for sign in text).encode("ascii", "replace").decode()
    return text


Policies = list[tuple[Client, Backoff, dict[str, Any]]]


def _policies(question: Asked) -> tuple[Policies, list[str]]:
    """Return each client that was asked for with its policy and options, and what one must know of them."""
    names, shipped, notes = question.clients, dict[str, Any](), list[str]()
    several = len(names) > 1
    problems = []
    if several and question.version:
        problems.append(Problem("--version", "is for one client; with several, write each as name@version"))
    if several and question.shipped is not None:
        problems.append(Problem("--from", "configures one client, and several are named"))
    version = "" if several else question.version
    _refuse([*problems, *_unknown(names, version)])
    if question.shipped is not None:
        names, shipped, notes = _from_file(question.shipped, names, version)
        _refuse(_unknown(names, version))
    clients = [find(name, version) for name in names]
    return (_of_several(clients, question.options) if several else _built(clients[0], shipped, question)), notes


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConfigurationError(problems)


def _unknown(names: Sequence[str], version: str) -> list[Problem]:
    problems = []
    for name in names:
        try:
            find(name, version)
        except UnknownClientError as error:
            problems.append(Problem("", str(error)))
    return problems


def _built(client: Client, shipped: Mapping[str, Any], question: Asked) -> Policies:
    options = {**shipped, **question.options}
    _refuse(client.problems(options))
    try:
        return [(client, client.policy(options), options)]
    except ValueError as error:
        raise ConfigurationError([Problem(client.name, str(error))]) from None


def _of_several(clients: Sequence[Client], options: Mapping[str, Any]) -> Policies:
    """Return the policies of several clients: each takes the options that it has, and one of them must have it."""
    known = {option for client in clients for option in client.options}
    problems = [
        Problem(option, f"none of the clients has such an option{nearest(option, known)}")
        for option in options
        if option not in known
    ]
    policies: Policies = []
    for client in clients:
        mine = {option: value for option, value in options.items() if option in client.options}
        try:
            policies += _built(client, mine, Asked())
        except ConfigurationError as error:
            problems += error.problems
    _refuse(problems)
    return policies


def _from_file(file: Path, names: tuple[str, ...], version: str) -> tuple[tuple[str, ...], dict[str, Any], list[str]]:
    """Return the client and the options in a file as shipped."""
    try:
        if file.suffix in MODULES:
            module = read_module(file)
            if module.client:
                return (module.client,), module.options, list(module.notes)
            return names, *_of_module(module.options, names, version, list(module.notes))
        with file.open("rb") as content:
            text = content.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError("the file is larger than 1 MiB")  # noqa: TRY301 said like all the rest
        name, options = load(text.decode("utf-8-sig"), file.name)
    except OSError as error:
        raise ConfigurationError([Problem(str(file), f"cannot be read: {error.strerror or error}")]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([Problem(str(file), "is not text in UTF-8")]) from None
    except ValueError as error:
        raise ConfigurationError([Problem("" if str(file) in str(error) else str(file), str(error))]) from None
    if names and names[0].partition("@")[0] != name:
        raise ConfigurationError([Problem(str(file), f"configures {name}, not {names[0]}")])
    return names or (name,), options, []


def _of_module(
    options: dict[str, Any], names: tuple[str, ...], version: str, notes: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return those options of a module that its client's back-off has; a misspelt one raises ValueError."""
    if not names:
        raise ValueError("its options do not say whose they are; name the client, such as socket.io")
    known = find(names[0], version).options
    for name, meant in misspelt(options, known).items():
        raise ValueError(f"{names[0]} has no option {quoted(name)}; did you mean {quoted(meant)}?")
    others = [name for name in options if name not in known]
    if others:
        notes.append(f"not about coming back: {', '.join(others)}")
    return {name: value for name, value in options.items() if name in known}, notes


def _draw(studies: Sequence[Study], output: Path, span: float) -> None:
    from locust_ext.reports.pages import Herd, herd_page  # noqa: PLC0415 only this draws

    try:
        page = herd_page([Herd(one.name, one.version, one.slots) for one in studies], HERD, span)
        write_atomically(output, page)
    except OSError as error:
        raise ConfigurationError([Problem(str(output), f"cannot be written: {error.strerror or error}")]) from None


def _finite(value: Any) -> Any:
    """Return ``value`` with null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
