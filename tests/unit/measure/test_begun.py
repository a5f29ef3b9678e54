"""A request that has begun: what is known of it before its answer, after it, and when nobody can report it any more."""

from weakref import ref

import pytest

from locust_ext.measure.censored import censored_rows
from locust_ext.measure.open_requests import Begun, OpenRequests, Sample
from locust_ext.measure.series import OTHER


class Answer:
    """What somebody holds as long as the request can be reported."""


class Of(Begun):
    """A request of a user."""

    __slots__ = ("told", "whose")

    def __init__(self, whose=None, *, told=False):
        super().__init__()
        self.whose, self.told = whose, told

    @property
    def user(self):
        """Return it."""
        return self.whose

    @property
    def is_told(self):
        """Return it."""
        return self.told


def answered(answer, whose=None):
    """Return a request whose answer came after a quarter of a second."""
    begun = Of(whose)
    begun.answered, begun._response = begun.began + 0.25, ref(answer)
    return begun


def test_before_its_answer():
    """It is nobody's, in no phase, not told, and as old as the time since."""
    begun = Begun()
    assert (begun.user, begun.phase, begun.iteration, begun.answered) == (None, "", None, None)
    assert (begun.is_forgotten, begun.is_told, begun.encloses) == (False, False, False)
    assert begun.age(begun.began + 1.5) == pytest.approx(1500.0)
    with pytest.raises(NotImplementedError):
        begun.describe()


def test_after_its_answer():
    """User code is at work within it, and it gets no older; without its answer nobody can report it."""
    answer = Answer()
    begun = answered(answer)
    assert (begun.is_forgotten, begun.encloses) == (False, True)
    assert begun.age(begun.began + 9.0) == pytest.approx(250.0)
    del answer
    assert begun.is_forgotten is True


def test_what_is_swept_away():
    """What is being told is struck off; an answer that is gone is lost; the others stay, and are counted."""
    register, kept, gone = OpenRequests(), Answer(), Answer()
    plain, told, alive, lost = Of(), Of(told=True), answered(kept), answered(gone)
    for begun in (plain, told, alive, lost):
        register.begin(begun)
    register.unreported = 2
    del gone
    register.sweep()
    assert list(register.opened) == [plain, alive]
    assert register.unreported == 1
    assert [begun for begun, _ in register.take_lost()[0]] == [lost]
    assert register.take_lost() == ([], [])


def test_whose_requests_are_open():
    """A user has open requests until the last one ended; one of nobody is nobody's."""
    register, user, other = OpenRequests(), object(), object()
    first, second = Of(user), Of()
    for begun in (first, second):
        register.begin(begun)
    assert (register.of(user), register.of(other), register.users()) == (True, False, {user})
    register.end(first)
    register.end(first)
    assert (register.of(user), register.users(), list(register.opened)) == (False, set(), [second])


def test_another_run_and_the_end_of_one():
    """At the end all that are open are lost, once; another run knows nothing of them."""
    register, begun = OpenRequests(), Of()
    register.begin(begun)
    register.close()
    register.lose(begun)
    assert [one for one, _ in register.lost] == [begun]
    register.lose_sample(Sample("silence", {}, 5.0))
    register.begin(Of())
    register.others["feed"] = begun
    register.unreported, register.said_open = 3, True
    register.clear()
    assert (register.opened, register.lost, register.lost_samples, register.others) == ({}, [], [], {})
    assert (register.unreported, register.said_open, Sample("m", {}, 1.0).times) == (0, False, 1)


class Named(Of):
    """A request with a name."""

    __slots__ = ()

    def describe(self):
        """Return its name, which is that of its user."""
        return "GET", self.whose, {}


def test_as_many_names_as_there_may_be():
    """Two of three stand under their names, the third is kept together with what follows."""
    register = OpenRequests()
    for name in ("/a", "/b", "/c", "/d", "/a"):
        register.begin(Named(name))
    ((_, _, kind, still),) = censored_rows(register, 1e9, 2)
    assert kind == "open"
    assert [dict(map(tuple, tags))["name"] for _, tags, _ in still] == ["/a", "/b", OTHER]
