"""A seam: what stood there before stands there after."""

import pytest

from locust_ext.process.seam import Seam


def shout(function):
    """Wrap a function so that its text comes out louder."""
    return lambda *args: function(*args).upper()


class Base:
    """Has the function itself."""

    def speak(self):
        """Say something."""
        return "words"


def owners():
    """Return an owner that has the function itself, and one that inherits it."""
    return [type("Own", (), {"speak": Base.speak}), type("Heir", (Base,), {})]


@pytest.mark.parametrize("owner", owners(), ids=lambda owner: owner.__name__)
def test_open_and_close(owner):
    """While open the wrapper answers, afterwards the function, and its class holds what it held before."""
    before = dict(vars(owner))
    seam = Seam(owner, "speak", shout)
    assert owner().speak() == "words"
    seam.open()
    assert owner().speak() == "WORDS"
    seam.close()
    assert owner().speak() == "words"
    assert before == dict(vars(owner))


def test_twice_is_once():
    """Opening twice wraps once, closing twice restores once, and it can be opened again."""
    owner = owners()[0]
    calls = []
    seam = Seam(owner, "speak", lambda function: calls.append(function) or shout(function))
    seam.open()
    seam.open()
    assert len(calls) == 1
    seam.close()
    seam.close()
    seam.open()
    assert owner().speak() == "WORDS"
    seam.close()
    assert owner().speak() == "words"


def test_seams_nest():
    """Two seams in one place, closed in reverse order, leave nothing behind."""
    owner = owners()[0]
    inner, outer = Seam(owner, "speak", shout), Seam(owner, "speak", lambda function: lambda *a: function(*a) + "!")
    inner.open()
    outer.open()
    assert owner().speak() == "WORDS!"
    outer.close()
    inner.close()
    assert owner().speak() == "words"
