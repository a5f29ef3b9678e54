"""Rows that no two users share, over real processes: a server keeps the book of who came with which row."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections import Counter

import pytest

from .conftest import rows, wait_until

LOCUSTFILE = """
    from statistics import fmean
    from time import perf_counter

    from locust import FastHttpUser, constant, events, task

    import locust_ext

    locust_ext.install()

    accounts = locust_ext.Feeder("accounts")
    took = []

    class Reader(FastHttpUser):
        wait_time = constant({wait})

        @task
        def read(self):
            for _ in range({each}):
                began = perf_counter()
                block = accounts.row()
                account = block.__enter__()
                took.append(perf_counter() - began)
                try:
                    self.client.get("/" + account["email"], name="/users/" + account["email"] * (len(took) % {told} == 0))
                finally:
                    block.__exit__(None, None, None)

    @events.test_stop.add_listener
    def tell(environment, **_):
        if took:
            quick = sorted(took)[: len(took) * 95 // 100]  # the machine of a test is often late
            print(f"a fetch took {{fmean(quick or took) * 1e6:.1f}} us in {{len(took)}}", flush=True)
"""

CONFIGURATION = """
    feeders:
      accounts: {{file: accounts.csv, use: once}}
    graceful_stop: 10s
    thresholds:
      http_reqs: ["count>0"]
"""


class Book:
    """A server that writes down which paths were asked for."""

    def __init__(self):
        self.came: list[bytes] = []
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        assert self._ready.wait(10)

    async def _serve(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._guest, "127.0.0.1", 0, backlog=4096)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._end.wait()
        server.close()

    async def _guest(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.came.append(head.split(b" ", 2)[1][1:])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def stop(self):
        """Serve nobody any more."""
        self._loop.call_soon_threadsafe(self._end.set)


@pytest.fixture
def book():
    """A server for this test."""
    found = Book()
    yield found
    found.stop()


def put(write, tmp_path, *, accounts, wait, each=1, told=1):
    """Write a locustfile, its configuration and its table; return the locustfile."""
    lines = "".join(f"u{number}@example.org,password-{number:06}\n" for number in range(accounts))
    (tmp_path / "accounts.csv").write_text(f"email,password\n{lines}")
    write("reader.yml", CONFIGURATION.format())
    return write("reader.py", LOCUSTFILE.format(wait=wait, each=each, told=told))


SIZES = [
    ("5,000 rows, 100 users, 2 workers", 5000, 100, 2, False),
    ("100,000 rows, 2,000 users, 4 workers", 100_000, 2000, 4, False),
    ("100,000 rows, 2,000 users, 4 workers, one of them killed", 100_000, 2000, 4, True),
]


@pytest.mark.parametrize("accounts, users, workers, kills", rows(SIZES, "5,000 rows, 100 users, 2 workers"))
@pytest.mark.timeout(600)
def test_each_row_once(write, tmp_path, start, book, accounts, users, workers, kills):
    """No row comes twice, and where nobody dies each comes; it is nowhere in what is written."""
    is_small = users < 1000
    pace = {"wait": 0.3, "each": 5, "told": 50} if is_small else {"wait": 1, "each": 1, "told": 10**9}
    locustfile = put(write, tmp_path, accounts=accounts, **pace)
    spread = ["--processes", workers, "-u", users, "-r", users, "-t", "500s"]
    run = start("-f", locustfile, "--headless", *spread, "-H", book.url, "--only-summary")
    if kills:
        wait_until(lambda: len(book.came) > accounts // 4, "a quarter of the requests", 200)
        os.kill(run.workers()[0], signal.SIGKILL)
    done = run.finish(550)
    came = Counter(book.came)
    assert max(came.values()) == 1
    summary = done.summary
    (account,) = summary["feeders"]
    if kills:
        assert account["lost_workers"] == 1
        assert account["used_up"] + account["lost"] == accounts
        assert accounts - account["lost"] <= len(came) <= accounts
        assert f"{account['lost']:,} rows out with 1 lost worker" in done.out
        assert done.code == 111, done.out
    else:
        assert len(came) == accounts == account["taken"] == account["used_up"], account
        assert (account["out"], account["lost"]) == (0, 0)
        assert done.code == 0, done.out
        assert "and the run ended with that, as planned" in done.out
        names = {row["tags"]["name"] for row in summary["series"] if "name" in row["tags"]}
        assert names == ({"/users/***", "/users/"} if is_small else {"/users/"})
    written = "".join(file.read_text("utf-8", "replace") for file in done.reports.rglob("*") if file.is_file())
    assert "@example.org" not in written
    assert "password-" not in written
    for line in (done.out + done.err).splitlines():
        if "a fetch took" in line:
            assert float(line.partition("took ")[2].split()[0]) < 50, line


STALLED = """
    feeders:
      accounts: {file: accounts.csv, lost: return}
    thresholds:
      http_reqs: ["count>0"]
"""


@pytest.mark.long
@pytest.mark.timeout(200)
def test_a_worker_that_stood_still(write, tmp_path, start, book):
    """Comes back, and uses nothing of what others got meanwhile: not one row is read by two at once."""
    locustfile = put(write, tmp_path, accounts=60, wait=0.05)
    write("reader.yml", STALLED)
    run = start("-f", locustfile, "--headless", "--processes", 2, "-u", 20, "-r", 20, "-t", "32s", "-H", book.url)
    wait_until(lambda: len(book.came) > 100, "some requests")
    worker = run.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    time.sleep(14)
    before = len(book.came)
    os.kill(worker, signal.SIGCONT)
    done = run.finish(100)
    assert before > 1000
    (account,) = done.summary["feeders"]
    assert account["out"] == 0


WRONG = [
    ("a ragged line", "email,password\na,b\nc\n", "users.csv:3: 1 column, where the header has 2"),
    ("no such file", None, "users.csv': there is no such file"),
    ("a name that is nearly right", "", "there is no feeder of this name in the configuration; did you mean 'usres'?"),
]


@pytest.mark.parametrize("content, says", rows(WRONG, "a ragged line"))
def test_what_is_refused(write, tmp_path, locust, content, says):
    """Before the first request, with its line, and with 104."""
    name = "users.csv" if content != "" else "users"
    locustfile = write(
        "feeding.py",
        f"""
        from locust import HttpUser, task
        import locust_ext
        locust_ext.install()
        users = locust_ext.Feeder("{name}")

        class One(HttpUser):
            @task
            def nothing(self):
                pass
        """,
    )
    if content:
        write("users.csv", content)
    if content == "":
        write("other.csv", "a,b\n1,2\n")
        write("feeding.yml", "feeders: {usres: {file: other.csv}}\n")
    done = locust("-f", locustfile, "--headless", "-u", 1, "-t", "1s", "-H", "http://127.0.0.1:1")
    assert done.code == 104
    assert says in done.out + done.err
    assert json.loads((done.reports / "summary.json").read_text())["exit_code"] == 104
