"""Stages in a row, in the two notations people already have.

Law: k6's stage is a straight line to its target; Locust's climbs at its spawn rate and then holds.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from locust_ext.load.pieces import Line, Piece
from locust_ext.load.profile import Profile, Users
from locust_ext.load.schedule import Schedule
from locust_ext.text.fields import Section
from locust_ext.text.units import Duration, seconds


class Stage(Section):
    """One stage in either notation: k6's ``{target, duration}`` or Locust's ``{duration, users, spawn_rate}``."""

    duration: Duration
    target: Users | None = None
    users: Users | None = None
    spawn_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    phase: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _locusts_are_seconds(cls, given: Any) -> Any:
        """Locust's notation writes seconds as bare numbers; k6's writes a unit."""
        if not isinstance(given, dict) or not {"users", "spawn_rate"} & set(given):
            return given
        duration = given.get("duration")
        if isinstance(duration, bool) or not isinstance(duration, (int, float)):
            return given
        return {**given, "duration": seconds(duration)}

    @model_validator(mode="after")
    def _one_notation(self) -> Self:
        if (self.target is None) == (self.users is None):
            raise ValueError("write either target and duration, or users, spawn_rate and duration")
        if self.target is not None and self.spawn_rate is not None:
            raise ValueError("spawn_rate goes with users; a target is reached in a straight line")
        return self

    def pieces(self, phase: str, level: float) -> list[Piece]:
        """Return the stage's pieces when it begins at ``level``.

        With ``target``: a straight line over the whole duration. With ``users``: at ``spawn_rate`` users a
        second towards the number, as far as the duration allows, then steady.
        """
        if self.target is not None:
            return [Line(phase, self.duration, level, self.target)]
        users = float(self.users or 0)
        climb = abs(users - level) / self.spawn_rate if self.spawn_rate else 0.0
        if climb > self.duration:
            return [Line(phase, self.duration, level, level + (users - level) * self.duration / climb)]
        return [Line(phase, climb, level, users), Line(phase, self.duration - climb, users, users)]


class Stages(Profile):
    """Stages in a row, in k6's or in Locust's notation, or mixed."""

    kind = "stages"
    about = "your own stages, as in k6 or as in Locust's documentation"
    needs = "stages"
    start_users: Users = Field(default=0, description="Users at the very beginning.")
    stages: Annotated[
        tuple[Stage, ...],
        Field(min_length=1, description="One mapping a stage, as below; together they must last some time."),
    ]

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if not sum(stage.duration for stage in self.stages):
            raise ValueError("the stages last no time at all: give one of them a duration")
        return self

    def schedule(self) -> Schedule:
        """Return the stages as phases ``stage-1``, ``stage-2`` ..., or under the names they carry."""
        pieces: list[Piece] = []
        level = float(self.start_users)
        for number, stage in enumerate(self.stages, start=1):
            pieces += stage.pieces(stage.phase or f"stage-{number}", level)
            level = pieces[-1].level(pieces[-1].duration)
        return Schedule(tuple(pieces))
