"""Clients and libraries that repeat one call: each function runs the real code for one set of options."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from replay import Replay
from tape import COUNT, Tape

Delays = list[float | None]
Options = Mapping[str, Any]

_BUSY = 503
_OPERATIONS = {"sqs": "list_queues", "dynamodb": "list_tables", "dynamodbstreams": "list_streams"}


def botocore(options: Options, *, mode: str) -> Delays:
    """botocore: a real client whose requests are answered by us: busy, or throttled."""
    import botocore.session
    from botocore.awsrequest import AWSResponse
    from botocore.config import Config
    from botocore.exceptions import ClientError
    from botocore.retries import standard

    retries = {"mode": mode} | ({"total_max_attempts": options["max_attempts"]} if "max_attempts" in options else {})
    service = options.get("service_name", "other").replace("other", "sqs")
    status, code = (400, "ThrottlingException") if options.get("throttling") else (_BUSY, "Busy")
    tape = Tape(unseen=1)

    def answer(request: Any, **_: Any) -> Any:
        tape.attempt()
        body = b'{"__type": "%s"}' % code.encode()
        raw = SimpleNamespace(stream=lambda: iter([body]), read=lambda: body)
        return AWSResponse(request.url, status, {"x-amzn-errortype": code}, raw)

    drawing = partial(standard.ExponentialBackoff, random=Replay().random)
    with (
        mock.patch.object(standard, "ExponentialBackoff", drawing),
        mock.patch("time.sleep", tape.sleep),
    ):
        client = botocore.session.Session().create_client(
            service,
            region_name="eu-west-1",
            aws_access_key_id="-",
            aws_secret_access_key="-",
            config=Config(retries=retries),
        )
        client.meta.events.register("before-send", answer)
        return tape.follow(getattr(client, _OPERATIONS[service]), (ClientError,))


def urllib3(options: Options) -> Delays:
    """urllib3: a Retry that is told of one failed connection after the other."""
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError
    from urllib3.util import retry as module

    tape = Tape()

    def request() -> None:
        retry = module.Retry(**options)
        while True:
            retry = retry.increment("GET", "/", error=ConnectTimeoutError())
            retry.sleep()
            tape.attempt()

    with mock.patch.object(module.time, "sleep", tape.sleep):
        return tape.follow(request, (MaxRetryError,))


def tenacity(options: Options, *, wait: str) -> Delays:
    """tenacity: a Retrying with one of its wait strategies, and a stop only where one is asked for."""
    import tenacity

    options, tape = dict(options), Tape(unseen=1)
    attempts = options.pop("stop_after_attempt", None)
    stop = tenacity.stop_after_attempt(attempts) if attempts else tenacity.stop_never
    with warnings.catch_warnings(action="ignore"):
        strategy = getattr(tenacity, wait)(**options)
    retrying = tenacity.Retrying(wait=strategy, stop=stop, sleep=tape.sleep)
    return tape.follow(lambda: retrying(_failing(tape)), (tenacity.RetryError,))


def stamina(options: Options) -> Delays:
    """stamina: its decorator, in virtual time."""
    import stamina

    stamina.instrumentation.set_on_retry_hooks([])
    tape = Tape(unseen=1)
    with mock.patch("time.sleep", tape.sleep), mock.patch("time.monotonic", tape.monotonic):
        return tape.follow(stamina.retry(on=ConnectionError, **options)(_failing(tape)), (ConnectionError,))


def backoff(options: Options, *, wait: str) -> Delays:
    """Return what backoff's decorator for exceptions waits, in virtual time, with one of its generators."""
    import backoff as package
    from backoff import _sync

    options, tape = dict(options), Tape(unseen=1)
    jitter = options.pop("jitter", "full_jitter")
    began = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    clock = SimpleNamespace(
        datetime=SimpleNamespace(now=lambda: began + dt.timedelta(seconds=tape.now)),
    )
    decorate = package.on_exception(
        getattr(package, wait),
        ConnectionError,
        jitter=None if jitter == "none" else getattr(package, jitter),
        logger=None,
        **options,
    )
    with mock.patch.object(_sync, "datetime", clock), mock.patch("time.sleep", tape.sleep):
        return tape.follow(decorate(_failing(tape)), (ConnectionError,))


def redis(options: Options) -> Delays:
    """redis-py: the Retry that its client is made with, or one with the options."""
    from redis import Redis, retry
    from redis import backoff as kinds

    policy = Redis().get_retry()
    if options:
        given = {name: options[name] for name in ("base", "cap") if name in options}
        kind = getattr(kinds, options.get("backoff", "ExponentialWithJitterBackoff"))
        policy = retry.Retry(
            kind(**given) if given else policy._backoff,
            options.get("retries", policy.get_retries()),
        )
    return _redis(policy)


def jitter(options: Options, *, kind: str) -> Delays:
    """Return what redis-py's back-off with the jitter of the AWS Architecture Blog waits, without an end.

    The blog's decorrelated jitter starts from the base; redis-py's starts from 0, so it is put there.
    """
    from redis import backoff as kinds

    made = getattr(kinds, kind)(**options)
    if hasattr(made, "_previous_backoff"):
        made._previous_backoff = made._base
    return [made.compute(failures) for failures in range(1, COUNT + 1)]


def _redis(policy: Any) -> Delays:
    from redis import retry

    tape = Tape(unseen=1)
    with mock.patch.object(retry, "sleep", tape.sleep):
        return tape.follow(
            lambda: policy.call_with_retry(_failing(tape, retry.ConnectionError), lambda _: None),
            (retry.ConnectionError,),
        )


def _failing(tape: Tape, error: type[Exception] = ConnectionError) -> Callable[[], None]:
    def call() -> None:
        tape.attempt()
        raise error

    return call
