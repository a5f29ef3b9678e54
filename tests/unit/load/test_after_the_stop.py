"""A ramp ends with its run: how a master ends it, and takes back that it is running."""

from types import SimpleNamespace

import pytest

from locust_ext.load.after_the_stop import end_ramp, stay_stopped


def test_a_ramp_ends_where_it_is():
    """The dispatcher's target is what it has reached; a runner without one is left alone."""
    dispatcher = SimpleNamespace(_target_user_count=60, _current_user_count=24)
    end_ramp(SimpleNamespace(_users_dispatcher=dispatcher))
    end_ramp(SimpleNamespace(_users_dispatcher=None))
    end_ramp(SimpleNamespace())
    assert dispatcher._target_user_count == 24


def test_locust_s_own_dispatcher_ends():
    """The same with Locust's: the ramp that waits for its next step has none."""
    from locust import User
    from locust.dispatch import UsersDispatcher
    from locust.runners import WorkerNode

    dispatcher = UsersDispatcher([WorkerNode("w")], [User])
    dispatcher.new_dispatch(60, 1000.0)
    dispatcher._user_count_per_dispatch_iteration = 5
    assert sum(next(dispatcher)["w"].values()) == 5
    end_ramp(SimpleNamespace(_users_dispatcher=dispatcher))
    assert list(dispatcher) == []


@pytest.mark.parametrize(
    "runner, state",
    [
        ({"clients": {}, "state": "running", "all_stopped": False}, "stopping"),
        ({"clients": {}, "state": "running", "all_stopped": True}, "stopped"),
        ({"state": "running"}, "cleanup"),
        ({"state": "stopped"}, "stopped"),
    ],
    ids=[
        "a master",
        "a master whose workers have all stopped",
        "a local run whose ramp was over at the very moment of its stop",
        "a local run that has ended",
    ],
)
def test_it_stays_stopped(runner, state):
    """What Locust says at the end of a ramp is taken back: an end that believes that it runs waits for nobody."""
    one = SimpleNamespace(**runner)
    one.update_state = lambda state: setattr(one, "state", state)
    one.check_stopped = lambda: one.all_stopped and one.update_state("stopped")
    stay_stopped(one)
    assert one.state == state
