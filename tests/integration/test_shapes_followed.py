"""Users follow the schedule within one tick's step, at any slope, in one process and on a master."""

from __future__ import annotations

import json

import pytest

USERS = """
    import json
    import gevent
    from locust import User, constant, events, task
    from locust.runners import WorkerRunner
    import locust_ext
    locust_ext.install()

    class Idle(User):
        wait_time = constant(1)
        host = "http://127.0.0.1:1"

        @task
        def nothing(self):
            pass

    @events.test_start.add_listener
    def watch(environment, **_):
        shape = environment.shape_class

        def sample():
            with open("samples.jsonl", "w") as file:
                while True:
                    gevent.sleep(0.1)
                    at = shape.get_run_time()
                    levels = [shape.schedule.level(at - back / 10) for back in range(16)]
                    row = [at, environment.runner.user_count, min(levels), max(levels)]
                    print(json.dumps(row), file=file, flush=True)

        if not isinstance(environment.runner, WorkerRunner):
            gevent.spawn(sample)
"""
SLOPES = {
    "fast": "{stages: [{target: 40, duration: 4s}, {target: 0, duration: 4s}]}",
    "below one user a second": "{start_users: 1, stages: [{target: 4, duration: 9s}]}",
    "jumps": "{stages: [{target: 30, duration: 0s}, {target: 30, duration: 3s}, {target: 5, duration: 0s}, "
    "{target: 5, duration: 3s}]}",
}


EACH_TIME = {("fast", "a master"), ("jumps", "one process")}
"""Where each pull request looks; ``nox -s long`` looks at every slope in both places."""


@pytest.mark.parametrize(
    "stages, processes",
    [
        pytest.param(stages, given, id=f"{name}-{where}", marks=() if (name, where) in EACH_TIME else pytest.mark.long)
        for name, stages in SLOPES.items()
        for where, given in {"one process": (), "a master": ("--processes", "2")}.items()
    ],
)
@pytest.mark.slow
@pytest.mark.timed
def test_users_follow_the_schedule(locust, write, tmp_path, stages, processes):
    """At every moment the users are as many as the schedule asked for at some moment of the last tick."""
    write("idle.yml", f"{{shape: stages, shapes: {{stages: {stages}}}}}")

    run = locust("-f", write("idle.py", USERS), "--headless", *processes)

    assert run.code == 0, run.err
    samples = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert len(samples) > 50
    late = [
        (at, users, lowest, highest)
        for at, users, lowest, highest in samples
        # a tick comes each second and its dispatch takes a moment; 1 for rounding to whole users
        if at > 2 and not lowest - 1 <= users <= highest + 1
    ]
    assert len(late) <= len(samples) * 0.02, late[:10]
