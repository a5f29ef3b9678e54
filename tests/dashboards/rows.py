"""The rows of both dashboards, from what is looked at first to what explains it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from locust_ext.exports.names import METHOD, NAME, TYPE, VERDICTS, prometheus_label
from tests.dashboards.parts import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    coloured,
    coloured_status,
    dashed,
    figure,
    lines,
    measured_in,
    rows,
    states,
)
from tests.dashboards.queries import CHOSEN, ENDPOINT, FINEST, MOST, QUANTILES, Source, most, series

Row = tuple[str, list[Any]]

HTTP, OTHER = "http.client.request.duration", "loadtest.request.duration"
REQUESTS, FAILED = "loadtest.requests", "loadtest.requests.failed"
THRESHOLD = "selector, threshold, unit, window"
LINE = "".join(f"{{{{{prometheus_label(label)}}}}}" for label in (METHOD, TYPE)) + f" {{{{{prometheus_label(NAME)}}}}}"
OF_THRESHOLD = "{{selector}}: {{threshold}} {{window}}"
A_SECOND = "suffix: /s"


def all_rows(source: Source) -> Iterator[Row]:
    """Yield the rows: their titles and panels."""
    yield "Verdict", verdict(source)
    yield "Thresholds", thresholds(source)
    yield "Thresholds and their bounds", [against_bounds(source)]
    yield "Load", load(source)
    yield "Response times", times(source)
    yield "Endpoints", endpoints(source)
    yield "What has not come back", waiting(source)
    yield "Load generator", generator(source)
    yield "Probes of the target", [probe(source)]


def verdict(source: Source) -> list[Any]:
    """How the run stands, or how it ended."""
    word = (
        figure(
            "Verdict",
            "What the run was judged to be. Empty until it is over: look at the thresholds below until then.",
            "none",
            (f"max by (verdict) ({source.last('loadtest.verdict', step=FINEST)} == 1)", "{{verdict}}"),
            4,
        )
        .text_mode("name")
        .no_value("not judged yet")
    )
    for name, colour in zip(VERDICTS, (GREEN, RED, ORANGE, ORANGE, RED), strict=True):
        word = coloured(word, name, colour)
    failed = source.rate(FAILED)
    return [
        word,
        figure(
            "Exit code",
            "With what the process ends: 0 passed, 99 a threshold failed, 111 inconclusive. Empty until then.",
            "none",
            (f"max({source.last('loadtest.exit_code', step=FINEST)})", "exit code"),
            2,
            {1: RED},
        ),
        figure(
            "Thresholds failed",
            "How many thresholds stand at failed now.",
            "none",
            (f"sum({source.last('loadtest.threshold.status', 'status=`failed`', step=FINEST)})", "failed"),
            2,
            {1: RED},
        ),
        figure(
            "Time of the run",
            "Seconds since the run began; of one that is over, how long it took.",
            "s",
            (f"max({source.last('loadtest.run.elapsed', step=FINEST)})", "elapsed"),
        ),
        figure(
            "Requests",
            "All requests of the run that came back, of all endpoints.",
            "short",
            (f"sum({source.last(REQUESTS)})", "requests"),
        ),
        figure(
            "Failed",
            "The share of all requests of the run that failed.",
            "percentunit",
            (f"sum({source.last(FAILED)}) / sum({source.last(REQUESTS)})", "failed"),
            3,
            {0.01: ORANGE, 0.05: RED},
        ),
        figure(
            "Failing now",
            "The share of the requests that come back now and failed.",
            "percentunit",
            (f"{failed} / ({source.rate(REQUESTS)} > 0)", "failing"),
            3,
            {0.01: ORANGE, 0.05: RED},
        ),
        figure(
            "Oldest open request",
            "How long a request has been waited for, at the most. It is in no percentile before it comes back.",
            "s",
            (f"max({source.last('loadtest.requests.open.oldest', step=FINEST)})", "oldest"),
            4,
        ),
    ]


def _status(source: Source, by: str, *, at_once: bool) -> str:
    """Return each threshold's status as a number, as the mapping has it."""
    found = partial(source.last, step=FINEST) if at_once else source.now
    failed, unsure = (found("loadtest.threshold.status", f"status=`{word}`") for word in ("failed", "inconclusive"))
    return f"2 * max by ({by}) ({failed}) + max by ({by}) ({unsure})"


def thresholds(source: Source) -> list[Any]:
    """What decides over the verdict."""
    value, bound = "loadtest.threshold.value", "loadtest.threshold.bound"
    labels = "selector, threshold, window"

    def row(query: str) -> str:
        """Return it with all labels: rows of a table are put together by those that all of its queries have."""
        return f'label_replace({query}, "window", "the whole run", "window", "")'

    def worst(family: str, unit: str) -> str:
        return row(f"max by ({labels}) ({source.last(family, f'unit=`{unit}`', step=FINEST)})")

    table = rows(
        "Thresholds",
        "Each threshold with what it looks at now, or at the end. Those that failed come first. "
        "A threshold without a value has seen too little to be judged.",
        [
            (row(_status(source, labels, at_once=True)), "status", "none"),
            (worst(value, "s"), "value (time)", "s"),
            (worst(bound, "s"), "bound (time)", "s"),
            (worst(value, ""), "value", "short"),
            (worst(bound, ""), "bound", "short"),
        ],
        {"selector": "of", "threshold": "must hold", "window": "over"},
        "status",
        14,
    )
    return [
        coloured_status(table, "status"),
        states(
            "Statuses over time",
            "When each threshold held and when it did not: compare with the phases and storms marked in other panels.",
            [(_status(source, THRESHOLD, at_once=False), OF_THRESHOLD)],
            10,
        ),
    ]


def against_bounds(source: Source) -> Any:
    """Return the panel that is repeated for each selector."""
    asked = []
    for unit in ("s", ""):
        for family, name in (
            ("loadtest.threshold.value", "{{threshold}} {{window}}"),
            ("loadtest.threshold.bound", "bound of {{threshold}} {{window}}"),
        ):
            found = source.now(family, "selector=~`${selector:regex}`", f"unit=`{unit}`")
            asked.append((f"max by ({THRESHOLD}) ({found})", name))
    panel = lines(
        "$selector",
        "What the thresholds of one selector look at, and their bounds, dashed. One panel for each that is chosen above.",
        "short",
        asked,
        8,
        7,
    )
    panel = dashed(dashed(panel, "B", RED), "D", RED)
    panel = measured_in(measured_in(panel, "A", "s"), "B", "s")
    return panel.repeat("selector").repeat_direction("h")


def load(source: Source) -> list[Any]:
    """What the generator does, beside what it was to do."""
    throughput = lines(
        "Throughput and users",
        "Requests that come back a second, beside the users that run and that are planned (right axis). "
        "Where users rise and throughput does not, the target is at its limit.",
        "reqps",
        [
            (source.rate(REQUESTS), "requests"),
            (source.rate(FAILED), "failed"),
            (f"sum({source.now('loadtest.users')})", "users"),
            (f"sum({source.now('loadtest.users.planned')})", "users planned"),
        ],
        10,
    )
    for name, colour in (("requests", GREEN), ("failed", RED), ("users", BLUE), ("users planned", GREY)):
        throughput = coloured(throughput, name, colour)
    throughput = dashed(measured_in(measured_in(throughput, "C", "short", right=True), "D", "short", right=True), "D")
    arrivals = lines(
        "Arrivals and iterations",
        "Arrivals that are planned, iterations that ended, and due ones that found no free user: the generator was "
        "too small for the plan, or the target too slow. Empty without arrivals.",
        A_SECOND,
        [
            (f"sum({source.now('loadtest.arrivals.planned')})", "planned"),
            (source.rate("loadtest.iterations"), "ended"),
            (source.rate("loadtest.iterations.dropped"), "dropped"),
        ],
        8,
    )
    for name, colour in (("planned", GREY), ("ended", GREEN), ("dropped", RED)):
        arrivals = coloured(arrivals, name, colour)
    storms = lines(
        "Storms",
        "Users that storms have dropped so far, and the most attempts to come back within a second. Empty without storms.",
        "short",
        [
            (f"sum({source.now('loadtest.storm.drops')})", "users dropped"),
            (f"max({source.now('loadtest.storm.herd.peak')})", "most attempts in a second"),
        ],
        6,
    )
    return [throughput, dashed(arrivals, "A"), storms]


def times(source: Source) -> list[Any]:
    """How long requests take: together, and of each endpoint."""
    together = [(source.quantile(q, "", HTTP, matchers=(CHOSEN,)), name) for name, q in QUANTILES.items()] + [
        (source.quantile(q, "", OTHER, matchers=(CHOSEN,)), f"not HTTP: {name}") for name, q in QUANTILES.items()
    ]
    found = [
        lines(
            "All chosen endpoints",
            "Percentiles of all requests of the chosen endpoints that came back in the last moments. "
            "Percentiles of the whole run stand in the table below.",
            "s",
            together,
        )
    ]
    for name, q in reversed(QUANTILES.items()):
        asked = partial(source.quantile, q, ENDPOINT, HTTP, OTHER, matchers=(CHOSEN,))
        query = source.in_it(asked(among=most(asked(whole=True))))
        about = f"The {name} of each chosen endpoint; of more than {MOST} the slowest over the time that is shown."
        found.append(lines(f"{name} of each endpoint", about, "s", [(query, LINE)]))
    return found


def endpoints(source: Source) -> list[Any]:
    """A line for each endpoint, and how they fail."""

    def each(family: str, *, whole: bool = False) -> str:
        return source.rate(family, CHOSEN, by=ENDPOINT, whole=whole)

    def so_far(family: str) -> str:
        return f"sum by ({ENDPOINT}) ({source.last(family, CHOSEN)})"

    names = {prometheus_label(NAME): "endpoint", prometheus_label(METHOD): "method", prometheus_label(TYPE): "type"}
    quantiles = [
        (source.quantile_so_far(q, ENDPOINT, HTTP, OTHER, matchers=(CHOSEN,)), name, "s")
        for name, q in QUANTILES.items()
    ]
    table = rows(
        "Endpoints over the whole run",
        "Of all that came back since the run began, as the report at its end tells it.",
        [
            (so_far(REQUESTS), "requests", "short"),
            (so_far(FAILED), "failed", "short"),
            (f"{so_far(FAILED)} / {so_far(REQUESTS)}", "share failed", "percentunit"),
            *quantiles,
        ],
        names,
        "p95",
    ).max_data_points(1_000)
    among = f"and on ({ENDPOINT}) {most(each(FAILED, whole=True))}"
    share = f"{each(FAILED)} / ({each(REQUESTS)} > 0)"
    return [
        table,
        lines(
            "Share of failures",
            f"Of what came back in the last moments, by endpoint; of more than {MOST} those with most failures.",
            "percentunit",
            [(source.in_it(f"{share} {among}"), LINE)],
        ).max(1),
        lines(
            "Failures a second",
            f"How many fail, by endpoint; of more than {MOST} those with most failures.",
            "reqps",
            [(source.in_it(f"{each(FAILED)} {among}"), LINE)],
        ),
    ]


def waiting(source: Source) -> list[Any]:
    """Requests that are open: what no percentile knows yet."""
    count = f"sum by ({ENDPOINT}) ({source.now('loadtest.requests.open', CHOSEN)})"
    return [
        lines(
            "Open requests",
            f"Requests that have begun and not come back, by endpoint, at most {MOST} at each moment. "
            "Where they grow and throughput does not, the target stands still, and percentiles do not show it yet.",
            "short",
            [(f"topk({MOST}, {count})", LINE)],
        ),
        lines(
            "Age of the oldest open request",
            "How long the request has been open that waits longest.",
            "s",
            [(f"max({source.now('loadtest.requests.open.oldest')})", "oldest")],
        ),
    ]


def generator(source: Source) -> list[Any]:
    """Whether the generator itself is well: if it is late, times are its own as much as the target's."""
    lag = "loadtest.generator.lag"
    return [
        lines(
            "Lag",
            "How late the load generator itself wakes up, and begins what is due. "
            "Times that are measured while it is late are too long.",
            "s",
            [
                *((source.quantile(q, "", lag), name) for name, q in QUANTILES.items()),
                (source.quantile(QUANTILES["p99"], "", "loadtest.arrival.lateness"), "p99 of arrivals"),
            ],
            6,
        ),
        lines(
            "Processor",
            "The share of a core that the busiest process of the generator uses. Near 100 % it needs more workers.",
            "percentunit",
            [(f"max({source.now('loadtest.generator.cpu')})", "busiest process")],
            6,
        ),
        lines(
            "Connections opened",
            "New connections a second. As many as requests: the clients, or something before the target, do not keep them.",
            A_SECOND,
            [(source.rate("loadtest.connections.opened"), "opened")],
            6,
        ),
        lines(
            "Workers",
            "Workers that are connected; empty for a run without workers.",
            "short",
            [(f"sum({source.now('loadtest.workers')})", "workers")],
            6,
        ),
    ]


def probe(source: Source) -> Any:
    """Return the panel that is repeated for each series that a probe reads."""
    found = source.now("loadtest.probe", "series=~`${series:regex}`")
    return (
        lines(
            "$series",
            "What a probe reads off the target, a counter as its rate a second. One panel for each series; none without probes.",
            "short",
            [(f"max by (series, probe) ({found})", "{{probe}}")],
            8,
            7,
        )
        .repeat("series")
        .repeat_direction("h")
    )


Marks = tuple[str, str, str, str]
"""Marks in all panels: their name, query, colour, and what stands at each."""


def marks(source: Source) -> list[Marks]:
    """Return what happened, as annotations."""
    drops = series("loadtest.storm.drops")
    now = f"sum({source.of_run(source.select(drops))})"
    before = f"sum({source.of_run(source.select(drops) + ' offset 30s', before=' offset 30s')})"
    return [
        ("Phases", f"max by (phase) ({source.now('loadtest.phase')}) == 1", BLUE, "phase {{phase}}"),
        ("Storms", f"({now} - ({before} or vector(0))) > bool 0", ORANGE, "a storm dropped users"),
        ("Verdict", f"max by (verdict) ({source.now('loadtest.verdict')}) == 1", PURPLE, "{{verdict}}"),
    ]
