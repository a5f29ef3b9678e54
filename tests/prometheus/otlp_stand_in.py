"""What Prometheus' own receiver for OTLP does, for a Prometheus that was built without it, as Debian's is.

It follows OpenTelemetry's specification of the compatibility with Prometheus: names are translated here on their own,
without a word of ``locust_ext.exports``, exponential histograms become native ones, the resource becomes ``job``,
``instance`` and ``target_info``. What comes of it is written by Prometheus' remote write, version 1.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.request import Request, urlopen

FINEST = 8
"""The finest schema of a native histogram."""

UNITS = {"s": "seconds", "ms": "milliseconds", "1": "ratio", "By": "bytes", "%": "percent"}

Labels = dict[str, str]


def write_on(url: str, message: Any) -> None:
    """Write a message of figures on to a Prometheus."""
    body = packed(b"".join(_field(1, one) for one in series_of(message)))
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    with urlopen(Request(f"{url}/api/v1/write", body, headers), timeout=30):
        pass


def series_of(message: Any) -> Iterator[bytes]:
    """Yield a ``TimeSeries`` for each point of a message."""
    for told in message.resource_metrics:
        resource = {one.key: _text(one.value) for one in told.resource.attributes}
        service, space = resource.pop("service.name", ""), resource.pop("service.namespace", "")
        target = {
            "job": f"{space}/{service}" if space else service,
            "instance": resource.pop("service.instance.id", ""),
        }
        for scope in told.scope_metrics:
            for metric in scope.metrics:
                yield from _points(metric, target)
        info = {**target, "__name__": "target_info", **{_label(key): value for key, value in resource.items()}}
        yield _series(info, _field(2, _sample(1.0, time.time_ns())))


def _points(metric: Any, target: Labels) -> Iterator[bytes]:
    kind = metric.WhichOneof("data")
    data = getattr(metric, kind)
    name = _name(metric.name, metric.unit, grows=kind == "sum" and data.is_monotonic, gauge=kind == "gauge")
    for point in data.data_points:
        own = {_label(one.key): _text(one.value) for one in point.attributes}
        labels = {**target, **own, "__name__": name}
        if kind == "exponential_histogram":
            yield _series(labels, _field(4, _histogram(point)))
        else:
            value = point.as_double if point.WhichOneof("value") == "as_double" else float(point.as_int)
            yield _series(labels, _field(2, _sample(value, point.time_unix_nano)))


def _name(name: str, unit: str, *, grows: bool, gauge: bool) -> str:
    words = [word for word in re.split(r"[^a-zA-Z0-9]+", name) if word]
    of, _, each = re.sub(r"\{[^}]*\}", "", unit).partition("/")
    told = UNITS.get(of, of) if of != "1" or gauge else ""
    for word in (told, {"s": "per_second"}.get(each, "")):
        if word and word not in words and "_".join(words[-2:]) != word:
            words.append(word)
    if grows:
        words = [word for word in words if word != "total"] + ["total"]
    return "_".join(words)


def _label(key: str) -> str:
    found = re.sub(r"[^a-zA-Z0-9_]", "_", key)
    return f"key_{found}" if found[:1].isdigit() else found


def _text(value: Any) -> str:
    said = getattr(value, value.WhichOneof("value"))
    return str(said).lower() if isinstance(said, bool) else str(said)


def _histogram(point: Any) -> bytes:
    """Return a native histogram: its buckets are named by their upper bounds, those of OTLP by their lower ones."""
    counts = {at: count for at, count in enumerate(point.positive.bucket_counts, point.positive.offset + 1) if count}
    scale = point.scale
    while scale > FINEST:
        merged: dict[int, int] = {}
        for at, count in counts.items():
            merged[(at + 1) >> 1] = merged.get((at + 1) >> 1, 0) + count
        counts, scale = merged, scale - 1
    spans: list[list[int]] = []
    deltas: list[int] = []
    end = before = 0
    for at in sorted(counts):
        if spans and at == end:
            spans[-1][1] += 1
        else:
            spans.append([at - end if spans else at, 1])
        deltas.append(counts[at] - before)
        end, before = at + 1, counts[at]
    parts = [
        _whole(1, point.count),
        _double(3, point.sum),
        _whole(4, _zigzag(scale)),
        _double(5, 1e-128),
        _whole(6, point.zero_count),
        *(_field(11, _whole(1, _zigzag(offset)) + _whole(2, length)) for offset, length in spans),
        _field(12, b"".join(_varint(_zigzag(delta)) for delta in deltas)),
        _whole(15, point.time_unix_nano // 1_000_000),
    ]
    return b"".join(parts)


def _sample(value: float, nanoseconds: int) -> bytes:
    return _double(1, value) + _whole(2, nanoseconds // 1_000_000)


def _series(labels: Labels, value: bytes) -> bytes:
    pairs = sorted((key, text) for key, text in labels.items() if text)
    return b"".join(_field(1, _field(1, key.encode()) + _field(2, text.encode())) for key, text in pairs) + value


# what protobuf and snappy make of it


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def packed(content: bytes) -> bytes:
    """Return what snappy's block format has for content that is not compressed."""
    return _varint(len(content)) + b"".join(
        _literals(content[at : at + 65_536] for at in range(0, len(content), 65_536))
    )


def _literals(parts: Iterable[Sequence[int]]) -> Iterator[bytes]:
    for part in parts:
        yield bytes([61 << 2]) + struct.pack("<H", len(part) - 1) + bytes(part)
