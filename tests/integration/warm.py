"""Processes that start warm: forked from one that has imported Locust, run by the same entry as a cold one.

Half of what these tests cost was importing the same modules a thousand times. So the test processes share a parent: it
has imported Locust, what we depend on, and our own modules (importing one has no effect: that is their law, and so doing
it early changes nothing; what runs as ``__main__``, and what a locustfile loads, is left to the run). A run is forked
from it and does what ``python -m`` does: the module is run as ``__main__``, with the arguments, environment, directory,
session and pipes that a process of its own would have. ``LOCUST_EXT_TESTS_COLD=1`` starts every process from nothing, and
so does the mark: those tests see what loads when, and in which order.

Between parent and run stands one more process: it waits for the run and reports how it ended, as a shell would.

Many of these tests share two processors, so each run's generator is late, and rightly says that it proves nothing. Only
what a test about that very lateness starts is judged by the limit that we ship, :data:`SHIPPED`: its mark is
``timed(lag_limit=SHIPPED)``. What other tests with the mark ``timed`` start is judged by :data:`TIMED`: a slow machine that
has a bad moment does not fail them, and figures that are late by more would say nothing. All else is judged by
:data:`PATIENT`. What starts from nothing, such as a block that is pasted from the README, finds its limit by
:func:`lateness` in its environment.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import inspect
import io
import json
import os
import posix  # gevent puts others in os: its close waits for its loop
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from select import select  # the system's own: gevent puts another one in its place
from typing import Any

_Socket = socket.socket
"""The system's own."""

ROOT = Path(__file__).parents[2]
LIBRARIES = ("click", "hdrh.histogram", "prometheus_client", "pydantic", "rich.console", "rich.table", "yaml")
WITH_LOCUST = ("locust.main", "websocket", *LIBRARIES)
LEFT_TO_THE_RUN = ("__main__", "cli", "locust_ext_autoload")
SHIPPED, TIMED, PATIENT = 100.0, 300.0, 2000.0
"""Milliseconds that a generator may be late at p99: as shipped, where time is measured, and where it is not."""
PATIENTLY = f"import locust_ext.gates.run_health; locust_ext.gates.run_health.LAG_LIMIT = {PATIENT}"
"""A line that says so in a locustfile or a script that starts from nothing."""
LATENESS = """
import sys
from importlib.machinery import PathFinder


class Limit:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "locust_ext.gates.lag":
            return None
        spec = PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            module.LAG_LIMIT = {limit}

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Limit)
"""
"""What Python reads at its start as ``sitecustomize``: it imports nothing of ours, and sets the limit when others do."""
LARGEST = 200_000
"""Bytes of a request to the parent, at most."""
READ_AT_THE_START = ("PYTHON", "GEVENT", "LOCUST_SKIP", "LOCUST_PLAYWRIGHT", "LD_", "LANG", "LC_")
"""How variables begin that a process has read before we could set them; PYTHONPATH alone is read again."""


class Parent:
    """A process that has imported much, and has done nothing else; all test processes of a session share it.

    It listens at an abstract address, so that nothing is left behind, and ends when nobody is connected any more.
    """

    def __init__(self, preloads: Sequence[str]) -> None:
        self.lock = threading.Lock()
        session = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
        address = f"\0locust-ext-tests-{session}-{preloads[0]}"
        self.ours, self.process = self._connected(address, preloads)

    @staticmethod
    def _connected(address: str, preloads: Sequence[str]) -> tuple[socket.socket, subprocess.Popen[bytes] | None]:
        """Return a connection, and the parent where it was started here; of several that start one, one is first."""
        command = [sys.executable, str(Path(__file__)), address.removeprefix("\0"), *preloads]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        started = None
        for _ in range(600):
            ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                ours.connect(address)
            except ConnectionRefusedError:
                ours.close()
                started = started or subprocess.Popen(command, **quiet)
                time.sleep(0.05)
            else:
                return ours, started
        raise AssertionError("the parent of warm processes does not start")

    def fork(self, request: Mapping[str, Any], files: Sequence[int]) -> None:
        """Have a run forked that has these three files, and one more to which its id and its end are written."""
        with self.lock:
            socket.send_fds(self.ours, [json.dumps(request).encode()], files)
            assert self.ours.recv(1) == b"+", "the parent of warm processes has ended"


class Warm(subprocess.Popen[str]):
    """A process that was forked from a parent; anyone who has it sees no difference to one that was started."""

    def __init__(
        self,
        parent: Parent,
        module: str,
        arguments: Sequence[str],
        cwd: object,
        env: Mapping[str, str],
        *,
        holds_stdin: bool = False,
        log: int | None = None,
        lag_limit: float = PATIENT,
    ) -> None:
        self.args = [sys.executable, "-m", module, *arguments]
        self.stdin, self.encoding, self.errors, self.text_mode = None, None, None, True
        self.pipesize, self.universal_newlines, self.returncode = -1, True, None
        self._input, self._communication_started, self._sigint_wait_secs = None, False, 0.25
        self._waitpid_lock, self._child_created = threading.Lock(), True
        end = os.pipe()
        out, err = (os.pipe(), os.pipe()) if log is None else ((-1, os.dup(log)), (-1, os.dup(log)))
        request = {"module": module, "arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "lag": lag_limit}
        if holds_stdin:
            read, write = os.pipe()
            self.stdin = io.FileIO(write, "w")
        else:
            read = os.open(os.devnull, os.O_RDONLY)
        parent.fork(request, [read, out[1], err[1], end[1]])
        os.close(read)
        for written in (out[1], err[1], end[1]):
            os.close(written)
        self.stdout, self.stderr = (
            io.TextIOWrapper(io.BufferedReader(io.FileIO(pipe[0]))) if log is None else None for pipe in (out, err)
        )
        self._end = io.FileIO(end[0])
        (self.pid,) = struct.unpack("i", self._end.read(4))

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags & os.WNOHANG and not select([self._end], [], [], 0)[0]:
            return (0, 0)
        told = self._end.read(4)
        return self.pid, struct.unpack("i", told)[0] if told else signal.SIGKILL

    def _internal_poll(self, _deadstate: int | None = None, **_: object) -> int | None:
        if self.returncode is None and self._waitpid_lock.acquire(False):
            try:
                if self.returncode is None and (found := self._try_wait(os.WNOHANG))[0]:
                    self._handle_exitstatus(found[1])
            finally:
                self._waitpid_lock.release()
        return self.returncode

    def __del__(self, *_: object) -> None:
        self._end.close()


_PARENTS: dict[Sequence[str], Parent] = {}
_STARTS = threading.Lock()


def begin(
    module: str, arguments: Sequence[str], cwd: object, env: Mapping[str, str], preloads: Sequence[str], **more: Any
) -> Warm:
    """Start ``python -m module`` with these arguments, without the time that Python takes to import the world."""
    with _STARTS:
        parent = _PARENTS.get(preloads) or _PARENTS.setdefault(preloads, Parent(preloads))
    return Warm(parent, module, arguments, cwd, env, **more)


def lateness(place: Path, limit: float = TIMED) -> str:
    """Return a PYTHONPATH with which processes that start from nothing let their generator be so late."""
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(LATENESS.format(limit=limit), "utf-8")
    return os.pathsep.join(filter(None, [str(place), os.environ.get("PYTHONPATH")]))


def can_be_warm(cwd: object, env: Mapping[str, str]) -> bool:
    """Say whether nothing that the process is given changes how Python or Locust are imported."""
    read = {key for key in {*env, *os.environ} if key.startswith(READ_AT_THE_START)} - {"PYTHONPATH"}
    shadows = {path.stem for path in Path(str(cwd)).iterdir() if path != ROOT / "locust_ext"}
    early = {"gevent", "locust_ext", "requests", *(name.partition(".")[0] for name in WITH_LOCUST)}
    return all(env.get(key) == os.environ.get(key) for key in read) and not shadows & (early | sys.stdlib_module_names)


def _import_ours(with_locust: bool) -> None:
    """Import our modules: all of them, or for a parent without Locust those that the command imports at its start."""
    if with_locust:
        for file in sorted((ROOT / "locust_ext").rglob("*.py")):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if not name.startswith("locust_ext.demo") and name.rpartition(".")[2] not in LEFT_TO_THE_RUN:
                importlib.import_module(name)
        _prepare()
    else:
        importlib.import_module("locust_ext.cli")
        del sys.modules["locust_ext.cli"]  # it is run, not imported


def _prepare() -> None:
    """Do once what is the same in every run, and is kept where it was done: models, pages, their packed script.

    And which module is in which file: Locust asks ``inspect`` for that whenever a runner stops.
    """
    models = [sys.modules["pydantic"].BaseModel]
    while models:
        model = models.pop()
        models.extend(model.__subclasses__())
        if model.__module__.startswith("locust_ext."):
            model.model_rebuild()
    sys.modules["locust_ext.reports.html"]._page().environment.get_template("parts.html.j2")
    sys.modules["locust_ext.reports.drawing"].policy()
    inspect.getmodule(sys._getframe())


def _serve(listener: socket.socket) -> Callable[[], object] | None:
    """Fork for every order; return what the fork has to do, or None when nobody orders any more."""
    connected: list[socket.socket] = []
    while True:
        for one in select([listener, *connected], [], [])[0]:
            if one is listener:
                connected.append(_Socket(fileno=listener._accept()[0]))  # its accept would make one of gevent's
                continue
            text, files, _, _ = socket.recv_fds(one, LARGEST, 4)
            if not text:
                connected.remove(one)
                one.close()
                continue
            with suppress(ChildProcessError):
                while posix.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not posix.fork():
                for kept in (listener, *connected):
                    posix.close(kept.detach())
                return _wait_for_a_run(json.loads(text), files)
            for file in files:
                posix.close(file)
            one.send(b"+")
        if not connected:
            return None


def _wait_for_a_run(request: dict[str, Any], files: list[int]) -> Callable[[], object]:
    """Fork once more: this one waits and tells, the other returns what it has to run."""
    end = files.pop()
    if pid := posix.fork():
        for file in files:
            posix.close(file)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.write(end, struct.pack("i", pid))
        os.write(end, struct.pack("i", posix.waitpid(pid, 0)[1]))
        os._exit(0)
    posix.close(end)
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        posix.close(file)
    if "gevent" in sys.modules:
        sys.modules["gevent"].reinit()
        sys.modules["gevent"].get_hub().loop.update_now()  # else --run-time counts from when the parent last looked
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if places != before:
        sys.path[:] = [sys.path[0], *filter(None, places), *(place for place in sys.path[1:] if place not in before)]
    sys.path[0] = request["cwd"]
    sys.argv[:] = ["-m", *request["arguments"]]
    _judge_lag_by(request["lag"])
    return lambda: _run(request["module"])


def _run(module: str) -> None:
    """Do what ``python -m`` does, and end as it would, but take no module apart: that is half of a short run's work."""
    code: object = None
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)


def _judge_lag_by(limit: float) -> None:
    """Let this run's generator be so late."""
    for name, module in list(sys.modules.items()):
        if name.startswith("locust_ext.") and hasattr(module, "LAG_LIMIT"):
            module.LAG_LIMIT = limit


if __name__ == "__main__":
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # before Locust puts gevent's in their place
    try:
        listener.bind(f"\0{sys.argv[1]}")
    except OSError:
        sys.exit()  # another one is first
    listener.listen(64)
    sys.path[0] = str(ROOT)
    for name in sys.argv[2:]:
        importlib.import_module(name)
    _import_ours(with_locust="locust" in sys.modules)
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    frozen = gc.get_freeze_count()
    gc.get_freeze_count = lambda: frozen  # it counts them one by one, 10 ms each time that a run asks
    if (do := _serve(listener)) is not None:
        do()
