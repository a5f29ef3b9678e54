"""What the documents show must work: configurations load, locustfiles compile."""

import re
from pathlib import Path

import pytest

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import BUILT_IN_KINDS, make_plan
from locust_ext.measure.sinks import Kind

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"^<!-- block: file (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
DECLARED = re.compile(r"\b(Trend|Rate|Counter|Gauge)\(\"(\w+)\"\)")


def snippets(language: str, *beginnings: str) -> list[object]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        for fence in FENCE.finditer(text):
            if fence["language"] == language and fence["text"].startswith(beginnings):
                line = text.count("\n", 0, fence.start()) + 1
                found.append(pytest.param(document, fence["text"], id=f"{document.relative_to(ROOT)}:{line}"))
    return found


@pytest.mark.parametrize("document, text", snippets("yaml", "version: 1"))
def test_configurations_load(document, text, tmp_path, monkeypatch):
    """Every configuration makes a plan, with the metrics that the same page declares."""
    monkeypatch.delenv("BASE_URL", raising=False)
    kinds = {name: Kind(kind.lower()) for kind, name in DECLARED.findall(document.read_text("utf-8"))}
    for saved in SAVED.finditer(document.read_text("utf-8")):
        (tmp_path / saved["name"]).write_text(saved["text"], "utf-8")
    file = tmp_path / "loadtest.yml"
    file.write_text(text, "utf-8")
    plan = make_plan(CommandLine(file=str(file)), {**BUILT_IN_KINDS, **kinds})
    assert plan.source == str(file)


@pytest.mark.parametrize("document, text", snippets("python", "from locust", "import locust", "import websocket"))
def test_locustfiles_compile(document, text):
    """Every locustfile is Python."""
    assert compile(text, str(document), "exec").co_names


def test_snippets_are_found():
    """The two tests above are not empty."""
    assert len(snippets("yaml", "version: 1")) >= 10
    assert len(snippets("python", "from locust", "import locust")) >= 5
