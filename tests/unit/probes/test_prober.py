"""The probes of a run: they begin before the load, are told to no worker, and bear on nothing but their own metrics."""

from __future__ import annotations

import os
from types import SimpleNamespace

import gevent
import pytest
from locust import User, constant, task

from locust_ext.gates.thresholds import parse_selector
from locust_ext.measure.interval_history import History
from locust_ext.measure.recorder import Recorder
from locust_ext.probes import prober as module
from locust_ext.probes.endpoint import Endpoint
from locust_ext.probes.options import ProbeOptions, ProcessOptions
from locust_ext.probes.prober import UNREAD, Prober, ProbesIntent
from locust_ext.probes.readings import Read, Reading
from locust_ext.probes.source import UnreadError
from tests.pair import pair
from tests.wire import TO_WORKER

FDS = "process_open_fds"
API = parse_selector(f"probe{{series:{FDS},instance:api}}")


class Quiet(User):
    """Does nothing."""

    wait_time = constant(0.1)

    @task
    def nothing(self):
        """Do nothing."""


class Stage:
    """A run of which somebody plays the clock."""

    def __init__(self):
        self.said = []
        suspects = SimpleNamespace(doubt=lambda *_, **__: None, trust=lambda *_: None)
        self.run = SimpleNamespace(
            at=lambda _: 7.0, judge=SimpleNamespace(suspects=suspects), drifting=SimpleNamespace(probed=None)
        )

    def mention(self, sentence):
        """Hear it."""
        self.said.append(sentence)


@pytest.fixture
def answers(monkeypatch):
    """What endpoints say, one after the other; the last one for ever. Whom they asked stands in ``asked``."""
    says, asked = [Read({FDS: Reading(5.0), "process_max_fds": Reading(64)}, size=10)], []

    def read(self, timeout):
        asked.append((self._url, dict(self._headers), timeout))
        one = says.pop(0) if len(says) > 1 else says[0]
        if isinstance(one, Exception):
            raise one
        return one

    monkeypatch.setattr(Endpoint, "read", read)
    return SimpleNamespace(says=says, asked=asked)


def intent(hosts=("http://127.0.0.1:1",), scale=1.0, selectors=(API,), **probes):
    """What a prober is told."""
    probes = probes or {"api": ProbeOptions(url="{host}/metrics")}
    return ProbesIntent(probes, tuple(hosts), scale, tuple(selectors))


def begun(answers, told=None, environment=None):
    """Return a prober whose run has begun, and its stage."""
    stage = Stage()
    one = Prober(Recorder(), stage, environment or {})
    one.begins(told or intent(), "r1")
    return one, stage


def test_the_level_before_the_load_is_known_when_it_begins(answers):
    """Each was read when the load begins."""
    one, stage = begun(answers)
    assert one.history(API) == History(((7.0, 5.0),), (), 5.0)
    assert one.limit(API) == 64
    assert one.histories() == {(FDS, "api"): one.history(API)}
    assert stage.run.drifting.probed is one
    one.leave()
    assert stage.said == []
    assert one.history(API).points, "those who judge come after"


def test_one_that_hangs_holds_up_no_run(answers, monkeypatch):
    """The load begins without it."""
    monkeypatch.setattr(Endpoint, "read", lambda self, timeout: gevent.sleep(60))
    one = Prober(Recorder(), Stage(), {}, first=0.01)
    one.begins(intent(), "r1")
    assert one.history(API).missing
    one.let_go()


def test_it_reads_in_even_steps(answers, monkeypatch):
    """Those that a late answer has passed are left out."""
    now, slept = [100.0], []
    how = SimpleNamespace(every=5.0)
    takes = iter([0.1, 12.0, 0.1])

    def read():
        now[0] += next(takes)

    def sleep(seconds):
        slept.append(round(seconds, 3))
        now[0] += seconds
        if len(slept) == 3:
            raise gevent.GreenletExit

    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.gevent, "sleep", sleep)
    with pytest.raises(gevent.GreenletExit):
        module._follow(SimpleNamespace(read=read, how=how), gevent.event.Event())
    assert slept == [4.9, 3.0, 4.9]
    assert now[0] == 100.0 + 5 + 15 + 5


def test_what_went_wrong_is_said_at_the_end(answers):
    """Once for each instance, and once a run, whoever leaves how often."""
    answers.says[:] = [UnreadError("it answered 401")]
    one, stage = begun(answers)
    one.leave()
    one.leave()
    assert stage.said == ["probe api, of 1 read: it answered 401 (1 time)"]


def test_what_it_asks(answers):
    """The run's host, its own headers, its own series and those that rules name."""
    options = ProbeOptions(url="{host}/metrics", headers_env={"": "H"}, timeout=1.0)
    one, _ = begun(answers, intent(("http://127.0.0.1:1/",), api=options), {"H": "Authorization: Bearer s3cr3t"})
    ((url, headers, timeout),) = answers.asked
    assert (url, headers["Authorization"], timeout) == ("http://127.0.0.1:1/metrics", "Bearer s3cr3t", 1.0)
    wanted = one._instances["api"].how.source._wanted
    assert wanted.names == {FDS}
    assert wanted.process
    one.let_go()
    listed = ProbeOptions(url="http://localhost/m", series=("a",))
    one, _ = begun(answers, intent(selectors=(), api=listed, db=ProbeOptions(process=ProcessOptions(pid=os.getpid()))))
    assert not one._instances["api"].how.source._wanted.process
    assert one._instances["db"].how.parts == "processes"
    one.let_go()


REFUSED = [
    ("production that is not declared", ProbeOptions(url="https://shop.example.com/metrics"), {}, "counts as production"),
    ("no host", ProbeOptions(url="{host}/metrics"), {}, "the run has no host"),
    ("a header that is not set", ProbeOptions(url="http://localhost/m", headers_env={"": "H"}), {}, "H is not set"),
]  # fmt: skip


@pytest.mark.parametrize("options, variables, said", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_nobody_could_see_before_is_refused_at_the_start(answers, options, variables, said):
    """A host that only code knows, say: then no user starts."""
    with pytest.raises(ValueError, match=said):
        begun(answers, intent((), api=options), variables)
    assert answers.asked == []


def test_without_probes_nothing_happens(answers):
    """No greenlet, no answer, and a rule of another run finds nothing."""
    one, stage = begun(answers, ProbesIntent())
    assert (one.history(API), one.limit(API), one.histories()) == (History(missing=UNREAD), None, {})
    assert stage.run.drifting.probed is None
    one.leave()
    assert stage.said == []


def test_a_second_run_knows_nothing_of_the_first(answers):
    """Its readings, its troubles, its probes."""
    one, _ = begun(answers)
    one.leave()
    one.begins(ProbesIntent(), "r2")
    assert one.histories() == {}


CONFIGURATION = """
probes: {api: {url: "http://127.0.0.1:1/metrics?token=hunter2hunter2", headers_env: {X-Key: PROBE_KEY}, every: 1s}}
thresholds: {"probe{series:process_open_fds,instance:api}": "value<10"}
"""


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """A configuration with a probe."""
    monkeypatch.setenv("PROBE_KEY", "s3cr3t-of-the-probe")
    file = tmp_path / "loadtest.yml"
    file.write_text(CONFIGURATION, "utf-8")
    return str(file)


ENDS = [
    ("healthy", [Read({FDS: Reading(5.0)})], "passed", ""),
    ("a leak", [Read({FDS: Reading(5.0)}), Read({FDS: Reading(50.0)})], "failed", ""),
    ("never there", [Read({})], "inconclusive", "the probe api has not read it: it is not there"),
    ("never reached", [UnreadError("it answered 401")], "inconclusive", "the probe api has not read it: it answered 401"),
    ("gone in its midst", [Read({FDS: Reading(5.0)}), UnreadError("it answered 503")], "inconclusive",
     "the probe api does not read it any more: it answered 503"),
    ("another process each time", [*(Read({FDS: Reading(50.0), "process_start_time_seconds": Reading(s)}) for s in (9, 19, 9))],
     "inconclusive", "the probe api: several processes answer"),
]  # fmt: skip


@pytest.mark.parametrize("says, word, why", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_runs_with_a_worker(says, word, why, answers, configured, monkeypatch):
    """It is judged where the run is; the worker has no probe, and is told of none."""
    answers.says[:] = says
    with pair(monkeypatch, [Quiet], loadtest=configured) as two:
        two.begin(1)
        gevent.sleep(8)
        result = two.end()
        kinds = [[type(part).__name__ for part in process.part.parts] for process in two.processes]
    assert ["Prober" in names for names in kinds] == [True, False]
    assert result.verdict.word == word
    assert why in result.outcomes[0].reason
    assert len(answers.asked) >= 7
    assert not any(metric.startswith("http") for metric in {row.metric for row in result.series})
    assert [finding.kind for finding in result.findings] == ["probe"]
    assert result.complete


def test_no_letter_to_a_worker_names_a_probe(answers, configured, monkeypatch):
    """Neither its address nor its headers, nor that there is one."""
    with pair(monkeypatch, [Quiet], loadtest=configured) as two:
        two.begin(1)
        two.end()
        letters = [b"".join(letter.frames) for letter in two.wire.letters if letter.way == TO_WORKER]
        told = [str(vars(process.part.prober)) for process in two.workers]
    assert any(b"locust_ext.orders" in letter for letter in letters)
    assert not [letter for letter in letters for word in (b"/metrics", b"s3cr3t", b"hunter2") if word in letter]
    assert all("'_instances': {}" in one and "'_probes': {}" in one for one in told)


LOADED = [
    ("nothing for no probes", {}, set()),
    ("an endpoint", {"api": ProbeOptions(url="http://a.test/m")}, {"instance", "reach", "exposition", "endpoint"}),
    ("a process", {"db": ProbeOptions(process=ProcessOptions(pid=1))}, {"instance", "reach", "process_source"}),
]


@pytest.mark.parametrize("probes, names", [row[1:] for row in LOADED], ids=[row[0] for row in LOADED])
def test_what_is_loaded_before_the_run(probes, names, monkeypatch):
    """So that nobody waits for it within; a run without probes loads none of it."""
    found = []
    monkeypatch.setattr(module, "import_module", found.append)
    module.load(probes)
    assert found == list(dict.fromkeys(found))
    assert set(found) == {f"locust_ext.probes.{name}" for name in names}
