"""What a scrape is answered with: made once for all who ask within a second, and a little at a time.

Law: it decides nothing, and costs nothing while nobody asks. Users of this process have their turn while it is made.
What fails there is said once, and puts no run in doubt.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from http import HTTPStatus

from gevent.lock import Semaphore

from locust_ext.exports.family import Exposition, Labels
from locust_ext.process.exceptions import in_a_line
from locust_ext.run.exposing import Exposing
from locust_ext.run.turns import Turns
from locust_ext.text.frozen import dataclass

logger = logging.getLogger(__name__)

SMALLEST = 500
"""Bytes from which on an answer is packed."""

PORTION = 65_536
"""Bytes that are packed at once."""

LEVEL = 1
"""Of packing: the quickest."""

GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Scraped:
    """An answer: its body, the headers that say what it is, and the verdict that it tells, if any."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    verdict: Labels | None = None
    status: int = HTTPStatus.OK


FAILED = Scraped(
    b"The figures could not be put together; the log says why.\n",
    (("Content-Type", "text/plain; charset=utf-8"),),
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
)


class ScrapedText:
    """The answers about the runs of one environment."""

    def __init__(self, exposing: Exposing) -> None:
        self._exposing = exposing
        self._turn = Semaphore()
        self._of: Exposition | None = None
        self._made: dict[tuple[bool, bool], Scraped] = {}
        self._said = ""

    def answer(self, accept: str, accept_encoding: str) -> Scraped:
        """Return the answer to somebody who accepts these media types and encodings; one of 500 where it fails."""
        try:
            return self._answer(accept, accept_encoding)
        except Exception as error:  # a scrape is not a matter of the run
            sentence = in_a_line(error)
            if sentence != self._said:
                self._said = sentence
                logger.warning("a scrape could not be answered: %s", sentence)
            logger.debug("the traceback of that:", exc_info=error)
            return FAILED

    def _answer(self, accept: str, accept_encoding: str) -> Scraped:
        from locust_ext.exports.prometheus_text import wants_openmetrics  # noqa: PLC0415 only where somebody asks

        told = self._exposing.now()
        asked = wants_openmetrics(accept), _takes_gzip(accept_encoding)
        with self._turn:
            if told is not self._of or not self._made:
                self._of, self._made = told, {}
            if asked not in self._made:
                self._made[asked] = self._packed(*asked)
            return self._made[asked]

    def verdict(self) -> Labels | None:
        """Return which verdict is told now, and of which run; None: of none."""
        return _verdict_of(self._exposing.now())

    def _packed(self, openmetrics: bool, gzip: bool) -> Scraped:  # noqa: FBT001 both are asked for alike
        from locust_ext.exports.prometheus_text import OPENMETRICS_TYPE, TEXT_TYPE, text_of  # noqa: PLC0415

        verdict, turn = _verdict_of(self._of), Turns().give
        headers = (
            ("Content-Type", OPENMETRICS_TYPE if openmetrics else TEXT_TYPE),
            ("Vary", "Accept, Accept-Encoding"),
        )
        plain = self._made.get((openmetrics, False)) or Scraped(
            text_of(self._of, openmetrics=openmetrics, turn=turn), headers, verdict
        )
        self._made[openmetrics, False] = plain
        if not gzip or len(plain.body) < SMALLEST:
            return plain
        return Scraped(_packed(plain.body, turn), (*headers, ("Content-Encoding", "gzip")), verdict)


def _verdict_of(told: Exposition | None) -> Labels | None:
    if told is None or not told.is_final:
        return None
    return (("run_id", told.run.id), *told.moments[-1].labels)


def _packed(body: bytes, turn: Callable[[], object]) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    parts = []
    for at in range(0, len(body), PORTION):
        parts.append(packer.compress(body[at : at + PORTION]))
        turn()
    return b"".join((*parts, packer.flush()))


def _takes_gzip(accept_encoding: str) -> bool:
    for one in accept_encoding.lower().split(",", 20)[:20]:
        name, _, rest = one.partition(";")
        if name.strip() == "gzip":
            return rest.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
