"""The course of a run for those who watch: what is new, the past in portions, and never much of either at once."""

import gzip
import json
from random import Random

import pytest

from locust_ext.safety.outlet import OUTLET
from locust_ext.web import course as module
from locust_ext.web.answers import LEVEL
from locust_ext.web.course import Course
from tests.unit.web.watched import second, watching

ENDPOINTS, EACH = 200, 5
MOST_PACKED = 50_000


class Page:
    """What a page has of a run, put together as its script does."""

    def __init__(self, course):
        self._course, self.names, self.slices, self.sizes = course, [], [], []
        self.run, self.lo, self.hi = "", 0, 0

    def look(self):
        """Ask once; tell whether there is more."""
        asked = {"run": self.run, "names": str(len(self.names)), "lo": str(self.lo), "hi": str(self.hi)}
        text = str(self._course.piece(asked if self.run else {}))
        self.sizes.append(len(gzip.compress(text.encode(), LEVEL)))
        told = json.loads(text)
        if told["run"] != self.run:
            self.names, self.slices, self.lo, self.hi = [], told["slices"], told["lo"], told["lo"]
        else:
            past = told["slices"][: self.lo - told["lo"]]
            self.slices = [*past, *self.slices[: self.hi - self.lo], *told["slices"][len(past) :]]
        assert told["from"] == len(self.names)
        self.names += told["names"]
        self.run, self.lo, self.hi = told["run"], told["lo"], told["hi"]
        return told["more"]


@pytest.fixture
def fresh(monkeypatch):
    """Have what was worked out told at once."""
    monkeypatch.setattr(module, "FRESH", 0.0)


@pytest.fixture
def controller(monkeypatch):
    """Return what judges the runs of an environment, and begins watched ones."""
    with watching(monkeypatch) as found:
        yield found


def take(run, at, measured):
    """Have the run take what was measured in the second before ``at``."""
    run.watched.add(at, measured, 1.0)
    run.watched.look(at, 10, 50.0)


@pytest.mark.parametrize("minutes", [2, pytest.param(30, marks=pytest.mark.long)])
def test_200_endpoints(controller, fresh, minutes):
    """One who watches from the beginning and one who comes late see the same, and no answer is over 50 kB."""
    rng, run = Random(1), controller.begin()
    pool = [second(rng, ENDPOINTS, EACH) for _ in range(5)]
    course = Course(lambda: controller.run)
    early = Page(course)
    for at in range(1, minutes * 60 + 1):
        take(run, float(at), pool[at % 5])
        if at % 60 == 0:
            early.look()
    while early.look():
        pass
    late = Page(course)
    portions = 1
    while late.look():
        portions += 1
    assert early.slices == late.slices == [json.loads(one) for one in run.watched.told(0, len(run.watched))]
    assert len(late.names) == ENDPOINTS + 1
    assert sum(one["n"][0] for one in late.slices) == minutes * 60 * ENDPOINTS * EACH
    assert portions > 3
    assert max(early.sizes + late.sizes) < MOST_PACKED, max(early.sizes + late.sizes)
    take(run, minutes * 60 + 1.0, pool[0])
    late.look()
    assert late.sizes[-1] < 10_000


def test_it_is_worked_out_once_for_all_who_ask(controller, monkeypatch):
    """Twenty who ask within a moment cost what one does, although more is measured between them."""
    monkeypatch.setattr(module, "FRESH", 60.0)
    run, measured = controller.begin(), second(Random(2), 20)
    take(run, 1.0, measured)
    course = Course(lambda: run)
    steps = []
    monkeypatch.setattr(run.watched, "prepare", lambda: steps.append(1) or iter(()))
    for _ in range(20):
        Page(course).look()
        take(run, 1.0, measured)
    assert len(steps) == 1


def test_a_new_run_begins_with_nothing(controller, fresh):
    """Its slices and its names are its own."""
    page = Page(Course(lambda: controller.run))
    take(controller.begin(), 1.0, second(Random(3), 3))
    page.look()
    assert (len(page.names), len(page.slices)) == (4, 2)
    run = controller.begin()
    run.watched.add(1.0, second(Random(3), 1), 1.0)
    page.look()
    assert (len(page.names), len(page.slices), page.slices[0]["n"]) == (2, 1, [10, 10])


def test_before_a_run_there_is_nothing(controller):
    """Nor of one that nobody watches, as a headless one."""
    course = Course(lambda: controller.run)
    assert course.piece({}) == {"run": ""}
    controller.begin().watched = None
    assert course.piece({}) == {"run": ""}


ASKED = [
    {"run": "another", "lo": "1", "hi": "2", "names": "3"},
    {"lo": "-1", "hi": "x", "names": "1e9"},
    {"lo": "9" * 400, "hi": "99", "names": "99"},
    {"lo": "5", "hi": "1", "names": "²"},
    {},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_whatever_a_page_asks(controller, fresh, asked):
    """It is told what there is, and nothing raises."""
    run = controller.begin()
    for at in range(1, 8):
        take(run, float(at), second(Random(4), 2, 1))
    course = Course(lambda: run)
    key = json.loads(course.piece({}))["run"]
    for name in ("", key):
        told = json.loads(course.piece({**asked, **({"run": name} if name else {})}))
        assert (told["run"], told["slices"][-1]) == (key, json.loads(run.watched.told(7, 8)[0]))


def test_names_are_short_and_free_of_secrets(controller, fresh, monkeypatch):
    """One that becomes secret later makes the page begin again; labels are text for Plotly, too."""
    run = controller.begin()
    take(run, 1.0, second(Random(5), 1))
    run.watched.names += ["/users/hunter2hunter2", "<b>\x1b[31m" + "x" * 10_000]
    page = Page(Course(lambda: run))
    page.look()
    assert page.names[2] == "/users/hunter2hunter2"
    before = page.run
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2hunter2")
    OUTLET.know()
    told = json.loads(Course(lambda: run).piece({}))
    page.look()
    assert page.run != before
    assert page.names[2] == told["names"][2] == "/users/***"
    assert len(told["names"][3]) <= 200
    assert told["labels"][3].startswith("&lt;b&gt;�[31m")
