"""What holds where nobody says more: of a plan, a command line, a run and its end."""

from locust_ext.config.command_line import CommandLine
from locust_ext.config.horizon import Horizon
from locust_ext.config.plan import Plan, make_plan
from locust_ext.run.beginning import Beginning
from locust_ext.run.conclusion import Ending
from locust_ext.run.context import RunContext
from locust_ext.run.run import Run
from locust_ext.text.document import Document


def test_a_command_line_without_words():
    """Chooses nothing, at the pace that is written, and confirms nothing."""
    plain = CommandLine()
    assert (plain.time_scale, plain.confirm, plain.shape, plain.report_dir, plain.own) == (1.0, False, "", "", {})
    plan = make_plan(plain)
    assert (plan.time_scale, plan.confirm, plan.is_open, plan.schedule) == (1.0, False, False, None)


def test_a_plan_of_nothing_but_a_name():
    """Goes at its own pace; where it was written is none of what it is."""
    plan = Plan("x")
    assert (plan.time_scale, plan.confirm, plan.thresholds, plan.scenarios) == (1.0, False, (), ())
    other = Plan("x", document=Document("elsewhere.yml", {"name": "x"}))
    assert plan == other
    assert "elsewhere.yml" not in repr(other)
    assert plan.shape_names == make_plan(CommandLine()).shape_names


def test_a_horizon_of_nothing():
    """Nobody knows its end, and its load is none of the locustfile's own."""
    assert (Horizon().end, Horizon().is_own, Horizon(run_time=60.0).end) == (None, False, 60.0)


def test_a_run_that_has_just_begun():
    """Nothing was unmade, nobody was late, and it has nothing to keep."""
    run = Run(Plan("x"), {}, "2026-11-23T00:00:00", 1000.0)
    assert (run.unmade, run.late, run.locks, run.halted, run.cut_short, run.abort) == (0, False, False, "", "", "")
    assert (run.ended, run.planned, run.blemishes, run.troubles) == (None, None, [], {})
    assert run.id != Run(Plan("x"), {}, "2026-11-23T00:00:00", 1000.0).id
    assert isinstance(run.context, RunContext)
    assert run.at(1012.5) == 12.5
    assert run.at(900.0) == 0.0


def test_an_end_of_which_nobody_says_more():
    """Nothing failed, and Locust would end with 1 if requests had."""
    run = Run(Plan("x"), {}, "2026-11-23T00:00:00", 1000.0)
    run.ended = 1060.0
    ending = Ending()
    assert (ending.user_errors, ending.unseen_errors, ending.failed_requests, ending.stock_exit_code) == (0, 0, 0, 1)
    assert run.result(1060.0, ending).verdict.exit_code == 0
    failed = run.result(1060.0, Ending(failed_requests=1))
    assert failed.verdict.exit_code == 1


def test_a_beginning_of_which_nobody_says_more():
    """Its load is one of users, which are stopped by us."""
    one = Beginning(Plan("x"))
    assert (one.hosts, one.named, one.git_sha, one.has_arrivals, one.stops_by_itself) == ((), (), "", False, False)
    assert one.safety.hosts == ()
    assert one.safety.seeks_limit is False
