"""A locustfile out of a draft: it compiles, and its users do what the draft says, whatever its texts hold."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rehearsal import Answer, Rehearsal

from locust_ext.drafts.journey import (
    AtOnce,
    Capture,
    Captured,
    Check,
    Code,
    Column,
    Env,
    FormBody,
    Group,
    Journey,
    JsonBody,
    LocustfileDraft,
    Pause,
    Request,
    Sample,
    Template,
    TextBody,
    Unfinished,
)
from locust_ext.drafts.locustfile import class_names, render_locustfile
from locust_ext.drafts.python_text import WIDTH

of = Template.of
EVIL = ["\n", "\u2028", "\x0c", "\x00", '"""', "'", "\\", "{", "}", "{x}", "# coding: rot13", "\ud800", "# type: ignore", "é", "日", "%s", "\N{RIGHT-TO-LEFT OVERRIDE}"]
texts = st.lists(st.sampled_from(EVIL) | st.text(max_size=40), max_size=5).map("".join)
names = texts.filter(bool)
references = (
    st.builds(Env, names.filter(lambda name: "\x00" not in name))
    | st.builds(Column, st.sampled_from(["users", "my-items", "row"]), names)
    | st.builds(Captured, st.sampled_from(["token", "id", "self", "with", "r", "access Token"]))
    | st.builds(Code, st.sampled_from(["1 + 2", 'max(["a", "b"])', "math.pi"]), st.just(("math",)))
)
templates = st.lists(texts | references, max_size=4).map(lambda pieces: of(*pieces))
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | templates | references
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(texts, inner, max_size=3), max_leaves=8)
pairs = st.lists(st.tuples(names, templates), max_size=3).map(tuple)
tags = st.dictionaries(names, templates, max_size=2)
requests = st.builds(
    Request,
    st.sampled_from(["GET", "post", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"]),
    templates,
    name=texts,
    headers=pairs,
    body=st.none() | st.builds(JsonBody, values) | st.builds(FormBody, pairs) | st.builds(TextBody, templates),
    tags=tags,
    checks=st.lists(st.builds(Check, texts, st.just("r.status_code == 200"), tags), max_size=3).map(tuple),
    captures=st.lists(st.builds(Capture, st.sampled_from(["token", "id", "self", "with", "r", "access Token"]), st.lists(texts | st.integers(0, 9), max_size=3).map(tuple)), max_size=2).map(tuple),
    samples=st.lists(st.builds(Sample, st.sampled_from(["Trend", "Rate"]), names, st.just("response.status_code"), tags), max_size=1).map(tuple),
    expected=st.lists(st.integers(400, 599), max_size=3, unique=True).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
)
leaves = (
    requests
    | st.builds(AtOnce, st.lists(requests, max_size=3).map(tuple))
    | st.builds(Pause, st.floats(0, 100), st.none() | st.floats(100, 200))
    | st.builds(Unfinished, texts, st.none() | st.integers(1, 10**6), texts)
)
steps = st.recursive(leaves, lambda inner: st.builds(Group, texts, st.lists(inner, max_size=3).map(tuple)), max_leaves=5)
several = st.lists(steps, max_size=3).map(tuple)
feeders = st.lists(st.sampled_from(["users", "my-items", "row"]), max_size=2, unique=True).map(tuple)
journeys = st.builds(
    Journey, names, several, about=texts, held=feeders, kept=feeders, wait=st.none() | st.builds(Pause, st.floats(0, 9), st.none() | st.floats(9, 12)),
    on_start=several, headers=pairs,
)  # fmt: skip
drafts = st.builds(
    LocustfileDraft, texts, texts, st.lists(journeys, min_size=1, max_size=3), st.lists(texts, max_size=2).map(tuple), st.lists(texts, max_size=2).map(tuple)
)  # fmt: skip


def one(*steps, **more):
    """Return the text for a journey with these steps."""
    return render_locustfile(LocustfileDraft("feed.js", "locust-ext import-k6 feed.js", [Journey("FeedUser", steps, **more)]))


class World:
    """What a draft says that is sent: all requests in their order, with their gaps filled in."""

    def __init__(self):
        self.found, self.captured = [], {}

    def at(self, reference):
        match reference:
            case Env():
                return f"<${reference.name}>"
            case Column():
                return f"<{reference.feeder}: {reference.column}>"
            case Captured():
                return self.captured.get(reference.name)
            case Code():
                import math  # noqa: F401

                return eval(reference.text)

    def text(self, template):
        if len(template.pieces) == 1 and not isinstance(template.pieces[0], str):
            return self.value(template.pieces[0]) if isinstance(template.pieces[0], (Env, Column)) else str(self.at(template.pieces[0]))
        return "".join(piece if isinstance(piece, str) else str(self.at(piece)) for piece in template.pieces)

    def value(self, value):
        match value:
            case Template():
                return self.text(value)
            case tuple():
                return [self.value(each) for each in value]
            case dict():
                return {key: self.value(each) for key, each in value.items()}
            case None | bool() | int() | float() | str():
                return value
        found = self.at(value)
        return str(found) if isinstance(found, Answer) else found

    def run(self, steps, common):
        for step in steps:
            match step:
                case Request():
                    self.send(step, common)
                case AtOnce():
                    for each in step.requests:
                        self.send(each, common)
                case Group():
                    self.run(step.steps, common)

    def send(self, request, common):
        headers = {key: self.text(text) for key, text in (*common, *request.headers)}
        tags = {key: self.text(text) for key, text in request.tags.items()}
        body = request.body
        sent = None
        if isinstance(body, JsonBody):
            sent = ("json", self.value(body.value)) if body.value is not None else ("data", "null")
        elif isinstance(body, TextBody):
            sent = ("data", self.text(body.text))
        elif isinstance(body, FormBody) and len(dict(body.fields)) == len(body.fields):
            sent = ("data", {key: self.text(text) for key, text in body.fields})
        self.found.append((request.method.upper(), self.text(request.target), headers, tags, sent, request.name))
        for capture in request.captures:
            self.captured[capture.name] = Answer(capture.path)


def compare(written, expected):
    """See that what was sent is what the draft says."""
    assert len(written) == len(expected)
    for (method, url, options), (verb, target, headers, tags, body, name) in zip(written, expected, strict=True):
        assert (method.upper(), url) == (verb, target)
        found = dict(options.get("headers", {}))
        assert {key: each for key, each in found.items() if key in headers} == headers
        assert found.keys() - headers.keys() <= {"Content-Type"}
        assert options.get("context", {"tags": {}})["tags"] == tags
        if body is not None:
            assert repr(options[body[0]]) == repr(body[1])
        if name and name != target:
            assert options["name"] == name


@given(drafts)
def test_users_do_what_the_draft_says(draft):
    """Every request, in its order, with every text as it was given; and nothing else is in the file."""
    text = render_locustfile(draft)
    text.encode("utf-8")
    done = Rehearsal(text).run()
    assert [each.__name__ for each in done.classes] == class_names(draft.journeys)
    for journey, name in zip(draft.journeys, class_names(draft.journeys), strict=True):
        world = World()
        common = journey.headers
        if all(isinstance(each, Env) for _, header in common for each in header.references):
            common = ()
            given_ = {key: world.text(header) for key, header in journey.headers}
            assert done.scope[name].__dict__.get("default_headers", {}) == given_
        world.run(journey.on_start, common)
        compare(done.begun[name], world.found)
        # What is captured within an iteration is forgotten after it; what was captured at the start stays.
        world.found = []
        world.run(journey.steps, common)
        compare(done.sent[name], world.found)


@given(drafts)
def test_nothing_breaks_out(draft):
    """Comments and docstrings hold nothing that runs: the same draft without notes is the same program."""
    bare = render_locustfile(draft)
    tree = ast.parse(bare)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    plain = ast.dump(tree)
    silent = LocustfileDraft("", "", [_silent(journey) for journey in draft.journeys])
    again = ast.parse(render_locustfile(silent))
    for node in ast.walk(again):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    assert plain == ast.dump(again)


def _silent(journey):
    import dataclasses

    def quiet(step):
        match step:
            case Request():
                return dataclasses.replace(step, notes=())
            case AtOnce():
                return AtOnce(tuple(map(quiet, step.requests)))
            case Group():
                return Group("", tuple(map(quiet, step.steps)))
            case Unfinished():
                return Unfinished("", None, "")
        return step

    return dataclasses.replace(journey, about="", steps=tuple(map(quiet, journey.steps)), on_start=tuple(map(quiet, journey.on_start)))
