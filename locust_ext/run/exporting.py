"""Live figures leave the process: to a collector, to a scrape, as the configuration says.

Law: it decides nothing: whatever becomes of an export, the run and its verdict are the same. What fails is said once.
The last word goes out when the verdict has been said, and within a bounded time.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

from locust_ext.exports.options import ExportOptions
from locust_ext.exports.otlp_settings import is_asked
from locust_ext.process.exceptions import in_a_line
from locust_ext.process.part import Part
from locust_ext.run.controller import RunController
from locust_ext.run.own_environment import is_attached

if TYPE_CHECKING:
    from locust_ext.run.exposing import Exposing
    from locust_ext.run.scraped_text import ScrapedText

logger = logging.getLogger(__name__)


class Exporter(Protocol):
    """One way out of the process, from its beginning to its end."""

    def begins(self) -> None:
        """Begin with a run; those before it are over."""

    def leave(self) -> None:
        """Mention what is worth a line in the report: the run ends, and is judged next."""

    def judged(self) -> None:
        """Note that the run was judged, or once more with another verdict: another run may begin at once."""

    def finish(self) -> None:
        """Tell the last word: the process ends, and its verdict has been said. It is bounded in time."""

    def let_go(self) -> None:
        """End at once, and leave the process as it was."""


Maker = Callable[[Any, "Exposing", ExportOptions], Exporter | None]


class Exporting(Part[ExportOptions, Any]):
    """The exports of an environment's runs."""

    def __init__(self, environment: Any, controller: RunController) -> None:
        self._environment, self._controller = environment, controller
        self._options: ExportOptions | None = None
        self._exporters: tuple[Exporter, ...] = ()
        controller.on_judged = lambda *_: _each(*(exporter.judged for exporter in self._exporters))

    @cached_property
    def exposing(self) -> Exposing:
        """What is told of a run."""
        from locust_ext.run.exposing import Exposing  # noqa: PLC0415 only where somebody is told

        return Exposing(self._environment, self._controller)

    @cached_property
    def text(self) -> ScrapedText:
        """The same, as a page to scrape."""
        from locust_ext.run.scraped_text import ScrapedText  # noqa: PLC0415 only where somebody may ask for it

        return ScrapedText(self.exposing)

    def begins(self, intent: ExportOptions, run: str) -> None:  # noqa: ARG002 the controller has it
        """Begin to export, or go on."""
        self.prepare(intent)
        _each(*(exporter.begins for exporter in self._exporters))

    def leave(self) -> None:
        """Have the report say what is worth a line in it."""
        _each(*(exporter.leave for exporter in self._exporters))

    def prepare(self, options: ExportOptions) -> None:
        """Open what can be opened before any run, such as a port; what is open already stays as it is."""
        if options == self._options:
            return
        self.let_go()
        self._options = options
        self._make(options)

    def _make(self, options: ExportOptions) -> None:
        makers: tuple[tuple[object, Maker], ...] = (
            (is_asked(options.otlp, os.environ), _pushing),
            (options.prometheus is not None and options.prometheus.port is not None, self._scraping),
        )
        for asked, make in makers:
            if asked:
                _each(partial(self._add, make, options))

    def _add(self, make: Maker, options: ExportOptions) -> None:
        exporter = make(self._environment, self.exposing, options)
        if exporter is not None:
            self._exporters = (*self._exporters, exporter)

    def _scraping(self, environment: Any, _exposing: Exposing, options: ExportOptions) -> Exporter:
        from locust_ext.run.lingering import OneExit  # noqa: PLC0415 only where a port is asked for
        from locust_ext.run.scraping import Scraping  # noqa: PLC0415

        assert options.prometheus is not None
        ends = None if is_attached(environment) else OneExit(environment.events.quitting)
        return Scraping(self.text, options.prometheus, self._controller.mention, ends)

    def finish(self) -> None:
        """Tell the last word, after the verdict."""
        _each(*(exporter.finish for exporter in self._exporters))

    def let_go(self) -> None:
        """Export nothing any more."""
        _each(*(exporter.let_go for exporter in self._exporters))
        self._options, self._exporters = None, ()


def _pushing(environment: Any, exposing: Exposing, options: ExportOptions) -> Exporter | None:
    from locust_ext.run.collectors import pushing_to  # noqa: PLC0415 what a run does not need is not loaded for it

    return pushing_to(environment, exposing, options)


def _each(*steps: Callable[[], object]) -> None:
    """Take every step; what raises is said, and puts no run in doubt."""
    for step in steps:
        try:
            step()
        except Exception as error:  # an export is not a matter of the run
            logger.warning("live figures: %s", in_a_line(error))
            logger.debug("the traceback of that:", exc_info=error)
