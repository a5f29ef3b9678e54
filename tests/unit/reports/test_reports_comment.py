"""The comment on a pull request: what stands in it, that a name is nothing but text there, and that it has an end."""

import re
from dataclasses import replace

import pytest
from examples import ERRORS, NASTY, OUTCOMES, compared, drifting, example, outcome, watched_for
from hypothesis import given
from hypothesis import strategies as st
from test_reports_markdown import ATTACKS, BLOCKS, READER, REFERENCES, named, rows_of

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.reports.comment import About, comment, is_better, link
from locust_ext.reports.comment_marker import Marker
from locust_ext.reports.error_lines import what
from locust_ext.reports.result import Finding

FEED = Marker.of("feed", (1658821493, 2))
COMMIT = "0a1b2c3d" * 5
RUN_URL, ARTIFACT = (
    "https://github.com/ada/shop/actions/runs/1",
    "https://github.com/ada/shop/actions/runs/1/artifacts/5",
)
ABOUT = About("", (COMMIT, "fedcba98" * 5), RUN_URL, ARTIFACT)
OURS = re.compile(r"(<!-- locust_ext:comment [\w.-]+ \d+\.\d+ -->|</?details>|<summary>[\w, ]+</summary>|\s)*")
LINKS = {"link_open", "link_close"}
INLINE = {"text", "text_special", "code_inline", "html_inline", "strong_open", "strong_close"} | LINKS


def text_of(result, about=ABOUT, why=""):
    return comment(FEED, "feed", result, about, why)


def check(text, links=(ARTIFACT, RUN_URL)):
    """Read the comment as a forge does, and look for anything that a name put there; return the first heading."""
    assert len(text) <= 65_536
    assert len(text.encode("utf-8", "surrogatepass")) <= 60_000
    assert not re.search(r"^\s*[/!]", text, re.MULTILINE), "the beginning of a command to GitLab"
    assert Marker.read(text) == FEED
    found = []
    for token in READER.parse(text):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind == "html_block":
            assert OURS.fullmatch(token.content), token.content
            continue
        assert kind in BLOCKS, kind
        for part in token.children or []:
            assert part.type in INLINE, part.type
            assert part.type != "html_inline" or part.content in {"<code>", "</code>", "<br>"}
            assert part.type != "text" or not REFERENCES.search(part.content), part.content
            found += [part.attrs["href"]] if part.type == "link_open" else []
    assert found == list(links)
    for table in rows_of(text):
        assert {len(row) for row in table} == {len(table[0])}, "a row has as many cells as the head"
    return text.splitlines()[2]


HEADS = [
    ("passed", 0, "", "### ✅ Load test `feed` passed"),
    ("passed", 0, "success", "### ✅ Load test `feed` passed"),
    ("passed", 0, "running", "### ✅ Load test `feed` passed"),
    ("passed", 0, "failure", "### ❌ Load test `feed` passed, but its command did not"),
    ("passed", 0, "Succeeded", "### ✅ Load test `feed` passed"),
    ("passed", 0, "0", "### ✅ Load test `feed` passed"),
    ("passed", 0, "canceled", "### ❌ Load test `feed` passed, but its command did not"),
    ("passed", 0, "timed_out", "### ❌ Load test `feed` passed, but its command did not"),
    ("passed", 0, "ABORTED", "### ❌ Load test `feed` passed, but its command did not"),
    ("passed", 0, "99", "### ❌ Load test `feed` passed, but its command did not"),
    ("passed", 3, "", "### ❌ Load test `feed` passed, but its command did not"),
    ("failed", 99, "failure", "### ❌ Load test `feed` failed"),
    ("failed", 99, "success", "### ❌ Load test `feed` failed"),
    ("inconclusive", 111, "failure", "### ⚠️ Load test `feed` proves nothing"),
    ("aborted", 108, "failure", "### ❌ Load test `feed` was aborted"),
    ("error", 104, "failure", "### ❌ Load test `feed` ended with an error"),
    ("nonsense", 0, "", "### ❌ Load test `feed` ended with an error"),
]


@pytest.mark.parametrize("word, code, outcome, head", HEADS)
def test_heads(word, code, outcome, head):
    """The verdict is that of the report; a pass whose command ended otherwise has not the mark of a pass."""
    result = replace(example(series=(), findings=()), verdict=Verdict(word, code, "because"))
    text = text_of(result, replace(ABOUT, outcome=outcome))
    assert check(text) == head
    assert f"**Exit code {code}**: `because`" in text
    assert ("CI says that it ended as" in text) is ("its command did not" in head and bool(outcome))


NO_REPORT = [
    ("failure", "❌", "it cannot be read"),
    ("failed", "❌", "it cannot be read"),
    ("aborted", "❌", "it cannot be read"),
    ("", "⚠️", "it cannot be read"),
    ("success", "⚠️", "it cannot be read"),
    ("skipped", "❌", "The step that runs it was skipped: one before it had failed."),
]


@pytest.mark.parametrize("outcome, mark, why", NO_REPORT)
def test_a_run_without_a_report(outcome, mark, why):
    """Says so, and never looks like a pass; one that was skipped left none, whatever lies there from before."""
    left = None if outcome != "skipped" else example()
    text = text_of(left, replace(ABOUT, outcome=outcome), "it cannot be read")
    assert check(text) == f"### {mark} Load test `feed` left no report"
    assert f"`{why}`" in text
    assert "✅" not in text
    assert "commit `0a1b2c3d`" in text


def test_what_stands_in_it():
    """What failed with its values, what got worse, where the rest is; what passed is folded away."""
    text = text_of(compared(), replace(ABOUT, outcome="failure"))
    assert check(text) == "### ❌ Load test `feed` failed"
    unclear, changes, passed = rows_of(text)
    assert [row[0] for row in unclear[1:]] == ["❌", "⚠️"]
    assert unclear[1][1] == "http_req_duration{endpoint:feed} p(99)<60"
    assert "4 of 8 figures got worse." in text
    assert changes[0] == ["", "figure", "value", "before", "change", "ratio", "limit"]
    assert changes[1] == [
        "❌",
        "http_req_duration{method:GET,name:/hot/:key} p(99)",
        "103.1 ms",
        "62.7 ms",
        "+64 %",
        "1.64",
        "1.30",
    ]
    assert [row[0] for row in changes[1:]] == ["❌"] * 4
    assert [row[0] for row in passed[1:]] == ["✅", "✅"]
    assert "<summary>2 thresholds passed</summary>" in text
    assert text.index("<details>") > text.index("### Beside 5 earlier runs")
    last = text.rstrip().splitlines()[-1]
    assert last == (
        f"[Reports]({ARTIFACT}) · [CI run]({RUN_URL}) · commit `0a1b2c3d` · began `2026-11-24 10:09:00 UTC` · 1m · 1 worker"
    )


def test_what_failed():
    """The errors, and the first answer of each kind."""
    text = text_of(example(outcomes=OUTCOMES, errors=ERRORS))
    check(text)
    errors = next(table for table in rows_of(text) if table[0][0] == "times")
    assert [row[2] for row in errors[1:]] == [what(kind) for kind in ERRORS]
    assert "the pool of connections is used up" in errors[1][4]


def test_what_got_better():
    """The three that got better by most, where that is no chance."""
    text = text_of(compared(0.5))
    check(text)
    changes = rows_of(text)[1]
    assert "Nothing got worse among 8 figures." in text
    assert [(row[0], row[4]) for row in changes[1:]] == [("✅", "-49 %"), ("✅", "-48 %"), ("✅", "-48 %")]


def test_nothing_has_changed():
    """A sentence, and no table."""
    text = text_of(compared(1.0))
    check(text)
    assert "Nothing got worse among 8 figures." in text
    assert not any(table[0][1] == "figure" for table in rows_of(text))


def test_what_drifts_and_what_is_not_known():
    """Only what did not pass is shown of either."""
    text = text_of(drifting())
    check(text)
    (drifts,) = (table for table in rows_of(text) if table[0][1] == "watched")
    assert {row[0] for row in drifts[1:]} == {"❌", "⚠️"}
    gap = "2 runs to compare with; needs 3"
    text = text_of(replace(compared(), comparison=compared().comparison.doubted(gap)))
    check(text)
    assert f"Whether anything got worse is not known: `{gap}`" in text
    assert "<summary>Figures of which nothing can be said</summary>" in text


MISTAKE = "shape: there is no 'smke'; did you mean 'smoke'?"


def test_a_mistake_is_told():
    """A run that was refused says why, as on the console."""
    refused = example(series=(), findings=(Finding("mistake", MISTAKE),))
    text = text_of(replace(refused, verdict=Verdict("error", 104, "1 mistake in the configuration")))
    check(text)
    assert f"- `mistake`: `{MISTAKE}`" in text


RATIOS = [
    ("as much better as worse would be a regression", 1 / 1.31, True),
    ("a little less", 1 / 1.29, False),
    ("down to nothing", 0.0, True),
    ("the same", 1.0, False),
    ("worse", 1.2, False),
    ("not known", None, False),
    ("from nothing", float("inf"), False),
]


@pytest.mark.parametrize("ratio, better", [row[1:] for row in RATIOS], ids=[row[0] for row in RATIOS])
@pytest.mark.parametrize("rising", [True, False])
def test_better(ratio, better, rising):
    """By as much as the limit, and by more than the floor."""
    rule = Rule(Selector("http_req_duration", ()), Kind.TREND, "p(95)", 0.3, 5.0, rising)
    value = None if ratio is None else 100 * min(ratio, 9)
    if not rising and ratio is not None:
        ratio = 1 / ratio if ratio else float("inf")
        value = 100 * min(ratio, 9)
    row = Compared(rule, Status.PASSED, value, 900, median=100.0, ratio=ratio, limit=1.3 if rising else 1 / 1.3)
    assert is_better(row) is better
    assert not is_better(replace(row, rule=replace(rule, floor=1e6)))
    assert not is_better(replace(row, status=Status.FAILED))


COMMITS = [
    ("the one that people know", "0a1b2c3d", False),
    ("the one that merges it", "fedcba98", False),
    ("the whole of it", COMMIT, False),
    ("another", "99999999", True),
    ("none", "", False),
]


@pytest.mark.parametrize("sha, odd", [row[1:] for row in COMMITS], ids=[row[0] for row in COMMITS])
def test_a_report_of_another_commit(sha, odd):
    """Is said to be one: it may have been lying there."""
    passed = replace(example(tags={"git_sha": sha} if sha else {}), verdict=Verdict("passed", 0, "because"))
    text = text_of(passed)
    assert check(text) == f"### {'⚠️' if odd else '✅'} Load test `feed` passed"
    assert ("says that it is of commit" in text) is odd
    assert "says that it is of commit" not in text_of(example(tags={"git_sha": sha}), About())


@pytest.mark.parametrize("name", [row[1] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_names_are_text(name):
    """A name is plain text wherever it stands, and so is what CI says."""
    findings, warnings = (Finding(name, name),), (name,)
    outcomes = (replace(OUTCOMES[0], reason=name), replace(OUTCOMES[1], threshold=named(name)))
    comparison = Comparison(gaps=(name,), notes=(name,))
    verdict = Verdict(name, 99, name)
    everywhere = example(
        name=name, outcomes=outcomes, verdict=verdict, findings=findings, warnings=warnings, started_at=name
    )
    everywhere = replace(everywhere, tags={"git_sha": name}, comparison=comparison)
    everywhere = replace(everywhere, drifts=(watched_for(name, reason=name),))
    odd = About(name, (name, name), name, name)
    check(text_of(everywhere, odd), links=())
    check(comment(FEED, name, None, odd, name), links=())
    kinds = tuple(replace(kind, name=name, method=name, what=name, message=name) for kind in ERRORS)
    check(text_of(replace(everywhere, errors=kinds), odd), links=())


@pytest.mark.parametrize(
    "name", ["/a", NASTY, "|`" * 100, "😀" * 300, "\ud800" * 300], ids=["short", "nasty", "pipes", "emoji", "halves"]
)
@pytest.mark.slow
def test_it_has_an_end(name):
    """However long a run's lists are: what failed is kept, and what is left out is counted."""
    outcomes = tuple(outcome(f"m{{phase:{n}}}", "p(99)<1", "passed", 0.5) for n in range(1000))
    outcomes += (*(replace(one, status=Status.INCONCLUSIVE, reason=name) for one in outcomes[:1000]), OUTCOMES[1])
    rows = tuple(replace(row, reason=name) for row in compared().comparison.rows)
    unclear = tuple(replace(row, status=Status.INCONCLUSIVE) for row in rows)
    comparison = replace(compared().comparison, gaps=(name,) * 500, notes=(name,) * 500, rows=(*rows, *unclear) * 100)
    result = example(name=name, outcomes=outcomes, findings=(Finding("cliff", name),) * 500, warnings=(name,) * 500)
    result = replace(result, verdict=Verdict("failed", 99, name), comparison=comparison, started_at=name)
    kind = replace(ERRORS[0], name=name, what=name, message=name)
    result = replace(result, errors=(kind,) * 50)
    result = replace(result, drifts=tuple(watched_for(name, reason=name) for _ in range(500)))
    text = text_of(result)
    check(text)
    assert rows_of(text)[0][1][0] == "❌"
    assert len(re.findall(r"^[\d,]+ rows more: see `summary.json`", text, re.MULTILINE)) >= 6


def test_whatever_the_result(results):
    """It is what we wrote and nothing else."""
    drawn = []

    @given(results, st.sampled_from(["", "success", "failure", "skipped"]))
    def property_(result, outcome):
        text = text_of(result, replace(ABOUT, outcome=outcome))
        head = check(text)
        is_pass = (result.verdict.word, result.verdict.exit_code) == ("passed", 0) and outcome in ("", "success")
        assert ("✅" in head) is is_pass
        drawn.append("✅" in head)

    property_()
    assert set(drawn) == {True, False}


URLS = [
    (
        "https://github.com/ada/shop/actions/runs/1/artifacts/5",
        "https://github.com/ada/shop/actions/runs/1/artifacts/5",
    ),
    ("https://git.example.com/x?a=1&b=%20#c", "https://git.example.com/x?a=1&amp;b=%20#c"),
    ("http://git.example.com/x", "http://git.example.com/x"),
    ('https://git.example.com/a(b)c]d[e<f>g"h`i|j*k_l', None),
    ("https://git.example.com/é", "https://git.example.com/%C3%A9"),
]


@pytest.mark.parametrize("url, address", URLS)
def test_links(url, address):
    """Its whole text is one link, whatever is in the address."""
    inline = READER.parse(f"| {link('Reports', url)} | x |\n|---|---|\n")[0:8]
    parts = next(token for token in inline if token.type == "inline").children
    assert [part.type for part in parts] == ["link_open", "text", "link_close"]
    assert parts[1].content == "Reports"
    if address is not None:
        assert parts[0].attrs["href"] == address.replace("&amp;", "&")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "//evil.example",
        "https://",
        "https://me:secret@x",
        "https://x/ y",
        "https://x\n/y",
        "https://x/\u202e",
        "data:text/html,x",
        "https:\\\\x",
        "https://[::1",
        "https://x/" + "y" * 2000,
    ],
)
def test_what_is_no_link(url):
    """Nothing is shown of it."""
    assert link("Reports", url) == ""


NAMES = ["feed", "Feed of a day", "--><script>", "日本", "中国", "", "x" * 100, "x" * 101, "\ud800", "feed "]


def test_each_name_has_a_key_of_its_own():
    """Also where what is left of them in letters is the same."""
    markers = [Marker.of(name, (5, 1)) for name in NAMES]
    assert len({marker.key for marker in markers}) == len(NAMES)
    for marker in markers:
        assert Marker.read(f"{marker}\nx") == marker
        assert "-->" not in str(marker)[:-3]


READ = [
    "",
    "hello",
    " <!-- locust_ext:comment feed-1 5.1 -->",
    "<!-- locust_ext:feed -->",
    "<!-- locust_ext:comment feed 5 -->",
    "<!-- locust_ext:comment a b 5.1 -->",
    "<!-- locust_ext:comment feed -5.1 -->",
    "<!-- locust_ext:comment feed 5.1",
    f"<!-- locust_ext:comment feed {'9' * 19}.1 -->",
    "x\n<!-- locust_ext:comment feed 5.1 -->",
]


@pytest.mark.parametrize("body", READ)
def test_what_is_no_marker(body):
    """A comment of anybody else."""
    assert Marker.read(body) is None


@given(st.text(max_size=40), st.tuples(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1)))
def test_a_marker_is_read_back(name, run):
    """From the first line, whatever follows."""
    marker = Marker.of(name, run)
    assert Marker.read(f"{marker}\r\n{marker}") == marker
