"""Every sentence with which a configuration is refused: a table of wrong ones, and what ``locust-ext check`` says.

Other tests compare path and code; the wording stands in ``sentences.txt`` alone. To write it again after a change of
words: ``python -m tests.golden.sentences``
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from locust_ext.cli import main

GOLDEN = Path(__file__).parent / "sentences.txt"
REFUSED = 104
LOCUSTFILE = """
from locust import FastHttpUser, task


class Reader(FastHttpUser):
    @task
    def read(self):
        self.client.get("/")
"""
SHAPE = "shape: smoke\n"

WRONG: list[tuple[str, str, tuple[str, ...]]] = [  # (what, configuration, what else is given)
    ("an empty file", "", ()),
    ("a list", "[a]", ()),
    ("an open bracket", "a: [1\n", ()),
    ("two documents", "a: 1\n---\nb: 2\n", ()),
    ("a control character", "a: \x01\n", ()),
    ("an unknown alias", "a: *b\n", ()),
    ("an alias that holds itself", "a: &a [*a]\n", ()),
    ("a key that is a list", "? [a]\n: 1\n", ()),
    ("no key", "? \n: 1\n", ()),
    ("twice", "name: a\nhost: b\nname: c\n", ()),
    ("a Python object", "a: !!python/object/apply:os.system [ls]\n", ()),
    ("bytes", "a: !!binary aGVsbG8=\n", ()),
    ("a set", "a: !!set {x}\n", ()),
    ("a key of bytes", "!!binary aGVsbG8=: x", ()),
    ("an equals sign as key", "=: x", ()),
    ("an equals sign", "a: =", ()),
    ("a boolean that is none", "a: !!bool maybe\n", ()),
    ("an integer that is none", "a: !!int ''\n", ()),
    ("a number that is none", "a: !!float x", ()),
    ("a date that is none", "a: 2026-99-99\n", ()),
    ("half a character", 'name: "\\ud83d"', ()),
    ("half a character in a key", '"\\udc80": x', ()),
    ("a name that is too long", "name: " + "x" * 201, ()),
    ("a text that is too long", "host: " + "x" * 501, ()),
    (
        "keys and values",
        ("version: 2\nnmae: feed\nzzzz: 1\nGRACEFULSTOP: 1s\nname: [a]\nhost: staging\nshapes: [spike]\ntenant: 5\n"
        "web: {origin: load.example.com}\nreports: {dri: x, slack_env: 'https://hooks.example.com/canary'}\n"
        "graceful_stop: 5 parsecs\nsafety: 5\n"),
        (),
    ),
    ("a host with a blank", "host: 'https://a.example '\nversion: one\n", ()),
    (
        "what YAML reads as something else",
        ("name: 2024\nshape: no\ntags: {on: 'a', beta: yes, v: 1.10, day: 2026-11-24, a: , b: null, c: [1], d: true}\n"
        "shapes: {smoke: {users: 010, hold: 1:30}}\nretry: {statuses: [500, on], budget: {capacity: .nan}}\n"
        "storm: {at: 5s, times: yes}\ngraceful_stop: yes\n"),
        (),
    ),
    (
        "units that are missing",
        ("graceful_stop: 15\nstorm: {at: '10', drop: 30}\nbaseline: {max_regression: 30, floor: 5, quantiles: 0.95}\n"
        "safety: {rate_cap: 200, abort: {error_rate: 5}}\narrivals: {rate: '200', duration: 5}\n"),
        (),
    ),
    ("one of two units", "storm: {drop: 1.5, at: 5s}\nbaseline: {max_regression: 1, floor: -1}\n", ()),
    (
        "a tenant",
        "tenant: {headr: x, header: 'a b', value: \"a\\nb\", token_env: s3cr3t-t0ken, lifetime: 0s, ack_header: 'a:b'}\n",
        (),
    ),
    (
        "thresholds",
        ("thresholds:\n  http_req_duraton: [p(95)<1]\n  http_req_duration: [p95<1, p(101)<1, rate<1, p(99)<1e999]\n"
        "  http_req_failed: [p(95)<1, rate<5, rate<500]\n  vus: [count<1]\n  'http_reqs{name}': [count>1]\n"
        "  'http_reqs{name:a,name:b}': [count>1]\n  '{name:a}': [count>1]\n  http_reqs: [5, {window: 10s}, {threshold: count>1, windw: 1s}]\n"
        "  iterations: [{threshold: count>1, window: 0s, optional: maybe}]\n  checks: rate>95%\n"),
        (),
    ),
    (
        "selectors that match nothing",
        ("shape: smoke\nthresholds:\n  'http_reqs{phase:recovry}': count>1\n  'http_reqs{url:/a}': count>1\n"
        "  'checks{group:a}': rate>0.9\n  'http_reqs{scenario:b}': count>1\n"),
        (),
    ),
    (
        "a shape",
        ("shape: spyke\nshapes:\n  spike: {factr: 5, hold: 60 parsecs, factor: 0}\n  night: {kind: soakk}\n"
        "  nightly: {users: 4}\n  smoke: {ramp: 2m}\n"),
        (),
    ),
    ("stages", "shape: stages\nshapes: {stages: {stages: [{taget: 5, duration: 1s}, {target: 1}]}}\n", ()),
    ("stages of no length", "shape: stages\nshapes: {stages: {stages: [{target: 5, duration: 0s}]}}\n", ()),
    ("stages of two kinds", "shape: stages\nshapes: {stages: {stages: [{target: 5, spawn_rate: 1, duration: 1s}]}}\n", ()),
    ("stages of one number", "shape: stages\nshapes: {stages: {stages: [{duration: 5s}, 5]}}\n", ()),
    ("too low a maximum", "shape: stress\nshapes: {stress: {start_users: 50, max_users: 10}}\n", ()),
    ("too many levels", "shape: stress\nshapes: {stress: {step_users: 1, max_users: 100000}}\n", ()),
    ("a precision", "shape: stress\nshapes: {stress: {precision: 200%}}\n", ()),
    ("a market", "shape: market-open\nshapes: {market-open: {open_users: 1}}\n", ()),
    ("a recording that is missing", "shape: replay\nshapes: {replay: {file: nowhere.csv}}\n", ()),
    ("a recording of one point", "shape: replay\nshapes: {replay: {file: one.csv}}\n", ()),
    ("a recording of text", "shape: replay\nshapes: {replay: {file: text.csv}}\n", ()),
    ("a recording of bytes", "shape: replay\nshapes: {replay: {file: bytes.csv}}\n", ()),
    ("a recording of nothing", "shape: replay\nshapes: {replay: {file: none.csv}}\n", ()),
    ("a recording in broken JSON", "shape: replay\nshapes: {replay: {file: broken.json}}\n", ()),
    ("a recording in other JSON", "shape: replay\nshapes: {replay: {file: other.json}}\n", ()),
    ("a series that there is not", "shape: replay\nshapes: {replay: {file: good.json, series: job=fed}}\n", ()),
    ("a series without one", "shape: replay\nshapes: {replay: {file: good.json, series: fed}}\n", ()),
    ("columns of JSON", "shape: replay\nshapes: {replay: {file: good.json, time_column: t}}\n", ()),
    ("a series of a table", "shape: replay\nshapes: {replay: {file: good.csv, series: job=fed}}\n", ()),
    ("columns", "shape: replay\nshapes: {replay: {file: good.csv, time_column: tme, value_column: q}}\n", ()),
    (
        "arrivals",
        "arrivals: {rate: fast, start_rate: -1, duration: 0s, users: 0, max_users: many, spacing: even, patience: -1, rat: 1}\n",
        (),
    ),
    ("a rate of nothing", "arrivals: {rate: 0/s, duration: soon}\n", ()),
    ("a shape and a duration", SHAPE + "arrivals: {duration: 5s}\n", ()),
    ("a rate and stages", "arrivals: {rate: 5/s, stages: [{target: 5/s, duration: 1s}]}\n", ()),
    ("a start rate alone", "arrivals: {start_rate: 5/s}\n", ()),
    ("stages and a duration", "arrivals: {stages: [{target: 5/s, duration: 1s}], duration: 5s}\n", ()),
    ("arrivals of no length", "arrivals: {stages: [{target: 5/s, duration: 0s}]}\n", ()),
    ("too small a maximum", "arrivals: {rate: 1/s, duration: 1s, users: 10, max_users: 9}\n", ()),
    ("no rate", "arrivals: {users: 5}\n", ()),
    (
        "scenarios",
        ("scenarios:\n  a: {tags: {}}\n  b: {arrivals: {rate: 1/s, duration: 1s}, shape: smoke}\n  c: {arrivals: {rate: 1/s}}\n"
        "  d: {arrivals: {stages: [{target: 5/s, duration: 1s}]}, duration: 5s}\n  e: {shape: smoek}\n  f: {shape: stress}\n"
        "  g: {shape: smoke, strat_time: 5s, start_time: -5, users: [5], tags: [a]}\n"
        "  h: {shape: smoke, thresholds: {http_req_duratoin: p(95)<1, http_reqs: many, vus: value>0}}\n"),
        (),
    ),
    ("a load beside scenarios", "shape: smoke\nscenarios: {a: {shape: smoke, users: Reader}}\n", ("--shape", "spike")),
    (
        "the kill switch",
        "safety: {kill_switch: {url: flags.example.com, pointer: a, headers_env: {Authorization: Bearer s3cr3t}, provider: flags}}\n",
        (),
    ),
    ("a header of its request", "safety: {kill_switch: {url: 'https://a.example', headers_env: {'a b': TOKEN}}}\n", ()),
    ("a switch without a source", "safety: {kill_switch: {}}\n", ()),
    ("a provider without a flag", "safety: {kill_switch: {env: GO, provider: 'flags:provider'}}\n", ()),
    (
        "safety",
        ("safety:\n  rate_kap: 5\n  rate_cap: 200 per second\n  check_path: health\n  origins: login.example.com\n"
        "  production: {windw: daily, window: tonight, dashboard: grafana, staging: 'a.org:80', hosts: 'a.org, b.org'}\n"
        "  abort: {error_rate: 500%, p99_ratio: 1, min_requests: 0, p99_for: 0s, alarm: {url: 'ftp://a', evry: 5s}}\n"),
        (),
    ),
    ("a cap of nothing", "safety: {rate_cap: , abort: {alarm: {}}}\n", ()),
    *(
        (f"the window {window}", f"safety: {{production: {{window: '{window}'}}}}\n", ())
        for window in (
            "2026-11-24 02:00/03:00",
            "daily 02:00/03:00 Europe/Berln",
            "2026-13-24 02:00/03:00 UTC",
            "2026-11-24 24:00/03:00 UTC",
            "2026-11-24 03:00/03:00 UTC",
            "2026-11-24 02:00/2026-11-23 02:00 UTC",
            "2026-11-24 02:00/2026-11-26 02:00 UTC",
            "mon-frie 02:00/03:00 UTC",
            "daily 02:00/2026-11-24 03:00 UTC",
            "2026-03-29 02:10/02:50 Europe/Berlin",
        )
    ),
    ("a host that counts as production", SHAPE + "host: https://shop.example.com\n", ()),
    ("two of them", SHAPE + "host: https://shop.example.com\nsafety: {origins: 'https://eu.example.com'}\n", ()),
    ("storms", "storm: {dorp: 1, drop: 0, cause: fire, times: 0, every: 0s, at: -1, connect_path: health, users: ''}\n", ()),
    ("a back-off", "storm: {at: 5s, users: Reader, backoff: {client: constnt}}\n", ()),
    ("a back-off without a client", "storm: {at: 5s, users: Reader, backoff: {delay: 1}}\n", ()),
    ("the options of one", "storm: {at: 5s, users: Reader, backoff: {client: constant, dely: 1, delay: x}}\n", ()),
    ("the version of one", "storm: {at: 5s, users: Reader, backoff: {client: socket.io-client, version: '0.1'}}\n", ()),
    ("the source of one", "storm: {at: 5s, users: Reader, backoff: {from: 3}}\n", ()),
    ("a wrong key of a source", "storm: {at: 5s, users: Reader, backoff: {from: {nod: x.js}}}\n", ()),
    ("a source without a file", "storm: {at: 5s, users: Reader, backoff: {from: {export: x}}}\n", ()),
    ("a module that is missing", "storm: {at: 5s, users: Reader, backoff: {from: {node: nowhere.js}}}\n", ()),
    ("a service config without methods", "storm: {at: 5s, users: Reader, backoff: {from: empty.json}}\n", ()),
    ("a service config without a policy", "storm: {at: 5s, users: Reader, backoff: {from: grpc.json}}\n", ()),
    ("a source that nobody knows", "storm: {at: 5s, users: Reader, backoff: {from: unknown.txt}}\n", ()),
    ("a source in broken YAML", "storm: {at: 5s, users: Reader, backoff: {from: broken.yml}}\n", ()),
    ("a source in broken JSON", "storm: {at: 5s, users: Reader, backoff: {from: broken.json}}\n", ()),
    ("a source that is missing", "storm: {at: 5s, users: Reader, backoff: {from: nowhere.json}}\n", ()),
    (
        "probes",
        ("probes:\n  api: {url: 'ftp://a', evry: 5s, every: 5, timeout: 1m, headers_env: Bearer s3cr3t, series: [a b]}\n"
        "  b c: {url: 'http://a.test/metrics'}\n  both: {url: 'http://a.test/metrics', process: {pid: 1, name: x}}\n"
        "  neither: {}\n  often: {url: 'http://a.test/metrics', every: 10ms}\n  sent: {process: {pid: 1}, headers_env: X}\n"
        "  said: {process: {pid: 1}, series: process_open_fd}\n  head: {url: 'http://a.test/m', headers_env: {'a b': X}}\n"),
        (),
    ),
    (
        "rules on probes",
        ("probes: {api: {url: 'http://a.test/metrics', series: [process_open_fds]}, db: {process: {name: postgres}}}\nthresholds:\n"
        "  'probe{series:process_open_fd,instance:api}': value<1\n  'probe{series:process_open_fds,instance:apj}': value<1\n"
        "  'probe{series:process_open_fds}': value<1\n  'probe{instance:db}': value<1\n  'probe_failed{instance:dc}': rate<0.1\n"
        "  'probe{series:process_heap_bytes,instance:db}': value<1\n  'probe{series:process_open_fds,instance:api,name:a}': value<1\n"),
        (),
    ),
    ("rules on probes without one", "thresholds: {'probe{series:process_open_fds}': value<1}\n", ()),
    ("a probe of production", SHAPE + "probes: {api: {url: 'https://shop.example.com/metrics'}}\n", ()),
    ("a stampede", "stampede: {metrics_path: metrics, path: /hot}\n", ()),
    ("an unknown key of a stampede", "stampede: {read_path: /hot}\n", ()),
    ("users that there are not", SHAPE + "storm: {at: 5s, users: Raeder}\nretry: {users: [Raeder]}\n", ()),
    ("users that cannot", SHAPE + "storm: {at: 5s}\nstampede: {}\n", ()),
    ("a storm that never comes", "storm: {users: Reader, at: 1m}\n", ("-t", "30s")),
    (
        "a baseline",
        ("shape: spike\nbaseline:\n  kep: 3\n  max_regression: {http_req_duratoin: 30%, http_reqs: {p(99): 1%}, vus: 5%, http_req_failed: x, checks: 200%}\n"
        "  exclude_phases: [warm-up]\n  quantiles: []\n"),
        (),
    ),
    ("a limit beyond all", "baseline: {max_regression: 100000%}\n", ()),
    ("a directory that is a file", "baseline: {dir: good.csv}\nreports: {dir: good.csv}\n", ()),
    ("parameters", "version: 1\n", ("--shape", "spike", "--shape-params", "factr=5,hold=30")),
    ("a parameter twice", "version: 1\n", ("--shape", "spike", "--shape-params", "hold=5s,hold=6s")),
    ("a parameter without a value", "version: 1\n", ("--shape", "spike", "--shape-params", "factor")),
    ("an open quotation mark", "version: 1\n", ("--shape", "spike", "--shape-params", "a='b")),
    ("a client", "version: 1\nclient: leen\n", ("--client", "stock")),
    ("parameters of no shape", "version: 1\n", ("--shape-params", "a=b")),
    ("an unknown shape", "version: 1\n", ("--shape", "spkie")),
    ("a time scale", SHAPE, ("--time-scale", "fast")),
    ("a host", SHAPE, ("-H", "shop")),
    (
        "rules of drift",
        ("drift:\n- {of: http_req_duration, min_growht: 5%}\n- {min_growth: 5%}\n- {of: http_req_failed, min_growth: 5}\n"
        "- {of: http_req_failed, limit: -1}\n- {of: http_req_failed, hold: must_retrun}\n- probe\n"),
        (),
    ),
    (
        "figures that drift has not",
        ("drift:\n- of: http_req_duratoin\n- of: http_req_duration\n- of: 'http_req_failed: p(99)'\n"
        "- of: 'http_req_duration: slowness'\n- of: 'http_req_duration{'\n- of: ''\n"),
        (),
    ),
]  # fmt: skip

BESIDE = {  # files that configurations name
    "one.csv": b"time,rps\n0,1\n",
    "text.csv": b"time,rps\nnoon,1\n60,many\n120,-1\n",
    "bytes.csv": b"\xff\xfe\x00",
    "none.csv": b"time,rps\n",
    "good.csv": b"time,rps\n0,1\n60,2\n",
    "broken.json": b"{",
    "empty.json": b"{}",
    "grpc.json": b'{"methodConfig": [{"name": [{}]}]}',
    "unknown.txt": b"hello",
    "broken.yml": b"a: [",
    "good.json": b'{"status": "success", "data": {"resultType": "matrix", "result": ['
    b'{"metric": {"job": "feed"}, "values": [[0, "1"], [60, "2"]]}]}}',
    "other.json": b'{"a": 1}',
}
PLACE = re.compile(r"^\s*(?:- )?(?:wrong\d*\.yml(?::\d+)?: )?")
"""What stands before a path: the file and the line."""


def told() -> Iterator[tuple[str, int, list[str]]]:
    """Yield what each wrong configuration is called, the exit code, and the path and the sentence of each mistake."""
    with TemporaryDirectory() as place, chdir(place):
        Path("locustfile.py").write_text(LOCUSTFILE, encoding="utf-8")
        for name, content in BESIDE.items():
            Path(name).write_bytes(content)
        for number, (what, text, words) in enumerate(WRONG):
            file = Path(f"wrong{number}.yml")  # Locust imports each locustfile under its stem
            file.write_text(text, encoding="utf-8")
            file.with_suffix(".py").write_text(LOCUSTFILE, encoding="utf-8")
            result = CliRunner().invoke(main, ["check", str(file), *words])
            lines = result.stderr.replace(os.path.realpath(place), "PLACE").replace(place, "PLACE").splitlines()
            yield what, result.exit_code, [PLACE.sub("", line) for line in lines if line.startswith("  ")]


def sentences() -> str:
    """Return every sentence once, with its path, below what was wrong."""
    said: set[str] = set()
    blocks = []
    for what, code, lines in told():
        new = [line for line in lines if line not in said]
        said.update(new)
        blocks.append("\n".join([f"# {what}" + ("" if code == REFUSED else f": exit code {code}"), *new]))
    return "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(sentences(), encoding="utf-8")
    sys.exit()
