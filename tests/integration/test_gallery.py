"""A gallery of endings: short runs that differ in one thing, side by side, each with its exit code and what it says."""

from __future__ import annotations

import os
import signal
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from .conftest import Finished, Locust, WarmTarget, free_port, launch
from .test_exit_codes import PLAIN, USERS

NOWHERE = "http://127.0.0.1:1"
HEALTHY, SICK = (), ("fast500",)
RAISING = USERS + "            raise RuntimeError('a bug in the test')\n"
FAILS = "thresholds: {http_req_failed: ['rate<0.01']}"
OPTIONAL = "thresholds: {'http_req_duration{name:none}': [{threshold: 'p(95)<400', optional: true}]}"
MISTYPED = "thresholds: {'http_req_duration{name:fed}': ['p(95)<400']}"
FEW = "thresholds: {http_req_duration: ['p(99.9)<4000', 'p(50)<4000']}"
ODD = """
    from locust import User, constant, task
    import locust_ext
    locust_ext.install()

    class Odd(User):
        wait_time = constant(0.05)

        @task
        def fire(self):
            for value in (None, -5.0, float("nan"), 1e18, 12.5):
                self.environment.events.request.fire(
                    request_type="WS", name="frame", response_time=value, response_length=0, exception=None, context={}
                )
"""


def all_failed(run: Finished) -> None:
    """Requests that cannot be sent are failed requests, judged as such."""
    assert run.summary["outcomes"][0]["value"] == 1.0


def some_samples_are_too_few(run: Finished) -> None:
    """p99.9 of some two hundred samples does not exist; their median does."""
    assert [outcome["status"] for outcome in run.summary["outcomes"]] == ["inconclusive", "passed"]
    assert "needs 1000" in run.out


def the_nearest_is_named(run: Finished) -> None:
    """The report says what was there."""
    assert "did you mean 'feed'?" in run.summary["outcomes"][0]["reason"]


def errors_are_counted(run: Finished) -> None:
    """An exception in a task is not a failed request."""
    assert run.summary["verdict"] == "error"
    assert run.count("iteration_errors") > 0


def nothing_judged(run: Finished) -> None:
    """As in stock Locust, and the summary says so."""
    assert (run.summary["exit_code"], run.summary["verdict"]) == (1, "failed")
    assert "there are no thresholds" in run.summary["reason"]


def what_was_not_written_is_said(run: Finished) -> None:
    """The verdict stands all the same."""
    assert "summary.json was not written" in run.err


def odd_durations_are_shown(run: Finished) -> None:
    """They are not recorded as zero, and not dropped."""
    row = next(row for row in run.summary["series"] if row["metric"] == "req_duration")
    fired = run.count("reqs", type="WS") / 5
    assert (row["invalid"], row["clamped"], row["count"]) == (3 * fired, fired, 2 * fired)
    assert any("not durations (None, negative or NaN)" in warning for warning in run.summary["warnings"])
    assert not any(row["metric"].startswith("http_") for row in run.summary["series"])


@dataclass(frozen=True)
class Ending:
    """What one run is, and how it ends."""

    code: int
    config: str
    shows: Callable[[Finished], None] = lambda _: None
    users: str = USERS
    faults: tuple[str, ...] | None = HEALTHY
    """Those of its target; None: nobody listens there."""
    raises: bool = False
    """Whether there is a traceback, which is not of ours."""
    in_the_way: str = ""
    """A directory that stands in its report directory."""


ENDINGS = {
    "a healthy target": Ending(0, FAILS),
    "a series that may be absent": Ending(0, OPTIONAL),
    "nobody listens": Ending(99, FAILS, all_failed, faults=None),
    "a sick target, and a summary that cannot be written": Ending(
        99, FAILS, what_was_not_written_is_said, faults=SICK, in_the_way="summary.json"
    ),
    "failures that nothing judges": Ending(1, "name: plain", nothing_judged, faults=SICK),
    "too few samples": Ending(111, FEW, some_samples_are_too_few),
    "a selection that matches nothing": Ending(111, MISTYPED, the_nearest_is_named),
    "code that raises": Ending(107, FAILS, errors_are_counted, users=RAISING, raises=True),
    "events without a duration": Ending(  # which Locust's own table at the end cannot show
        107,
        "thresholds: {'req_duration{type:WS}': ['min<13']}",
        odd_durations_are_shown,
        users=ODD,
        faults=None,
        raises=True,
    ),
}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Finished]]:
    """Return what gives a run for each ending; they mostly wait, so all go on at once; who asks again gets another one."""
    targets = {faults: WarmTarget(faults).start() for faults in (HEALTHY, SICK)}
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL"))}
    begun: list[Locust] = []

    def begin(ending: Ending) -> Locust:
        place = tmp_path_factory.mktemp("ending")
        (place / "quick.py").write_text(textwrap.dedent(ending.users), "utf-8")
        (place / "quick.yml").write_text(ending.config, "utf-8")
        (place / "reports" / ending.in_the_way).mkdir(parents=True)
        host = NOWHERE if ending.faults is None else targets[ending.faults].url
        port = str(free_port())
        env = clean | {"LOCUST_MASTER_BIND_PORT": port, "LOCUST_MASTER_NODE_PORT": port}
        words = ("-f", "quick.py", "-H", host, *PLAIN, "--report-dir", "reports")
        read = place / ("nowhere" if ending.in_the_way else "reports")
        begun.append(Locust(launch("locust", *words, cwd=place, env=env), read))
        return begun[-1]

    try:
        at_once = {name: begin(ending) for name, ending in ENDINGS.items()}
        found = {name: locust.finish() for name, locust in at_once.items()}
        yield lambda name: found.pop(name, None) or begin(ENDINGS[name]).finish()
    finally:
        for locust in begun:
            if locust.process.poll() is None:
                os.killpg(locust.process.pid, signal.SIGKILL)
                locust.process.communicate()
        for target in targets.values():
            target.stop()


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ending(gallery: Callable[[str], Finished], name: str) -> None:
    """Its exit code, what it shows, and never a traceback of ours."""
    run, ending = gallery(name), ENDINGS[name]
    assert run.code == ending.code, run.out + run.err
    assert ending.raises or "Traceback" not in run.out + run.err
    ending.shows(run)
