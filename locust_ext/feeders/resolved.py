"""The feeders of a run: what code declares, beside what the configuration says, with what their files hold.

Law: all mistakes at once, those of each file with their lines. A file is looked at once, as long as it stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from locust_ext.feeders.options import MOST_FEEDERS, FeederOptions, WrittenFeeder
from locust_ext.feeders.table import NoTableError, Table, look_at, state_of
from locust_ext.text.document import Document
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_PLACE, excess, quoted
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.validation import problems_of

MakeRows = Callable[[], Any]


@dataclass(frozen=True)
class Declared:
    """A feeder as code declares it, and where."""

    name: str
    given: Mapping[str, Any]
    rows: MakeRows | None = None
    source: str = ""
    line: int | None = None
    code: Any = None
    """The code that has declared it."""
    owner: Callable[[], Any] | None = None
    """Returns the feeder while there is one, where a function has made it; None: it is a module's or a class's."""

    @property
    def is_gone(self) -> bool:
        """Whether nobody can use it any more, such as that of a test that is over."""
        return self.owner is not None and self.owner() is None

    def is_again(self, before: Declared) -> bool:
        """Tell whether it is one that was declared before, by code that runs again or was loaded again."""
        if (self.name, self.source, self.line) != (before.name, before.source, before.line):
            return False
        return self.code is not before.code or (self.given == before.given and _same(self.rows, before.rows))

    def problem(self, message: str, key: str = "") -> Problem:
        """Return what is wrong with it."""
        return Problem(f"Feeder({quoted(self.name)})" + (f" {key}" if key else ""), message, self.line, self.source)


@dataclass(frozen=True)
class Resolved:
    """A feeder that can be lent."""

    name: str
    options: FeederOptions
    table: Table | None = None
    rows: MakeRows | None = None


def _same(rows: MakeRows | None, other: MakeRows | None) -> bool:
    """Tell whether two functions are of the same code."""
    return rows is other or (rows is not None and getattr(rows, "__code__", 0) is getattr(other, "__code__", 1))


_looked: dict[Path, Table] = {}
"""The files that were looked at, by where they stand; one that has changed is looked at again."""

MOST_LOOKED = 200


def resolve(
    written: Mapping[str, WrittenFeeder], document: Document, declared: Sequence[Declared]
) -> tuple[list[Resolved], list[Problem]]:
    """Return the feeders that code declares, as they can be lent, and all that is wrong with them and their files."""
    found: dict[str, Resolved] = {}
    problems: list[Problem] = []
    first: dict[str, Declared] = {}
    for name, options in written.items():
        table, wrong = _table(_beside(document.source_of(("feeders", name)), options.file), _in(document, name, "file"))
        problems += wrong
        if table is not None:
            problems += _no_such_column(options, table, _in(document, name, "public"))
            found[name] = Resolved(name, options, table)
    used: list[str] = []
    for one in declared:
        before = first.setdefault(one.name, one)
        if before is not one:
            problems += _clash(before, one)
            continue
        used.append(one.name)
        if one.name in written:
            if one.given or one.rows:
                place = document.source_of(("feeders", one.name)) or "the configuration"
                problems.append(one.problem(f"its options stand in {place}; leave them out here"))
            continue
        resolved, wrong = _of_code(one, written)
        problems += wrong
        if resolved is not None:
            found[one.name] = resolved
    lent = [found[name] for name in used if name in found]
    problems += _lent_twice(lent, first)
    if len(lent) > MOST_FEEDERS:
        more = first[lent[MOST_FEEDERS].name]
        problems.append(more.problem(f"there can be at most {MOST_FEEDERS} feeders, and these are {len(lent)}"))
    return lent, problems


def _lent_twice(lent: Sequence[Resolved], declared: Mapping[str, Declared]) -> Iterator[Problem]:
    """Yield which feeders would hand out again what another one hands out once: the rows of one file."""
    seen: dict[tuple[int, ...], Resolved] = {}
    for one in lent:
        if one.table is None or one.options.use != "once":
            continue
        other = seen.setdefault(one.table.state, one)
        if other is not one:
            yield declared[one.name].problem(
                f"its file is that of {quoted(other.name)}, too, so that each row would be used twice; use one feeder"
                " in both places"
            )


def _clash(before: Declared, other: Declared) -> Iterator[Problem]:
    same = before.given == other.given and before.rows is other.rows
    if not same:
        place = f"{before.source}:{before.line}" if before.source else "above"
        yield other.problem(
            f"there is another of this name, with other options, in {place}; one of them needs another name"
        )
    elif _place(before) != _place(other):
        yield other.problem(f"it would be another file than in {before.source}; name one of them by its whole path")


def _place(one: Declared) -> Path | None:
    return None if one.rows else _beside(one.source, one.name)


def _of_code(one: Declared, written: Mapping[str, WrittenFeeder]) -> tuple[Resolved | None, list[Problem]]:
    """Return a feeder that stands in code alone."""
    if why := _unfit_name(one.name):
        return None, [one.problem(why)]
    try:
        options = FeederOptions.model_validate(dict(one.given))
    except ValidationError as error:
        wrong = problems_of(error, FeederOptions, Document(""))
        return None, [one.problem(problem.message, problem.path) for problem in wrong]
    if one.rows is not None:
        return _made_by_code(one, options)
    file = _beside(one.source, one.name)
    if not (Path(one.name).suffix or "/" in one.name or state_of(file)):
        hint = nearest(one.name, written) or f"; name a file, such as {one.name}.csv"
        what = f"there is no feeder of this name in the configuration{hint}"
        return None, [one.problem(what)]
    table, problems = _table(file, one.problem)
    if table is None:
        return None, problems
    problems += _no_such_column(options, table, lambda what: one.problem(what, "public"))
    return Resolved(one.name, options, table), problems


def _unfit_name(name: str) -> str:
    """Return why a name can stand in no message and no report; ``""`` where it can."""
    if not name.isprintable():
        return "its name holds a character that cannot be printed"
    return excess(name, what="the name of a feeder")


def _made_by_code(one: Declared, options: FeederOptions) -> tuple[Resolved | None, list[Problem]]:
    what = ""
    if not callable(one.rows):
        what = "rows: give a function that returns rows, such as a generator function; the master calls it"
    elif options.order != "sequence":
        what = "order: rows that code makes come in the order in which it makes them; leave order out"
    elif "use" in options.model_fields_set and options.use != "once":
        what = "use: a row that code makes is used once; one that never ends makes as many as are needed: leave use out"
    if what:
        return None, [one.problem(what)]
    fixed = {**options.model_dump(exclude_unset=True), "use": "once"}
    try:
        return Resolved(one.name, FeederOptions.model_validate(fixed), rows=one.rows), []
    except ValidationError as error:
        return None, [one.problem(problem.message) for problem in problems_of(error, FeederOptions, Document(""))]


def _in(document: Document, name: str, key: str) -> Callable[[str], Problem]:
    return lambda what: document.problem(("feeders", name, key), what)


def _no_such_column(options: FeederOptions, table: Table, problem: Callable[[str], Problem]) -> list[Problem]:
    return [
        problem(f"there is no column {quoted(name)}{nearest(name, table.columns)}")
        for name in options.public
        if name not in table.columns
    ]


def _beside(source: str, file: str) -> Path:
    return (Path(source).parent if source else Path()) / file


def _table(file: Path, problem: Callable[[str], Problem]) -> tuple[Table | None, list[Problem]]:
    """Return what a file holds, and what is wrong with it."""
    known = _looked.get(file.absolute())
    if known is not None and known.state == state_of(file):
        return known, []
    place = str(file.absolute())
    try:
        table = look_at(file)
    except NoTableError as error:
        return None, [
            Problem("", what, line, place) if line else problem(f"{quoted(place, LONGEST_PLACE)}: {what}")
            for line, what in error.flaws
        ]
    while len(_looked) >= MOST_LOOKED:
        del _looked[next(iter(_looked))]
    _looked[file.absolute()] = table
    return table, []


def nobody_uses(written: Mapping[str, WrittenFeeder], declared: Sequence[Declared]) -> list[str]:
    """Return the names of the configuration's feeders that no code declares."""
    names = {one.name for one in declared}
    return [name for name in written if name not in names]
