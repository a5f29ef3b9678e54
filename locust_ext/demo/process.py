"""The demo target in a process of its own, for tests and examples that bring their own back end.

Its output goes to files without a name instead of pipes: nobody has to drain them, and a fork of this process that
inherits them holds nothing open that matters.
"""

import http.client
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

START_SECONDS = 10.0
STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
_ANNOUNCED = re.compile(r"demo target on http://[^:]+:(\d+) ")


class TargetNotStarted(RuntimeError):  # noqa: N818 - it reads as what happened
    """The demo target did not come up; the text says what it said."""


class DemoTarget:
    """A demo target that lives from `start` to `stop`, at the longest as long as this process."""

    def __init__(self, faults: Sequence[str] = (), *, port: int = 0, seed: int = 1) -> None:
        self._command = [sys.executable, "-m", "locust_ext.demo", "--until-stdin-closes"]
        self._command += ["--port", str(port), "--fault", ",".join(faults), "--seed", str(seed)]
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:9100."""
        self._running()
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._running().pid

    def start(self) -> Self:
        """Return once it answers; TargetNotStarted if that takes more than ten seconds."""
        if self._process is not None:
            return self
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            # Its own session keeps it out of reach of the terminal's Ctrl-C while it is still starting.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command, stdin=subprocess.PIPE, stdout=said, stderr=complained, start_new_session=True
            )
            self._owner = os.getpid()
            try:
                self._port = self._wait_until_it_answers(self._process, said)
            except BaseException as error:
                self.stop()
                if isinstance(error, TimeoutError):
                    raise TargetNotStarted(f"The demo target did not start. {_text(complained)}".strip()) from None
                raise
        return self

    def stop(self) -> None:
        """End it, if it runs; in a fork of the process that started it, leave it alone."""
        if self._process is None or os.getpid() != self._owner:
            return
        process, self._process = self._process, None
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("The demo target is not running: call start(), or use it in a with statement.")
        return self._process

    @staticmethod
    def _wait_until_it_answers(process: subprocess.Popen[bytes], said: IO[bytes]) -> int:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            announced = _ANNOUNCED.search(_text(said))
            if announced and _answers(int(announced[1])):
                return int(announced[1])
            time.sleep(_POLL_SECONDS)
        raise TimeoutError


def _text(file: IO[bytes]) -> str:
    # Read in place: the child writes through the same open file and shares its position.
    return os.pread(file.fileno(), 65_536, 0).decode(errors="replace").strip()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
