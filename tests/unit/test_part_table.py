"""The table of parts: who is in which process, what they are told, and in which order they come and go."""

from __future__ import annotations

import pytest

from locust_ext.process.part import Part, Role
from locust_ext.process.part_table import EVERYWHERE, LOCAL, MASTER, WHERE_JUDGED, WITH_USERS, WORKER, PartTable, Row
from locust_ext.process.wire import Inbox, Item, UnfitError


class Told(Item):
    """What a part is told."""

    number: int = 0


class Feature(Part):
    """A part that writes down what happens to it."""

    def __init__(self, name, log, told=None, fails=""):
        self.name, self.log, self.told, self.fails = name, log, told, fails

    def reads(self):
        """Return its model."""
        return Told

    def listeners(self):
        """Hear one event."""
        return [("test_start", self.name)]

    def messages(self, inbox):
        """Take one message."""
        return [(self.name, inbox, True)]

    def orders(self, intent):
        """Tell what there is to be told."""
        self.log.append(f"{self.name} orders {intent}")
        return self.told

    def _note(self, what):
        self.log.append(f"{self.name} {what}")
        if what.split()[0] == self.fails:
            raise RuntimeError(self.name)

    def install(self):
        """Note it."""
        self._note("install")

    def follow(self, told, run):
        """Note it."""
        self._note(f"follow {told and told.number} {run}")

    def begins(self, intent, run):
        """Note it."""
        self._note(f"begins {intent} {run}")

    def started(self, intent, run):
        """Note it."""
        self._note(f"started {intent} {run}")

    def leave(self):
        """Note it."""
        self._note("leave")

    def let_go(self):
        """Note it."""
        self._note("let_go")


@pytest.fixture
def log():
    """What happens to parts, in its order."""
    return []


def table_of(*parts, role=LOCAL):
    """Return a table whose parts must know their run, in capitals."""
    return PartTable([Row(part, intent=str.upper) for part in parts], role)


def test_who_is_where():
    """A local process is one that judges and has users."""
    rows = [Row(where, where) for where in (EVERYWHERE, WHERE_JUDGED, WITH_USERS)]
    assert list(PartTable(rows, MASTER)) == [EVERYWHERE, WHERE_JUDGED]
    assert list(PartTable(rows, WORKER)) == [EVERYWHERE, WITH_USERS]
    assert list(PartTable(rows, LOCAL)) == [EVERYWHERE, WHERE_JUDGED, WITH_USERS]
    assert LOCAL == Role.JUDGE | Role.USERS
    assert MASTER in LOCAL
    assert WORKER in LOCAL


def test_a_row_says_nothing_more_than_it_has_to():
    """It is everywhere, and has to know nothing of a run."""
    row = Row("a part")
    assert (row.where, row.intent("a run")) == (EVERYWHERE, None)


def test_the_course_of_a_run(log):
    """All come in their order and go in the other one."""
    table = table_of(Feature("a", log, Told(number=1)), Feature("b", log), Feature("", log))
    table.install()
    orders = table.orders("run")
    assert orders == {"a": Told(number=1)}
    table.follow({"a": orders["a"].told()}, "r1")
    table.begins("run", "r1")
    table.started("run", "r1")
    table.leave()
    table.let_go()
    assert log == [
        "a install", "b install", " install",
        "a orders RUN", "b orders RUN",
        "a follow 1 r1", "b follow None r1", " follow None r1",
        "a begins RUN r1", "b begins RUN r1", " begins RUN r1",
        "a started RUN r1", "b started RUN r1", " started RUN r1",
        " leave", "b leave", "a leave",
        " let_go", "b let_go", "a let_go",
    ]  # fmt: skip


def test_what_parts_hear_and_take(log):
    """That of each, in their order."""
    table, inbox = table_of(Feature("a", log), Feature("b", log)), Inbox(print, str)
    assert list(table.listeners()) == [("test_start", "a"), ("test_start", "b")]
    assert list(table.messages(inbox)) == [("a", inbox, True), ("b", inbox, True)]


def test_a_part_that_cannot_follow(log):
    """Keeps the run from beginning: those that had followed undo it, the last one first, and it is said why."""
    table = table_of(Feature("a", log), Feature("b", log, fails="follow"), Feature("c", log))
    with pytest.raises(RuntimeError, match="b"):
        table.follow({}, "r1")
    assert log == ["a follow None r1", "b follow None r1", "b leave", "a leave"]


@pytest.mark.parametrize("ends", ["leave", "let_go"])
def test_a_part_that_cannot_go(log, ends):
    """Holds up no other."""
    getattr(table_of(Feature("a", log), Feature("b", log, fails=ends)), ends)()
    assert log == [f"b {ends}", f"a {ends}"]


class Deaf(Part):
    """Is told nothing."""

    name = "deaf"


UNFIT = [
    pytest.param({"c": {}}, "this release knows no c", id="a part that is not here"),
    pytest.param({"z": {}, "c": {}, "a": {"number": "x"}}, "this release knows no c", id="the first of several"),
    pytest.param({"deaf": {}}, "this release knows no deaf", id="a part that is told nothing"),
    pytest.param({"a": {}, "b": {"number": "x"}}, "^b: ", id="what cannot be read"),
]


@pytest.mark.parametrize("told, why", UNFIT)
def test_what_cannot_be_read(log, told, why):
    """Is known before any part follows."""
    table = table_of(Feature("a", log), Feature("b", log), Deaf())
    with pytest.raises(UnfitError, match=why):
        table.follow(told, "r1")
    assert log == []


def test_what_this_process_tells_itself(log):
    """Is not read again; what came over the wire is."""
    table, own = table_of(Feature("a", log), Feature("b", log)), Told(number=7)
    read = table.read({"a": own, "b": {"number": 3}})
    assert read["a"] is own
    assert read["b"] == Told(number=3)
