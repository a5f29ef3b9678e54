"""Hosts that --config-users gives: each a host, in place of the class's own, and no mistake before the run starts."""

from argparse import Namespace

import pytest
from locust import FastHttpUser, HttpUser

from locust_ext.config.plan import Plan
from locust_ext.run.preflight import _hosts, _without_host, hosts_configured


class Plain(HttpUser):
    """Has no host."""

    abstract = True


class Own(FastHttpUser):
    """Has one of its own."""

    abstract = True
    host = "https://shop.example.com"


def options(*given, host=None):
    """Return what was parsed of a headless command line."""
    return Namespace(host=host, headless=True, config_users=[list(given)] if given else None)


def for_(user, host):
    """Return what a team writes."""
    return {"user_class_name": user.__name__, "host": host}


LOCAL = "http://127.0.0.1:8000"
WRONG = [
    ("nobody says it", [Plain], options(), Plan("x"), "--host: Plain has no host"),
    ("it is said", [Plain], options(for_(Plain, LOCAL)), Plan("x"), ""),
    ("another class is meant", [Plain], options(for_(Own, LOCAL)), Plan("x"), "--host: Plain has no host"),
    ("other attributes", [Plain], options({"user_class_name": "Plain", "weight": 2}), Plan("x"), "Plain has no host"),
    ("it is taken away", [Own], options(for_(Own, None)), Plan("x"), "--host: Own has no host"),
    ("it is none", [Plain], options(for_(Plain, "shop")), Plan("x"), "--config-users: Plain: 'shop' is not a host"),
    ("it is a number", [Plain], options(for_(Plain, 42)), Plan("x"), "--config-users: Plain: '42' is not a host"),
    ("absolute URLs are sent", [Plain], options(for_(Plain, "")), Plan("x"), ""),
    ("the command line has one", [Plain], options(for_(Own, LOCAL), host=LOCAL), Plan("x"), ""),
    ("the plan has one for all", [Plain], options(), Plan("x", host=LOCAL), ""),
    ("the plan's is not taken beside another", [Plain, Own], options(for_(Own, LOCAL)), Plan("x", host=LOCAL),
     "--host: Plain has no host"),
]  # fmt: skip


@pytest.mark.parametrize("users, given, plan, why", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_who_has_a_host(users, given, plan, why):
    """A class without one is a mistake, and so is a host that is none."""
    found = [str(problem) for problem in _without_host(given, plan, users)]
    assert len(found) == bool(why)
    assert why in "".join(found)


TAKEN = [
    ("the class's own", [Own], options(), ["https://shop.example.com"]),
    ("another in its place is asked for later", [Own], options(for_(Own, LOCAL)), []),
    ("the command line's wins", [Own], options(for_(Own, LOCAL), host="http://other"), ["http://other"]),
    ("others keep theirs", [Own, Plain], options(for_(Plain, LOCAL)), ["https://shop.example.com"]),
    ("the plan's", [Plain], options(), ["http://plan"]),
]


@pytest.mark.parametrize("users, given, hosts", [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_which_hosts_are_asked_for_at_once(users, given, hosts):
    """Those that nothing changes any more."""
    assert _hosts(given, Plan("x", host="http://plan"), users) == hosts


def test_several_options():
    """Each is a list; what is not an object is Locust's to refuse."""
    given = Namespace(config_users=[[for_(Own, "a")], [for_(Plain, "b"), 7]])
    assert hosts_configured(given) == {"Own": "a", "Plain": "b"}
