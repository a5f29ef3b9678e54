"""Options that live in JavaScript, read through a real Node."""

from __future__ import annotations

import math
import os
import shutil
import time

import pytest

from locust_ext.storms.node import from_node, read_module

from .conftest import command

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")

PHOENIX = "export const reconnectAfterMs = (tries) => [10, 50, 100][tries - 1] ?? 5000;"
SIGNALR = """
export class Policy {
  table = [0, 2000];
  nextRetryDelayInMilliseconds({ previousRetryCount, elapsedMilliseconds, retryReason }) {
    if (!(retryReason instanceof Error)) throw new Error("no reason");
    return this.table[previousRetryCount] ?? (elapsedMilliseconds < 5000 ? 3000 : null);
  }
}
export default new Policy();
"""
RETRY_WAIT = """
import { setTimeout as sleep } from "node:timers/promises";
export default {
  retryAttempts: 9,
  async retryWait(retries) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** retries));
    await sleep(300 + Math.random() * 1000);
  },
};
"""


@needs_node
@pytest.mark.parametrize("prefix", ["export default", "module.exports ="], ids=["a module", "CommonJS"])
def test_data_passes_through(write, prefix):
    """Options come as they are, what the module prints does no harm, and functions are named as left out."""
    text = f"console.log('hello'); {prefix} {{ reconnectionDelay: 100, reconnectionAttempts: Infinity, auth() {{}} }};"
    found = read_module(write("options.mjs" if prefix.startswith("export") else "options.cjs", text))

    assert found.client == ""
    assert found.options == {"reconnectionDelay": 100, "reconnectionAttempts": math.inf}
    assert found.notes == ("left out: auth",)


@needs_node
def test_a_function_becomes_a_table(write):
    """Asked for 20 tries, from the first on, and declared as tabulated."""
    file = write("options.mjs", PHOENIX)
    found = from_node({"node": "./options.mjs", "export": "reconnectAfterMs"}, file.parent)

    assert found.client == "table"
    assert found.options == {"delays": [0.01, 0.05, 0.1, *[5.0] * 17], "stop": False}
    assert found.notes[0].startswith("tabulated, not exact: reconnectAfterMs")
    assert len(found.notes) == 1


@needs_node
@pytest.mark.parametrize("export", ["default", "Policy"], ids=["an object", "its class"])
def test_a_retry_policy_ends_with_null(write, export):
    """It is told how often it has tried and how long it has waited; null is the end."""
    found = read_module(write("policy.mjs", SIGNALR), export)

    assert found.options == {"delays": [0, 2, 3], "stop": True}


@needs_node
def test_a_function_that_waits_itself_does_not_wait(write):
    """What it would have waited is added up: 2**20 seconds are there at once. Chance is declared."""
    began = time.monotonic()
    found = read_module(write("wait.mjs", RETRY_WAIT))

    assert time.monotonic() - began < 8
    assert found.options["delays"][:3] == pytest.approx([1.8, 2.8, 4.8])
    assert len(found.options["delays"]) == 20
    assert "draws chance" in found.notes[1]
    assert found.notes[2] == "left out: retryAttempts"


@needs_node
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("export default {", "SyntaxError"),
        ("throw new Error('no token')", "Error: no token"),
        ("export const other = {}; export const another = 1;", "does not export 'default'; there are another, other"),
        ("export default 3", "neither an object with options nor a function"),
        ("export default [1000, 2000]", "neither an object with options nor a function"),
        ("export default (tries) => 'soon'", "gave soon for attempt 1 instead of milliseconds"),
        ("export default () => -1", "gave -1 for attempt 1"),
        ("export default { nextRetryDelayInMilliseconds: () => null }", "gives up at once"),
        ("export default { size: 3n }", "TypeError"),
        ("process.exit(0)", "ended without an answer: the module ended it"),
        ("await new Promise(() => {})", "ended without an answer"),
        ("import 'not-there'", "not-there"),
    ],
)
def test_what_fails_is_a_sentence(write, text, sentence):
    with pytest.raises(ValueError, match=r"options\.mjs: ") as caught:
        read_module(write("options.mjs", text))
    assert sentence in str(caught.value)


@needs_node
def test_a_module_that_hangs_is_ended(write):
    with pytest.raises(ValueError, match=r"no answer after 1 s; the module hangs"):
        read_module(write("options.mjs", "for (;;);"), timeout=1)


@needs_node
def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        read_module(tmp_path / "options.mjs")


def test_without_node_it_says_so(write, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", os.fspath(tmp_path))

    with pytest.raises(ValueError, match="Node is not there to read it"):
        read_module(write("options.mjs", PHOENIX))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"nod": "a.js"}, "did you mean 'node'"),
        ({"export": "default"}, "needs the file of a module"),
        ({"node": 3}, "needs the file of a module"),
    ],
)
def test_a_wrong_from_is_a_sentence(tmp_path, given, sentence):
    with pytest.raises(ValueError, match=r".") as caught:
        from_node(given, tmp_path)
    assert sentence in str(caught.value)


@needs_node
def test_the_command_takes_a_module(write):
    """What is about coming back is used, the rest is named, and a misspelt option is refused."""
    good = write("good.mjs", "export default { reconnectionDelay: 400, transports: ['websocket'] };")
    bad = write("bad.mjs", "export default { reconectionDelay: 400 };")

    run = command("backoff", "socket.io", "randomizationFactor=0", "--from", good)
    assert run.returncode == 0, run.stderr
    assert "not about coming back: transports" in run.stdout
    assert "1st wait   400 ms, always the same" in run.stdout

    run = command("backoff", "socket.io", "--from", bad)
    assert run.returncode == 104
    assert "did you mean 'reconnectionDelay'?" in run.stderr

    run = command("backoff", "--from", good)
    assert run.returncode == 104
    assert "name the client" in run.stderr
