"""Recordings by name, and what comes of them."""

from functools import cache
from pathlib import Path

from locust_ext.drafts.configuration import render
from locust_ext.drafts.journey import Request, walk
from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.har.document import read
from locust_ext.har.translation import translate
from locust_ext.text.problems import ConfigurationError

RECORDINGS = Path(__file__).parent / "recordings"
NAMES = sorted(file.stem for file in RECORDINGS.glob("*.har"))


def content(name):
    return (RECORDINGS / f"{name}.har").read_bytes()


@cache
def translated(name, *hosts):
    """What comes of a recording; raises ConfigurationError."""
    return translate(read(content(name), f"{name}.har"), hosts, f"{name}.har", "locust-ext init")


def refused(name, *hosts):
    """Whether a recording is refused."""
    try:
        translated(name, *hosts)
    except ConfigurationError:
        return True
    return False


def steps(name, *hosts):
    (journey,) = translated(name, *hosts).draft.journeys
    return journey.steps


def requests(name, *hosts):
    return [step for step in walk(steps(name, *hosts)) if isinstance(step, Request)]


def sent(name, *hosts):
    """Method and target of each request, with gaps in angle brackets."""
    return [f"{request.method} {shown(request.target)}" for request in requests(name, *hosts)]


def shown(template):
    """A template as one text: variables as ``<NAME>``, values of answers as ``<name>``."""
    return "".join(piece if isinstance(piece, str) else f"<{piece.name}>" for piece in template.pieces)


def notes(name, *hosts):
    return "\n".join(translated(name, *hosts).notes)


def written(name, *hosts):
    """All that is written and said of a recording."""
    found = translated(name, *hosts)
    return "\n".join([render_locustfile(found.draft), render([found.thresholds]), found.load.about, *found.notes])
