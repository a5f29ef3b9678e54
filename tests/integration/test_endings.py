"""Every process that ends, ends with a verdict, and what is printed and written is what it ends with.

Each row is one process of two seconds; they run side by side, so that waiting costs nothing.
"""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import free_port, wait_until
from .warm import PATIENTLY

ENDS = """
    import os, sys, threading
    import gevent
    from locust import LoadTestShape, TaskSet, User, constant, events, task
    from locust.exception import StopUser

    WHERE, HOW = os.environ["WHERE"], os.environ["HOW"]
    SEEN = []

    def quit_now():
        SEEN[0].runner.quit()

    def lift(error):
        raise error

    DO = {
        "exit(0)": lambda: exit(0),
        "sys.exit(3)": lambda: sys.exit(3),
        "sys.exit(text)": lambda: sys.exit("text"),
        "Ctrl-C": lambda: lift(KeyboardInterrupt()),
        "Timeout": lambda: lift(gevent.Timeout(1)),
        "error": lambda: lift(ValueError("a bug")),
        "StopUser": lambda: lift(StopUser()),
        "quit": quit_now,
        "sets 0": lambda: setattr(SEEN[0], "process_exit_code", 0),
        "sets 1": lambda: setattr(SEEN[0], "process_exit_code", 1),
    }

    def at(where):
        if where == WHERE:
            DO[HOW]()

    @events.init.add_listener
    def on_init(environment, **_):
        SEEN.append(environment)
        at("init")

    for event in ("test_start", "spawning_complete", "request", "test_stopping", "test_stop", "quitting", "quit"):
        getattr(events, event).add_listener(lambda event=event, **_: at(event))

    class Steps(TaskSet):
        @task
        def leave(self):
            self.interrupt()

        def on_stop(self):
            at("on_stop of a TaskSet")

    class Someone(User):
        wait_time = constant(0.1)
        turns = 0
        tasks = {Steps: 1}

        def on_start(self):
            at("on_start")

        def on_stop(self):
            at("on_stop")

        @task
        def turn(self):
            self.turns += 1
            events.request.fire(
                request_type="GET", name="a", response_time=5, response_length=1, exception=None, context={}
            )
            if self.turns == 4:
                at("task")
                if WHERE == "greenlet":
                    gevent.spawn(at, "greenlet")
                if WHERE == "thread":
                    threading.Thread(target=at, args=("thread",)).start()

    if WHERE == "tick":
        class Mine(LoadTestShape):
            def tick(self):
                if HOW == "None":
                    return None
                if self.get_run_time() > 0.5:
                    at("tick")
                return (2, 2)
"""
JUDGED = "thresholds: {http_req_failed: ['rate<0.01']}"

ENDINGS = [  # where, how, with a threshold, and without one: what stock Locust ends with, where that is tried
    ("task", "exit(0)", 107, 0),
    ("quitting", "sys.exit(3)", 107, 3),
    ("quitting", "sets 1", 1, 1),
    ("quit", "sys.exit(3)", 107, 3),
    ("init", "exit(0)", 107, 0),
    ("tick", "None", 111, 0),
    ("task", "Timeout", 107, None),
    ("request", "sys.exit(3)", 107, None),
    ("greenlet", "sys.exit(3)", 107, None),
    ("greenlet", "error", 107, None),
    ("thread", "error", 107, None),
    ("on_stop", "exit(0)", 107, None),
    ("on_stop of a TaskSet", "error", 107, None),
    ("init", "error", 107, None),
    ("test_start", "exit(0)", 107, None),
    ("test_start", "quit", 111, None),
    ("test_start", "sets 1", 1, None),
    ("test_stop", "sys.exit(3)", 107, None),
    ("quitting", "error", 107, None),
]
ON_WORKERS = [
    ("task", "exit(0)", (107,)),
    ("request", "error", (107,)),
    ("greenlet", "error", (107,)),
]
OPTIONS = ("--headless", "-u", 2, "-r", 2, "-t", 2)


@pytest.mark.slow
def test_every_way_out_ends_with_a_verdict(locust, write):
    """Judged, none of them passes; not judged, each ends as it does in stock Locust (the numbers are stock's)."""
    write("judged.yml", JUDGED)
    locustfile = write("ends.py", ENDS)
    cases = [
        (where, how, code, given)
        for where, how, *codes in ENDINGS
        for code, given in zip(codes, (("--loadtest", "judged.yml"), ()), strict=True)
        if code is not None
    ]

    def ended(case):
        where, how, _, given = case
        return locust("-f", locustfile, *OPTIONS, *given, env={"WHERE": where, "HOW": how}, stock=False)

    with ThreadPoolExecutor(3) as together:
        runs = list(together.map(ended, cases))

    found = [(where, how, bool(given), run.code) for (where, how, _, given), run in zip(cases, runs, strict=True)]
    assert [(where, how, bool(given), code) for where, how, code, given in cases] == found
    assert all(run.said == {run.code} for run in runs)
    said = {case[:2]: run.out for case, run in zip(cases, runs, strict=True) if case[3]}
    assert "user code ended the process: sys.exit(0) (ends.py:" in said["task", "exit(0)"]
    assert "user code raised 2 exceptions, the first: Timeout: 1 second (ends.py:" in said["task", "Timeout"]
    assert "PASSED: 1 threshold passed, but the process ends with 1: a listener" in said["quitting", "sets 1"]
    assert "no run began" in said["tick", "None"]


@pytest.mark.slow
def test_on_workers_it_counts_as_locally(locust, write):
    """The last report carries what user code did."""
    write("judged.yml", JUDGED)
    locustfile = write("ends.py", ENDS)
    given = ("--loadtest", "judged.yml", "--processes", 2)

    for where, how, codes in ON_WORKERS:
        run = locust("-f", locustfile, *OPTIONS, *given, env={"WHERE": where, "HOW": how}, stock=False)
        assert run.code in codes, (where, how, run.out + run.err)


SLOW_TO_QUIT = """
    PATIENTLY
    import os, pathlib
    import gevent
    from locust import User, constant, events, task

    @events.spawning_complete.add_listener
    def begun(**_):
        pathlib.Path(f"ready-{os.getpid()}").touch()

    @events.init.add_listener
    def waiting(environment, **_):
        if environment.parsed_options.master:
            begun()

    @events.quitting.add_listener
    def upload(**_):
        print("uploading", flush=True)
        gevent.sleep(float(os.environ.get("UPLOADS", "3")))

    class Someone(User):
        wait_time = constant(0.1)

        @task
        def turn(self):
            events.request.fire(
                request_type="GET", name="a", response_time=5, response_length=1, exception=None, context={}
            )
""".replace("PATIENTLY", PATIENTLY)


@pytest.fixture
def dispose():
    """Set what a signal does in the processes that are started from now on, whatever started the tests.

    A shell starts what runs in its background with SIGINT ignored, and ``nohup`` with SIGHUP.
    """
    before = {}

    def put(number, handler):
        before.setdefault(number, signal.signal(number, handler))

    yield put
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.cold  # a warm one was forked before
def test_a_run_under_nohup_outlives_its_terminal(start, write, tmp_path, dispose):
    """Who ignores SIGHUP means it: the run goes on to its end."""
    write("judged.yml", JUDGED)
    dispose(signal.SIGHUP, signal.SIG_IGN)
    arguments = ("-f", write("slow.py", SLOW_TO_QUIT), "--headless", "--loadtest", "judged.yml", "-u", 2, "-r", 2)
    run = start(*arguments, "-t", "3s", stock=False)
    wait_until(lambda: list(tmp_path.glob("ready-*")), "the run")
    run.send(signal.SIGHUP)
    finished = run.finish(30)
    assert (finished.code, finished.summary["verdict"]) == (0, "passed"), finished.out + finished.err
    assert finished.summary["duration_s"] >= 2.5


@pytest.mark.cold  # a warm one was forked before
@pytest.mark.slow
def test_signals_of_all_kinds_end_with_a_verdict(start, write, tmp_path, dispose):
    """SIGHUP and SIGQUIT as SIGTERM; a second Ctrl-C waits for the reports; a signal while a master waits."""
    write("judged.yml", JUDGED)
    dispose(signal.SIGHUP, signal.SIG_DFL)
    dispose(signal.SIGQUIT, signal.SIG_DFL)  # a shell ignores it for what it starts in the background
    dispose(signal.SIGINT, signal.default_int_handler)
    options = ("-f", write("slow.py", SLOW_TO_QUIT), "--headless", "--loadtest", "judged.yml")
    rows = [
        ((signal.SIGHUP,), ("-u", 2, "-r", 2), 105, "SIGHUP"),
        ((signal.SIGQUIT,), ("-u", 2, "-r", 2), 105, "SIGQUIT"),
        ((signal.SIGINT, signal.SIGINT), ("-u", 2, "-r", 2), 105, "SIGINT"),
        ((signal.SIGTERM,), ("--master", "--expect-workers", 1), 111, "no run began"),
    ]
    ports = [{"LOCUST_MASTER_BIND_PORT": str(free_port())} for _ in rows]
    begun = [start(*options, *more, env=env, stock=False) for (_, more, *_), env in zip(rows, ports, strict=True)]
    begun.append(start(*options, "-u", 1, env={"UPLOADS": "60"}, stock=False))
    wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == len(begun), "five runs")
    time.sleep(1)
    for (numbers, *_), process in zip(rows, begun[:-1], strict=True):
        process.send(numbers[0])
    began = time.monotonic()
    while begun[-1].process.poll() is None and time.monotonic() - began < 20:
        begun[-1].send(signal.SIGINT)  # a busy process takes two that came at once for one
        time.sleep(0.5)
    assert begun[-1].process.poll() is not None, "the third Ctrl-C ends it at once"
    begun[-1].process.communicate(timeout=20)
    begun[2].send(rows[2][0][1])

    for (_, _, code, sentence), process in zip(rows, begun[:-1], strict=True):
        run = process.finish(30)
        assert (run.code, sentence in run.summary["reason"]) == (code, True), run.out + run.err
        assert "Traceback" not in run.err
