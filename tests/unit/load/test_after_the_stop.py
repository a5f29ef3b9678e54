"""No user of a run starts after its stop: what a worker refuses, and how a master ends a ramp."""

from types import SimpleNamespace

import pytest

from locust_ext.load.after_the_stop import RUN_OPTION, Refusal, end_ramp, stay_stopped


def message(kind, run=None):
    """Return a message of the master."""
    options = {} if run is None else {RUN_OPTION: {"id": run}}
    return SimpleNamespace(type=kind, data={"parsed_options": options} if kind == "spawn" else None)


ROWS = [
    ("of the run that it is in", "spawn", "b", "a", "b", False),
    ("of the run that it has left", "spawn", "b", "b", "b", True),
    ("of the next run", "spawn", "c", "b", "b", False),
    ("of a run that it was never in, but that is over", "spawn", "b", "b", "a", True),
    ("of a master without the pack", "spawn", None, "b", "b", False),
    ("before any run", "spawn", "a", "", "", False),
    ("without an id", "spawn", "", "", "", False),
    ("that the ramp is over", "spawning_complete", None, "b", "b", True),
    ("that the next ramp is over", "spawning_complete", None, "a", "b", False),
    ("anything else", "quit", None, "b", "b", False),
]


@pytest.mark.parametrize("kind, run, left, within, refused", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_refuses(kind, run, left, within, refused):
    """A worker that has left a run starts none of its users; orders of the next run are followed."""
    handled = []
    runner = SimpleNamespace(handle_message=handled.append)
    Refusal(runner, lambda: left, lambda: within).install()
    runner.handle_message(message(kind, run))
    assert handled == ([] if refused else [message(kind, run)])


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


def test_a_master_stays_stopped():
    """What Locust says at the end of a ramp is taken back on a master, and a local runner is left alone."""
    states = []
    stay_stopped(SimpleNamespace(clients={}, update_state=states.append))
    stay_stopped(SimpleNamespace(update_state=states.append))
    assert states == ["stopping"]
