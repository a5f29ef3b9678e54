"""Open pages that poll as the live page's script does: each asks once a second for what it does not have.

It imports no Locust: that would make greenlets of its threads, which a wait for standard input stops. Each line of
standard input, ``on`` or ``off``, is answered with how many answers have come by then.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import requests

CLIENTS = 20
FIGURES = ("spectrum", "herd", "spectrum", "drift", "spectrum", "probes")


class Pages:
    """All of them."""

    def __init__(self, url: str) -> None:
        self._url, self.is_on, self.answered = url, False, 0
        self._lock = threading.Lock()
        for number in range(CLIENTS):
            threading.Thread(target=self._poll, args=(number,), daemon=True).start()

    def _poll(self, number: int) -> None:
        asked: dict[str, Any] = {}
        time.sleep(number / CLIENTS)
        with requests.Session() as session:
            while True:
                began = time.monotonic()
                if self.is_on:
                    number += 1
                    asked = self._ask(session, asked, FIGURES[number % len(FIGURES)])
                time.sleep(max(0.0, began + 1.0 - time.monotonic()))

    def _ask(self, session: requests.Session, asked: dict[str, Any], figure: str) -> dict[str, Any]:
        state = session.get(self._url, params={**asked, "figure": figure}, timeout=10).json()
        told = state["course"]
        with self._lock:
            self.answered += 1
        names = asked.get("names", 0) if asked.get("run") == told["run"] else 0
        course = {"run": told["run"], "names": names + len(told["names"]), "lo": told["lo"], "hi": told["hi"]}
        return {**course, "steering": state["steering"]["version"], "runs": state["runs"]["version"]}


if __name__ == "__main__":
    pages = Pages(sys.argv[1])
    for line in sys.stdin:
        pages.is_on = line.strip() == "on"
        print(pages.answered, flush=True)
