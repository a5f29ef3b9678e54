"""What a written locustfile has at its top: what it imports, and the names of feeders, variables and metrics.

Law: each is named once, and written only if something uses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from locust_ext.drafts.journey import (
    Captured,
    Column,
    Drawing,
    Env,
    FormBody,
    Journey,
    JsonBody,
    Reference,
    Request,
    Step,
    Template,
    TextBody,
    walk,
)
from locust_ext.drafts.python_names import Names
from locust_ext.drafts.python_values import references

Headers = tuple[tuple[str, Template], ...]


@dataclass
class ModuleScope:
    """The top of one locustfile; who writes its functions says here what they need."""

    names: Names
    feeders: dict[str, str] = field(default_factory=dict)
    variables: dict[Env, str] = field(default_factory=dict)
    metrics: dict[tuple[str, str], str] = field(default_factory=dict)
    """By kind and name of the metric."""
    headers: dict[Headers, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    """What is imported as a whole."""
    members: set[tuple[str, str]] = field(default_factory=set)
    """Module and name of what is imported by its name."""
    helpers: set[str] = field(default_factory=set)
    """The functions at the top that are needed."""

    def read(self, journey: Journey) -> None:
        """Name what a journey needs."""
        needed = list(references_of(journey))
        columns = [each.feeder for each in needed if isinstance(each, Column)]
        for feeder in (*journey.held, *journey.kept, *columns):
            if feeder not in self.feeders:
                self.feeders[feeder] = self.names.variable(feeder, "feeder")
        for env in needed:
            if isinstance(env, Env) and env not in self.variables:
                self.variables[env] = self.names.constant(env.name)
                self.modules.add("os")
        for step in walk((*journey.on_start, *journey.steps)):
            for sample in step.samples if isinstance(step, Request) else ():
                if (sample.kind, sample.metric) not in self.metrics:
                    self.metrics[sample.kind, sample.metric] = self.names.variable(sample.metric, "metric")

    def variable(self, reference: Env | Column | Captured) -> str:
        """Return the name of a variable of the environment; nothing else stands at the top."""
        if not isinstance(reference, Env):
            raise TypeError(f"{reference} is not known before the first request")
        return self.variables[reference]

    def headers_named(self, headers: Headers) -> str:
        """Return the name of headers that several requests have."""
        if headers not in self.headers:
            self.headers[headers] = self.names.constant("HEADERS")
        return self.headers[headers]


def references_of(journey: Journey) -> Iterator[Reference]:
    """Yield every reference of a journey."""
    yield from (each for _, value in journey.headers for each in value.references)
    yield from references_in_steps((*journey.on_start, *journey.steps))


def references_in_steps(steps: Sequence[Step]) -> Iterator[Reference]:
    """Yield every reference of some steps."""
    for step in walk(steps):
        if isinstance(step, Request):
            yield from references_in(step)
        elif isinstance(step, Drawing):
            yield from references(step.value)


def references_in(request: Request) -> Iterator[Reference]:
    """Yield every reference of a request."""
    tags = [request.tags, *(each.tags for each in request.checks), *(each.tags for each in request.samples)]
    texts = [request.target, *(value for _, value in request.headers)]
    texts += [value for one in tags for value in one.values()]
    if isinstance(request.body, FormBody):
        texts += [value for _, value in request.body.fields]
    elif isinstance(request.body, TextBody):
        texts.append(request.body.text)
    yield from (each for text in texts for each in text.references)
    if isinstance(request.body, JsonBody):
        yield from references(request.body.value)
