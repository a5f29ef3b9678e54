"""A master and a worker in one process: what one says to the other may be lost, doubled, late, or of another release."""

from __future__ import annotations

from random import Random

import pytest
from locust import User, constant, task

from locust_ext.process.part import Part
from tests.pair import pair
from tests.wire import TO_MASTER, Letter, Wire


class Quiet(User):
    """A user whose requests are only told."""

    wait_time = constant(0.05)
    told = 0

    @task
    def tell(self):
        """Tell of a request."""
        Quiet.told += 1
        self.environment.events.request.fire(
            request_type="GET", name="a", response_time=1.0, response_length=0, exception=None, context={}
        )


@pytest.fixture
def thresholds(tmp_path, monkeypatch):
    """Return the configuration of these runs."""
    monkeypatch.setattr(Quiet, "told", 0)
    file = tmp_path / "quiet.yml"
    file.write_text("thresholds: {http_reqs: ['count>0']}\n")
    return str(file)


def counted(result):
    """Return how many requests the verdict knows."""
    return result.outcomes[0].value


def test_a_run_as_it_should_be(monkeypatch, thresholds):
    """Orders come before users, the last report after them, and every request is in the verdict."""
    with pair(monkeypatch, [Quiet], loadtest=thresholds) as both:
        both.begin(2)
        both.heed(lambda: Quiet.told)
        result = both.end()
    assert (result.verdict.word, counted(result)) == ("passed", Quiet.told)
    assert both.wire.kinds(TO_MASTER)[-1] == "locust_ext.final"
    first = [one.kind for one in both.wire.letters if one.kind in ("spawn", "locust_ext.follows")]
    assert first[0] == "locust_ext.follows"


def test_two_runs_of_one_process(monkeypatch, thresholds):
    """The second one begins clean, with orders of its own."""
    with pair(monkeypatch, [Quiet], loadtest=thresholds) as both:
        for _ in range(2):
            Quiet.told = 0
            both.begin(2)
            result = both.end()
            assert (result.verdict.word, counted(result)) == ("passed", Quiet.told)


def twice(letter):
    """Deliver what is ours twice."""
    return [letter] * (2 if letter.kind.startswith("locust_ext.") else 1)


def without(kind):
    """Lose every message of a kind."""
    return lambda letter: () if letter.kind == kind else (letter,)


MISHAPS = [
    ("all of ours comes twice", twice, "passed", ""),
    ("the last report is lost", without("locust_ext.final"), "inconclusive", "was lost"),
    ("the orders are lost", without("locust_ext.orders"), "inconclusive", "does not answer"),
    ("the answer is lost", without("locust_ext.follows"), "inconclusive", "does not answer"),
    ("the greeting is lost", without("locust_ext.hello"), "passed", ""),
]


@pytest.mark.parametrize("post, word, why", [row[1:] for row in MISHAPS], ids=[row[0] for row in MISHAPS])
def test_what_becomes_of_letters(monkeypatch, thresholds, post, word, why):
    """Nothing is counted twice, and what is missing is not a pass."""
    with pair(monkeypatch, [Quiet], Wire(post), thresholds) as both:
        both.begin()
        both.heed(lambda: Quiet.told)
        result = both.end()
    assert (result.verdict.word, why in result.verdict.reason) == (word, True), result.verdict
    assert counted(result) == Quiet.told or word != "passed"


class Weather:
    """What a bad network does to our messages, by a seed: some are lost, some come twice, some late."""

    def __init__(self, seed):
        self._chance, self._kept = Random(seed), []

    def __call__(self, letter):
        """Return what arrives now."""
        if not letter.kind.startswith("locust_ext."):
            return (letter,)
        kept, self._kept = self._kept, []
        fate = self._chance.random()
        if fate < 0.1:
            return kept
        if fate < 0.2:
            self._kept = [letter]
            return kept
        return [letter, *kept, letter] if fate < 0.35 else [letter, *kept]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_weather(monkeypatch, thresholds, seed):
    """A run that passes knows every request that was sent; one that does not says why."""
    with pair(monkeypatch, [Quiet], Wire(Weather(seed)), thresholds) as both:
        both.begin()
        both.heed(lambda: Quiet.told)
        result = both.end()
    assert result.verdict.word in ("passed", "inconclusive"), result.verdict
    assert result.verdict.word == "inconclusive" or counted(result) == Quiet.told > 0


def test_a_letter_that_comes_after_the_end_starts_nobody(monkeypatch, thresholds, caplog):
    """Locust's own spawn message, kept back until the run is over."""
    kept: list[Letter] = []

    def post(letter):
        if letter.kind == "spawn":
            kept.append(letter)
        return (letter,)

    with pair(monkeypatch, [Quiet], Wire(post), thresholds) as both:
        both.begin()
        both.end()
        for letter in kept:
            both.wire.post = lambda one: (one,)
            both.wire.carry(letter)
        both.wait(lambda: "no user starts here for a run that is over" in caplog.text)
        assert both.worker.runner.user_count == 0


class Raises(Part):
    """A part that cannot follow."""

    def follow(self, told, run):
        """Raise."""
        raise OSError("no room")


@pytest.mark.parametrize(
    "safety, word, code", [("", "inconclusive", 111), ("safety: {rate_cap: 50/s}\n", "aborted", 108)]
)
def test_a_part_that_raises_keeps_all_users_from_starting(monkeypatch, thresholds, tmp_path, safety, word, code):
    """Whichever part it is; where a cap must hold the run ends for safety."""
    (tmp_path / "quiet.yml").write_text(f"thresholds: {{http_reqs: ['count>0']}}\n{safety}")
    with pair(monkeypatch, [Quiet], loadtest=thresholds) as both:
        both.users.parts._parts.append(Raises())
        both.master.runner.start(2, 2)
        both.wait(lambda: both.judge.controller.run.ended is not None)
        result = both.end()
    assert Quiet.told == 0
    assert (result.verdict.word, result.verdict.exit_code) == (word, code)
    assert "OSError: no room" in result.verdict.reason


def test_a_run_that_nobody_can_begin_is_no_pass_without_thresholds(monkeypatch, thresholds):
    """Nothing is judged, and nothing was done either."""
    with pair(monkeypatch, [Quiet]) as both:
        both.judge.parts._parts.append(Raises())
        both.master.runner.start(2, 2)
        both.wait(lambda: both.judge.result is not None or both.judge.controller.run.ended is not None)
        result = both.end()
    assert result.verdict.exit_code == 111
    assert "OSError: no room" in result.verdict.reason


def test_orders_of_another_release(monkeypatch, thresholds):
    """A part that the worker does not know is not a run for it: anyone who ordered it counts on it."""
    with pair(monkeypatch, [Quiet], loadtest=thresholds) as both:
        orders = both.judge.parts.orders
        monkeypatch.setattr(both.judge.parts, "orders", lambda run: {**orders(run), "fountain": orders(run)["safety"]})
        monkeypatch.setattr(both.judge.parts, "read", lambda parts: {k: v for k, v in parts.items() if k != "fountain"})
        both.master.runner.start(2, 2)
        both.wait(lambda: both.judge.controller.run.ended is not None)
        result = both.end()
    assert Quiet.told == 0
    assert "this release knows no fountain" in result.verdict.reason


ENDS = [
    ("somebody presses Stop", lambda both: both.processes[0].do(both.master.runner.stop), "inconclusive"),
    ("it is killed", lambda both: both.processes[0].do(both.judge.safety.stop_now, "enough"), "aborted"),
]


@pytest.mark.parametrize("end, word", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_run_ends_before_its_first_user_is_there(monkeypatch, thresholds, end, word):
    """Spawn messages that are on their way start nobody."""
    slow = Wire(lambda letter: (letter.after(2.5) if letter.kind == "spawn" else letter,))
    with pair(monkeypatch, [Quiet], slow, thresholds) as both:
        both.processes[0].start(both.master.runner.start, 1, 1)
        both.clock.sleep(1.5)
        end(both)
        result = both.verdict()
        assert both.clock.now < 30
    assert (result.verdict.word, Quiet.told) == (word, 0)
