"""The ways out of a process: once Locust has called ``sys.exit``, nobody strikes it again on its way out."""

from __future__ import annotations

import gevent
import pytest

from locust_ext.measure.user_code import UserCode
from locust_ext.run.exits import Exits


@pytest.fixture
def exits():
    found = Exits(UserCode(), {}, object())
    with pytest.raises(SystemExit):
        found._exit(105)
    return found


def test_a_second_shutdown_ends_in_silence(exits):
    """Two signals make two of them: the one that comes second would raise in the middle of what runs at exit."""
    second = gevent.spawn(exits._exit, 105)
    second.join(1)

    assert isinstance(second.value, gevent.GreenletExit)


def test_the_end_of_a_signal_s_handler_is_no_error(exits):
    """What ends one, gevent raises in main."""
    told = []
    handle_error = exits._around_errors(lambda *error: told.append(error))
    handle_error(None, gevent.GreenletExit, gevent.GreenletExit(), None)
    handle_error(None, ValueError, ValueError("a bug"), None)

    assert [kind for _, kind, _, _ in told] == [ValueError]
