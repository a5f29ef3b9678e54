"""Which tags a locustfile may set, as its text tells: a sentence a row."""

import pytest

from locust_ext.config.tags_in_code import tags_in, tags_of_this_process

MAY = [
    ("a context", 'client.get("/", context={"tags": {"group": "a"}})'),
    ("a context with a name", 'CONTEXT = {"tags": {"group": "a"}}\nclient.get("/", context=CONTEXT)'),
    ("a user's context", 'class A:\n def context(self):\n  return {"tags": {"group": self.name}}'),
    ("a dictionary that is made", 'tags = dict(group="a")'),
    ("a function of the team's", 'client.get("/", context=tagged(group="a"))'),
    ("a field", "@dataclass\nclass Tags:\n group: str"),
    ("an item", 'tags["group"] = "a"'),
    ("a metric", 'TREND.add(1, {"group": "a"})'),
    ("a check", 'check(answer, {"ok": bool}, {"group": "a"})'),
    ("tags out of a file", 'client.get("/", context={"tags": json.load(file)})'),
    ("names that are computed", 'client.get("/", context={"tags": {name: "a"}})'),
    ("a name that nobody gives a value", 'client.get("/", context={"tags": tags})'),
    ("a value that comes from elsewhere", 'tags = load()\nclient.get("/", context={"tags": tags})'),
    ("parts of which one comes from elsewhere", 'tags = {**COMMON, "a": "b"}\nx = {"tags": tags}'),
    ("a context from elsewhere", 'client.get("/", context=given())'),
    ("a user's context from elsewhere", "class A:\n def context(self):\n  return self.made()"),
    ("items whose names are computed", 'tags[key] = "a"'),
    ("a row of a file", "TREND.add(1, row)"),
    ("a name that leads to itself", 'tags = tags | {"a": 1}\nx = {"tags": tags}'),
    ("what is not Python", "client.get(")
]  # fmt: skip


@pytest.mark.parametrize("source", [row[1] for row in MAY], ids=[row[0] for row in MAY])
def test_may_set(source):
    """Doubt is for the team."""
    assert tags_in([source]).may_set("group")


NOT = [
    ("a plain locustfile", 'class A(HttpUser):\n @task\n def feed(self):\n  self.client.get("/feed", name="feed")'),
    ("other tags", 'self.client.get("/", context={"tags": {"area": "feed"}})'),
    ("other tags with a name", 'TAGS = {"area": "a"}\nself.client.get("/", context={"tags": TAGS})'),
    ("other tags, or none", 'x = {"tags": {"area": a} if a else None}'),
    ("other tags together", 'A = {"a": 1}\nx = {"tags": A | {**A, "b": f(1)} | dict(A, c=2)}'),
    ("an argument of a client", 'self.client.get(group="/feed")\nevents.request.fire(group=None)'),
    ("a variable", "group = 1"),
    ("a part of another word", 'x = "groups"'),
    ("a set", "seen.add(name)"),
    ("nothing", ""),
]


@pytest.mark.parametrize("source", [row[1] for row in NOT], ids=[row[0] for row in NOT])
def test_does_not_set(source):
    """Where all names of tags stand in the code, the others are not set."""
    found = tags_in([source])
    assert found.is_read
    assert not found.may_set("group")


def test_without_code():
    """Nobody has said anything."""
    assert not tags_in([]).is_read


@pytest.mark.parametrize("fault", [SystemError, MemoryError, RecursionError, SyntaxError, ValueError])
def test_a_parser_that_fails(monkeypatch, fault):
    """Python 3.11 says "AST constructor recursion depth mismatch" of code that is fine: then it may set any tag."""

    def parse(_):
        raise fault("odd")

    monkeypatch.setattr("locust_ext.config.tags_in_code.ast.parse", parse)
    assert tags_in(["x = 1"]).has_any


@pytest.mark.slow
def test_this_process():
    """The modules of the team's that are loaded are read: here, these tests."""
    assert "the modules of the team's that are loaded are read: here, these tests".capitalize() not in tags_in([]).words
    assert tags_of_this_process().may_set("group")
