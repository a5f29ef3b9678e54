"""Thresholds as lines in the charts over time, each where that is drawn which it is about.

Law: pure. A line says what it is in words, too, and one that would press all else flat is only told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_limit
from locust_ext.load.schedule import Phase
from locust_ext.measure.catalogue import DURATIONS, FAILURES, REQUESTS
from locust_ext.measure.series import Selector
from locust_ext.measure.timeline import Track
from locust_ext.reports.console import plain
from locust_ext.reports.figure import AMBER, RED, SLATE, clipped, label, line, moment
from locust_ext.text.frozen import dataclass

REACH = 4.0
"""How many times the highest value a limit may be to be drawn beside it."""

MOST_DRAWN = 8
"""Limits that an option of a chart shows; of more of them those that failed."""

MOST_TOLD = 5
"""Limits that the sentence below a chart tells."""

COLORS: Mapping[Status, str] = {Status.FAILED: RED, Status.INCONCLUSIVE: AMBER, Status.PASSED: SLATE}


@dataclass(frozen=True)
class Limit:
    """One threshold: in which options of a chart it is drawn, and whether it is about all that an option shows."""

    outcome: Outcome
    options: tuple[int, ...]
    whole: bool
    place: int = 0
    """Its number among those of an option: neighbours are named at different ends of their lines."""

    @property
    def bound(self) -> float:
        """The limit, in the unit of its metric."""
        return self.outcome.threshold.assertion.bound

    @property
    def name(self) -> str:
        """What it limits, and to what: ``p(95) < 300 ms``, with its phase, and with what else it selects."""
        threshold = self.outcome.threshold
        others = [f"{key}:{value}" for key, value in threshold.selector.tags if key not in ("phase", "name")]
        wild = [f"name:{value}" for key, value in threshold.selector.tags if key == "name" and value.endswith("*")]
        about = ", ".join([*([threshold.phase] if threshold.phase else []), *wild, *others])
        text = f"{threshold.assertion.aggregate} {format_limit(threshold)}"
        return f"{about}: {text}" if about else text

    @property
    def says(self) -> str:
        """It, and its outcome."""
        return f"{plain(self.name)}, {self.outcome.status.value}"

    def within(self, values: Sequence[float | None], phases: Sequence[Phase], width: float) -> list[float | None]:
        """Return the values of slices of ``width`` seconds that it is about, None in the place of the others."""
        stretches = self.stretches(phases, len(values) * width)
        moments = ((number + 0.5) * width for number in range(len(values)))
        return [
            value if any(start <= at < end for start, end in stretches) else None
            for at, value in zip(moments, values, strict=True)
        ]

    def stretches(self, phases: Sequence[Phase], seconds: float) -> list[tuple[float, float]]:
        """Return the times of the run that it is about, from and to."""
        wanted = self.outcome.threshold.phase
        if not wanted:
            return [(0.0, seconds)]
        of_phase = Selector("", (("phase", wanted),))
        return [(p.start, p.end) for p in clipped(phases, seconds) if of_phase.matches({"phase": p.name})]


def limits_of(
    outcomes: Iterable[Outcome], tracks: Sequence[Track], series: Iterable[tuple[str, Mapping[str, str]]]
) -> list[Limit]:
    """Return the thresholds that charts over time can show, those that failed last, so that they lie on top.

    ``series`` are all that was measured: the metric, and all tags.
    """
    measured: dict[str, list[Mapping[str, str]]] = {}
    for metric, tags in series:
        if metric in {*DURATIONS, *FAILURES, *REQUESTS}:
            measured.setdefault(metric, []).append(tags)
    found = (_limit(outcome, tracks, measured.get(outcome.threshold.selector.metric, [])) for outcome in outcomes)
    return sorted((limit for limit in found if limit.options), key=lambda limit: limit.outcome.status is Status.FAILED)


def _limit(outcome: Outcome, tracks: Sequence[Track], measured: Sequence[Mapping[str, str]]) -> Limit:
    selector = outcome.threshold.selector
    wanted = Selector("", tuple(pair for pair in selector.tags if pair[0] != "phase"))
    chosen = [tags for tags in measured if wanted.matches(tags)]
    names = {tags.get("name", "") for tags in chosen}
    numbers = {track.name: number for number, track in enumerate(tracks) if number}
    if not chosen:
        return Limit(outcome, (), whole=False)
    alone = len(names) == 1 and wanted.tags
    number = numbers.get(next(iter(names))) if alone else 0
    if number is None:  # it is followed together with others
        return Limit(outcome, (), whole=False)
    shown = [tags for tags in measured if not number or tags.get("name", "") in names]
    options = (0, 1) if len(numbers) == 1 else (number,)
    return Limit(outcome, options, whole=len(shown) == len(chosen))


def of_option(limits: Iterable[Limit], number: int) -> list[Limit]:
    """Return those that an option shows, as if no other did; of very many the last ones, among them what failed."""
    shown = [one for one in limits if number in one.options][-MOST_DRAWN:]
    return [replace(one, options=(number,), place=place) for place, one in enumerate(shown)]


def first_option(limits: Sequence[Limit]) -> int:
    """Return the option that a reader should see first: one with a limit that failed, where all requests have none."""
    failed = [limit.options[0] for limit in limits if limit.outcome.status is Status.FAILED]
    return 0 if 0 in failed or not failed else failed[0]


def durations(limits: Iterable[Limit]) -> list[Limit]:
    """Return those of how long requests take."""
    return [one for one in limits if _is_about(one, DURATIONS) and one.outcome.threshold.method != "count"]


def failures(limits: Iterable[Limit]) -> list[Limit]:
    """Return those of the share that fails, where it is the share of all that an option shows."""
    return [one for one in limits if _is_about(one, FAILURES) and one.whole]


def rates(limits: Iterable[Limit]) -> list[Limit]:
    """Return those of requests a second, where these are all that an option shows."""
    return [one for one in limits if _is_about(one, REQUESTS) and one.whole and one.outcome.threshold.method == "rate"]


def _is_about(limit: Limit, metrics: Sequence[str]) -> bool:
    return limit.outcome.threshold.selector.metric in metrics


def across(limit: Limit, phases: Sequence[Phase], seconds: float, unit: str, **more: Any) -> Iterator[dict[str, Any]]:
    """Yield the line of a limit at its height, one for each option that shows it."""
    places = [(at, limit.bound) for start, end in limit.stretches(phases, seconds) for at in (start, end)]
    points: list[tuple[float, float | None]] = []
    for number, place in enumerate(places):
        if number and not number % 2:
            points.append((place[0], None))
        points.append(place)
    if points:
        x, values = [moment(at) for at, _ in points], [value for _, value in points]
        yield from _drawn(limit, values, unit, x=x, **more)


def along(limit: Limit, values: Sequence[float | None], unit: str, **more: Any) -> Iterator[dict[str, Any]]:
    """Yield the line of a limit that is another one in each slice, one for each option that shows it."""
    yield from _drawn(limit, values, unit, **more)


def _drawn(limit: Limit, values: Sequence[float | None], unit: str, **more: Any) -> Iterator[dict[str, Any]]:
    color = COLORS[limit.outcome.status]
    there = [number for number, value in enumerate(values) if value is not None] or [0]
    named_at = there[-1] if limit.place % 2 else there[0]
    named = {
        "mode": "lines+text",
        "text": [label(limit.name) if number == named_at else "" for number in range(len(values))],
        "textposition": "top left" if limit.place % 2 else "top right",
        "textfont": {"color": color, "size": 11},
        "hoverinfo": "skip",
        "hovertemplate": None,
        "showlegend": False,
    }
    for option in limit.options:
        place = {"meta": option, "visible": option == 0}
        dashes = {"dash": "dash", "width": 1.5}
        yield line(label(limit.name), values, color, unit, line=dashes, **{**named, **more, **place})


def in_reach(limit: Limit, highest: float | None) -> bool:
    """Tell whether a limit can be drawn beside values that are so high at the most."""
    return highest is not None and limit.bound <= REACH * highest


def told(limits: Sequence[Limit], above: Sequence[Limit] = ()) -> str:
    """Return the limits of an option in a sentence; ``above`` are those that lie beyond the chart."""
    said = [one.says for one in limits] + [f"{one.says}, far above" for one in above]
    if not said:
        return ""
    rest = len(said) - MOST_TOLD
    more = f", and {rest} more" if rest > 0 else ""
    return f" {'Limit' if len(said) == 1 else 'Limits'}: {'; '.join(said[:MOST_TOLD])}{more}."
