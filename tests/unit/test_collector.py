"""Python's garbage collector: who pauses it, and that it goes on."""

from __future__ import annotations

import gc

import pytest

from locust_ext.process.collector import paused


@pytest.fixture(params=[True, False], ids=["going", "switched off by somebody"])
def before(request):
    """Return whether it is going."""
    was_going = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
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
