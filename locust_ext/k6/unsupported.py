"""What k6 has and we have not: metrics, tags and options, each with what to do about it.

Law: pure tables; every name in them gets one sentence, and every name that is not gets the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.gates.labels import FOREIGN

METRICS: frozenset[str] = frozenset(
    {
        "checks",
        "data_received",
        "data_sent",
        "dropped_iterations",
        "group_duration",
        "grpc_req_duration",
        "http_req_blocked",
        "http_req_connecting",
        "http_req_duration",
        "http_req_failed",
        "http_req_receiving",
        "http_req_sending",
        "http_req_tls_handshaking",
        "http_req_waiting",
        "http_reqs",
        "iteration_duration",
        "iterations",
        "vus",
        "vus_max",
        "ws_connecting",
        "ws_msgs_received",
        "ws_msgs_sent",
        "ws_ping",
        "ws_session_duration",
        "ws_sessions",
    }
)
"""The metrics that k6 measures by itself."""

UNMEASURED: Mapping[str, str] = {
    **dict.fromkeys(
        ("http_req_blocked", "http_req_connecting", "http_req_tls_handshaking"),
        "connecting is not measured by itself; it is a part of http_req_duration here",
    ),
    **dict.fromkeys(
        ("http_req_waiting", "http_req_sending", "http_req_receiving"),
        "the parts of a request are not measured; http_req_duration is the whole of it",
    ),
    "grpc_req_duration": "this is req_duration{type:grpc}, if that is the request type under which your client reports",
    "group_duration": "there are no groups; time the stretch in the locustfile, in a Trend of your own",
    "vus_max": "it is not measured; vus counts the users that are running",
    **dict.fromkeys(
        ("data_received", "data_sent"), "bytes are not counted by themselves; add them to a Counter of your own"
    ),
}
"""What to say of k6's metrics that we do not have."""

UNMEASURED_OTHERS = "it is not measured by itself; a Trend or a Counter of your own can"

TAGS: Mapping[str, str] = {**FOREIGN, "phase": "here it names a phase of the load; give your own tag another name"}
"""What to say of k6's tags that our measurements do not carry."""

OWN_TAGS: frozenset[str] = frozenset({"check", "method", "name", "scenario", "status", "type"})
"""The tags that measurements carry by themselves."""

OPTIONS_OTHERS = "it has no counterpart"

OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "consoleOutput",
            "dns",
            "features",
            "handleSummaryTimeout",
            "localIPs",
            "metricSamplesBufferSize",
            "noSetup",
            "noTeardown",
            "setupTimeout",
            "teardownTimeout",
            "tlsCipherSuites",
            "tlsVersion",
        ),
        OPTIONS_OTHERS,
    ),
    "batch": "http.batch has no counterpart; users that send at once need a pool of greenlets in the locustfile",
    "batchPerHost": "http.batch has no counterpart",
    "blacklistIPs": "requests to production that was not declared do not leave; see safety.production",
    "blockHostnames": "requests to production that was not declared do not leave; see safety.production",
    "cloud": "it is for k6's cloud",
    "discardResponseBodies": "responses are read whole; a FastHttpUser with stream=True leaves the body",
    "ext": "it is for k6's cloud and extensions",
    "executionSegment": "Locust's master spreads the load over its workers by itself",
    "executionSegmentSequence": "Locust's master spreads the load over its workers by itself",
    "hosts": "names are resolved by the system; write them in /etc/hosts",
    "httpDebug": "use Locust's --loglevel DEBUG",
    "insecureSkipTLSVerify": "set insecure = True on a FastHttpUser, or self.client.verify = False on an HttpUser",
    "maxRedirects": "set max_redirects on a FastHttpUser, or self.client.max_redirects on an HttpUser",
    "minIterationDuration": "use wait_time = constant_pacing(...) in closed loads",
    "noConnectionReuse": "users keep their connections; send the header Connection: close for k6's way",
    "noVUConnectionReuse": "users keep their connections between tasks; send the header Connection: close on the last",
    "noCookiesReset": "users keep their cookies from task to task anyway",
    "paused": "start with Locust's web UI, and the run waits for you",
    "rps": "a cap over all workers is safety.rate_cap",
    "summaryTimeUnit": "reports are in milliseconds",
    "summaryTrendStats": "reports have their own columns",
    "systemTags": "the tags of a measurement are fixed; see the page on metrics",
    "tlsAuth": "set cert on the requests of an HttpUser",
    "throw": "a failed request is counted, and raises nothing",
    "userAgent": "set the header User-Agent in on_start of the user class",
}
"""What to say of k6's options that are not translated."""

SAID_BY_NOTHING: frozenset[str] = frozenset({"maxRedirects", "systemTags", "summaryTrendStats", "userAgent"})
"""The options that say something with a zero, an empty text or an empty list too."""

ZERO: Mapping[str, str] = {
    "maxRedirects": "0 follows none: give each request of the locustfile allow_redirects=False",
}
"""What to say of options that are zero."""

HOOKS: Mapping[str, str] = {
    "setup": "setup(): Locust's event test_start, or on_start of the user class, does what it did",
    "teardown": "teardown(): Locust's event test_stop, or on_stop of the user class, does what it did",
    "handleSummary": "handleSummary(): --report-dir DIR writes the reports; see the page on reports",
}
"""What to say of the functions that k6 calls by their names."""

DEFAULTS: Mapping[str, Any] = {
    "dns": {"ttl": "5m", "select": "random", "policy": "preferIPv4"},
    "summaryTrendStats": ["avg", "min", "med", "max", "p(90)", "p(95)"],
    "systemTags": [
        "check", "error", "error_code", "expected_response", "group", "method", "name", "proto", "scenario", "service",
        "status", "subproto", "tls_version", "url",
    ],
}  # fmt: skip
"""What ``k6 inspect`` writes although nobody asked for it."""

COMPUTED: frozenset[str] = frozenset({"totalDuration", "maxVUs"})
"""What ``k6 inspect --execution-requirements`` adds to the options."""
