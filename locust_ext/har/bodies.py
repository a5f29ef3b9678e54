"""The body of a recorded request as a load test sends it.

Law: pure; JSON stays JSON and a form a form, with gaps for what came from elsewhere. What cannot be copied whole is
left out and said: files, what is not text, what is too long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from locust_ext.drafts.journey import Body, FormBody, JsonBody, Template, TextBody
from locust_ext.har.exchange import Exchange, Field, Sent
from locust_ext.har.gaps import Gaps, UnspeakableError
from locust_ext.text.frozen import dataclass

LONGEST = 20_000
"""Characters of a body that stands in a locustfile; longer ones belong into a file of data."""

MOST_FIELDS = 500

BOUNDARY = "locust-ext-part"
"""What stands between the parts of a form: our own, since that of a browser is random."""

_BOUNDARY = re.compile(r"boundary=\"?(?P<boundary>[^\";,\s]{1,100})", re.IGNORECASE)
_PART_NAME = re.compile(r"(?i:\bname)=\"(?P<name>[^\"\r\n]{0,200})\"")
_FILE = re.compile(r"(?i:\bfilename\*?)=")


@dataclass(frozen=True)
class Copied:
    """A body, the type of its content where the client does not say it by itself, and what is missing."""

    body: Body | None = None
    content_type: str = ""
    missing: str = ""


def body_of(at: Exchange, gaps: Gaps) -> Copied:
    """Return the body of a request."""
    sent = at.sent
    if sent is None:
        return Copied()
    mime = (at.header("content-type") or sent.mime).strip()
    try:
        return _copied(sent, mime, at, gaps)
    except UnspeakableError:
        whole = gaps.vault.variable("body", sent.text or mime, at.number, "its whole body, in which a key is a secret")
        return Copied(TextBody(Template((whole,))), _type(mime, gaps))


def _copied(sent: Sent, mime: str, at: Exchange, gaps: Gaps) -> Copied:
    text = _charles(sent)
    if "multipart/" in mime.lower():
        return _multipart(sent, mime, at, gaps)
    if text is None and sent.fields:
        if any(field.is_file for field in sent.fields):
            return Copied(missing="its body, in which files are sent")
        return Copied(FormBody(gaps.form(_plain(sent.fields), at)), _form_type(mime))
    if missing := _lacking(text):
        return Copied(missing=missing, content_type=_type(mime, gaps))
    return _structured(text or "", mime, at, gaps, is_json=sent.text is None)


def _lacking(text: str | None) -> str:
    """Return why a body cannot be copied; nothing where it can."""
    if text is None:
        return "its body, which the recording does not hold"
    if "\x00" in text or "\ufffd" in text:
        return "its body, which is not text"
    return f"its body of {len(text):,} characters; at most {LONGEST:,} are copied" if len(text) > LONGEST else ""


def _structured(text: str, mime: str, at: Exchange, gaps: Gaps, *, is_json: bool) -> Copied:
    """Return a body of JSON, a form, or what it is else."""
    kind = mime.lower()
    found = _json(text) if is_json or "json" in kind or kind.startswith("text/plain") or not kind else None
    if found is not None:
        value = gaps.json(found, "", at)
        is_usual = not kind or re.fullmatch(r"application/json(;.*)?", kind)
        return Copied(JsonBody(value), "" if is_usual else _type(mime, gaps))
    if "form-urlencoded" in kind and (fields := _fields(text)):
        return Copied(FormBody(gaps.form(fields, at)), _form_type(mime))
    return Copied(TextBody(gaps.text(text, "body", at, "its body")), _type(mime, gaps))


def _charles(sent: Sent) -> str | None:
    """Return the text of a body; Charles keeps JSON that was sent as a form as the name of its only field."""
    if sent.text is None and len(sent.fields) == 1 and not sent.fields[0].value:
        name = sent.fields[0].name
        return name if name.lstrip().startswith(("{", "[")) else None
    return sent.text


def _json(text: str) -> Any:
    """Return a value of JSON; None for what is not one, and for null."""
    try:
        return json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None


def _refused(name: str) -> None:
    raise ValueError(name)


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=True)
    except ValueError:
        return []


def _plain(fields: Sequence[Field]) -> list[tuple[str, str]]:
    return [(field.name, field.value) for field in fields[:MOST_FIELDS]]


def _multipart(sent: Sent, mime: str, at: Exchange, gaps: Gaps) -> Copied:
    """Return a form of several parts, if no file is among them."""
    match = _BOUNDARY.search(mime)
    boundary = match["boundary"] if match else ""
    text = sent.text or ""
    if any(field.is_file for field in sent.fields) or _FILE.search(text):
        return Copied(missing="its body, in which files are sent")
    fields = _parts(text, boundary) if text and boundary else _plain(sent.fields)
    if not fields or len(text) > LONGEST or any('"' in name or "\r" in name or "\n" in name for name, _ in fields):
        return Copied(missing="its body of several parts")
    own = BOUNDARY
    while any(own in value for _, value in fields):
        own += "-"
    pieces: list[Any] = []
    for name, value in gaps.form(fields, at):
        pieces += [f'--{own}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n', *value.pieces, "\r\n"]
    return Copied(TextBody(Template.of(*pieces, f"--{own}--\r\n")), f"multipart/form-data; boundary={own}")


def _parts(text: str, boundary: str) -> list[tuple[str, str]]:
    found = []
    for part in text.replace("\r\n", "\n").split(f"--{boundary}")[1:]:
        head, separator, value = part.partition("\n\n")
        name = _PART_NAME.search(head)
        if separator and name:
            found.append((name["name"], value.removesuffix("\n")))
    return found[:MOST_FIELDS]


def _form_type(mime: str) -> str:
    """Return the type where it says more than the client does by itself."""
    return mime if "charset" in mime.lower() and mime.isascii() and mime.isprintable() else ""


def _type(mime: str, gaps: Gaps) -> str:
    return mime if mime.isascii() and mime.isprintable() and not gaps.vault.known.holds(mime) else ""
