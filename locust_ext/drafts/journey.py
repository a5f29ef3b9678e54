"""What a user does, step by step, wherever it was read: from a script of k6's, or from a recording of a browser.

Law: pure data; who reads a source makes journeys, and who writes a locustfile takes nothing else. What could not be
translated is a step too, an :class:`Unfinished` one: it is written down where it belongs, and nothing is lost in
silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class Env:
    """The value of an environment variable; ``default`` is None where the run needs it to be set."""

    name: str
    default: str | None = None


@dataclass(frozen=True)
class Column:
    """The value of a column in the row that the user holds of a feeder."""

    feeder: str
    column: str


@dataclass(frozen=True)
class Captured:
    """A value that a :class:`Capture` took from an earlier answer of the same journey."""

    name: str


@dataclass(frozen=True)
class Code:
    """A Python expression, where no other kind will do; ``modules`` are what it needs to have imported."""

    text: str
    modules: tuple[str, ...] = ()


Reference = Env | Column | Captured | Code


@dataclass(frozen=True)
class Template:
    """A text with gaps: literal pieces, and references that are filled in when it is sent."""

    pieces: tuple[str | Reference, ...]

    @classmethod
    def of(cls, *pieces: str | Reference) -> Template:
        """Return a template of these pieces; neighbours that are literal are put together."""
        joined: list[str | Reference] = []
        for piece in pieces:
            if isinstance(piece, str) and joined and isinstance(joined[-1], str):
                joined[-1] += piece
            elif piece != "":
                joined.append(piece)
        return cls(tuple(joined))

    @property
    def literal(self) -> str | None:
        """The text, if it has no gaps."""
        return "".join(map(str, self.pieces)) if all(isinstance(piece, str) for piece in self.pieces) else None

    @property
    def references(self) -> Iterator[Reference]:
        """Its gaps."""
        return (piece for piece in self.pieces if not isinstance(piece, str))


Value = None | bool | int | float | str | Template | Reference | tuple["Value", ...] | Mapping[str, "Value"]
"""A value of JSON in which texts may have gaps, and references may stand for whole values."""


@dataclass(frozen=True)
class JsonBody:
    """A body that is sent as JSON."""

    value: Value


@dataclass(frozen=True)
class FormBody:
    """A body that is sent as a form of fields."""

    fields: tuple[tuple[str, Template], ...]


@dataclass(frozen=True)
class TextBody:
    """A body that is sent as it stands."""

    text: Template


Body = JsonBody | FormBody | TextBody


@dataclass(frozen=True)
class Capture:
    """What is kept of an answer under ``name``: the value at ``path`` in its JSON: keys, and places in lists."""

    name: str
    path: tuple[str | int, ...]


@dataclass(frozen=True)
class Check:
    """A named condition on an answer: a Python expression over ``r``, such as ``r.status_code == 200``."""

    name: str
    condition: str
    tags: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """A value for a metric of one's own, of each answer: a Python expression over ``response``.

    ``kind`` is the metric's class: Trend, Rate, Counter or Gauge.
    """

    kind: str
    metric: str
    value: str
    tags: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One request: where to, with what, and what is looked at in its answer.

    ``target`` is a path, or a whole URL where the host is not the user's own. ``name`` is under which it is measured;
    empty: its path. ``notes`` stand above it as comments.
    """

    method: str
    target: Template
    name: str = ""
    headers: tuple[tuple[str, Template], ...] = ()
    body: Body | None = None
    tags: Mapping[str, Template] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    captures: tuple[Capture, ...] = ()
    samples: tuple[Sample, ...] = ()
    expected: tuple[int, ...] = ()
    """Statuses from 400 on that are right here; others that low or high are judged as Locust does."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AtOnce:
    """Requests that one user sends at the same time."""

    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Pause:
    """Think time: seconds, or a range of them."""

    seconds: float
    most: float | None = None


@dataclass(frozen=True)
class Drawing:
    """A value that chance or the clock decides, once: from here on it is captured under ``name``."""

    name: str
    value: Code | Template


@dataclass(frozen=True)
class Group:
    """Steps that belong together, under a name."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Unfinished:
    """What a person must translate: lines of the source, where they begin in it, and why.

    ``file`` names the file in which they stand, if it is not the one that all was made from.
    """

    source: str
    line: int | None
    why: str
    file: str = ""


Step = Request | AtOnce | Pause | Drawing | Group | Unfinished


@dataclass(frozen=True)
class Journey:
    """What the users of one class do, again and again.

    ``held`` names the feeders of which the user holds a row for each iteration, ``kept`` those of which it keeps one
    for its life. ``wait`` is the pause between two iterations.
    """

    name: str
    """Of the user class: a name that Python takes."""
    steps: tuple[Step, ...]
    about: str = ""
    """The first line of its docstring."""
    held: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    wait: Pause | None = None
    on_start: tuple[Step, ...] = ()
    headers: tuple[tuple[str, Template], ...] = ()
    """Headers that all of its requests have."""


@dataclass(frozen=True)
class LocustfileDraft:
    """A whole locustfile: its journeys, and what a person must know or finish, which stands at its top."""

    source: str
    """The name of the file that it was made from."""
    command: str
    """The command that made it."""
    journeys: Sequence[Journey]
    finish: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def walk(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield every step, those of groups after their group, requests at once one by one after their step."""
    for step in steps:
        yield step
        if isinstance(step, Group):
            yield from walk(step.steps)
        elif isinstance(step, AtOnce):
            yield from step.requests
