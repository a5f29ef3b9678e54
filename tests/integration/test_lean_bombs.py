"""A small answer that grows to 200 MB costs little memory and is told with its right length; 200 MB simply work."""

import subprocess
import sys

import pytest

SIZE = 200_000_000

GROWING = """
import sys
import locust
import resource, zlib, brotli, gevent
from types import SimpleNamespace
from locust.event import EventHook
from locust_ext.clients.lean.user import LeanHttpUser
from tests.unit.clients.lean.stage import Stage, ok

kind, size = sys.argv[1], int(sys.argv[2])
if kind == "gzip":
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packer.flush()
elif kind == "br":
    packer = brotli.Compressor(quality=5)
    body = b"".join(packer.process(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packer.finish()
if kind == "plain":
    line = (ok(b"", f"Content-Length: {size}", length=False), *[bytes(1_000_000)] * (size // 1_000_000))
else:
    line = ok(body, f"Content-Encoding: {kind}")
stage, events, hook = Stage(), [], EventHook()
stage.perform((line,))
hook.add_listener(lambda **event: events.append(event))
someone = type("Someone", (LeanHttpUser,), {"host": f"http://{stage.at}"})
client = someone(SimpleNamespace(events=SimpleNamespace(request=hook))).client
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
client.get("/")
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(events[0]["response_length"], events[0]["exception"], grown // 1024)
"""


def asked(kind: str) -> list[str]:
    """Return the length that was told, the exception, and by how many MB the process grew."""
    done = subprocess.run([sys.executable, "-c", GROWING, kind, str(SIZE)], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("kind", ["gzip", pytest.param("br", marks=pytest.mark.long)])
def test_an_answer_that_grows_is_measured_and_not_kept(kind):
    """Of its 200 MB few are in memory at a time."""
    length, exception, grown = asked(kind)
    assert (int(length), exception) == (SIZE, "None")
    assert int(grown) < 40


@pytest.mark.long
def test_a_body_of_200_mb_works():
    """It is kept, as FastHttpUser keeps it."""
    length, exception, _ = asked("plain")
    assert (int(length), exception) == (SIZE, "None")
