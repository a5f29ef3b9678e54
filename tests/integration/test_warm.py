"""A process that starts warm sees what one sees that starts from nothing."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest

from .conftest import ROOT, launch
from .warm import PATIENT, SHIPPED, TIMED, Warm, can_be_warm, lateness

LOOK = """
    import atexit, json, os, signal, sys, threading
    import locust_ext

    atexit.register(lambda: print("left in order"))
    status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
    print(json.dumps({
        "arguments": sys.argv, "places": sys.path, "directory": os.getcwd(), "environment": dict(os.environ),
        "main": sys.modules["__main__"].__name__, "main file": sys.modules["__main__"].__file__,
        "leads a session": os.getsid(0) == os.getpid() == os.getpgid(0), "input": sys.stdin.read(),
        "terminals": [stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "buffers": [stream.line_buffering for stream in (sys.stdout, sys.stderr)],
        "encodings": [stream.encoding for stream in (sys.stdout, sys.stderr)],
        "open": sorted(os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in range(3)),
        "signals": [status[key] for key in ("SigBlk", "SigIgn", "SigCgt")],
        "threads": len(threading.enumerate()),
    }))
"""
WAYS_OUT = {
    "a code": "raise SystemExit(7)",
    "a sentence": "raise SystemExit('enough')",
    "a signal": "os.kill(os.getpid(), 15)",
    "a kill": "os.kill(os.getpid(), 9)",
    "an error": "raise OSError('broken')",
}


def both(module, *arguments, cwd, **more):
    """Start the same twice, from nothing and warm; return what each printed, and how it ended."""
    found = []
    for cold in (True, False):
        process = launch(module, *arguments, cwd=cwd, env={**os.environ, **more}, cold=cold)
        assert isinstance(process, Warm) is not cold
        out, err = process.communicate(timeout=60)
        found.append((process.returncode, out, re.sub(r"\[[-0-9 :,]+\]", "", err)))
    return found


def test_it_sees_what_a_cold_one_sees(write, tmp_path):
    """Arguments, places, environment, session, signals, streams: the same."""
    file = write("look.py", LOOK)

    cold, warm = both("locust", "-f", file, "--list", "a word", cwd=tmp_path, OURS="1", PYTHONPATH=str(tmp_path))

    assert cold[0] == warm[0]
    assert cold[2] == warm[2]
    seen = [json.loads(run[1].splitlines()[0]) for run in (cold, warm)]
    for key, value in seen[0].items():
        assert seen[1][key] == value, key
    assert warm[1].splitlines()[1:] == cold[1].splitlines()[1:]
    assert "left in order" in warm[1]


@pytest.mark.parametrize("what", WAYS_OUT)
def test_it_ends_as_a_cold_one_does(write, tmp_path, what):
    """The same exit code and the same words, whatever ends it."""
    file = write("out.py", f"import os\nfrom locust import User\n{WAYS_OUT[what]}\n")

    cold, warm = both("locust", "-f", file, "--list", cwd=tmp_path)

    assert warm[:2] == cold[:2]
    assert warm[2].splitlines()[-1:] == cold[2].splitlines()[-1:]


def test_what_changes_the_imports_starts_cold(write, tmp_path):
    """A file that stands in the way of a library, and a variable that Python reads at its start."""
    assert can_be_warm(tmp_path, os.environ)
    assert not can_be_warm(tmp_path, {**os.environ, "PYTHONHASHSEED": "3"})
    assert not can_be_warm(tmp_path, {**os.environ, "GEVENT_RESOLVER": "ares"})
    (package := tmp_path / "locust_ext").mkdir()
    assert not can_be_warm(tmp_path, os.environ)
    package.rmdir()
    write("random.py", "")
    assert not can_be_warm(tmp_path, os.environ)
    assert can_be_warm(ROOT, os.environ)  # the package that lies there is the one that a warm process has


def test_it_can_be_signalled_and_waited_for(write, tmp_path):
    """As any process: poll, signals, a time limit."""
    process = launch("locust", "-f", write("idle.py", "import time\ntime.sleep(60)"), cwd=tmp_path, env={**os.environ})
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL
    assert process.poll() == -signal.SIGKILL


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(SHIPPED, marks=pytest.mark.timed(lag_limit=SHIPPED)),
        pytest.param(TIMED, marks=pytest.mark.timed),
        PATIENT,
    ],
)
def test_a_generator_may_be_late_if_it_is_not_what_a_test_is_about(locust, write, limit):
    """The mark ``timed`` says how late that is; a test without it is about something else."""
    said = "from locust_ext.gates.run_health import LAG_LIMIT\nprint('the limit is', LAG_LIMIT)\nraise SystemExit\n"
    assert f"the limit is {limit}" in locust("-f", write("says.py", said), stock=False).out


@pytest.mark.cold
def test_what_starts_from_nothing_finds_its_limit_in_the_environment(locust, write, tmp_path):
    """Whoever imports it, and in the reports too."""
    said = """
        from locust_ext.gates.run_health import LAG_LIMIT
        from locust_ext.reports import formats

        print("the limits are", LAG_LIMIT, formats.LAG_LIMIT)
        raise SystemExit
    """
    environment = {"PYTHONPATH": lateness(tmp_path / "late", 123.0)}
    assert "the limits are 123.0 123.0" in locust("-f", write("says.py", said), stock=False, env=environment).out
