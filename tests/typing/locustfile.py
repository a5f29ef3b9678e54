"""A typed locustfile: what locust_ext exports, as a type checker of a user sees it; ``assert_type`` refuses Any."""

from typing import Any, assert_type

from locust import FastHttpUser, HttpUser, between, task
from locust.env import Environment

import locust_ext
from locust_ext import (
    CacheStampedeUser,
    Counter,
    Feeder,
    Gauge,
    MarketOpenShape,
    Rate,
    ReadYourWritesUser,
    ReconnectStormUser,
    ReplayShape,
    RetryStormUser,
    SmokeShape,
    SoakShape,
    SpikeShape,
    StagesShape,
    StressShape,
    SyntheticTenant,
    Trend,
    WebSocketUser,
    arrival_rate,
    attach,
    check,
    install,
    request,
)

install()

LAG = Trend("feed_lag")
STALE = Rate("feed_stale")
POSTS = Counter("posts")
OPEN = Gauge("open_posts")
ACCOUNTS = Feeder("accounts.csv", order="random", use="once", on_empty="stop")


class Opening(SpikeShape):
    baseline_users = 5
    factor = 4


class Reader(SyntheticTenant, HttpUser):
    wait_time = between(0.1, 0.4)

    @task
    def feed(self) -> None:
        response = self.client.get("/communities/abc/posts?limit=20", name="/communities/:id/posts")
        fine = check(response.status_code, {"it is there": lambda status: status == 200})
        assert_type(fine, bool)
        LAG.add(12.5, {"endpoint": "feed"})
        STALE.add(not fine)
        POSTS.add(1)
        OPEN.add(3)
        with ACCOUNTS.row() as account:
            assert_type(account["email"], Any)
        assert_type(len(ACCOUNTS.mine()), int)


class Payer(RetryStormUser, FastHttpUser):
    wait_time = arrival_rate("20/s", spacing="poisson")

    @task
    def pay(self) -> None:
        with request("grpc", "Pay", {"tags": {"endpoint": "pay"}}) as sent:
            sent.response_length = 17
            sent.failure("declined")


class Ticker(ReconnectStormUser, WebSocketUser):
    path = "/ticks"
    ready_on = "frame"

    @task
    def read(self) -> None:
        text: str | bytes = self.recv()
        self.saw_data()
        LAG.add(float(len(text)))


class Cold(CacheStampedeUser, HttpUser):
    @task
    def read(self) -> None:
        assert_type(self.cold_key(), str)


class Poster(ReadYourWritesUser, FastHttpUser):
    read_pause = "20ms"
    read_deadline = 30
    measured_as = "post"

    def write(self) -> str | None:
        return str(self.client.post("/communities/abc/posts", json={"body": "x"}).status_code)

    def read(self, key: str) -> str | None:
        return key or None

    @task(2)
    def more(self) -> None:
        assert_type(self.read_your_writes(), float | None)


class Account(HttpUser, ReadYourWritesUser):
    def write(self) -> tuple[int, int]:
        return 7, 1

    def read(self, key: int) -> int:
        return key


def judged(environment: Environment) -> int:
    """Locust as a library."""
    run = attach(environment, thresholds={"http_req_failed": ["rate<0.01"]}, report_dir="reports")
    assert_type(run.exit_code, int | None)
    assert_type(run.summary, dict[str, Any])
    return run.finish()


SHAPES: list[type[SmokeShape | SoakShape | StagesShape | StressShape | MarketOpenShape | ReplayShape]] = [SmokeShape]
assert_type(locust_ext.__version__, str)
UNKNOWN = locust_ext.no_such_name  # type: ignore[attr-defined]  # both say when there is nothing to ignore
