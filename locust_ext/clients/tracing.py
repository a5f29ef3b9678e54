"""Trace context on the requests of a process, in the runs whose configuration asks for it.

Law: in a run without it nothing stands in the way of a request: no wrapper, no listener, no branch. What stands there
in a run that has it goes with the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Annotated, Any

from pydantic import Field

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.slow_traces import losing, noting
from locust_ext.measure.trace_context import TraceIds, gaps
from locust_ext.measure.trace_options import TraceOptions
from locust_ext.process.part import Part
from locust_ext.process.seam import Seam
from locust_ext.process.wire import MOST_CLASSES, Item, Text
from locust_ext.safety.guard import hosts_of
from locust_ext.safety.origin import Origins
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class TraceIntent:
    """What tracing must know of a run."""

    options: TraceOptions | None = None
    origins: tuple[str, ...] = ()
    """The hosts of the test beside those of its users."""


class TraceTold(Item):
    """Which requests carry a trace."""

    share: Annotated[float, Field(gt=0, le=1)]
    sampled: bool
    origins: Annotated[tuple[Text, ...], Field(max_length=MOST_CLASSES, strict=False)]


class Tracing(Part[TraceIntent, TraceTold]):
    """Has requests carry traces while a run lasts; ``goes_home`` is as :class:`Tracer` asks for it."""

    name = "trace"

    def __init__(self, environment: Any, recorder: Recorder, goes_home: Callable[[str], bool]) -> None:
        self._environment, self._recorder, self._goes_home = environment, recorder, goes_home
        self._open: list[Seam] = []

    def reads(self) -> type[TraceTold]:
        """Return the model of what it is told."""
        return TraceTold

    def orders(self, intent: TraceIntent) -> TraceTold | None:
        """Return what every process is told; None: no request carries a trace."""
        options = intent.options
        if options is None or not options.share:
            return None
        return TraceTold(share=options.share, sampled=options.sampled, origins=intent.origins)

    def follow(self, told: TraceTold | None, run: str) -> None:  # noqa: ARG002
        """Stand where requests leave, and have what is told of them looked at."""
        self.leave()
        if told is None:
            return
        from locust_ext.clients.trace_places import seams_of  # noqa: PLC0415 only a run whose requests have traces
        from locust_ext.clients.tracer import Tracer, TracesOfRequests, trace_of_open  # noqa: PLC0415

        chance = Random(int.from_bytes(os.urandom(16)))  # noqa: S311 which request it is, is not a secret
        ids = TraceIds(chance.getrandbits(64), chance.getrandbits(64), sampled=told.sampled)
        origins = Origins.of([*hosts_of(self._environment), *told.origins])
        opened = self._recorder.open.opened
        tracer = Tracer(ids, gaps(told.share, chance.random), origins, self._goes_home, opened)
        slow, traces = self._recorder.traces, TracesOfRequests(opened)
        self._stand(*seams_of(tracer))
        self._stand(
            Seam(self._recorder.open, "take_lost", losing(slow, trace_of_open)),
            Seam(self._recorder.errors, "note", noting(traces)),
        )
        slow.traces = traces

    def _stand(self, *seams: Seam) -> None:
        for seam in seams:
            seam.open()
            self._open.append(seam)

    def leave(self) -> None:
        """Leave all as it was; who came first goes last."""
        self._recorder.traces.traces = None
        while self._open:
            self._open.pop().close()

    def let_go(self) -> None:
        """Leave the process as it was."""
        self.leave()
