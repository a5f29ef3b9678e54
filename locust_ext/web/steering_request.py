"""What the page sends to start a test, read field by field: every mistake at its field, all of them at once.

Law: nobody outside is believed: whatever JSON holds, it is read or refused in a sentence. An empty field means as
configured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from locust_ext.config.edits import Edits
from locust_ext.config.schema import DEMO, check_host
from locust_ext.config.threshold_rows import Row, together
from locust_ext.text.fields import is_one_word
from locust_ext.text.form_fields import FORM
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_NAME, LONGEST_TEXT, excess, has_half, quoted
from locust_ext.text.paths import dotted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.units import parse_duration

TEXTS: Mapping[str, int] = {
    "shape": LONGEST_NAME,
    "time_scale": LONGEST_NAME,
    "host": LONGEST_TEXT,
    "users": LONGEST_NAME,
    "spawn_rate": LONGEST_NAME,
    "run_time": LONGEST_NAME,
}
"""The fields that hold a text, and how long it may be."""

KNOWN = (*TEXTS, "params", "thresholds", "classes")

MOST_PARAMS, MOST_ROWS, MOST_CLASSES = 100, 200, 1000

MOST_USERS, FASTEST_SPAWN, LONGEST_RUN = 1_000_000, 1e6, 366 * 86_400

_WHOLE = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}")


@dataclass(frozen=True)
class Entered:
    """What was entered: texts by field, parameters of the shape, thresholds as rows, and the chosen user classes."""

    texts: Mapping[str, str]
    params: Mapping[str, str]
    rows: tuple[Row, ...] | None
    classes: tuple[str, ...]
    problems: tuple[Problem, ...]

    def edits(self, locked: tuple[Row, ...] = ()) -> Edits:
        """Return what is not one of Locust's fields; ``locked`` are thresholds that nobody may touch here."""
        rows = None if self.rows is None else together((*self.rows, *locked))
        return Edits(self.params, rows)

    def places(self) -> Mapping[str, str]:
        """Return the field of each place of the configuration that rows stand in."""
        found: dict[str, str] = {}
        seen: dict[str, int] = {}
        for number, row in enumerate(self.rows or ()):
            index = seen.get(row.select, 0)
            seen[row.select] = index + 1
            found.setdefault(dotted(("thresholds", row.select)), f"thresholds.{number}.select")
            found[dotted(("thresholds", row.select, index))] = f"thresholds.{number}.must"
        return found


def read_entered(given: Mapping[str, Any]) -> Entered:
    """Return what the page sent, without what is wrong with its form; that is among the problems."""
    problems = [
        Problem("", f"there is no field {quoted(key)}{nearest(key[:LONGEST_NAME], KNOWN)}")
        for key in given
        if key not in KNOWN
    ]
    texts = {name: _text(given.get(name), name, problems, most) for name, most in TEXTS.items()}
    params = {
        key: text
        for key, value in _items(given.get("params"), "params", problems, dict, MOST_PARAMS)
        if _is_name(key, problems) and (text := _text(value, f"params.{key}", problems))
    }
    rows = None
    if given.get("thresholds") is not None:
        some = _items(given["thresholds"], "thresholds", problems, list, MOST_ROWS)
        rows = tuple(row for number, one in some if (row := _row(number, one, problems)) is not None)
    classes = tuple(
        _text(one, "classes", problems, LONGEST_NAME)
        for _, one in _items(given.get("classes"), "classes", problems, list, MOST_CLASSES)
    )
    for name, wrong in (("host", _wrong_host(texts["host"])), ("time_scale", _wrong_scale(texts["time_scale"]))):
        problems += wrong
        texts[name] = "" if wrong else texts[name]
    return Entered(texts, params, rows, classes, tuple(problems))


def plain_users(texts: Mapping[str, str], usual: Mapping[str, str]) -> tuple[dict[str, str], float, float | None]:
    """Return Locust's fields for users without a shape, how long they take to come, and for how long they stay.

    Raises ConfigurationError with every mistake.
    """
    problems: list[Problem] = []
    said = {name: texts[name] or usual[name] for name in ("users", "spawn_rate", "run_time")}

    def read(name: str, parse: Callable[[str], float]) -> float:
        try:
            return parse(said[name])
        except ValueError as error:
            problems.append(Problem(name, str(error)))
            return 1.0

    users, rate = read("users", _users), read("spawn_rate", _rate)
    seconds = read("run_time", _seconds) if said["run_time"] else None
    if problems:
        raise ConfigurationError(problems)
    fields = {"user_count": f"{users:.0f}", "spawn_rate": f"{rate!r}"}
    return fields | ({"run_time": f"{seconds:.0f}"} if seconds else {}), users / rate, seconds


def at_fields(error: ConfigurationError, entered: Entered, shape: str) -> list[Problem]:
    """Return the mistakes as the page shows them: each under the name of its field, ``""`` where it is in none.

    ``shape`` is the name of the one that was chosen, or is configured.
    """
    places = entered.places()
    found = []
    for problem in error.problems:
        field = _field_of(problem.path, places, shape)
        plain = replace(problem, path="", source="", line=None)
        at = _rest(problem.path) if field == "host" else ""
        heading = error.heading if not (problem.path or problem.source) else ""
        said = str(replace(plain, path=at)) if field else ": ".join(filter(None, (heading, str(problem))))
        found.append(Problem(field, said))
    production = any("safety.production." in problem.path for problem in error.problems)
    return [*([Problem("host", ELSEWHERE)] if production else []), *found]


_OF_THE_FORM = {"Shape": "shape", "Shape params": "shape", "Time scale": "time_scale", "Host": "host", "host": "host"}
ELSEWHERE = "it counts as production: a go-ahead is given in the configuration, never on a page; what is missing there:"
"""What is said first of a host that needs one."""

_HOSTS = ("host", "tenant", "safety.production.", "safety.rate_cap", "safety.kill_switch")
"""What the mistakes of a host that counts as production are about."""


def _field_of(path: str, places: Mapping[str, str], shape: str) -> str:
    parts = path.split(": ")
    if parts[0] == FORM and len(parts) > 1:
        key = parts[2] if len(parts) > 2 and parts[1] == "Shape params" else ""  # noqa: PLR2004 a parameter's name
        return f"params.{key}" if key else _OF_THE_FORM.get(parts[1], "")
    known = [place for place in places if path == place or path.startswith((f"{place}.", f"{place}["))]
    if known:
        return places[max(known, key=len)]
    if path in ("shape", f"shapes.{shape}"):
        return "shape"
    if shape and path.startswith(f"shapes.{shape}."):
        return f"params.{path.rpartition('.')[2]}"
    return "host" if path.startswith(_HOSTS) else ""


def _rest(path: str) -> str:
    """Return what of the configuration a mistake of the host is about."""
    return path.removeprefix(f"{FORM}: ").removeprefix("host").removeprefix("Host").removeprefix(": ")


def _is_name(key: str, problems: list[Problem]) -> bool:
    """Tell whether a parameter may have this name; what is wrong with it is noted."""
    what = excess(key, LONGEST_NAME, "a name") or ("" if is_one_word(key) else f"{quoted(key)} is not a name")
    problems += [Problem("params", what)] if what else []
    return not what


def _text(value: Any, name: str, problems: list[Problem], most: int = LONGEST_TEXT) -> str:
    """Return a text without blanks around it; anything else is noted, and read as nothing."""
    if value is None:
        return ""
    what = "" if isinstance(value, str) else f"it must be text, not {quoted(value)}"
    if isinstance(value, str):
        what = excess(value, most) or ("it holds half of a character" if has_half(value) else "")
    if what:
        problems.append(Problem(name, what))
        return ""
    return str(value).strip()


def _items(value: Any, name: str, problems: list[Problem], kind: type[Any], most: int) -> Iterator[tuple[Any, Any]]:
    if value is None:
        return
    if not isinstance(value, kind):
        problems.append(Problem(name, f"it must be {'a list' if kind is list else 'an object'}, not {quoted(value)}"))
    elif len(value) > most:
        problems.append(Problem(name, f"there are {len(value):,} of them, and there may be {most}"))
    else:
        yield from value.items() if isinstance(value, dict) else enumerate(value)


def _row(number: int, given: Any, problems: list[Problem]) -> Row | None:
    at = f"thresholds.{number}"
    if not isinstance(given, dict):
        problems.append(Problem(f"{at}.select", f"it must be an object, not {quoted(given)}"))
        return None
    before = len(problems)
    select, must = (_text(given.get(key), f"{at}.{key}", problems) for key in ("select", "must"))
    options = dict(_items(given.get("options"), f"{at}.must", problems, dict, MOST_PARAMS))
    if len(problems) == before:
        if not select:
            problems.append(Problem(f"{at}.select", "name a metric, such as http_req_duration, or remove the row"))
        if not must:
            problems.append(Problem(f"{at}.must", "write what must hold, such as p(95)<400, or remove the row"))
        if "threshold" in options:
            problems.append(Problem(f"{at}.must", "what must hold stands in its own field"))
    return None if len(problems) > before else Row(select, must, options)


def _wrong_host(host: str) -> list[Problem]:
    try:
        found = check_host(host)
    except ValueError as error:
        return [Problem("host", str(error))]
    return [Problem("host", f"{DEMO} is for the configuration; write an address")] if found == DEMO else []


def _wrong_scale(text: str) -> list[Problem]:
    wrong = text and not text.isascii()
    return [Problem("time_scale", f"{quoted(text)} must be a number above 0, such as 0.05")] if wrong else []


def _users(text: str) -> float:
    number = float(text) if _WHOLE.fullmatch(text) else 0.0
    if not 1 <= number <= MOST_USERS:
        raise ValueError(f"{quoted(text)} must be a whole number from 1 to {MOST_USERS:,}")
    return number


def _rate(text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else 0.0
    if not 0 < number <= FASTEST_SPAWN:
        raise ValueError(f"{quoted(text)} must be a number of users a second above 0, such as 10")
    return number


def _seconds(text: str) -> float:
    seconds = parse_duration(text)
    if not 1 <= seconds <= LONGEST_RUN or seconds != round(seconds):
        raise ValueError(f"{quoted(text)} must be whole seconds, from 1s to 366d")
    return seconds
