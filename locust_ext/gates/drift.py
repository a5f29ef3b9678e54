"""Whether a series drifts while the load stays the same: a leak, a slow-down, a replica that falls behind.

Law: pure, and only evidence passes. What the start-up does, restarts, steps that happen once and the teeth of a saw are
told apart from a slope; what cannot be judged says what it would have taken, and each verdict says the smallest rate
that this run could have seen.

::

    points of the load -> pieces between restarts -> without steps -> teeth? their lowest points : medians of blocks
           -> without the start-up transient -> Mann-Kendall, Theil-Sen, its bounds -> growth over the run -> a verdict
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from locust_ext.gates.breaks import Step, falls_of, without_steps
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.outcomes import Status
from locust_ext.gates.settling import settled_from
from locust_ext.gates.trend import Piece, Point, Trend, trend_of
from locust_ext.measure.interval_history import History
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

HOUR = 3600.0

BLOCKS, FEWEST = 24, 8
"""Blocks that a run is judged by where it has enough samples, and the fewest that it can be judged by."""

IN_A_BLOCK = 2
"""Samples of a block at the least."""

FEW = 4
"""Blocks of a piece from which on it is asked where it has settled."""

HOLE, FEW_MISSED = 0.2, 3
"""The widest gap between two points, as a share of the load and in intervals: beyond both it is not judged."""

LATEST = 0.5
"""Share of the load within which the start-up transient has to end."""

FALL = 2.0
"""Least growths by which a value has to fall to be a tooth's edge."""

UNSURE = 1.5
"""Least growths from which on a rise that is not sure does not pass either."""

BLIND = 3.0
"""Least growths that a run must have been able to see: one that could not proves nothing by seeing none."""


@dataclass(frozen=True)
class Stretch:
    """What of a run is judged; times are seconds since its start."""

    start: float
    end: float
    """The load that stays the same; its ramps are not part of it."""
    left_out: tuple[tuple[float, float], ...] = ()
    """Storms and outages in it."""
    rest: tuple[float, float] | None = None
    """The hold without load after it, if there is one."""

    def has(self, at: float) -> bool:
        """Tell whether a point belongs to what is judged."""
        return self.start <= at < self.end and not any(start <= at < end for start, end in self.left_out)


@dataclass(frozen=True)
class Retained:
    """What came back after the load: values before it, under it, and after the hold without load."""

    before: float
    under: float
    after: float

    @property
    def share(self) -> float:
        """The share of what the load took that is still held; 0 where it took nothing."""
        taken = self.under - self.before
        return (self.after - self.before) / taken if taken > 0 else 0.0


@dataclass(frozen=True)
class Drift:
    """One rule, judged. Rates are in the series' unit an hour; times are seconds since the start of the run."""

    rule: DriftRule
    status: Status
    reason: str = ""
    rate: float | None = None
    low: float | None = None
    """The lower bound of the rate, with an error of 1 %."""
    visible: float | None = None
    """The smallest rate that this run could have seen."""
    growth: float | None = None
    """How much it grows over the load, as a share of its level."""
    level: float | None = None
    start: float | None = None
    """Where the judged part begins: after the start-up transient."""
    end: float | None = None
    settled: float | None = None
    """Where the start-up transient ended; None: there was none."""
    hours_left: float | None = None
    """Until the limit, at this rate; None: there is no limit, or nothing grows towards it."""
    limit: float | None = None
    restarts: int = 0
    teeth: int = 0
    """Teeth whose lowest points were judged, of a series that rises and falls back."""
    steps: tuple[Step, ...] = ()
    retained: Retained | None = None
    points: tuple[Point, ...] = ()
    """What was seen, in the whole run."""
    judged: tuple[Point, ...] = ()
    """What the trend was fitted to."""


def judge_drift(rule: DriftRule, history: History, stretch: Stretch) -> Drift:
    """Return how a series drifts over a stretch of the run."""
    found = Drift(
        rule, Status.INCONCLUSIVE, points=history.points, limit=rule.limit, retained=_retained(history, stretch)
    )
    pieces = _pieces(history, stretch)
    values = [value for piece in pieces for _, value in piece]
    if not values:
        return replace(found, reason=history.missing or "nothing was measured while the load was steady")
    found = replace(found, restarts=len(pieces) - 1, level=median(values))
    if why := _hole(pieces, stretch, history.interval):
        return replace(found, reason=why)
    least = rule.min_growth * abs(median(values))
    return _with_rest(_of_pieces(found, pieces, least, stretch, history), least)


def _of_pieces(found: Drift, pieces: Sequence[Piece], least: float, stretch: Stretch, history: History) -> Drift:
    cleaned = [without_steps(piece, FALL * least) for piece in pieces]
    steps = tuple(step for _, some in cleaned for step in some)
    pieces = [piece for piece, _ in cleaned]
    falls = [falls_of(piece, FALL * least) for piece in pieces]
    teeth = sum(map(len, falls))
    found = replace(found, steps=steps)
    if teeth >= FEWEST:
        lows = [list(_lows(piece, some)) for piece, some in zip(pieces, falls, strict=True) if some]
        return _of_blocks(replace(found, teeth=teeth), lows, least, stretch, _apart(lows))
    width, interval = _block_width(pieces, stretch), history.interval
    if teeth and _rises(_cut(pieces, falls), least, stretch, width):
        tooth = (stretch.end - stretch.start) / (teeth + 1)
        took = format_duration(math.ceil(tooth * (FEWEST + 1)))
        return replace(
            found, reason=f"it rises and falls back {plural(teeth, 'time')}; a trend needs {FEWEST}: {took} of load"
        )
    if width is None:
        count = sum(map(len, pieces))
        took = format_duration(math.ceil(FEWEST * IN_A_BLOCK * interval))
        return replace(found, reason=f"only {plural(count, 'sample')}; needs {FEWEST * IN_A_BLOCK}: {took} of load")
    return _of_blocks(found, [_blocks(piece, width) for piece in pieces], least, stretch, width)


def _of_blocks(found: Drift, pieces: Sequence[Piece], least: float, stretch: Stretch, width: float) -> Drift:
    """Return the verdict on the trend of blocks, ``width`` seconds apart."""
    rest = _settled(pieces, least, teeth=found.teeth > 0)
    count, load = sum(map(len, rest)), stretch.end - stretch.start
    if not count:
        took = format_duration(math.ceil(2 * load))
        reason = f"it had not settled in the first half of the load: {took} of load could do"
        return replace(found, reason=reason)
    trend = trend_of(rest) if count >= FEWEST else None
    if trend is None:
        transient = max(0.0, rest[0][0][0] - stretch.start - width / 2)
        took = format_duration(math.ceil(max(2 * transient, transient + FEWEST * width, load * FEWEST / count)))
        return replace(found, reason=f"only {plural(count, 'block')}; needs {FEWEST}: {took} of load")
    start = rest[0][0][0]
    found = replace(found, settled=start - width / 2 if start > pieces[0][0][0] else None)
    return _verdict(found, rest, trend, least, stretch)


def _verdict(found: Drift, pieces: Sequence[Piece], trend: Trend, least: float, stretch: Stretch) -> Drift:
    rule, hours = found.rule, (stretch.end - stretch.start) / HOUR
    rate, low, level = trend.rate * HOUR, trend.low * HOUR, found.level or 0.0
    growth = rate * hours / abs(level) if level else math.copysign(math.inf, rate) if rate else 0.0
    judged = tuple(point for piece in pieces for point in piece)
    visible = max(trend.blur * HOUR, least / hours)
    found = replace(
        found,
        rate=rate,
        low=low,
        visible=visible,
        growth=growth,
        start=judged[0][0],
        end=judged[-1][0],
        judged=judged,
        hours_left=_hours_left(found.limit, pieces, rate) if low > 0 else None,
    )
    if low > 0 and growth >= rule.min_growth and _goes_on(pieces, least / (stretch.end - stretch.start)):
        return replace(found, status=Status.FAILED)
    if visible * hours > BLIND * least:
        reason = (
            "its level is 0"
            if not level
            else f"it is too restless: a growth of less than {visible * hours / abs(level):.0%} could not be seen"
            if math.isfinite(visible)
            else "its pieces between restarts are too short to see a growth in them"
        )
        return replace(found, reason=reason)
    if growth >= UNSURE * rule.min_growth and low <= 0:
        return replace(found, reason="it has grown, but by no more than it goes up and down: a longer load could tell")
    return replace(found, status=Status.PASSED)


def _goes_on(pieces: Sequence[Piece], rate: float) -> bool:
    """Tell whether the later half of what is judged still rises, by half the least ``rate`` where that can be seen."""
    middle = median(at for piece in pieces for at, _ in piece)
    halves = [[point for point in piece if point[0] >= middle] for piece in pieces]
    later = trend_of(halves)
    return later is None or later.rate >= (rate / 2 if sum(map(len, halves)) >= FEWEST else 0.0)


def _hours_left(limit: float | None, pieces: Sequence[Piece], rate: float) -> float | None:
    if limit is None:
        return None
    at = pieces[-1][-1][0]
    now = median(value + rate / HOUR * (at - then) for then, value in pieces[-1])
    return max(0.0, (limit - now) / rate)


def _with_rest(found: Drift, least: float) -> Drift:
    """Return the verdict with what the hold without load says, where the rule asks for it."""
    if not found.rule.must_return or found.status is Status.FAILED:
        return found
    kept = found.retained
    if kept is None:
        return replace(
            found, status=Status.INCONCLUSIVE, reason="there was no hold without load to see what comes back"
        )
    if kept.after - kept.before > least:
        reason = f"{kept.share:.0%} of what the load took had not come back after the hold without load"
        return replace(found, status=Status.FAILED, reason=reason)
    return found


def _retained(history: History, stretch: Stretch) -> Retained | None:
    if stretch.rest is None:
        return None
    start, end = stretch.rest
    after = [value for at, value in history.points if (start + end) / 2 <= at <= end]
    under = [value for at, value in history.points if stretch.has(at)]
    if not after or not under or not history.points:
        return None
    return Retained(history.points[0][1], median(under[-max(1, len(under) // 8) :]), median(after))


def _pieces(history: History, stretch: Stretch) -> list[list[Point]]:
    """Return the points that are judged, in pieces between restarts."""
    pieces: list[list[Point]] = [[]]
    edges = [*history.restarts, math.inf]
    for at, value in history.points:
        while at >= edges[0]:
            edges.pop(0)
            pieces.append([])
        if stretch.has(at) and math.isfinite(value):
            pieces[-1].append((at, value))
    return [piece for piece in pieces if piece]


def _hole(pieces: Sequence[Piece], stretch: Stretch, interval: float) -> str:
    """Return where nothing was measured, if that is too long: what is not seen there is not judged."""
    times = [stretch.start, *(at for piece in pieces for at, _ in piece), stretch.end]
    left_out = sum(max(0.0, min(end, stretch.end) - max(start, stretch.start)) for start, end in stretch.left_out)
    most = max(FEW_MISSED * interval, HOLE * (stretch.end - stretch.start)) + left_out
    widest, start = max((later - at, at) for at, later in pairwise(times))
    if widest <= most:
        return ""
    return f"for {format_duration(round(widest))} from {format_duration(round(start))} on nothing was measured"


def _block_width(pieces: Sequence[Piece], stretch: Stretch) -> float | None:
    """Return the seconds of a block; None where the samples do not fill enough of them."""
    blocks = min(BLOCKS, sum(map(len, pieces)) // IN_A_BLOCK)
    return (stretch.end - stretch.start) / blocks if blocks >= FEWEST else None


def _blocks(piece: Piece, width: float) -> list[Point]:
    """Return the medians of a piece's blocks, each at the mean of its times."""
    start, seconds = piece[0][0], piece[-1][0] - piece[0][0]
    count = max(1, round(seconds / width))
    width = max(seconds / count, 1e-9)
    filled: dict[int, list[Point]] = {}
    for at, value in piece:
        filled.setdefault(min(count - 1, int((at - start) / width)), []).append((at, value))
    return [(sum(at for at, _ in some) / len(some), median(value for _, value in some)) for some in filled.values()]


def _lows(piece: Piece, falls: Sequence[int]) -> Iterator[Point]:
    """Yield the lower end of each tooth: the middle of what follows a fall, for a quarter of a tooth.

    What stands before the first fall began anywhere, and has no lower end to be seen.
    """
    edges = [*falls, len(piece)]
    quarter = max(1, round(median(end - start for start, end in pairwise(edges)) / 4)) if falls else 1
    for start, end in pairwise(edges):
        some = piece[start : min(end, start + quarter)]
        yield sum(at for at, _ in some) / len(some), median(value for _, value in some)


def _cut(pieces: Sequence[Piece], falls: Sequence[Sequence[int]]) -> list[Piece]:
    """Return the pieces cut at their falls."""
    cut: list[Piece] = []
    for piece, some in zip(pieces, falls, strict=True):
        edges = [0, *some, len(piece)]
        cut += [piece[start:end] for start, end in pairwise(edges) if end > start]
    return cut


def _rises(pieces: Sequence[Piece], least: float, stretch: Stretch, width: float | None) -> bool:
    """Tell whether the values rise between falls by what matters."""
    trend = trend_of([_blocks(piece, width) if width else piece for piece in pieces])
    return trend is not None and trend.low > 0 and trend.rate * (stretch.end - stretch.start) >= least


def _apart(pieces: Sequence[Piece]) -> float:
    gaps = [then - at for piece in pieces for (at, _), (then, _) in pairwise(piece)]
    return median(gaps) if gaps else 0.0


def _settled(pieces: Sequence[Piece], least: float, *, teeth: bool) -> list[Piece]:
    """Return what of each piece follows its start-up transient; a piece that never settled is left out."""
    rest: list[Piece] = []
    for piece in pieces:
        if len(piece) < FEW:
            rest.append(piece)
            continue
        first = settled_from(piece, least, max(FEW, math.ceil(len(piece) * (1 - LATEST))), teeth=teeth)
        if first is not None:
            rest.append(piece[first:])
    return rest
