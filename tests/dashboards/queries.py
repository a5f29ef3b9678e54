"""Queries of a dashboard, in PromQL, of the names that the exports use: one run's figures, and never two runs mixed.

What is scraped has no label that says which run it is of: it is of the run that ``loadtest_run_info`` names at that
moment, on the same target. What is pushed has: its instance is the run.

Values of variables stand in backticks, as regular expressions: so quotes, backslashes, line breaks and signs of regular
expressions in a name mean themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from locust_ext.exports.names import FAMILIES, METHOD, NAME, RUN, TYPE, prometheus_label, prometheus_name

RUN_INFO = f"{prometheus_name(RUN)}_info"
"""What says of a target which run it tells of."""

ENDPOINT = ", ".join(prometheus_label(label) for label in (NAME, METHOD, TYPE))
"""What a line of an endpoint is of."""

MOST = 20
"""Lines of a panel: those that matter most of a thousand endpoints."""

WINDOW = "$__rate_interval"
"""As long as Prometheus needs to see two values in it, however seldom it scrapes, and the panel not to miss any."""

RANGE = "$__range"
STEP, FINEST = "$__interval", "1s"
"""Between two looks for what was said last: as panels do by themselves, and of what must not be missed.

What is said at the very end is there from one scrape to the next.
"""

CHOSEN = f"{prometheus_label(NAME)}=~`${{endpoint:regex}}`"

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def series(family: str) -> str:
    """Return the name of a family's series; of a distribution what it begins with."""
    return prometheus_name(FAMILIES[family])


@dataclass(frozen=True)
class Source:
    """How figures come to Prometheus, and so what tells one run from another."""

    file: str
    uid: str
    title: str
    about: str
    is_pushed: bool

    # one run

    def select(self, name: str, *matchers: str) -> str:
        """Return a selector."""
        own = ("instance=`$run`",) if self.is_pushed else ()
        inner = ", ".join((*own, *matchers))
        return f"{name}{{{inner}}}" if inner else name

    def of_run(self, expression: str, *, whole: bool = False, before: str = "") -> str:
        """Return what there is of an expression while the run lasts; ``whole``: of targets that had it at all."""
        if self.is_pushed:
            return expression
        run = f"{RUN_INFO}{{run_id=`$run`}}"
        if whole:
            run = f"last_over_time({run}[{RANGE}] @ end())"
        return f"({expression} and on (job, instance) {run}{before})"

    # values

    def now(self, family: str, *matchers: str) -> str:
        """Return values at each moment."""
        return self.of_run(self.select(series(family), *matchers))

    def last(self, family: str, *matchers: str, suffix: str = "", step: str = STEP) -> str:
        """Return what was said last, also of a run that is over and of a process that is gone."""
        selector = self.select(series(family) + suffix, *matchers)
        if self.is_pushed:
            return f"last_over_time({selector}[{RANGE}])"
        return f"last_over_time({self.of_run(selector)}[{RANGE}:{step}])"

    def rate(self, family: str, *matchers: str, by: str = "", whole: bool = False) -> str:
        """Return how much a second, of each group; ``whole``: over all that the dashboard shows, at its end."""
        there = self.select(series(family), *matchers)
        return self._of_groups(self._rate(series(family), matchers, whole=whole), by, there, whole=whole)

    def _rate(self, name: str, matchers: tuple[str, ...], *, whole: bool) -> str:
        window = f"[{RANGE}] @ end()" if whole else f"[{WINDOW}]"
        return f"rate({self.select(name, *matchers)}{window})"

    def _of_groups(self, values: str, by: str, there: str, *, whole: bool = False) -> str:
        """Return sums of groups, of one run: a target is asked for its run once a group, not once a series.

        A window that began in the run before it may hold what this one does not have: it is to be ``there`` now.
        """
        if self.is_pushed:
            return _sum(by, values)
        groups = _sum(_list(by, "job, instance"), values)
        return _sum(by, self.of_run(groups if whole else f"{groups} and on (job, instance) ({there})", whole=whole))

    # distributions

    def quantile(
        self, q: float, by: str, *families: str, matchers: tuple[str, ...] = (), whole: bool = False, among: str = ""
    ) -> str:
        """Return a quantile of each of a distribution's groups; ``among``: of those endpoints alone."""
        rates = " or ".join(self._rate(self._buckets(family), matchers, whole=whole) for family in families)
        if among:
            rates = f"({rates}) and on ({ENDPOINT}) {among}"
        there = " or ".join(self.select(f"{series(family)}_count", *matchers) for family in families)
        return f"histogram_quantile({q}, {self._of_groups(rates, self._grouped(by), there, whole=whole)})"

    def quantile_so_far(self, q: float, by: str, *families: str, matchers: tuple[str, ...] = ()) -> str:
        """Return a quantile of all that the run has measured."""
        suffix = "" if self.is_pushed else "_bucket"
        last = " or ".join(self.last(one, *matchers, suffix=suffix) for one in families)
        return f"histogram_quantile({q}, {_sum(self._grouped(by), last)})"

    def _buckets(self, family: str) -> str:
        return series(family) if self.is_pushed else f"{series(family)}_bucket"

    def _grouped(self, by: str) -> str:
        return by if self.is_pushed else _list("le", by)

    # endpoints

    def in_it(self, figures: str) -> str:
        """Return of a figure of each endpoint those of this run: not what the run before it had asked for."""
        return figures if self.is_pushed else f"{figures} and on ({ENDPOINT}) {self.now('loadtest.requests', CHOSEN)}"


def most(whole: str) -> str:
    """Return the endpoints of which a figure is largest over all that the dashboard shows: asked for once, not always."""
    return f"topk({MOST}, {whole})"


def _list(*labels: str) -> str:
    return ", ".join(filter(None, labels))


def _sum(by: str, values: str) -> str:
    return f"sum by ({by}) ({values})" if by else f"sum({values})"
