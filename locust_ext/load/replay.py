"""Recorded traffic as a shape: as high and as fast as one likes.

Law: the file is read once, when the parameters are checked; the schedule is made of what was read.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from locust_ext.load.pieces import Line
from locust_ext.load.profile import Profile
from locust_ext.load.schedule import Schedule
from locust_ext.load.tape import Point, RecordingError

HIGHEST = 1_000_000
"""The highest level: as many users as other shapes have at the most, as many arrivals a second as a rate can be."""

SHORTEST, LONGEST = 0.001, 366 * 86_400.0
"""How long a replay can last, in seconds."""

Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Replay(Profile):
    """A recording of traffic, replayed higher or lower, faster or slower."""

    kind = "replay"
    about = "recorded traffic, from CSV or Prometheus"
    needs = "file"
    file: Annotated[
        str,
        Field(
            exclude=True,
            description="The recording, as CSV or as Prometheus' answer to a range query; a relative one is seen from "
            "the configuration's directory, or from the working directory when the command line names it.",
        ),
    ]
    time_column: str = Field(
        default="",
        description="The column of CSV that holds the time; empty means one with a known name, else the first.",
    )
    value_column: str = Field(
        default="",
        description="The column of CSV that holds the level; empty means one with a known name, else the first that is "
        "left.",
    )
    series: str = Field(
        default="",
        description="The labels that a series of Prometheus must carry, such as `job=feed,instance=a`; empty means "
        "all. They are summed.",
    )
    interpolate: Literal["lines", "steps"] = Field(
        default="lines", description="A straight line from point to point, or each level until the next point."
    )
    height: Factor = Field(default=1.0, description="What the levels are multiplied by.")
    speed: Factor = Field(
        default=1.0, description="How many times as fast the time goes by; the levels stay what they are."
    )
    phase: Annotated[str, Field(min_length=1)] = Field(default="replay", description="The name of its phase.")
    _points: tuple[Point, ...] = PrivateAttr(default=())

    @field_validator("file", mode="before")
    @classmethod
    def _is_text(cls, file: Any) -> Any:
        return str(file) if isinstance(file, PurePath) else file

    @model_validator(mode="wrap")
    @classmethod
    def _with_points(cls, given: Any, check: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Read the recording even where other parameters are wrong, so that every mistake is told at once."""
        wrong: list[Any] = []
        try:
            profile = check(given)
        except ValidationError as error:
            wrong += error.errors(include_url=False)
            keys = {item["loc"][0] for item in wrong if item["loc"]}
            if not isinstance(given, dict) or "file" in keys:
                raise
            profile = check({key: value for key, value in given.items() if key not in keys})
        source = (info.context or {}).get("source", "")
        base = Path(source).parent if source else Path()
        wrong += [_error(key, sentence) for key, sentence in profile._read(base)]  # noqa: SLF001 its own
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return profile

    def _read(self, base: Path) -> list[tuple[str, str]]:
        """Read the recording, seen from ``base``; return what is wrong, by key."""
        from locust_ext.load.recording import read_recording  # noqa: PLC0415 most runs replay nothing

        try:
            self._points = read_recording(
                base / self.file,
                time_column=self.time_column,
                value_column=self.value_column,
                series=self.series,
            )
        except RecordingError as error:
            return list(error.mistakes)
        return self._misfits()

    def _misfits(self) -> list[tuple[str, str]]:
        """Return the factors with which the recording cannot be played, by key."""
        wrong = []
        peak, lasts = max(level for _, level in self._points), sum(self._gaps)
        if peak * self.height > HIGHEST:
            what = f"the highest level would be {peak * self.height:,.6g}, and it can be at most {HIGHEST:,}"
            wrong.append(("height", f"{what}; in the recording it is {peak:,.6g}"))
        if not SHORTEST <= lasts / self.speed <= LONGEST:
            what = f"the replay would last {lasts / self.speed:,.6g} s, and it can be from 1 ms to 366 days"
            wrong.append(("speed", f"{what}; the recording lasts {lasts:,.6g} s"))
        return wrong

    @computed_field  # type: ignore[prop-decorator]
    @property
    def recording(self) -> str:
        """A digest of the points: the same file is another load when something else stands in it."""
        return sha256(repr(self._points).encode()).hexdigest()[:16]

    @property
    def _gaps(self) -> list[float]:
        """The seconds that each piece lasts in the recording; the last step is as long as the one before it."""
        gaps = [after - before for (before, _), (after, _) in pairwise(self._points)]
        return gaps + gaps[-1:] if self.interpolate == "steps" else gaps

    def schedule(self) -> Schedule:
        """Return one phase: a straight line from point to point, or each level until the next point."""
        levels = [level * self.height for _, level in self._points]
        ends = levels if self.interpolate == "steps" else levels[1:]
        corners = zip(self._gaps, levels, ends, strict=False)
        return Schedule(tuple(Line(self.phase, gap / self.speed, start, end) for gap, start, end in corners))


def _error(key: str, sentence: str) -> InitErrorDetails:
    kind = PydanticCustomError("value_error", "{sentence}", {"sentence": sentence})
    return InitErrorDetails(type=kind, loc=(key,), input=None)
