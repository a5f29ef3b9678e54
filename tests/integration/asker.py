"""Reads flags in a process that Locust has patched, as it is told line by line: ``python -m tests.integration.asker``.

Each line is a JSON object: ``flags`` or ``alarm`` with the options of what is asked, and ``timeout``; or ``run`` with
code. The answer is a line too. ``lag`` is how long the loop stood still meanwhile.
"""

import locust  # noqa: F401 isort: skip it monkey-patches the standard library, which must come first

import json
import sys
import time

import gevent
from gevent.fileobject import FileObjectThread

from locust_ext.safety.flags import alarm_of, read_all, sources_of
from locust_ext.safety.options import AlarmOptions, KillSwitchOptions

SOURCES = {}
"""What was made, by the options: who asks twice asks the same source."""


def made(question):
    key = json.dumps([question.get("flags"), question.get("alarm")])
    if key not in SOURCES:
        flags = "flags" in question
        SOURCES[key] = (
            sources_of(KillSwitchOptions(**question["flags"]))
            if flags
            else (alarm_of(AlarmOptions(**question["alarm"])),)
        )
    return SOURCES[key]


def watch(gaps):
    before = time.monotonic()
    while True:
        gevent.sleep(0.01)
        gaps.append(time.monotonic() - before)
        before = time.monotonic()


def answer(question):
    if "run" in question:
        exec(question["run"], {})
        return {}
    try:
        sources = made(question)
    except ValueError as trouble:
        return {"trouble": str(trouble)}
    gaps = [0.0]
    watcher = gevent.spawn(watch, gaps)
    before = time.monotonic()
    reading = read_all(sources, question["timeout"])
    seconds = time.monotonic() - before
    watcher.kill()
    return {"allowed": reading.allowed, "why": reading.why, "seconds": seconds, "lag": max(gaps)}


for line in FileObjectThread(sys.stdin):
    print(json.dumps(answer(json.loads(line))), flush=True)
