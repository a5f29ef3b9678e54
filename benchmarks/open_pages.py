"""Open pages that poll as the live page's script does: each asks as often as it is told, for what it does not have.

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
        self._periods: dict[int, float] = {}
        for number in range(CLIENTS):
            threading.Thread(target=self._poll, args=(number,), daemon=True).start()

    def _poll(self, number: int) -> None:
        asked: dict[str, Any] = {}
        marks: dict[str, str] = {}
        self._periods[number] = 1.0
        time.sleep(number / CLIENTS)
        with requests.Session() as session:
            while True:
                began = time.monotonic()
                if self.is_on:
                    asked = self._ask(session, asked, number, marks)
                time.sleep(max(0.0, began + self._periods[number] - time.monotonic()))

    def _ask(
        self, session: requests.Session, asked: dict[str, Any], number: int, marks: dict[str, str]
    ) -> dict[str, Any]:
        figure = FIGURES[int(time.time()) % len(FIGURES)]
        mark = {"mark": marks[figure]} if figure in marks else {}
        answer = session.get(self._url, params={**asked, "figure": figure, **mark}, timeout=10)
        state, self._periods[number] = answer.json(), float(answer.headers["X-Poll-Interval"])
        told = state["course"]
        if state["figures"].get("figure"):
            marks[figure] = state["figures"]["mark"]
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
