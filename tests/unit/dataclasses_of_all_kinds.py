"""Classes of every kind, each to be made by a ``dataclass`` that is handed in: ours, or Python's own."""

from __future__ import annotations

from abc import ABC
from collections.abc import Hashable
from dataclasses import KW_ONLY, InitVar, field
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

T = TypeVar("T")


def plain(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Two fields."""

        first: int
        second: str = "two"

    return Made


def nothing(dataclass):
    @dataclass(frozen=True)
    class Made:
        """No field."""

    return Made


def one(dataclass):
    @dataclass(frozen=True)
    class Made:
        """One field."""

        first: int

    return Made


def factories(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Values that are made, of parameters and of what is none."""

        first: int
        made: list = field(default_factory=list, compare=False)
        inner: dict = field(default_factory=dict, init=False, compare=False)

    return Made


def unseen(dataclass):
    @dataclass(frozen=True)
    class Made:
        """What is not compared, not shown, not part of the hash, or neither set nor asked for."""

        first: int = field(compare=False)
        shy: int = field(default=1, repr=False)
        light: int = field(default=2, hash=False)
        heavy: int = field(default=3, compare=False, hash=True)
        fixed: int = field(default=4, init=False)

    return Made


def never_set(dataclass):
    @dataclass(frozen=True)
    class Made:
        """A field that nobody sets."""

        first: int
        never: int = field(init=False)

    return Made


def keywords(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Keywords only, some of them."""

        first: int
        last: int = field(default=9, kw_only=True)
        _: KW_ONLY
        other: list = field(default_factory=list)
        more: str = "more"

    return Made


def keywords_required(dataclass):
    @dataclass(frozen=True)
    class Made:
        """A keyword that must be given, after one that need not."""

        first: int
        second: int = 2
        third: int = field(kw_only=True)

    return Made


def variables(dataclass):
    @dataclass(frozen=True)
    class Made:
        """What belongs to the class, and what is only handed on."""

        shared: ClassVar[list] = []
        first: int
        handed: InitVar[int] = 3
        product: int = field(init=False, default=0)

        def __post_init__(self, handed):
            object.__setattr__(self, "product", self.first * handed)

    return Made


def named_self(dataclass):
    @dataclass(frozen=True)
    class Made:
        """A field whose name methods have a use for."""

        self: int
        cls: int = 0
        name: int = 1

    return Made


def remembered(dataclass):
    @dataclass(frozen=True)
    class Made:
        """What is computed once."""

        first: int

        @cached_property
        def double(self):
            return 2 * self.first

        def __post_init__(self):
            assert self.double == 2 * self.first

    return Made


def recursive(dataclass):
    @dataclass(frozen=True)
    class Made:
        """An instance that holds itself."""

        first: object
        around: list = field(default_factory=list, compare=False)

        def __post_init__(self):
            self.around.append((self,) if self.first == 1 else self.first)

    return Made


def generic(dataclass):
    @dataclass(frozen=True)
    class Made(Generic[T]):
        """A class for any type."""

        first: T

    return Made


def abstract(dataclass):
    @dataclass(frozen=True)
    class Made(ABC, Hashable):
        """A class whose base leaves the hash to it."""

        first: int

    return Made


def inherited(dataclass):
    @dataclass(frozen=True)
    class Base:
        """The base."""

        first: int
        second: int = 2

    @dataclass(frozen=True)
    class Made(Base):
        """It has one field more, and another default."""

        third: int = 3
        second: int = 22

    return Made


def inherited_by_a_plain_class(dataclass):
    class Made(plain(dataclass)):
        """It is not a dataclass itself, and keeps what is its own."""

        more = None

        def __init__(self, first):
            super().__init__(first, "second")
            self.more = first

    return Made


def inherited_by_an_open_one(dataclass):
    @dataclass
    class Made(plain(dataclass)):
        """It may not be."""

    return Made


def inherited_with_slots(dataclass):
    @dataclass(frozen=True, slots=True)
    class Made(plain(dataclass)):
        """Slots, over a base without."""

        third: int = 3

    return Made


def own_text(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Its own repr and str."""

        first: int

        def __repr__(self):
            return f"<{self.first}>"

        def __str__(self):
            return "it"

    return Made


def own_equality(dataclass):
    @dataclass(frozen=True)
    class Made:  # noqa: PLW1641 the hash is left to be made
        """Its own equality."""

        first: int

        def __eq__(self, other):
            return True

    return Made


def own_hash(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Its own hash."""

        first: int

        def __hash__(self):
            return 7

    return Made


def own_init(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Its own start."""

        first: int

        def __init__(self, start):
            object.__setattr__(self, "first", start)

    return Made


def own_setting(dataclass):
    @dataclass(frozen=True)
    class Made:
        """Its own way to be set is a mistake."""

        first: int

        def __setattr__(self, name, value):
            pass

    return Made


def without_words(dataclass):
    @dataclass(frozen=True)
    class Made:
        first: int
        second: list = field(default_factory=list, compare=False)

    return Made


def mutable(dataclass):
    @dataclass(frozen=True)
    class Made:
        """A default that all instances would share is a mistake."""

        first: list = []

    return Made


def disordered(dataclass):
    @dataclass(frozen=True)
    class Made:
        """What must be given stands after what need not: a mistake."""

        first: int = 1
        second: int

    return Made


def by_identity(dataclass):
    @dataclass(frozen=True, eq=False)
    class Made:
        """Equal to itself only."""

        first: int

    return Made


def ordered(dataclass):
    @dataclass(frozen=True, order=True)
    class Made:
        """Smaller and greater."""

        first: int

    return Made


def unfrozen(dataclass):
    @dataclass
    class Made:
        """It can be set."""

        first: int

    return Made


def slotted(dataclass):
    @dataclass(frozen=True, slots=True)
    class Made:
        """Slots."""

        first: int

    return Made


TABLE = [
    *(
        plain,
        nothing,
        one,
        factories,
        unseen,
        never_set,
        keywords,
        keywords_required,
        variables,
        named_self,
        remembered,
    ),
    *(recursive, generic, abstract, inherited, inherited_by_a_plain_class, inherited_by_an_open_one),
    *(
        inherited_with_slots,
        own_text,
        own_equality,
        own_hash,
        own_init,
        own_setting,
        without_words,
        mutable,
        disordered,
    ),
    *(by_identity, ordered, unfrozen, slotted),
]
MADE_HERE = [plain, nothing, one, factories, unseen, keywords, variables, named_self, remembered, recursive, generic]
