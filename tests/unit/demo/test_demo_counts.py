"""What the target tells Prometheus: each figure by its name, from the objects that have it."""

from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from locust_ext.demo.counts import Exposition, RequestCounts
from locust_ext.demo.hotkeys import KEPT_KEYS, HotKeys
from locust_ext.demo.posts import PostStore


def exposed(requests):
    """Return what is told of these requests, with figures that are all different, by name and labels."""
    service = SimpleNamespace(
        writes={"real": 11, "synthetic": 12},
        hot_keys=SimpleNamespace(computations=13),
        pool=SimpleNamespace(slots=14, queued=15),
        handshake_limiter=SimpleNamespace(queued=16),
        capacity=SimpleNamespace(slots=17, in_use=18),
        wear=SimpleNamespace(ballast=SimpleNamespace(held=23), descriptors=SimpleNamespace(held=24)),
    )
    text = Exposition(requests, service, SimpleNamespace(connects=19, open=20)).text().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    found = {}
    for name, family in families.items():
        if name.startswith("app_"):
            for sample in family.samples:
                found[sample.name, *sample.labels.values()] = sample.value
    return found, families


def test_what_is_told():
    """Each has its place; those of the process itself come beside them."""
    requests = RequestCounts()
    requests.answered.update({("/hot/{key}", 200): 3, ("other", 404): 1})
    requests.untagged, requests.in_flight = 21, 22
    found, families = exposed(requests)
    assert found == {
        ("app_requests_total", "/hot/{key}", "200"): 3,
        ("app_requests_total", "other", "404"): 1,
        ("app_writes_total", "real"): 11,
        ("app_writes_total", "synthetic"): 12,
        ("app_requests_untagged_total",): 21,
        ("app_origin_computations_total",): 13,
        ("app_ws_connects_total",): 19,
        ("app_requests_in_flight",): 22,
        ("app_ws_open",): 20,
        ("app_pool_slots",): 14,
        ("app_pool_queued",): 15,
        ("app_ws_handshakes_queued",): 16,
        ("app_capacity_slots",): 17,
        ("app_capacity_in_use",): 18,
        ("app_held_bytes",): 23,
        ("app_held_descriptors",): 24,
    }
    assert {family.type for name, family in families.items() if f"{name}_total" in {key[0] for key in found}} == {
        "counter"
    }
    assert families["app_ws_open"].type == "gauge"
    assert all(family.documentation.endswith(".") for name, family in families.items() if name.startswith("app_"))
    assert "process_cpu_seconds" in families


def test_a_request_while_it_is_served():
    """It is under way, and whether it had a mark is known from the beginning; whatever it raises, it is over then."""
    requests = RequestCounts()
    with requests.receive(tagged=False), requests.receive(tagged=True):
        assert (requests.in_flight, requests.untagged) == (2, 1)
    with pytest.raises(ZeroDivisionError), requests.receive(tagged=False):
        _ = 1 / 0
    assert (requests.in_flight, requests.untagged) == (0, 2)


def test_how_many_keys_are_kept():
    """Ten thousand, of which the one that expires first has to go."""
    cache = HotKeys(lambda: None, life=1.0, clock=lambda: 0.0)
    for number in range(10_001):
        cache.read(f"k{number}")
    assert (len(cache), KEPT_KEYS) == (10_000, 10_000)
    assert cache.read("k1")
    assert not cache.read("k0")


def test_how_many_posts_are_kept():
    """Five thousand beside the twenty that each community begins with."""
    store = PostStore(lag=0.0, clock=lambda: 0.0)
    ids = [store.write(f"c{number % 2}", "x") for number in range(5001)]
    assert (len(store), store.writes) == (5020, 5001)
    assert not store.readable(ids[0])
    assert store.readable(ids[1])
    assert store.readable("1")
    assert not store.readable("0")
    assert [post.id for post in store.newest("nowhere", 99)] == [str(number) for number in range(20, 0, -1)]
