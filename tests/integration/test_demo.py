"""The demo target as its users meet it: a real process, real sockets, real clients."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import psutil
import pytest
import requests
import websocket
from prometheus_client.parser import text_string_to_metric_families

from locust_ext.demo.faults import FAULTS
from locust_ext.demo.process import DemoTarget, TargetNotStarted

from .conftest import WarmTarget

COMMAND = [sys.executable, "-m", "locust_ext.demo"]
TAG = {"x-synthetic-tenant": "true"}


@pytest.fixture(scope="module")
def target():
    """One healthy target for all tests that only ask questions."""
    with WarmTarget() as running:
        yield running


@pytest.fixture
def session():
    """Keep a connection alive over the test, as a load generator does."""
    with requests.Session() as kept:
        kept.trust_env = False
        kept.headers.update(TAG)
        yield kept


def metrics(url):
    """Return every sample by its name, summed over its labels, as a real Prometheus parser reads it."""
    text = requests.get(f"{url}/metrics", timeout=5).text
    sums = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def eventually(condition, seconds=5.0):
    """Return the condition's first true value within so many seconds, or fail."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.02)
    return value


def run(*arguments, **options):
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=10, **options)


ROUTES = [
    ("the feed", "GET", "/communities/7/posts?limit=3", None, 200),
    ("the feed by default", "GET", "/communities/7/posts", None, 200),
    ("a limit of nothing", "GET", "/communities/7/posts?limit=0", None, 400),
    ("a limit in words", "GET", "/communities/7/posts?limit=many", None, 400),
    ("a write", "POST", "/communities/7/posts", b'{"body": "hello"}', 201),
    ("a write that is not JSON", "POST", "/communities/7/posts", b"hello", 400),
    ("a write without a text", "POST", "/communities/7/posts", b'{"body": 1}', 400),
    ("a write that is a list", "POST", "/communities/7/posts", b"[]", 400),
    ("a write of nothing", "POST", "/communities/7/posts", b"", 400),
    ("a write nested too deeply", "POST", "/communities/7/posts", b"[" * 16_000, 400),
    ("a write too large", "POST", "/communities/7/posts", b"x" * 100_000, 413),
    ("a post", "GET", "/posts/1", None, 200),
    ("a post that nobody wrote", "GET", "/posts/999999", None, 404),
    ("a hot key", "GET", "/hot/front", None, 200),
    ("health", "GET", "/health", None, 200),
    ("metrics", "GET", "/metrics", None, 200),
    ("ticks without an upgrade", "GET", "/ticks", None, 426),
    ("another route", "GET", "/nothing/here", None, 404),
    ("another method", "DELETE", "/posts/1", None, 405),
]


@pytest.mark.parametrize("method, path, body, status", [row[1:] for row in ROUTES], ids=[row[0] for row in ROUTES])
def test_contract(target, session, method, path, body, status):
    """Every route answers as the contract says, and leaves the connection fit for the next request."""
    answer = session.request(method, target.url + path, data=body, timeout=5)
    assert answer.status_code == status
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert session.get(f"{target.url}/health", timeout=5).json() == {"ok": True}


def test_chunked_body(target, session):
    """A body without a length counts as well, and the limit holds for it too."""
    url = f"{target.url}/communities/7/posts"
    assert session.post(url, data=iter([b'{"body": ', b'"in parts"}']), timeout=5).status_code == 201
    assert session.post(url, data=iter([b"x" * 10_000] * 3), timeout=5).status_code == 413


def test_read_your_writes(target, session):
    """A written post is missing at first, then readers find it alone and in the feed."""
    first = []
    for _ in range(5):  # one of them is read before its replica has it, even on a machine that stalls now and then
        written = session.post(f"{target.url}/communities/9/posts", json={"body": "snow ☃"}, timeout=5).json()
        url = f"{target.url}/posts/{written['id']}"
        first.append(session.get(url, timeout=5).status_code)
    assert 404 in first
    assert list(written) == ["id"]
    found = eventually(lambda: (got := session.get(url, timeout=5)).ok and got)
    assert found.json() == written
    newest = session.get(f"{target.url}/communities/9/posts?limit=1", timeout=5).json()
    assert newest == {"posts": [{**written, "body": "snow ☃"}]}


def test_hot_key_single_flight(target):
    """Twenty readers of one cold key cost one computation; after that it is a hit."""
    before = metrics(target.url)["app_origin_computations_total"]
    url = f"{target.url}/hot/crowded"
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda _: requests.get(url, timeout=5).json(), range(20)))
    assert {answer["key"] for answer in answers} == {"crowded"}
    assert requests.get(url, timeout=5).json() == {"key": "crowded", "hit": True}
    assert metrics(target.url)["app_origin_computations_total"] == before + 1


def test_health_is_quick(target, session):
    """Health is answered well under a millisecond of the server's time, the client's share included here."""
    url = f"{target.url}/health"

    def took():
        """Return what nine in ten of a hundred requests take longer than."""
        return sorted(session.get(url, timeout=5).elapsed.total_seconds() for _ in range(100))[10]

    assert any(took() < 0.002 for _ in range(5)), "the machine may be busy once, not five times"


def test_ticks(target):
    """Frames arrive several times a second, numbered without a gap, and stamped with the time."""
    url = target.url.replace("http", "ws") + "/ticks"
    before = metrics(target.url)
    with closing(websocket.create_connection(url, timeout=5)) as ticks:
        frames = [json.loads(ticks.recv()) for _ in range(4)]
        assert metrics(target.url)["app_ws_open"] == before["app_ws_open"] + 1
        ticks.ping("still there?")
        eventually(lambda: ticks.recv_data(control_frame=True) == (websocket.ABNF.OPCODE_PONG, b"still there?"))
        ticks.send("nobody listens to this")
        assert json.loads(ticks.recv())["seq"] > frames[-1]["seq"]
    assert all(set(frame) == {"seq", "t"} for frame in frames)
    assert [frame["seq"] - frames[0]["seq"] for frame in frames] == [0, 1, 2, 3]
    assert abs(frames[-1]["t"] - time.time()) < 5
    assert 0.3 < frames[-1]["t"] - frames[0]["t"] < 2
    eventually(lambda: metrics(target.url)["app_ws_open"] == before["app_ws_open"])
    assert metrics(target.url)["app_ws_connects_total"] == before["app_ws_connects_total"] + 1


def test_ticks_close_politely(target):
    """The closing handshake is answered with the client's own code."""
    ticks = websocket.create_connection(target.url.replace("http", "ws") + "/ticks", timeout=5)
    ticks.send_close(4000)
    eventually(lambda: ticks.recv_data(control_frame=True) == (websocket.ABNF.OPCODE_CLOSE, b"\x0f\xa0"))
    assert ticks.sock.recv(1) == b""
    ticks.shutdown()


def test_ticks_survive_a_storm(target):
    """A hundred sockets that vanish without a word are forgotten, and the others get their ticks."""
    url = target.url.replace("http", "ws") + "/ticks"
    before = metrics(target.url)
    crowd = [websocket.create_connection(url, timeout=5) for _ in range(100)]
    for ticks in crowd[1:]:
        ticks.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # RST instead of FIN
        ticks.sock.close()
    eventually(lambda: metrics(target.url)["app_ws_open"] == before["app_ws_open"] + 1)
    assert json.loads(crowd[0].recv())["seq"] > 0
    crowd[0].close()
    eventually(lambda: metrics(target.url)["process_open_fds"] < before["process_open_fds"] + 20)


def test_metrics_of_the_contract(target):
    """Every name that the contract promises is there."""
    promised = {
        "process_open_fds", "process_max_fds", "process_resident_memory_bytes", "process_start_time_seconds",
        "app_requests_total", "app_origin_computations_total", "app_ws_connects_total", "app_ws_open",
    }  # fmt: skip
    requests.get(f"{target.url}/communities/7/posts", timeout=5)  # what is counted by label needs one
    assert promised <= set(metrics(target.url))


def received(url):
    """Return how many API requests the target has received, answered or not, and how many of them had no tag."""
    now = metrics(url)
    return (
        now.get("app_requests_total", 0) + now["app_requests_in_flight"],
        now["app_requests_untagged_total"],
    )


def test_counts_what_it_received(session):
    """Every API request counts, with or without a tag, known or unknown, and those of callers that went away."""
    with DemoTarget() as own:
        for path in ("/communities/7/posts", "/posts/1", "/hot/a", "/nowhere"):
            session.get(own.url + path, timeout=5)
        session.get(f"{own.url}/health", timeout=5)
        assert received(own.url) == (4, 0)
        requests.get(f"{own.url}/posts/1", timeout=5)
        assert received(own.url) == (5, 1)
        port = int(own.url.rsplit(":", 1)[1])
        impatient = [
            b"GET /communities/7/posts HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /communities/7/posts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        ]
        for request in impatient:
            with socket.create_connection(("127.0.0.1", port)) as caller:
                caller.sendall(request)
        eventually(lambda: received(own.url) == (7, 3))
        eventually(lambda: metrics(own.url)["app_requests_in_flight"] == 0)
        assert received(own.url) == (7, 3)


def feeds(url, count, width):
    """Read the feed so often with so many at a time; return statuses and seconds."""

    def read(_):
        answer = requests.get(f"{url}/communities/7/posts", timeout=20)
        return answer.status_code, answer.elapsed.total_seconds()

    with ThreadPoolExecutor(width) as crowd:
        return list(crowd.map(read, range(count)))


def test_fault_tail():
    """A few feed answers take over four seconds, and no other answer does."""
    with WarmTarget(["tail"]) as own:
        late = [seconds for _, seconds in feeds(own.url, 300, 20) if seconds > 1]
    assert 1 <= len(late) <= 15
    assert all(4.2 <= seconds < 6 for seconds in late)


def test_fault_fast500():
    """Some API requests fail at once; health never does."""
    with WarmTarget(["fast500"]) as own:
        answers = feeds(own.url, 300, 10)
        assert all(requests.get(f"{own.url}/health", timeout=5).ok for _ in range(50))
    failed = [seconds for status, seconds in answers if status == 500]
    assert 3 <= len(failed) <= 40
    assert {status for status, _ in answers} == {200, 500}


def test_fault_slow_is_heard_of():
    """Service times grow; both are asked in turns, and of each a fifth of the times is as a busy machine leaves it."""
    with WarmTarget() as usual, WarmTarget(["slow"]) as slow:
        turns = [[feeds(own.url, 1, 1)[0][1] for own in (usual, slow)] for _ in range(100)]
    usually, slowly = (sorted(seconds)[20] for seconds in zip(*turns, strict=True))
    assert 1.15 < slowly / usually < 2.0


def test_fault_cold_pool():
    """One worker is enough for one caller, nine times in ten; sixty callers at once wait for each other."""
    with WarmTarget(["cold-pool"]) as own:
        calm = sorted(seconds for _, seconds in feeds(own.url, 30, 1))[26]
        crowded = sorted(seconds for _, seconds in feeds(own.url, 120, 60))
        assert metrics(own.url)["app_pool_slots"] == 1
    assert calm < 0.3
    assert crowded[110] > 0.5


READ = b"GET /posts/1 HTTP/1.1\r\nHost: x\r\n\r\n"
HANDSHAKE = (
    b"GET /ticks HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def connect(url):
    """Open a connection that is reset, not closed in order, when it ends."""
    caller = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=5)
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return caller


def burst(url, request, count):
    """Send a request over so many connections in one moment; return how each answer begins, and the seconds for all."""
    with ExitStack() as open_until_the_end:
        callers = [open_until_the_end.enter_context(connect(url)) for _ in range(count)]
        began = time.monotonic()
        for caller in callers:
            caller.sendall(request)
        return [caller.recv(4096) for caller in callers], time.monotonic() - began


def test_fault_reconnect(target):
    """Twenty handshakes pass one after the other; without the fault they pass at once."""
    with WarmTarget(["reconnect"]) as own:
        for url, least, most in ((own.url, 20 * 0.06 * 0.98, 4.0), (target.url, 0.0, 0.5)):
            answers, seconds = burst(url, HANDSHAKE, 20)
            assert all(answer.startswith(b"HTTP/1.1 101") for answer in answers)
            assert least <= seconds < most


def test_fault_retry():
    """A calm load never fails. Of a hundred requests at once sixty find a slot; the calm after them is a calm again."""
    with WarmTarget(["retry"]) as own:
        assert {status for status, _ in feeds(own.url, 40, 4)} == {200}
        eventually(lambda: metrics(own.url)["app_capacity_in_use"] == 0)
        counts = []
        for _ in range(5):  # a client that is held up sends some requests when others have left their slots
            answers, _ = burst(own.url, READ, 100)
            failed = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
            assert b"Retry-After" not in b"".join(failed)
            counts.append(len(failed))
            eventually(lambda: metrics(own.url)["app_capacity_in_use"] == 0)
            if counts[-1] >= 20:
                break
        assert 20 <= max(counts) <= 40
        assert {status for status, _ in feeds(own.url, 40, 4)} == {200}


def test_fault_stampede(target):
    """Twenty readers of one cold key cost twenty computations; without the fault it is one."""

    def most(url):
        """Return what a cold key cost at most: a client that is held up sends some reads too late to miss."""
        costs = []
        for key in (b"one", b"two", b"three"):
            before = metrics(url)["app_origin_computations_total"]
            burst(url, READ.replace(b"posts/1", b"hot/stampede-" + key), 20)
            costs.append(metrics(url)["app_origin_computations_total"] - before)
        return max(costs)

    with WarmTarget(["stampede"]) as own:
        assert (most(own.url), most(target.url)) == (20, 1)


@contextmanager
def in_the_foreground(fault):
    """Run a target that has nothing to say but where it listens, and return its address."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--fault", fault], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().split()[3]
        finally:
            process.terminate()
            said = process.communicate(timeout=5)
    assert said == ("", "")


RUDE = [
    ("not a word", b""),
    ("half a request line", HANDSHAKE[:9]),
    ("half a handshake", HANDSHAKE[:60]),
    ("a handshake but for its end", HANDSHAKE[:-2]),
    ("a whole handshake", HANDSHAKE),
    ("half a frame after it", HANDSHAKE + b"\x81"),
    ("no HTTP at all", b"\x16\x03\x01\xff\n"),
    ("too many headers", b"GET /ticks HTTP/1.1\r\n" + b"a: b\r\n" * 150 + b"\r\n"),
]


@pytest.mark.parametrize("fault", ["", "reconnect"], ids=["healthy", "reconnect"])
def test_rude_clients(fault):
    """Clients that fall silent hold up nobody; those that break off leave no traceback, no queue and no socket."""
    with in_the_foreground(fault) as url, ExitStack() as silent:
        for _, words in RUDE[:4]:
            silent.enter_context(connect(url)).sendall(words)
        before = metrics(url)["process_open_fds"]
        for _, words in RUDE * 2:
            with connect(url) as caller:
                caller.sendall(words)
        burst(url, RUDE[-1][1], 1)
        with ExitStack() as impatient:
            for _ in range(100):
                impatient.enter_context(connect(url)).sendall(HANDSHAKE)
        answers, seconds = burst(url, HANDSHAKE, 1)
        assert answers[0].startswith(b"HTTP/1.1 101")
        assert seconds < 2  # the hundred would have cost six
        eventually(lambda: metrics(url)["process_open_fds"] <= before)
        now = metrics(url)
        assert (now["app_ws_handshakes_queued"], now["app_ws_open"], now["app_requests_in_flight"]) == (0, 0, 0)


def test_list_faults():
    """The list names every fault and what it does, in aligned columns."""
    listed = run("--list-faults")
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    widest = max(map(len, FAULTS))
    assert {line.index(fault.summary) for line, fault in zip(lines, FAULTS.values(), strict=True)} == {widest + 2}


def test_port_busy(target):
    """A port in use is answered with one sentence that says what to do."""
    port = target.url.rsplit(":", 1)[1]
    refused = run("--port", port)
    assert (refused.returncode, refused.stdout) == (104, "")
    assert refused.stderr.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is in use" in refused.stderr
    with pytest.raises(TargetNotStarted, match=rf"Port {port} on 127\.0\.0\.1 is in use"):
        DemoTarget(port=int(port)).start()


WRONG = [
    ("an unknown fault", ["--fault", "slow,tial"], "Did you mean 'tail'?"),
    ("a port beyond all ports", ["--port", "70000"], "There is no port 70000"),
    ("a port that is not a number", ["--port", "many"], "invalid int value: 'many'"),
    ("a host elsewhere", ["--port", "0", "--host", "192.0.2.1"], "Cannot listen on 192.0.2.1"),
    ("an unknown option", ["--prot", "1"], "unrecognized arguments"),
]


@pytest.mark.parametrize("arguments, sentence", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_arguments(arguments, sentence):
    """A mistake costs one sentence and exit code 104, never a traceback."""
    refused = run(*arguments)
    assert (refused.returncode, refused.stdout) == (104, "")
    assert refused.stderr.count("\n") == 1
    assert sentence in refused.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_foreground(ending):
    """In the foreground it says where it listens, and both signals end it with exit code 0 and without a word."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--fault", "tail", "--fault", "slow"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        said = process.stdout.readline()
        assert re.fullmatch(r"demo target on http://127\.0\.0\.1:\d+ \(faults: tail, slow\)\n", said)
        assert requests.get(said.split()[3] + "/health", timeout=5).ok
        process.send_signal(ending)
        assert process.communicate(timeout=5) == ("", "")
        assert process.returncode == 0


def test_stop_is_idempotent():
    """Stopping twice is stopping once, and a stopped target can start again."""
    target = DemoTarget()
    target.stop()
    pid = target.start().pid
    target.stop()
    target.stop()
    assert not psutil.pid_exists(pid)
    with pytest.raises(RuntimeError, match="not running"):
        _ = target.url
    with target:
        assert requests.get(f"{target.url}/health", timeout=5).ok


def test_ctrl_c_is_the_parents_business(target):
    """With a parent, the target ignores Ctrl-C."""
    os.kill(target.pid, signal.SIGINT)
    time.sleep(0.3)
    assert requests.get(f"{target.url}/health", timeout=5).ok


def gone(pid):
    """Say whether a process has ended, even if nobody has taken note of it yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


PARENTS = [
    ("a plain parent", ""),
    ("a parent that gevent has patched", "from gevent import monkey; monkey.patch_all()"),
    ("a parent that has forked since", "FORK = True"),
]


@pytest.mark.parametrize("preamble", [row[1] for row in PARENTS], ids=[row[0] for row in PARENTS])
def test_ends_with_its_parent(preamble):
    """A parent that is killed without warning takes its target with it, and a fork's exit does not."""
    script = f"""
{preamble}
import os, time
from locust_ext.demo.process import DemoTarget
with DemoTarget() as target:
    fork = 0
    if "FORK" in globals():
        if not (brief := os.fork()):
            target.stop()
            os._exit(0)
        os.waitpid(brief, 0)
        if not (fork := os.fork()):
            time.sleep(30)
            os._exit(0)
    print(target.pid, fork, target.url, flush=True)
    time.sleep(30)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        child, fork, url = parent.stdout.readline().split()
        try:
            assert requests.get(f"{url}/health", timeout=5).ok
            parent.send_signal(signal.SIGKILL)
            eventually(lambda: gone(int(child)), seconds=3)
        finally:
            parent.kill()
            if int(fork):
                assert not gone(int(fork))
                os.kill(int(fork), signal.SIGKILL)
