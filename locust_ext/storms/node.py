"""A JavaScript options module, read through Node where Node is present.

Law: data is handed on as it is; a function is sampled, comes back as a ``table`` and is declared as tabulated. Node is
given ten seconds; whatever goes wrong is a ValueError with a sentence. The module is run, as the client would run it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.spelling import nearest, plural

TIMEOUT = 10.0
"""Seconds for Node to answer."""

SAMPLES = 20
"""Attempts for which a function is asked."""

_KEYS = ("node", "export")
_MOST_TEXT = 300

_SCRIPT = """
import { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import promises from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const [file, name, mark, count] = process.argv.slice(1);
const exit = process.exit.bind(process);
const say = (answer) => {
  const plain = (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? { $number: String(value) } : value;
  writeSync(1, "\\n" + mark + JSON.stringify(answer, plain) + "\\n");
  exit(0);
};

// While a function is sampled nobody waits: what it would have waited is added up.
let waited = null;
const real = globalThis.setTimeout;
const later = (callback, ms = 0, ...rest) => {
  if (waited === null) return real(callback, ms, ...rest);
  waited += Number(ms);
  return real(callback, 0, ...rest);
};
later[promisify.custom] = (ms, value) => new Promise((resolve) => later(() => resolve(value), ms));
globalThis.setTimeout = timers.setTimeout = later;
promises.setTimeout = later[promisify.custom];
syncBuiltinESMExports();

let draws = 0;
Math.random = () => {
  draws += 1;
  return 0.5;
};

// From n, counted from 0, to what the library hands to its function.
const KINDS = {
  reconnectAfterMs: (n) => n + 1,
  retryWait: (n) => n,
  nextRetryDelayInMilliseconds: (n, elapsed) => ({
    previousRetryCount: n,
    elapsedMilliseconds: elapsed,
    retryReason: new Error("the connection was lost"),
  }),
};

const sample = async (kind, call) => {
  const waits = [];
  let elapsed = 0;
  for (let n = 0; n < Number(count); n += 1) {
    waited = 0;
    const result = await call(KINDS[kind](n, elapsed));
    const wait = kind === "retryWait" && result === undefined ? waited : result;
    waited = null;
    if (wait === null && kind === "nextRetryDelayInMilliseconds") return { waits, stop: true };
    if (typeof wait !== "number" || !Number.isFinite(wait) || wait < 0) {
      throw new TypeError(`${kind} gave ${String(wait)} for attempt ${n + 1} instead of milliseconds`);
    }
    waits.push(wait);
    elapsed += wait;
  }
  return { waits, stop: false };
};

try {
  const module = await import(pathToFileURL(file).href);
  const holder = name in module ? module : Object(module.default);
  if (!(name in holder)) say({ missing: [...new Set([...Object.keys(module), ...Object.keys(holder)])] });
  let value = holder[name];
  if (value?.__esModule && "default" in value) value = value.default;
  const kinds = Object.keys(KINDS);
  const asClass = kinds.find((kind) => typeof value?.prototype?.[kind] === "function");
  if (asClass) value = new value();
  const inside = kinds.find((kind) => typeof value?.[kind] === "function");
  if (inside || typeof value === "function") {
    const kind = inside ?? [name, value.name].find((one) => kinds.includes(one)) ?? kinds[0];
    const call = inside ? (argument) => value[inside](argument) : value;
    const first = await sample(kind, call);
    const second = await sample(kind, call);
    const others = inside ? Object.keys(value).filter((key) => key !== inside) : [];
    say({ kind, ...first, random: draws > 0 || JSON.stringify(first) !== JSON.stringify(second), others });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError(`${name} is neither an object with options nor a function`);
  }
  const others = Object.keys(value).filter((key) => typeof value[key] === "function");
  say({ options: value, random: draws > 0, others });
} catch (error) {
  say({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
}
"""


@dataclass(frozen=True)
class FromNode:
    """What a module says: the client (``""``: said where the module is named), options, and what one must know."""

    client: str
    options: dict[str, Any]
    notes: tuple[str, ...] = ()


def from_node(given: Mapping[str, Any], base: Path) -> FromNode:
    """Return what ``{node: ./socketOptions.js, export: default}`` says; ``base`` is the directory it is seen from."""
    for key in given:
        if key not in _KEYS:
            raise ValueError(f"{quoted(key)} is not a key of from{nearest(str(key), _KEYS)}")
    if not all(isinstance(value, str) for value in given.values()) or not given.get("node"):
        raise ValueError("from needs the file of a module; write it as {node: ./socketOptions.js, export: default}")
    return read_module(base / given["node"], given.get("export", "default"))


def read_module(file: Path, export: str = "default", timeout: float = TIMEOUT) -> FromNode:
    """Return the options that a JavaScript module exports.

    Functions (``reconnectAfterMs(tries)``, ``retryWait(retries)``, ``nextRetryDelayInMilliseconds({...})``, or a bare
    one, which is taken for the first) are asked for 20 attempts and become a ``table``. Raises ValueError.
    """
    node = shutil.which("node")
    if node is None:
        raise ValueError(f"{file}: Node is not there to read it; install it, or write the options down instead")
    if not file.is_file():
        raise ValueError(f"{file}: there is no such file")
    answer = _ask(node, file.resolve(), export, timeout)
    if "error" in answer:
        raise ValueError(f"{file}: {_short(answer['error'])}")
    if "missing" in answer:
        raise ValueError(f"{file}: it does not export {quoted(export)}{nearest(export, answer['missing'])}")
    if "kind" in answer:
        return _table(file, answer)
    notes = [f"{file} draws chance when it is loaded; 0.5 was drawn"] if answer["random"] else []
    return FromNode("", answer["options"], (*notes, *_left_out(answer)))


def _table(file: Path, answer: Mapping[str, Any]) -> FromNode:
    kind, waits = answer["kind"], answer["waits"]
    if not waits:
        raise ValueError(f"{file}: {kind} gives up at once; write it as {{client: table, ...}} with a wait at least")
    end = "then it gives up" if answer["stop"] else "then the last one is repeated"
    notes = [f"tabulated, not exact: {kind} of {file} was asked for {plural(len(waits), 'wait')}, {end}"]
    if answer["random"]:
        notes.append(f"{kind} draws chance, and a table has none: here all clients wait the same")
    options = {"delays": [wait / 1000 for wait in waits], "stop": answer["stop"]}
    return FromNode("table", options, (*notes, *_left_out(answer)))


def _left_out(answer: Mapping[str, Any]) -> list[str]:
    return [f"left out: {', '.join(answer['others'])}"] if answer["others"] else []


def _ask(node: str, file: Path, export: str, timeout: float) -> dict[str, Any]:
    mark = token_hex(16)
    words = [node, "--input-type=module", "-e", _SCRIPT, "--", str(file), export, mark, str(SAMPLES)]
    with TemporaryFile() as out, TemporaryFile() as err:
        try:
            subprocess.run(  # noqa: S603 the user's own module, as the client runs it
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=file.parent, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"{file}: Node had no answer after {timeout:g} s; the module hangs") from None
        except OSError as error:
            raise ValueError(f"{file}: Node cannot be started: {error.strerror or error}") from None
        out.seek(0)
        err.seek(0)
        text, complaint = (each.read().decode("utf-8", "replace") for each in (out, err))
    for line in text.splitlines():
        if line.startswith(mark):
            answer: dict[str, Any] = json.loads(line.removeprefix(mark), object_hook=_number)
            return answer
    raise ValueError(f"{file}: Node ended without an answer: {_short(complaint) or 'the module ended it'}")


def _number(value: dict[str, Any]) -> Any:
    """Return the number that JSON cannot say, or the object as it is."""
    text = value.get("$number")
    return float(text.replace("Infinity", "inf")) if isinstance(text, str) and len(value) == 1 else value


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _MOST_TEXT else words[:_MOST_TEXT] + "..."
