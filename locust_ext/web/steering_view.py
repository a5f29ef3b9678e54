"""What the page is told before a test: the shapes with their parameters, the thresholds, and what is usual.

Law: pure; it is made of a plan, and holds no secret: what would show one cannot be edited, and stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from locust_ext.config.horizon import Horizon
from locust_ext.config.plan import NO_SHAPE, Plan
from locust_ext.config.schema import profile_for
from locust_ext.config.threshold_rows import Row, rows_of
from locust_ext.load.parameters import parameters_of
from locust_ext.load.pieces import Line
from locust_ext.load.profile import Profile
from locust_ext.load.profiles import PROFILES
from locust_ext.load.schedule import Phase, Schedule, lines
from locust_ext.reports.figure import DARK, layout_of, over_time
from locust_ext.reports.pages import shape_chart
from locust_ext.storms.moments import moments
from locust_ext.text.problems import ConfigurationError
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

PREVIEWED = 240
"""Places of a curve that is drawn while somebody writes."""

MOST_PHASES = 400
"""Phases that are shaded there."""

ENDLESS = 60.0
"""Seconds that are drawn of a load without an end, beyond what is known of it."""

Hide = Callable[[str], str]


def locked(plan: Plan, hide: Hide) -> tuple[Row, ...]:
    """Return the thresholds that hold a secret: nobody can edit what nobody may see."""
    return tuple(row for row in rows_of(plan.config) if _shown(row, hide) != (row.select, row.must))


def form_of(plan: Plan, own_shape: str, usual: Mapping[str, str], classes: Sequence[str], hide: Hide) -> dict[str, Any]:
    """Return what the form is made of.

    ``plan`` is the configured one, ``own_shape`` names the shape of the locustfile, ``usual`` are the values of fields
    that are left empty, and ``classes`` are those that can be chosen.
    """
    return {
        "shapes": _shapes(plan, own_shape, hide),
        "usual": {key: hide(value) for key, value in usual.items()},
        "classes": list(classes),
        "thresholds": [
            {"select": row.select, "must": row.must, "options": dict(row.options), "says": hide(row.says)}
            for row in rows_of(plan.config)
            if _shown(row, hide) == (row.select, row.must)
        ],
        "locked": len(locked(plan, hide)),
        "dark": dict(DARK),
    }


def preview_of(
    plan: Plan, horizon: Horizon, plain: tuple[float, float, float | None] | None, hide: Hide
) -> tuple[str, dict[str, Any]]:
    """Return the curve in words, and as the page draws it.

    ``plain``: how many users there are without a shape, in how many seconds they come, how long they stay, if known.
    """
    schedule, unit, end = horizon.schedule, "users", math.inf
    if plain is not None:
        users, ramp, stay = plain
        rest = max(0.0, (math.inf if stay is None else stay) - ramp)
        schedule = lines(0.0, [("ramp", ramp, users)]).then(Schedule((Line("steady", rest, users, users),)))
        schedule = schedule.until(math.inf if stay is None else stay)
    if schedule is None:
        return "Nobody but the code of the locustfile knows its curve.", {}
    if plan.is_open:
        unit = "arrivals/s" if all(one.pool for one in plan.scenarios) else "users and arrivals/s"
    if horizon.end is not None and plain is None:
        end = horizon.end
    lasts, peak = min(schedule.duration, end), schedule.peak
    finite = sum(piece.duration for piece in schedule.pieces if math.isfinite(piece.duration))
    drawn = schedule.until(min(lasts, finite + ENDLESS) if math.isinf(lasts) else lasts)
    if len(drawn.phases) > MOST_PHASES:
        drawn = drawn.until(drawn.phases[MOST_PHASES].start)
    names = {piece.phase: hide(piece.phase) for piece in drawn.pieces}
    drawn = Schedule(tuple(replace(piece, phase=names[piece.phase]) for piece in drawn.pieces))  # type: ignore[type-var]
    chart = shape_chart("", drawn, unit, PREVIEWED)
    struck, sentence = _storms(plan, schedule, drawn.duration)
    layout = {
        **chart.layout,
        "shapes": [*chart.layout["shapes"], *over_time(layout_of(unit), drawn.duration, struck)["shapes"]],
    }
    return f"{_in_words(plan, lasts, peak, unit)}{sentence}", {"data": list(chart.data), "layout": layout}


def _storms(plan: Plan, schedule: Schedule, seconds: float) -> tuple[list[Phase], str]:
    """Return the storms that are to come in what is drawn, and a sentence on them."""
    storm = plan.config.storm
    at = [one for one in moments(storm, schedule.phases, plan.time_scale) if one < seconds] if storm else []
    if storm is None or not at:
        return [], ""
    first = "at" if len(at) == 1 else "the first at"
    sentence = f" {plural(len(at), 'storm')}, {first} {format_duration(at[0])}."
    return [Phase("storm", one, one + storm.lasts) for one in at[:MOST_PHASES]], sentence


def _in_words(plan: Plan, lasts: float, peak: float, unit: str) -> str:
    length = "without an end" if math.isinf(lasts) else format_duration(lasts)
    scale = plan.time_scale
    full = (
        f", rehearsed at {scale:g}: {format_duration(lasts / scale)} in full" if scale != 1 and lasts < math.inf else ""
    )
    return f"{length[:1].upper()}{length[1:]}, at most {_number(peak)} {unit}{full}."


def _number(level: float) -> str:
    return f"{level:,.0f}" if level == round(level) or level >= 1000 else f"{level:.4g}"  # noqa: PLR2004 no fractions then


def _shown(row: Row, hide: Hide) -> tuple[str, str]:
    return hide(row.select), hide(row.must)


def _shapes(plan: Plan, own_shape: str, hide: Hide) -> list[dict[str, Any]]:
    """Return what can be chosen, as configured first."""
    if plan.config.scenarios:
        about = "The run has scenarios, and each has a load of its own; they are changed in the configuration."
        return [_choice("", "As configured: scenarios", about)]
    configured = plan.load_name or "plain users"
    if own_shape:
        about = "It stands in the locustfile, and so do its parameters: here they cannot be changed."
        first = _choice("", f"As configured: {own_shape} of the locustfile", about)
    else:
        first = _choice("", f"As configured: {hide(configured)}", _about(plan.profile), plan.profile, hide)
    users = "So many users, until the run time is over or somebody stops them."
    others = [
        _choice(name, hide(name), _about(settings), settings, hide)
        for name in plan.shape_names
        if (settings := _settings(name, plan)) is not None
    ]
    plain = [] if own_shape else [_choice(NO_SHAPE, "Plain users", users)]
    return [{**first, "plain": plan.schedule is None and not own_shape}, *plain, *others]


def _settings(name: str, plan: Plan) -> Profile | None:
    """Return the parameters of a shape as they are configured; None where it needs more."""
    try:
        return profile_for(name, plan.config, plan.document)
    except ConfigurationError:
        return None


def _about(settings: Profile | None) -> str:
    about = PROFILES[settings.kind].about if settings is not None else ""
    return f"{about[:1].upper()}{about[1:]}." if about else ""


def _choice(name: str, label: str, about: str, settings: Profile | None = None, hide: Hide = str) -> dict[str, Any]:
    params = parameters_of(settings) if settings is not None else ()
    return {
        "name": name,
        "label": label,
        "about": about,
        "plain": name == NO_SHAPE,
        "params": [
            {
                "key": one.key,
                "label": one.label,
                "kind": one.kind,
                "default": hide(one.default),
                "about": one.about,
                "choices": list(one.choices),
            }
            for one in params
        ],
    }
