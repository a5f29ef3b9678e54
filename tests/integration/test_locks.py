"""The locks at every moment: a target keeps a book of runs in which something happens that no lock foresaw."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.integration.conftest import free_port, launch, wait_until
from tests.integration.ledger import Ledger

CAP = 20

LOCUSTS_OWN = "KeyError: 'user_classes_count'"
"""What a master of Locust logs of a worker whose first report comes before Locust counts its users there."""

LOCUSTFILE = """
    import locust_ext
    from locust import FastHttpUser, constant, task

    locust_ext.install()

    class Base(FastHttpUser):
        abstract = True

        def __init_subclass__(cls, **options):
            super().__init_subclass__(**options)
            {refusal}

    class Quick(Base):
        wait_time = constant(0.05)

        @task
        def feed(self):
            self.client.get("/feed")
"""
PLAIN = LOCUSTFILE.format(refusal="")
ODD = LOCUSTFILE.format(
    refusal="""if any(base.__name__ == "Quick" for base in cls.__mro__[1:]):
                raise TypeError("no subclasses")"""
)
ASKS_FIRST = (
    PLAIN
    + """
    from locust import events
    from locust.clients import HttpSession

    @events.test_start.add_listener
    def ask(environment, **_):
        HttpSession(environment.host, environment.events.request, None).get("/setup")
"""
)
"""On workers the listener is called by the greenlet that hears of leases."""
STOCK = PLAIN.replace("import locust_ext\n", "\n").replace("locust_ext.install()", "")

LOCKED = f"thresholds: {{http_req_failed: ['rate<0.5']}}\ntenant: {{}}\nsafety: {{rate_cap: {CAP}/s}}\n"
OPEN = "thresholds: {http_req_failed: ['rate<0.5']}\n"


class Scene:
    """One run beside a book."""

    def __init__(self, directory, book, locustfile=PLAIN, config=LOCKED):
        self.directory, self.book = directory, book
        self.port = str(free_port())
        self.processes = []
        self.ended = 0.0
        self.file("plain.py", locustfile)
        self.file("plain.yml", config)
        self.file("stock.py", STOCK)

    def file(self, name, text):
        (self.directory / name).write_text(textwrap.dedent(text), encoding="utf-8")

    def locust(self, *arguments, file="plain.py"):
        """Start a locust process that logs into a file of its own."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL"))}
        ports = {"LOCUST_MASTER_BIND_PORT": self.port, "LOCUST_MASTER_NODE_PORT": self.port}
        with (self.directory / f"{len(self.processes)}.log").open("w") as log:
            process = launch("locust", "-f", file, *arguments, cwd=self.directory, env=clean | ports, log=log.fileno())
        self.processes.append(process)
        return process

    def begin(self, *arguments):
        """Start the process that judges."""
        return self.locust("--headless", "-H", self.book.url, "--report-dir", "reports", *arguments)

    def log(self, number=0):
        return (self.directory / f"{number}.log").read_text(encoding="utf-8")

    def finish(self):
        """Wait for the end; kill what does not end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.processes[0].wait(60)
        self.ended = time.monotonic()
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @property
    def code(self):
        return self.processes[0].returncode

    @property
    def summary(self):
        return json.loads((self.directory / "reports" / "summary.json").read_text(encoding="utf-8"))

    @property
    def counted(self):
        return sum(row["value"] for row in self.summary["series"] if row["metric"] == "http_reqs")

    @property
    def unmarked(self):
        seen = self.book.seen
        return sum(path != "/setup" and "x-synthetic-tenant" not in headers for path, headers in seen)


def a_run_shorter_than_its_ramp(scene):
    """Nothing is wrong: the run is over while Locust's master still dispatches users."""
    scene.begin("--processes", 2, "-u", 60, "-r", 8, "-t", 4, "--stop-timeout", 8)


def sigterm_in_a_ramp(scene):
    """The master is told to end in the middle of a ramp."""
    process = scene.begin("--processes", 2, "-u", 60, "-r", 4, "-t", 60)
    wait_until(lambda: len(scene.book.times) > CAP, "the ramp is under way")
    process.send_signal(signal.SIGTERM)


def kill_the_waiting_master(scene):
    """A master that waits for its second worker is told to stop, and then that worker comes."""
    master = scene.begin("--master", "--expect-workers", 2, "-u", 20, "-r", 20, "-t", 5)
    scene.locust("--worker")
    wait_until(lambda: "1 workers connected" in scene.log(), "one worker is there")
    master.send_signal(signal.SIGUSR1)
    scene.locust("--worker")


def kill_the_waiting_worker(scene):
    """A worker of such a master is told to stop; its master hears of it."""
    scene.begin("--master", "--expect-workers", 2, "-u", 20, "-r", 20, "-t", 5)
    worker = scene.locust("--worker")
    wait_until(lambda: "1 workers connected" in scene.log(), "one worker is there")
    time.sleep(1)  # it can be heard by its master before it hears signals
    worker.send_signal(signal.SIGUSR1)


def no_run(scene):
    """Nothing happens but the run."""
    scene.begin("-u", 4, "-r", 4, "-t", 3)


def workers_that_ask_first(scene):
    """A listener of test_start sends something, on the master and on both workers."""
    scene.begin("--processes", 2, "-u", 8, "-r", 8, "-t", 4)


def no_run_on_workers(scene):
    """The same with workers."""
    scene.begin("--processes", 2, "-u", 4, "-r", 4, "-t", 3)


def a_worker_without_the_pack(scene):
    """One of two workers knows nothing of us."""
    scene.begin("--master", "--expect-workers", 2, "-u", 20, "-r", 20, "-t", 5)
    scene.locust("--worker")
    scene.locust("--worker", file="stock.py")


@dataclass(frozen=True)
class Row:
    """What happens, and how it has to end."""

    what: str
    happens: Callable[[Scene], None]
    codes: tuple[int, ...]
    said: str = ""
    nothing_sent: bool = False
    all_counted: bool = False
    least: int = 0
    """So many requests must have come."""
    files: dict[str, str] = field(default_factory=dict)


NOBODY_FOLLOWS = "cannot follow the run's orders: TypeError: no subclasses"
RETRY = "retry: {users: [Quick]}\n"
ROWS = [
    Row("a run shorter than its ramp", a_run_shorter_than_its_ramp, (0,), all_counted=True),
    Row("a listener that asks first", workers_that_ask_first, (0,), files={"locustfile": ASKS_FIRST}, least=20),
    Row("SIGTERM in a ramp", sigterm_in_a_ramp, (105,), "SIGTERM", all_counted=True),
    Row("SIGUSR1 to a master that waits", kill_the_waiting_master, (108,), "SIGUSR1 came to", nothing_sent=True),
    Row("SIGUSR1 to a worker that waits", kill_the_waiting_worker, (108,), "SIGUSR1 came to", nothing_sent=True),
    Row(
        "the run cannot be followed",
        no_run,
        (108,),
        NOBODY_FOLLOWS,
        nothing_sent=True,
        files={"locustfile": ODD, "config": LOCKED + RETRY},
    ),
    Row(
        "the run cannot be followed, with workers",
        no_run_on_workers,
        (108,),
        NOBODY_FOLLOWS,
        nothing_sent=True,
        files={"locustfile": ODD, "config": LOCKED + RETRY},
    ),
    Row(
        "the run cannot be followed, and nothing is locked",
        no_run,
        (111,),
        NOBODY_FOLLOWS,
        nothing_sent=True,
        files={"locustfile": ODD, "config": OPEN + RETRY},
    ),
    Row("a worker without the pack", a_worker_without_the_pack, (108,), "does not answer", nothing_sent=True),
    Row(
        "a worker without the pack, and nothing is locked",
        a_worker_without_the_pack,
        (111,),
        "does not answer",
        files={"config": OPEN},
    ),
]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Return what gives a run for each row: they mostly wait, so all go on at once; who asks again gets another one."""
    books = []

    def begin(row):
        books.append(Ledger(seconds=0.3))
        scene = Scene(tmp_path_factory.mktemp("scene"), books[-1], **row.files)
        row.happens(scene)
        return scene

    found = {row.what: begin(row) for row in ROWS}
    for scene in found.values():
        scene.finish()

    def scene_of(row):
        if (scene := found.pop(row.what, None)) is None:
            scene = begin(row)
            scene.finish()
        return scene

    yield scene_of
    for book in books:
        book.stop()


@pytest.mark.parametrize("row", ROWS, ids=[row.what for row in ROWS])
def test_the_locks_hold(scenes, row):
    """Never more than the cap, never unmarked, nothing after the end, and no pass without evidence."""
    scene = scenes(row)
    book = scene.book
    assert scene.code in row.codes, scene.log()[-3000:]
    assert row.said in scene.summary["reason"]
    assert scene.log().count("Traceback") == scene.log().count(LOCUSTS_OWN)
    if "tenant" in row.files.get("config", LOCKED):
        assert (scene.unmarked, book.most_in(1.0) <= book.at_most(CAP)) == (0, True)
    assert book.since(scene.ended) == 0
    if row.nothing_sent:
        assert book.times == []
    assert len(book.times) >= row.least
    if row.all_counted:
        assert scene.counted == len(book.times)
