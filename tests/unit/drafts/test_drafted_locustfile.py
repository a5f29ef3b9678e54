"""A locustfile out of a draft: it compiles, and its users do what the draft says, whatever its texts hold."""

import ast
import dataclasses
import math
from random import Random

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
from locust_ext.drafts.journey import Drawing as Drawn
from locust_ext.drafts.locustfile import class_names, render_locustfile

of = Template.of
EVIL = (
    "", "a", "id", "x" * 150, "\n", "\u2028", "\x0c", "\x00", '"""', "'", '"', "\\", "{", "}", "{x}", "# coding: rot13",
    "# type: ignore", "é", "日" * 70, "%s", "\N{RIGHT-TO-LEFT OVERRIDE}", "import os", "self", "with", "r", "TODO: x", "\t", "\r\n",
)  # fmt: skip
FEEDERS, CAPTURES = ("users", "my-items", "row"), ("token", "id", "self", "with", "r", "access Token")


class Drawing:
    """Draws drafts by a seed: texts are those that are given, and evil ones."""

    def __init__(self, seed, texts):
        self.random, self.texts = Random(seed), texts

    def text(self):
        chosen = self.random.choices([*EVIL, *self.texts], k=self.random.randrange(4))
        return "".join(chosen)

    def many(self, draw, most=3):
        return tuple(draw() for _ in range(self.random.randrange(most + 1)))

    def either(self, *draws):
        return self.random.choice(draws)()

    def reference(self):
        return self.either(
            lambda: Env("x" + self.text().replace("\x00", ""), self.either(lambda: None, self.text)),
            lambda: Column(self.random.choice(FEEDERS), self.text()),
            lambda: Captured(self.random.choice(CAPTURES)),
            lambda: Code(self.random.choice(["1 + 2", 'max(["a", "b"])', "math.pi"]), ("math",)),
        )

    def template(self):
        return of(*self.many(lambda: self.either(self.text, self.text, self.reference)))

    def value(self, depth=0):
        nested = (
            []
            if depth > 14
            else [
                lambda: self.many(lambda: self.value(depth + 1), 2),
                lambda: dict(self.pairs(lambda: self.value(depth + 1), 2)),
            ]
            * 3
        )
        return self.either(
            lambda: None, lambda: True, lambda: self.random.randrange(-(10**20), 10**20), lambda: self.random.random() * 10 ** self.random.randrange(-300, 300),
            lambda: float("inf"), self.text, self.template, self.reference, *nested,
        )  # fmt: skip

    def pairs(self, draw, most=3):
        return self.many(lambda: (self.text(), draw()), most)

    def tags(self):
        return dict(self.pairs(self.template, 2))

    def request(self):
        draw = self.random
        return Request(
            draw.choice(["GET", "post", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"]),
            self.template(),
            name=self.text(),
            headers=self.pairs(self.template),
            body=self.either(
                lambda: None,
                lambda: JsonBody(self.value()),
                lambda: FormBody(self.pairs(self.template)),
                lambda: TextBody(self.template()),
            ),
            tags=self.tags(),
            checks=self.many(lambda: Check(self.text(), "r.status_code == 200", self.tags())),
            captures=self.many(
                lambda: Capture(
                    draw.choice(CAPTURES), self.many(lambda: self.either(self.text, lambda: draw.randrange(9)))
                ),
                2,
            ),
            samples=self.many(
                lambda: Sample(draw.choice(["Trend", "Rate"]), self.text(), "response.status_code", self.tags()), 1
            ),
            expected=tuple(draw.sample(range(400, 600), draw.randrange(3))),
            notes=self.many(self.text, 2),
        )

    def step(self, depth=0):
        return self.either(
            self.request,
            self.request,
            lambda: AtOnce(self.many(self.request)),
            lambda: Pause(self.random.random()),
            lambda: Pause(1, 2.5),
            lambda: Drawn(self.random.choice(CAPTURES), Code("math.pi", ("math",))),
            lambda: Unfinished(self.text(), self.random.choice([None, 7]), self.text()),
            lambda: Group(self.text(), self.steps(depth + 1) if depth < 4 else ()),
        )

    def steps(self, depth=0):
        return self.many(lambda: self.step(depth))

    def journey(self):
        draw = self.random
        return Journey(
            self.text(),
            self.steps(),
            about=self.text(),
            held=tuple(draw.sample(FEEDERS, draw.randrange(3))),
            kept=tuple(draw.sample(FEEDERS, draw.randrange(2))),
            wait=draw.choice([None, Pause(0.5), Pause(1, 3)]),
            on_start=draw.choice([(), self.steps()]),
            headers=self.pairs(self.template, 2),
        )

    def draft(self):
        return LocustfileDraft(
            self.text(), self.text(), self.many(self.journey), self.many(self.text), self.many(self.text)
        )


drafts = st.builds(
    lambda seed, texts: Drawing(seed, texts).draft(), st.integers(0, 2**32), st.lists(st.text(max_size=12), max_size=4)
)


def one(*steps, **more):
    """Return the text for a journey with these steps."""
    return render_locustfile(
        LocustfileDraft("feed.js", "locust-ext import-k6 feed.js", [Journey("FeedUser", steps, **more)])
    )


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
                return eval(reference.text, {"math": math})

    def text(self, template):
        if len(template.pieces) == 1 and not isinstance(template.pieces[0], str):
            return (
                self.value(template.pieces[0])
                if isinstance(template.pieces[0], (Env, Column))
                else str(self.at(template.pieces[0]))
            )
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
                case Drawn():
                    self.captured[step.name] = self.at(step.value)
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

    return dataclasses.replace(
        journey, about="", steps=tuple(map(quiet, journey.steps)), on_start=tuple(map(quiet, journey.on_start))
    )
