"""Python's garbage collector: who pauses it, and that it goes on."""

from __future__ import annotations

import gc

import pytest

import locust_ext
from locust_ext.process.collector import paused


@pytest.fixture(params=[True, False], ids=["going", "switched off by somebody"])
def before(request):
    """Return whether it is going."""
    was_going = gc.isenabled()
    gc.unfreeze()  # what the tests themselves are made of
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.freeze()
    (gc.enable if was_going else gc.disable)()


def test_it_pauses_for_a_block_and_is_as_it_was(before):
    """Inside of another pause too."""
    with paused():
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled() is before


def test_it_goes_on_after_what_could_not_be_loaded(before):
    """An import may fail."""
    with pytest.raises(ImportError), paused():
        raise ImportError
    assert gc.isenabled() is before


def test_what_a_block_has_made_is_old(before):
    """The first collection after it need not look at it."""
    with paused():
        made = [[] for _ in range(5000)]
    old = {id(one) for one in gc.get_objects(generation=2)}
    assert (id(made[0]) in old, id(made[-1]) in old, gc.get_freeze_count()) == (before, before, 0)


def test_what_somebody_has_set_aside_stays_there(before):
    """Where they want it."""
    gc.freeze()
    count = gc.get_freeze_count()
    with paused():
        pass
    assert gc.get_freeze_count() == count > 0
    gc.unfreeze()


def test_a_name_of_the_package_is_looked_up_once():
    """A task that asks for one with each request pauses nothing."""
    assert locust_ext.check is vars(locust_ext)["check"]
