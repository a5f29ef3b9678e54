"""A script's functions as a draft of a locustfile: one user class for each that a scenario runs.

Law: pure; secrets of the script are in nothing that is returned, and what is left to do is said first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from locust_ext.drafts.journey import (
    AtOnce,
    Column,
    Env,
    Group,
    Journey,
    LocustfileDraft,
    Request,
    Step,
    Template,
    Unfinished,
    walk,
)
from locust_ext.drafts.locustfile import class_names
from locust_ext.drafts.module_scope import references_of
from locust_ext.k6.answers import finished
from locust_ext.k6.calls import called_function
from locust_ext.k6.data_feeders import DataFeeder
from locust_ext.k6.exec_functions import ExecFunctions
from locust_ext.k6.hosts import CommonHost, common_host, without_host
from locust_ext.k6.imports import HTTP, literal_of
from locust_ext.k6.linked_names import LinkedNames
from locust_ext.k6.literal_secrets import LiteralSecrets
from locust_ext.k6.metric_sources import own_metrics
from locust_ext.k6.modules import Files, Modules
from locust_ext.k6.samples import Samples
from locust_ext.k6.script import HOOKS
from locust_ext.k6.syntax import FUNCTIONS, above, line_of, part
from locust_ext.k6.texts import Texts
from locust_ext.k6.thresholds import UNWRITTEN, WrittenCode

BASE_URL = "BASE_URL"
"""The variable that names the host of a run."""

OWN_HOST = "give the host with --host, or BASE_URL, or host: in the configuration"


@dataclass
class Translated:
    """A draft, and what the configuration must say of it: classes by function, feeders, the host."""

    draft: LocustfileDraft
    classes: dict[str, str] = field(default_factory=dict)
    feeders: list[DataFeeder] = field(default_factory=list)
    host: str = ""
    code: WrittenCode = UNWRITTEN
    """What the draft does for the script's thresholds."""


def translate_functions(
    text: str,
    source: str,
    functions: Sequence[str],
    command: str,
    needed: Collection[str] = (),
    files: Files | None = None,
) -> Translated:
    """Return what the users of a script do; ``functions`` are those that its scenarios run.

    ``needed`` are metrics that a threshold judges by their own name. What the script imports is read from ``files``.
    """
    modules = Modules(text, source, files)
    while True:
        read = len(modules.read)
        found = _translated(modules, functions, command, needed)
        if len(modules.read) == read:  # else secrets of other files are known only now
            return found


def _translated(modules: Modules, functions: Sequence[str], command: str, needed: Collection[str]) -> Translated:
    unread = _read_for_what_they_do(modules)
    texts, source, main = Texts(modules), modules.main.file, modules.main
    writer = ExecFunctions(texts, own_metrics(main.scopes, main.imports, texts.expressions), needed)
    journeys, missing = [], []
    for name in dict.fromkeys(functions):
        function, why = _function(texts.names, name)
        if function is None:
            missing.append(f"write what {name} does: {why}")
        steps = finished(writer.steps(function)) if function is not None else ()
        journeys.append(
            Journey(_class_name(name), steps, about=f"Does what {name} does in {_file(source)}, again and again")
        )
    host = common_host(journeys)
    if host is not None:
        journeys = without_host(journeys)
    rows = {each.feeder for journey in journeys for each in references_of(journey) if isinstance(each, Column)}
    feeders = [feeder for feeder in texts.feeders.used if feeder.name in rows]
    kept = {feeder.name for feeder in feeders if feeder.kept}
    journeys = [replace(each, kept=_rows(each, kept), steps=_hidden(each.steps, texts.secrets)) for each in journeys]
    finish = [
        *missing,
        *_of_host(host, journeys),
        *_of_secrets(texts, journeys),
        *_of_feeders(feeders),
    ]
    finish += [f"{name}() {place} is not translated" for name, place in _hooks(texts.names).items()]
    finish += [*_callbacks(texts), *unread]
    notes = [f"{name} is left out: {metric} is measured by itself" for name, metric in writer.samples.moved.items()]
    draft = LocustfileDraft(_file(source), command, journeys, tuple(finish), tuple(notes))
    classes = dict(zip(dict.fromkeys(functions), class_names(journeys), strict=True))
    return Translated(draft, classes, feeders, host.origin if host is not None else "", _code(journeys, writer.samples))


def _code(journeys: Sequence[Journey], samples: Samples) -> WrittenCode:
    """Return what the users do for the thresholds of the script."""
    sent = [step for journey in journeys for step in walk(journey.steps) if isinstance(step, Request)]
    checks = [check for request in sent for check in request.checks]
    return WrittenCode(
        samples.whole,
        samples.partly,
        _tags(each.tags for each in sent),
        _tags(each.tags for each in checks),
        bool(checks),
    )


def _tags(tagged: Iterable[Mapping[str, Template]]) -> frozenset[tuple[str, str | None]]:
    return frozenset((name, value.literal) for tags in tagged for name, value in tags.items())


def _read_for_what_they_do(modules: Modules) -> list[str]:
    """Read the files that a script imports without a name, and return what must be said of those that cannot be."""
    unread = []
    for node in modules.main.scopes.root.named_children:
        is_bare = node.type == "import_statement" and all(each.type != "import_clause" for each in node.children)
        specifier = literal_of(part(node, "source")) if is_bare else ""
        try:
            if specifier.startswith((".", "/")):
                modules.imported(modules.main, specifier)
        except ValueError as error:
            unread.append(f"look at the file that line {line_of(node)} imports for what it does: {error}")
    return unread


def _function(names: LinkedNames, name: str) -> tuple[Node | None, str]:
    """Return the function that is exported under ``name``; or none, and why."""
    try:
        binding = names.exported(name)
    except ValueError as error:
        return None, str(error)
    found = called_function(binding) if binding is not None else None
    return found, "no function of this file is called so"


def _class_name(function: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", function)
    made = "".join(word[:1].upper() + word[1:] for word in words)
    return made if made.endswith("User") else f"{made}User"


def _file(source: str) -> str:
    return re.split(r"[/\\]", source)[-1]


def _rows(journey: Journey, kept: set[str]) -> tuple[str, ...]:
    """Return the feeders of which a user keeps a row."""
    used = dict.fromkeys(each.feeder for each in references_of(journey) if isinstance(each, Column))
    return tuple(feeder for feeder in used if feeder in kept)


def _hidden(steps: Sequence[Step], secrets: LiteralSecrets) -> tuple[Step, ...]:
    """Return the same steps without secrets in what is shown of the script."""

    def hide(step: Step) -> Step:
        match step:
            case Unfinished():
                return replace(step, source=secrets.hidden(step.source), why=secrets.hidden(step.why))
            case Group():
                return replace(step, name=secrets.hidden(step.name), steps=_hidden(step.steps, secrets))
            case Request():
                return replace(step, name=secrets.hidden(step.name), notes=tuple(map(secrets.hidden, step.notes)))
            case AtOnce():
                return replace(
                    step, requests=tuple(one for one in map(hide, step.requests) if isinstance(one, Request))
                )
        return step

    return tuple(map(hide, steps))


def _of_host(host: CommonHost | None, journeys: Sequence[Journey]) -> list[str]:
    if host is None:
        steps = [step for journey in journeys for step in walk(journey.steps) if isinstance(step, Request)]
        if not steps:
            return []
        several = (
            "not all addresses begin alike, so they stand whole; give one of the hosts with --host, and list the others"
        )
        return [f"{several} in safety.origins"]
    if host.variable == BASE_URL:
        return []
    if host.variable:
        return [f"{OWN_HOST}; the script reads it from {host.variable}"]
    return [f"{OWN_HOST}; in the script it is {host.origin}"]


def _of_secrets(texts: Texts, journeys: Sequence[Journey]) -> list[str]:
    used = {each.name for journey in journeys for each in references_of(journey) if isinstance(each, Env)}
    return [
        f"set {name} in the environment: line {line_of(node)} of {texts.names.file_of(node) or 'the script'} holds it "
        "as a literal, which is not written here"
        for name, node in texts.secrets.places.items()
        if name in used
    ]


def _of_feeders(feeders: Sequence[DataFeeder]) -> list[str]:
    return [
        f"make {lines_file(feeder.file)} of {feeder.file}, one object a line, as jq -c '.[]' does"
        for feeder in feeders
        if feeder.is_json
    ]


def lines_file(file: str) -> str:
    """Return the name of the file of JSON lines that is made of a file of JSON."""
    return re.sub(r"(?i)\.json$", "", file) + ".jsonl"


def _callbacks(texts: Texts) -> list[str]:
    """Return what a script says of all its answers before the first request."""
    calls = [
        node
        for module in texts.names.modules.read
        for node in module.scopes.nodes
        if node.type == "call_expression" and above(node, FUNCTIONS) is None
    ]
    return [
        f"http.setResponseCallback in line {line_of(node)} of {texts.names.file_of(node) or 'the script'} says which "
        "statuses are fine; here those below 400 are"
        for node in calls
        if texts.names.function(part(node, "function"), HTTP) == "setResponseCallback"
    ]


def _hooks(names: LinkedNames) -> Mapping[str, str]:
    """Return the functions that k6 calls by their names, each with its place."""
    found = {}
    for name in HOOKS:
        try:
            binding = names.exported(name)
        except ValueError:
            found[name] = "of another file"
            continue
        if binding is not None:
            of_file = f" of {file}" if (file := names.file_of(binding.declared)) else ""
            found[name] = f"in line {line_of(binding.declared)}{of_file}"
    return found
