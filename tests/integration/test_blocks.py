"""Every console block of the README and the documents runs as it is pasted, or says in its source why not.

A mark stands on the line before the fence, and no page shows it: ``<!-- block: MARK, MARK -->``, where a mark is

- ``not run, REASON``: it needs what is not here; ``NOT_RUN`` below lists them all;
- ``exits 99`` or ``exits 0 or 99``: with what it ends, where that is not 0;
- ``until Ctrl-C``: it goes on until it is stopped;
- ``file NAME``, before any fence: the text is saved as NAME, as the page says;
- ``<!-- blocks not run, REASON -->``, somewhere in the page: none of it runs; for pages that are written by a command.
- ``after COMMAND``, or ``after the demo target``: what the page takes for granted.

The blocks of a page run one after the other in one directory, which holds the shipped locustfiles, in rehearsal: times are
a tenth (``LOCUST_EXT_TIME_SCALE``). Ports are free ones, and pip takes no dependencies and no setuptools: they are there.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from site import getsitepackages

import pytest

from .conftest import ROOT, free_port, wait_until
from .warm import PATIENT, lateness

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- block: (?P<marks>.*?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)

NOT_RUN = {
    "README.md": ["CI: .ci/run does it", "public host"],
    "docs/how-to/come-from-k6.md": ["public host", "k6"],
    "docs/how-to/compare-with-a-baseline.md": ["public host"],
    "docs/how-to/continuous-integration.md": ["CI", "CI"],
    "docs/how-to/many-workers.md": ["cluster"],
    "docs/how-to/otlp.md": ["PyPI", "Prometheus"],
    "docs/how-to/pull-request-gate.md": ["public host"],
    "docs/how-to/replay-traffic.md": ["public host"],
    "docs/how-to/soak.md": ["two minutes", "two minutes", "hours"],
    "docs/how-to/test-production.md": ["window", "runs under way"],
    "docs/reference/command-line.md": ["runs under way", "runs under way"],
    "docs/runbook.md": ["public host"],
}
"""What each page's marks say that is not run: whatever is not here runs."""

THEIRS = """
from locust import HttpUser, between, task


class Theirs(HttpUser):
    host = "{host}"
    wait_time = between(0.1, 0.2)

    @task
    def feed(self):
        self.client.get("/communities/abc/posts?limit=20", name="/communities/:id/posts")
"""
"""A locustfile of somebody's, which knows nothing of us; pages call it theirs.py, and shop.py where it does."""

OURS = "import locust_ext\n\nlocust_ext.install()\n"

TOO_SHORT = re.compile(r"^INCONCLUSIVE: .*\d samples; needs", re.MULTILINE)
"""What a rehearsal may end with: a tenth of the time gives a tenth of the samples."""

STICKY = ("export ", ". ", "cd ")
"""How commands begin whose effect a terminal keeps."""


@dataclass(frozen=True)
class Block:
    """A fenced block, and what its mark says."""

    marks: str
    language: str
    text: str

    def mark(self, word: str) -> str:
        """Return what follows a word in the marks; ``""`` where it is not there."""
        found = re.search(rf"(?:^|, ){word} ?(.*?)(?:$|, (?=exits|after|until|file))", self.marks)
        return (found[1] or word) if found else ""

    @property
    def commands(self) -> list[str]:
        """What is typed: the lines with a prompt, and those that go on with one; without any prompt, all of them."""
        lines = self.text.splitlines()
        if not any(line.startswith("$ ") for line in lines):
            return [self.text.rstrip()]
        commands, loop = [], False
        for line in lines:
            if line.startswith("$ "):
                commands.append(line.removeprefix("$ "))
                loop = commands[-1].endswith("; do")
            elif loop or (commands and commands[-1].endswith("\\")):
                commands[-1] += f"\n{line}"
                loop = loop and line.strip() != "done"
        return commands

    @property
    def ends(self) -> set[int]:
        """The exit codes that are right."""
        return {int(code) for code in re.findall(r"\d+", self.mark("exits"))} or {0}


def blocks(document: Path) -> list[Block]:
    """The blocks of a page, in its order."""
    text = document.read_text("utf-8")
    page = re.search(r"^<!-- blocks (.*?) -->$", text, re.MULTILINE)
    marks = page[1] if page else ""
    return [Block(match["marks"] or marks, match["language"], match["text"]) for match in BLOCK.finditer(text)]


def consoles(document: Path) -> list[Block]:
    return [block for block in blocks(document) if block.language == "console"]


NAMES = {str(document.relative_to(ROOT)): document for document in DOCUMENTS}
RUNNING = [name for name, page in NAMES.items() if any(not block.mark("not run,") for block in consoles(page))]


class Terminal:
    """A directory, and what is kept between the blocks that are pasted into it."""

    def __init__(self, place: Path) -> None:
        self.place, self.kept, self.last, self.background = place, [], 0, []
        self.port = str(free_port())
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "BASE_URL", "LOAD_"))
        }
        self.env = {
            **clean,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}",
            "PYTHONPATH": os.pathsep.join([lateness(place.with_name("late"), PATIENT), str(ROOT), *getsitepackages()]),
            "LOCUST_EXT_TIME_SCALE": "0.1",
            "LOCUST_WEB_PORT": str(free_port()),
            "LOCUST_MASTER_BIND_PORT": (master := str(free_port())),
            "LOCUST_MASTER_NODE_PORT": master,
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip spells that setuptools is there as well
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def begin(self, script: str) -> subprocess.Popen[str]:
        """Start a script after what is kept."""
        words = ["bash", "-c", "\n".join([*self.kept, f"(exit {self.last})", script])]
        log = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        started = subprocess.Popen(words, cwd=self.place, env=self.env, text=True, start_new_session=True, **log)
        self.background.append(started)
        return started

    def paste(self, block: Block) -> None:
        """Run a block, and be content where it ends as it should."""
        script = " && ".join(f"{{ {line}\n}}" for line in map(self.rehearsed, block.commands))
        script = script if len(block.commands) > 1 else self.rehearsed(block.commands[0])
        if "locust-ext demo" in script or block.mark("until Ctrl-C"):
            self.go_on(script)
            return
        process = self.begin(script)
        said, _ = process.communicate(timeout=150)
        self.last = process.returncode
        too_short = process.returncode == 111 and TOO_SHORT.search(said)
        assert process.returncode in block.ends or (too_short and 0 in block.ends), (
            f"{script}\nended with {process.returncode}\n{said[-5000:]}"
        )
        self.keep(block)

    def keep(self, block: Block) -> None:
        self.kept += [line for line in block.commands for line in line.splitlines() if line.startswith(STICKY)]

    def rehearsed(self, command: str) -> str:
        """Give it a free port, and a tenth of the time where Locust alone counts it."""
        return re.sub(r"-t (\d+)m\b", lambda found: f"-t {int(found[1]) * 6}s", command.replace("9100", self.port))

    def go_on(self, script: str) -> None:
        """Leave it running in another terminal; one that ran there before has been stopped."""
        self.stop()
        begun = self.begin(script)
        os.set_blocking(begun.stdout.fileno(), False)
        said = bytearray()

        def ready() -> bool:
            with suppress(BlockingIOError):
                said.extend(os.read(begun.stdout.fileno(), 65536))
            assert begun.poll() is None, said.decode()
            return bool(re.search(rb"demo target on http|Starting web interface", said))

        wait_until(ready, f"{script}: the first word", 30)

    def stop(self) -> None:
        """Press Ctrl-C in every terminal."""
        for process in self.background:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
        self.background.clear()


@pytest.fixture
def terminal(tmp_path):
    """A terminal in a directory as a reader of the page has it."""
    place = tmp_path / "checkout"
    place.mkdir()
    for name in ("locustfiles", "locust_ext"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    one = Terminal(place)
    yield one
    one.stop()


ALWAYS = ("README.md",)
"""Pages that each pull request runs; the others: nox -s long."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.long) for name in RUNNING]
)
@pytest.mark.slow
def test_blocks_run_as_pasted(name, terminal, target):
    """All of a page, one after the other."""
    page = NAMES[name]
    (terminal.place / "shop.py").write_text(f"{OURS}{THEIRS.format(host='')}", "utf-8")
    if "-f theirs.py" in page.read_text("utf-8"):
        (terminal.place / "theirs.py").write_text(THEIRS.format(host=target().url), "utf-8")
        (terminal.place / "theirs.yml").write_text("version: 1\nshape: smoke\n", "utf-8")
    (script,) = [
        block.text for block in blocks(ROOT / "docs/how-to/come-from-k6.md") if block.mark("file") == "feed.js"
    ]
    (terminal.place / "script.js").write_text(script, "utf-8")
    for block in blocks(page):
        if file := block.mark("file"):
            (terminal.place / file).write_text(block.text, "utf-8")
    for block in consoles(page):
        if block.mark("not run,"):
            continue
        before = block.mark("after")
        if before == "the demo target":
            terminal.go_on(f"locust-ext demo --port {terminal.port}")
        elif before:
            subprocess.run(["bash", "-ec", before], cwd=terminal.place, check=True)
        terminal.paste(block)


def test_what_does_not_run_is_listed():
    """Each with the reason that stands in its page."""
    reasons = {
        name: [found for block in consoles(page) if (found := block.mark("not run,"))] for name, page in NAMES.items()
    }
    assert {name: found for name, found in reasons.items() if found} == NOT_RUN


def test_a_mark_is_one_of_those():
    """A mark that is misspelt would be read as none."""
    known = re.compile(
        r"(not run, [\w ]+(: .*)?|exits \d+( or \d+)*(, after .+)?|until Ctrl-C|after the demo target|file [\w.]+)"
    )
    marks = [block.marks for page in DOCUMENTS for block in blocks(page) if block.marks]
    assert [mark for mark in marks if not known.fullmatch(mark)] == []
    assert len(marks) == sum(page.read_text("utf-8").count("<!-- block") for page in DOCUMENTS)
    assert sum(len(consoles(page)) for page in DOCUMENTS) >= 35
