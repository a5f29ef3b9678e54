"""A recording as a draft of a locustfile, what its configuration begins with, and all that a person must know.

Law: pure; no secret of the recording is in anything that is returned. What was left out is counted, and what must be
finished is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from locust_ext.drafts.configuration import ConfigEntry
from locust_ext.drafts.journey import Check, Journey, LocustfileDraft, Pause, Request, Template
from locust_ext.har.beginnings import Load, Name, load_for, thresholds
from locust_ext.har.bodies import Copied, body_of
from locust_ext.har.document import Recording
from locust_ext.har.exchange import Exchange
from locust_ext.har.gaps import Gaps
from locust_ext.har.headers import changing, headers_of, shared, without
from locust_ext.har.naming import name_of
from locust_ext.har.pacing import MOST, around, paced
from locust_ext.har.selection import MOST_HOSTS, Selected, listed, select
from locust_ext.har.vault import Known, Vault
from locust_ext.har.wiring import SHORTEST, Wires
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import printable
from locust_ext.text.spelling import plural

MOST_TOLD = 20
"""Values and requests that are told one by one."""

MOST_NUMBERS = 5
"""Requests that are told of one variable."""

MOST_OF_BODIES = 400_000
"""Characters of all bodies of a journey that stand in a locustfile."""

TOO_MANY = f"its body: those before it have {MOST_OF_BODIES:,} characters"

REFUSED, FAILED = HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR

WAIT = Pause(1.0, 3.0)
"""Between two iterations, where the recording shows no pause."""

CLASS = "Visitor"


@dataclass(frozen=True)
class Translated:
    """What comes of a recording."""

    draft: LocustfileDraft
    host: str
    thresholds: ConfigEntry
    load: Load
    variables: tuple[str, ...]
    """Of the environment, which a run needs."""
    notes: tuple[str, ...]
    """All that there is to say, for who has called the command: what is left out, and what to finish."""
    known: Known
    """The secrets of the recording: what is written is looked through for them."""


def translate(recording: Recording, hosts: Sequence[str], source: str, command: str) -> Translated:
    """Return the draft; raises ConfigurationError where it is not clear what to test."""
    selected = select(recording.exchanges, hosts)
    known = Known.of(recording.exchanges, (*selected.hosts, *selected.other_hosts))
    gaps = Gaps(Vault(known), Wires(known.holds))
    requests, missing = _requests(selected, gaps)
    if gaps.vault.changing:  # now it is known which secrets are others each time, and have one variable
        gaps = Gaps(Vault(known, gaps.vault.changing), Wires(known.holds))
        requests, missing = _requests(selected, gaps)
    common = shared([request for _, request in requests])
    sent = [(exchange, without(request, common)) for exchange, request in requests]
    pace = paced(sent)
    wait = around(pace.mean_pause) if pace.mean_pause else WAIT
    about = f"Does what {plural(len(sent), 'request')} of the recording did, again and again"
    journey = Journey(CLASS, pace.steps, about, wait=wait, headers=common)
    times, counts = _times(sent)
    finish = [*_variables(gaps.vault, selected.exchanges), *missing, *_ambiguous(gaps), *_typed(requests)]
    notes = [*_left_out(recording, selected), *_paces(pace.cut), *_answers(selected)]
    clean = [known_free(known, note) for note in (*finish, *notes)]
    draft = LocustfileDraft(source, command, (journey,), tuple(clean[: len(finish)]), tuple(clean[len(finish) :]))
    iteration = pace.seconds + ((wait.seconds + (wait.most or wait.seconds)) / 2)
    return Translated(
        draft,
        selected.hosts[0],
        thresholds(times, counts),
        load_for(iteration),
        tuple(sorted(gaps.vault.uses)),
        tuple(clean),
        known,
    )


def known_free(known: Known, text: str) -> str:
    """Return a sentence without secrets and without signs that a terminal or a page would act upon."""
    spans = known.spans(text)
    for start, end in reversed(spans):
        text = f"{text[:start]}***{text[end:]}"
    return printable(text).replace("\n", " ")


def _requests(selected: Selected, gaps: Gaps) -> tuple[list[tuple[Exchange, Request]], list[str]]:
    """Return the requests, and what is missing of them."""
    found: list[tuple[Exchange, Request]] = []
    missing: list[str] = []
    left_out = changing(selected.exchanges)
    written = 0
    for each in selected.exchanges:
        target, filled = gaps.target(each, selected.hosts[0])
        name = _safe(name_of(each, filled), gaps)
        headers = headers_of(each, gaps, left_out)
        length = len(each.sent.text or "") if each.sent else 0
        copied = body_of(each, gaps) if written + length <= MOST_OF_BODIES else Copied(missing=TOO_MANY)
        written += 0 if copied.missing else length
        notes = [f"request {each.number} of the recording"]
        if copied.missing:
            missing.append(f"{each.method} {name} (request {each.number}) is sent without {copied.missing}")
            notes.append(f"CHANGE: it is sent without {copied.missing}")
        if copied.content_type:
            headers = (*headers, ("Content-Type", Template((copied.content_type,))))
        if each.status >= FAILED:
            notes.append(f"it failed with {each.status} when it was recorded")
        expected = (each.status,) if REFUSED <= each.status < FAILED else ()
        checks = () if each.status >= FAILED else (_check(each.status),)
        request = Request(
            each.method, target, name, headers, copied.body, checks=checks, expected=expected, notes=tuple(notes)
        )
        found.append((each, request))
        gaps.wires.learn(each)
    if left_out:
        listed = ", ".join(sorted(left_out)[:MOST_TOLD])
        missing.append(f"headers that hold another long random value each time were left out: {listed}")
    captures = gaps.wires.captures
    wired = [(each, replace(request, captures=tuple(captures.get(each.number, ())))) for each, request in found]
    return wired, missing


def _safe(name: str, gaps: Gaps) -> str:
    """Return a name without parts that are secrets."""
    if not gaps.vault.known.holds(name):
        return name
    parts = name.split("/")
    safe = "/".join(":id" if gaps.vault.known.holds(part) else part for part in parts)
    return safe if not gaps.vault.known.holds(safe) else "/:id"


def _check(status: int) -> Check:
    """Return the check on a status; what was not modified for the browser's cache comes whole to a client without."""
    if status == HTTPStatus.NOT_MODIFIED:
        return Check("status 200 or 304", "r.status_code in (200, 304)")
    return Check(f"status {status}", f"r.status_code == {status}")


def _times(sent: Sequence[tuple[Exchange, Request]]) -> tuple[Mapping[Name, list[float]], Mapping[Name, int]]:
    """Return the seconds, and the number of requests, by name and method."""
    times: dict[Name, list[float]] = {}
    counts: Counter[Name] = Counter()
    for exchange, request in sent:
        key = (request.name, request.method)
        counts[key] += 1
        if exchange.seconds is not None:
            times.setdefault(key, []).append(exchange.seconds)
    return times, counts


def _variables(vault: Vault, exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Yield what each variable is, and where its value came from."""
    for variable, uses in vault.uses.items():
        numbers = list(dict.fromkeys(number for number, _ in uses))
        listed = ", ".join(map(str, numbers[:MOST_NUMBERS])) + (" and more" if len(numbers) > MOST_NUMBERS else "")
        what = uses[0][1]
        said = f"{variable} is {what}, in {'request' if len(numbers) == 1 else 'requests'} {listed}"
        if variable in vault.changing:
            said += "; it was another each time, so make it in the code"
        elif source := _source(vault.values[variable], numbers[0], exchanges):
            said += f"; it was {source}, so it may be another for each user: take it from there"
        yield said


def _source(value: str, number: int, exchanges: Sequence[Exchange]) -> str:
    """Return where a value came from that is not wired: a page, a cookie or a header of an earlier answer."""
    if len(value) < SHORTEST:
        return ""
    for each in exchanges:
        if each.number == number:
            return ""
        headers = [name for name, text in each.answer_headers if value in text]
        if headers:
            return f"in the header {headers[0]} of the answer to request {each.number}"
        if value in each.answer():
            return f"in the answer to request {each.number}"
    return ""


def _ambiguous(gaps: Gaps) -> Iterator[str]:
    """Yield which values are not wired, since they stand in several places of earlier answers."""
    values = list(gaps.wires.ambiguous.values())
    for number, what, places in values[:MOST_TOLD]:
        where = ", ".join(map(str, places))
        yield f"{what} in request {number} stands in several answers and is not taken from one: {where}"
    if len(values) > MOST_TOLD:
        yield f"{len(values) - MOST_TOLD:,} more values stand in several answers, and are not taken from one"


def _typed(requests: Sequence[tuple[Exchange, Request]]) -> Iterator[str]:
    """Yield that what somebody typed was copied: no rule knows names, numbers of telephones and the like."""
    numbers = [each.number for each, request in requests if request.body is not None]
    if numbers:
        listed = ", ".join(map(str, numbers[:MOST_NUMBERS])) + (" and more" if len(numbers) > MOST_NUMBERS else "")
        which = "the body of request" if len(numbers) == 1 else "the bodies of requests"
        yield f"{which} {listed} may hold what a person typed, such as names and addresses: read before you commit"


def _left_out(recording: Recording, selected: Selected) -> Iterator[str]:
    if selected.left_out:
        yield f"left out: {listed(selected.left_out)}"
    others = [f"{host} ({plural(count, 'request')})" for host, count in selected.other_hosts.items()]
    if others:
        more = f", and {len(others) - MOST_HOSTS} more" if len(others) > MOST_HOSTS else ""
        yield f"left out, other hosts: {', '.join(others[:MOST_HOSTS])}{more}; --host names those to keep"
    if recording.repeated:
        yield f"left out: {recording.repeated:,} of the entries, which the file holds more than once"
    if recording.unreadable:
        yield f"left out: {len(recording.unreadable):,} of the entries, unreadable, first: {recording.unreadable[0]}"
    for origin in selected.led_away:
        yield f"a redirect leads to {origin}, and the client follows it"


def _paces(cut: int) -> Iterator[str]:
    if cut:
        yield f"{plural(cut, 'pause')} of more than {MOST:.0f} s: cut to that"


def _answers(selected: Selected) -> Iterator[str]:
    """Yield which answers were not good ones."""
    wrong = Counter(each.status for each in selected.exchanges if each.status >= REFUSED)
    for status, count in sorted(wrong.items()):
        meant = "it is expected in a run, too: take that away if it is wrong" if status < FAILED else "it fails a run"
        yield f"{plural(count, 'answer')} with {status} in the recording; {meant}"
