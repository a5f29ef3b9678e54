"""The shapes of traffic that production has at its worst moments.

Law: defaults are what the shape is for; every number is a parameter.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from locust_ext.load.pieces import Decay
from locust_ext.load.profile import Profile, SomeUsers, Users
from locust_ext.load.replay import Replay
from locust_ext.load.schedule import Schedule, lines
from locust_ext.load.stages import Stages
from locust_ext.load.stress import Stress
from locust_ext.text.units import Duration, Span

DECAY_HALF_LIVES = 4
"""Half-lives from the surge to the plateau: 94 % of the way, and bent to arrive."""


class Smoke(Profile):
    """A few users for about a minute: is it alive, and as fast as it was?"""

    kind = "smoke"
    about = "a few users for a minute; for every pull request"
    users: SomeUsers = Field(default=10, description="Users.")
    duration: Span = Field(default=60.0, description="Length of the run, ramp included.")
    ramp: Duration = Field(default=5.0, description="Time from no users to all; shorter than the duration.")

    @model_validator(mode="after")
    def _ramp_fits(self) -> Self:
        if self.ramp >= self.duration:
            raise ValueError("ramp must be shorter than duration")
        return self

    def schedule(self) -> Schedule:
        """Return a short ramp and a steady rest."""
        return lines(0, [("warmup", self.ramp, self.users), ("steady", self.duration - self.ramp, self.users)])


class Spike(Profile):
    """From a baseline to ten times as much within 30 s: the pool too cold, the autoscaler too slow."""

    kind = "spike"
    about = "baseline, ten times as much within 30 s, back, recovery"
    baseline_users: SomeUsers = Field(default=20, description="Users before and after.")
    factor: Annotated[float, Field(gt=1, le=1000)] = Field(
        default=10.0, description="How many times as many at the peak."
    )
    warmup: Duration = Field(default=30.0, description="Time at the baseline.")
    climb: Duration = Field(default=30.0, description="Time from the baseline to the peak.")
    hold: Span = Field(default=60.0, description="Time at the peak.")
    fall: Duration = Field(default=10.0, description="Time from the peak back to the baseline.")
    recovery: Duration = Field(default=60.0, description="Time at the baseline, afterwards.")

    def schedule(self) -> Schedule:
        """Return baseline, climb, peak, fall and recovery."""
        peak = self.baseline_users * self.factor
        return lines(
            self.baseline_users,
            [
                ("warmup", self.warmup, self.baseline_users),
                ("climb", self.climb, peak),
                ("peak", self.hold, peak),
                ("fall", self.fall, self.baseline_users),
                ("recovery", self.recovery, self.baseline_users),
            ],
        )


class Soak(Profile):
    """Moderate traffic for hours: leaks, drift, slow growth; then none, to see what the target gives back."""

    kind = "soak"
    about = "moderate traffic for hours; finds leaks"
    users: SomeUsers = Field(default=200, description="Users.")
    ramp: Duration = Field(default=300.0, description="Time from no users to all.")
    hold: Span = Field(default=7200.0, description="Time with all users.")
    cooldown: Duration = Field(default=120.0, description="Time from all users to none.")
    rest: Duration = Field(
        default=60.0,
        description="Time without users, afterwards: what the target gives back by itself, and what it keeps. "
        "`0s`: none.",
    )

    def schedule(self) -> Schedule:
        """Return ramp, soak, cooldown and rest."""
        return lines(
            0,
            [
                ("ramp", self.ramp, self.users),
                ("soak", self.hold, self.users),
                ("cooldown", self.cooldown, 0),
                ("rest", self.rest, 0),
            ],
        )


class MarketOpen(Profile):
    """A market's opening bell: a build-up, everybody within seconds, a surge that decays to the day's plateau."""

    kind = "market-open"
    about = "build-up, the bell, the surge, its decay to a plateau, cooldown"
    pre_open_users: Users = Field(default=200, description="Users just before the bell.")
    open_users: SomeUsers = Field(default=2000, description="Users just after it.")
    pre_open: Duration = Field(default=60.0, description="Time from no users to `pre_open_users`.")
    bell: Duration = Field(default=5.0, description="Time from there to `open_users`.")
    surge: Span = Field(default=60.0, description="Time at `open_users`.")
    half_life: Span = Field(default=60.0, description="Half-life of the decay to the plateau.")
    plateau_users: Users = Field(default=1200, description="Users of the plateau.")
    plateau: Duration = Field(default=300.0, description="Time on the plateau.")
    cooldown: Duration = Field(default=60.0, description="Time from the plateau to no users.")

    @model_validator(mode="after")
    def _heights_fit(self) -> Self:
        if not self.pre_open_users <= self.open_users >= self.plateau_users:
            raise ValueError("open_users must be the highest of pre_open_users, open_users and plateau_users")
        return self

    def schedule(self) -> Schedule:
        """Return pre-open, bell, surge, decay, plateau and cooldown."""
        opening = lines(
            0,
            [
                ("pre-open", self.pre_open, self.pre_open_users),
                ("bell", self.bell, self.open_users),
                ("surge", self.surge, self.open_users),
            ],
        )
        decay = Decay("decay", self.half_life * DECAY_HALF_LIVES, self.open_users, self.plateau_users, self.half_life)
        day = lines(self.plateau_users, [("plateau", self.plateau, self.plateau_users), ("cooldown", self.cooldown, 0)])
        return opening.then(Schedule((decay,))).then(day)


PROFILES: dict[str, type[Profile]] = {
    profile.kind: profile for profile in (Smoke, Spike, Soak, Stress, MarketOpen, Stages, Replay)
}
"""Every profile by the name that the configuration uses."""
