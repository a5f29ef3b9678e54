"""The runs of a calibration: which of them count, and what is said of those that do not."""

import sys
from pathlib import Path

import pytest
from examples import example

from locust_ext.archive.provenance import REPEAT
from locust_ext.archive.report_dir import UnreadableRunError
from locust_ext.config.plan import NO_BASELINE
from locust_ext.run import calibrating as module
from locust_ext.run.calibrating import measure_again
from locust_ext.text.problems import ConfigurationError

pytestmark = pytest.mark.slow


@pytest.fixture
def made(monkeypatch):
    """Have runs be made up: the exit code of each, or why there is no report; return where they were to report."""

    def prepare(*codes, complaint="it complained"):
        left, places = list(codes), []

        def run(locustfile, options, place):
            places.append(place)
            if isinstance(left[0], type):
                raise left[0]
            return (left[0] if isinstance(left[0], int) else 1), complaint

        def read(place):
            code = left.pop(0)
            if isinstance(code, str):
                raise UnreadableRunError(code)
            return example(1.0, len(places))

        monkeypatch.setattr(module, "_run", run)
        monkeypatch.setattr(module, "read_report_dir", read)
        return places

    return prepare


COUNTED = [
    pytest.param((0, 1, 99), 3, [], id="measured to their end"),
    pytest.param((0, 111, 0), 2, ["run 2: "], id="one in doubt"),
    pytest.param((0, "it has no reports", 0), 2, ["run 2: it has no reports"], id="one without reports, in the middle"),
    pytest.param((0, KeyboardInterrupt), 1, ["run 2 and those after it: interrupted"], id="interrupted"),
]


@pytest.mark.parametrize("codes, count, notes", COUNTED)
def test_which_runs_count(made, capsys, codes, count, notes):
    """Those that were measured to their end; each other one is noted, and the rest goes on."""
    places = made(*codes)
    found, said = measure_again(Path("locustfile.py"), (), 3, None)
    assert len(found) == count
    assert len(said) == len(notes)
    assert all(one.startswith(note) for one, note in zip(said, notes, strict=True))
    assert [place.name for place in places] == [f"run-{number:02}" for number in range(1, len(codes) + 1)]
    told = capsys.readouterr().err
    assert "run 1 of 3: passed (exit code 0)\n" in told
    assert ("run 2 of 3: interrupted\n" in told) is (KeyboardInterrupt in codes)
    assert ("run 2 of 3: no reports\n" in told) is isinstance(codes[1], str)


REFUSED = [
    pytest.param(("no reports",), "it complained", "FILE: it complained", id="the first is none: what it said"),
    pytest.param(("no reports",), "", "FILE: no reports", id="it said nothing"),
    pytest.param((104,), "a mistake", "FILE: a mistake", id="a configuration that is refused"),
    pytest.param((0, 104), "a mistake", "FILE: a mistake", id="later on, too"),
]


@pytest.mark.parametrize("codes, complaint, sentence", REFUSED)
def test_what_keeps_all_runs_from_being_made(made, codes, complaint, sentence):
    """Is said at once."""
    places = made(*codes, complaint=complaint)
    with pytest.raises(ConfigurationError, match=sentence):
        measure_again(Path("locustfile.py"), (), 3, None)
    assert len(places) == len(codes)


def test_reports_that_are_kept(made, tmp_path):
    """Each run has a directory of its own, where somebody wants to keep them."""
    places = made(0, 0)
    measure_again(Path("locustfile.py"), (), 2, tmp_path)
    assert places == [tmp_path / "run-01", tmp_path / "run-02"]


def test_a_run_is_a_headless_one(tmp_path, monkeypatch):
    """Without a baseline, marked as a repetition, with the options that were given; it may complain at length."""
    script = tmp_path / "python"
    script.write_text(
        f"#!{sys.executable} -S\nimport os, sys\n"
        f"print(*range(30), os.environ[{REPEAT!r}], *sys.argv[1:], sep='\\n', file=sys.stderr)\nsys.exit(99)\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    code, complaint = module._run(Path("feed.py"), ("-H", "http://x"), tmp_path / "run-01")
    words = ["-m", "locust_ext", "-f", "feed.py", "--headless", "-H", "http://x"]
    words += ["--locust-ext-report-dir", str(tmp_path / "run-01"), "--locust-ext-baseline", NO_BASELINE]
    assert code == 99
    assert complaint.splitlines() == [*map(str, range(30)), "1", *words][-20:]
