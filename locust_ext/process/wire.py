"""What one process says to another: each message a type of its own, checked as a whole before any of it acts.

Law: a message from another process is input. Keys that nobody knows are dropped, since releases differ; a key that is
missing, of another type or out of its range makes the whole message refused. That is said once for each sender and
type, and puts the run in doubt. Nothing that a message holds is ever spelled out in a refusal: it may be a secret.

::

    class Lease(Message):
        type = "locust_ext.lease"
        run: Name
        quota: Count

    Lease(run="r1", quota=5).send(runner, worker)               # one process says it
    runner.register_message(*inbox.takes(Lease, borrow))        # another one listens: borrow(sender, lease)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError

from locust_ext.text.models import Model

logger = logging.getLogger(__name__)

LONGEST_NAME = 200
LONGEST_SENTENCE = 2000
MOST_CLASSES = 1000
"""User classes of a locustfile, and whatever there may be as many of."""

MOST_COUNT = 10**12
"""More than any run counts: a million a second for eleven days."""

MOST_SECONDS = 1e10
"""Three centuries: more than any clock that processes tell each other."""

MOST_SAID = 20
"""Refusals that are said one by one."""

MOST_MISTAKES = 3
"""Mistakes of one message that are told, each by the key it is in; what is deeper may be somebody's own text."""


def printable(text: str) -> str:
    """Return ``text`` with whatever is not printable replaced: it ends on consoles and in reports."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _demand_printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("every character must be printable")
    return text


def _cut(text: str) -> str:
    return printable(text if len(text) <= LONGEST_SENTENCE else text[: LONGEST_SENTENCE - 1] + "…")


Name = Annotated[str, StringConstraints(max_length=LONGEST_NAME), AfterValidator(_demand_printable)]
"""A short text that something is known by."""

Text = Annotated[str, StringConstraints(max_length=LONGEST_SENTENCE)]
"""A text that is not cut: it would not be the same."""

Sentence = Annotated[str, AfterValidator(_cut)]
"""A text for people, of whatever length: it is cut, and made printable."""

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
"""How many there are of something."""

Number = Annotated[int, Field(ge=1, le=MOST_COUNT)]
"""What things are numbered by, from 1 on."""

Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS)]
"""How long something takes."""

Moment = Annotated[float, Field(ge=-MOST_SECONDS, le=MOST_SECONDS)]
"""An instant of some process's clock."""


class UnfitError(ValueError):
    """A message, or a part of one, that is not what it should be; it says what is wrong."""


class Item(Model):
    """Something in a message that has keys of its own."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        strict=True,
        allow_inf_nan=False,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def told(self) -> dict[str, Any]:
        """Return what travels."""
        return self.model_dump(by_alias=True)

    @classmethod
    def of(cls, data: object) -> Self:
        """Return what travelled as ``data``; raises :class:`UnfitError` for anything else."""
        if not isinstance(data, dict):
            raise UnfitError("it holds no keys")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise UnfitError(_mistakes(error)) from None


class Message(Item):
    """What one process says to another. Subclasses name their ``type``."""

    type: ClassVar[str]

    def send(self, runner: Any, to: str | None = None) -> None:
        """Say it: a worker to its master, a master to the worker ``to``, or to all of them."""
        runner.send_message(self.type, self.told(), **({} if to is None else {"client_id": to}))


M = TypeVar("M", bound=Message)


class Inbox:
    """Where one process takes messages: what does not fit is refused, said once, and told to the one that judges.

    ``doubt`` is called with a sentence for each that is said; ``named`` turns a sender into words for people.
    """

    def __init__(self, doubt: Callable[[str], object], named: Callable[[str], str] = lambda sender: sender) -> None:
        self._doubt, self._named = doubt, named
        self._said: set[tuple[str, str]] = set()

    def begin(self) -> None:
        """Begin a run: what is refused in it is said again."""
        self._said.clear()

    def read(self, kind: type[M], message: Any) -> M | None:
        """Return what ``message``, as Locust hands it over, says; None where it does not fit."""
        sender = _sender(message)
        try:
            if sender is None:
                raise UnfitError("its sender has no name")  # noqa: TRY301 refused like everything else
            return kind.of(getattr(message, "data", None))
        except UnfitError as error:
            self.refuse(sender, kind.type, str(error))
            return None

    def takes(
        self, kind: type[M], handle: Callable[[str, M], object], *, concurrent: bool = False
    ) -> tuple[str, Callable[..., None], bool]:
        """Return what Locust's ``register_message`` needs so that ``handle(sender, message)`` gets what fits.

        ``concurrent``: beside other messages, in a greenlet of its own.
        """
        return kind.type, lambda msg, **_: self._hand_on(msg, kind, handle), concurrent

    def loads(
        self, kind: str, load: Callable[[], tuple[type[M], Callable[[str, M], object]]]
    ) -> tuple[str, Callable[..., None], bool]:
        """Return what ``register_message`` needs for a type whose class and handler are loaded when one comes."""
        return kind, lambda msg, **_: self._hand_on(msg, *load()), False

    def _hand_on(self, message: Any, kind: type[M], handle: Callable[[str, M], object]) -> None:
        told = self.read(kind, message)
        if told is None:
            return
        try:
            handle(message.node_id, told)
        except UnfitError as error:  # anything else is a fault of ours, and the one that registers this tells of it
            self.refuse(message.node_id, kind.type, str(error))

    def refuse(self, sender: str | None, kind: str, why: str) -> None:
        """Say once that messages of this kind from this sender are refused, and put the run in doubt."""
        who = self._named(sender) if sender else "somebody without a name"
        if (who, kind) in self._said or len(self._said) > MOST_SAID:
            return
        self._said.add((who, kind))
        if len(self._said) > MOST_SAID:
            sentence = "further messages were refused that are not what they should be"
        else:
            sentence = f"a {kind} message from {who} was refused: {_cut(why)}"
        logger.warning("%s", sentence)
        self._doubt(sentence)


def _sender(message: Any) -> str | None:
    """Return who sent a message, where that is a name at all."""
    sender = getattr(message, "node_id", None)
    fits = isinstance(sender, str) and 0 < len(sender) <= LONGEST_NAME and sender.isprintable()
    return sender if fits else None


def _mistakes(error: ValidationError) -> str:
    """Return what is wrong, the first few, without a word of what was sent."""
    found = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for index, part in enumerate(item["loc"]) if not index or isinstance(part, int))
        text = item["msg"].removeprefix("Value error, ")
        wanted = "is missing" if item["type"] == "missing" else text[:1].lower() + text[1:]
        found.append(f"{place}: {wanted}" if place else wanted)
    more = [f"{len(found) - MOST_MISTAKES} more"] if len(found) > MOST_MISTAKES else []
    return "; ".join(found[:MOST_MISTAKES] + more)
