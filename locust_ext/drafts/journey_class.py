"""One journey as a user class: what it holds, how it begins, and the task that is done again and again.

Law: pure; what outlives an iteration is an attribute, everything else a name within the task.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from locust_ext.drafts.journey import AtOnce, Column, Env, Journey, Request, Step, walk
from locust_ext.drafts.journey_steps import StepsWriter, number
from locust_ext.drafts.module_scope import Headers, ModuleScope, references_in_steps, references_of
from locust_ext.drafts.python_names import Names
from locust_ext.drafts.python_text import INDENT, WIDTH, Bracket, Item, Text, docstring, lay

CONNECTIONS = 10
"""Requests that a FastHttpUser sends at once unless it says otherwise."""

OF_USERS = frozenset(
    {
        *("abstract", "client", "client_pool", "concurrency", "connect", "connection_timeout", "context"),
        *("default_headers", "disconnect", "environment", "fixed_count", "fullname", "greenlet", "group", "headers"),
        *("host", "insecure", "iteration", "json", "max_redirects", "max_retries", "max_wait", "min_wait"),
        *("network_timeout", "on_start", "on_stop", "path", "proxy_host", "proxy_port", "read", "recv", "rest"),
        *("rest_", "run", "send", "ssl_context_factory", "start", "stop", "storm_link", "tasks", "url", "wait"),
        *("wait_function", "wait_time", "weight", "write"),
    }
)
"""Attributes that user classes have already."""


class ClassWriter:
    """Writes the class of one journey, called ``name``."""

    def __init__(self, journey: Journey, name: str, module: ModuleScope) -> None:
        self._journey, self._name, self._module = journey, name, module
        attributes = Names(OF_USERS)
        self._kept = {feeder: f"self.{attributes.variable(f'{feeder} row', 'row')}" for feeder in journey.kept}
        self._begun = {
            capture.name: f"self.{attributes.variable(capture.name)}"
            for step in walk(journey.on_start)
            if isinstance(step, Request)
            for capture in step.captures
        }
        used = [each.feeder for each in references_of(journey) if isinstance(each, Column)]
        self._held = [feeder for feeder in dict.fromkeys((*journey.held, *used)) if feeder not in self._kept]

    def lines(self) -> list[str]:
        """Return the lines of the class."""
        journey = self._journey
        attributes = [*self._wait(), *self._concurrency(), *self._headers()]
        attributes += [f"{INDENT}{name.removeprefix('self.')}: Any = None" for name in self._begun.values()]
        if self._begun:
            self._module.members.add(("typing", "Any"))
        return [
            f"class {self._name}(FastHttpUser):",
            *docstring([journey.about or f"Does what {journey.name} says, again and again"], INDENT),
            *([""] if attributes else []),
            *attributes,
            *self._start(),
            "",
            f"{INDENT}@task",
            f"{INDENT}def iteration(self) -> None:",
            *docstring(["Do it once"], INDENT * 2),
            *self._function(self._journey.steps, self._held, ends=True),
        ]

    def _wait(self) -> Iterator[str]:
        wait = self._journey.wait
        if wait is not None:
            function = "constant" if wait.most is None else "between"
            self._module.members.add(("locust", function))
            given = [wait.seconds] if wait.most is None else [wait.seconds, wait.most]
            yield f"{INDENT}wait_time = {function}({', '.join(map(number, given))})"

    def _concurrency(self) -> Iterator[str]:
        steps = walk((*self._journey.on_start, *self._journey.steps))
        most = max((len(step.requests) for step in steps if isinstance(step, AtOnce)), default=0)
        if most > CONNECTIONS:
            yield f"{INDENT}concurrency = {most}"

    def _headers(self) -> Iterator[str]:
        if self._journey.headers and not self._common:
            yield f"{INDENT}default_headers = {self._module.headers_named(self._journey.headers)}"

    @property
    def _common(self) -> Headers:
        """Headers that each request must be given, since they are not known before the first."""
        references = (each for _, value in self._journey.headers for each in value.references)
        return () if all(isinstance(each, Env) for each in references) else self._journey.headers

    def _start(self) -> Iterator[str]:
        steps, inner = self._journey.on_start, INDENT * 2
        if steps or self._kept:
            yield from ("", f"{INDENT}def on_start(self) -> None:", *docstring(["Begin, once for each user"], inner))
            for feeder, name in self._kept.items():
                yield f"{inner}{name} = {self._module.feeders[feeder]}.mine()"
            asked = self._asked(steps)
            yield from self._function(steps, [feeder for feeder in self._held if feeder in asked], ends=False)

    def _asked(self, steps: Sequence[Step]) -> set[str]:
        """Return the feeders whose columns are read."""
        always = [each for _, text in self._common for each in text.references]
        return {each.feeder for each in (*references_in_steps(steps), *always) if isinstance(each, Column)}

    def _function(self, steps: Sequence[Step], held: Sequence[str], *, ends: bool) -> Iterator[str]:
        """Yield the statements of a function in which the user holds a row of each of ``held``."""
        names, indent, is_one = self._module.names.inner(), INDENT * 2, len(held) == 1
        rows = {feeder: names.variable("row" if is_one else f"{feeder} row", "row") for feeder in held}
        depth = INDENT if rows else ""
        writer = StepsWriter(self._module, names, {**self._kept, **rows}, self._begun, self._common, ends=ends)
        written = writer.lines(steps, indent + depth)
        if rows:
            yield from self._holding(rows, "\n".join(written), indent)
        if not rows and written[:1] and written[0].lstrip().startswith("def "):
            yield ""
        yield from written
        if rows and all(line.lstrip()[:1] in {"", "#"} for line in written):
            yield f"{indent}{depth}pass"

    def _holding(self, rows: Mapping[str, str], written: str, indent: str) -> Iterator[str]:
        """Yield the line that holds a row of each feeder; one that nobody reads has no name."""
        taken = [
            f"{self._module.feeders[feeder]}.row()"
            + (f" as {name}" if re.search(rf"\b(?<!\.){name}\[", written) else "")
            for feeder, name in rows.items()
        ]
        one = f"{indent}with {', '.join(taken)}:"
        broken = lay(Bracket("(", tuple(Item("", Text(each)) for each in taken), ")"), indent, "with ", ":")
        yield from [one] if len(one) <= WIDTH else broken
